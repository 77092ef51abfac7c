// SPDX-License-Identifier: Apache-2.0
// Builds the integer network from the float parameters and the calibration.
#include "nt_quantise.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_calibrate.h"
#include "nt_quantise_report.h"

/// Where a value goes: names for errors. `err` may be NULL.
typedef struct place {
  char part[24]; // "layer 3", "head"
  nt_error_t *err;
} place_t;

static nt_status_t out_of_range(const place_t *at, const char *tensor, const char *value,
                                double found, double smallest, double largest) {
  return nt_fail(at->err, NT_ERR_RANGE, "%s, %s: %s would be %g, allowed %g..%g", at->part, tensor,
                 value, found, smallest, largest);
}

static nt_status_t no_memory(const place_t *at, const char *tensor) {
  return nt_fail(at->err, NT_ERR_MEMORY, "%s, %s: no memory", at->part, tensor);
}

/// Most fraction bits with which NT_RANGE_MARGIN * largest is below 2^15; 15 for a tensor that is
/// zero.
static int margin_bits(double largest) {
  int exponent = 0; // NT_RANGE_MARGIN * largest < 2^exponent
  (void)frexp(NT_RANGE_MARGIN * largest, &exponent);
  return 15 - exponent;
}

static nt_status_t choose_format(const place_t *at, const char *tensor, double largest,
                                 uint32_t *frac) {
  const int bits = margin_bits(largest);
  if (bits < 1)
    return out_of_range(at, tensor, "the largest magnitude", largest, 0, 16384 / NT_RANGE_MARGIN);
  *frac = (uint32_t)(bits < 15 ? bits : 15);
  return NT_OK;
}

static nt_status_t check_shift(const place_t *at, const char *tensor, int shift, uint32_t *out) {
  if (shift < 0 || shift > 62)
    return out_of_range(at, tensor, "the shift", shift, 0, 62);
  *out = (uint32_t)shift;
  return NT_OK;
}

/// The exponent e for which the largest of round(values * 2^e) is in [2^14, 2^15); 0 if all values
/// are zero.
static int full_scale(const double *values, size_t count) {
  double largest = 0;
  for (size_t k = 0; k < count; k++)
    largest = fmax(largest, fabs(values[k]));
  if (largest == 0)
    return 0;
  int exponent;
  (void)frexp(largest, &exponent);
  exponent = 15 - exponent;
  return round(ldexp(largest, exponent)) < 32768 ? exponent : exponent - 1;
}

/// round(values * 2^exponent) as a new array, NULL without memory. Saturates.
static int16_t *quantise_vector(const double *values, size_t count, int exponent) {
  int16_t *result = malloc(count * sizeof *result);
  for (size_t k = 0; result != NULL && k < count; k++)
    result[k] = (int16_t)fmax(-32768, fmin(32767, round(ldexp(values[k], exponent))));
  return result;
}

/// Copies the ternary codes; with `frac` not NULL also forms M and S for an output of that format.
static nt_status_t build_matrix(const place_t *at, const char *tensor, const nt_bitlinear_t *from,
                                double step, const uint32_t *frac, nt_qmatrix_t *to) {
  const size_t weights = from->rows * from->cols;
  to->out = (uint32_t)from->rows;
  to->in = (uint32_t)from->cols;
  to->codes = malloc(weights);
  if (to->codes == NULL)
    return no_memory(at, tensor);
  memcpy(to->codes, from->codes, weights);
  if (frac == NULL)
    return NT_OK;
  const double factor = ldexp(step * from->scale, (int)*frac);
  const int shift = full_scale(&factor, 1);
  to->multiplier = (int32_t)lround(ldexp(factor, shift));
  return check_shift(at, tensor, shift, &to->shift);
}

static bool all_ones(const float *weights, size_t count) {
  for (size_t k = 0; k < count; k++)
    if (weights[k] != 1.0F)
      return false;
  return true;
}

/// The outer weights of a site, if its norm has any. `weighted` is the largest y * w1 and `frac`
/// the fraction bits of y; `*exponent` receives wf, by which y' is larger than y * w1.
static nt_status_t build_outer(const place_t *at, const char *tensor, const float *w1,
                               double weighted, uint32_t frac, nt_qnorm_t *to, int *exponent) {
  *exponent = 0;
  if (all_ones(w1, to->inputs))
    return NT_OK;
  double *weights = malloc(to->inputs * sizeof *weights);
  if (weights == NULL)
    return no_memory(at, tensor);
  for (size_t k = 0; k < to->inputs; k++)
    weights[k] = (double)w1[k];
  const int scale = full_scale(weights, to->inputs);
  *exponent = weighted > 0 ? margin_bits(weighted) - (int)frac : 0;
  to->outer = quantise_vector(weights, to->inputs, scale);
  free(weights);
  if (to->outer == NULL)
    return no_memory(at, tensor);
  return check_shift(at, tensor, scale - *exponent, &to->outer_shift);
}

static bool same_codes(const nt_qcodes_t *left, const nt_qcodes_t *right, size_t count) {
  return left->shift == right->shift &&
         memcmp(left->weight, right->weight, count * sizeof *left->weight) == 0;
}

/// Leaves one code vector where all three are the same.
static void share_codes(nt_qnorm_t *norm) {
  if (norm->code_count != 3 || !same_codes(&norm->codes[0], &norm->codes[1], norm->inputs) ||
      !same_codes(&norm->codes[0], &norm->codes[2], norm->inputs))
    return;
  for (size_t p = 1; p < 3; p++) {
    free(norm->codes[p].weight);
    norm->codes[p] = (nt_qcodes_t){0};
  }
  norm->code_count = 1;
}

/// What a site is built from.
typedef struct site_source {
  const char *name;
  const float *outer; // w1 [n]; NULL: no outer norm
  double weighted;    // largest y * w1
  uint32_t frac;      // fraction bits of y, with an outer norm
  uint32_t vectors;   // 1 or 3
  const nt_bitlinear_t *matrices[3];
  const nt_calibrated_codes_t *codes[3];
} site_source_t;

static nt_status_t build_codes(const place_t *at, const site_source_t *from, uint32_t vector,
                               int outer_exponent, nt_qnorm_t *to) {
  const size_t n = to->inputs;
  const float *inner = from->matrices[vector]->norm;
  double *weights = malloc(n * sizeof *weights);
  if (weights == NULL)
    return no_memory(at, from->name);
  const double factor = sqrt(ldexp((double)n, -(int)to->square_shift)) *
                        ldexp(1, outer_exponent - 29 - to->static_exponent) /
                        from->codes[vector]->step;
  for (size_t k = 0; k < n; k++)
    weights[k] = factor * (double)inner[k] * (from->outer != NULL ? (double)from->outer[k] : 1);
  int shift = full_scale(weights, n);
  shift = shift < 62 ? shift : 62;
  to->codes[vector].weight = quantise_vector(weights, n, shift);
  to->code_count = vector + 1;
  free(weights);
  if (to->codes[vector].weight == NULL)
    return no_memory(at, from->name);
  return check_shift(at, from->name, shift, &to->codes[vector].shift);
}

static nt_status_t build_norm(const place_t *at, const site_source_t *from, nt_qnorm_t *to) {
  to->inputs = (uint32_t)from->matrices[0]->cols;
  to->square_shift = nt_qmodel_square_shift(to->inputs);
  to->static_exponent = nt_qmodel_static_exponent(to->inputs);
  int outer_exponent = 0;
  nt_status_t status = NT_OK;
  if (from->outer != NULL)
    status =
        build_outer(at, from->name, from->outer, from->weighted, from->frac, to, &outer_exponent);
  for (uint32_t p = 0; p < from->vectors && status == NT_OK; p++)
    status = build_codes(at, from, p, outer_exponent, to);
  if (status == NT_OK)
    share_codes(to);
  return status;
}

static nt_status_t choose_layer_formats(const place_t *at, const nt_calibrated_layer_t *calibrated,
                                        nt_qlayer_t *to) {
  const struct {
    const char *name;
    double largest;
    uint32_t *frac;
  } formats[] = {{"i", calibrated->i, &to->frac_i},
                 {"f", calibrated->f, &to->frac_f},
                 {"g", calibrated->g, &to->frac_g},
                 {"h", calibrated->h, &to->frac_h},
                 {"gate_up", calibrated->u, &to->frac_u}};
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < sizeof formats / sizeof *formats && status == NT_OK; n++)
    status = choose_format(at, formats[n].name, formats[n].largest, formats[n].frac);
  return status;
}

static nt_status_t build_layer_norms(const place_t *at, const nt_float_layer_t *from,
                                     const nt_calibrated_layer_t *calibrated, uint32_t frac_x,
                                     nt_qlayer_t *to) {
  const struct {
    site_source_t from;
    nt_qnorm_t *to;
  } sites[] = {
      {{.name = "mixer norm",
        .outer = from->attn_norm,
        .weighted = calibrated->x_weighted,
        .frac = frac_x,
        .vectors = 3,
        .matrices = {&from->i, &from->f, &from->g},
        .codes = {&calibrated->i_codes, &calibrated->f_codes, &calibrated->g_codes}},
       &to->mixer_norm},
      {{.name = "o norm", .vectors = 1, .matrices = {&from->o}, .codes = {&calibrated->o_codes}},
       &to->o_norm},
      {{.name = "MLP norm",
        .outer = from->mlp_norm,
        .weighted = calibrated->x_mid_weighted,
        .frac = frac_x,
        .vectors = 1,
        .matrices = {&from->gate},
        .codes = {&calibrated->gate_codes}},
       &to->mlp_norm},
      {{.name = "down norm",
        .vectors = 1,
        .matrices = {&from->down},
        .codes = {&calibrated->down_codes}},
       &to->down_norm}};
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < sizeof sites / sizeof *sites && status == NT_OK; n++)
    status = build_norm(at, &sites[n].from, sites[n].to);
  return status;
}

static nt_status_t build_layer_matrices(const place_t *at, const nt_float_layer_t *from,
                                        const nt_calibrated_layer_t *calibrated, uint32_t frac_x,
                                        nt_qlayer_t *to) {
  const struct {
    const char *name;
    const nt_bitlinear_t *from;
    double step;
    uint32_t frac;
    nt_qmatrix_t *to;
  } matrices[] = {{"i", &from->i, calibrated->i_codes.step, to->frac_i, &to->i},
                  {"f", &from->f, calibrated->f_codes.step, to->frac_f, &to->f},
                  {"g", &from->g, calibrated->g_codes.step, to->frac_g, &to->g},
                  {"o", &from->o, calibrated->o_codes.step, frac_x, &to->o},
                  {"gate_up", &from->gate, calibrated->gate_codes.step, to->frac_u, &to->gate_up},
                  {"down", &from->down, calibrated->down_codes.step, frac_x, &to->down}};
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < sizeof matrices / sizeof *matrices && status == NT_OK; n++)
    status = build_matrix(at, matrices[n].name, matrices[n].from, matrices[n].step,
                          &matrices[n].frac, matrices[n].to);
  return status;
}

/// The weights of g_norm, and the shifts that give v of the mixer and of the MLP their margin.
static nt_status_t build_products(const place_t *at, const nt_float_layer_t *from,
                                  const nt_calibrated_layer_t *calibrated, size_t H,
                                  nt_qlayer_t *to) {
  double *weights = malloc(H * sizeof *weights);
  if (weights == NULL)
    return no_memory(at, "g_norm");
  for (size_t k = 0; k < H; k++)
    weights[k] = (double)from->g_norm[k];
  const int scale = full_scale(weights, H);
  to->gnorm_weight = quantise_vector(weights, H, scale);
  for (size_t k = 0; k < H; k++)
    weights[k] = from->lower_bound != NULL ? from->lower_bound[k] : 0;
  to->lower_bound = quantise_vector(weights, H, 15);
  free(weights);
  if (to->gnorm_weight == NULL || to->lower_bound == NULL)
    return no_memory(at, "g_norm");
  const int v_bits = (int)to->frac_g + (int)to->frac_h + scale;
  const int w_bits = 2 * (int)to->frac_u;
  const int v_shift = calibrated->v > 0 ? v_bits - margin_bits(calibrated->v) : 15;
  const int w_shift = calibrated->w > 0 ? w_bits - margin_bits(calibrated->w) : 15;
  // A product that needs fewer than 16 bits keeps all of them.
  const nt_status_t status =
      check_shift(at, "v of the mixer", v_shift > 0 ? v_shift : 0, &to->v_shift);
  return status != NT_OK ? status
                         : check_shift(at, "v of the MLP", w_shift > 0 ? w_shift : 0, &to->w_shift);
}

static nt_status_t build_layer(const place_t *at, const nt_float_layer_t *from,
                               const nt_calibrated_layer_t *calibrated, const nt_qmodel_t *model,
                               nt_qlayer_t *to) {
  nt_status_t status = choose_layer_formats(at, calibrated, to);
  if (status == NT_OK)
    status = build_layer_norms(at, from, calibrated, model->frac_x, to);
  if (status == NT_OK)
    status = build_layer_matrices(at, from, calibrated, model->frac_x, to);
  if (status == NT_OK)
    status = build_products(at, from, calibrated, model->hidden, to);
  return status;
}

static nt_status_t build_embedding(const place_t *at, const float *embeddings, nt_qmodel_t *model) {
  const size_t values = (size_t)model->vocab * model->hidden;
  model->embedding = malloc(values * sizeof *model->embedding);
  if (model->embedding == NULL)
    return no_memory(at, "embedding");
  for (size_t k = 0; k < values; k++) // within 16 bits: the format of x covers every row
    model->embedding[k] = (int16_t)lround(ldexp((double)embeddings[k], (int)model->frac_x));
  return NT_OK;
}

static nt_status_t build_head(const place_t *at, const nt_float_params_t *params,
                              const nt_calibration_t *calibration, nt_qmodel_t *model) {
  const site_source_t site = {.name = "norm",
                              .outer = params->final_norm,
                              .weighted = calibration->x_weighted,
                              .frac = model->frac_x,
                              .vectors = 1,
                              .matrices = {&params->lm_head},
                              .codes = {&calibration->head_codes}};
  model->logit_scale = calibration->head_codes.step * params->lm_head.scale;
  const nt_status_t status = build_norm(at, &site, &model->head_norm);
  return status != NT_OK ? status
                         : build_matrix(at, "matrix", &params->lm_head,
                                        calibration->head_codes.step, NULL, &model->head);
}

static nt_status_t build_model(const nt_float_params_t *params, const nt_calibration_t *calibration,
                               nt_qmodel_t *model, nt_error_t *err) {
  const nt_model_config_t *config = &params->config;
  model->hidden = config->hidden_size;
  model->intermediate = config->intermediate_size;
  model->layers = config->num_hidden_layers;
  model->vocab = config->vocab_size;
  model->bos = config->bos_token_id >= 0 ? (uint32_t)config->bos_token_id : UINT32_MAX;
  model->eos = config->eos_token_id >= 0 ? (uint32_t)config->eos_token_id : UINT32_MAX;
  place_t at = {.part = "model", .err = err};
  nt_status_t status = choose_format(&at, "residual", calibration->x, &model->frac_x);
  if (status == NT_OK)
    status = build_embedding(&at, params->embeddings, model);
  model->layer = calloc(model->layers, sizeof *model->layer);
  if (status == NT_OK && model->layer == NULL)
    status = no_memory(&at, "layers");
  for (uint32_t l = 0; l < model->layers && status == NT_OK; l++) {
    (void)snprintf(at.part, sizeof at.part, "layer %" PRIu32, l);
    status = build_layer(&at, &params->layers[l], &calibration->layer[l], model, &model->layer[l]);
  }
  (void)snprintf(at.part, sizeof at.part, "head");
  if (status == NT_OK)
    status = build_head(&at, params, calibration, model);
  return status == NT_OK ? nt_qmodel_prove(model, err) : status;
}

nt_quantise_options_t nt_quantise_default(void) {
  return (nt_quantise_options_t){.widths = nt_widths_default(),
                                 .margin = NT_RANGE_MARGIN,
                                 .saturation_max = NT_SATURATION_MAX};
}

nt_status_t nt_quantise(const nt_float_model_t *model, const uint32_t *tokens, size_t count,
                        const nt_quantise_options_t *options, nt_qmodel_t **out,
                        nt_quantise_report_t **report, nt_error_t *err) {
  const nt_quantise_options_t chosen = options != NULL ? *options : nt_quantise_default();
  *out = NULL;
  if (report != NULL)
    *report = NULL;
  nt_calibration_t calibration;
  nt_status_t status = nt_calibrate(model, tokens, count, &calibration, err);
  if (status != NT_OK)
    return status;
  nt_quantise_report_t *made = NULL;
  nt_qmodel_t *qmodel = calloc(1, sizeof *qmodel);
  status = qmodel == NULL ? nt_fail(err, NT_ERR_MEMORY, "no memory for the integer model")
                          : build_model(nt_float_model_params(model), &calibration, qmodel, err);
  if (qmodel != NULL)
    qmodel->widths = chosen.widths;
  if (status == NT_OK)
    status = nt_quantise_report_make(qmodel, &calibration, tokens, count, &made, err);
  nt_calibration_free(&calibration);
  if (status != NT_OK) {
    nt_qmodel_free(qmodel);
    return status;
  }
  *out = qmodel;
  if (report != NULL)
    *report = made;
  else
    nt_quantise_report_free(made);
  return NT_OK;
}
