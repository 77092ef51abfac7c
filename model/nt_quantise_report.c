// SPDX-License-Identifier: Apache-2.0
#include "nt_quantise_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYER_MATRICES 6
#define LAYER_FORMATS 11 // i, f, g, h, gate_up, six code vectors

void nt_quantise_report_free(nt_quantise_report_t *report) {
  if (report == NULL)
    return;
  free(report->formats);
  free(report->counters);
  free(report->matrices);
  free(report);
}

static void add_format(nt_quantise_report_t *report, const char *name, double largest,
                       uint32_t frac) {
  nt_quantised_format_t *format = &report->formats[report->format_count++];
  (void)snprintf(format->name, sizeof format->name, "%s", name);
  format->largest = largest;
  format->step = ldexp(1, -(int)frac);
}

static void add_layer_format(nt_quantise_report_t *report, const char *place, size_t l,
                             const char *tensor, double largest, uint32_t frac) {
  char name[NT_INTEGER_NAME_MAX];
  (void)snprintf(name, sizeof name, "%s.%zu.%s", place, l, tensor);
  add_format(report, name, largest, frac);
}

static void add_codes(nt_quantise_report_t *report, const char *place, size_t index, size_t vector,
                      const nt_calibrated_codes_t *codes) {
  nt_quantised_format_t *format = &report->formats[report->format_count++];
  (void)snprintf(format->name, sizeof format->name, "%s.%zu.codes_%zu", place, index, vector);
  format->largest = codes->largest;
  format->step = codes->step;
}

static void add_formats(nt_quantise_report_t *report, const nt_qmodel_t *model,
                        const nt_calibration_t *calibration) {
  add_format(report, "x", calibration->x, model->frac_x);
  for (size_t l = 0; l < model->layers; l++) {
    const nt_calibrated_layer_t *layer = &calibration->layer[l];
    const nt_qlayer_t *formats = &model->layer[l];
    add_codes(report, "stage", 2 * l, 0, &layer->i_codes);
    if (formats->mixer_norm.code_count == 3) {
      add_codes(report, "stage", 2 * l, 1, &layer->f_codes);
      add_codes(report, "stage", 2 * l, 2, &layer->g_codes);
    }
    add_layer_format(report, "mixer", l, "i", layer->i, formats->frac_i);
    add_layer_format(report, "mixer", l, "f", layer->f, formats->frac_f);
    add_layer_format(report, "mixer", l, "g", layer->g, formats->frac_g);
    add_layer_format(report, "mixer", l, "h", layer->h, formats->frac_h);
    add_codes(report, "mixer", l, 0, &layer->o_codes);
    add_codes(report, "stage", 2 * l + 1, 0, &layer->gate_codes);
    add_layer_format(report, "mlp", l, "gate_up", layer->u, formats->frac_u);
    add_codes(report, "mlp", l, 0, &layer->down_codes);
  }
  add_codes(report, "stage", 2 * (size_t)model->layers, 0, &calibration->head_codes);
}

static void add_matrix(nt_quantise_report_t *report, const char *place, size_t l,
                       const char *tensor, const nt_qmatrix_t *matrix) {
  nt_quantised_matrix_t *entry = &report->matrices[report->matrix_count++];
  (void)snprintf(entry->name, sizeof entry->name, "%s.%zu.%s", place, l, tensor);
  entry->weights = (uint64_t)matrix->out * matrix->in;
  for (size_t k = 0; k < entry->weights; k++)
    entry->zeros += matrix->codes[k] == 0;
}

static void add_matrices(nt_quantise_report_t *report, const nt_qmodel_t *model) {
  for (size_t l = 0; l < model->layers; l++) {
    const nt_qlayer_t *layer = &model->layer[l];
    add_matrix(report, "mixer", l, "i", &layer->i);
    add_matrix(report, "mixer", l, "f", &layer->f);
    add_matrix(report, "mixer", l, "g", &layer->g);
    add_matrix(report, "mixer", l, "o", &layer->o);
    add_matrix(report, "mlp", l, "gate_up", &layer->gate_up);
    add_matrix(report, "mlp", l, "down", &layer->down);
  }
  add_matrix(report, "stage", 2 * (size_t)model->layers, "head", &model->head);
  uint64_t weights = 0;
  uint64_t zeros = 0;
  for (size_t n = 0; n < report->matrix_count; n++) {
    weights += report->matrices[n].weights;
    zeros += report->matrices[n].zeros;
  }
  report->weight_zeros = (double)zeros / (double)weights;
}

/// Keeps the counters in use and judges them.
static nt_status_t add_counters(nt_quantise_report_t *report, const nt_integer_model_t *run,
                                nt_error_t *err) {
  size_t count;
  const nt_integer_counter_t *counters = nt_integer_model_counters(run, &count);
  uint64_t codes = 0;
  uint64_t zeros = 0;
  for (size_t n = 0; n < count; n++) {
    const nt_integer_counter_t *counter = &counters[n];
    if (counter->values == 0)
      continue;
    report->counters[report->counter_count++] = *counter;
    if (strstr(counter->name, ".codes_") != NULL) {
      codes += counter->values;
      zeros += counter->zeros;
    }
    const double share = (double)counter->saturated / (double)counter->values;
    if (share > NT_SATURATION_MAX)
      return nt_fail(err, NT_ERR_RANGE,
                     "%s saturates in %" PRIu64 " of %" PRIu64
                     " values of the calibration text, a share of %.2g; allowed %g",
                     counter->name, counter->saturated, counter->values, share, NT_SATURATION_MAX);
  }
  report->spike_zeros = (double)zeros / (double)codes;
  return NT_OK;
}

static nt_status_t run_text(nt_integer_model_t *run, const uint32_t *tokens, size_t count,
                            nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < count && status == NT_OK; n++)
    status = nt_integer_model_step(run, tokens[n], NULL, err);
  return status;
}

nt_status_t nt_quantise_report_make(const nt_qmodel_t *model, const nt_calibration_t *calibration,
                                    const uint32_t *tokens, size_t count,
                                    nt_quantise_report_t **out, nt_error_t *err) {
  *out = NULL;
  nt_integer_model_t *run;
  nt_status_t status = nt_integer_model_open(model, &run, err);
  if (status != NT_OK)
    return status;
  size_t counters;
  (void)nt_integer_model_counters(run, &counters);
  nt_quantise_report_t *report = calloc(1, sizeof *report);
  if (report != NULL) {
    report->tokens = count;
    report->formats = calloc(model->layers * LAYER_FORMATS + 2, sizeof *report->formats);
    report->counters = calloc(counters, sizeof *report->counters);
    report->matrices = calloc(model->layers * LAYER_MATRICES + 1, sizeof *report->matrices);
  }
  if (report == NULL || report->formats == NULL || report->counters == NULL ||
      report->matrices == NULL)
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for the quantiser's report");
  else
    status = run_text(run, tokens, count, err);
  if (status == NT_OK) {
    add_formats(report, model, calibration);
    add_matrices(report, model);
    status = add_counters(report, run, err);
  }
  nt_integer_model_close(run);
  if (status != NT_OK) {
    nt_quantise_report_free(report);
    return status;
  }
  *out = report;
  return NT_OK;
}
