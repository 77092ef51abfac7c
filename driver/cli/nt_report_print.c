// SPDX-License-Identifier: Apache-2.0
#include "nt_report_print.h"

#include <inttypes.h>

static void print_unit(FILE *out, const nt_quantise_row_t *row) {
  char text[24];
  if (row->fraction == NT_FRACTION_NONE) {
    (void)snprintf(text, sizeof text, "%.6g", row->step);
  } else {
    (void)snprintf(text, sizeof text, "2^%d", -row->fraction);
  }
  (void)fprintf(out, " %12s", text);
}

static void print_zeros(FILE *out, const nt_quantise_row_t *row) {
  if (row->values == 0) {
    (void)fprintf(out, " %8s\n", "-");
  } else {
    (void)fprintf(out, " %6.2f %%\n", 100 * (double)row->zeros / (double)row->values);
  }
}

static void print_tensors(FILE *out, const nt_quantise_report_t *report) {
  uint64_t values = 0, saturated = 0;
  (void)fprintf(out, "%-20s %5s %12s %12s %12s %10s %8s\n", "tensor", "bits", "unit", "largest",
                "values", "saturated", "zero");
  for (size_t i = 0; i < nt_quantise_report_rows(report); i++) {
    const nt_quantise_row_t row = nt_quantise_report_row(report, i);
    if (row.ternary) {
      continue;
    }
    (void)fprintf(out, "%-20s %5" PRIu32, row.name, row.width);
    print_unit(out, &row);
    (void)fprintf(out, " %12.5g %12" PRIu64 " %10" PRIu64, row.largest, row.values, row.saturated);
    print_zeros(out, &row);
    values += row.values;
    saturated += row.saturated;
  }
  (void)fprintf(out, "%-20s %44" PRIu64 " %10" PRIu64 "\n\n", "all", values, saturated);
}

static void print_matrices(FILE *out, const nt_quantise_report_t *report) {
  (void)fprintf(out, "%-20s %12s %12s %8s\n", "ternary matrix", "scale", "weights", "zero");
  for (size_t i = 0; i < nt_quantise_report_rows(report); i++) {
    const nt_quantise_row_t row = nt_quantise_report_row(report, i);
    if (row.ternary) {
      (void)fprintf(out, "%-20s %12.6g %12" PRIu64, row.name, row.step, row.values);
      print_zeros(out, &row);
    }
  }
}

void nt_report_print(FILE *out, const nt_quantise_report_t *report) {
  print_tensors(out, report);
  print_matrices(out, report);
  (void)fprintf(
      out,
      "\ncalibrated on %zu tokens; %.1f %% of the ternary weights and %.1f %% of the code "
      "spikes are zero\n",
      report->tokens, 100 * report->weight_zeros, 100 * report->spike_zeros);
}

static cJSON *json_row(const nt_quantise_row_t *row) {
  cJSON *item = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(item, "name", row->name);
  (void)cJSON_AddNumberToObject(item, "width", row->width);
  if (row->fraction != NT_FRACTION_NONE) {
    (void)cJSON_AddNumberToObject(item, "fraction", row->fraction);
  }
  (void)cJSON_AddNumberToObject(item, "step", row->step);
  (void)cJSON_AddNumberToObject(item, "largest", row->largest);
  (void)cJSON_AddNumberToObject(item, "values", (double)row->values);
  (void)cJSON_AddNumberToObject(item, "saturated", (double)row->saturated);
  (void)cJSON_AddNumberToObject(item, "zeros", (double)row->zeros);
  return item;
}

cJSON *nt_report_json(const nt_quantise_report_t *report) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddNumberToObject(root, "calibration_tokens", (double)report->tokens);
  (void)cJSON_AddNumberToObject(root, "weight_zeros", report->weight_zeros);
  (void)cJSON_AddNumberToObject(root, "spike_zeros", report->spike_zeros);
  cJSON *tensors = cJSON_AddArrayToObject(root, "tensors");
  cJSON *matrices = cJSON_AddArrayToObject(root, "matrices");
  for (size_t i = 0; i < nt_quantise_report_rows(report); i++) {
    const nt_quantise_row_t row = nt_quantise_report_row(report, i);
    (void)cJSON_AddItemToArray(row.ternary ? matrices : tensors, json_row(&row));
  }
  return root;
}
