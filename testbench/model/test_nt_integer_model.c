// SPDX-License-Identifier: Apache-2.0
// The integer model as a run: its observables and what network.md says about them, its state, and
// its arguments. The relations between observables are recomputed in double precision, where every
// number involved is exact.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_integer_model.h"
#include "nt_test.h"
#include "nt_test_quantised.h"

enum { HIDDEN = 64, INNER = 256, VOCAB = 256, LAYERS = 2, SHOWN_MAX = 64 };

/// The observables of one token.
typedef struct token_record {
  size_t count;
  struct {
    char name[NT_INTEGER_NAME_MAX];
    int32_t values[INNER];
    size_t count;
  } shown[SHOWN_MAX];
} token_record_t;

static void record(void *user, const char *name, const int32_t *values, size_t count) {
  token_record_t *token = user;
  assert_true(token->count < SHOWN_MAX && count <= INNER);
  (void)snprintf(token->shown[token->count].name, NT_INTEGER_NAME_MAX, "%s", name);
  memcpy(token->shown[token->count].values, values, count * sizeof *values);
  token->shown[token->count++].count = count;
}

static const int32_t *find(const token_record_t *token, const char *place, size_t index,
                           const char *tensor, size_t count) {
  char name[NT_INTEGER_NAME_MAX];
  (void)snprintf(name, sizeof name, "%s.%zu.%s", place, index, tensor);
  for (size_t n = 0; n < token->count; n++)
    if (strcmp(token->shown[n].name, name) == 0) {
      assert_int_equal(token->shown[n].count, count);
      return token->shown[n].values;
    }
  fail_msg("%s was not shown", name);
  return NULL;
}

static nt_integer_model_t *open_run(const nt_qmodel_t *qmodel) {
  nt_error_t err;
  nt_integer_model_t *run = NULL;
  nt_assert_ok(nt_integer_model_open(qmodel, &run, &err), err);
  return run;
}

static void step(nt_integer_model_t *run, uint32_t token, int32_t logits[VOCAB]) {
  nt_error_t err;
  nt_assert_ok(nt_integer_model_step(run, token, logits, &err), err);
}

static void observables_have_the_documented_names(void **state) {
  const nt_test_quantised_t *quantised = *state;
  static const char *const names[] = {
      "stage.0.x",     "stage.0.sq_sum", "stage.0.R",      "mixer.0.acc_i",  "mixer.0.acc_f",
      "mixer.0.acc_g", "mixer.0.h",      "mixer.0.v",      "mixer.0.sq_sum", "mixer.0.R",
      "mixer.0.acc_o", "stage.1.x",      "stage.1.sq_sum", "stage.1.R",      "mlp.0.acc_gate",
      "mlp.0.acc_up",  "mlp.0.v",        "mlp.0.sq_sum",   "mlp.0.R",        "mlp.0.acc_d",
      "stage.2.x",     "stage.2.sq_sum", "stage.2.R",      "mixer.1.acc_i",  "mixer.1.acc_f",
      "mixer.1.acc_g", "mixer.1.h",      "mixer.1.v",      "mixer.1.sq_sum", "mixer.1.R",
      "mixer.1.acc_o", "stage.3.x",      "stage.3.sq_sum", "stage.3.R",      "mlp.1.acc_gate",
      "mlp.1.acc_up",  "mlp.1.v",        "mlp.1.sq_sum",   "mlp.1.R",        "mlp.1.acc_d",
      "stage.4.x",     "stage.4.sq_sum", "stage.4.R",      "logits"};
  nt_integer_model_t *run = open_run(quantised->qmodel);
  static token_record_t token;
  int32_t logits[VOCAB];
  nt_integer_model_observe(run, record, &token);
  step(run, 7, logits);
  nt_integer_model_observe(run, NULL, NULL);
  step(run, 7, NULL);
  nt_integer_model_close(run);
  assert_int_equal(token.count, sizeof names / sizeof *names);
  for (size_t n = 0; n < token.count; n++)
    assert_string_equal(token.shown[n].name, names[n]);
}

static double round_half_up(double x) {
  return floor(x + 0.5);
}

static double clamp(double x, int bits) {
  return fmax(-ldexp(1, bits - 1), fmin(ldexp(1, bits - 1) - 1, x));
}

/// The code vector p of a site, from what is visible of the site.
static void expected_codes(const nt_qnorm_t *norm, size_t p, const int32_t *y, int32_t R,
                           double *codes) {
  for (size_t k = 0; k < norm->inputs; k++) {
    const double product = (double)y[k] * norm->codes[p].weight[k] * R;
    codes[k] = clamp(round_half_up(ldexp(product, -(int)norm->codes[p].shift)), 8);
  }
}

static void check_sums(const token_record_t *token, const nt_qnorm_t *norm, const int32_t *y,
                       const char *place, size_t index) {
  double sum = 0;
  for (size_t k = 0; k < norm->inputs; k++) {
    double weighted = y[k];
    if (norm->outer != NULL)
      weighted =
          clamp(round_half_up(ldexp(weighted * norm->outer[k], -(int)norm->outer_shift)), 16);
    sum += fmax(1, clamp(round_half_up(ldexp(weighted * weighted, -(int)norm->square_shift)), 24));
  }
  assert_true(find(token, place, index, "sq_sum", 1)[0] == (int32_t)sum);
  const int32_t R = find(token, place, index, "R", 1)[0];
  const double exact = ldexp(1, 29 + norm->static_exponent) / sqrt(sum);
  assert_true(fabs(R - exact) < 1.6e-4 * exact + 1);
}

/// Rows [first, first + rows) of `matrix` times code vector p of the site at (place, index).
static void check_matrix(const token_record_t *token, const nt_qnorm_t *norm, size_t p,
                         const int32_t *y, const char *place, size_t index,
                         const nt_qmatrix_t *matrix, size_t first, size_t rows,
                         const int32_t *acc) {
  double codes[INNER];
  expected_codes(norm, p, y, find(token, place, index, "R", 1)[0], codes);
  for (size_t row = 0; row < rows; row++) {
    double sum = 0;
    for (size_t k = 0; k < norm->inputs; k++)
      sum += matrix->codes[(first + row) * norm->inputs + k] * codes[k];
    assert_true(acc[row] == (int32_t)sum);
  }
}

static double requantised(const nt_qmatrix_t *matrix, int32_t acc) {
  return clamp(round_half_up(ldexp((double)acc * matrix->multiplier, -(int)matrix->shift)), 16);
}

static void check_residual(const int32_t *before, const int32_t *acc, const nt_qmatrix_t *matrix,
                           const int32_t *after) {
  for (size_t k = 0; k < HIDDEN; k++)
    assert_true(after[k] == (int32_t)clamp(before[k] + requantised(matrix, acc[k]), 16));
}

static void check_layer(const token_record_t *token, const nt_qlayer_t *layer, size_t l) {
  const int32_t *x = find(token, "stage", 2 * l, "x", HIDDEN);
  const int32_t *middle = find(token, "stage", 2 * l + 1, "x", HIDDEN);
  const int32_t *after = find(token, "stage", 2 * l + 2, "x", HIDDEN);
  const int32_t *v = find(token, "mixer", l, "v", HIDDEN);
  const int32_t *w = find(token, "mlp", l, "v", INNER);
  const int32_t *acc_o = find(token, "mixer", l, "acc_o", HIDDEN);
  const int32_t *acc_d = find(token, "mlp", l, "acc_d", HIDDEN);
  check_sums(token, &layer->mixer_norm, x, "stage", 2 * l);
  check_matrix(token, &layer->mixer_norm, 0, x, "stage", 2 * l, &layer->i, 0, HIDDEN,
               find(token, "mixer", l, "acc_i", HIDDEN));
  check_matrix(token, &layer->mixer_norm, 1, x, "stage", 2 * l, &layer->f, 0, HIDDEN,
               find(token, "mixer", l, "acc_f", HIDDEN));
  check_matrix(token, &layer->mixer_norm, 2, x, "stage", 2 * l, &layer->g, 0, HIDDEN,
               find(token, "mixer", l, "acc_g", HIDDEN));
  check_sums(token, &layer->o_norm, v, "mixer", l);
  check_matrix(token, &layer->o_norm, 0, v, "mixer", l, &layer->o, 0, HIDDEN, acc_o);
  check_residual(x, acc_o, &layer->o, middle);
  check_sums(token, &layer->mlp_norm, middle, "stage", 2 * l + 1);
  check_matrix(token, &layer->mlp_norm, 0, middle, "stage", 2 * l + 1, &layer->gate_up, 0, INNER,
               find(token, "mlp", l, "acc_gate", INNER));
  check_matrix(token, &layer->mlp_norm, 0, middle, "stage", 2 * l + 1, &layer->gate_up, INNER,
               INNER, find(token, "mlp", l, "acc_up", INNER));
  check_sums(token, &layer->down_norm, w, "mlp", l);
  check_matrix(token, &layer->down_norm, 0, w, "mlp", l, &layer->down, 0, HIDDEN, acc_d);
  check_residual(middle, acc_d, &layer->down, after);
}

static void matrices_and_norms_follow_the_formulas(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_qmodel_t *q = quantised->qmodel;
  nt_integer_model_t *run = open_run(q);
  static token_record_t token;
  nt_integer_model_observe(run, record, &token);
  for (size_t n = 0; n < 20; n++) {
    int32_t logits[VOCAB];
    token.count = 0;
    step(run, quantised->calibration[n], logits);
    for (size_t l = 0; l < LAYERS; l++)
      check_layer(&token, &q->layer[l], l);
    const int32_t *x = find(&token, "stage", 2 * LAYERS, "x", HIDDEN);
    check_sums(&token, &q->head_norm, x, "stage", 2 * LAYERS);
    check_matrix(&token, &q->head_norm, 0, x, "stage", 2 * LAYERS, &q->head, 0, VOCAB, logits);
  }
  nt_integer_model_close(run);
}

static double table_sigmoid(double x) {
  const double at = fmax(-8, fmin(8, x));
  const double left = floor(at * 2) / 2;
  const double low = 1 / (1 + exp(-left));
  const double high = 1 / (1 + exp(-left - 0.5));
  return low + (high - low) * 2 * (at - left);
}

/// The recurrence in real numbers: within one unit of a state of 16 bits.
static void state_follows_the_recurrence(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_qmodel_t *q = quantised->qmodel;
  nt_integer_model_t *run = open_run(q);
  static token_record_t token;
  nt_integer_model_observe(run, record, &token);
  double h[LAYERS][HIDDEN] = {{0}};
  double worst = 0;
  double largest = 0;
  for (size_t n = 0; n < 20; n++) {
    token.count = 0;
    step(run, quantised->calibration[n], NULL);
    for (size_t l = 0; l < LAYERS; l++) {
      const nt_qlayer_t *layer = &q->layer[l];
      const int32_t *acc_i = find(&token, "mixer", l, "acc_i", HIDDEN);
      const int32_t *acc_f = find(&token, "mixer", l, "acc_f", HIDDEN);
      const int32_t *shown = find(&token, "mixer", l, "h", HIDDEN);
      for (size_t k = 0; k < HIDDEN; k++) {
        const double i = ldexp(requantised(&layer->i, acc_i[k]), -(int)layer->frac_i);
        const double f = ldexp(requantised(&layer->f, acc_f[k]), -(int)layer->frac_f);
        const double bound = layer->lower_bound[k] / 32768.0;
        const double gate = bound + (1 - bound) * table_sigmoid(f);
        h[l][k] = gate * h[l][k] + i * table_sigmoid(i) * (1 - gate);
        const double got = ldexp(shown[k], -(int)layer->frac_h);
        const int coarse = (int)layer->frac_h - (int)nt_widths_h_extra(&q->widths);
        worst = fmax(worst, ldexp(fabs(got - h[l][k]), coarse));
        largest = fmax(largest, fabs(got));
        assert_int_equal(nt_integer_model_state(run)[l * HIDDEN + k], shown[k]);
      }
    }
  }
  nt_integer_model_close(run);
  printf("  state up to %.3f, at most %.2f units of 16 bits from the real recurrence\n", largest,
         worst);
  assert_true(largest > 0 && worst < 1);
}

static void state_can_be_saved_and_restored(void **state) {
  const nt_test_quantised_t *quantised = *state;
  nt_integer_model_t *run = open_run(quantised->qmodel);
  int32_t saved[LAYERS * HIDDEN];
  int32_t fresh[VOCAB];
  int32_t first[VOCAB];
  int32_t again[VOCAB];
  step(run, 5, fresh);
  step(run, 9, NULL);
  memcpy(saved, nt_integer_model_state(run), sizeof saved);
  step(run, 11, first);
  step(run, 12, NULL);
  memcpy(nt_integer_model_state(run), saved, sizeof saved);
  step(run, 11, again);
  assert_memory_equal(first, again, sizeof first);
  step(run, 5, again);
  assert_memory_not_equal(fresh, again, sizeof fresh);
  nt_integer_model_reset(run);
  step(run, 5, again);
  assert_memory_equal(fresh, again, sizeof fresh);
  nt_integer_model_close(run);
}

/// Several tokens together are the same as one after the other, whatever the number of threads.
static void tokens_together_equal_steps(void **state) {
  enum { COUNT = 37 }; // two full batches and a rest
  const nt_test_quantised_t *quantised = *state;
  nt_error_t err;
  static int32_t expected[COUNT][VOCAB];
  static int32_t got[COUNT][VOCAB];
  nt_integer_model_t *single = open_run(quantised->qmodel);
  nt_integer_model_t *together = open_run(quantised->qmodel);
  for (size_t n = 0; n < COUNT; n++)
    step(single, quantised->calibration[n], expected[n]);
  nt_assert_ok(nt_integer_model_tokens(together, quantised->calibration, COUNT, got[0], &err), err);
  assert_memory_equal(got, expected, sizeof got);
  assert_memory_equal(nt_integer_model_state(together), nt_integer_model_state(single),
                      LAYERS * HIDDEN * sizeof(int32_t));
  size_t count;
  const nt_integer_counter_t *left = nt_integer_model_counters(single, &count);
  const nt_integer_counter_t *right = nt_integer_model_counters(together, &count);
  assert_memory_equal(left, right, count * sizeof *left);
  nt_integer_model_close(single);
  nt_integer_model_close(together);
}

static void zero_embedding_works(void **state) {
  const nt_test_quantised_t *quantised = *state;
  int16_t *row = quantised->qmodel->embedding + 33 * HIDDEN;
  int16_t sound[HIDDEN];
  memcpy(sound, row, sizeof sound);
  memset(row, 0, sizeof sound);
  nt_integer_model_t *run = open_run(quantised->qmodel);
  static token_record_t token;
  nt_integer_model_observe(run, record, &token);
  int32_t logits[VOCAB];
  step(run, 33, logits);
  nt_integer_model_close(run);
  memcpy(row, sound, sizeof sound);
  assert_int_equal(find(&token, "stage", 0, "sq_sum", 1)[0], HIDDEN);
  assert_true(find(&token, "stage", 0, "R", 1)[0] > 1 << 20);
  for (size_t k = 0; k < HIDDEN; k++) {
    assert_int_equal(find(&token, "mixer", 0, "acc_i", HIDDEN)[k], 0);
    assert_int_equal(find(&token, "mixer", 0, "h", HIDDEN)[k], 0);
  }
  for (size_t v = 0; v < VOCAB; v++)
    assert_int_equal(logits[v], 0);
  assert_int_equal(nt_integer_model_greedy(logits, VOCAB), 0);
}

static void greedy_takes_the_first_of_equals(void **state) {
  (void)state;
  const int32_t logits[] = {-5, 3, INT32_MIN, 3, 2};
  assert_int_equal(nt_integer_model_greedy(logits, 5), 1);
  assert_int_equal(nt_integer_model_greedy(logits, 1), 0);
}

static const nt_integer_counter_t *counter_of(const nt_integer_model_t *run, const char *name) {
  size_t count;
  const nt_integer_counter_t *counters = nt_integer_model_counters(run, &count);
  for (size_t n = 0; n < count; n++)
    if (strcmp(counters[n].name, name) == 0)
      return &counters[n];
  fail_msg("no counter %s", name);
  return NULL;
}

static void counters_count(void **state) {
  const nt_test_quantised_t *quantised = *state;
  nt_qlayer_t *layer = &quantised->qmodel->layer[0];
  const uint32_t shift = layer->gate_up.shift;
  layer->gate_up.shift = shift - 6;
  nt_integer_model_t *run = open_run(quantised->qmodel);
  step(run, 5, NULL);
  step(run, 6, NULL);
  layer->gate_up.shift = shift;
  assert_int_equal(counter_of(run, "mlp.0.gate")->values, 2 * INNER);
  assert_true(counter_of(run, "mlp.0.gate")->saturated > 0);
  assert_int_equal(counter_of(run, "mixer.0.i")->saturated, 0);
  assert_int_equal(counter_of(run, "stage.0.outer")->values, 2 * HIDDEN);
  assert_int_equal(counter_of(run, "stage.0.codes_2")->values, 2 * HIDDEN);
  assert_int_equal(counter_of(run, "mixer.1.outer")->values, 0);
  assert_int_equal(counter_of(run, "stage.0.x")->values, 0);
  assert_int_equal(counter_of(run, "stage.4.x")->values, 2 * HIDDEN);
  assert_true(counter_of(run, "stage.4.codes_0")->zeros > 0);
  nt_integer_model_close(run);
}

static void bad_arguments_are_refused(void **state) {
  const nt_test_quantised_t *quantised = *state;
  nt_integer_model_t *run = open_run(quantised->qmodel);
  const uint32_t tokens[] = {1, VOCAB};
  nt_perplexity_t sum = {0};
  nt_error_t err;
  assert_int_equal(nt_integer_model_step(run, VOCAB, NULL, &err), NT_ERR_RANGE);
  assert_int_equal(nt_integer_model_evaluate(run, tokens, 1, &sum, &err), NT_ERR_ARG);
  assert_int_equal(nt_integer_model_evaluate(run, tokens, 2, &sum, &err), NT_ERR_RANGE);
  assert_int_equal(sum.tokens, 0);
  nt_integer_model_close(run);

  nt_qmatrix_t *matrix = &quantised->qmodel->layer[0].i;
  const uint32_t shift = matrix->shift;
  matrix->shift = 63;
  assert_int_equal(nt_integer_model_open(quantised->qmodel, &run, &err), NT_ERR_RANGE);
  assert_null(run);
  matrix->shift = shift;
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
      cmocka_unit_test(observables_have_the_documented_names),
      cmocka_unit_test(matrices_and_norms_follow_the_formulas),
      cmocka_unit_test(state_follows_the_recurrence),
      cmocka_unit_test(state_can_be_saved_and_restored),
      cmocka_unit_test(tokens_together_equal_steps),
      cmocka_unit_test(zero_embedding_works),
      cmocka_unit_test(greedy_takes_the_first_of_equals),
      cmocka_unit_test(counters_count),
      cmocka_unit_test(bad_arguments_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
