// SPDX-License-Identifier: Apache-2.0
// nt_quantise: from the float model (L0) to the integer network of docs/spec/network.md (L1).
//
// Formats and code steps are chosen by running the float model over a calibration text. With w1,
// w2 the outer and inner norm weights of a site, n its inputs, step the real value of a code:
//
//   fraction bits F     most with margin * largest * 2^F < 2^(width - 1), within their limits
//   step                least squared error of the codes over the calibration text, among the
//                       steps that clip at most half of the accepted share of saturations; 1 % of
//                       the levels stays free for the error of the integers
//   ss                  smallest that holds margin * largest y'
//   q_k                 w1_k * w2_k / step * 2^wf * sqrt(n * 2^-ss) * 2^(sh - 29 - cs), because
//                       R = 2^(29 + cs) / sqrt(S), S ~ n * rms(y * w1)^2 * 2^(2 wf - ss) and
//                       code = y * w1 * w2 / (rms(y * w1) * step); max |q| in [2^14, 2^15)
//   wo_k, so            w1_k * 2^(so + wf), where some w1_k is not 1; wf = 0 and w1 = 1 elsewhere.
//                       wf gives y' the same margin
//   M / 2^S             step * scale of the matrix * 2^F of its output, M in [2^14, 2^15)
//   wg_k                g_norm weight * 2^k, max |wg| in [2^14, 2^15)
//   logit_scale         step * scale of the head
//
// The eps of the norms are dropped; the floor of 1 on squares stands in for them.
#ifndef NT_QUANTISE_H
#define NT_QUANTISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_float_model.h"
#include "nt_integer_model.h"
#include "nt_listener.h"
#include "nt_qmodel.h"
#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Calibration tokens that are usually enough.
#define NT_CALIBRATION_TOKENS 4096

/// How far beyond the calibrated range a format must reach: one bit.
#define NT_RANGE_MARGIN 2.0

/// Largest share of saturated values of a tensor that is accepted.
#define NT_SATURATION_MAX 1e-3

/// What a conversion may vary.
typedef struct nt_quantise_options {
  nt_widths_t widths;
  double margin;                 ///< of the ranges: 1..1024
  double saturation_max;         ///< largest accepted share of saturated values of a tensor: 0..1
  const nt_listener_t *listener; ///< NULL: nobody listens
} nt_quantise_options_t;

/// Default widths, NT_RANGE_MARGIN, NT_SATURATION_MAX, nobody listening.
nt_quantise_options_t nt_quantise_default(void);

/// Value of nt_quantised_format_t.fraction where the step is not a power of two.
#define NT_FRACTION_NONE INT32_MIN

/// Range and format chosen for one tensor.
typedef struct nt_quantised_format {
  char name[NT_INTEGER_NAME_MAX]; ///< "embedding", or that of a counter (nt_integer_model.h)
  uint32_t width;                 ///< bits
  int32_t fraction;               ///< fraction bits, -log2(step), or NT_FRACTION_NONE
  double step;                    ///< real value of one unit
  double largest;                 ///< largest magnitude in the float run; all embeddings count
} nt_quantised_format_t;

/// What became of one ternary matrix.
typedef struct nt_quantised_matrix {
  char name[NT_INTEGER_NAME_MAX]; ///< "mixer.l.i" f g o, "mlp.l.gate_up" down, "stage.s.head"
  uint64_t weights;
  uint64_t zeros; ///< of these, zero
  double scale;   ///< real value of a weight that is not zero
} nt_quantised_matrix_t;

typedef struct nt_quantise_report {
  size_t tokens; ///< of the calibration text
  size_t format_count;
  nt_quantised_format_t *formats;
  size_t counter_count;
  nt_integer_counter_t *counters; ///< of the integer run over that text, those with values
  size_t matrix_count;
  nt_quantised_matrix_t *matrices;
  double weight_zeros; ///< share of zeros among all ternary weights
  double spike_zeros;  ///< share of zeros among all codes, that is of code spikes not sent
} nt_quantise_report_t;

/// One line of the report as a table.
typedef struct nt_quantise_row {
  const char *name;   ///< of the tensor; valid as long as the report
  bool ternary;       ///< a ternary matrix; else a tensor of integers
  uint32_t width;     ///< bits; 2 of a ternary matrix
  int32_t fraction;   ///< fraction bits, or NT_FRACTION_NONE
  double step;        ///< real value of one unit
  double largest;     ///< largest magnitude in the float run; of a ternary matrix the step
  uint64_t values;    ///< weights, or integers written on the calibration text; 0: not counted
  uint64_t saturated; ///< of these, changed by saturation
  uint64_t zeros;     ///< of these, zero
} nt_quantise_row_t;

/// Number of rows of `report`.
size_t nt_quantise_report_rows(const nt_quantise_report_t *report);

/// Row `index`, below nt_quantise_report_rows: the tensors in the order of a token, then the
/// matrices.
nt_quantise_row_t nt_quantise_report_row(const nt_quantise_report_t *report, size_t index);

/// Quantises `model`, calibrated on `tokens` [count] (see NT_CALIBRATION_TOKENS; the first is
/// usually the begin mark). `options` NULL stands for nt_quantise_default. On success `*out` passes
/// nt_qmodel_prove and is released with nt_qmodel_free, and `*report` (`report` may be NULL: not
/// wanted) with nt_quantise_report_free; both are NULL on failure. `model` is not needed
/// afterwards: the ternary codes stay in memory, once, as long as one of the two models holds them.
/// The listener hears of the stages "calibrating" and "checking the integers", in tokens.
///
/// Errors: NT_ERR_RANGE an option is outside its range, a tensor cannot be represented, or it
/// saturates in more than `saturation_max` of its values on the calibration text (`err` names it);
/// NT_ERR_ARG no tokens; NT_ERR_MEMORY; those of nt_float_run_step.
nt_status_t nt_quantise(const nt_float_model_t *model, const uint32_t *tokens, size_t count,
                        const nt_quantise_options_t *options, nt_qmodel_t **out,
                        nt_quantise_report_t **report, nt_error_t *err);

/// Releases `report` (may be NULL).
void nt_quantise_report_free(nt_quantise_report_t *report);

#ifdef __cplusplus
}
#endif
#endif
