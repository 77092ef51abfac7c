// SPDX-License-Identifier: Apache-2.0
// nt_evaluate: how well the float reference (L0) and the integer reference (L1) predict a text, and
// how closely L1 follows L0 along it. Both are fed the same tokens, as one sequence.
#ifndef NT_EVALUATE_H
#define NT_EVALUATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_float_model.h"
#include "nt_listener.h"
#include "nt_qmodel.h"
#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Tokens of a window of nt_evaluation_t.
#define NT_EVALUATE_WINDOW 512

/// How closely the integer model followed the float model over some tokens.
typedef struct nt_evaluate_window {
  size_t tokens;      ///< NT_EVALUATE_WINDOW, fewer in the last window
  size_t same;        ///< of these, most likely next token the same
  double state_error; ///< rms of the difference of h / rms of the float h: all layers and channels,
                      ///< every 32nd token
} nt_evaluate_window_t;

/// What nt_evaluate does.
typedef struct nt_evaluate_options {
  nt_float_precision_t precision; ///< of the float run
  size_t first;                   ///< predictions that are also summed on their own; 0: none
  const nt_listener_t *listener;  ///< NULL: nobody listens
} nt_evaluate_options_t;

/// What it found. A level that was left out has no tokens.
typedef struct nt_evaluation {
  nt_perplexity_t reference, integer;             ///< over all predictions
  nt_perplexity_t reference_first, integer_first; ///< over the first of them
  uint32_t first_crc;           ///< CRC-32 of L1's logits there, 32-bit little endian
  size_t window_count;          ///< 0 unless both levels ran
  nt_evaluate_window_t *window; ///< [window_count]
} nt_evaluation_t;

/// Feeds tokens[0 .. count - 2] from zero state to the float model and to the integer model, either
/// of which may be NULL (left out), and adds up the prediction of tokens[1 .. count - 1]. The two
/// run on threads of their own. `*out` is released with nt_evaluation_free, also on failure.
/// Errors: NT_ERR_ARG fewer than two tokens, or models of different shapes; NT_ERR_RANGE a token
/// outside the vocabulary; those of nt_float_run_step and nt_integer_model_open.
nt_status_t nt_evaluate(const nt_float_model_t *model, const nt_qmodel_t *qmodel,
                        const uint32_t *tokens, size_t count, const nt_evaluate_options_t *options,
                        nt_evaluation_t *out, nt_error_t *err);

/// Frees the windows.
void nt_evaluation_free(nt_evaluation_t *evaluation);

/// A quantity over the first and the last quarter of the windows.
typedef struct nt_evaluate_trend {
  double first, last; ///< means
  double error;       ///< standard error of their difference, from the spread of the windows
  bool worse;         ///< the last quarter is worse by more than two standard errors
} nt_evaluate_trend_t;

/// Trends of the share of equal predictions and of the state error, over windows [count].
/// Errors: NT_ERR_ARG fewer than 8 windows, where a quarter has no spread; NT_ERR_MEMORY.
nt_status_t nt_evaluate_trends(const nt_evaluate_window_t *windows, size_t count,
                               nt_evaluate_trend_t *same, nt_evaluate_trend_t *state_error,
                               nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
