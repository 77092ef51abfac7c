// SPDX-License-Identifier: Apache-2.0
// The float reference: each check of the proof of import passes on the recordings of the published
// PyTorch code and can fail; what an observer sees; what a run refuses.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_float_model.h"
#include "nt_proof.h"
#include "nt_test.h"
#include "nt_test_checkpoint.h"
#include "nt_test_file.h"

enum { HIDDEN = 64, INNER = 256, VOCAB = 256, LAYERS = 2 };

static nt_float_run_t *start_run(const nt_float_model_t *model, nt_float_precision_t precision) {
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_assert_ok(nt_float_run_init(model, precision, &run, &err), err);
  return run;
}

// ---- the proof passes ---------------------------------------------------------------------------

typedef void (*check_t)(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// Runs one check and expects `rows` comparisons.
static void expect_passed(check_t check, size_t rows) {
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
  nt_proof_t proof = {.count = 0};
  check(&proof, NT_FIXTURE_DIR, model);
  nt_proof_print(&proof);
  assert_true(nt_proof_passed(&proof));
  assert_int_equal(proof.count, rows);
  nt_float_model_free(model);
}

static void recordings_are_the_recorded_ones(void **state) {
  (void)state;
  nt_proof_t proof = {.count = 0};
  nt_proof_files(&proof, NT_FIXTURE_DIR);
  assert_true(nt_proof_passed(&proof));
  assert_int_equal(proof.rows[0].values, 33);
}

static void tensors_codes_and_scales(void **state) {
  (void)state;
  expect_passed(nt_proof_tensors, 1);
  expect_passed(nt_proof_matrices, 2);
}

static void float64_logits(void **state) {
  (void)state;
  expect_passed(nt_proof_float64, 1);
}

static void float32_logits_hidden_and_states(void **state) {
  (void)state;
  expect_passed(nt_proof_float32, 7);
}

static void block_by_block(void **state) {
  (void)state;
  expect_passed(nt_proof_blocks, 21);
}

static void continued_from_a_saved_state(void **state) {
  (void)state;
  expect_passed(nt_proof_resumed, 2);
}

static void other_formats(void **state) {
  (void)state;
  expect_passed(nt_proof_formats, 11);
}

static void lower_bounds_are_cumulative_softmax(void **state) {
  (void)state;
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  float raw[LAYERS][HIDDEN];
  nt_assert_ok(nt_checkpoint_open(NT_FIXTURE_DIR, &ckpt, &err), err);
  nt_assert_ok(nt_checkpoint_read(ckpt, "model.lower_bounds", raw[0], LAYERS * HIDDEN, &err), err);
  nt_checkpoint_close(ckpt);
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
  const nt_float_layer_t *layers = nt_float_model_params(model)->layers;
  double expected[LAYERS][HIDDEN] = {{0}};
  for (size_t k = 0; k < HIDDEN; k++) // with two layers the softmax is a logistic function
    expected[1][k] = 1 / (1 + exp((double)raw[0][k] - (double)raw[1][k]));
  for (size_t l = 0; l < LAYERS; l++)
    assert_true(nt_within("lower bound", nt_compare(expected[l], layers[l].lower_bound, 1, HIDDEN),
                          1e-15, 1e-15));
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
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
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

static bool fails(check_t check, const nt_float_model_t *model) {
  nt_proof_t proof = {.count = 0};
  check(&proof, NT_FIXTURE_DIR, model);
  return !nt_proof_passed(&proof);
}

static void nothing_compared_is_no_proof(void **state) {
  (void)state;
  nt_proof_t proof = {.count = 0};
  assert_false(nt_proof_passed(&proof));
  nt_proof_exact(&proof, "one value", 1, 0);
  assert_true(nt_proof_passed(&proof));
  nt_proof_exact(&proof, "no value", 0, 0);
  assert_false(nt_proof_passed(&proof));
}

static void each_limit_is_kept(void **state) {
  (void)state;
  const nt_difference_t difference = {.values = 4, .max = 0.5, .median = 0.25, .spread = 0.5};
  static const struct {
    nt_proof_unit_t unit;
    double median_limit, max_limit;
    bool passed;
  } cases[] = {{NT_PROOF_RELATIVE, 0.25, 0.5, true},  {NT_PROOF_RELATIVE, 0.24, 0.5, false},
               {NT_PROOF_RELATIVE, 0.25, 0.4, false}, {NT_PROOF_SPREAD, 0.5, 1, true},
               {NT_PROOF_SPREAD, 0.49, 1, false},     {NT_PROOF_SPREAD, 0.5, 0.9, false}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_proof_t proof = {.count = 0};
    nt_proof_within(&proof, "limits", cases[k].unit, difference, cases[k].median_limit,
                    cases[k].max_limit);
    assert_int_equal(nt_proof_passed(&proof), cases[k].passed);
  }
  nt_proof_t proof = {.count = 0};
  nt_proof_within(&proof, "no spread", NT_PROOF_SPREAD, (nt_difference_t){.values = 4}, 1, 1);
  assert_false(nt_proof_passed(&proof));
  nt_proof_t exact = {.count = 0};
  nt_proof_exact(&exact, "one differs", 4, 1);
  assert_false(nt_proof_passed(&exact));
}

/// A folder with a list of checksums: one byte of a listed file changed, and a file not listed.
static void a_changed_recording_is_noticed(void **state) {
  (void)state;
  static const char list[] = // of the three bytes "abc", FIPS 180-4's example
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  one\n";
  char *folder = nt_test_folder_make();
  nt_test_file_write(folder, "one", "abc", 3);
  nt_test_file_write(folder, "SHA256SUMS", list, sizeof list - 1);
  nt_proof_t sound = {.count = 0};
  nt_proof_files(&sound, folder);
  assert_true(nt_proof_passed(&sound));
  nt_test_file_write(folder, "one", "abd", 3);
  nt_proof_t changed = {.count = 0};
  nt_proof_files(&changed, folder);
  assert_false(nt_proof_passed(&changed));
  nt_test_file_write(folder, "one", "abc", 3);
  nt_test_file_write(folder, "two", "abc", 3);
  nt_proof_t unlisted = {.count = 0};
  nt_proof_files(&unlisted, folder);
  assert_false(nt_proof_passed(&unlisted));
  nt_test_folder_delete(folder);
}

/// The fixture with one value of one tensor changed.
static nt_float_model_t *load_poked(const char *tensor, size_t index, float value) {
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  nt_test_checkpoint_poke(&ckpt, tensor, index, value);
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
  nt_float_model_t *model = nt_proof_load(folder);
  nt_test_folder_delete(folder);
  nt_test_checkpoint_free(&ckpt);
  return model;
}

static void a_wrong_list_of_tensors_is_noticed(void **state) {
  (void)state;
  size_t size = 0;
  char *list = nt_test_file_read(NT_FIXTURE_DIR, "tensors.txt", &size);
  char *folder = nt_test_folder_make();
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
  const size_t shorter = size - strlen("lm_head.norm.weight [64] float32\n");
  const size_t sizes[3] = {size, shorter, size + 1};
  for (size_t k = 0; k < 3; k++) { // whole, the last line missing, one line too many
    char *copy = calloc(size + 2, 1);
    assert_non_null(copy);
    memcpy(copy, list, size);
    copy[size] = 'x';
    nt_test_file_write(folder, "tensors.txt", copy, sizes[k]);
    nt_proof_t proof = {.count = 0};
    nt_proof_tensors(&proof, folder, model);
    assert_int_equal(nt_proof_passed(&proof), k == 0);
    free(copy);
  }
  nt_float_model_free(model);
  nt_test_folder_delete(folder);
  free(list);
}

/// Several tokens together give what steps give, to the last bit, in both precisions.
static void tokens_together_equal_steps(void **state) {
  (void)state;
  enum { COUNT = 37 }; // two full batches and a rest
  static double expected[COUNT][VOCAB];
  static double got[COUNT][VOCAB];
  uint32_t tokens[COUNT];
  nt_error_t err;
  for (uint32_t n = 0; n < COUNT; n++)
    tokens[n] = (n * 37 + 11) % VOCAB;
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
  const nt_float_precision_t precisions[] = {NT_FLOAT64, NT_FLOAT32};
  for (size_t p = 0; p < 2; p++) {
    nt_float_run_t *single = start_run(model, precisions[p]);
    nt_float_run_t *together = start_run(model, precisions[p]);
    for (size_t n = 0; n < COUNT; n++)
      nt_assert_ok(nt_float_run_step(single, tokens[n], expected[n], &err), err);
    nt_assert_ok(nt_float_run_tokens(together, tokens, COUNT, got[0], &err), err);
    assert_memory_equal(got, expected, sizeof got);
    assert_memory_equal(nt_float_run_state(together), nt_float_run_state(single),
                        LAYERS * HIDDEN * sizeof(double));
    nt_float_run_free(single);
    nt_float_run_free(together);
  }
  nt_float_model_free(model);
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
    assert_true(fails(nt_proof_float64, model));
    nt_float_model_free(model);
  }
}

static bool codes_row_passes(const nt_float_model_t *model) {
  nt_proof_t proof = {.count = 0};
  nt_proof_matrices(&proof, NT_FIXTURE_DIR, model);
  assert_string_equal(proof.rows[0].name, "ternary codes");
  return proof.rows[0].passed;
}

static void a_wrong_code_is_noticed(void **state) {
  (void)state;
  nt_float_model_t *model = load_poked("lm_head.weight", 5, 1.0F);
  nt_float_model_t *opposite = load_poked("lm_head.weight", 5, -1.0F);
  assert_false(codes_row_passes(model) && codes_row_passes(opposite)); // one may be the sound code
  nt_float_model_free(model);
  nt_float_model_free(opposite);
}

// ---- what a run refuses -------------------------------------------------------------------------

static void refusals(void **state) {
  (void)state;
  nt_error_t err;
  double logits[VOCAB];
  nt_float_model_t *model = nt_proof_load(NT_FIXTURE_DIR);
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
      cmocka_unit_test(recordings_are_the_recorded_ones),
      cmocka_unit_test(tensors_codes_and_scales),
      cmocka_unit_test(lower_bounds_are_cumulative_softmax),
      cmocka_unit_test(float64_logits),
      cmocka_unit_test(float32_logits_hidden_and_states),
      cmocka_unit_test(block_by_block),
      cmocka_unit_test(continued_from_a_saved_state),
      cmocka_unit_test(other_formats),
      cmocka_unit_test(observer_sees_every_promised_tensor),
      cmocka_unit_test(nothing_compared_is_no_proof),
      cmocka_unit_test(each_limit_is_kept),
      cmocka_unit_test(a_changed_recording_is_noticed),
      cmocka_unit_test(a_wrong_list_of_tensors_is_noticed),
      cmocka_unit_test(tokens_together_equal_steps),
      cmocka_unit_test(a_wrong_norm_weight_is_noticed),
      cmocka_unit_test(a_wrong_code_is_noticed),
      cmocka_unit_test(refusals),
      cmocka_unit_test(overflow_is_reported),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
