// SPDX-License-Identifier: Apache-2.0
// Codes, scales and the network against the recordings.
//
// A float32 value may differ by what one int8 code rounding the other way moves, and the recurrence
// carries it on: hence the wide limit for the maximum and the narrow one for the median over the
// tokens. With recorded inputs a flip stays inside its block, so that median is far narrower.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_npy.h"
#include "nt_proof.h"
#include "nt_proof_internal.h"
#include "nt_test.h"
#include "nt_test_file.h"

/// In standard deviations of the recorded values; the scales relative.
static const double SCALE_LIMIT = 2.4e-7; // two units in the last place of a recorded float32
static const double FLOAT64_LIMIT = 1e-12;
static const double FLOAT32_MAX = 0.15;
static const double FLOAT32_MEDIAN = 0.01;
static const double BLOCK_MEDIAN = 1e-4;

// ---- shared with the other checks ---------------------------------------------------------------

void nt_proof_tokens(const char *recorded, uint32_t tokens[NT_PROOF_TOKENS]) {
  double *values = nt_npy_load(recorded, "tokens.npy", NT_PROOF_TOKENS);
  for (size_t k = 0; k < NT_PROOF_TOKENS; k++)
    tokens[k] = (uint32_t)values[k];
  free(values);
}

nt_float_run_t *nt_proof_run(const nt_float_model_t *model, nt_float_precision_t precision) {
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_assert_ok(nt_float_run_init(model, precision, &run, &err), err);
  return run;
}

double *nt_proof_doubles(size_t count) {
  double *values = calloc(count, sizeof *values);
  assert_non_null(values);
  return values;
}

size_t nt_proof_bits_differing(const double *left, const double *right, size_t count) {
  size_t differing = 0;
  for (size_t k = 0; k < count; k++)
    differing += memcmp(&left[k], &right[k], sizeof left[k]) != 0;
  return differing;
}

enum { MATRICES_PER_LAYER = 6 };

size_t nt_proof_matrix_count(const nt_float_params_t *params) {
  return (size_t)MATRICES_PER_LAYER * params->config.num_hidden_layers + 1;
}

const nt_bitlinear_t *nt_proof_matrix(const nt_float_params_t *params, size_t index) {
  const size_t l = index / MATRICES_PER_LAYER;
  if (l == params->config.num_hidden_layers)
    return &params->lm_head;
  const nt_float_layer_t *layer = &params->layers[l];
  const nt_bitlinear_t *const list[MATRICES_PER_LAYER] = {&layer->i, &layer->f,    &layer->g,
                                                          &layer->o, &layer->gate, &layer->down};
  return list[index % MATRICES_PER_LAYER];
}

// ---- codes and scales ---------------------------------------------------------------------------

static void check_codes(nt_proof_t *proof, const char *recorded, const nt_float_params_t *params) {
  size_t size = 0;
  char *codes = nt_test_file_read(recorded, "ternary.i8", &size);
  size_t compared = 0;
  size_t differing = 0;
  for (size_t m = 0; m < nt_proof_matrix_count(params); m++) {
    const nt_bitlinear_t *matrix = nt_proof_matrix(params, m);
    const size_t count = matrix->rows * matrix->cols;
    assert_true(compared + count <= size);
    for (size_t k = 0; k < count; k++)
      differing += matrix->codes[k] != (int8_t)codes[compared + k];
    compared += count;
  }
  assert_int_equal(compared, size);
  free(codes);
  nt_proof_exact(proof, "ternary codes", compared, differing);
}

static void check_scales(nt_proof_t *proof, const char *recorded, const nt_float_params_t *params) {
  const size_t count = nt_proof_matrix_count(params);
  double *scales = nt_npy_load(recorded, "scales.npy", count);
  double *ones = nt_proof_doubles(count);
  double *ratios = nt_proof_doubles(count);
  for (size_t m = 0; m < count; m++) {
    ones[m] = 1;
    ratios[m] = nt_proof_matrix(params, m)->scale / scales[m];
  }
  nt_proof_within(proof, "scales", NT_PROOF_RELATIVE, nt_compare(ones, ratios, count, 1),
                  SCALE_LIMIT, SCALE_LIMIT);
  free(ratios);
  free(ones);
  free(scales);
}

void nt_proof_matrices(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  check_codes(proof, recorded, nt_float_model_params(model));
  check_scales(proof, recorded, nt_float_model_params(model));
}

// ---- whole network ------------------------------------------------------------------------------

/// Everything a pass over all sequences leaves behind.
typedef struct pass {
  const nt_model_config_t *config;
  size_t token;   // the one being processed
  double *logits; // [tokens][V]
  double *hidden; // [L + 1][tokens][H] entering block l; last: after the final norm
  double *state;  // [L][batch][H]
} pass_t;

static void keep_hidden(void *user, const char *tensor, unsigned layer, const double *values,
                        size_t count) {
  pass_t *pass = user;
  if (strcmp(tensor, layer < pass->config->num_hidden_layers ? "x" : "hidden") != 0)
    return;
  assert_int_equal(count, pass->config->hidden_size);
  memcpy(pass->hidden + (layer * (size_t)NT_PROOF_TOKENS + pass->token) * count, values,
         count * sizeof *values);
}

static pass_t run_pass(const char *recorded, const nt_float_model_t *model,
                       nt_float_precision_t precision) {
  const nt_model_config_t *config = &nt_float_model_params(model)->config;
  const size_t V = config->vocab_size;
  const size_t H = config->hidden_size;
  const size_t L = config->num_hidden_layers;
  pass_t pass = {.config = config,
                 .logits = nt_proof_doubles(NT_PROOF_TOKENS * V),
                 .hidden = nt_proof_doubles((L + 1) * NT_PROOF_TOKENS * H),
                 .state = nt_proof_doubles(L * NT_PROOF_BATCH * H)};
  uint32_t tokens[NT_PROOF_TOKENS];
  nt_proof_tokens(recorded, tokens);
  nt_error_t err;
  nt_float_run_t *run = nt_proof_run(model, precision);
  nt_float_run_observe(run, keep_hidden, &pass);
  for (size_t b = 0; b < NT_PROOF_BATCH; b++) {
    nt_float_run_reset(run);
    for (size_t t = 0; t < NT_PROOF_STEPS; t++) {
      pass.token = b * NT_PROOF_STEPS + t;
      nt_assert_ok(nt_float_run_step(run, tokens[pass.token], pass.logits + pass.token * V, &err),
                   err);
    }
    for (size_t l = 0; l < L; l++)
      memcpy(pass.state + (l * NT_PROOF_BATCH + b) * H, nt_float_run_state(run) + l * H,
             H * sizeof *pass.state);
  }
  nt_float_run_free(run);
  return pass;
}

static void free_pass(pass_t *pass) {
  free(pass->logits);
  free(pass->hidden);
  free(pass->state);
}

double *nt_proof_logits(const char *recorded, const nt_float_model_t *model,
                        nt_float_precision_t precision) {
  pass_t pass = run_pass(recorded, model, precision);
  double *logits = pass.logits;
  pass.logits = NULL;
  free_pass(&pass);
  return logits;
}

/// `got` [rows][cols] against the recorded file; `name` is the row's.
static void check_file(nt_proof_t *proof, const char *name, const char *recorded, const char *file,
                       const double *got, size_t rows, size_t cols, double median, double max) {
  double *expected = nt_npy_load(recorded, file, rows * cols);
  nt_proof_within(proof, name, NT_PROOF_SPREAD, nt_compare(expected, got, rows, cols), median, max);
  free(expected);
}

void nt_proof_float64(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  double *logits = nt_proof_logits(recorded, model, NT_FLOAT64);
  check_file(proof, "float64: logits", recorded, "logits_f64.npy", logits, NT_PROOF_TOKENS,
             nt_float_model_params(model)->config.vocab_size, FLOAT64_LIMIT, FLOAT64_LIMIT);
  free(logits);
}

static void check_float32(nt_proof_t *proof, const char *what, const char *recorded,
                          const char *file, const double *got, size_t rows, size_t cols) {
  char name[56];
  (void)snprintf(name, sizeof name, "float32: %s", what);
  check_file(proof, name, recorded, file, got, rows, cols, FLOAT32_MEDIAN, FLOAT32_MAX);
}

void nt_proof_float32(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  pass_t pass = run_pass(recorded, model, NT_FLOAT32);
  const size_t V = pass.config->vocab_size;
  const size_t H = pass.config->hidden_size;
  const unsigned L = pass.config->num_hidden_layers;
  const size_t each = NT_PROOF_TOKENS * H;
  char file[32];
  double *embedded = nt_npy_load(recorded, "hidden_0.npy", each);
  nt_proof_exact(proof, "float32: hidden_0, embedding rows", each,
                 nt_proof_bits_differing(embedded, pass.hidden, each));
  free(embedded);
  for (unsigned l = 1; l <= L; l++) {
    char what[32];
    (void)snprintf(file, sizeof file, "hidden_%u.npy", l);
    (void)snprintf(what, sizeof what, l < L ? "hidden_%u" : "hidden_%u, final norm", l);
    check_float32(proof, what, recorded, file, pass.hidden + l * each, NT_PROOF_TOKENS, H);
  }
  check_float32(proof, "logits", recorded, "logits.npy", pass.logits, NT_PROOF_TOKENS, V);
  check_float32(proof, "logits, recorded token by token", recorded, "step_logits.npy", pass.logits,
                NT_PROOF_STEPS, V);
  for (unsigned l = 0; l < L; l++) {
    char what[32];
    (void)snprintf(file, sizeof file, "state_%u.npy", l);
    (void)snprintf(what, sizeof what, "final state of layer %u", l);
    check_float32(proof, what, recorded, file, pass.state + l * NT_PROOF_BATCH * H, NT_PROOF_BATCH,
                  H);
  }
  free_pass(&pass);
}

// ---- block by block -----------------------------------------------------------------------------

/// Observed tensors of one block that were also recorded, all [H].
static const struct {
  const char *observed;
  const char *file;
} BLOCK_TENSORS[] = {{"i_pre", "i_pre"}, {"f_pre", "f_pre"}, {"g_pre", "g_pre"},
                     {"f", "f"},         {"c", "x"},         {"h", "h"},
                     {"a", "a"},         {"o", "o"},         {"mlp", "mlp"}};
enum { BLOCK_TENSOR_COUNT = sizeof BLOCK_TENSORS / sizeof BLOCK_TENSORS[0] };

typedef struct block_pass {
  size_t width;
  size_t token;
  double *values[BLOCK_TENSOR_COUNT]; // [tokens][H] each
  double *hidden;                     // [tokens][H] after the final norm
} block_pass_t;

static void keep_block(void *user, const char *tensor, unsigned layer, const double *values,
                       size_t count) {
  block_pass_t *pass = user;
  (void)layer;
  double *kept = strcmp(tensor, "hidden") == 0 ? pass->hidden : NULL;
  for (size_t k = 0; k < BLOCK_TENSOR_COUNT; k++) {
    if (strcmp(tensor, BLOCK_TENSORS[k].observed) == 0)
      kept = pass->values[k];
  }
  if (kept == NULL)
    return;
  assert_int_equal(count, pass->width);
  memcpy(kept + pass->token * count, values, count * sizeof *values);
}

static double *load_layer_file(const char *recorded, unsigned layer, const char *what,
                               size_t count) {
  char file[32];
  (void)snprintf(file, sizeof file, "layer%u_%s.npy", layer, what);
  return nt_npy_load(recorded, file, count);
}

static void check_block_value(nt_proof_t *proof, const char *name, const double *expected,
                              const double *got, size_t cols) {
  nt_proof_within(proof, name, NT_PROOF_SPREAD, nt_compare(expected, got, NT_PROOF_TOKENS, cols),
                  BLOCK_MEDIAN, FLOAT32_MAX);
}

/// Block `layer` on the recorded stream and the recorded state of the token before; after the last
/// block the head.
static void check_block(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model,
                        unsigned layer) {
  const nt_model_config_t *config = &nt_float_model_params(model)->config;
  const size_t V = config->vocab_size;
  const size_t H = config->hidden_size;
  const bool last = layer + 1 == config->num_hidden_layers;
  const size_t each = NT_PROOF_TOKENS * H;
  char name[56];
  (void)snprintf(name, sizeof name, "hidden_%u.npy", layer);
  double *x = nt_npy_load(recorded, name, each);
  double *h = load_layer_file(recorded, layer, "h", each);
  double *logits = nt_proof_doubles(NT_PROOF_TOKENS * V);
  block_pass_t pass = {.width = H, .hidden = nt_proof_doubles(each)};
  for (size_t k = 0; k < BLOCK_TENSOR_COUNT; k++)
    pass.values[k] = nt_proof_doubles(each);
  nt_error_t err;
  nt_float_run_t *run = nt_proof_run(model, NT_FLOAT32);
  nt_float_run_observe(run, keep_block, &pass);
  for (size_t t = 0; t < NT_PROOF_TOKENS; t++) {
    pass.token = t;
    nt_float_run_reset(run);
    if (t % NT_PROOF_STEPS != 0)
      memcpy(nt_float_run_state(run) + layer * H, h + (t - 1) * H, H * sizeof *h);
    nt_assert_ok(nt_float_run_block(run, layer, x + t * H, &err), err);
    if (last)
      nt_assert_ok(nt_float_run_head(run, x + t * H, logits + t * V, &err), err);
  }
  nt_float_run_free(run);
  for (size_t k = 0; k < BLOCK_TENSOR_COUNT; k++) {
    double *expected = load_layer_file(recorded, layer, BLOCK_TENSORS[k].file, each);
    (void)snprintf(name, sizeof name, "block %u: %s", layer, BLOCK_TENSORS[k].observed);
    check_block_value(proof, name, expected, pass.values[k], H);
    free(expected);
    free(pass.values[k]);
  }
  (void)snprintf(name, sizeof name, "hidden_%u.npy", layer + 1);
  double *next = nt_npy_load(recorded, name, each);
  (void)snprintf(name, sizeof name, "block %u: hidden_%u -> hidden_%u%s", layer, layer, layer + 1,
                 last ? ", final norm" : "");
  check_block_value(proof, name, next, last ? pass.hidden : x, H);
  free(next);
  if (last) {
    double *expected = nt_npy_load(recorded, "logits.npy", NT_PROOF_TOKENS * V);
    (void)snprintf(name, sizeof name, "block %u: hidden_%u -> logits", layer, layer);
    check_block_value(proof, name, expected, logits, V);
    free(expected);
  }
  free(pass.hidden);
  free(logits);
  free(h);
  free(x);
}

void nt_proof_blocks(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  for (unsigned l = 0; l < nt_float_model_params(model)->config.num_hidden_layers; l++)
    check_block(proof, recorded, model, l);
}

// ---- token by token -----------------------------------------------------------------------------

static void check_resumed(nt_proof_t *proof, const char *name, const char *recorded,
                          const nt_float_model_t *model, nt_float_precision_t precision) {
  const nt_model_config_t *config = &nt_float_model_params(model)->config;
  const size_t V = config->vocab_size;
  double *whole = nt_proof_logits(recorded, model, precision);
  double *resumed = nt_proof_doubles(NT_PROOF_TOKENS * V);
  uint32_t tokens[NT_PROOF_TOKENS];
  nt_proof_tokens(recorded, tokens);
  nt_error_t err;
  nt_float_run_t *run = nt_proof_run(model, precision);
  for (size_t t = 0; t < NT_PROOF_TOKENS; t++) {
    if (t % NT_PROOF_STEPS == 0)
      nt_float_run_reset(run);
    if (t % NT_PROOF_STEPS == NT_PROOF_STEPS / 2) {
      nt_float_run_t *other = nt_proof_run(model, precision);
      memcpy(nt_float_run_state(other), nt_float_run_state(run),
             (size_t)config->num_hidden_layers * config->hidden_size * sizeof(double));
      nt_float_run_free(run);
      run = other;
    }
    nt_assert_ok(nt_float_run_step(run, tokens[t], resumed + t * V, &err), err);
  }
  nt_float_run_free(run);
  nt_proof_exact(proof, name, NT_PROOF_TOKENS * V,
                 nt_proof_bits_differing(whole, resumed, NT_PROOF_TOKENS * V));
  free(resumed);
  free(whole);
}

void nt_proof_resumed(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  check_resumed(proof, "float64: logits, continued from a saved state", recorded, model,
                NT_FLOAT64);
  check_resumed(proof, "float32: logits, continued from a saved state", recorded, model,
                NT_FLOAT32);
}
