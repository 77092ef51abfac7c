// SPDX-License-Identifier: Apache-2.0
// The forward pass. The arithmetic is in nt_float_forward.inc, compiled once per precision.
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>

#include "nt_float_model.h"
#include "nt_ternary_multiply.h"

#undef I // of complex.h, through tgmath.h; here I is the intermediate size

struct nt_float_run {
  const nt_float_params_t *params;
  nt_float_precision_t precision;
  double *state;   // [L][H]
  double *stream;  // [NT_BATCH][H] residual streams of nt_float_run_tokens
  double *logits;  // [NT_BATCH][V] of nt_float_run_evaluate
  double *shown;   // [longest vector] what the observer sees
  int16_t *codes;  // [NT_BATCH][max(H, I)] int8 input codes, widened for the multiplier
  int32_t *sums;   // [NT_BATCH][longest matrix output]
  double *units;   // [NT_BATCH] real values of one unit of the sums
  void *work;      // [NT_BATCH] times the vectors of a block, in the run's precision
  bool overflowed; // a norm met an infinity or NaN
  nt_float_observe_t observe;
  void *user;
};

static size_t larger(size_t left, size_t right) {
  return left > right ? left : right;
}

static size_t smaller(size_t left, size_t right) {
  return left < right ? left : right;
}

/// Length of the longest vector that a matrix puts out or takes in.
static size_t longest(const nt_model_config_t *config) {
  return larger(config->vocab_size,
                larger(config->hidden_size, 2 * (size_t)config->intermediate_size));
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
  const size_t values = longest(&params->config);
  const size_t work =
      larger(work_values_f64(params) * sizeof(double), work_values_f32(params) * sizeof(float));
  nt_float_run_t *run = calloc(1, sizeof *run);
  if (run != NULL) {
    run->params = params;
    run->precision = precision;
    run->state = calloc(L * H, sizeof *run->state);
    run->stream = malloc(NT_BATCH * H * sizeof *run->stream);
    run->logits = malloc(NT_BATCH * V * sizeof *run->logits);
    run->shown = malloc(values * sizeof *run->shown);
    run->codes = malloc(NT_BATCH * larger(H, I) * sizeof *run->codes);
    run->sums = malloc(NT_BATCH * values * sizeof *run->sums);
    run->units = malloc(NT_BATCH * sizeof *run->units);
    run->work = malloc(NT_BATCH * work);
  }
  if (run == NULL || run->state == NULL || run->stream == NULL || run->logits == NULL ||
      run->shown == NULL || run->codes == NULL || run->sums == NULL || run->units == NULL ||
      run->work == NULL) {
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
  free(run->sums);
  free(run->units);
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

/// Block `layer` applied to the streams x [count][H], count 1..NT_BATCH.
static nt_status_t apply_block(nt_float_run_t *run, unsigned layer, double *x, size_t count,
                               nt_error_t *err) {
  run->overflowed = false;
  if (run->precision == NT_FLOAT64)
    block_f64(run, layer, x, count);
  else
    block_f32(run, layer, x, count);
  return overflow_status(run, "layer", layer, err);
}

/// From the streams x [count][H] to logits [count][V], count 1..NT_BATCH.
static nt_status_t apply_head(nt_float_run_t *run, const double *x, size_t count, double *logits,
                              nt_error_t *err) {
  run->overflowed = false;
  if (run->precision == NT_FLOAT64)
    head_f64(run, x, count, logits);
  else
    head_f32(run, x, count, logits);
  return overflow_status(run, "head after layer", run->params->config.num_hidden_layers - 1, err);
}

nt_status_t nt_float_run_block(nt_float_run_t *run, unsigned layer, double *x, nt_error_t *err) {
  if (layer >= run->params->config.num_hidden_layers)
    return nt_fail(err, NT_ERR_ARG, "layer %u, allowed below %u", layer,
                   (unsigned)run->params->config.num_hidden_layers);
  return apply_block(run, layer, x, 1, err);
}

nt_status_t nt_float_run_head(nt_float_run_t *run, const double *x, double *logits,
                              nt_error_t *err) {
  return apply_head(run, x, 1, logits, err);
}

/// Up to NT_BATCH tokens through one layer after the other.
static nt_status_t run_batch(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                             double *logits, nt_error_t *err) {
  const nt_model_config_t *config = &run->params->config;
  nt_status_t status = NT_OK;
  for (size_t t = 0; t < count && status == NT_OK; t++)
    status = nt_float_run_embed(run, tokens[t], run->stream + t * config->hidden_size, err);
  for (unsigned l = 0; l < config->num_hidden_layers && status == NT_OK; l++)
    status = apply_block(run, l, run->stream, count, err);
  if (status == NT_OK && logits != NULL)
    status = apply_head(run, run->stream, count, logits, err);
  return status;
}

nt_status_t nt_float_run_tokens(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                                double *logits, nt_error_t *err) {
  const size_t V = run->params->config.vocab_size;
  nt_status_t status = NT_OK;
  for (size_t first = 0; first < count && status == NT_OK; first += NT_BATCH)
    status = run_batch(run, tokens + first, smaller(count - first, NT_BATCH),
                       logits != NULL ? logits + first * V : NULL, err);
  return status;
}

nt_status_t nt_float_run_step(nt_float_run_t *run, uint32_t token, double *logits,
                              nt_error_t *err) {
  return run_batch(run, &token, 1, logits, err);
}

nt_status_t nt_float_run_evaluate(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                                  nt_perplexity_t *sum, nt_error_t *err) {
  if (count < 2)
    return nt_fail(err, NT_ERR_ARG, "%zu tokens, at least 2 are needed to predict one", count);
  const size_t V = run->params->config.vocab_size;
  for (size_t n = 0; n < count; n++)
    if (tokens[n] >= V)
      return nt_fail(err, NT_ERR_RANGE, "token %zu is %u, allowed below vocab_size %zu", n,
                     (unsigned)tokens[n], V);
  nt_float_run_reset(run);
  for (size_t first = 0; first + 1 < count; first += NT_BATCH) {
    const size_t batch = smaller(count - 1 - first, NT_BATCH);
    const nt_status_t status = run_batch(run, tokens + first, batch, run->logits, err);
    if (status != NT_OK)
      return status;
    for (size_t t = 0; t < batch; t++)
      nt_perplexity_add(sum, run->logits + t * V, V, tokens[first + t + 1]);
  }
  return NT_OK;
}
