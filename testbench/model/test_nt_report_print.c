// SPDX-License-Identifier: Apache-2.0
// The quantiser's report as JSON and as a table: every row is there, with its numbers.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_report_print.h"
#include "nt_test.h"
#include "nt_test_quantised.h"

static double number(const cJSON *item, const char *field) {
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, field);
  assert_true(cJSON_IsNumber(value));
  return value->valuedouble;
}

static void json_has_every_row(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_quantise_report_t *report = quantised->report;
  cJSON *root = nt_report_json(report);
  assert_non_null(root);
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  root = cJSON_Parse(text);
  free(text);
  const cJSON *tensors = cJSON_GetObjectItemCaseSensitive(root, "tensors");
  const cJSON *matrices = cJSON_GetObjectItemCaseSensitive(root, "matrices");
  assert_true(number(root, "calibration_tokens") == (double)report->tokens);
  assert_int_equal(cJSON_GetArraySize(matrices), report->matrix_count);
  assert_int_equal(cJSON_GetArraySize(tensors), report->format_count);
  double values = 0, counted = 0;
  for (const cJSON *item = tensors->child; item != NULL; item = item->next)
    values += number(item, "values");
  for (size_t n = 0; n < report->counter_count; n++)
    counted += (double)report->counters[n].values;
  assert_true(values == counted);
  for (size_t n = 0; n < report->matrix_count; n++) {
    const cJSON *item = cJSON_GetArrayItem(matrices, (int)n);
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(item, "name")->valuestring,
                        report->matrices[n].name);
    assert_true(number(item, "zeros") == (double)report->matrices[n].zeros);
  }
  cJSON_Delete(root);
}

static void table_has_every_row(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_quantise_report_t *report = quantised->report;
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  assert_non_null(out);
  nt_report_print(out, report);
  assert_int_equal(fclose(out), 0);
  const char *place = text;
  for (size_t n = 0; n < nt_quantise_report_rows(report); n++) {
    const nt_quantise_row_t row = nt_quantise_report_row(report, n);
    char start[64];
    (void)snprintf(start, sizeof start, "\n%s ", row.name);
    place = strstr(place, start); // in order
    if (place == NULL)
      fail_msg("the table has no line %s, or too early", row.name);
  }
  free(text);
}

static int set_up(void **state) {
  static nt_test_quantised_t quantised;
  quantised = nt_test_quantised_fixture();
  *state = &quantised;
  return 0;
}

static int tear_down(void **state) {
  nt_test_quantised_free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_has_every_row),
      cmocka_unit_test(table_has_every_row),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
