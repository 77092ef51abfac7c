// SPDX-License-Identifier: Apache-2.0
// neurotile bench: ratios come from times as they should, and a run writes every row. How long
// anything takes is not tested.
#include "nt_command.h"
#include "nt_price.h"
#include "nt_rtl.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 240 };

// ---- ratios ----

typedef struct script {
  const double (*seconds)[2]; // by run of a way
  size_t runs[2];
  char order[64];
  size_t fail_at; // run of way 1 that fails
} script_t;

static nt_status_t play(void *user, size_t way, double *seconds, nt_error_t *err) {
  script_t *script = user;
  script->order[strlen(script->order)] = (char)('0' + way);
  const size_t run = script->runs[way]++;
  *seconds = script->seconds[run][way];
  return way == 1 && run == script->fail_at ? nt_fail(err, NT_ERR_DEVICE, "planted") : NT_OK;
}

static nt_price_t price_of(size_t turns) {
  return (nt_price_t){.what = "test", .ways = 2, .turns = turns, .name = {"plain", "costly"}};
}

static void ratios_are_of_one_turn(void **state) {
  (void)state;
  // The first turn does not count. Ratios 1.5, 4, 1.25, 2: a slow turn slows both ways.
  static const double seconds[5][2] = {{1, 100}, {2, 3}, {1, 4}, {8, 10}, {100, 200}};
  script_t script = {.seconds = seconds, .fail_at = 9};
  nt_price_t price = price_of(4);
  nt_error_t err;
  NT_OK_CALL(nt_price_measure(&price, play, &script, &err), err);
  assert_string_equal(script.order, "0110011001");
  nt_ratio_t r = nt_price_ratio(&price, 1);
  assert_true(r.median == 1.75 && r.least == 1.25 && r.most == 4);
  assert_true(nt_price_seconds(&price, 0) == 5 && nt_price_seconds(&price, 1) == 7);
  price.turns = 3;
  r = nt_price_ratio(&price, 1);
  assert_true(r.median == 1.5 && r.least == 1.25 && r.most == 4);
}

static void a_way_that_fails_or_takes_no_time_ends_it(void **state) {
  (void)state;
  static const double seconds[3][2] = {{1, 1}, {1, 1}, {1, 0}};
  nt_error_t err;
  for (size_t fail_at = 1; fail_at <= 2; fail_at++) {
    script_t script = {.seconds = seconds, .fail_at = fail_at == 1 ? 1 : 9};
    nt_price_t price = price_of(2);
    assert_int_equal(nt_price_measure(&price, play, &script, &err),
                     fail_at == 1 ? NT_ERR_DEVICE : NT_ERR_INTERNAL);
    assert_non_null(strstr(err.text, fail_at == 1 ? "planted" : "costly took 0 s"));
  }
}

// ---- a run ----

static double number(const cJSON *object, const char *key) {
  const cJSON *item = cJSON_GetObjectItem(object, key);
  if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble) || item->valuedouble <= 0) {
    fail_msg("%s: expected a finite number above 0", key);
  }
  return item->valuedouble;
}

static void expect_ratio(const cJSON *part, const char *row) {
  const cJSON *item = cJSON_GetObjectItem(part, row);
  if (item == NULL) {
    fail_msg("no row %s", row);
  }
  assert_true(number(item, "least") <= number(item, "ratio"));
  assert_true(number(item, "ratio") <= number(item, "most"));
}

static void every_row_is_written(void **state) {
  (void)state;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "bench.json");
  nt_command_result_t result = NT_COMMAND(SECONDS, "bench", "--model", NT_TEST_IMAGE, "--tokens",
                                          "1", "--turns", "1", "--summary", path);
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char text[16384] = "";
  assert_true(fread(text, 1, sizeof text - 1, file) > 0);
  (void)fclose(file);
  nt_test_folder_remove(path);

  cJSON *root = cJSON_Parse(text);
  assert_non_null(root);
  static const char *const speeds[] = {"layer speed", "small speed", "model speed"};
  static const char *const levels[] = {"outputs", "state", "stages", "golden tiles alone"};
  for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++) {
    const cJSON *part = cJSON_GetObjectItem(root, speeds[i]);
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++) {
      expect_ratio(part, levels[k]);
    }
    (void)number(part, "rtl_macs_per_second");
    (void)number(part, "checked_macs_per_second");
    assert_true(number(cJSON_GetObjectItem(part, "shares_of_state"), "rtl") < 1);
  }
  const cJSON *waves = cJSON_GetObjectItem(root, "waves");
  for (int whole = 0; whole < 2 && nt_rtl_trace_format() != NULL; whole++) {
    char row[32];
    (void)snprintf(row, sizeof row, "%s %s", nt_rtl_trace_format(), whole ? "whole" : "window");
    expect_ratio(waves, row);
    (void)number(cJSON_GetObjectItem(waves, row), "bytes_per_timestep");
  }
  cJSON_Delete(root);
}

static void a_program_that_is_not_there_is_refused_at_once(void **state) {
  (void)state;
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "bench", "--model", NT_TEST_IMAGE, "--no-waves", "/nowhere/neurotile");
  nt_command_expect(&result, 6, "/nowhere/neurotile");
  assert_string_equal(result.out, "");
  nt_command_free(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ratios_are_of_one_turn),
      cmocka_unit_test(a_way_that_fails_or_takes_no_time_ends_it),
      cmocka_unit_test(every_row_is_written),
      cmocka_unit_test(a_program_that_is_not_there_is_refused_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
