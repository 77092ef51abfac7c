// SPDX-License-Identifier: Apache-2.0
// neurotile sweep: perplexity of the integer model for other widths and margins than the default,
// one varied at a time (docs/accuracy.md).
#include "nt_bundle.h"
#include "nt_commands.h"
#include "nt_eval_source.h"
#include "nt_evaluate.h"
#include "nt_json_file.h"
#include "nt_progress_listener.h"
#include "nt_quantise.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 8192, VALUES_MAX = 7, PATH_LENGTH = 4096 };

// What is varied, and the values it takes, up to the first 0.
typedef struct series {
  const char *name;
  size_t offset; // of a width in nt_widths_t; of the margin: unused
  double values[VALUES_MAX + 1];
} series_t;

static const char MARGIN[] = "margin";
static const series_t all_series[] = {
    {"x", offsetof(nt_widths_t, x), {16, 14, 12, 10, 8}},
    {"pre", offsetof(nt_widths_t, pre), {16, 14, 12, 10, 8}},
    {"h", offsetof(nt_widths_t, h), {24, 20, 16, 14, 12, 10, 8}},
    {"v", offsetof(nt_widths_t, v), {16, 14, 12, 10, 8}},
    {"codes", offsetof(nt_widths_t, codes), {8, 7, 6, 5, 4}},
    {MARGIN, 0, {1, 1.5, 2, 4}},
};
enum {
  SERIES = sizeof all_series / sizeof all_series[0],
  ROWS_MAX = SERIES * VALUES_MAX,
};

typedef struct row {
  const series_t *series;
  double value;
  bool is_default;
  nt_quantise_options_t options;
  nt_perplexity_t sum;
  nt_status_t status; // NT_ERR_RANGE: this network cannot be represented
  nt_error_t err;
} row_t;

typedef struct sweep {
  nt_eval_model_t model;
  nt_eval_text_t text, calibration;
  nt_perplexity_t reference;
  row_t standard; // all defaults
  row_t rows[ROWS_MAX];
  int count;
} sweep_t;

static void list_rows(sweep_t *s) {
  s->standard.options = nt_quantise_default();
  for (int n = 0; n < SERIES; n++) {
    for (const double *value = all_series[n].values; *value != 0; value++) {
      row_t *row = &s->rows[s->count++];
      *row = (row_t){.series = &all_series[n], .value = *value, .options = nt_quantise_default()};
      if (all_series[n].name == MARGIN) {
        row->is_default = row->options.margin == *value;
        row->options.margin = *value;
      } else {
        uint32_t *width = (uint32_t *)(void *)((char *)&row->options.widths + all_series[n].offset);
        row->is_default = *width == (uint32_t)*value;
        *width = (uint32_t)*value;
      }
    }
  }
}

// Quantises as the row says and evaluates.
static void run_row(const sweep_t *s, row_t *row) {
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64};
  nt_qmodel_t *qmodel = NULL;
  nt_evaluation_t found = {.window = NULL};
  row->status = nt_quantise(s->model.reference, s->calibration.tokens, s->calibration.count + 1,
                            &row->options, &qmodel, NULL, &row->err);
  if (row->status == NT_OK) {
    row->status =
        nt_evaluate(NULL, qmodel, s->text.tokens, s->text.count + 1, &options, &found, &row->err);
    row->sum = found.integer;
  }
  nt_evaluation_free(&found);
  nt_qmodel_free(qmodel);
}

static nt_status_t run_rows(sweep_t *s, const nt_listener_t *listener, nt_error_t *err) {
  row_t *work[ROWS_MAX + 1] = {&s->standard};
  int jobs = 1, done = 0;
  for (int n = 0; n < s->count; n++) {
    if (!s->rows[n].is_default) {
      work[jobs++] = &s->rows[n];
    }
  }
#pragma omp parallel for schedule(dynamic, 1)
  for (int n = 0; n < jobs; n++) {
    run_row(s, work[n]);
#pragma omp critical(nt_sweep_progress)
    nt_listener_tell(listener, "settings", (uint64_t)++done, (uint64_t)jobs);
  }
  for (int n = 0; n < jobs; n++) { // anything but a network out of range ends the sweep
    if (work[n]->status != NT_OK && (work[n]->status != NT_ERR_RANGE || n == 0)) {
      return nt_fail(err, work[n]->status, "%s", work[n]->err.text);
    }
  }
  for (int n = 0; n < s->count; n++) {
    if (s->rows[n].is_default) {
      s->rows[n].sum = s->standard.sum;
    }
  }
  return NT_OK;
}

static nt_status_t open_sweep(sweep_t *s, const nt_options_t *options, nt_error_t *err) {
  char path[PATH_LENGTH];
  const size_t limit = options->tokens == UINT64_MAX ? DEFAULT_TOKENS : (size_t)options->tokens;
  if ((size_t)snprintf(path, sizeof path, "%s/calibration.txt", options->model) >= sizeof path) {
    return nt_fail(err, NT_ERR_ARG, "option --model: the path is longer than %d characters",
                   PATH_LENGTH);
  }
  nt_status_t status = nt_eval_model_open(options, true, &s->model, err);
  if (status == NT_OK) {
    status = nt_eval_text_read(s->model.tokenizer, options->text, limit, &s->text, err);
  }
  return status == NT_OK ? nt_eval_text_read(s->model.tokenizer, path, NT_CALIBRATION_TOKENS - 1,
                                             &s->calibration, err)
                         : status;
}

static nt_status_t run_reference(sweep_t *s, const nt_listener_t *listener, nt_error_t *err) {
  const nt_evaluate_options_t options = {.precision = NT_FLOAT64, .listener = listener};
  nt_evaluation_t found = {.window = NULL};
  const nt_status_t status = nt_evaluate(s->model.reference, NULL, s->text.tokens,
                                         s->text.count + 1, &options, &found, err);
  s->reference = found.reference;
  nt_evaluation_free(&found);
  return status;
}

// ---- report ----

static double change_of(const sweep_t *s, const row_t *row) {
  return nt_perplexity_value(&row->sum) / nt_perplexity_value(&s->reference) - 1;
}

static void print_report(const sweep_t *s, const nt_options_t *options) {
  (void)printf("%s on %s: %zu tokens, %zu bytes\n\n%-8s %7s %12s %11s\n", options->model,
               options->text, s->text.count, s->text.bytes, "varied", "to", "perplexity", "change");
  (void)printf("%-8s %7s %12.4f\n", "float", "", nt_perplexity_value(&s->reference));
  for (int n = 0; n < s->count; n++) {
    const row_t *row = &s->rows[n];
    (void)printf("%-8s %7g ", row->series->name, row->value);
    if (row->status != NT_OK) {
      (void)printf("%12s   not representable: %s\n", "-", row->err.text);
    } else {
      (void)printf("%12.4f %+9.3f %%%s\n", nt_perplexity_value(&row->sum), 100 * change_of(s, row),
                   row->is_default ? "   default" : "");
    }
  }
}

static nt_status_t write_summary(const sweep_t *s, const nt_options_t *options, nt_error_t *err) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(root, "model", options->model);
  (void)cJSON_AddStringToObject(root, "text", options->text);
  (void)cJSON_AddNumberToObject(root, "tokens", (double)s->text.count);
  (void)cJSON_AddNumberToObject(root, "bytes", (double)s->text.bytes);
  (void)cJSON_AddNumberToObject(root, "float_nll", s->reference.nll);
  cJSON *list = cJSON_AddArrayToObject(root, "sweep");
  for (int n = 0; n < s->count; n++) {
    const row_t *row = &s->rows[n];
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "varied", row->series->name);
    (void)cJSON_AddNumberToObject(item, "to", row->value);
    (void)cJSON_AddBoolToObject(item, "default", row->is_default);
    if (row->status != NT_OK) {
      (void)cJSON_AddStringToObject(item, "not_representable", row->err.text);
    } else {
      (void)cJSON_AddNumberToObject(item, "nll", row->sum.nll);
      (void)cJSON_AddNumberToObject(item, "perplexity", nt_perplexity_value(&row->sum));
      (void)cJSON_AddNumberToObject(item, "change", change_of(s, row));
    }
    (void)cJSON_AddItemToArray(list, item);
  }
  return nt_json_file_write(options->summary, root, err);
}

nt_status_t nt_command_sweep(const nt_options_t *options, nt_error_t *err) {
  if (options->model == NULL || options->text == NULL) {
    return nt_fail(err, NT_ERR_ARG, "sweep needs --model FOLDER (a checkpoint) and --text FILE");
  }
  sweep_t *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "sweep: out of memory");
  }
  list_rows(s);
  nt_progress_listener_t progress;
  nt_progress_listen(&progress);
  const nt_listener_t *listener = options->quiet ? NULL : &progress.listener;
  nt_status_t status = open_sweep(s, options, err);
  if (status == NT_OK) {
    status = run_reference(s, listener, err);
  }
  if (status == NT_OK) {
    status = run_rows(s, listener, err);
  }
  nt_progress_listen_end(&progress);
  if (status == NT_OK) {
    print_report(s, options);
  }
  if (status == NT_OK && options->summary != NULL) {
    status = write_summary(s, options, err);
  }
  nt_eval_text_free(&s->text);
  nt_eval_text_free(&s->calibration);
  nt_eval_model_close(&s->model);
  free(s);
  return status;
}
