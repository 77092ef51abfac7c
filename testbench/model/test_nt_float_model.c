// SPDX-License-Identifier: Apache-2.0
// Proof of the importer and the float reference against what the published PyTorch code computed
// for a small random checkpoint. Order: ternary codes and scales; float64 logits; float32 logits,
// hidden states, states; block by block with recorded inputs. A float32 value may differ by what
// one int8 code rounding the other way moves, so those limits are in standard deviations.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_compare.h"
#include "nt_float_model.h"
#include "nt_npy.h"
#include "nt_test.h"
#include "nt_test_checkpoint.h"
#include "nt_test_file.h"

enum {
  BATCH = 2,
  STEPS = 48,
  TOKENS = BATCH * STEPS,
  HIDDEN = 64,
  INNER = 256,
  VOCAB = 256,
  LAYERS = 2,
  MATRICES = 6 * LAYERS + 1
};

/// Limits for float32 values, in standard deviations of the recorded values.
static const double FLOAT32_MAX = 0.15;
static const double FLOAT32_MEDIAN = 0.01;

static nt_float_model_t *load_model(const char *folder) {
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_float_model_t *model = NULL;
  nt_assert_ok(nt_checkpoint_open(folder, &ckpt, &err), err);
  nt_assert_ok(nt_float_model_load(ckpt, &model, &err), err);
  nt_checkpoint_close(ckpt);
  return model;
}

static nt_float_run_t *start_run(const nt_float_model_t *model, nt_float_precision_t precision) {
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_assert_ok(nt_float_run_init(model, precision, &run, &err), err);
  return run;
}

static void load_tokens(uint32_t tokens[TOKENS]) {
  double *values = nt_npy_load(NT_FIXTURE_DIR, "tokens.npy", TOKENS);
  for (size_t k = 0; k < TOKENS; k++)
    tokens[k] = (uint32_t)values[k];
  free(values);
}

/// Everything a pass over both sequences leaves behind.
typedef struct recording {
  double logits[TOKENS][VOCAB];
  double hidden[LAYERS + 1][TOKENS][HIDDEN]; // entering block l; last: after the final norm
  double state[LAYERS][BATCH][HIDDEN];
  size_t token; // the one being processed
} recording_t;

static void record_hidden(void *user, const char *tensor, unsigned layer, const double *values,
                          size_t count) {
  recording_t *rec = user;
  if (strcmp(tensor, layer < LAYERS ? "x" : "hidden") == 0) {
    assert_int_equal(count, HIDDEN);
    memcpy(rec->hidden[layer][rec->token], values, sizeof rec->hidden[layer][rec->token]);
  }
}

static recording_t *record(const nt_float_model_t *model, nt_float_precision_t precision) {
  recording_t *rec = calloc(1, sizeof *rec);
  assert_non_null(rec);
  uint32_t tokens[TOKENS];
  load_tokens(tokens);
  nt_error_t err;
  nt_float_run_t *run = start_run(model, precision);
  nt_float_run_observe(run, record_hidden, rec);
  for (size_t b = 0; b < BATCH; b++) {
    nt_float_run_reset(run);
    for (size_t t = 0; t < STEPS; t++) {
      rec->token = b * STEPS + t;
      nt_assert_ok(nt_float_run_step(run, tokens[rec->token], rec->logits[rec->token], &err), err);
    }
    for (size_t l = 0; l < LAYERS; l++)
      memcpy(rec->state[l][b], nt_float_run_state(run) + l * HIDDEN, sizeof rec->state[l][b]);
  }
  nt_float_run_free(run);
  return rec;
}

// ---- codes and scales ---------------------------------------------------------------------------

static void list_matrices(const nt_float_params_t *params, const nt_bitlinear_t *list[MATRICES]) {
  size_t used = 0;
  for (size_t l = 0; l < LAYERS; l++) {
    const nt_float_layer_t *layer = &params->layers[l];
    list[used++] = &layer->i;
    list[used++] = &layer->f;
    list[used++] = &layer->g;
    list[used++] = &layer->o;
    list[used++] = &layer->gate;
    list[used++] = &layer->down;
  }
  list[used++] = &params->lm_head;
}

/// Number of codes of all matrices that differ from the recorded ones; `*compared` counts all.
static size_t count_code_differences(const nt_float_model_t *model, size_t *compared) {
  const nt_bitlinear_t *list[MATRICES];
  list_matrices(nt_float_model_params(model), list);
  size_t size = 0;
  char *recorded = nt_test_file_read(NT_FIXTURE_DIR, "ternary.i8", &size);
  size_t differences = 0;
  *compared = 0;
  for (size_t m = 0; m < MATRICES; m++) {
    const size_t count = list[m]->rows * list[m]->cols;
    assert_true(*compared + count <= size);
    for (size_t k = 0; k < count; k++)
      differences += list[m]->codes[k] != (int8_t)recorded[*compared + k];
    *compared += count;
  }
  assert_int_equal(*compared, size);
  free(recorded);
  return differences;
}

static void ternary_codes_are_exact(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  size_t compared = 0;
  assert_int_equal(count_code_differences(model, &compared), 0);
  assert_int_equal(compared, 147456);
  printf("  ternary codes: %zu compared, 0 differ\n", compared);
  nt_float_model_free(model);
}

static void scales_are_float32_exact(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  const nt_bitlinear_t *list[MATRICES];
  list_matrices(nt_float_model_params(model), list);
  double *recorded = nt_npy_load(NT_FIXTURE_DIR, "scales.npy", MATRICES);
  double ones[MATRICES];
  double ratios[MATRICES];
  for (size_t m = 0; m < MATRICES; m++) {
    ones[m] = 1;
    ratios[m] = list[m]->scale / recorded[m];
  }
  assert_true(nt_within("scales, relative", nt_compare(ones, ratios, MATRICES, 1), 2.4e-7, 2.4e-7));
  free(recorded);
  nt_float_model_free(model);
}

static void lower_bounds_are_cumulative_softmax(void **state) {
  (void)state;
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  float raw[LAYERS][HIDDEN];
  nt_assert_ok(nt_checkpoint_open(NT_FIXTURE_DIR, &ckpt, &err), err);
  nt_assert_ok(nt_checkpoint_read(ckpt, "model.lower_bounds", raw[0], LAYERS * HIDDEN, &err), err);
  nt_checkpoint_close(ckpt);
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  const nt_float_layer_t *layers = nt_float_model_params(model)->layers;
  double expected[LAYERS][HIDDEN] = {{0}};
  for (size_t k = 0; k < HIDDEN; k++) // with two layers the softmax is a logistic function
    expected[1][k] = 1 / (1 + exp((double)raw[0][k] - (double)raw[1][k]));
  for (size_t l = 0; l < LAYERS; l++)
    assert_true(nt_within("lower bound", nt_compare(expected[l], layers[l].lower_bound, 1, HIDDEN),
                          1e-15, 1e-15));
  nt_float_model_free(model);
}

// ---- whole model --------------------------------------------------------------------------------

static nt_difference_t compare_file(const char *name, const double *got, size_t rows, size_t cols) {
  double *expected = nt_npy_load(NT_FIXTURE_DIR, name, rows * cols);
  const nt_difference_t difference = nt_compare(expected, got, rows, cols);
  free(expected);
  return difference;
}

static bool float64_logits_agree(const nt_float_model_t *model) {
  recording_t *rec = record(model, NT_FLOAT64);
  const bool agree = nt_within(
      "float64 logits", compare_file("logits_f64.npy", rec->logits[0], TOKENS, VOCAB), 1e-8, 1e-8);
  free(rec);
  return agree;
}

static void float64_logits(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  assert_true(float64_logits_agree(model));
  nt_float_model_free(model);
}

static bool float32_file_agrees(const char *name, const double *got, size_t rows, size_t cols) {
  return nt_within_spread(name, compare_file(name, got, rows, cols), FLOAT32_MAX, FLOAT32_MEDIAN);
}

static void float32_logits_hidden_and_states(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  recording_t *rec = record(model, NT_FLOAT32);
  assert_true(float32_file_agrees("logits.npy", rec->logits[0], TOKENS, VOCAB));
  assert_true(float32_file_agrees("step_logits.npy", rec->logits[0], STEPS, VOCAB));
  assert_true(nt_within("hidden_0.npy",
                        compare_file("hidden_0.npy", rec->hidden[0][0], TOKENS, HIDDEN), 0, 0));
  assert_true(float32_file_agrees("hidden_1.npy", rec->hidden[1][0], TOKENS, HIDDEN));
  assert_true(float32_file_agrees("hidden_2.npy", rec->hidden[2][0], TOKENS, HIDDEN));
  assert_true(float32_file_agrees("state_0.npy", rec->state[0][0], BATCH, HIDDEN));
  assert_true(float32_file_agrees("state_1.npy", rec->state[1][0], BATCH, HIDDEN));
  free(rec);
  nt_float_model_free(model);
}

// ---- block by block -----------------------------------------------------------------------------

/// Observed tensors of one block that were also recorded.
static const struct {
  const char *observed;
  const char *file;
} BLOCK_TENSORS[] = {{"i_pre", "i_pre"}, {"f_pre", "f_pre"}, {"g_pre", "g_pre"},
                     {"f", "f"},         {"c", "x"},         {"h", "h"},
                     {"a", "a"},         {"o", "o"},         {"mlp", "mlp"}};
enum { BLOCK_TENSOR_COUNT = sizeof BLOCK_TENSORS / sizeof BLOCK_TENSORS[0] };

typedef struct block_recording {
  double values[BLOCK_TENSOR_COUNT][TOKENS][HIDDEN];
  size_t token;
} block_recording_t;

static void record_block(void *user, const char *tensor, unsigned layer, const double *values,
                         size_t count) {
  block_recording_t *rec = user;
  (void)layer;
  for (size_t k = 0; k < BLOCK_TENSOR_COUNT; k++) {
    if (strcmp(tensor, BLOCK_TENSORS[k].observed) == 0) {
      assert_int_equal(count, HIDDEN);
      memcpy(rec->values[k][rec->token], values, sizeof rec->values[k][rec->token]);
    }
  }
}

static double *load_layer_file(size_t layer, const char *what) {
  char name[64];
  (void)snprintf(name, sizeof name, "layer%zu_%s.npy", layer, what);
  return nt_npy_load(NT_FIXTURE_DIR, name, TOKENS * HIDDEN);
}

/// Runs block `layer` on the recorded residual stream and the recorded state of the token before.
static void check_block(const nt_float_model_t *model, size_t layer) {
  char name[64];
  (void)snprintf(name, sizeof name, "hidden_%zu.npy", layer);
  double *x = nt_npy_load(NT_FIXTURE_DIR, name, TOKENS * HIDDEN);
  double *h = load_layer_file(layer, "h");
  block_recording_t *rec = calloc(1, sizeof *rec);
  assert_non_null(rec);
  nt_error_t err;
  nt_float_run_t *run = start_run(model, NT_FLOAT32);
  nt_float_run_observe(run, record_block, rec);
  for (size_t k = 0; k < TOKENS; k++) {
    rec->token = k;
    nt_float_run_reset(run);
    if (k % STEPS != 0)
      memcpy(nt_float_run_state(run) + layer * HIDDEN, h + (k - 1) * HIDDEN, HIDDEN * sizeof *h);
    nt_assert_ok(nt_float_run_block(run, (unsigned)layer, x + k * HIDDEN, &err), err);
  }
  for (size_t k = 0; k < BLOCK_TENSOR_COUNT; k++) {
    (void)snprintf(name, sizeof name, "layer%zu_%s.npy", layer, BLOCK_TENSORS[k].file);
    assert_true(float32_file_agrees(name, rec->values[k][0], TOKENS, HIDDEN));
  }
  if (layer + 1 < LAYERS) {
    (void)snprintf(name, sizeof name, "hidden_%zu.npy", layer + 1);
    assert_true(float32_file_agrees(name, x, TOKENS, HIDDEN));
  }
  nt_float_run_free(run);
  free(rec);
  free(h);
  free(x);
}

static void block_by_block(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  for (size_t layer = 0; layer < LAYERS; layer++)
    check_block(model, layer);
  nt_float_model_free(model);
}

// ---- the hooks ----------------------------------------------------------------------------------

/// What the header promises, in order of appearance, with lengths.
static const struct {
  const char *tensor;
  size_t count;
} PROMISED_BLOCK[] = {{"x", HIDDEN},        {"attn_norm", HIDDEN}, {"i_z", HIDDEN},
                      {"f_z", HIDDEN},      {"g_z", HIDDEN},       {"i_pre", HIDDEN},
                      {"f_pre", HIDDEN},    {"g_pre", HIDDEN},     {"f", HIDDEN},
                      {"c", HIDDEN},        {"h", HIDDEN},         {"a", HIDDEN},
                      {"o_z", HIDDEN},      {"o", HIDDEN},         {"x_mid", HIDDEN},
                      {"mlp_norm", HIDDEN}, {"gate_z", HIDDEN},    {"gate_pre", 2 * INNER},
                      {"v", INNER},         {"down_z", INNER},     {"mlp", HIDDEN}},
  PROMISED_HEAD[] = {{"x", HIDDEN}, {"hidden", HIDDEN}, {"lm_head_z", HIDDEN}, {"logits", VOCAB}};
enum {
  PROMISED_BLOCK_COUNT = sizeof PROMISED_BLOCK / sizeof PROMISED_BLOCK[0],
  PROMISED_HEAD_COUNT = sizeof PROMISED_HEAD / sizeof PROMISED_HEAD[0],
  PROMISED_COUNT = LAYERS * PROMISED_BLOCK_COUNT + PROMISED_HEAD_COUNT
};

static void expect_promised(void *user, const char *tensor, unsigned layer, const double *values,
                            size_t count) {
  size_t *calls = user;
  const size_t expected_layer = *calls / PROMISED_BLOCK_COUNT;
  const size_t within = *calls % PROMISED_BLOCK_COUNT;
  assert_non_null(values);
  assert_true(*calls < PROMISED_COUNT);
  assert_int_equal(layer, expected_layer);
  if (layer < LAYERS) {
    assert_string_equal(tensor, PROMISED_BLOCK[within].tensor);
    assert_int_equal(count, PROMISED_BLOCK[within].count);
  } else {
    assert_string_equal(tensor, PROMISED_HEAD[within].tensor);
    assert_int_equal(count, PROMISED_HEAD[within].count);
  }
  ++*calls;
}

static void observer_sees_every_promised_tensor(void **state) {
  (void)state;
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  for (int precision = NT_FLOAT64; precision <= NT_FLOAT32; precision++) {
    nt_error_t err;
    double logits[VOCAB];
    size_t calls = 0;
    nt_float_run_t *run = start_run(model, (nt_float_precision_t)precision);
    nt_float_run_observe(run, expect_promised, &calls);
    nt_assert_ok(nt_float_run_step(run, 7, logits, &err), err);
    assert_int_equal(calls, PROMISED_COUNT);
    nt_float_run_observe(run, NULL, NULL);
    nt_assert_ok(nt_float_run_step(run, 7, NULL, &err), err);
    assert_int_equal(calls, PROMISED_COUNT);
    nt_float_run_free(run);
  }
  nt_float_model_free(model);
}

// ---- the proof can fail -------------------------------------------------------------------------

/// The fixture with one value of one tensor changed.
static nt_float_model_t *load_poked(const char *tensor, size_t index, float value) {
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  nt_test_checkpoint_poke(&ckpt, tensor, index, value);
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
  nt_float_model_t *model = load_model(folder);
  nt_test_folder_delete(folder);
  nt_test_checkpoint_free(&ckpt);
  return model;
}

static void a_wrong_norm_weight_is_noticed(void **state) {
  (void)state;
  static const char *const tensors[] = {"model.layers.0.attn_norm.weight",
                                        "model.layers.0.attn.i_proj.norm.weight",
                                        "model.layers.1.attn.f_proj.norm.weight",
                                        "model.layers.1.attn.g_norm.weight",
                                        "model.layers.0.mlp_norm.weight",
                                        "model.layers.1.mlp.down_proj.norm.weight",
                                        "model.norm.weight",
                                        "lm_head.norm.weight"};
  for (size_t k = 0; k < sizeof tensors / sizeof tensors[0]; k++) {
    nt_float_model_t *model = load_poked(tensors[k], 3, 1.5F);
    assert_false(float64_logits_agree(model));
    nt_float_model_free(model);
  }
}

static void a_wrong_code_is_noticed(void **state) {
  (void)state;
  nt_float_model_t *model = load_poked("lm_head.weight", 5, 1.0F);
  nt_float_model_t *opposite = load_poked("lm_head.weight", 5, -1.0F);
  size_t compared = 0;
  const size_t differences = count_code_differences(model, &compared);
  assert_true(differences + count_code_differences(opposite, &compared) > 0);
  nt_float_model_free(model);
  nt_float_model_free(opposite);
}

// ---- what a run refuses -------------------------------------------------------------------------

static void refusals(void **state) {
  (void)state;
  nt_error_t err;
  double logits[VOCAB];
  nt_float_model_t *model = load_model(NT_FIXTURE_DIR);
  nt_float_run_t *run = start_run(model, NT_FLOAT64);
  assert_int_equal(nt_float_run_step(run, VOCAB, logits, &err), NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "token 256"));
  assert_int_equal(nt_float_run_block(run, LAYERS, logits, &err), NT_ERR_ARG);
  nt_perplexity_t sum = {0};
  const uint32_t tokens[2] = {1, VOCAB};
  assert_int_equal(nt_float_run_evaluate(run, tokens, 1, &sum, &err), NT_ERR_ARG);
  assert_int_equal(nt_float_run_evaluate(run, tokens, 2, &sum, &err), NT_ERR_RANGE);
  assert_int_equal(sum.tokens, 0);
  nt_float_run_free(run);
  nt_float_model_free(model);
}

static void overflow_is_reported(void **state) {
  (void)state;
  nt_error_t err;
  double logits[VOCAB];
  nt_float_model_t *model = load_poked("model.embeddings.weight", 7 * HIDDEN, 1e30F);
  nt_float_run_t *narrow = start_run(model, NT_FLOAT32);
  assert_int_equal(nt_float_run_step(narrow, 7, logits, &err), NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "layer 0"));
  nt_float_run_t *wide = start_run(model, NT_FLOAT64);
  nt_assert_ok(nt_float_run_step(wide, 7, logits, &err), err);
  nt_float_run_free(narrow);
  nt_float_run_free(wide);
  nt_float_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ternary_codes_are_exact),
      cmocka_unit_test(scales_are_float32_exact),
      cmocka_unit_test(lower_bounds_are_cumulative_softmax),
      cmocka_unit_test(float64_logits),
      cmocka_unit_test(float32_logits_hidden_and_states),
      cmocka_unit_test(block_by_block),
      cmocka_unit_test(observer_sees_every_promised_tensor),
      cmocka_unit_test(a_wrong_norm_weight_is_noticed),
      cmocka_unit_test(a_wrong_code_is_noticed),
      cmocka_unit_test(refusals),
      cmocka_unit_test(overflow_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
