// SPDX-License-Identifier: Apache-2.0
#include "nt_calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nt_ternary_multiply.h"

// Histograms of |z| have a fixed range, because an inner norm bounds its output:
// |z_k| <= sqrt(n) * |weight_k|.
#define BINS 16384
#define CLIPPED_PART 0.5 // of the accepted share: leaves room for texts other than this one
#define LAYER_VECTORS 6  // i, f, g, o, gate, down

typedef struct histogram {
  double bound; // of |z|
  uint64_t bins[BINS];
} histogram_t;

typedef struct collector {
  const nt_float_params_t *params;
  nt_calibration_t *result;
  histogram_t *histograms; // [layers][LAYER_VECTORS], then the head's
  double *g;               // [H] the last g_pre
} collector_t;

static nt_calibrated_codes_t *codes_of(nt_calibrated_layer_t *layer, size_t vector) {
  nt_calibrated_codes_t *const codes[LAYER_VECTORS] = {&layer->i_codes,    &layer->f_codes,
                                                       &layer->g_codes,    &layer->o_codes,
                                                       &layer->gate_codes, &layer->down_codes};
  return codes[vector];
}

static const nt_bitlinear_t *matrix_of(const nt_float_layer_t *layer, size_t vector) {
  const nt_bitlinear_t *const matrices[LAYER_VECTORS] = {&layer->i, &layer->f,    &layer->g,
                                                         &layer->o, &layer->gate, &layer->down};
  return matrices[vector];
}

static void raise(double *largest, const double *values, size_t count) {
  double found = *largest;
  for (size_t k = 0; k < count; k++)
    found = fabs(values[k]) > found ? fabs(values[k]) : found;
  *largest = found;
}

static void raise_weighted(double *largest, const double *values, const float *weights,
                           size_t count) {
  double found = *largest;
  for (size_t k = 0; k < count; k++) {
    const double weighted = fabs(values[k] * (double)weights[k]);
    found = weighted > found ? weighted : found;
  }
  *largest = found;
}

static void collect_codes(histogram_t *histogram, nt_calibrated_codes_t *codes, const double *z,
                          size_t count) {
  raise(&codes->largest, z, count);
  const double scale = BINS / histogram->bound;
  for (size_t k = 0; k < count; k++) {
    const double bin = fabs(z[k]) * scale;
    histogram->bins[bin < BINS ? (size_t)bin : BINS - 1]++;
  }
}

static void collect_v(const collector_t *in, const nt_float_layer_t *params,
                      nt_calibrated_layer_t *layer, const double *h, size_t count) {
  for (size_t k = 0; k < count; k++) {
    const double v = in->g[k] * h[k] / (1 + exp(-h[k])) * (double)params->g_norm[k];
    layer->v = fmax(layer->v, fabs(v));
  }
}

static void collect_head(const collector_t *in, const char *tensor, const double *values,
                         size_t count) {
  nt_calibration_t *result = in->result;
  if (strcmp(tensor, "x") == 0) {
    raise(&result->x_last, values, count);
    raise_weighted(&result->x_last_weighted, values, in->params->final_norm, count);
  } else if (strcmp(tensor, "lm_head_z") == 0) {
    const size_t last = (size_t)in->params->config.num_hidden_layers * LAYER_VECTORS;
    collect_codes(&in->histograms[last], &result->head_codes, values, count);
  }
}

static void collect_codes_of_layer(const collector_t *in, const char *tensor, unsigned l,
                                   const double *values, size_t count) {
  static const char *const names[LAYER_VECTORS] = {"i_z", "f_z", "g_z", "o_z", "gate_z", "down_z"};
  for (size_t vector = 0; vector < LAYER_VECTORS; vector++)
    if (strcmp(tensor, names[vector]) == 0)
      collect_codes(&in->histograms[l * LAYER_VECTORS + vector],
                    codes_of(&in->result->layer[l], vector), values, count);
}

/// The observer of the float run.
static void collect(void *user, const char *tensor, unsigned l, const double *values,
                    size_t count) {
  const collector_t *in = user;
  if (l == in->params->config.num_hidden_layers) {
    collect_head(in, tensor, values, count);
    return;
  }
  const nt_float_layer_t *params = &in->params->layers[l];
  nt_calibrated_layer_t *layer = &in->result->layer[l];
  const struct {
    const char *tensor;
    double *largest;
  } ranges[] = {{"x", &layer->x},     {"o", &layer->o},     {"x_mid", &layer->x_mid},
                {"mlp", &layer->d},   {"i_pre", &layer->i}, {"f_pre", &layer->f},
                {"g_pre", &layer->g}, {"c", &layer->c},     {"h", &layer->h},
                {"v", &layer->w}};
  for (size_t n = 0; n < sizeof ranges / sizeof *ranges; n++)
    if (strcmp(tensor, ranges[n].tensor) == 0)
      raise(ranges[n].largest, values, count);
  collect_codes_of_layer(in, tensor, l, values, count);
  if (strcmp(tensor, "x") == 0)
    raise_weighted(&layer->x_weighted, values, params->attn_norm, count);
  else if (strcmp(tensor, "x_mid") == 0)
    raise_weighted(&layer->x_mid_weighted, values, params->mlp_norm, count);
  else if (strcmp(tensor, "gate_pre") == 0) {
    raise(&layer->gate, values, count / 2);
    raise(&layer->up, values + count / 2, count / 2);
  } else if (strcmp(tensor, "g_pre") == 0)
    memcpy(in->g, values, count * sizeof *values);
  else if (strcmp(tensor, "h") == 0)
    collect_v(in, params, layer, values, count);
}

/// Sum of the squared errors of codes up to `levels` with `step`; stops once above `limit`.
static double squared_error(const histogram_t *histogram, double levels, double step,
                            double limit) {
  double error = 0;
  for (size_t bin = 0; bin < BINS && error < limit; bin++) {
    if (histogram->bins[bin] == 0)
      continue;
    const double z = ((double)bin + 0.5) * histogram->bound / BINS;
    const double difference = z - step * fmin(levels, floor(z / step + 0.5));
    error += (double)histogram->bins[bin] * difference * difference;
  }
  return error;
}

/// The smallest step that clips no more than a share `clipped` of the values.
static double narrowest_step(const histogram_t *histogram, double levels, double clipped) {
  uint64_t total = 0;
  for (size_t bin = 0; bin < BINS; bin++)
    total += histogram->bins[bin];
  uint64_t above = 0;
  size_t bin = BINS;
  while (bin > 0 && (double)(above + histogram->bins[bin - 1]) <= clipped * (double)total)
    above += histogram->bins[--bin];
  return (double)bin * histogram->bound / BINS / (levels + 0.5);
}

/// The best of the steps from largest / levels, which clips nothing, down to narrowest_step.
static double best_step(const histogram_t *histogram, const nt_quantise_options_t *options,
                        double largest) {
  const double levels = ldexp(1, (int)options->widths.codes - 1) - 1;
  const double clipped = CLIPPED_PART * options->saturation_max;
  const double widest = largest > 0 ? largest / levels : 1 / levels;
  const double narrowest = largest > 0 ? narrowest_step(histogram, levels, clipped) : widest;
  double best = widest;
  double least = squared_error(histogram, levels, best, INFINITY);
  for (double step = widest * 0.98; step > narrowest; step *= 0.98) {
    const double error = squared_error(histogram, levels, step, least);
    if (error < least) {
      least = error;
      best = step;
    }
  }
  return best;
}

static void set_bound(histogram_t *histogram, const nt_bitlinear_t *matrix) {
  double largest = 0;
  for (size_t k = 0; k < matrix->cols; k++)
    largest = fmax(largest, fabs((double)matrix->norm[k]));
  histogram->bound = largest > 0 ? largest * sqrt((double)matrix->cols) : 1;
}

/// The residual into layer 0 is an embedding, and any of them may come.
static void include_embeddings(collector_t *in) {
  const nt_float_params_t *params = in->params;
  const size_t H = params->config.hidden_size;
  nt_calibrated_layer_t *layer = &in->result->layer[0];
  for (size_t token = 0; token < params->config.vocab_size; token++) {
    const float *row = params->embeddings + token * H;
    for (size_t k = 0; k < H; k++) {
      layer->x = fmax(layer->x, fabs((double)row[k]));
      layer->x_weighted =
          fmax(layer->x_weighted, fabs((double)row[k] * (double)params->layers[0].attn_norm[k]));
    }
  }
  in->result->embedding = layer->x;
}

static nt_status_t run_text(const nt_float_model_t *model, collector_t *in, const uint32_t *tokens,
                            size_t count, const nt_listener_t *listener, nt_error_t *err) {
  nt_float_run_t *run;
  double *logits = malloc(NT_BATCH * in->params->config.vocab_size * sizeof *logits);
  nt_status_t status = logits == NULL
                           ? nt_fail(err, NT_ERR_MEMORY, "no memory for the calibration's logits")
                           : nt_float_run_init(model, NT_FLOAT64, &run, err);
  if (status == NT_OK) {
    nt_float_run_observe(run, collect, in);
    for (size_t n = 0; n < count && status == NT_OK; n += NT_BATCH) {
      const size_t batch = count - n < NT_BATCH ? count - n : NT_BATCH;
      status = nt_float_run_tokens(run, tokens + n, batch, logits, err);
      nt_listener_tell(listener, "calibrating", n + batch, count);
    }
    nt_float_run_free(run);
  }
  free(logits);
  return status;
}

static void choose_steps(collector_t *in, const nt_quantise_options_t *options) {
  const size_t layers = in->params->config.num_hidden_layers;
#pragma omp parallel for schedule(dynamic)
  for (size_t n = 0; n < layers * LAYER_VECTORS; n++) {
    nt_calibrated_codes_t *codes =
        codes_of(&in->result->layer[n / LAYER_VECTORS], n % LAYER_VECTORS);
    codes->step = best_step(&in->histograms[n], options, codes->largest);
  }
  nt_calibrated_codes_t *head = &in->result->head_codes;
  head->step = best_step(&in->histograms[layers * LAYER_VECTORS], options, head->largest);
}

nt_status_t nt_calibrate(const nt_float_model_t *model, const uint32_t *tokens, size_t count,
                         const nt_quantise_options_t *options, nt_calibration_t *out,
                         nt_error_t *err) {
  *out = (nt_calibration_t){0};
  if (count == 0)
    return nt_fail(err, NT_ERR_ARG, "no calibration tokens, at least 1 is needed");
  const nt_float_params_t *params = nt_float_model_params(model);
  const size_t layers = params->config.num_hidden_layers;
  collector_t in = {.params = params, .result = out};
  out->layer = calloc(layers, sizeof *out->layer);
  in.g = malloc(params->config.hidden_size * sizeof *in.g);
  in.histograms = calloc(layers * LAYER_VECTORS + 1, sizeof *in.histograms);
  nt_status_t status = NT_OK;
  if (out->layer == NULL || in.g == NULL || in.histograms == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "no memory to calibrate %zu layers", layers);
  } else {
    for (size_t l = 0; l < layers; l++)
      for (size_t vector = 0; vector < LAYER_VECTORS; vector++)
        set_bound(&in.histograms[l * LAYER_VECTORS + vector],
                  matrix_of(&params->layers[l], vector));
    set_bound(&in.histograms[layers * LAYER_VECTORS], &params->lm_head);
    include_embeddings(&in);
    status = run_text(model, &in, tokens, count, options->listener, err);
  }
  if (status == NT_OK)
    choose_steps(&in, options);
  else
    nt_calibration_free(out);
  free(in.g);
  free(in.histograms);
  return status;
}

void nt_calibration_free(nt_calibration_t *calibration) {
  free(calibration->layer);
  calibration->layer = NULL;
}
