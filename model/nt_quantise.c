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

#define FRACTION_MAX 15
#define MARGIN_MAX 1024.0
#define OUTER_BITS 16 // of y', and of the operands of a product

/// Where a value goes: names for errors and for the report. `err` may be NULL.
typedef struct place {
  char part[24]; // "layer 3", "head"
  size_t layer;  // layers: the head
  const nt_quantise_options_t *options;
  nt_quantise_report_t *report;
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

/// Most fraction bits with which margin * largest is below 2^(width - 1).
static int margin_bits(const place_t *at, double largest, uint32_t width) {
  int exponent = 0; // margin * largest < 2^exponent
  (void)frexp(at->options->margin * largest, &exponent);
  return (int)width - 1 - exponent;
}

/// Fraction bits of a tensor, `smallest` to `most`; the most for a tensor that is zero.
static nt_status_t choose_format(const place_t *at, const char *tensor, double largest,
                                 uint32_t width, uint32_t smallest, uint32_t most, uint32_t *frac) {
  const int bits = largest > 0 ? margin_bits(at, largest, width) : (int)most;
  if (bits < (int)smallest)
    return nt_fail(at->err, NT_ERR_RANGE,
                   "%s, %s: the largest magnitude is %g, %" PRIu32
                   " bits with a margin of %g hold at most %g",
                   at->part, tensor, largest, width, at->options->margin,
                   ldexp(1, (int)width - 1 - (int)smallest) / at->options->margin);
  *frac = (uint32_t)bits < most ? (uint32_t)bits : most;
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

/// Takes over the ternary codes, which are in the store that both models hold; with `frac` not NULL
/// also forms M and S for an output of that format.
static nt_status_t build_matrix(const place_t *at, const char *tensor, const nt_bitlinear_t *from,
                                const nt_float_params_t *params, double step, const uint32_t *frac,
                                nt_qmatrix_t *to) {
  to->out = (uint32_t)from->rows;
  to->in = (uint32_t)from->cols;
  to->codes = nt_ternary_store_codes(params->ternary) +
              (from->codes - nt_ternary_store_codes(params->ternary));
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
                               double weighted, int frac, nt_qnorm_t *to, int *exponent) {
  *exponent = 0;
  if (all_ones(w1, to->inputs))
    return NT_OK;
  double *weights = malloc(to->inputs * sizeof *weights);
  if (weights == NULL)
    return no_memory(at, tensor);
  for (size_t k = 0; k < to->inputs; k++)
    weights[k] = (double)w1[k];
  const int scale = full_scale(weights, to->inputs);
  *exponent = weighted > 0 ? margin_bits(at, weighted, OUTER_BITS) - frac : 0;
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
  const char *name;  // for errors
  const char *place; // for the report, with index
  size_t index;
  const float *outer; // w1 [n]; NULL: no outer norm
  double largest;     // y
  double weighted;    // y * w1
  int frac;           // fraction bits of y
  uint32_t width;     // of y
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

/// The smallest ss for the calibrated y' and its margin.
static uint32_t choose_square_shift(const place_t *at, const nt_qnorm_t *norm, double largest,
                                    int frac, uint32_t width) {
  const double units = ceil(ldexp(at->options->margin * largest, frac));
  return nt_qmodel_square_shift(norm->inputs, (uint32_t)fmin(units, ldexp(1, (int)width - 1)));
}

static void report_site(const place_t *at, const site_source_t *from, const nt_qnorm_t *norm,
                        int outer_exponent) {
  const int frac = from->frac + outer_exponent;
  const double largest = norm->outer != NULL ? from->weighted : from->largest;
  if (norm->outer != NULL)
    nt_quantise_report_format(at->report, from->place, from->index, "outer", OUTER_BITS, frac,
                              largest);
  nt_quantise_report_format(at->report, from->place, from->index, "sq",
                            nt_qmodel_square_bits(norm->inputs), 2 * frac - (int)norm->square_shift,
                            largest * largest);
  for (uint32_t p = 0; p < norm->code_count; p++)
    nt_quantise_report_codes(at->report, from->place, from->index, p, at->options->widths.codes,
                             from->codes[p]->step, from->codes[p]->largest);
}

static nt_status_t build_norm(const place_t *at, const site_source_t *from, nt_qnorm_t *to) {
  to->inputs = (uint32_t)from->matrices[0]->cols;
  to->static_exponent = nt_qmodel_static_exponent(to->inputs);
  int outer_exponent = 0;
  nt_status_t status = NT_OK;
  if (from->outer != NULL)
    status =
        build_outer(at, from->name, from->outer, from->weighted, from->frac, to, &outer_exponent);
  to->square_shift =
      to->outer != NULL
          ? choose_square_shift(at, to, from->weighted, from->frac + outer_exponent, OUTER_BITS)
          : choose_square_shift(at, to, from->largest, from->frac, from->width);
  for (uint32_t p = 0; p < from->vectors && status == NT_OK; p++)
    status = build_codes(at, from, p, outer_exponent, to);
  if (status == NT_OK) {
    share_codes(to);
    report_site(at, from, to, outer_exponent);
  }
  return status;
}

/// A tensor of the layer for the report.
static void report_tensor(const place_t *at, const char *place, size_t index, const char *tensor,
                          uint32_t width, uint32_t frac, double largest) {
  nt_quantise_report_format(at->report, place, index, tensor, width, (int)frac, largest);
}

static nt_status_t choose_layer_formats(const place_t *at, const nt_calibrated_layer_t *calibrated,
                                        nt_qlayer_t *to) {
  const nt_widths_t *widths = &at->options->widths;
  const struct {
    const char *name;
    double largest;
    uint32_t *frac;
  } formats[] = {{"i", calibrated->i, &to->frac_i},
                 {"f", calibrated->f, &to->frac_f},
                 {"g", calibrated->g, &to->frac_g},
                 {"gate_up", fmax(calibrated->gate, calibrated->up), &to->frac_u}};
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < sizeof formats / sizeof *formats && status == NT_OK; n++)
    status = choose_format(at, formats[n].name, formats[n].largest, widths->pre, 1, FRACTION_MAX,
                           formats[n].frac);
  // b, the silu of h, has 1..15 fraction bits.
  const uint32_t extra = nt_widths_h_extra(widths);
  return status != NT_OK ? status
                         : choose_format(at, "h", fmax(calibrated->c, calibrated->h), widths->h,
                                         1 + extra, FRACTION_MAX + extra, &to->frac_h);
}

/// The two sites of the mixer; `frac_v` are the fraction bits of v.
static nt_status_t build_mixer_norms(const place_t *at, const nt_float_layer_t *from,
                                     const nt_calibrated_layer_t *calibrated, uint32_t frac_x,
                                     int frac_v, nt_qlayer_t *to) {
  const nt_widths_t *widths = &at->options->widths;
  const site_source_t input = {
      .name = "mixer norm",
      .place = "stage",
      .index = 2 * at->layer,
      .outer = from->attn_norm,
      .largest = calibrated->x,
      .weighted = calibrated->x_weighted,
      .frac = (int)frac_x,
      .width = widths->x,
      .vectors = 3,
      .matrices = {&from->i, &from->f, &from->g},
      .codes = {&calibrated->i_codes, &calibrated->f_codes, &calibrated->g_codes}};
  const site_source_t output = {.name = "o norm",
                                .place = "mixer",
                                .index = at->layer,
                                .largest = calibrated->v,
                                .frac = frac_v,
                                .width = widths->v,
                                .vectors = 1,
                                .matrices = {&from->o},
                                .codes = {&calibrated->o_codes}};
  report_tensor(at, "stage", input.index, "x", widths->x, frac_x, calibrated->x);
  nt_status_t status = build_norm(at, &input, &to->mixer_norm);
  report_tensor(at, "mixer", at->layer, "i", widths->pre, to->frac_i, calibrated->i);
  report_tensor(at, "mixer", at->layer, "f", widths->pre, to->frac_f, calibrated->f);
  report_tensor(at, "mixer", at->layer, "g", widths->pre, to->frac_g, calibrated->g);
  report_tensor(at, "mixer", at->layer, "c", widths->h, to->frac_h, calibrated->c);
  report_tensor(at, "mixer", at->layer, "h", widths->h, to->frac_h, calibrated->h);
  nt_quantise_report_format(at->report, "mixer", at->layer, "v", widths->v, frac_v, calibrated->v);
  if (status == NT_OK)
    status = build_norm(at, &output, &to->o_norm);
  report_tensor(at, "mixer", at->layer, "o", widths->x, frac_x, calibrated->o);
  return status;
}

/// The two sites of the MLP; `frac_v` are the fraction bits of its v.
static nt_status_t build_mlp_norms(const place_t *at, const nt_float_layer_t *from,
                                   const nt_calibrated_layer_t *calibrated, uint32_t frac_x,
                                   int frac_v, nt_qlayer_t *to) {
  const nt_widths_t *widths = &at->options->widths;
  const site_source_t input = {.name = "MLP norm",
                               .place = "stage",
                               .index = 2 * at->layer + 1,
                               .outer = from->mlp_norm,
                               .largest = calibrated->x_mid,
                               .weighted = calibrated->x_mid_weighted,
                               .frac = (int)frac_x,
                               .width = widths->x,
                               .vectors = 1,
                               .matrices = {&from->gate},
                               .codes = {&calibrated->gate_codes}};
  const site_source_t output = {.name = "down norm",
                                .place = "mlp",
                                .index = at->layer,
                                .largest = calibrated->w,
                                .frac = frac_v,
                                .width = widths->v,
                                .vectors = 1,
                                .matrices = {&from->down},
                                .codes = {&calibrated->down_codes}};
  report_tensor(at, "stage", input.index, "x", widths->x, frac_x, calibrated->x_mid);
  nt_status_t status = build_norm(at, &input, &to->mlp_norm);
  report_tensor(at, "mlp", at->layer, "gate", widths->pre, to->frac_u, calibrated->gate);
  report_tensor(at, "mlp", at->layer, "up", widths->pre, to->frac_u, calibrated->up);
  nt_quantise_report_format(at->report, "mlp", at->layer, "v", widths->v, frac_v, calibrated->w);
  if (status == NT_OK)
    status = build_norm(at, &output, &to->down_norm);
  report_tensor(at, "mlp", at->layer, "d", widths->x, frac_x, calibrated->d);
  return status;
}

static nt_status_t build_layer_matrices(const place_t *at, const nt_float_layer_t *from,
                                        const nt_float_params_t *params,
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
    status = build_matrix(at, matrices[n].name, matrices[n].from, params, matrices[n].step,
                          &matrices[n].frac, matrices[n].to);
  return status;
}

/// The shift after a product with `bits` fraction bits, so that the result has the margin;
/// `*frac` receives its fraction bits. A product that needs fewer bits than the width keeps all.
static nt_status_t choose_product(const place_t *at, const char *tensor, double largest, int bits,
                                  uint32_t *shift, int *frac) {
  const int needed = largest > 0 ? bits - margin_bits(at, largest, at->options->widths.v) : 15;
  const nt_status_t status = check_shift(at, tensor, needed > 0 ? needed : 0, shift);
  *frac = bits - (int)*shift;
  return status;
}

/// The weights of g_norm, and the formats of v of the mixer and of the MLP.
static nt_status_t build_products(const place_t *at, const nt_float_layer_t *from,
                                  const nt_calibrated_layer_t *calibrated, size_t H,
                                  nt_qlayer_t *to, int *frac_v, int *frac_w) {
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
  const int frac_b = (int)to->frac_h - (int)nt_widths_h_extra(&at->options->widths);
  const nt_status_t status = choose_product(at, "v of the mixer", calibrated->v,
                                            (int)to->frac_g + frac_b + scale, &to->v_shift, frac_v);
  return status != NT_OK ? status
                         : choose_product(at, "v of the MLP", calibrated->w, 2 * (int)to->frac_u,
                                          &to->w_shift, frac_w);
}

static nt_status_t build_layer(const place_t *at, const nt_float_params_t *params,
                               const nt_calibrated_layer_t *calibrated, const nt_qmodel_t *model,
                               nt_qlayer_t *to) {
  const nt_float_layer_t *from = &params->layers[at->layer];
  int frac_v = 0;
  int frac_w = 0;
  nt_status_t status = choose_layer_formats(at, calibrated, to);
  if (status == NT_OK)
    status = build_products(at, from, calibrated, model->hidden, to, &frac_v, &frac_w);
  if (status == NT_OK)
    status = build_mixer_norms(at, from, calibrated, model->frac_x, frac_v, to);
  if (status == NT_OK)
    status = build_mlp_norms(at, from, calibrated, model->frac_x, frac_w, to);
  if (status == NT_OK)
    status = build_layer_matrices(at, from, params, calibrated, model->frac_x, to);
  return status;
}

static nt_status_t build_embedding(const place_t *at, const float *embeddings, nt_qmodel_t *model) {
  const size_t values = (size_t)model->vocab * model->hidden;
  const double limit = ldexp(1, (int)model->widths.x - 1);
  model->embedding = malloc(values * sizeof *model->embedding);
  if (model->embedding == NULL)
    return no_memory(at, "embedding");
  // The format of x covers every row; without a margin the largest value may still round up to it.
  for (size_t k = 0; k < values; k++)
    model->embedding[k] =
        (int16_t)fmin(limit - 1, round(ldexp((double)embeddings[k], (int)model->frac_x)));
  return NT_OK;
}

static nt_status_t build_head(const place_t *at, const nt_float_params_t *params,
                              const nt_calibration_t *calibration, nt_qmodel_t *model) {
  const uint32_t width = at->options->widths.x;
  const site_source_t site = {.name = "norm",
                              .place = "stage",
                              .index = 2 * at->layer,
                              .outer = params->final_norm,
                              .largest = calibration->x_last,
                              .weighted = calibration->x_last_weighted,
                              .frac = (int)model->frac_x,
                              .width = width,
                              .vectors = 1,
                              .matrices = {&params->lm_head},
                              .codes = {&calibration->head_codes}};
  report_tensor(at, "stage", site.index, "x", width, model->frac_x, calibration->x_last);
  model->logit_scale = calibration->head_codes.step * params->lm_head.scale;
  const nt_status_t status = build_norm(at, &site, &model->head_norm);
  return status != NT_OK ? status
                         : build_matrix(at, "matrix", &params->lm_head, params,
                                        calibration->head_codes.step, NULL, &model->head);
}

/// The residual has one format: the largest of it anywhere, and of what is added to it.
static double largest_residual(const nt_calibration_t *calibration, size_t layers) {
  double largest = calibration->x_last;
  for (size_t l = 0; l < layers; l++) {
    const nt_calibrated_layer_t *layer = &calibration->layer[l];
    largest = fmax(largest, fmax(fmax(layer->x, layer->x_mid), fmax(layer->o, layer->d)));
  }
  return largest;
}

static nt_status_t build_model(const nt_float_params_t *params, const nt_calibration_t *calibration,
                               const nt_quantise_options_t *options, nt_qmodel_t *model,
                               nt_quantise_report_t *report, nt_error_t *err) {
  const nt_model_config_t *config = &params->config;
  model->hidden = config->hidden_size;
  model->intermediate = config->intermediate_size;
  model->layers = config->num_hidden_layers;
  model->vocab = config->vocab_size;
  model->bos = config->bos_token_id >= 0 ? (uint32_t)config->bos_token_id : UINT32_MAX;
  model->eos = config->eos_token_id >= 0 ? (uint32_t)config->eos_token_id : UINT32_MAX;
  model->widths = options->widths;
  model->ternary = nt_ternary_store_share(params->ternary);
  place_t at = {.part = "model", .options = options, .report = report, .err = err};
  nt_status_t status = choose_format(&at, "residual", largest_residual(calibration, model->layers),
                                     options->widths.x, 1, FRACTION_MAX, &model->frac_x);
  if (status == NT_OK)
    status = build_embedding(&at, params->embeddings, model);
  nt_quantise_report_embedding(report, options->widths.x, (int)model->frac_x,
                               calibration->embedding);
  model->layer = calloc(model->layers, sizeof *model->layer);
  if (status == NT_OK && model->layer == NULL)
    status = no_memory(&at, "layers");
  for (uint32_t l = 0; l < model->layers && status == NT_OK; l++) {
    (void)snprintf(at.part, sizeof at.part, "layer %" PRIu32, l);
    at.layer = l;
    status = build_layer(&at, params, &calibration->layer[l], model, &model->layer[l]);
  }
  (void)snprintf(at.part, sizeof at.part, "head");
  at.layer = model->layers;
  if (status == NT_OK)
    status = build_head(&at, params, calibration, model);
  return status == NT_OK ? nt_qmodel_prove(model, err) : status;
}

nt_quantise_options_t nt_quantise_default(void) {
  return (nt_quantise_options_t){.widths = nt_widths_default(),
                                 .margin = NT_RANGE_MARGIN,
                                 .saturation_max = NT_SATURATION_MAX};
}

static nt_status_t check_options(const nt_quantise_options_t *options, nt_error_t *err) {
  if (!(options->margin >= 1 && options->margin <= MARGIN_MAX))
    return nt_fail(err, NT_ERR_RANGE, "range margin %g, allowed 1..%g", options->margin,
                   MARGIN_MAX);
  if (!(options->saturation_max >= 0 && options->saturation_max <= 1))
    return nt_fail(err, NT_ERR_RANGE, "accepted share of saturated values %g, allowed 0..1",
                   options->saturation_max);
  return nt_widths_check(&options->widths, err);
}

nt_status_t nt_quantise(const nt_float_model_t *model, const uint32_t *tokens, size_t count,
                        const nt_quantise_options_t *options, nt_qmodel_t **out,
                        nt_quantise_report_t **report, nt_error_t *err) {
  const nt_quantise_options_t chosen = options != NULL ? *options : nt_quantise_default();
  const nt_float_params_t *params = nt_float_model_params(model);
  *out = NULL;
  if (report != NULL)
    *report = NULL;
  nt_calibration_t calibration = {0};
  nt_quantise_report_t *made = nt_quantise_report_new(params->config.num_hidden_layers);
  nt_qmodel_t *qmodel = calloc(1, sizeof *qmodel);
  nt_status_t status = made != NULL && qmodel != NULL
                           ? check_options(&chosen, err)
                           : nt_fail(err, NT_ERR_MEMORY, "no memory for the integer model");
  if (status == NT_OK)
    status = nt_calibrate(model, tokens, count, &chosen, &calibration, err);
  if (status == NT_OK)
    status = build_model(params, &calibration, &chosen, qmodel, made, err);
  if (status == NT_OK) {
    nt_quantise_report_matrices(made, params);
    status = nt_quantise_report_check(made, qmodel, tokens, count, &chosen, err);
  }
  nt_calibration_free(&calibration);
  if (status == NT_OK && report != NULL)
    *report = made;
  else
    nt_quantise_report_free(made);
  if (status == NT_OK)
    *out = qmodel;
  else
    nt_qmodel_free(qmodel);
  return status;
}
