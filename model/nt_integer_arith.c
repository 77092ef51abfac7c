// SPDX-License-Identifier: Apache-2.0
#include "nt_integer_arith.h"

#include <stddef.h>

#include "nt_qmodel.h"

static int32_t sign_extend_16(uint32_t half) {
  return (int32_t)((half & 0xffff) ^ 0x8000) - 0x8000;
}

static void unpack(const uint32_t *entries, size_t count, int32_t *base, int32_t *slope) {
  for (size_t j = 0; j < count; j++) {
    base[j] = sign_extend_16(entries[j]);
    slope[j] = sign_extend_16(entries[j] >> 16);
  }
}

void nt_integer_tables_init(nt_integer_tables_t *tables) {
  uint32_t sigmoid[32];
  uint32_t rsqrt[96];
  nt_qmodel_tables(sigmoid, rsqrt);
  unpack(sigmoid, 32, tables->sigmoid_base, tables->sigmoid_slope);
  unpack(rsqrt, 96, tables->rsqrt_base, tables->rsqrt_slope);
}

/// A piece of a table at `rest` / 2^bits of its length.
static int32_t interpolate(int32_t base, int32_t slope, int32_t rest, unsigned bits) {
  return base + (int32_t)nt_integer_rshift((int64_t)slope * rest, bits);
}

/// SHF: a shift by a signed amount, to the left modulo 2^32, to the right with floor.
static int32_t shf(int32_t x, int32_t shift) {
  if (shift >= 32)
    return 0;
  if (shift >= 0) {
    const uint32_t bits = (uint32_t)x << shift;
    return bits <= INT32_MAX ? (int32_t)bits : (int32_t)((int64_t)bits - (INT64_C(1) << 32));
  }
  return x >> (shift > -32 ? -shift : 31);
}

int32_t nt_integer_sigmoid(const nt_integer_tables_t *tables, int32_t a, unsigned frac) {
  const unsigned bits = frac - 1; // a piece is 1/2 long
  const int32_t u = nt_integer_sat(a, 5 + bits);
  const int32_t i = (u >> bits) + 16;
  const int32_t rest = u & ((INT32_C(1) << bits) - 1);
  return interpolate(tables->sigmoid_base[i], tables->sigmoid_slope[i], rest, bits);
}

static int32_t leading_zeros(int32_t x) {
  int32_t zeros = 0;
  for (uint32_t bit = UINT32_C(1) << 31; bit != 0 && ((uint32_t)x & bit) == 0; bit >>= 1)
    zeros++;
  return zeros;
}

int32_t nt_integer_rsqrt(const nt_integer_tables_t *tables, int32_t sum, int32_t static_exponent) {
  const int32_t e = (leading_zeros(sum) - 2) & ~1;
  const int32_t m = shf(sum, e); // [2^28, 2^30)
  const int32_t u = m - (INT32_C(1) << 29);
  const int32_t i = (u >> 23) + 64 - 32;
  const int32_t rest = u & ((INT32_C(1) << 23) - 1);
  const int32_t r = interpolate(tables->rsqrt_base[i], tables->rsqrt_slope[i], rest, 23);
  const int32_t R = shf(r, (e >> 1) + static_exponent);
  const int32_t largest = (INT32_C(1) << 23) - 1;
  return R < 1 ? 1 : R > largest ? largest : R;
}
