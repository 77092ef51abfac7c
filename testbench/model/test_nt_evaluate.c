// SPDX-License-Identifier: Apache-2.0
// nt_evaluate against sums, counts and checksums formed here, step by step, by other means.
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_evaluate.h"
#include "nt_integer_model.h"
#include "nt_test.h"
#include "nt_test_quantised.h"

// 512 + 50: a window and a part of one, with one state; PART is within the second.
enum { COUNT = 562, PART = 530, STATE_EVERY = 32, THREADS = 2 };

typedef struct fixture {
  nt_test_quantised_t quantised;
  uint32_t *tokens;
} fixture_t;

static int set_up(void **state) {
  static fixture_t fixture;
  size_t count;
  fixture.quantised = nt_test_quantised_pretrained();
  fixture.tokens = nt_test_pretrained_tokens("heldout.txt", &count);
  assert_true(count > COUNT);
  *state = &fixture;
  return 0;
}

static int tear_down(void **state) {
  fixture_t *fixture = *state;
  nt_test_quantised_free(&fixture->quantised);
  free(fixture->tokens);
  return 0;
}

/// -ln of the softmax in long double, without moving the origin.
static double nll_of(const double *logits, size_t count, size_t target) {
  long double total = 0;
  for (size_t v = 0; v < count; v++)
    total += expl((long double)logits[v]);
  return (double)(logl(total) - (long double)logits[target]);
}

/// CRC-32 (IEEE 802.3, reflected) bit by bit.
static uint32_t crc_of(uint32_t crc, int32_t value) {
  const uint32_t bits = (uint32_t)value;
  for (unsigned n = 0; n < 32; n++) {
    const uint32_t out = (crc ^ bits >> n) & 1;
    crc = crc >> 1 ^ (out != 0 ? 0xEDB88320U : 0);
  }
  return crc;
}

static size_t best_of(const double *logits, size_t count) {
  size_t best = count - 1;
  for (size_t v = count; v-- > 0;)
    best = logits[v] >= logits[best] ? v : best;
  return best;
}

typedef struct expected {
  double nll[2], first[2]; // float, integer
  uint32_t crc;
  size_t same[2];
  double difference[2], size[2]; // squared, of the states
} expected_t;

static expected_t walk(const fixture_t *fixture, const nt_qmodel_t *qmodel) {
  expected_t e = {.crc = 0xFFFFFFFFU};
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_integer_model_t *integer = NULL;
  const size_t V = qmodel->vocab;
  double *logits[2] = {malloc(V * sizeof(double)), malloc(V * sizeof(double))};
  int32_t *raw = malloc(V * sizeof *raw);
  nt_assert_ok(nt_float_run_init(fixture->quantised.model, NT_FLOAT64, &run, &err), err);
  nt_assert_ok(nt_integer_model_open(qmodel, &integer, &err), err);
  for (size_t at = 0; at < COUNT; at++) {
    const size_t window = at / NT_EVALUATE_WINDOW;
    nt_assert_ok(nt_float_run_step(run, fixture->tokens[at], logits[0], &err), err);
    nt_assert_ok(nt_integer_model_step(integer, fixture->tokens[at], raw, &err), err);
    for (size_t v = 0; v < V; v++) {
      logits[1][v] = raw[v] * qmodel->logit_scale;
      e.crc = at < PART ? crc_of(e.crc, raw[v]) : e.crc;
    }
    for (int n = 0; n < 2; n++) {
      const double nll = nll_of(logits[n], V, fixture->tokens[at + 1]);
      e.nll[n] += nll;
      e.first[n] += at < PART ? nll : 0;
    }
    e.same[window] += best_of(logits[0], V) == best_of(logits[1], V);
    if ((at + 1) % STATE_EVERY == 0)
      for (size_t k = 0; k < (size_t)qmodel->layers * qmodel->hidden; k++) {
        const uint32_t frac = qmodel->layer[k / qmodel->hidden].frac_h;
        const double exact = nt_float_run_state(run)[k];
        const double h = (double)nt_integer_model_state(integer)[k] / (double)(1U << frac);
        e.difference[window] += pow(h - exact, 2);
        e.size[window] += pow(exact, 2);
      }
  }
  e.crc = ~e.crc;
  nt_float_run_free(run);
  nt_integer_model_close(integer);
  free(logits[0]);
  free(logits[1]);
  free(raw);
  return e;
}

static void assert_near(double found, double expected, double tolerance) {
  if (!(fabs(found - expected) <= tolerance * fabs(expected)))
    fail_msg("found %.17g, expected %.17g", found, expected);
}

static void sums_windows_and_checksum(void **state) {
  const fixture_t *fixture = *state;
  const expected_t e = walk(fixture, fixture->quantised.qmodel);
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64, .first = PART};
  const int threads = omp_get_max_threads();
  for (int n = 1; n <= THREADS; n++) {
    nt_evaluation_t found;
    nt_error_t err;
    omp_set_num_threads(n);
    nt_assert_ok(nt_evaluate(fixture->quantised.model, fixture->quantised.qmodel, fixture->tokens,
                             COUNT + 1, &options, &found, &err),
                 err);
    assert_int_equal(found.reference.tokens, COUNT);
    assert_int_equal(found.integer.tokens, COUNT);
    assert_int_equal(found.reference_first.tokens, PART);
    assert_int_equal(found.integer_first.tokens, PART);
    assert_near(found.reference.nll, e.nll[0], 1e-12);
    assert_near(found.integer.nll, e.nll[1], 1e-12);
    assert_near(found.reference_first.nll, e.first[0], 1e-12);
    assert_near(found.integer_first.nll, e.first[1], 1e-12);
    assert_int_equal(found.first_crc, e.crc);
    assert_int_equal(found.window_count, 2);
    assert_int_equal(found.window[0].tokens, NT_EVALUATE_WINDOW);
    assert_int_equal(found.window[1].tokens, COUNT - NT_EVALUATE_WINDOW);
    for (size_t w = 0; w < 2; w++) {
      assert_int_equal(found.window[w].same, e.same[w]);
      assert_near(found.window[w].state_error, sqrt(e.difference[w] / e.size[w]), 1e-12);
    }
    nt_evaluation_free(&found);
  }
  omp_set_num_threads(threads);
}

static void a_level_may_be_left_out(void **state) {
  const fixture_t *fixture = *state;
  const nt_evaluate_options_t options = {.precision = NT_FLOAT32};
  nt_evaluation_t both, one;
  nt_error_t err;
  nt_assert_ok(nt_evaluate(fixture->quantised.model, fixture->quantised.qmodel, fixture->tokens, 41,
                           &options, &both, &err),
               err);
  nt_assert_ok(
      nt_evaluate(fixture->quantised.model, NULL, fixture->tokens, 41, &options, &one, &err), err);
  assert_true(one.reference.nll == both.reference.nll && one.reference.tokens == 40);
  assert_int_equal(one.integer.tokens, 0);
  assert_int_equal(one.window_count, 0);
  nt_evaluation_free(&one);
  nt_assert_ok(
      nt_evaluate(NULL, fixture->quantised.qmodel, fixture->tokens, 41, &options, &one, &err), err);
  assert_true(one.integer.nll == both.integer.nll && one.integer.tokens == 40);
  assert_int_equal(one.reference.tokens, 0);
  nt_evaluation_free(&one);
  nt_evaluation_free(&both);
}

static void refusals(void **state) {
  const fixture_t *fixture = *state;
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64};
  const uint32_t tokens[] = {1, fixture->quantised.qmodel->vocab};
  nt_evaluation_t found;
  nt_error_t err;
  assert_int_equal(nt_evaluate(NULL, NULL, tokens, 2, &options, &found, &err), NT_ERR_ARG);
  assert_int_equal(nt_evaluate(NULL, fixture->quantised.qmodel, tokens, 1, &options, &found, &err),
                   NT_ERR_ARG);
  nt_evaluation_free(&found);
  assert_int_equal(nt_evaluate(fixture->quantised.model, NULL, tokens, 2, &options, &found, &err),
                   NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "token 1 is 1024"));
  nt_evaluation_free(&found);
  nt_test_quantised_t other = nt_test_quantised_fixture();
  assert_int_equal(
      nt_evaluate(fixture->quantised.model, other.qmodel, tokens, 2, &options, &found, &err),
      NT_ERR_ARG);
  assert_non_null(strstr(err.text, "differ"));
  nt_test_quantised_free(&other);
}

/// A matrix that is an eighth as large is seen in the states and in the predictions.
static void a_wrong_integer_model_is_seen(void **state) {
  fixture_t *fixture = *state;
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64};
  nt_evaluation_t right, wrong;
  nt_error_t err;
  int32_t *multiplier = &fixture->quantised.qmodel->layer[1].i.multiplier;
  nt_assert_ok(nt_evaluate(fixture->quantised.model, fixture->quantised.qmodel, fixture->tokens,
                           NT_EVALUATE_WINDOW + 1, &options, &right, &err),
               err);
  const int32_t kept = *multiplier;
  *multiplier = kept / 8;
  nt_assert_ok(nt_evaluate(fixture->quantised.model, fixture->quantised.qmodel, fixture->tokens,
                           NT_EVALUATE_WINDOW + 1, &options, &wrong, &err),
               err);
  *multiplier = kept;
  printf("  same %zu, with the fault %zu; state error %.4f, with the fault %.4f\n",
         right.window[0].same, wrong.window[0].same, right.window[0].state_error,
         wrong.window[0].state_error);
  assert_true(wrong.window[0].same * 10 < right.window[0].same * 9);
  assert_true(wrong.window[0].state_error > 5 * right.window[0].state_error);
  assert_true(wrong.integer.nll > right.integer.nll);
  nt_evaluation_free(&right);
  nt_evaluation_free(&wrong);
}

static void remember(void *user, const char *stage, uint64_t done, uint64_t total) {
  uint64_t *last = user;
  assert_non_null(stage);
  assert_true(done > last[0] && done <= total);
  last[0] = done;
  last[1] = total;
}

static void progress_is_told(void **state) {
  const fixture_t *fixture = *state;
  uint64_t last[2] = {0, 0};
  const nt_listener_t listener = {.report = remember, .user = last};
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64, .listener = &listener};
  nt_evaluation_t found;
  nt_error_t err;
  nt_assert_ok(
      nt_evaluate(NULL, fixture->quantised.qmodel, fixture->tokens, 100, &options, &found, &err),
      err);
  assert_int_equal(last[0], 99);
  assert_int_equal(last[1], 99);
  nt_evaluation_free(&found);
}

// Windows of 10 tokens; first quarter 4 and 6 the same, last quarter `late`.
static void trend_of(size_t late_a, size_t late_b, double error_a, double error_b,
                     nt_evaluate_trend_t *same, nt_evaluate_trend_t *error) {
  nt_evaluate_window_t windows[9];
  nt_error_t err;
  for (size_t n = 0; n < 9; n++)
    windows[n] = (nt_evaluate_window_t){.tokens = 10, .same = 10, .state_error = 9};
  windows[0].same = 4;
  windows[1].same = 6;
  windows[7].same = late_a;
  windows[8].same = late_b;
  windows[0].state_error = 1;
  windows[1].state_error = 3;
  windows[7].state_error = error_a;
  windows[8].state_error = error_b;
  nt_assert_ok(nt_evaluate_trends(windows, 9, same, error, &err), err);
}

// By hand: of 0.4 and 0.6 the mean is 0.5, the variance 0.02, the squared error of the mean 0.01;
// of 1 and 3 they are 2, 2 and 1.
static void trends_by_hand(void **state) {
  (void)state;
  nt_evaluate_trend_t same, error;
  trend_of(4, 4, 2, 4, &same, &error);
  assert_near(same.first, 0.5, 1e-12);
  assert_near(same.last, 0.4, 1e-12);
  assert_near(same.error, 0.1, 1e-12);
  assert_near(error.first, 2, 1e-12);
  assert_near(error.last, 3, 1e-12);
  assert_near(error.error, sqrt(2), 1e-12);
  assert_false(same.worse);
  assert_false(error.worse);
  trend_of(2, 2, 5, 5, &same, &error);
  assert_true(same.worse);
  assert_true(error.worse);
  trend_of(10, 10, 0, 0, &same, &error);
  assert_false(same.worse);
  assert_false(error.worse);
  nt_evaluate_window_t few[7] = {{.tokens = 1}};
  nt_error_t err;
  assert_int_equal(nt_evaluate_trends(few, 7, &same, &error, &err), NT_ERR_ARG);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sums_windows_and_checksum),
      cmocka_unit_test(a_level_may_be_left_out),
      cmocka_unit_test(refusals),
      cmocka_unit_test(a_wrong_integer_model_is_seen),
      cmocka_unit_test(progress_is_told),
      cmocka_unit_test(trends_by_hand),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
