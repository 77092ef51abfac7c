// SPDX-License-Identifier: Apache-2.0
// nt_arith: the arithmetic of docs/spec/arithmetic.md, one pure function per definition.
//
// No function depends on how the compiler shifts negative numbers or converts out-of-range values.
#ifndef NT_ARITH_H
#define NT_ARITH_H

#include "nt_defs.h"

#include <stdbool.h>
#include <stdint.h>

/// Floor of x / 2^s; s in 0..63.
static inline int64_t nt_arith_asr(int64_t x, unsigned s) {
  return x < 0 ? ~(~x >> s) : x >> s;
}

/// wrap(x, n): the low n bits of x, sign-extended; n in 1..32.
static inline int32_t nt_arith_wrap(int64_t x, unsigned n) {
  const int64_t sign = INT64_C(1) << (n - 1);
  const int64_t low = (int64_t)((uint64_t)x & ((UINT64_C(1) << n) - 1));
  return (int32_t)((low ^ sign) - sign);
}

/// sat(x, n): x clamped to n-bit two's complement; n in 1..32.
static inline int32_t nt_arith_sat(int64_t x, unsigned n) {
  const int64_t limit = INT64_C(1) << (n - 1);
  return (int32_t)(x < -limit ? -limit : x > limit - 1 ? limit - 1 : x);
}

/// The narrowing of an ALU result by the SAT field n: 0 wraps to 32 bits, 1..31 saturates.
static inline int32_t nt_arith_narrow(int64_t x, unsigned n) {
  return n == 0 ? nt_arith_wrap(x, 32) : nt_arith_sat(x, n);
}

/// rshift(x, s): x / 2^s to nearest, ties toward plus infinity; s in 0..62.
static inline int64_t nt_arith_rshift(int64_t x, unsigned s) {
  return s == 0 ? x : nt_arith_asr(x, s) + (nt_arith_asr(x, s - 1) & 1);
}

/// SHF: ra shifted left by s and wrapped, or right by -s.
static inline int32_t nt_arith_shf(int32_t ra, int32_t s) {
  if (s >= 32)
    return 0;
  if (s >= 0)
    return nt_arith_wrap((int64_t)ra * (INT64_C(1) << s), 32);
  return (int32_t)nt_arith_asr(ra, s > -32 ? (unsigned)-s : 31);
}

/// MULS: the 64-bit product shifted right with rounding; `shift` in 0..63, where 63 acts as 62.
static inline int64_t nt_arith_muls(int32_t ra, int32_t b, unsigned shift) {
  return nt_arith_rshift((int64_t)ra * b, shift < 62 ? shift : 62);
}

/// CLZ: leading zeros of x as 32 bits; 32 for 0.
static inline int32_t nt_arith_clz(int32_t x) {
  return x == 0 ? 32 : __builtin_clz((uint32_t)x);
}

/// LUT: ra clamped to [0, 2^k - 1], the table entry counted from TBASE; k in 0..15.
static inline uint32_t nt_arith_lut_index(int32_t ra, unsigned k) {
  const int32_t last = (INT32_C(1) << k) - 1;
  return (uint32_t)(ra < 0 ? 0 : ra > last ? last : ra);
}

/// True when LERP is defined for these fields.
static inline bool nt_arith_lerp_defined(unsigned k, unsigned f) {
  return k >= 1 && k <= 9 && k + f <= 32;
}

/// LERP: the table entry counted from TBASE, in 0..2^k - 1; fields as nt_arith_lerp_defined() says.
static inline uint32_t nt_arith_lerp_index(int32_t ra, unsigned k, unsigned f) {
  const int32_t u = nt_arith_sat(ra, k + f);
  return (uint32_t)(nt_arith_asr(u, f) + (INT64_C(1) << (k - 1)));
}

/// LERP: the value inside the piece; `entry` holds base (low half) and slope (high half), signed 16
/// bits each.
static inline int32_t nt_arith_lerp_value(int32_t ra, unsigned k, unsigned f, uint32_t entry) {
  const int32_t base = nt_arith_wrap(entry, 16);
  const int32_t slope = nt_arith_wrap(entry >> 16, 16);
  const int64_t position = nt_arith_sat(ra, k + f) & ((INT64_C(1) << f) - 1);
  return (int32_t)(base + nt_arith_rshift(slope * position, f));
}

/// The exact term p * w * 2^e of one synapse; |p| <= 2^23, |w| <= 2^7, e in 0..15.
static inline int64_t nt_arith_product(int32_t p, int32_t w, unsigned e) {
  return (int64_t)p * w * (INT64_C(1) << e);
}

/// The weight whose radix-4 digits c_0, c_1, ... are the bit pairs of `codes` from the low end;
/// digits in 1..4.
static inline int32_t nt_arith_weight(uint32_t codes, unsigned digits) {
  return nt_arith_wrap(codes, 2 * digits);
}

/// What the two bits of digit j of a DENSE weight contribute, modulo 2^32. A digit code c adds
/// (c & 1 ? low : 0) + (c & 2 ? high : 0); in the top digit the high bit counts negative.
typedef struct nt_arith_terms {
  uint32_t low, high;
} nt_arith_terms_t;

/// Terms of digit j for payload p and exponent e; j in 0..3, e in 0..15, `top` for the most
/// significant digit.
static inline nt_arith_terms_t nt_arith_digit_terms(int32_t p, unsigned e, unsigned j, bool top) {
  const uint32_t low = (uint32_t)p << (e + 2 * j);
  return (nt_arith_terms_t){.low = low, .high = top ? 0U - 2 * low : 2 * low};
}

/// The exact result of an ALU instruction (NT_OP_*), before it is narrowed: arithmetic.md,
/// "Engine". `shift` is that of MULS, `predicate` that of SEL; 0 for an op that is none.
static inline int64_t nt_arith_alu(uint32_t op, unsigned shift, int32_t a, int32_t b,
                                   bool predicate) {
  switch (op) {
  case NT_OP_MOV: return b;
  case NT_OP_ADD: return (int64_t)a + b;
  case NT_OP_SUB: return (int64_t)a - b;
  case NT_OP_NEG: return -(int64_t)b;
  case NT_OP_MIN: return a < b ? a : b;
  case NT_OP_MAX: return a > b ? a : b;
  case NT_OP_AND: return a & b;
  case NT_OP_OR: return a | b;
  case NT_OP_XOR: return a ^ b;
  case NT_OP_SHF: return nt_arith_shf(a, b);
  case NT_OP_MULS: return nt_arith_muls(a, b, shift);
  case NT_OP_CLZ: return nt_arith_clz(b);
  case NT_OP_SEL: return predicate ? a : b;
  default: return 0;
  }
}

#endif
