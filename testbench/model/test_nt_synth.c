// SPDX-License-Identifier: Apache-2.0
// Random checkpoints: the sizes of the published ones, and what a small one holds.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_float_model.h"
#include "nt_synth.h"
#include "nt_test.h"
#include "nt_test_file.h"
#include "nt_tokenizer.h"

/// Parameters as the publications count them: four H x H and three H x I matrices, 8 H + I norm
/// weights and H bounds for each layer; embedding, head and two norms.
static uint64_t parameters(uint64_t hidden, uint64_t layers, uint64_t intermediate,
                           uint64_t vocab) {
  return layers * (4 * hidden * hidden + 3 * hidden * intermediate + 9 * hidden + intermediate) +
         2 * vocab * hidden + 2 * hidden;
}

static void published_sizes(void **state) {
  (void)state;
  static const struct {
    const char *like;
    uint64_t parameters;
    uint32_t tensors, files;
  } cases[] = {
      {"370m", 374108160, 365, 1}, {"1.3b", 1364779008, 365, 1}, {"2.7b", 2702357504, 485, 2}};
  assert_int_equal(parameters(1024, 24, 2816, 32000), cases[0].parameters);
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_error_t err;
    nt_synth_facts_t facts;
    nt_assert_ok(nt_synth_describe(cases[k].like, &facts, &err), err);
    assert_int_equal(facts.parameters, cases[k].parameters);
    assert_int_equal(facts.tensors, cases[k].tensors);
    assert_int_equal(facts.files, cases[k].files);
  }
  nt_error_t err;
  nt_synth_facts_t facts;
  assert_int_equal(nt_synth_describe("7b", &facts, &err), NT_ERR_ARG);
  assert_non_null(strstr(err.text, "\"7b\", allowed are small, 370m, 1.3b, 2.7b"));
}

static char *make_small(uint64_t seed) {
  nt_error_t err;
  nt_synth_facts_t facts;
  char *folder = nt_test_folder_make();
  nt_assert_ok(nt_synth_write("small", folder, seed, NULL, &facts, &err), err);
  assert_int_equal(facts.parameters, parameters(64, 2, 256, 512));
  assert_int_equal(facts.tensors, 35);
  return folder;
}

static double zero_share(const nt_bitlinear_t *matrix) {
  size_t zeros = 0;
  const size_t count = matrix->rows * matrix->cols;
  for (size_t k = 0; k < count; k++)
    zeros += matrix->codes[k] == 0;
  return (double)zeros / (double)count;
}

/// A Gaussian below half its mean magnitude: erf(0.5 * sqrt(2 / pi) / sqrt(2)) = 0.3101.
static void values_are_plausible(void **state) {
  (void)state;
  nt_error_t err;
  char *folder = make_small(1);
  nt_checkpoint_t *ckpt = NULL;
  nt_float_model_t *model = NULL;
  nt_assert_ok(nt_checkpoint_open(folder, &ckpt, &err), err);
  assert_int_equal(nt_checkpoint_parameter_count(ckpt), parameters(64, 2, 256, 512));
  assert_string_equal(nt_checkpoint_dtype(ckpt), "BF16");
  assert_int_equal(nt_checkpoint_file_count(ckpt), 1);
  nt_assert_ok(nt_float_model_load(ckpt, &model, &err), err);
  const nt_float_params_t *params = nt_float_model_params(model);
  assert_true(fabs(zero_share(&params->lm_head) - 0.3101) < 0.01);
  assert_true(fabs(zero_share(&params->layers[1].gate) - 0.3101) < 0.01);
  assert_true(fabs(params->lm_head.scale - 0.02 * sqrt(2 / 3.14159265)) < 3e-4);
  for (size_t k = 0; k < 64; k++) {
    assert_true(params->layers[0].lower_bound[k] == 0); // by definition
    assert_true(params->layers[1].lower_bound[k] > 0 && params->layers[1].lower_bound[k] < 1);
    assert_true(fabsf(params->layers[1].attn_norm[k] - 1) < 0.6F);
  }
  assert_memory_not_equal(params->layers[0].i.norm, params->layers[0].f.norm,
                          64 * sizeof(float)); // every tensor has numbers of its own
  nt_float_model_free(model);
  nt_checkpoint_close(ckpt);
  nt_test_folder_delete(folder);
}

static void seed_decides(void **state) {
  (void)state;
  static const char *const files[] = {"config.json", "model.safetensors", "tokenizer.model"};
  char *first = make_small(7), *again = make_small(7), *other = make_small(8);
  for (size_t k = 0; k < sizeof files / sizeof files[0]; k++) {
    size_t sizes[3];
    char *texts[3] = {nt_test_file_read(first, files[k], &sizes[0]),
                      nt_test_file_read(again, files[k], &sizes[1]),
                      nt_test_file_read(other, files[k], &sizes[2])};
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(texts[0], texts[1], sizes[0]);
    assert_int_equal(sizes[0], sizes[2]);
    assert_int_equal(memcmp(texts[0], texts[2], sizes[0]) != 0, k == 1);
    for (size_t n = 0; n < 3; n++)
      free(texts[n]);
  }
  nt_error_t err;
  nt_synth_facts_t facts;
  assert_int_equal(nt_synth_write("small", first, 1, NULL, &facts, &err), NT_ERR_ARG);
  assert_non_null(strstr(err.text, "config.json: there is one already"));
  nt_test_folder_delete(first);
  nt_test_folder_delete(again);
  nt_test_folder_delete(other);
}

static void tokenizer_covers_every_text(void **state) {
  (void)state;
  static const char text[] = "Once upon a time,\n the king \xE7\x8E\x8B said: 100 % {}~";
  nt_error_t err;
  char *folder = make_small(1), path[256];
  (void)snprintf(path, sizeof path, "%s/tokenizer.model", folder);
  nt_tokenizer_t *tokenizer = NULL;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_assert_ok(nt_tokenizer_open(path, &tokenizer, &err), err);
  assert_int_equal(nt_tokenizer_vocab_size(tokenizer), 512);
  assert_int_equal(nt_tokenizer_bos(tokenizer), 1);
  assert_int_equal(nt_tokenizer_eos(tokenizer), 2);
  nt_assert_ok(nt_tokenizer_encode(tokenizer, text, strlen(text), true, &tokens, &count, &err),
               err);
  nt_detokenizer_t stream = {.pending = 0};
  char all[256] = "";
  for (size_t k = 0; k < count; k++) {
    char part[64];
    size_t length = 0;
    nt_assert_ok(
        nt_tokenizer_decode(tokenizer, &stream, tokens[k], part, sizeof part, &length, &err), err);
    (void)strcat(all, part);
  }
  assert_string_equal(all, text);
  free(tokens);
  nt_tokenizer_close(tokenizer);
  nt_test_folder_delete(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(published_sizes),
      cmocka_unit_test(values_are_plausible),
      cmocka_unit_test(seed_decides),
      cmocka_unit_test(tokenizer_covers_every_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
