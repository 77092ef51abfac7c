// SPDX-License-Identifier: Apache-2.0
// The constants of a norm, and the overflow proof: it accepts what the quantiser makes and refuses
// every planted fault by name.
#include <stdlib.h>
#include <string.h>

#include "nt_qmodel.h"
#include "nt_test.h"
#include "nt_test_quantised.h"

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

static void constants_of_a_norm(void **state) {
  (void)state;
  static const struct {
    uint32_t inputs, square_bits, square_shift; // of y' up to 2^15
    int32_t static_exponent;
  } expected[] = {{1, 24, 7, -6},    {64, 24, 7, -3},    {128, 24, 7, -3},
                  {256, 24, 7, -2},  {257, 23, 8, -2},   {512, 23, 8, -2},
                  {1024, 22, 9, -1}, {2816, 20, 11, -1}, {4096, 20, 11, 0}};
  for (size_t n = 0; n < sizeof expected / sizeof *expected; n++) {
    const uint32_t inputs = expected[n].inputs;
    const uint32_t bits = nt_qmodel_square_bits(inputs);
    assert_int_equal(bits, expected[n].square_bits);
    assert_true(inputs * ((INT64_C(1) << (bits - 1)) - 1) < INT64_C(1) << 31);
    assert_true(bits == 24 || inputs * (INT64_C(1) << bits) > INT64_C(1) << 31);
    assert_int_equal(nt_qmodel_square_shift(inputs, 1 << 15), expected[n].square_shift);
    assert_int_equal(nt_qmodel_static_exponent(inputs), expected[n].static_exponent);
  }
  assert_int_equal(nt_qmodel_square_shift(128, 0), 0);
  assert_int_equal(nt_qmodel_square_shift(128, 2896), 0); // 2896^2 < 2^23
  assert_int_equal(nt_qmodel_square_shift(128, 2897), 1); // 2897^2 > 2^23
}

static void widths_are_checked(void **state) {
  (void)state;
  static const struct {
    nt_widths_t widths;
    const char *found;
  } wrong[] = {{{3, 16, 16, 16, 8}, "width of x is 3 bits, allowed 4..16"},
               {{17, 16, 16, 16, 8}, "width of x is 17"},
               {{16, 0, 16, 16, 8}, "width of pre is 0"},
               {{16, 17, 16, 16, 8}, "width of pre is 17"},
               {{16, 16, 3, 16, 8}, "width of h is 3"},
               {{16, 16, 25, 16, 8}, "width of h is 25 bits, allowed 4..24"},
               {{16, 16, 16, 17, 8}, "width of v is 17"},
               {{16, 16, 16, 16, 1}, "width of codes is 1"},
               {{16, 16, 16, 16, 9}, "width of codes is 9 bits, allowed 2..8"}};
  nt_error_t err;
  const nt_widths_t usual = nt_widths_default();
  const nt_widths_t least = {4, 4, 4, 4, 2};
  nt_assert_ok(nt_widths_check(&usual, &err), err);
  nt_assert_ok(nt_widths_check(&least, &err), err);
  for (size_t n = 0; n < sizeof wrong / sizeof *wrong; n++) {
    assert_int_equal(nt_widths_check(&wrong[n].widths, &err), NT_ERR_RANGE);
    assert_non_null(strstr(err.text, wrong[n].found));
  }
}

static void tables_have_the_documented_ends(void **state) {
  (void)state;
  uint32_t sigmoid[32];
  uint32_t rsqrt[96];
  nt_qmodel_tables(sigmoid, rsqrt);
  assert_int_equal(sigmoid[0], 11 | (18 - 11) << 16);                // sigmoid(-8), sigmoid(-7.5)
  assert_int_equal(sigmoid[16] & 0xffff, 16384);                     // sigmoid(0)
  assert_int_equal(rsqrt[0] & 0xffff, 32767);                        // m = 1, cut to 16 bits
  assert_int_equal((rsqrt[95] + (rsqrt[95] >> 16)) & 0xffff, 16384); // m = 4
}

/// Expects a refusal that names `part` and `tensor`.
static void refuses(const nt_qmodel_t *model, const char *part, const char *tensor) {
  nt_error_t err = {0};
  assert_int_equal(nt_qmodel_prove(model, &err), NT_ERR_RANGE);
  if (strstr(err.text, part) == NULL || strstr(err.text, tensor) == NULL)
    fail_msg("\"%s\" names neither %s nor %s", err.text, part, tensor);
}

static void proof_refuses_planted_values(void **state) {
  const nt_test_quantised_t *quantised = *state;
  nt_qmodel_t *model = quantised->qmodel;
  nt_qlayer_t *layer = &model->layer[1];
  const struct {
    uint32_t *field;
    uint32_t value;
    const char *part, *tensor;
  } plants[] = {{&layer->i.shift, 63, "layer 1", "i: shift"},
                {&layer->down.shift, 63, "layer 1", "down: shift"},
                {&layer->down.in, 255, "layer 1", "down: number of inputs"},
                {&layer->gate_up.out, 256, "layer 1", "gate_up: number of outputs"},
                {&layer->frac_i, 0, "layer 1", "of i"},
                {&layer->frac_f, 16, "layer 1", "of f"},
                {&layer->frac_h, 20, "layer 1", "of h"},
                {&layer->frac_h, 4, "layer 1", "of h"},
                {&layer->v_shift, 63, "layer 1", "mixer's v"},
                {&layer->w_shift, 63, "layer 1", "MLP's v"},
                {&layer->mixer_norm.codes[2].shift, 63, "layer 1", "mixer norm"},
                {&layer->mixer_norm.outer_shift, 63, "layer 1", "mixer norm"},
                {&layer->mixer_norm.code_count, 2, "layer 1", "mixer norm"},
                {&layer->o_norm.code_count, 3, "layer 1", "o norm"},
                {&layer->o_norm.inputs, 63, "layer 1", "o norm"},
                {&model->head_norm.square_shift, 63, "head", "norm"},
                {&model->frac_x, 16, "model", "residual"},
                {&model->widths.h, 25, "width of h", "25 bits"},
                {&model->widths.codes, 9, "width of codes", "9 bits"},
                {&model->widths.x, 4, "model", "embedding: a value"},
                {&model->hidden, 0, "model", "hidden"}};
  nt_error_t err;
  nt_assert_ok(nt_qmodel_prove(model, &err), err);
  for (size_t n = 0; n < sizeof plants / sizeof *plants; n++) {
    const uint32_t sound = *plants[n].field;
    *plants[n].field = plants[n].value;
    refuses(model, plants[n].part, plants[n].tensor);
    *plants[n].field = sound;
  }
  nt_assert_ok(nt_qmodel_prove(model, &err), err);
}

static void proof_refuses_planted_weights(void **state) {
  const nt_test_quantised_t *quantised = *state;
  nt_qmodel_t *model = quantised->qmodel;
  nt_qlayer_t *layer = &model->layer[0];
  nt_error_t err;

  int8_t *code = &layer->o.codes[64 * 64 - 1];
  const int8_t sound_code = *code;
  *code = 2;
  refuses(model, "layer 0", "o: a ternary code");
  *code = sound_code;

  const int32_t multiplier = layer->g.multiplier;
  layer->g.multiplier = 32768;
  refuses(model, "layer 0", "g: multiplier");
  layer->g.multiplier = 0;
  refuses(model, "layer 0", "g: multiplier");
  layer->g.multiplier = multiplier;

  layer->lower_bound[3] = -1;
  refuses(model, "layer 0", "lower bound");
  layer->lower_bound[3] = 0; // layer 0 has no bounds

  const int32_t exponent = layer->down_norm.static_exponent;
  layer->down_norm.static_exponent++;
  refuses(model, "layer 0", "down norm: static exponent");
  layer->down_norm.static_exponent = exponent;

  int16_t *weight = layer->down_norm.codes[0].weight;
  layer->down_norm.codes[0].weight = NULL;
  refuses(model, "layer 0", "down norm");
  layer->down_norm.codes[0].weight = weight;

  const double scale = model->logit_scale;
  model->logit_scale = 0;
  refuses(model, "head", "logit_scale");
  model->logit_scale = scale;
  nt_assert_ok(nt_qmodel_prove(model, &err), err);
}

/// A head alone, whose single row has `weights` of the `hidden` possible ones.
static void head_alone(nt_qmodel_t *model, uint32_t hidden, uint32_t weights) {
  *model = (nt_qmodel_t){.widths = nt_widths_default(),
                         .hidden = hidden,
                         .intermediate = 1,
                         .vocab = 1,
                         .frac_x = 8,
                         .logit_scale = 1,
                         .embedding = calloc(hidden, sizeof(int16_t)),
                         .head_norm = {.inputs = hidden, .code_count = 1},
                         .head = {.out = 1, .in = hidden, .codes = calloc(hidden, 1)}};
  model->head_norm.square_shift = nt_qmodel_square_shift(hidden, 1 << 15);
  model->head_norm.static_exponent = nt_qmodel_static_exponent(hidden);
  model->head_norm.codes[0].weight = calloc(hidden, sizeof(int16_t));
  assert_non_null(model->embedding);
  assert_non_null(model->head.codes);
  assert_non_null(model->head_norm.codes[0].weight);
  memset(model->head.codes, 1, weights);
}

static void release_head(nt_qmodel_t *model) {
  free(model->embedding);
  free(model->head.codes);
  free(model->head_norm.codes[0].weight);
}

static void proof_refuses_a_hidden_size_too_large(void **state) {
  (void)state;
  nt_error_t err;
  nt_qmodel_t model;
  head_alone(&model, 65536, 65535);
  nt_assert_ok(nt_qmodel_prove(&model, &err), err);
  model.head.codes[65535] = -1;
  refuses(&model, "head", "row sum");
  model.widths.codes = 7; // half the row sum
  nt_assert_ok(nt_qmodel_prove(&model, &err), err);
  release_head(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constants_of_a_norm),
      cmocka_unit_test(widths_are_checked),
      cmocka_unit_test(tables_have_the_documented_ends),
      cmocka_unit_test(proof_refuses_planted_values),
      cmocka_unit_test(proof_refuses_planted_weights),
      cmocka_unit_test(proof_refuses_a_hidden_size_too_large),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
