// SPDX-License-Identifier: Apache-2.0
// Loading: every tensor of the checkpoint goes to its place in three blocks of memory (floats,
// ternary codes, lower bounds) whose sizes follow from the configuration.
#include "nt_float_model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "nt_ternary.h"

struct nt_float_model {
  nt_float_params_t params;
  nt_float_layer_t *layers;
  float *floats;
  double *bounds;
};

/// Where the next values go while loading.
typedef struct loader {
  const nt_checkpoint_t *ckpt;
  float *next_float;
  int8_t *next_code;
  float *latent; // the matrix being quantised
  nt_error_t *err;
} loader_t;

typedef struct sizes {
  size_t floats;
  size_t codes;
  size_t bounds;
  size_t latent; // largest matrix
} sizes_t;

static size_t larger(size_t left, size_t right) {
  return left > right ? left : right;
}

static sizes_t count_values(const nt_model_config_t *config) {
  const size_t V = config->vocab_size;
  const size_t H = config->hidden_size;
  const size_t L = config->num_hidden_layers;
  const size_t I = config->intermediate_size;
  return (sizes_t){
      .floats = V * H + L * (8 * H + I) + 2 * H,
      .codes = L * (4 * H * H + 3 * H * I) + V * H,
      .bounds = L * H,
      .latent = larger(V * H, larger(2 * I * H, larger(H * H, L * H))),
  };
}

static nt_status_t load_floats(loader_t *in, const char *name, size_t count, const float **out) {
  float *dst = in->next_float;
  *out = dst;
  in->next_float += count;
  return nt_checkpoint_read(in->ckpt, name, dst, count, in->err);
}

/// Loads `stem`.weight as ternary codes and `stem`.norm.weight.
static nt_status_t load_bitlinear(loader_t *in, const char *stem, size_t rows, size_t cols,
                                  nt_bitlinear_t *out) {
  char name[NT_TENSOR_NAME_MAX];
  (void)snprintf(name, sizeof name, "%s.weight", stem);
  *out = (nt_bitlinear_t){.rows = rows, .cols = cols, .codes = in->next_code};
  nt_status_t status = nt_checkpoint_read(in->ckpt, name, in->latent, rows * cols, in->err);
  if (status == NT_OK)
    status = nt_ternary_quantise(in->latent, rows * cols, in->next_code, &out->scale, in->err);
  in->next_code += rows * cols;
  if (status != NT_OK)
    return status;
  (void)snprintf(name, sizeof name, "%s.norm.weight", stem);
  return load_floats(in, name, cols, &out->norm);
}

static nt_status_t load_layer_floats(loader_t *in, size_t layer, const char *stem, size_t count,
                                     const float **out) {
  char name[NT_TENSOR_NAME_MAX];
  (void)snprintf(name, sizeof name, "model.layers.%zu.%s.weight", layer, stem);
  return load_floats(in, name, count, out);
}

static nt_status_t load_layer_bitlinear(loader_t *in, size_t layer, const char *stem, size_t rows,
                                        size_t cols, nt_bitlinear_t *out) {
  char path[NT_TENSOR_NAME_MAX - sizeof ".norm.weight"];
  (void)snprintf(path, sizeof path, "model.layers.%zu.%s", layer, stem);
  return load_bitlinear(in, path, rows, cols, out);
}

static nt_status_t load_layer(loader_t *in, const nt_model_config_t *config, size_t l,
                              nt_float_layer_t *layer) {
  const size_t H = config->hidden_size;
  const size_t I = config->intermediate_size;
  nt_status_t status = load_layer_floats(in, l, "attn_norm", H, &layer->attn_norm);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "attn.i_proj", H, H, &layer->i);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "attn.f_proj", H, H, &layer->f);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "attn.g_proj", H, H, &layer->g);
  if (status == NT_OK)
    status = load_layer_floats(in, l, "attn.g_norm", H, &layer->g_norm);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "attn.o_proj", H, H, &layer->o);
  if (status == NT_OK)
    status = load_layer_floats(in, l, "mlp_norm", H, &layer->mlp_norm);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "mlp.gate_proj", 2 * I, H, &layer->gate);
  if (status == NT_OK)
    status = load_layer_bitlinear(in, l, "mlp.down_proj", H, I, &layer->down);
  return status;
}

/// Per channel: P = softmax of the parameter over the layers; lb[l] = P[0] + .. + P[l] - P[0].
static nt_status_t load_bounds(loader_t *in, nt_float_model_t *model) {
  const size_t H = model->params.config.hidden_size;
  const size_t L = model->params.config.num_hidden_layers;
  const float *raw = in->latent;
  const nt_status_t status =
      nt_checkpoint_read(in->ckpt, "model.lower_bounds", in->latent, L * H, in->err);
  if (status != NT_OK)
    return status;
  for (size_t k = 0; k < H; k++) {
    double largest = raw[k];
    for (size_t l = 1; l < L; l++)
      largest = fmax(largest, raw[l * H + k]);
    double total = 0;
    for (size_t l = 0; l < L; l++)
      total += exp(raw[l * H + k] - largest);
    double bound = 0;
    for (size_t l = 0; l < L; l++) {
      if (l > 0)
        bound += exp(raw[l * H + k] - largest) / total;
      model->bounds[l * H + k] = bound;
    }
  }
  for (size_t l = 0; l < L; l++)
    model->layers[l].lower_bound = model->bounds + l * H;
  return NT_OK;
}

static nt_status_t load_all(loader_t *in, nt_float_model_t *model) {
  nt_float_params_t *params = &model->params;
  const size_t V = params->config.vocab_size;
  const size_t H = params->config.hidden_size;
  nt_status_t status = load_floats(in, "model.embeddings.weight", V * H, &params->embeddings);
  for (size_t l = 0; l < params->config.num_hidden_layers && status == NT_OK; l++)
    status = load_layer(in, &params->config, l, &model->layers[l]);
  if (status == NT_OK && params->config.use_lower_bound)
    status = load_bounds(in, model);
  if (status == NT_OK)
    status = load_floats(in, "model.norm.weight", H, &params->final_norm);
  if (status == NT_OK)
    status = load_bitlinear(in, "lm_head", V, H, &params->lm_head);
  return status;
}

nt_status_t nt_float_model_load(const nt_checkpoint_t *ckpt, nt_float_model_t **out,
                                nt_error_t *err) {
  *out = NULL;
  const nt_model_config_t *config = nt_checkpoint_config(ckpt);
  const sizes_t sizes = count_values(config);
  nt_float_model_t *model = calloc(1, sizeof *model);
  float *latent = malloc(sizes.latent * sizeof *latent);
  nt_status_t status = NT_OK;
  if (model != NULL) {
    model->layers = calloc(config->num_hidden_layers, sizeof *model->layers);
    model->floats = malloc(sizes.floats * sizeof *model->floats);
    model->params.ternary = nt_ternary_store_new(sizes.codes);
    model->bounds = malloc(sizes.bounds * sizeof *model->bounds);
  }
  if (model == NULL || latent == NULL || model->layers == NULL || model->floats == NULL ||
      model->params.ternary == NULL || model->bounds == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for %zu parameters",
                     sizes.floats + sizes.codes + sizes.bounds);
  } else {
    model->params.config = *config;
    model->params.layers = model->layers;
    loader_t in = {.ckpt = ckpt,
                   .next_float = model->floats,
                   .next_code = nt_ternary_store_codes(model->params.ternary),
                   .latent = latent,
                   .err = err};
    status = load_all(&in, model);
  }
  free(latent);
  if (status != NT_OK) {
    nt_float_model_free(model);
    return status;
  }
  *out = model;
  return NT_OK;
}

void nt_float_model_free(nt_float_model_t *model) {
  if (model == NULL)
    return;
  free(model->layers);
  free(model->floats);
  nt_ternary_store_release(model->params.ternary);
  free(model->bounds);
  free(model);
}

const nt_float_params_t *nt_float_model_params(const nt_float_model_t *model) {
  return &model->params;
}
