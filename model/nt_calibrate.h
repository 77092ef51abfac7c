// SPDX-License-Identifier: Apache-2.0
// What the quantiser learns from running the float model over a text. Internal to nt_model.
#ifndef NT_CALIBRATE_H
#define NT_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

#include "nt_float_model.h"
#include "nt_quantise.h"
#include "nt_status.h"

/// One input vector of a ternary matrix, after its inner norm.
typedef struct nt_calibrated_codes {
  double largest; ///< largest magnitude
  double step;    ///< real value of one code; positive
} nt_calibrated_codes_t;

/// Largest magnitudes of one layer, and its code steps.
typedef struct nt_calibrated_layer {
  double x;              ///< residual into the mixer; of layer 0 all embeddings
  double x_weighted;     ///< the same times the weight of the mixer's outer norm
  double i, f, g;        ///< before their nonlinearities
  double c, h;           ///< input term and recurrent state
  double v;              ///< g * silu(h) * weight of g_norm: g_norm without its rms
  double o;              ///< what the mixer adds to the residual
  double x_mid;          ///< residual into the MLP
  double x_mid_weighted; ///< the same times the weight of the MLP's outer norm
  double gate, up;
  double w; ///< silu(gate) * up
  double d; ///< what the MLP adds to the residual
  nt_calibrated_codes_t i_codes, f_codes, g_codes, o_codes, gate_codes, down_codes;
} nt_calibrated_layer_t;

typedef struct nt_calibration {
  double embedding;       ///< all embeddings
  double x_last;          ///< residual into the head
  double x_last_weighted; ///< the same times the weight of the final norm
  nt_calibrated_codes_t head_codes;
  nt_calibrated_layer_t *layer; ///< [layers]
} nt_calibration_t;

/// Runs `tokens` [count] from the zero state in double precision and fills `*out`, released with
/// nt_calibration_free. A code step minimises the squared error of the codes, of the width in
/// `options`, over all vectors seen, among those that clip at most half of the accepted share.
/// Progress goes to the listener of `options`.
/// Errors: NT_ERR_ARG no tokens; NT_ERR_MEMORY; those of nt_float_run_step.
nt_status_t nt_calibrate(const nt_float_model_t *model, const uint32_t *tokens, size_t count,
                         const nt_quantise_options_t *options, nt_calibration_t *out,
                         nt_error_t *err);

/// Releases what nt_calibrate allocated in `calibration`.
void nt_calibration_free(nt_calibration_t *calibration);

#endif
