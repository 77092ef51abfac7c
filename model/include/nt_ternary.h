// SPDX-License-Identifier: Apache-2.0
// nt_ternary: the ternary codes and the scale of a BitLinear weight matrix, decided exactly.
#ifndef NT_TERNARY_H
#define NT_TERNARY_H

#include <stddef.h>
#include <stdint.h>

#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Lower limit of the scale; it matters only for a matrix that is all but zero.
#define NT_TERNARY_SCALE_MIN 1e-5

/// Splits `count` latent weights (one whole matrix) into codes and one scale, W ~ scale * code:
///
///   scale = max(mean |W|, NT_TERNARY_SCALE_MIN)
///   code  = clamp(round(w / scale), -1, 1) = sign(w) if 2 |w| > scale, else 0
///
/// A tie, 2 |w| = scale, gives 0 (round half to even), as in the published weight_quant. The sum
/// of the magnitudes and the comparison 2 * count * |w| > sum |W| are exact, whatever the order
/// and the spread of the values, so the codes are those of real arithmetic. The scale is within
/// two units in the last place of a double.
///
/// Do this once per checkpoint: quantising scale * code again keeps the codes but shrinks the
/// scale by the share of codes that are not zero.
///
/// `codes` [count] receives -1, 0 or +1. Errors: NT_ERR_ARG `count` is 0 or above 2^38;
/// NT_ERR_RANGE a weight is not finite (`err` gives its index).
nt_status_t nt_ternary_quantise(const float *weights, size_t count, int8_t *codes, double *scale,
                                nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
