// SPDX-License-Identifier: Apache-2.0
#include "nt_integer_model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_integer_arith.h"
#include "nt_ternary_multiply.h"

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
  uint32_t h_extra;  // bits of h below those of b
  int32_t *state;    // [layers][H]
  int32_t *x;        // [NT_BATCH][H] the residual
  int32_t *v;        // [NT_BATCH][max(H, I)] input of the second norm of a half layer
  int32_t *acc;      // [NT_BATCH][max(3 H, 2 I)] matrix outputs
  int16_t *codes[3]; // [NT_BATCH][max(H, I)] codes, widened for the multiplier
  int32_t *logits;   // [NT_BATCH][V] of the evaluation
  double *natural;   // [V] the same in natural units
  nt_integer_counter_t *counters;
  size_t counter_count;
  nt_integer_observe_t observe;
  void *user;
};

static size_t larger(size_t left, size_t right) {
  return left > right ? left : right;
}

static size_t smaller(size_t left, size_t right) {
  return left < right ? left : right;
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
    model->h_extra = nt_widths_h_extra(&qmodel->widths);
    model->counter_count = (size_t)qmodel->layers * LAYER_COUNTERS + STAGE_COUNTERS;
    model->state = calloc(qmodel->layers * H + 1, sizeof *model->state);
    model->x = malloc(NT_BATCH * H * sizeof *model->x);
    model->v = malloc(NT_BATCH * larger(H, I) * sizeof *model->v);
    model->acc = malloc(NT_BATCH * larger(3 * H, 2 * I) * sizeof *model->acc);
    for (size_t p = 0; p < 3; p++)
      model->codes[p] = malloc(NT_BATCH * larger(H, I) * sizeof *model->codes[p]);
    model->logits = malloc(NT_BATCH * V * sizeof *model->logits);
    model->natural = malloc(V * sizeof *model->natural);
    model->counters = calloc(model->counter_count, sizeof *model->counters);
  }
  if (model == NULL || model->state == NULL || model->x == NULL || model->v == NULL ||
      model->acc == NULL || model->codes[0] == NULL || model->codes[1] == NULL ||
      model->codes[2] == NULL || model->logits == NULL || model->natural == NULL ||
      model->counters == NULL) {
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

int32_t *nt_integer_model_state(nt_integer_model_t *model) {
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
  const uint32_t bits = nt_qmodel_square_bits(norm->inputs);
  int32_t sum = 0;
  for (size_t k = 0; k < norm->inputs; k++) {
    int64_t weighted = y[k];
    if (norm->outer != NULL)
      weighted = narrow(&site[SITE_OUTER],
                        nt_integer_rshift((int64_t)y[k] * norm->outer[k], norm->outer_shift), 16);
    const int32_t square =
        narrow(&site[SITE_SQ], nt_integer_rshift(weighted * weighted, norm->square_shift), bits);
    sum += square > 1 ? square : 1;
  }
  return sum;
}

/// A norm site over y [n] of token t of a batch: fills its code vectors.
static void normalise(nt_integer_model_t *model, const nt_qnorm_t *norm, size_t t, const int32_t *y,
                      const char *place, size_t index, nt_integer_counter_t *site) {
  const int32_t sum = sum_of_squares(norm, y, site);
  const int32_t R = nt_integer_rsqrt(&model->tables, sum, norm->static_exponent);
  show(model, place, index, "sq_sum", &sum, 1);
  show(model, place, index, "R", &R, 1);
  for (size_t p = 0; p < norm->code_count; p++) {
    const nt_qcodes_t *codes = &norm->codes[p];
    int16_t *to = model->codes[p] + t * norm->inputs;
    for (size_t k = 0; k < norm->inputs; k++) {
      const int64_t product = (int64_t)y[k] * codes->weight[k] * R;
      to[k] = (int16_t)narrow(&site[SITE_CODES + p], nt_integer_rshift(product, codes->shift),
                              model->q->widths.codes);
    }
  }
}

/// acc [count][stride] = the matrix times code vector p of every token.
static void multiply(const nt_integer_model_t *model, const nt_qmatrix_t *matrix, size_t p,
                     size_t count, int32_t *acc, size_t stride) {
  nt_ternary_multiply(matrix->codes, matrix->out, matrix->in, model->codes[p], matrix->in, count,
                      acc, stride);
}

static int32_t requantise(const nt_qmatrix_t *matrix, int32_t acc, unsigned bits,
                          nt_integer_counter_t *counter) {
  return narrow(counter, nt_integer_rshift((int64_t)acc * matrix->multiplier, matrix->shift), bits);
}

/// x = sat(x + T code) of one token, from the sums `acc`.
static void add_to_residual(const nt_integer_model_t *model, const nt_qmatrix_t *matrix,
                            const int32_t *acc, int32_t *x, nt_integer_counter_t *output,
                            nt_integer_counter_t *residual) {
  const unsigned bits = model->q->widths.x;
  for (size_t k = 0; k < matrix->out; k++)
    x[k] = narrow(residual, x[k] + requantise(matrix, acc[k], bits, output), bits);
}

/// a * sigmoid(a) without the last `extra` of its `frac` fraction bits; |sigmoid| < 1, so that the
/// result never saturates.
static int32_t silu(const nt_integer_model_t *model, int32_t a, unsigned frac, unsigned extra) {
  const int64_t product = (int64_t)a * nt_integer_sigmoid(&model->tables, a, frac);
  return nt_integer_sat(nt_integer_rshift(product, 15 + extra), 16);
}

/// i, f, g [H] of one token, each as `acc` has it, to v [H]; updates the state.
static void mix(nt_integer_model_t *model, size_t l, const int32_t *acc, int32_t *v,
                nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const nt_widths_t *widths = &model->q->widths;
  const size_t H = model->q->hidden;
  int32_t *state = model->state + l * H;
  for (size_t k = 0; k < H; k++) {
    const int32_t i = requantise(&layer->i, acc[k], widths->pre, &count[MIXER_I]);
    const int32_t f = requantise(&layer->f, acc[H + k], widths->pre, &count[MIXER_F]);
    const int32_t g = requantise(&layer->g, acc[2 * H + k], widths->pre, &count[MIXER_G]);
    const int32_t sf = nt_integer_sigmoid(&model->tables, f, layer->frac_f);
    const int32_t lb = layer->lower_bound[k];
    const int32_t fg = nt_integer_sat(lb + nt_integer_rshift((int64_t)sf * (32768 - lb), 15), 16);
    const int64_t a = (int64_t)i * nt_integer_sigmoid(&model->tables, i, layer->frac_i);
    const int32_t c =
        narrow(&count[MIXER_C],
               nt_integer_rshift(a * (32768 - fg), 30 + layer->frac_i - layer->frac_h), widths->h);
    state[k] =
        narrow(&count[MIXER_H], nt_integer_rshift((int64_t)fg * state[k], 15) + c, widths->h);
    const int32_t b = silu(model, state[k], layer->frac_h, model->h_extra);
    v[k] = narrow(&count[MIXER_V],
                  nt_integer_rshift((int64_t)g * b * layer->gnorm_weight[k], layer->v_shift),
                  widths->v);
  }
}

static void run_mixer(nt_integer_model_t *model, size_t l, size_t tokens,
                      nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const size_t H = model->q->hidden;
  const bool shared = layer->mixer_norm.code_count == 1;
  int32_t *acc = model->acc;

  for (size_t t = 0; t < tokens; t++) {
    show(model, "stage", 2 * l, "x", model->x + t * H, H);
    normalise(model, &layer->mixer_norm, t, model->x + t * H, "stage", 2 * l, &count[STAGE_SITE]);
  }
  multiply(model, &layer->i, 0, tokens, acc, 3 * H);
  multiply(model, &layer->f, shared ? 0 : 1, tokens, acc + H, 3 * H);
  multiply(model, &layer->g, shared ? 0 : 2, tokens, acc + 2 * H, 3 * H);
  for (size_t t = 0; t < tokens; t++) {
    const int32_t *sums = acc + t * 3 * H;
    int32_t *v = model->v + t * H;
    show(model, "mixer", l, "acc_i", sums, H);
    show(model, "mixer", l, "acc_f", sums + H, H);
    show(model, "mixer", l, "acc_g", sums + 2 * H, H);
    mix(model, l, sums, v, count);
    show(model, "mixer", l, "h", model->state + l * H, H);
    show(model, "mixer", l, "v", v, H);
    normalise(model, &layer->o_norm, t, v, "mixer", l, &count[MIXER_SITE]);
  }
  multiply(model, &layer->o, 0, tokens, acc, H);
  for (size_t t = 0; t < tokens; t++) {
    show(model, "mixer", l, "acc_o", acc + t * H, H);
    add_to_residual(model, &layer->o, acc + t * H, model->x + t * H, &count[MIXER_O],
                    &count[MLP_STAGE + STAGE_X]);
  }
}

static void run_mlp(nt_integer_model_t *model, size_t l, size_t tokens,
                    nt_integer_counter_t *count) {
  const nt_qlayer_t *layer = &model->q->layer[l];
  const nt_widths_t *widths = &model->q->widths;
  const size_t H = model->q->hidden;
  const size_t I = model->q->intermediate;
  int32_t *acc = model->acc;

  for (size_t t = 0; t < tokens; t++) {
    show(model, "stage", 2 * l + 1, "x", model->x + t * H, H);
    normalise(model, &layer->mlp_norm, t, model->x + t * H, "stage", 2 * l + 1,
              &count[MLP_STAGE + STAGE_SITE]);
  }
  multiply(model, &layer->gate_up, 0, tokens, acc, 2 * I);
  for (size_t t = 0; t < tokens; t++) {
    const int32_t *sums = acc + t * 2 * I;
    int32_t *v = model->v + t * I;
    show(model, "mlp", l, "acc_gate", sums, I);
    show(model, "mlp", l, "acc_up", sums + I, I);
    for (size_t j = 0; j < I; j++) {
      const int32_t gate = requantise(&layer->gate_up, sums[j], widths->pre, &count[MLP_GATE]);
      const int32_t up = requantise(&layer->gate_up, sums[I + j], widths->pre, &count[MLP_UP]);
      const int32_t s = silu(model, gate, layer->frac_u, 0);
      v[j] = narrow(&count[MLP_V], nt_integer_rshift((int64_t)s * up, layer->w_shift), widths->v);
    }
    show(model, "mlp", l, "v", v, I);
    normalise(model, &layer->down_norm, t, v, "mlp", l, &count[MLP_SITE]);
  }
  multiply(model, &layer->down, 0, tokens, acc, H);
  for (size_t t = 0; t < tokens; t++) {
    show(model, "mlp", l, "acc_d", acc + t * H, H);
    // The residual after layer l is the input of stage 2l + 2, whose counters follow this layer's.
    add_to_residual(model, &layer->down, acc + t * H, model->x + t * H, &count[MLP_D],
                    &count[LAYER_COUNTERS + STAGE_X]);
  }
}

/// Up to NT_BATCH tokens through one layer after the other.
static nt_status_t run_batch(nt_integer_model_t *model, const uint32_t *tokens, size_t batch,
                             int32_t *logits, nt_error_t *err) {
  const nt_qmodel_t *q = model->q;
  const size_t H = q->hidden;
  for (size_t t = 0; t < batch; t++) {
    if (tokens[t] >= q->vocab)
      return nt_fail(err, NT_ERR_RANGE, "token %" PRIu32 ", allowed below vocab %" PRIu32,
                     tokens[t], q->vocab);
    const int16_t *row = q->embedding + tokens[t] * H;
    for (size_t k = 0; k < H; k++)
      model->x[t * H + k] = row[k];
  }
  nt_integer_counter_t *count = model->counters;
  for (size_t l = 0; l < q->layers; l++, count += LAYER_COUNTERS) {
    run_mixer(model, l, batch, count);
    run_mlp(model, l, batch, count);
  }
  for (size_t t = 0; t < batch; t++) {
    show(model, "stage", 2 * (size_t)q->layers, "x", model->x + t * H, H);
    normalise(model, &q->head_norm, t, model->x + t * H, "stage", 2 * (size_t)q->layers,
              &count[STAGE_SITE]);
  }
  if (logits == NULL)
    return NT_OK;
  multiply(model, &q->head, 0, batch, logits, q->vocab);
  for (size_t t = 0; t < batch && model->observe != NULL; t++)
    model->observe(model->user, "logits", logits + t * q->vocab, q->vocab);
  return NT_OK;
}

nt_status_t nt_integer_model_tokens(nt_integer_model_t *model, const uint32_t *tokens, size_t count,
                                    int32_t *logits, nt_error_t *err) {
  const size_t V = model->q->vocab;
  nt_status_t status = NT_OK;
  for (size_t first = 0; first < count && status == NT_OK; first += NT_BATCH)
    status = run_batch(model, tokens + first, smaller(count - first, NT_BATCH),
                       logits != NULL ? logits + first * V : NULL, err);
  return status;
}

nt_status_t nt_integer_model_step(nt_integer_model_t *model, uint32_t token, int32_t *logits,
                                  nt_error_t *err) {
  return run_batch(model, &token, 1, logits, err);
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
  const size_t V = model->q->vocab;
  for (size_t n = 0; n < count; n++)
    if (tokens[n] >= V)
      return nt_fail(err, NT_ERR_RANGE, "token %zu is %" PRIu32 ", allowed below vocab %zu", n,
                     tokens[n], V);
  nt_integer_model_reset(model);
  for (size_t first = 0; first + 1 < count; first += NT_BATCH) {
    const size_t batch = smaller(count - 1 - first, NT_BATCH);
    const nt_status_t status = run_batch(model, tokens + first, batch, model->logits, err);
    if (status != NT_OK)
      return status;
    for (size_t t = 0; t < batch; t++) {
      for (size_t v = 0; v < V; v++)
        model->natural[v] = model->logits[t * V + v] * model->q->logit_scale;
      nt_perplexity_add(sum, model->natural, V, tokens[first + t + 1]);
    }
  }
  return NT_OK;
}
