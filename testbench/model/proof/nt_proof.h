// SPDX-License-Identifier: Apache-2.0
// nt_proof: the proof of import. The float reference (checkpoint reader, ternary codes, network)
// against what the published PyTorch code recorded for a small random checkpoint. Each check adds
// rows to a table; docs/import-proof.md says what they are. A folder or file that cannot be read
// fails the test, as in nt_test_file.h.
#ifndef NT_PROOF_H
#define NT_PROOF_H

#include <stdbool.h>
#include <stddef.h>

#include <cJSON.h>

#include "nt_compare.h"
#include "nt_float_model.h"

/// How the differences of a comparison are measured.
typedef enum nt_proof_unit {
  NT_PROOF_DIFFERING, ///< max: number of values that differ; limit 0
  NT_PROOF_RELATIVE,  ///< relative to the recorded value
  NT_PROOF_SPREAD     ///< in standard deviations of the recorded values
} nt_proof_unit_t;

/// One comparison. Differences as in nt_difference_t, in `unit`.
typedef struct nt_proof_row {
  char name[56];
  nt_proof_unit_t unit;
  size_t values;
  double median;
  double median_limit;
  double max;
  double max_limit;
  bool passed; ///< at least one value, both within their limits
} nt_proof_row_t;

enum { NT_PROOF_ROWS_MAX = 96 };

/// All comparisons so far. Starts zeroed.
typedef struct nt_proof {
  nt_proof_row_t rows[NT_PROOF_ROWS_MAX];
  size_t count;
} nt_proof_t;

/// Adds a row: `differing` of `values` values are not equal.
void nt_proof_exact(nt_proof_t *proof, const char *name, size_t values, size_t differing);

/// Adds a row with the limits for median and maximum in `unit`, which is not NT_PROOF_DIFFERING.
void nt_proof_within(nt_proof_t *proof, const char *name, nt_proof_unit_t unit,
                     nt_difference_t difference, double median_limit, double max_limit);

/// At least one row, and every row passed.
bool nt_proof_passed(const nt_proof_t *proof);

/// The table as text, one line for each row, the last word "ok" or "FAIL".
void nt_proof_print(const nt_proof_t *proof);

/// The table as a JSON object; the caller deletes it. NULL without memory.
cJSON *nt_proof_json(const nt_proof_t *proof);

/// Opens the checkpoint in `folder` and loads it. Release with nt_float_model_free.
nt_float_model_t *nt_proof_load(const char *folder);

// The checks, in the order in which a failure should be looked at. `recorded` is the folder of the
// recordings, `model` what was imported.

/// Files of `recorded` against its SHA256SUMS, which must list them all.
void nt_proof_files(nt_proof_t *proof, const char *recorded);

/// Names, shapes and order of the tensors that the reader expects.
void nt_proof_tensors(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// Ternary codes, scales.
void nt_proof_matrices(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// Logits in float64.
void nt_proof_float64(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// Logits, residual stream and final states in float32; logits of the published code fed token by
/// token.
void nt_proof_float32(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// Every block, in float32, on the recorded residual stream and the recorded state before it.
void nt_proof_blocks(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// A sequence interrupted in the middle and continued in another run from the saved state.
void nt_proof_resumed(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// The same checkpoint in two shards, in BF16 and in F16.
void nt_proof_formats(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model);

/// All of the above for the checkpoint that lies with the recordings.
void nt_proof_all(nt_proof_t *proof, const char *recorded);

#endif
