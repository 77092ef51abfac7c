// SPDX-License-Identifier: Apache-2.0
#include "nt_integer_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_integer_arith.h"

// Counters of a norm site, from its first one.
enum { SITE_OUTER, SITE_SQ, SITE_CODES, SITE_COUNTERS = SITE_CODES + 3 };

// Counters of a layer, from its first one. The head has those up to and including its site.
enum {
  STAGE_X,
  STAGE_SITE,
  STAGE_COUNTERS = STAGE_SITE + SITE_COUNTERS,
  MIXER_I = STAGE_COUNTERS,
  MIXER_F,
  MIXER_G,
  MIXER_C,
  MIXER_H,
  MIXER_V,
  MIXER_SITE,
  MIXER_O = MIXER_SITE + SITE_COUNTERS,
  MLP_STAGE,
  MLP_GATE = MLP_STAGE + STAGE_COUNTERS,
  MLP_UP,
  MLP_V,
  MLP_SITE,
  MLP_D = MLP_SITE + SITE_COUNTERS,
  LAYER_COUNTERS
};

struct nt_integer_model {
  const nt_qmodel_t *q;
  nt_integer_tables_t tables;
  int16_t *state;    // [layers][H]
  int32_t *x;        // [H] the residual
  int32_t *v;        // [max(H, I)] input of the second norm of a half layer
  int32_t *h;        // [H] the state of a layer as it is shown
  int32_t *acc;      // [max(3 H, 2 I)] matrix outputs
  int16_t *codes[3]; // [max(H, I)] int8 codes, widened for the multiplier
  int32_t *logits;   // [V] of the evaluation
  double *natural;   // [V] the same in natural units
  nt_integer_counter_t *counters;
  size_t counter_count;
  nt_integer_observe_t observe;
  void *user;
};

static size_t larger(size_t left, size_t right) {
  return left > right ? left : right;
}

static void name_counter(nt_integer_counter_t *counter, const char *place, size_t index,
                         const char *tensor) {
  (void)snprintf(counter->name, sizeof counter->name, "%s.%zu.%s", place, index, tensor);
}

static void name_site(nt_integer_counter_t *site, const char *place, size_t index) {
  static const char *const names[SITE_COUNTERS] = {"outer", "sq", "codes_0", "codes_1", "codes_2"};
  for (size_t n = 0; n < SITE_COUNTERS; n++)
    name_counter(&site[n], place, index, names[n]);
}

static void name_stage(nt_integer_counter_t *stage, size_t index) {
  name_counter(&stage[STAGE_X], "stage", index, "x");
  name_site(&stage[STAGE_SITE], "stage", index);
}

static void name_counters(nt_integer_model_t *model) {
  static const struct {
    size_t at;
    const char *place, *tensor;
  } names[] = {{MIXER_I, "mixer", "i"}, {MIXER_F, "mixer", "f"},   {MIXER_G, "mixer", "g"},
               {MIXER_C, "mixer", "c"}, {MIXER_H, "mixer", "h"},   {MIXER_V, "mixer", "v"},
               {MIXER_O, "mixer", "o"}, {MLP_GATE, "mlp", "gate"}, {MLP_UP, "mlp", "up"},
               {MLP_V, "mlp", "v"},     {MLP_D, "mlp", "d"}};
  const size_t layers = model->q->layers;
  for (size_t l = 0; l < layers; l++) {
    nt_integer_counter_t *layer = model->counters + l * LAYER_COUNTERS;
    for (size_t n = 0; n < sizeof names / sizeof *names; n++)
      name_counter(&layer[names[n].at], names[n].place, l, names[n].tensor);
    name_stage(layer, 2 * l);
    name_site(&layer[MIXER_SITE], "mixer", l);
    name_stage(&layer[MLP_STAGE], 2 * l + 1);
    name_site(&layer[MLP_SITE], "mlp", l);
  }
  name_stage(model->counters + layers * LAYER_COUNTERS, 2 * layers);
}

nt_status_t nt_integer_model_open(const nt_qmodel_t *qmodel, nt_integer_model_t **out,
                                  nt_error_t *err) {
  *out = NULL;
  const nt_status_t status = nt_qmodel_prove(qmodel, err);
  if (status != NT_OK)
    return status;
  const size_t H = qmodel->hidden;
  const size_t I = qmodel->intermediate;
  const size_t V = qmodel->vocab;
  nt_integer_model_t *model = calloc(1, sizeof *model);
  if (model != NULL) {
    model->q = qmodel;
    model->counter_count = (size_t)qmodel->layers * LAYER_COUNTERS + STAGE_COUNTERS;
    model->state = calloc(qmodel->layers * H + 1, sizeof *model->state);
    model->x = malloc(H * sizeof *model->x);
    model->v = malloc(larger(H, I) * sizeof *model->v);
    model->h = malloc(H * sizeof *model->h);
    model->acc = malloc(larger(3 * H, 2 * I) * sizeof *model->acc);
    for (size_t p = 0; p < 3; p++)
      model->codes[p] = malloc(larger(H, I) * sizeof *model->codes[p]);
    model->logits = malloc(V * sizeof *model->logits);
    model->natural = malloc(V * sizeof *model->natural);
    model->counters = calloc(model->counter_count, sizeof *model->counters);
  }
  if (model == NULL || model->state == NULL || model->x == NULL || model->v == NULL ||
      model->h == NULL || model->acc == NULL || model->codes[0] == NULL ||
      model->codes[1] == NULL || model->codes[2] == NULL || model->logits == NULL ||
      model->natural == NULL || model->counters == NULL) {
    nt_integer_model_close(model);
    return nt_fail(err, NT_ERR_MEMORY, "no memory for the state of %" PRIu32 " layers of %zu",
                   qmodel->layers, H);
  }
  nt_integer_tables_init(&model->tables);
  name_counters(model);
  *out = model;
  return NT_OK;
}

void nt_integer_model_close(nt_integer_model_t *model) {
  if (model == NULL)
    return;
  free(model->state);
  free(model->x);
  free(model->v);
  free(model->h);
  free(model->acc);
  for (size_t p = 0; p < 3; p++)
    free(model->codes[p]);
  free(model->logits);
  free(model->natural);
  free(model->counters);
  free(model);
}

void nt_integer_model_reset(nt_integer_model_t *model) {
  memset(model->state, 0, (size_t)model->q->layers * model->q->hidden * sizeof *model->state);
}

int16_t *nt_integer_model_state(nt_integer_model_t *model) {
  return model->state;
}

void nt_integer_model_observe(nt_integer_model_t *model, nt_integer_observe_t observe, void *user) {
  model->observe = observe;
  model->user = user;
}

const nt_integer_counter_t *nt_integer_model_counters(const nt_integer_model_t *model,
                                                      size_t *count) {
  *count = model->counter_count;
  return model->counters;
}

static void show(const nt_integer_model_t *model, const char *place, size_t index,
                 const char *tensor, const int32_t *values, size_t count) {
  if (model->observe == NULL)
    return;
  char name[NT_INTEGER_NAME_MAX];
  (void)snprintf(name, sizeof name, "%s.%zu.%s", place, index, tensor);
  model->observe(model->user, name, values, count);
}

/// sat(x, bits), counted.
static int32_t narrow(nt_integer_counter_t *counter, int64_t x, unsigned bits) {
  const int32_t result = nt_integer_sat(x, bits);
  counter->values++;
  counter->saturated += result != x;
  counter->zeros += result == 0;
  return result;
}

static int32_t sum_of_squares(const nt_qnorm_t *norm, const int32_t *y,
                              nt_integer_counter_t *site) {
  int32_t sum = 0;
  for (size_t k = 0; k < norm->inputs; k++) {
    int64_t weighted = y[k];
    if (norm->outer != NULL)
      weighted = narrow(&site[SITE_OUTER],
                        nt_integer_rshift((int64_t)y[k] * norm->outer[k], norm->outer_shift), 16);
    const int32_t square =
        narrow(&site[SITE_SQ], nt_integer_rshift(weighted * weighted, norm->square_shift), 24);
    sum += square > 1 ? square : 1;
  }
  return sum;
}

/// A norm site over y [n]: fills the code vectors.
static void normalise(nt_integer_model_t *model, const nt_qnorm_t *norm, const int32_t *y,
                      const char *place, size_t index, nt_integer_counter_t *site) {
  const int32_t sum = sum_of_squares(norm, y, site);
  const int32_t R = nt_integer_rsqrt(&model->tables, sum, norm->static_exponent);
  show(model, place, index, "sq_sum", &sum, 1);
  show(model, place, index, "R", &R, 1);
  for (size_t p = 0; p < norm->code_count; p++) {
    const nt_qcodes_t *codes = &norm->codes[p];
    for (size_t k = 0; k < norm->inputs; k++) {
      const int64_t product = (int64_t)y[k] * codes->weight[k] * R;
      model->codes[p][k] =
          (int16_t)narrow(&site[SITE_CODES + p], nt_integer_rshift(product, codes->shift), 8);
    }
  }
}

static int32_t dot(const int8_t *restrict weights, const int16_t *restrict codes, size_t count) {
  int32_t sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += weights[k] * codes[k];
  return sum;
}

static void multiply(const nt_qmatrix_t *matrix, const int16_t *codes, int32_t *acc) {
  for (size_t row = 0; row < matrix->out; row++)
    acc[row] = dot(matrix->codes + row * matrix->in, codes, matrix->in);
}

static int32_t requantise(const nt_qmatrix_t *matrix, int32_t acc, nt_integer_counter_t *counter) {
  return narrow(counter, nt_integer_rshift((int64_t)acc * matrix->multiplier, matrix->shift), 16);
}

/// x = sat(x + T code, 16), the code being in model->codes[0].
static void add_to_residual(nt_integer_model_t *model, const nt_qmatrix_t *matrix,
                            nt_integer_counter_t *output, nt_integer_counter_t *residual) {
  for (size_t k = 0; k < matrix->out; k++)
    model->x[k] = narrow(residual, model->x[k] + requantise(matrix, model->acc[k], output), 16);
}

/// a * sigmoid(a); |sigmoid| < 1, so that the result never saturates.
static int32_t silu(const nt_integer_model_t *model, int32_t a, unsigned frac) {
  const int64_t product = (int64_t)a * nt_integer_sigmoid(&model->tables, a, frac);
  return nt_integer_sat(nt_integer_rshift(product, 15), 16);
}

static void mix(nt_integer_model_t *model, size_t l, nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const size_t H = model->q->hidden;
  int16_t *state = model->state + l * H;
  const int32_t *acc_i = model->acc;
  const int32_t *acc_f = acc_i + H;
  const int32_t *acc_g = acc_f + H;
  for (size_t k = 0; k < H; k++) {
    const int32_t i = requantise(&layer->i, acc_i[k], &count[MIXER_I]);
    const int32_t f = requantise(&layer->f, acc_f[k], &count[MIXER_F]);
    const int32_t g = requantise(&layer->g, acc_g[k], &count[MIXER_G]);
    const int32_t sf = nt_integer_sigmoid(&model->tables, f, layer->frac_f);
    const int32_t lb = layer->lower_bound[k];
    const int32_t fg = nt_integer_sat(lb + nt_integer_rshift((int64_t)sf * (32768 - lb), 15), 16);
    const int32_t a = silu(model, i, layer->frac_i);
    const int32_t c = narrow(
        &count[MIXER_C],
        nt_integer_rshift((int64_t)a * (32768 - fg), 15 + layer->frac_i - layer->frac_h), 16);
    const int32_t h =
        narrow(&count[MIXER_H], nt_integer_rshift((int64_t)fg * state[k], 15) + c, 16);
    const int32_t b = silu(model, h, layer->frac_h);
    state[k] = (int16_t)h;
    model->h[k] = h;
    model->v[k] =
        narrow(&count[MIXER_V],
               nt_integer_rshift((int64_t)g * b * layer->gnorm_weight[k], layer->v_shift), 16);
  }
}

static void run_mixer(nt_integer_model_t *model, size_t l, nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const size_t H = model->q->hidden;
  const bool shared = layer->mixer_norm.code_count == 1;
  int32_t *acc = model->acc;

  show(model, "stage", 2 * l, "x", model->x, H);
  normalise(model, &layer->mixer_norm, model->x, "stage", 2 * l, &count[STAGE_SITE]);
  multiply(&layer->i, model->codes[0], acc);
  multiply(&layer->f, model->codes[shared ? 0 : 1], acc + H);
  multiply(&layer->g, model->codes[shared ? 0 : 2], acc + 2 * H);
  show(model, "mixer", l, "acc_i", acc, H);
  show(model, "mixer", l, "acc_f", acc + H, H);
  show(model, "mixer", l, "acc_g", acc + 2 * H, H);
  mix(model, l, count);
  show(model, "mixer", l, "h", model->h, H);
  show(model, "mixer", l, "v", model->v, H);
  normalise(model, &layer->o_norm, model->v, "mixer", l, &count[MIXER_SITE]);
  multiply(&layer->o, model->codes[0], acc);
  show(model, "mixer", l, "acc_o", acc, H);
  add_to_residual(model, &layer->o, &count[MIXER_O], &count[MLP_STAGE + STAGE_X]);
}

static void run_mlp(nt_integer_model_t *model, size_t l, nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const size_t H = model->q->hidden;
  const size_t I = model->q->intermediate;
  int32_t *acc = model->acc;

  show(model, "stage", 2 * l + 1, "x", model->x, H);
  normalise(model, &layer->mlp_norm, model->x, "stage", 2 * l + 1, &count[MLP_STAGE + STAGE_SITE]);
  multiply(&layer->gate_up, model->codes[0], acc);
  show(model, "mlp", l, "acc_gate", acc, I);
  show(model, "mlp", l, "acc_up", acc + I, I);
  for (size_t j = 0; j < I; j++) {
    const int32_t gate = requantise(&layer->gate_up, acc[j], &count[MLP_GATE]);
    const int32_t up = requantise(&layer->gate_up, acc[I + j], &count[MLP_UP]);
    const int32_t s = silu(model, gate, layer->frac_u);
    model->v[j] = narrow(&count[MLP_V], nt_integer_rshift((int64_t)s * up, layer->w_shift), 16);
  }
  show(model, "mlp", l, "v", model->v, I);
  normalise(model, &layer->down_norm, model->v, "mlp", l, &count[MLP_SITE]);
  multiply(&layer->down, model->codes[0], acc);
  show(model, "mlp", l, "acc_d", acc, H);
  // The residual after layer l is the input of stage 2l + 2, whose counters follow this layer's.
  add_to_residual(model, &layer->down, &count[MLP_D], &count[LAYER_COUNTERS + STAGE_X]);
}

nt_status_t nt_integer_model_step(nt_integer_model_t *model, uint32_t token, int32_t *logits,
                                  nt_error_t *err) {
  const nt_qmodel_t *q = model->q;
  if (token >= q->vocab)
    return nt_fail(err, NT_ERR_RANGE, "token %" PRIu32 ", allowed below vocab %" PRIu32, token,
                   q->vocab);
  const int16_t *row = q->embedding + (size_t)token * q->hidden;
  for (size_t k = 0; k < q->hidden; k++)
    model->x[k] = row[k];
  nt_integer_counter_t *count = model->counters;
  for (size_t l = 0; l < q->layers; l++, count += LAYER_COUNTERS) {
    run_mixer(model, l, count);
    run_mlp(model, l, count);
  }
  show(model, "stage", 2 * (size_t)q->layers, "x", model->x, q->hidden);
  normalise(model, &q->head_norm, model->x, "stage", 2 * (size_t)q->layers, &count[STAGE_SITE]);
  if (logits == NULL)
    return NT_OK;
  multiply(&q->head, model->codes[0], logits);
  if (model->observe != NULL)
    model->observe(model->user, "logits", logits, q->vocab);
  return NT_OK;
}

uint32_t nt_integer_model_greedy(const int32_t *logits, size_t count) {
  size_t best = 0;
  for (size_t v = 1; v < count; v++)
    if (logits[v] > logits[best])
      best = v;
  return (uint32_t)best;
}

nt_status_t nt_integer_model_evaluate(nt_integer_model_t *model, const uint32_t *tokens,
                                      size_t count, nt_perplexity_t *sum, nt_error_t *err) {
  if (count < 2)
    return nt_fail(err, NT_ERR_ARG, "%zu tokens, at least 2 are needed to predict one", count);
  const uint32_t V = model->q->vocab;
  nt_integer_model_reset(model);
  for (size_t n = 0; n + 1 < count; n++) {
    if (tokens[n + 1] >= V)
      return nt_fail(err, NT_ERR_RANGE, "token %zu is %" PRIu32 ", allowed below vocab %" PRIu32,
                     n + 1, tokens[n + 1], V);
    const nt_status_t status = nt_integer_model_step(model, tokens[n], model->logits, err);
    if (status != NT_OK)
      return status;
    for (size_t v = 0; v < V; v++)
      model->natural[v] = model->logits[v] * model->q->logit_scale;
    nt_perplexity_add(sum, model->natural, V, tokens[n + 1]);
  }
  return NT_OK;
}
