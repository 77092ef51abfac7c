// SPDX-License-Identifier: Apache-2.0
// The forward pass. The arithmetic is in nt_float_forward.inc, compiled once per precision.
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "nt_float_model.h"

#undef I // of complex.h, through tgmath.h; here I is the intermediate size

struct nt_float_run {
  const nt_float_params_t *params;
  nt_float_precision_t precision;
  double *state;   // [L][H]
  double *stream;  // [H] residual stream of nt_float_run_step
  double *logits;  // [V] of nt_float_run_evaluate
  double *shown;   // [longest vector] what the observer sees
  int16_t *codes;  // [max(H, I)] int8 input codes, widened for the multiplier
  void *work;      // the vectors of a block, in the run's precision
  bool overflowed; // a norm met an infinity or NaN
  nt_float_observe_t observe;
  void *user;
};

static size_t larger(size_t left, size_t right) {
  return left > right ? left : right;
}

static int32_t dot(const int8_t *restrict codes, const int16_t *restrict inputs, size_t count) {
  int32_t sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += codes[k] * inputs[k];
  return sum;
}

#define REAL double
#define NAME(stem) stem##_f64
#include "nt_float_forward.inc"
#undef REAL
#undef NAME

#define REAL float
#define NAME(stem) stem##_f32
#include "nt_float_forward.inc"
#undef REAL
#undef NAME

nt_status_t nt_float_run_init(const nt_float_model_t *model, nt_float_precision_t precision,
                              nt_float_run_t **out, nt_error_t *err) {
  *out = NULL;
  const nt_float_params_t *params = nt_float_model_params(model);
  const size_t V = params->config.vocab_size;
  const size_t H = params->config.hidden_size;
  const size_t I = params->config.intermediate_size;
  const size_t L = params->config.num_hidden_layers;
  const size_t work =
      larger(work_values_f64(params) * sizeof(double), work_values_f32(params) * sizeof(float));
  nt_float_run_t *run = calloc(1, sizeof *run);
  if (run != NULL) {
    run->params = params;
    run->precision = precision;
    run->state = calloc(L * H, sizeof *run->state);
    run->stream = malloc(H * sizeof *run->stream);
    run->logits = malloc(V * sizeof *run->logits);
    run->shown = malloc(larger(V, larger(H, 2 * I)) * sizeof *run->shown);
    run->codes = malloc(larger(H, I) * sizeof *run->codes);
    run->work = malloc(work);
  }
  if (run == NULL || run->state == NULL || run->stream == NULL || run->logits == NULL ||
      run->shown == NULL || run->codes == NULL || run->work == NULL) {
    nt_float_run_free(run);
    return nt_fail(err, NT_ERR_MEMORY, "no memory for the state of %zu layers of %zu", L, H);
  }
  *out = run;
  return NT_OK;
}

void nt_float_run_free(nt_float_run_t *run) {
  if (run == NULL)
    return;
  free(run->state);
  free(run->stream);
  free(run->logits);
  free(run->shown);
  free(run->codes);
  free(run->work);
  free(run);
}

void nt_float_run_reset(nt_float_run_t *run) {
  const nt_model_config_t *config = &run->params->config;
  const size_t count = (size_t)config->num_hidden_layers * config->hidden_size;
  memset(run->state, 0, count * sizeof *run->state);
}

double *nt_float_run_state(nt_float_run_t *run) {
  return run->state;
}

void nt_float_run_observe(nt_float_run_t *run, nt_float_observe_t observe, void *user) {
  run->observe = observe;
  run->user = user;
}

nt_status_t nt_float_run_embed(nt_float_run_t *run, uint32_t token, double *x, nt_error_t *err) {
  const nt_model_config_t *config = &run->params->config;
  if (token >= config->vocab_size)
    return nt_fail(err, NT_ERR_RANGE, "token %u, allowed below vocab_size %u", (unsigned)token,
                   (unsigned)config->vocab_size);
  const size_t H = config->hidden_size;
  const float *row = run->params->embeddings + token * H;
  for (size_t k = 0; k < H; k++)
    x[k] = row[k];
  return NT_OK;
}

static nt_status_t overflow_status(const nt_float_run_t *run, const char *where, unsigned layer,
                                   nt_error_t *err) {
  if (!run->overflowed)
    return NT_OK;
  return nt_fail(err, NT_ERR_RANGE, "%s %u: the %s arithmetic overflowed", where, layer,
                 run->precision == NT_FLOAT64 ? "float64" : "float32");
}

nt_status_t nt_float_run_block(nt_float_run_t *run, unsigned layer, double *x, nt_error_t *err) {
  if (layer >= run->params->config.num_hidden_layers)
    return nt_fail(err, NT_ERR_ARG, "layer %u, allowed below %u", layer,
                   (unsigned)run->params->config.num_hidden_layers);
  run->overflowed = false;
  if (run->precision == NT_FLOAT64)
    block_f64(run, layer, x);
  else
    block_f32(run, layer, x);
  return overflow_status(run, "layer", layer, err);
}

nt_status_t nt_float_run_head(nt_float_run_t *run, const double *x, double *logits,
                              nt_error_t *err) {
  run->overflowed = false;
  if (run->precision == NT_FLOAT64)
    head_f64(run, x, logits);
  else
    head_f32(run, x, logits);
  return overflow_status(run, "head after layer", run->params->config.num_hidden_layers - 1, err);
}

nt_status_t nt_float_run_step(nt_float_run_t *run, uint32_t token, double *logits,
                              nt_error_t *err) {
  nt_status_t status = nt_float_run_embed(run, token, run->stream, err);
  for (unsigned l = 0; l < run->params->config.num_hidden_layers && status == NT_OK; l++)
    status = nt_float_run_block(run, l, run->stream, err);
  if (status == NT_OK && logits != NULL)
    status = nt_float_run_head(run, run->stream, logits, err);
  return status;
}

nt_status_t nt_float_run_evaluate(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                                  nt_perplexity_t *sum, nt_error_t *err) {
  if (count < 2)
    return nt_fail(err, NT_ERR_ARG, "%zu tokens, at least 2 are needed to predict one", count);
  const uint32_t V = run->params->config.vocab_size;
  nt_float_run_reset(run);
  for (size_t k = 0; k + 1 < count; k++) {
    if (tokens[k + 1] >= V)
      return nt_fail(err, NT_ERR_RANGE, "token %zu is %u, allowed below vocab_size %u", k + 1,
                     (unsigned)tokens[k + 1], (unsigned)V);
    const nt_status_t status = nt_float_run_step(run, tokens[k], run->logits, err);
    if (status != NT_OK)
      return status;
    nt_perplexity_add(sum, run->logits, V, tokens[k + 1]);
  }
  return NT_OK;
}
