// SPDX-License-Identifier: Apache-2.0
// The arithmetic of docs/spec/arithmetic.md as the integer reference uses it. Internal to nt_model.
#ifndef NT_INTEGER_ARITH_H
#define NT_INTEGER_ARITH_H

#include <stdint.h>

/// The two tables of the tile, unpacked.
typedef struct nt_integer_tables {
  int32_t sigmoid_base[32], sigmoid_slope[32];
  int32_t rsqrt_base[96], rsqrt_slope[96]; ///< entry j of the specification is at j - 32
} nt_integer_tables_t;

/// sat(x, bits): clamps to [-2^(bits-1), 2^(bits-1) - 1]; bits 1..32.
static inline int32_t nt_integer_sat(int64_t x, unsigned bits) {
  const int64_t largest = (INT64_C(1) << (bits - 1)) - 1;
  return (int32_t)(x > largest ? largest : x < -largest - 1 ? -largest - 1 : x);
}

/// rshift(x, shift): x / 2^shift rounded to nearest, ties toward plus infinity; shift 0..62.
/// Both supported compilers define >> of a negative number as the arithmetic shift.
static inline int64_t nt_integer_rshift(int64_t x, unsigned shift) {
  return shift == 0 ? x : (x >> shift) + ((x >> (shift - 1)) & 1);
}

/// Fills `tables` from nt_qmodel_tables.
void nt_integer_tables_init(nt_integer_tables_t *tables);

/// Sigmoid of a / 2^frac in Q0.15, 0 < result < 2^15; frac 1..15.
int32_t nt_integer_sigmoid(const nt_integer_tables_t *tables, int32_t a, unsigned frac);

/// R of network.md, "Norm and codes": 2^(29 + static_exponent) / sqrt(sum) up to the error of the
/// table, limited to 1..2^23 - 1; sum 1..2^31 - 1. Free of wrapping where static_exponent is
/// nt_qmodel_static_exponent(n) or less and sum >= n.
int32_t nt_integer_rsqrt(const nt_integer_tables_t *tables, int32_t sum, int32_t static_exponent);

#endif
