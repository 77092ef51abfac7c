// SPDX-License-Identifier: Apache-2.0
#include "nt_test_quantised.h"

#include <stdlib.h>

#include "nt_npy.h"
#include "nt_test.h"
#include "nt_test_file.h"
#include "nt_tokenizer.h"

enum { FIXTURE_TOKENS = 96 };

static void quantise(const char *folder, const nt_quantise_options_t *options,
                     nt_test_quantised_t *quantised) {
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_assert_ok(nt_checkpoint_open(folder, &ckpt, &err), err);
  nt_assert_ok(nt_float_model_load(ckpt, &quantised->model, &err), err);
  nt_checkpoint_close(ckpt);
  nt_assert_ok(nt_quantise(quantised->model, quantised->calibration, quantised->calibration_count,
                           options, &quantised->qmodel, &quantised->report, &err),
               err);
}

nt_test_quantised_t nt_test_quantised_fixture(void) {
  return nt_test_quantised_fixture_with(NULL);
}

nt_test_quantised_t nt_test_quantised_fixture_with(const nt_quantise_options_t *options) {
  nt_test_quantised_t quantised = {.calibration_count = FIXTURE_TOKENS};
  double *values = nt_npy_load(NT_FIXTURE_DIR, "tokens.npy", FIXTURE_TOKENS);
  quantised.calibration = malloc(FIXTURE_TOKENS * sizeof *quantised.calibration);
  assert_non_null(quantised.calibration);
  for (size_t n = 0; n < FIXTURE_TOKENS; n++)
    quantised.calibration[n] = (uint32_t)values[n];
  free(values);
  quantise(NT_FIXTURE_DIR, options, &quantised);
  return quantised;
}

nt_test_quantised_t nt_test_quantised_pretrained(void) {
  nt_test_quantised_t quantised = {0};
  size_t count;
  quantised.calibration = nt_test_pretrained_tokens("calibration.txt", &count);
  assert_true(count >= NT_CALIBRATION_TOKENS);
  quantised.calibration_count = NT_CALIBRATION_TOKENS;
  quantise(NT_PRETRAINED_DIR, NULL, &quantised);
  return quantised;
}

void nt_test_quantised_free(nt_test_quantised_t *quantised) {
  nt_float_model_free(quantised->model);
  nt_qmodel_free(quantised->qmodel);
  nt_quantise_report_free(quantised->report);
  free(quantised->calibration);
}

uint32_t *nt_test_pretrained_tokens(const char *name, size_t *count) {
  nt_error_t err;
  nt_tokenizer_t *tokenizer = NULL;
  uint32_t *tokens = NULL;
  size_t bytes;
  char *text = nt_test_file_read(NT_PRETRAINED_DIR, name, &bytes);
  nt_assert_ok(nt_tokenizer_open(NT_PRETRAINED_DIR "/tokenizer.model", &tokenizer, &err), err);
  nt_assert_ok(nt_tokenizer_encode(tokenizer, text, bytes, true, &tokens, count, &err), err);
  nt_tokenizer_close(tokenizer);
  free(text);
  return tokens;
}
