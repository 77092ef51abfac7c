// SPDX-License-Identifier: Apache-2.0
#include "nt_proof.h"

#include <math.h>
#include <stdio.h>

#include "nt_test.h"

static void add(nt_proof_t *proof, const char *name, nt_proof_row_t row) {
  assert_true(proof->count < NT_PROOF_ROWS_MAX);
  const int length = snprintf(row.name, sizeof row.name, "%s", name);
  assert_true(length > 0 && (size_t)length < sizeof row.name);
  row.passed = row.values > 0 && row.median <= row.median_limit && row.max <= row.max_limit;
  proof->rows[proof->count++] = row;
}

void nt_proof_exact(nt_proof_t *proof, const char *name, size_t values, size_t differing) {
  add(proof, name,
      (nt_proof_row_t){.unit = NT_PROOF_DIFFERING, .values = values, .max = (double)differing});
}

void nt_proof_within(nt_proof_t *proof, const char *name, nt_proof_unit_t unit,
                     nt_difference_t difference, double median_limit, double max_limit) {
  const double one = unit == NT_PROOF_SPREAD ? difference.spread : 1;
  // A recording without spread measures nothing, so that nothing was compared.
  add(proof, name,
      (nt_proof_row_t){.unit = unit,
                       .values = one > 0 ? difference.values : 0,
                       .median = one > 0 ? difference.median / one : INFINITY,
                       .median_limit = median_limit,
                       .max = one > 0 ? difference.max / one : INFINITY,
                       .max_limit = max_limit});
}

bool nt_proof_passed(const nt_proof_t *proof) {
  for (size_t k = 0; k < proof->count; k++) {
    if (!proof->rows[k].passed)
      return false;
  }
  return proof->count > 0;
}

static const char *unit_name(nt_proof_unit_t unit) {
  switch (unit) {
  case NT_PROOF_DIFFERING: return "differ";
  case NT_PROOF_RELATIVE: return "relative";
  case NT_PROOF_SPREAD: return "stddev";
  }
  return "";
}

void nt_proof_print(const nt_proof_t *proof) {
  printf("%-50s %7s  %-8s %8s %8s  %8s %8s  %s\n", "comparison", "values", "unit", "median",
         "limit", "maximum", "limit", "result");
  for (size_t k = 0; k < proof->count; k++) {
    const nt_proof_row_t *row = &proof->rows[k];
    printf("%-50s %7zu  %-8s ", row->name, row->values, unit_name(row->unit));
    if (row->unit == NT_PROOF_DIFFERING)
      printf("%8s %8s  %8.0f %8.0f", "-", "-", row->max, row->max_limit);
    else
      printf("%8.1e %8.1e  %8.1e %8.1e", row->median, row->median_limit, row->max, row->max_limit);
    printf("  %s\n", row->passed ? "ok" : "FAIL");
  }
}

/// A number, or null for what JSON cannot say (infinity).
static void add_number(cJSON *entry, const char *key, double value) {
  (void)(isfinite(value) ? cJSON_AddNumberToObject(entry, key, value)
                         : cJSON_AddNullToObject(entry, key));
}

cJSON *nt_proof_json(const nt_proof_t *proof) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddBoolToObject(root, "passed", nt_proof_passed(proof));
  cJSON *list = cJSON_AddArrayToObject(root, "comparisons");
  for (size_t k = 0; k < proof->count; k++) {
    const nt_proof_row_t *row = &proof->rows[k];
    cJSON *entry = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(entry, "name", row->name);
    (void)cJSON_AddStringToObject(entry, "unit", unit_name(row->unit));
    add_number(entry, "values", (double)row->values);
    if (row->unit != NT_PROOF_DIFFERING) {
      add_number(entry, "median", row->median);
      add_number(entry, "median_limit", row->median_limit);
    }
    add_number(entry, "max", row->max);
    add_number(entry, "max_limit", row->max_limit);
    (void)cJSON_AddBoolToObject(entry, "passed", row->passed);
    (void)cJSON_AddItemToArray(list, entry);
  }
  return root;
}

nt_float_model_t *nt_proof_load(const char *folder) {
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_float_model_t *model = NULL;
  nt_assert_ok(nt_checkpoint_open(folder, &ckpt, &err), err);
  nt_assert_ok(nt_float_model_load(ckpt, &model, &err), err);
  nt_checkpoint_close(ckpt);
  return model;
}

void nt_proof_all(nt_proof_t *proof, const char *recorded) {
  nt_proof_files(proof, recorded);
  nt_float_model_t *model = nt_proof_load(recorded);
  nt_proof_tensors(proof, recorded, model);
  nt_proof_matrices(proof, recorded, model);
  nt_proof_float64(proof, recorded, model);
  nt_proof_float32(proof, recorded, model);
  nt_proof_blocks(proof, recorded, model);
  nt_proof_resumed(proof, recorded, model);
  nt_proof_formats(proof, recorded, model);
  nt_float_model_free(model);
}
