// SPDX-License-Identifier: Apache-2.0
#include "nt_qmodel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SHIFT_MAX 62

static void free_norm(nt_qnorm_t *norm) {
  free(norm->outer);
  for (size_t p = 0; p < 3; p++)
    free(norm->codes[p].weight);
}

static void free_layer(nt_qlayer_t *layer) {
  nt_qnorm_t *norms[] = {&layer->mixer_norm, &layer->o_norm, &layer->mlp_norm, &layer->down_norm};
  for (size_t n = 0; n < sizeof norms / sizeof *norms; n++)
    free_norm(norms[n]);
  free(layer->lower_bound);
  free(layer->gnorm_weight);
}

nt_widths_t nt_widths_default(void) {
  return (nt_widths_t){.x = 16, .pre = 16, .h = 20, .v = 16, .codes = 8};
}

nt_status_t nt_widths_check(const nt_widths_t *widths, nt_error_t *err) {
  const struct {
    const char *name;
    uint32_t value, smallest, largest;
  } fields[] = {{"x", widths->x, NT_WIDTH_MIN, NT_WIDTH_MAX},
                {"pre", widths->pre, NT_WIDTH_MIN, NT_WIDTH_MAX},
                {"h", widths->h, NT_WIDTH_MIN, NT_WIDTH_H_MAX},
                {"v", widths->v, NT_WIDTH_MIN, NT_WIDTH_MAX},
                {"codes", widths->codes, NT_WIDTH_CODES_MIN, NT_WIDTH_CODES_MAX}};
  for (size_t n = 0; n < sizeof fields / sizeof *fields; n++)
    if (fields[n].value < fields[n].smallest || fields[n].value > fields[n].largest)
      return nt_fail(err, NT_ERR_RANGE,
                     "width of %s is %" PRIu32 " bits, allowed %" PRIu32 "..%" PRIu32,
                     fields[n].name, fields[n].value, fields[n].smallest, fields[n].largest);
  return NT_OK;
}

uint32_t nt_widths_h_extra(const nt_widths_t *widths) {
  return widths->h > 16 ? widths->h - 16 : 0;
}

size_t nt_qmodel_weights(uint32_t hidden, uint32_t intermediate, uint32_t layers, uint32_t vocab) {
  const size_t H = hidden;
  return layers * (4 * H * H + 3 * H * intermediate) + vocab * H;
}

void nt_qmodel_free(nt_qmodel_t *model) {
  if (model == NULL)
    return;
  for (uint32_t l = 0; model->layer != NULL && l < model->layers; l++)
    free_layer(&model->layer[l]);
  free(model->layer);
  free(model->embedding);
  free_norm(&model->head_norm);
  nt_ternary_store_release(model->ternary);
  free(model);
}

static uint32_t pack(long base, long next) {
  return ((uint32_t)base & 0xffff) | (uint32_t)(next - base) << 16;
}

static long sigmoid_knot(unsigned j) {
  return lround(fmin(32767, round(32768 / (1 + exp(8 - j / 2.0)))));
}

static long rsqrt_knot(unsigned j) {
  return lround(fmin(32767, round(32768 / sqrt(j / 32.0))));
}

void nt_qmodel_tables(uint32_t sigmoid[32], uint32_t rsqrt[96]) {
  for (unsigned j = 0; j < 32; j++)
    sigmoid[j] = pack(sigmoid_knot(j), sigmoid_knot(j + 1));
  for (unsigned j = 32; j < 128; j++)
    rsqrt[j - 32] = pack(rsqrt_knot(j), rsqrt_knot(j + 1));
}

uint32_t nt_qmodel_square_bits(uint32_t inputs) {
  uint32_t bits = 24;
  while (bits > 1 && ((uint64_t)inputs << (bits - 1)) > UINT64_C(1) << 31)
    bits--;
  return bits;
}

uint32_t nt_qmodel_square_shift(uint32_t inputs, uint32_t largest) {
  const uint64_t limit = UINT64_C(1) << (nt_qmodel_square_bits(inputs) - 1);
  uint32_t shift = 0;
  while ((uint64_t)largest * largest > limit << shift)
    shift++;
  return shift;
}

int32_t nt_qmodel_static_exponent(uint32_t inputs) {
  int32_t bits = 0; // floor(log2(inputs))
  while (inputs >>= 1)
    bits++;
  return bits / 2 - 6;
}

/// Where a check is: "layer 3" or "head", and the tensor.
typedef struct place {
  char part[24];
  const nt_widths_t *widths;
  nt_error_t *err;
} place_t;

static nt_status_t check(const place_t *at, const char *tensor, const char *value, int64_t found,
                         int64_t smallest, int64_t largest) {
  if (found >= smallest && found <= largest)
    return NT_OK;
  return nt_fail(at->err, NT_ERR_RANGE, "%s, %s: %s is %" PRId64 ", allowed %" PRId64 "..%" PRId64,
                 at->part, tensor, value, found, smallest, largest);
}

static nt_status_t check_present(const place_t *at, const char *tensor, const void *array) {
  if (array != NULL)
    return NT_OK;
  return nt_fail(at->err, NT_ERR_RANGE, "%s, %s: the array is missing", at->part, tensor);
}

/// `sum_bound`: every |row sum| must stay below it. A code is at most 2^(codes - 1).
static nt_status_t prove_matrix(const place_t *at, const char *tensor, const nt_qmatrix_t *matrix,
                                uint32_t out, uint32_t in, int64_t sum_bound) {
  nt_status_t status = check(at, tensor, "number of outputs", matrix->out, out, out);
  if (status == NT_OK)
    status = check(at, tensor, "number of inputs", matrix->in, in, in);
  if (status == NT_OK)
    status = check_present(at, tensor, matrix->codes);
  for (size_t row = 0; row < out && status == NT_OK; row++) {
    const int8_t *codes = matrix->codes + row * in;
    int64_t weights = 0;
    for (size_t k = 0; k < in && status == NT_OK; k++) {
      weights += codes[k] != 0;
      if (codes[k] < -1 || codes[k] > 1)
        status = check(at, tensor, "a ternary code", codes[k], -1, 1);
    }
    if (status == NT_OK)
      status = check(at, tensor, "the largest row sum", weights << (at->widths->codes - 1), 0,
                     sum_bound - 1);
  }
  return status;
}

/// The requantisation of a matrix. A row sum is below 2^31 and the multiplier below 2^15, so
/// that their product is below the 2^62 that rshift needs.
static nt_status_t prove_scaled_matrix(const place_t *at, const char *tensor,
                                       const nt_qmatrix_t *matrix, uint32_t out, uint32_t in) {
  nt_status_t status = prove_matrix(at, tensor, matrix, out, in, INT64_C(1) << 31);
  if (status == NT_OK)
    status = check(at, tensor, "multiplier", matrix->multiplier, 1, 32767);
  if (status == NT_OK)
    status = check(at, tensor, "shift", matrix->shift, 0, SHIFT_MAX);
  return status;
}

static nt_status_t prove_norm(const place_t *at, const char *tensor, const nt_qnorm_t *norm,
                              uint32_t inputs, bool several) {
  nt_status_t status = check(at, tensor, "number of inputs", norm->inputs, inputs, inputs);
  if (status == NT_OK) // then squares of Ws bits sum below 2^31
    status = check(at, tensor, "number of inputs", inputs, 1, INT32_C(1) << 30);
  if (status == NT_OK)
    status = check(at, tensor, "square shift", norm->square_shift, 0, SHIFT_MAX);
  // The static exponent of the definition keeps R in 24 bits; a smaller one only loses precision.
  if (status == NT_OK)
    status = check(at, tensor, "static exponent", norm->static_exponent, -31,
                   nt_qmodel_static_exponent(inputs));
  if (status == NT_OK && norm->outer != NULL)
    status = check(at, tensor, "outer shift", norm->outer_shift, 0, SHIFT_MAX);
  if (status == NT_OK && norm->code_count != 1)
    status = check(at, tensor, "number of code vectors", norm->code_count, several ? 3 : 1,
                   several ? 3 : 1);
  for (uint32_t p = 0; p < norm->code_count && status == NT_OK; p++) {
    status = check_present(at, tensor, norm->codes[p].weight);
    if (status == NT_OK)
      status = check(at, tensor, "code shift", norm->codes[p].shift, 0, SHIFT_MAX);
  }
  return status;
}

static nt_status_t prove_layer(const place_t *at, const nt_qmodel_t *model,
                               const nt_qlayer_t *layer) {
  const uint32_t H = model->hidden;
  const uint32_t I = model->intermediate;
  const uint32_t extra = nt_widths_h_extra(&model->widths);
  const struct {
    const char *name;
    const nt_qnorm_t *norm;
    uint32_t inputs;
    bool several;
  } norms[] = {{"mixer norm", &layer->mixer_norm, H, true},
               {"o norm", &layer->o_norm, H, false},
               {"MLP norm", &layer->mlp_norm, H, false},
               {"down norm", &layer->down_norm, I, false}};
  const struct {
    const char *name;
    const nt_qmatrix_t *matrix;
    uint32_t out, in;
  } matrices[] = {{"i", &layer->i, H, H},
                  {"f", &layer->f, H, H},
                  {"g", &layer->g, H, H},
                  {"o", &layer->o, H, H},
                  {"gate_up", &layer->gate_up, 2 * I, H},
                  {"down", &layer->down, H, I}};
  const struct {
    const char *name;
    uint32_t value, smallest, largest;
  } fields[] = {{"fraction bits of i", layer->frac_i, 1, 15},
                {"fraction bits of f", layer->frac_f, 1, 15},
                {"fraction bits of g", layer->frac_g, 1, 15},
                {"fraction bits of h", layer->frac_h, 1 + extra, 15 + extra},
                {"fraction bits of gate and up", layer->frac_u, 1, 15},
                {"shift of the mixer's v", layer->v_shift, 0, SHIFT_MAX},
                {"shift of the MLP's v", layer->w_shift, 0, SHIFT_MAX}};
  nt_status_t status = check_present(at, "lower bound", layer->lower_bound);
  if (status == NT_OK)
    status = check_present(at, "g_norm weight", layer->gnorm_weight);
  for (size_t k = 0; k < H && status == NT_OK; k++)
    status = check(at, "lower bound", "a value", layer->lower_bound[k], 0, 32767);
  for (size_t n = 0; n < sizeof fields / sizeof *fields && status == NT_OK; n++)
    status =
        check(at, "format", fields[n].name, fields[n].value, fields[n].smallest, fields[n].largest);
  for (size_t n = 0; n < sizeof norms / sizeof *norms && status == NT_OK; n++)
    status = prove_norm(at, norms[n].name, norms[n].norm, norms[n].inputs, norms[n].several);
  for (size_t n = 0; n < sizeof matrices / sizeof *matrices && status == NT_OK; n++)
    status = prove_scaled_matrix(at, matrices[n].name, matrices[n].matrix, matrices[n].out,
                                 matrices[n].in);
  return status;
}

/// Every value of the embedding fits the width of x.
static nt_status_t prove_embedding(const place_t *at, const nt_qmodel_t *model) {
  const int32_t limit = INT32_C(1) << (model->widths.x - 1);
  const size_t values = (size_t)model->vocab * model->hidden;
  nt_status_t status = check_present(at, "embedding", model->embedding);
  for (size_t k = 0; k < values && status == NT_OK && limit <= INT16_MAX; k++)
    status = check(at, "embedding", "a value", model->embedding[k], -limit, limit - 1);
  return status;
}

nt_status_t nt_qmodel_prove(const nt_qmodel_t *model, nt_error_t *err) {
  place_t at = {.part = "model", .widths = &model->widths, .err = err};
  nt_status_t status = nt_widths_check(&model->widths, err);
  if (status == NT_OK)
    status = check(&at, "shape", "hidden", model->hidden, 1, INT32_MAX);
  if (status == NT_OK)
    status = check(&at, "shape", "vocab", model->vocab, 1, INT32_MAX);
  if (status == NT_OK)
    status = check(&at, "shape", "intermediate", model->intermediate, 1, INT32_MAX);
  if (status == NT_OK)
    status = check(&at, "residual", "fraction bits", model->frac_x, 1, 15);
  if (status == NT_OK)
    status = prove_embedding(&at, model);
  if (status == NT_OK && model->layers > 0)
    status = check_present(&at, "layers", model->layer);
  for (uint32_t l = 0; l < model->layers && status == NT_OK; l++) {
    (void)snprintf(at.part, sizeof at.part, "layer %" PRIu32, l);
    status = prove_layer(&at, model, &model->layer[l]);
  }
  (void)snprintf(at.part, sizeof at.part, "head");
  if (status == NT_OK)
    status = prove_norm(&at, "norm", &model->head_norm, model->hidden, false);
  if (status == NT_OK) // logits leave the tile as 24-bit payloads
    status =
        prove_matrix(&at, "matrix", &model->head, model->vocab, model->hidden, INT64_C(1) << 23);
  if (status == NT_OK && !(isfinite(model->logit_scale) && model->logit_scale > 0))
    status = nt_fail(err, NT_ERR_RANGE, "head: logit_scale is %g, allowed are positive numbers",
                     model->logit_scale);
  return status;
}
