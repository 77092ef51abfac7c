// SPDX-License-Identifier: Apache-2.0
// nt_ternary_multiply: a ternary matrix times several vectors of codes. Internal to nt_model.
#ifndef NT_TERNARY_MULTIPLY_H
#define NT_TERNARY_MULTIPLY_H

#include <stddef.h>
#include <stdint.h>

/// Vectors that a run processes together. A large matrix is read from memory once for all of them.
#define NT_BATCH 16

/// For each of `count` vectors t, 1..NT_BATCH, and each row:
///
///   sums[t * sum_stride + row] = sum over k of codes[row * cols + k] * inputs[t * input_stride +
///   k]
///
/// `codes` [rows][cols] are -1, 0 or +1, the inputs int8 codes widened for the multiplier. The sums
/// are exact and do not depend on the number of threads, which share the rows of a large matrix.
void nt_ternary_multiply(const int8_t *codes, size_t rows, size_t cols, const int16_t *inputs,
                         size_t input_stride, size_t count, int32_t *sums, size_t sum_stride);

#endif
