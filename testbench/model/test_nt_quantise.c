// SPDX-License-Identifier: Apache-2.0
// The integer network against the float network: a random checkpoint with every norm weight
// different, and the shipped checkpoint on held-out text.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "nt_compare.h"
#include "nt_integer_model.h"
#include "nt_quantise.h"
#include "nt_quantise_report.h"
#include "nt_test.h"
#include "nt_test_quantised.h"

enum { VOCAB_MAX = 1024, HELDOUT = 8192, WINDOW = 512 };

static size_t best(const double *logits, size_t count) {
  size_t at = 0;
  for (size_t k = 1; k < count; k++)
    at = logits[k] > logits[at] ? k : at;
  return at;
}

/// Both networks over one text.
typedef struct comparison {
  nt_perplexity_t real, integer;
  size_t tokens;
  size_t same; // most likely tokens that agree
} comparison_t;

/// Predicts `count` tokens, the state being reset every `window` tokens.
static comparison_t compare(const nt_test_quantised_t *quantised, const uint32_t *tokens,
                            size_t count, size_t window) {
  const size_t V = quantised->qmodel->vocab;
  comparison_t result = {.tokens = count};
  nt_error_t err;
  nt_float_run_t *real = NULL;
  nt_integer_model_t *integer = NULL;
  assert_true(V <= VOCAB_MAX);
  nt_assert_ok(nt_float_run_init(quantised->model, NT_FLOAT64, &real, &err), err);
  nt_assert_ok(nt_integer_model_open(quantised->qmodel, &integer, &err), err);
  for (size_t n = 0; n < count; n++) {
    double logits[VOCAB_MAX];
    int32_t codes[VOCAB_MAX];
    if (n % window == 0) {
      nt_float_run_reset(real);
      nt_integer_model_reset(integer);
    }
    nt_assert_ok(nt_float_run_step(real, tokens[n], logits, &err), err);
    nt_assert_ok(nt_integer_model_step(integer, tokens[n], codes, &err), err);
    nt_perplexity_add(&result.real, logits, V, tokens[n + 1]);
    result.same += best(logits, V) == nt_integer_model_greedy(codes, V);
    for (size_t v = 0; v < V; v++)
      logits[v] = codes[v] * quantised->qmodel->logit_scale;
    nt_perplexity_add(&result.integer, logits, V, tokens[n + 1]);
  }
  nt_float_run_free(real);
  nt_integer_model_close(integer);
  const double expected = nt_perplexity_value(&result.real);
  const double got = nt_perplexity_value(&result.integer);
  printf("  %zu tokens, reset every %zu: perplexity float %.4f, integer %.4f (%+.3f %%), "
         "%.2f %% of most likely tokens equal\n",
         count, window, expected, got, (got / expected - 1) * 100,
         100 * (double)result.same / (double)count);
  return result;
}

static double change(const comparison_t *result) {
  return nt_perplexity_value(&result->integer) / nt_perplexity_value(&result->real) - 1;
}

static void fixture_has_every_kind_of_norm(void **state) {
  (void)state;
  nt_test_quantised_t quantised = nt_test_quantised_fixture();
  for (size_t l = 0; l < quantised.qmodel->layers; l++) {
    const nt_qlayer_t *layer = &quantised.qmodel->layer[l];
    assert_int_equal(layer->mixer_norm.code_count, 3);
    assert_non_null(layer->mixer_norm.outer);
    assert_non_null(layer->mlp_norm.outer);
    assert_null(layer->o_norm.outer);
    assert_null(layer->down_norm.outer);
  }
  assert_non_null(quantised.qmodel->head_norm.outer);
  nt_test_quantised_free(&quantised);
}

/// The largest of 256 errors of a token is about 3 standard deviations, and the int8 codes of two
/// random layers and a head err by some 5 % of the spread of the logits.
static void fixture_logits_follow_the_float_model(void **state) {
  (void)state;
  nt_test_quantised_t quantised = nt_test_quantised_fixture();
  const size_t V = quantised.qmodel->vocab;
  const size_t count = quantised.calibration_count;
  double *expected = malloc(count * V * sizeof *expected);
  double *got = malloc(count * V * sizeof *got);
  assert_non_null(expected);
  assert_non_null(got);
  nt_error_t err;
  nt_float_run_t *real = NULL;
  nt_integer_model_t *integer = NULL;
  nt_assert_ok(nt_float_run_init(quantised.model, NT_FLOAT64, &real, &err), err);
  nt_assert_ok(nt_integer_model_open(quantised.qmodel, &integer, &err), err);
  for (size_t n = 0; n < count; n++) {
    int32_t codes[VOCAB_MAX];
    nt_assert_ok(nt_float_run_step(real, quantised.calibration[n], expected + n * V, &err), err);
    nt_assert_ok(nt_integer_model_step(integer, quantised.calibration[n], codes, &err), err);
    for (size_t v = 0; v < V; v++)
      got[n * V + v] = codes[v] * quantised.qmodel->logit_scale;
  }
  nt_float_run_free(real);
  nt_integer_model_close(integer);
  const nt_difference_t difference = nt_compare(expected, got, count, V);
  assert_true(nt_within_spread("integer logits", difference, 0.5, 0.25));
  free(expected);
  free(got);
  const comparison_t result = compare(&quantised, quantised.calibration, count - 1, count);
  assert_true(result.same * 100 >= result.tokens * 85);
  assert_true(fabs(change(&result)) < 0.02);
  nt_test_quantised_free(&quantised);
}

static void shipped_model_keeps_its_perplexity(void **state) {
  const nt_test_quantised_t *quantised = *state;
  size_t count;
  uint32_t *tokens = nt_test_pretrained_tokens("heldout.txt", &count);
  assert_true(count > HELDOUT);
  const comparison_t whole = compare(quantised, tokens, HELDOUT, HELDOUT);
  const comparison_t windows = compare(quantised, tokens, HELDOUT, WINDOW);
  assert_int_equal(whole.integer.tokens, HELDOUT);
  assert_int_equal(windows.integer.tokens, HELDOUT);
  assert_true(fabs(change(&whole)) < 0.0025);
  assert_true(fabs(change(&windows)) < 0.0025);
  assert_true(whole.same * 100 >= whole.tokens * 94);
  assert_true(windows.same * 100 >= windows.tokens * 94);

  nt_error_t err;
  nt_integer_model_t *integer = NULL;
  nt_perplexity_t sum = {0};
  nt_assert_ok(nt_integer_model_open(quantised->qmodel, &integer, &err), err);
  const clock_t start = clock();
  nt_assert_ok(nt_integer_model_evaluate(integer, tokens, HELDOUT + 1, &sum, &err), err);
  printf("  integer: %.0f tokens per CPU second\n",
         HELDOUT / ((double)(clock() - start) / CLOCKS_PER_SEC));
  assert_int_equal(sum.tokens, HELDOUT);
  assert_true(nt_perplexity_value(&sum) == nt_perplexity_value(&whole.integer));
  nt_integer_model_close(integer);
  free(tokens);
}

static void shipped_model_shares_its_codes(void **state) {
  const nt_test_quantised_t *quantised = *state;
  for (size_t l = 0; l < quantised->qmodel->layers; l++) {
    const nt_qnorm_t *norm = &quantised->qmodel->layer[l].mixer_norm;
    assert_int_equal(norm->code_count, 1);
    assert_null(norm->outer);
    assert_null(norm->codes[1].weight);
  }
}

static void full_scale_vector(const int16_t *weights, size_t count) {
  int32_t largest = 0;
  for (size_t k = 0; k < count; k++)
    largest = abs(weights[k]) > largest ? abs(weights[k]) : largest;
  assert_in_range(largest, 1 << 14, 32767);
}

static void weights_use_their_width(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_qmodel_t *model = quantised->qmodel;
  for (size_t l = 0; l < model->layers; l++) {
    const nt_qlayer_t *layer = &model->layer[l];
    const nt_qmatrix_t *matrices[] = {&layer->i, &layer->f,       &layer->g,
                                      &layer->o, &layer->gate_up, &layer->down};
    for (size_t n = 0; n < sizeof matrices / sizeof *matrices; n++)
      assert_in_range(matrices[n]->multiplier, 1 << 14, 32767);
    full_scale_vector(layer->mixer_norm.codes[0].weight, model->hidden);
    full_scale_vector(layer->down_norm.codes[0].weight, model->intermediate);
    full_scale_vector(layer->gnorm_weight, model->hidden);
  }
  full_scale_vector(model->head_norm.codes[0].weight, model->hidden);
}

static const nt_quantised_format_t *format_of(const nt_quantise_report_t *report,
                                              const char *name) {
  for (size_t n = 0; n < report->format_count; n++)
    if (strcmp(report->formats[n].name, name) == 0)
      return &report->formats[n];
  fail_msg("the report has no format of %s", name);
  return NULL;
}

static void report_tells_what_was_done(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_quantise_report_t *report = quantised->report;
  assert_int_equal(report->tokens, NT_CALIBRATION_TOKENS);
  assert_int_equal(report->matrix_count, 6 * 4 + 1);
  assert_true(report->weight_zeros > 0.2 && report->weight_zeros < 0.5);
  assert_true(report->spike_zeros > 0.05 && report->spike_zeros < 0.5);
  // embedding; x, sq, codes of 9 stages; i f g c h v o, gate up v d, twice sq and codes per layer
  assert_int_equal(report->format_count, 1 + 9 * 3 + 4 * (7 + 4 + 4));
  const nt_quantised_format_t *x = format_of(report, "stage.8.x");
  assert_true(x->step == ldexp(1, -(int)quantised->qmodel->frac_x));
  assert_true(x->largest > 50 && x->largest / x->step * NT_RANGE_MARGIN < 32768);
  assert_true(format_of(report, "stage.8.codes_0")->step > 0);
  double worst = 0;
  for (size_t n = 0; n < report->counter_count; n++) {
    const nt_integer_counter_t *counter = &report->counters[n];
    assert_true(counter->values >= NT_CALIBRATION_TOKENS);
    worst = fmax(worst, (double)counter->saturated / (double)counter->values);
  }
  assert_true(report->counter_count > 80 && worst <= NT_SATURATION_MAX);
  printf("  weights: %.1f %% zero, codes: %.1f %% zero, worst share of saturated values %.2g\n",
         100 * report->weight_zeros, 100 * report->spike_zeros, worst);
}

/// Every counter and every matrix is in exactly one row, and the sums are those of the model.
static void rows_are_complete(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const nt_quantise_report_t *report = quantised->report;
  const nt_qmodel_t *model = quantised->qmodel;
  uint64_t counted = 0;
  for (size_t n = 0; n < report->counter_count; n++)
    counted += report->counters[n].values;
  uint64_t values = 0, weights = 0, zeros = 0, codes = 0, silent = 0;
  for (size_t n = 0; n < nt_quantise_report_rows(report); n++) {
    const nt_quantise_row_t row = nt_quantise_report_row(report, n);
    assert_true(row.zeros + row.saturated <= row.values);
    assert_true(row.step > 0 && row.width >= 2 && row.width <= 24);
    if (row.ternary) {
      weights += row.values;
      zeros += row.zeros;
      continue;
    }
    values += row.values;
    if (strstr(row.name, "codes_") != NULL) {
      codes += row.values;
      silent += row.zeros;
      assert_int_equal(row.width, model->widths.codes);
      assert_int_equal(row.fraction, NT_FRACTION_NONE);
    } else {
      assert_true(row.step == ldexp(1, -row.fraction));
      // the largest calibrated value fits
      assert_true(row.largest / row.step < ldexp(1, (int)row.width - 1));
    }
    for (size_t m = 0; m < n; m++) {
      const nt_quantise_row_t other = nt_quantise_report_row(report, m);
      assert_string_not_equal(row.name, other.name);
    }
  }
  assert_true(values == counted && values > 0);
  assert_true(weights ==
              nt_qmodel_weights(model->hidden, model->intermediate, model->layers, model->vocab));
  assert_true(report->weight_zeros == (double)zeros / (double)weights);
  assert_true(report->spike_zeros == (double)silent / (double)codes);
  uint64_t found = 0;
  for (size_t k = 0; k < weights; k++)
    found += nt_ternary_store_codes(model->ternary)[k] == 0;
  assert_true(found == zeros);
}

/// Sums the error of the head's codes for three steps around the chosen one.
typedef struct step_trial {
  double step[3];
  double error[3];
  size_t values;
} step_trial_t;

static void try_steps(void *user, const char *tensor, unsigned layer, const double *values,
                      size_t count) {
  (void)layer;
  step_trial_t *trial = user;
  if (strcmp(tensor, "lm_head_z") != 0)
    return;
  trial->values += count;
  for (size_t k = 0; k < count; k++)
    for (size_t s = 0; s < 3; s++) {
      const double code = fmax(-128, fmin(127, round(values[k] / trial->step[s])));
      trial->error[s] += pow(values[k] - trial->step[s] * code, 2);
    }
}

static void code_step_has_the_least_error(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const double step = format_of(quantised->report, "stage.8.codes_0")->step;
  step_trial_t trial = {.step = {step * 0.9, step, step * 1.1}};
  nt_error_t err;
  nt_float_run_t *run = NULL;
  double logits[VOCAB_MAX];
  nt_assert_ok(nt_float_run_init(quantised->model, NT_FLOAT64, &run, &err), err);
  nt_float_run_observe(run, try_steps, &trial);
  for (size_t n = 0; n < quantised->calibration_count; n++)
    nt_assert_ok(nt_float_run_step(run, quantised->calibration[n], logits, &err), err);
  nt_float_run_free(run);
  assert_int_equal(trial.values, NT_CALIBRATION_TOKENS * quantised->qmodel->hidden);
  assert_true(trial.error[1] < trial.error[0] && trial.error[1] < trial.error[2]);
}

static void saturation_is_refused(void **state) {
  (void)state;
  nt_test_quantised_t quantised = nt_test_quantised_fixture();
  nt_quantise_options_t options = nt_quantise_default();
  nt_error_t err;
  quantised.qmodel->layer[1].g.shift -= 5;
  assert_int_equal(nt_quantise_report_check(quantised.report, quantised.qmodel,
                                            quantised.calibration, quantised.calibration_count,
                                            &options, &err),
                   NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "mixer.1.g saturates"));
  options.saturation_max = 1;
  nt_assert_ok(nt_quantise_report_check(quantised.report, quantised.qmodel, quantised.calibration,
                                        quantised.calibration_count, &options, &err),
               err);
  nt_test_quantised_free(&quantised);
}

/// Quantises the fixture's model with `options`, expecting a refusal that contains `found`.
static void refuses(const nt_test_quantised_t *fixture, const nt_quantise_options_t *options,
                    const char *found) {
  nt_error_t err = {0};
  nt_qmodel_t *qmodel = NULL;
  nt_quantise_report_t *report = NULL;
  assert_int_equal(nt_quantise(fixture->model, fixture->calibration, fixture->calibration_count,
                               options, &qmodel, &report, &err),
                   NT_ERR_RANGE);
  assert_null(qmodel);
  assert_null(report);
  if (strstr(err.text, found) == NULL)
    fail_msg("\"%s\" does not say \"%s\"", err.text, found);
}

static void options_are_checked(void **state) {
  (void)state;
  nt_test_quantised_t fixture = nt_test_quantised_fixture();
  nt_quantise_options_t options = nt_quantise_default();
  options.margin = 0.99;
  refuses(&fixture, &options, "range margin 0.99, allowed 1..1024");
  options.margin = NAN;
  refuses(&fixture, &options, "range margin nan");
  options = nt_quantise_default();
  options.saturation_max = -1e-9;
  refuses(&fixture, &options, "share of saturated values -1e-09, allowed 0..1");
  options.saturation_max = 1.5;
  refuses(&fixture, &options, "share of saturated values 1.5");
  options = nt_quantise_default();
  options.widths.v = 40;
  refuses(&fixture, &options, "width of v is 40 bits, allowed 4..16");
  options = nt_quantise_default();
  options.widths.pre = 4; // |i| up to 3 and a margin need three bits before the point
  refuses(&fixture, &options, "layer 0, i: the largest magnitude is");
  // Codes that may not be clipped at all are clipped nevertheless: the integers err a little.
  options = nt_quantise_default();
  options.margin = 1;
  options.saturation_max = 0;
  refuses(&fixture, &options, "saturates in");
  nt_test_quantised_free(&fixture);
}

static void margin_takes_fraction_bits(void **state) {
  (void)state;
  nt_quantise_options_t options = nt_quantise_default();
  options.margin = 1;
  nt_test_quantised_t narrow = nt_test_quantised_fixture_with(&options);
  options.margin = 4;
  nt_test_quantised_t wide = nt_test_quantised_fixture_with(&options);
  assert_int_equal(narrow.qmodel->frac_x, wide.qmodel->frac_x + 2);
  for (size_t l = 0; l < 2; l++) {
    const nt_qlayer_t *left = &narrow.qmodel->layer[l];
    const nt_qlayer_t *right = &wide.qmodel->layer[l];
    assert_int_equal(left->frac_i, right->frac_i + 2);
    assert_int_equal(left->frac_h, right->frac_h + 2);
    assert_int_equal(left->frac_u, right->frac_u + 2);
  }
  nt_test_quantised_free(&narrow);
  nt_test_quantised_free(&wide);
}

/// Every value of a run stays within the widths, and comes near them.
static void watch_widths(void *user, const char *name, const int32_t *values, size_t count) {
  int32_t *largest = user; // of x, h, v
  const char *const tensors[] = {".x", ".h", ".v"};
  for (size_t n = 0; n < 3; n++)
    if (strcmp(strrchr(name, '.') != NULL ? strrchr(name, '.') : "", tensors[n]) == 0)
      for (size_t k = 0; k < count; k++)
        largest[n] = abs(values[k]) > largest[n] ? abs(values[k]) : largest[n];
}

static void narrow_widths_hold(void **state) {
  (void)state;
  nt_quantise_options_t options = nt_quantise_default();
  options.widths = (nt_widths_t){.x = 11, .pre = 10, .h = 12, .v = 9, .codes = 6};
  nt_test_quantised_t quantised = nt_test_quantised_fixture_with(&options);
  const nt_qmodel_t *q = quantised.qmodel;
  int32_t largest[3] = {0};
  int32_t logits[VOCAB_MAX];
  nt_error_t err;
  nt_integer_model_t *run = NULL;
  nt_assert_ok(nt_integer_model_open(q, &run, &err), err);
  nt_integer_model_observe(run, watch_widths, largest);
  for (size_t n = 0; n < quantised.calibration_count; n++)
    nt_assert_ok(nt_integer_model_step(run, quantised.calibration[n], logits, &err), err);
  nt_integer_model_close(run);
  const uint32_t widths[] = {11, 12, 9};
  for (size_t n = 0; n < 3; n++) {
    assert_true(largest[n] <= 1 << (widths[n] - 1));
    assert_true(largest[n] >= 1 << (widths[n] - 4)); // a margin of one bit, and a format to spare
  }
  // Fewer levels, larger steps: 6 bits have a quarter of the levels of 8.
  nt_test_quantised_t usual = nt_test_quantised_fixture();
  const double ratio = format_of(quantised.report, "stage.4.codes_0")->step /
                       format_of(usual.report, "stage.4.codes_0")->step;
  assert_true(ratio > 3 && ratio < 5);
  // Worse than the usual widths, yet the same network.
  const size_t count = quantised.calibration_count - 1;
  const comparison_t good = compare(&usual, usual.calibration, count, count);
  const comparison_t poor = compare(&quantised, quantised.calibration, count, count);
  assert_true(fabs(change(&poor)) < 0.2 && poor.same < good.same && poor.same * 2 > count);
  nt_test_quantised_free(&usual);
  nt_test_quantised_free(&quantised);
}

/// Counts what the listener hears.
typedef struct heard {
  uint64_t calibrating, checking, calls;
} heard_t;

static void hear(void *user, const char *stage, uint64_t done, uint64_t total) {
  heard_t *heard = user;
  uint64_t *last = strcmp(stage, "calibrating") == 0 ? &heard->calibrating : &heard->checking;
  assert_true(done > *last && done <= total);
  *last = done;
  heard->calls++;
}

static void listener_hears_both_stages(void **state) {
  (void)state;
  heard_t heard = {0};
  const nt_listener_t listener = {.report = hear, .user = &heard};
  nt_quantise_options_t options = nt_quantise_default();
  options.listener = &listener;
  nt_test_quantised_t quantised = nt_test_quantised_fixture_with(&options);
  assert_int_equal(heard.calibrating, quantised.calibration_count);
  assert_int_equal(heard.checking, quantised.calibration_count);
  assert_true(heard.calls > 4);
  nt_test_quantised_free(&quantised);
}

/// The integer model lives on without the float model; both share the codes.
static void codes_are_shared(void **state) {
  (void)state;
  nt_test_quantised_t quantised = nt_test_quantised_fixture();
  nt_error_t err;
  assert_ptr_equal(quantised.qmodel->layer[1].down.codes,
                   nt_float_model_params(quantised.model)->layers[1].down.codes);
  nt_float_model_free(quantised.model);
  quantised.model = NULL;
  nt_assert_ok(nt_qmodel_prove(quantised.qmodel, &err), err);
  nt_test_quantised_free(&quantised);
}

static void bad_texts_are_refused(void **state) {
  const nt_test_quantised_t *quantised = *state;
  const uint32_t outside = quantised->qmodel->vocab;
  nt_error_t err;
  nt_qmodel_t *qmodel = NULL;
  assert_int_equal(nt_quantise(quantised->model, &outside, 0, NULL, &qmodel, NULL, &err),
                   NT_ERR_ARG);
  assert_int_equal(nt_quantise(quantised->model, &outside, 1, NULL, &qmodel, NULL, &err),
                   NT_ERR_RANGE);
  assert_null(qmodel);
}

static int set_up(void **state) {
  static nt_test_quantised_t quantised;
  quantised = nt_test_quantised_pretrained();
  *state = &quantised;
  return 0;
}

static int tear_down(void **state) {
  nt_test_quantised_free(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fixture_has_every_kind_of_norm),
      cmocka_unit_test(fixture_logits_follow_the_float_model),
      cmocka_unit_test(shipped_model_shares_its_codes),
      cmocka_unit_test(weights_use_their_width),
      cmocka_unit_test(report_tells_what_was_done),
      cmocka_unit_test(code_step_has_the_least_error),
      cmocka_unit_test(shipped_model_keeps_its_perplexity),
      cmocka_unit_test(saturation_is_refused),
      cmocka_unit_test(rows_are_complete),
      cmocka_unit_test(options_are_checked),
      cmocka_unit_test(margin_takes_fraction_bits),
      cmocka_unit_test(narrow_widths_hold),
      cmocka_unit_test(listener_hears_both_stages),
      cmocka_unit_test(codes_are_shared),
      cmocka_unit_test(bad_texts_are_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
