// SPDX-License-Identifier: Apache-2.0
// Quality of the shipped checkpoint on held-out text, and agreement of the two precisions there.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "nt_float_model.h"
#include "nt_perplexity.h"
#include "nt_test.h"
#include "nt_test_file.h"
#include "nt_tokenizer.h"

enum { COMPARED = 2048, VOCAB = 1024 };

typedef struct fixture {
  nt_float_model_t *model;
  uint32_t *tokens;
  size_t count;
  size_t bytes;
} fixture_t;

static int set_up(void **state) {
  static fixture_t fixture;
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_tokenizer_t *tokenizer = NULL;
  nt_assert_ok(nt_checkpoint_open(NT_PRETRAINED_DIR, &ckpt, &err), err);
  nt_assert_ok(nt_float_model_load(ckpt, &fixture.model, &err), err);
  nt_checkpoint_close(ckpt);
  nt_assert_ok(nt_tokenizer_open(NT_PRETRAINED_DIR "/tokenizer.model", &tokenizer, &err), err);
  char *text = nt_test_file_read(NT_PRETRAINED_DIR, "heldout.txt", &fixture.bytes);
  nt_assert_ok(nt_tokenizer_encode(tokenizer, text, fixture.bytes, true, &fixture.tokens,
                                   &fixture.count, &err),
               err);
  printf("  held-out text: %zu bytes, %zu tokens\n", fixture.bytes, fixture.count);
  free(text);
  nt_tokenizer_close(tokenizer);
  *state = &fixture;
  return 0;
}

static int tear_down(void **state) {
  fixture_t *fixture = *state;
  nt_float_model_free(fixture->model);
  free(fixture->tokens);
  return 0;
}

/// Predicts the first `count` tokens of the text.
static nt_perplexity_t evaluate(const fixture_t *fixture, nt_float_precision_t precision,
                                size_t count) {
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_perplexity_t sum = {0};
  assert_true(fixture->count > count);
  nt_assert_ok(nt_float_run_init(fixture->model, precision, &run, &err), err);
  const clock_t start = clock();
  nt_assert_ok(nt_float_run_evaluate(run, fixture->tokens, count + 1, &sum, &err), err);
  const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  nt_float_run_free(run);
  printf("  float%s: perplexity %.4f per token over %zu tokens, %.0f tokens per CPU second\n",
         precision == NT_FLOAT64 ? "64" : "32", nt_perplexity_value(&sum), sum.tokens,
         (double)sum.tokens / seconds);
  return sum;
}

/// The trainer measured 24.1 per token on a larger text of the same kind.
static void shipped_model_predicts_heldout_text(void **state) {
  const fixture_t *fixture = *state;
  const size_t count = fixture->count - 1;
  assert_true(count > 30000);
  const nt_perplexity_t sum = evaluate(fixture, NT_FLOAT32, count);
  assert_int_equal(sum.tokens, count);
  assert_true(nt_perplexity_value(&sum) > 23 && nt_perplexity_value(&sum) < 25.5);
}

static void precisions_agree_on_perplexity(void **state) {
  const fixture_t *fixture = *state;
  const nt_perplexity_t wide = evaluate(fixture, NT_FLOAT64, COMPARED);
  const nt_perplexity_t narrow = evaluate(fixture, NT_FLOAT32, COMPARED);
  assert_int_equal(wide.tokens, COMPARED);
  assert_int_equal(narrow.tokens, COMPARED);
  assert_true(fabs(nt_perplexity_value(&narrow) / nt_perplexity_value(&wide) - 1) < 1e-3);
}

static size_t best(const double *logits) {
  size_t at = 0;
  for (size_t k = 1; k < VOCAB; k++)
    at = logits[k] > logits[at] ? k : at;
  return at;
}

static void precisions_choose_the_same_token(void **state) {
  const fixture_t *fixture = *state;
  nt_error_t err;
  nt_float_run_t *runs[2] = {NULL, NULL};
  nt_assert_ok(nt_float_run_init(fixture->model, NT_FLOAT64, &runs[0], &err), err);
  nt_assert_ok(nt_float_run_init(fixture->model, NT_FLOAT32, &runs[1], &err), err);
  size_t equal = 0;
  for (size_t k = 0; k < COMPARED; k++) {
    double logits[2][VOCAB];
    for (size_t r = 0; r < 2; r++)
      nt_assert_ok(nt_float_run_step(runs[r], fixture->tokens[k], logits[r], &err), err);
    equal += best(logits[0]) == best(logits[1]);
  }
  printf("  float32 against float64: %zu of %d most likely tokens equal\n", equal, COMPARED);
  assert_true(equal >= COMPARED * 98 / 100);
  nt_float_run_free(runs[0]);
  nt_float_run_free(runs[1]);
}

static void perplexity_by_hand(void **state) {
  (void)state;
  const double even[4] = {1000, 1000, 1000, 1000};
  const double certain[2] = {0, -INFINITY};
  nt_perplexity_t sum = {0};
  assert_true(isnan(nt_perplexity_value(&sum)));
  nt_perplexity_add(&sum, even, 4, 2);
  assert_true(fabs(nt_perplexity_value(&sum) - 4) < 1e-12);
  nt_perplexity_add(&sum, certain, 2, 0);
  assert_true(fabs(nt_perplexity_value(&sum) - 2) < 1e-12);
  assert_int_equal(sum.tokens, 2);
  // nll = ln 4 over 8 bytes: 2 bits for 8 bytes.
  assert_true(fabs(nt_perplexity_bits_per_byte(&sum, 8) - 0.25) < 1e-12);
  assert_true(isnan(nt_perplexity_bits_per_byte(&sum, 0)));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(perplexity_by_hand),
      cmocka_unit_test(shipped_model_predicts_heldout_text),
      cmocka_unit_test(precisions_agree_on_perplexity),
      cmocka_unit_test(precisions_choose_the_same_token),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
