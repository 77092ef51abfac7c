// SPDX-License-Identifier: Apache-2.0
#include "nt_quantise_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_ternary_multiply.h"

#define LAYER_MATRICES 6
// A layer has i, f, g, c, h, v, o; gate, up, v, d; and four sites with x or v counted there: twice
// x, outer, sq and codes (three in the mixer), twice sq and codes.
#define LAYER_FORMATS (7 + 4 + 6 + 4 + 2 * 2)
#define HEAD_FORMATS (1 + 4) // the embedding; x, outer, sq, codes of the head

void nt_quantise_report_free(nt_quantise_report_t *report) {
  if (report == NULL)
    return;
  free(report->formats);
  free(report->counters);
  free(report->matrices);
  free(report);
}

nt_quantise_report_t *nt_quantise_report_new(size_t layers) {
  nt_quantise_report_t *report = calloc(1, sizeof *report);
  if (report == NULL)
    return NULL;
  report->formats = calloc(layers * LAYER_FORMATS + HEAD_FORMATS, sizeof *report->formats);
  report->matrices = calloc(layers * LAYER_MATRICES + 1, sizeof *report->matrices);
  if (report->formats == NULL || report->matrices == NULL) {
    nt_quantise_report_free(report);
    return NULL;
  }
  return report;
}

static nt_quantised_format_t *add_format(nt_quantise_report_t *report, uint32_t width,
                                         int32_t fraction, double step, double largest) {
  nt_quantised_format_t *format = &report->formats[report->format_count++];
  format->width = width;
  format->fraction = fraction;
  format->step = step;
  format->largest = largest;
  return format;
}

void nt_quantise_report_format(nt_quantise_report_t *report, const char *place, size_t index,
                               const char *tensor, uint32_t width, int fraction, double largest) {
  nt_quantised_format_t *format = add_format(report, width, fraction, ldexp(1, -fraction), largest);
  (void)snprintf(format->name, sizeof format->name, "%s.%zu.%s", place, index, tensor);
}

void nt_quantise_report_embedding(nt_quantise_report_t *report, uint32_t width, int fraction,
                                  double largest) {
  nt_quantised_format_t *format = add_format(report, width, fraction, ldexp(1, -fraction), largest);
  (void)snprintf(format->name, sizeof format->name, "embedding");
}

void nt_quantise_report_codes(nt_quantise_report_t *report, const char *place, size_t index,
                              uint32_t vector, uint32_t width, double step, double largest) {
  nt_quantised_format_t *format = add_format(report, width, NT_FRACTION_NONE, step, largest);
  (void)snprintf(format->name, sizeof format->name, "%s.%zu.codes_%" PRIu32, place, index, vector);
}

static void add_matrix(nt_quantise_report_t *report, const char *place, size_t l,
                       const char *tensor, const nt_bitlinear_t *matrix) {
  nt_quantised_matrix_t *entry = &report->matrices[report->matrix_count++];
  (void)snprintf(entry->name, sizeof entry->name, "%s.%zu.%s", place, l, tensor);
  entry->weights = (uint64_t)matrix->rows * matrix->cols;
  entry->scale = matrix->scale;
  uint64_t zeros = 0;
  for (size_t k = 0; k < entry->weights; k++)
    zeros += matrix->codes[k] == 0;
  entry->zeros = zeros;
}

void nt_quantise_report_matrices(nt_quantise_report_t *report, const nt_float_params_t *params) {
  const size_t layers = params->config.num_hidden_layers;
  for (size_t l = 0; l < layers; l++) {
    const nt_float_layer_t *layer = &params->layers[l];
    add_matrix(report, "mixer", l, "i", &layer->i);
    add_matrix(report, "mixer", l, "f", &layer->f);
    add_matrix(report, "mixer", l, "g", &layer->g);
    add_matrix(report, "mixer", l, "o", &layer->o);
    add_matrix(report, "mlp", l, "gate_up", &layer->gate);
    add_matrix(report, "mlp", l, "down", &layer->down);
  }
  add_matrix(report, "stage", 2 * layers, "head", &params->lm_head);
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
                                double saturation_max, nt_error_t *err) {
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
    if (share > saturation_max)
      return nt_fail(err, NT_ERR_RANGE,
                     "%s saturates in %" PRIu64 " of %" PRIu64
                     " values of the calibration text, a share of %.2g; allowed %g",
                     counter->name, counter->saturated, counter->values, share, saturation_max);
  }
  report->spike_zeros = (double)zeros / (double)codes;
  return NT_OK;
}

static nt_status_t run_text(nt_integer_model_t *run, const uint32_t *tokens, size_t count,
                            const nt_listener_t *listener, nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (size_t n = 0; n < count && status == NT_OK; n += NT_BATCH) {
    const size_t batch = count - n < NT_BATCH ? count - n : NT_BATCH;
    status = nt_integer_model_tokens(run, tokens + n, batch, NULL, err);
    nt_listener_tell(listener, "checking the integers", n + batch, count);
  }
  return status;
}

nt_status_t nt_quantise_report_check(nt_quantise_report_t *report, const nt_qmodel_t *model,
                                     const uint32_t *tokens, size_t count,
                                     const nt_quantise_options_t *options, nt_error_t *err) {
  nt_integer_model_t *run;
  nt_status_t status = nt_integer_model_open(model, &run, err);
  if (status != NT_OK)
    return status;
  size_t counters;
  (void)nt_integer_model_counters(run, &counters);
  report->tokens = count;
  free(report->counters);
  report->counter_count = 0;
  report->counters = calloc(counters, sizeof *report->counters);
  status = report->counters == NULL
               ? nt_fail(err, NT_ERR_MEMORY, "no memory for the quantiser's report")
               : run_text(run, tokens, count, options->listener, err);
  if (status == NT_OK)
    status = add_counters(report, run, options->saturation_max, err);
  nt_integer_model_close(run);
  return status;
}

size_t nt_quantise_report_rows(const nt_quantise_report_t *report) {
  return report->format_count + report->matrix_count;
}

nt_quantise_row_t nt_quantise_report_row(const nt_quantise_report_t *report, size_t index) {
  if (index >= report->format_count) {
    const nt_quantised_matrix_t *matrix = &report->matrices[index - report->format_count];
    return (nt_quantise_row_t){.name = matrix->name,
                               .ternary = true,
                               .width = 2,
                               .fraction = NT_FRACTION_NONE,
                               .step = matrix->scale,
                               .largest = matrix->scale,
                               .values = matrix->weights,
                               .zeros = matrix->zeros};
  }
  const nt_quantised_format_t *format = &report->formats[index];
  nt_quantise_row_t row = {.name = format->name,
                           .width = format->width,
                           .fraction = format->fraction,
                           .step = format->step,
                           .largest = format->largest};
  for (size_t n = 0; n < report->counter_count; n++)
    if (strcmp(report->counters[n].name, format->name) == 0) {
      row.values = report->counters[n].values;
      row.saturated = report->counters[n].saturated;
      row.zeros = report->counters[n].zeros;
    }
  return row;
}
