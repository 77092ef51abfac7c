// SPDX-License-Identifier: Apache-2.0
#include "nt_oracle.h"

#include "nt_defs.h"

#include <assert.h>

static int64_t power(unsigned n) {
  int64_t result = 1;
  for (unsigned i = 0; i < n; i++)
    result *= 2;
  return result;
}

/// The multiple of 2^n below x, and what is left: 0 <= rest < 2^n.
static int64_t floor_divide(int64_t x, int64_t by, int64_t *rest) {
  int64_t quotient = x / by;
  *rest = x % by;
  if (*rest < 0) {
    *rest += by;
    quotient -= 1;
  }
  return quotient;
}

int64_t nt_oracle_floor_shift(int64_t x, unsigned s) {
  int64_t rest = 0;
  return floor_divide(x, power(s), &rest);
}

int32_t nt_oracle_wrap(int64_t x, unsigned n) {
  int64_t rest = 0;
  (void)floor_divide(x, power(n), &rest);
  return (int32_t)(rest >= power(n - 1) ? rest - power(n) : rest);
}

int32_t nt_oracle_sat(int64_t x, unsigned n) {
  const int64_t limit = power(n - 1);
  if (x >= limit)
    return (int32_t)(limit - 1);
  return (int32_t)(x < -limit ? -limit : x);
}

static int64_t rounding_shift(int64_t x, unsigned s) {
  return s == 0 ? x : nt_oracle_floor_shift(x + power(s - 1), s);
}

static int64_t shifted(int32_t a, int32_t s) {
  if (s >= 32)
    return 0;
  if (s >= 0)
    return nt_oracle_wrap(a * power((unsigned)s), 32);
  return nt_oracle_floor_shift(a, s <= -32 ? 31 : (unsigned)-s);
}

static int64_t leading_zeros(int32_t b) {
  int64_t pattern = b < 0 ? b + power(32) : b;
  int64_t zeros = 32;
  for (; pattern > 0; pattern /= 2)
    zeros--;
  return zeros;
}

/// AND, OR, XOR bit by bit.
static int64_t bitwise(uint32_t op, int32_t a, int32_t b) {
  int64_t left = a < 0 ? a + power(32) : a;
  int64_t right = b < 0 ? b + power(32) : b;
  int64_t result = 0;
  for (unsigned bit = 0; bit < 32; bit++) {
    const bool l = left % 2 == 1;
    const bool r = right % 2 == 1;
    const bool set = op == NT_OP_AND ? l && r : op == NT_OP_OR ? l || r : l != r;
    result += set ? power(bit) : 0;
    left /= 2;
    right /= 2;
  }
  return nt_oracle_wrap(result, 32);
}

static int64_t exact(uint32_t op, uint32_t shift, int32_t a, int32_t b, bool predicate) {
  switch (op) {
  case NT_OP_MOV: return b;
  case NT_OP_ADD: return (int64_t)a + b;
  case NT_OP_SUB: return (int64_t)a - b;
  case NT_OP_NEG: return 0 - (int64_t)b;
  case NT_OP_MIN: return a <= b ? a : b;
  case NT_OP_MAX: return a >= b ? a : b;
  case NT_OP_AND:
  case NT_OP_OR:
  case NT_OP_XOR: return bitwise(op, a, b);
  case NT_OP_SHF: return shifted(a, b);
  case NT_OP_MULS: return rounding_shift((int64_t)a * b, shift > 62 ? 62 : shift);
  case NT_OP_CLZ: return leading_zeros(b);
  default: break;
  }
  assert(op == NT_OP_SEL);
  return predicate ? a : b;
}

int32_t nt_oracle_alu(uint32_t op, uint32_t sat, uint32_t shift, int32_t a, int32_t b,
                      bool predicate) {
  const int64_t x = exact(op, shift, a, b, predicate);
  return sat == 0 ? nt_oracle_wrap(x, 32) : nt_oracle_sat(x, sat);
}

bool nt_oracle_compare(uint32_t op, int32_t a, int32_t b) {
  assert(op == NT_OP_CLT || op == NT_OP_CGE || op == NT_OP_CEQ);
  return op == NT_OP_CLT ? a < b : op == NT_OP_CGE ? a >= b : a == b;
}

static int64_t clamp(int64_t x, int64_t least, int64_t most) {
  return x < least ? least : x > most ? most : x;
}

int32_t nt_oracle_lut(const uint32_t *table, uint32_t table_words, uint32_t base, uint32_t k,
                      int32_t a) {
  const int64_t u = clamp(a, 0, power(k) - 1);
  return nt_oracle_wrap(table[(base + u) % table_words], 32);
}

int32_t nt_oracle_lerp(const uint32_t *table, uint32_t table_words, uint32_t base, uint32_t k,
                       uint32_t fraction, int32_t a) {
  const int64_t half = power(k + fraction - 1);
  const int64_t u = clamp(a, -half, half - 1);
  int64_t low = 0;
  const int64_t piece = floor_divide(u, power(fraction), &low) + power(k - 1);
  const uint32_t entry = table[(base + piece) % table_words];
  const int32_t knot = nt_oracle_wrap(entry % 65536, 16);
  const int32_t slope = nt_oracle_wrap(entry / 65536, 16);
  return (int32_t)(knot + rounding_shift(slope * low, fraction));
}

int64_t nt_oracle_term(int32_t payload, int32_t weight, uint32_t exponent) {
  return (int64_t)payload * weight * power(exponent);
}
