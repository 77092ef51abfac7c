// SPDX-License-Identifier: Apache-2.0
// The summaries in docs/accuracy say what the models do: the first tokens of each are measured
// again. Logits of the integer model exactly; sums of logarithms to what another C library may
// differ in; the float model to 1e-9.
#include "nt_accuracy_page.h"
#include "nt_eval_source.h"
#include "nt_evaluate.h"
#include "nt_test_support.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double SAME_LOGITS = 1e-12, SAME_FLOAT = 1e-9;
static const char MODELS[] = NT_TEST_ROOT "/model/pretrained";

static nt_status_t close_to(const cJSON *object, const char *name, double found, double tolerance,
                            nt_error_t *err) {
  double said = 0;
  const nt_status_t status = nt_accuracy_number(object, name, &said, err);
  if (status == NT_OK && !(fabs(found - said) <= tolerance * fabs(found))) {
    return nt_fail(err, NT_ERR_MISMATCH,
                   "%s of %s: the summary says %.17g, measured %.17g; run make accuracy", name,
                   object->string, said, found);
  }
  return status;
}

// Compares the part "first" of a summary with a measurement.
static nt_status_t compare(const cJSON *first, const nt_evaluation_t *found, size_t bytes,
                           nt_error_t *err) {
  const cJSON *reference = cJSON_GetObjectItemCaseSensitive(first, "float");
  const cJSON *integer = cJSON_GetObjectItemCaseSensitive(first, "integer");
  const cJSON *golden = cJSON_GetObjectItemCaseSensitive(first, "golden");
  const struct {
    const cJSON *object;
    const char *name;
    double found, tolerance;
  } rows[] = {{first, "tokens", (double)found->integer.tokens, 0},
              {first, "bytes", (double)bytes, 0},
              {integer, "logits_crc32", found->first_crc, 0},
              {integer, "nll", found->integer_first.nll, SAME_LOGITS},
              {golden, "nll", found->integer_first.nll, SAME_LOGITS},
              {reference, "nll", found->reference_first.nll, SAME_FLOAT}};
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < sizeof rows / sizeof rows[0] && status == NT_OK; n++) {
    status = close_to(rows[n].object, rows[n].name, rows[n].found, rows[n].tolerance, err);
  }
  return status;
}

// The comparison fails when a number of the summary is another one in its last place that counts.
static void spoil(cJSON *first, const nt_evaluation_t *found, size_t bytes) {
  static const struct {
    const char *object, *name;
    double factor;
  } rows[] = {{NULL, "tokens", 1.001},       {NULL, "bytes", 1.0001},
              {"integer", "nll", 1 + 1e-11}, {"integer", "logits_crc32", 1 + 1e-9},
              {"golden", "nll", 1 + 1e-11},  {"float", "nll", 1 + 1e-8}};
  nt_error_t err;
  for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
    const cJSON *object =
        rows[n].object == NULL ? first : cJSON_GetObjectItemCaseSensitive(first, rows[n].object);
    cJSON *number = cJSON_GetObjectItemCaseSensitive(object, rows[n].name);
    assert_true(cJSON_IsNumber(number));
    const double kept = number->valuedouble;
    cJSON_SetNumberValue(number, kept * rows[n].factor);
    NT_FAILS(compare(first, found, bytes, &err), err, NT_ERR_MISMATCH, rows[n].name);
    cJSON_SetNumberValue(number, kept);
  }
}

static void measure_again(const cJSON *summary) {
  char model_path[1024], text_path[1024];
  (void)snprintf(model_path, sizeof model_path, NT_TEST_ROOT "/%s",
                 cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(summary, "model")));
  (void)snprintf(text_path, sizeof text_path, NT_TEST_ROOT "/%s",
                 cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(summary, "text")));
  cJSON *first = cJSON_GetObjectItemCaseSensitive(summary, "first");
  nt_error_t err;
  nt_eval_model_t model;
  nt_eval_text_t text;
  nt_evaluation_t found;
  double tokens = 0;
  NT_OK_CALL(nt_accuracy_number(first, "tokens", &tokens, &err), err);
  NT_OK_CALL(close_to(summary, "precision", 64, 0, &err), err);
  const nt_options_t source = {.model = model_path, .no_cache = true, .quiet = true, .spread = -1};
  NT_OK_CALL(nt_eval_model_open(&source, true, &model, &err), err);
  NT_OK_CALL(nt_eval_text_read(model.tokenizer, text_path, (size_t)tokens, &text, &err), err);
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64, .first = text.count};
  NT_OK_CALL(nt_evaluate(model.reference, model.qmodel, text.tokens, text.count + 1, &options,
                         &found, &err),
             err);
  assert_true(found.integer.tokens >= 4096);
  NT_OK_CALL(compare(first, &found, text.bytes, &err), err);
  spoil(first, &found, text.bytes);
  nt_evaluation_free(&found);
  nt_eval_text_free(&text);
  nt_eval_model_close(&model);
}

static void summaries_are_measured_again(void **state) {
  (void)state;
  nt_error_t err;
  nt_accuracy_t accuracy;
  NT_OK_CALL(nt_accuracy_read(NT_TEST_ROOT "/docs/accuracy", &accuracy, &err), err);
  assert_true(accuracy.evals > 0);
  for (size_t i = 0; i < accuracy.evals; i++) {
    measure_again(accuracy.eval[i]);
  }
  nt_accuracy_free(&accuracy);
}

static void every_shipped_model_has_a_summary(void **state) {
  (void)state;
  size_t models = 0;
  DIR *folder = opendir(MODELS);
  assert_non_null(folder);
  for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    char path[1024];
    if (entry->d_name[0] == '.') {
      continue;
    }
    (void)snprintf(path, sizeof path, NT_TEST_ROOT "/docs/accuracy/%s.json", entry->d_name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
      fail_msg("%s is missing, run make accuracy", path);
    }
    (void)fclose(file);
    models++;
  }
  (void)closedir(folder);
  assert_true(models > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_shipped_model_has_a_summary),
      cmocka_unit_test(summaries_are_measured_again),
  };
  return nt_test_report("accuracy_numbers", cmocka_run_group_tests(tests, NULL, NULL));
}
