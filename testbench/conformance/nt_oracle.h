// SPDX-License-Identifier: Apache-2.0
// nt_oracle: docs/spec/arithmetic.md once more, slowly: exact integers, division and powers of two
// in place of shifts and masks, and nothing shared with any back end.
#ifndef NT_ORACLE_H
#define NT_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/// floor(x / 2^s), 0 <= s <= 62.
int64_t nt_oracle_floor_shift(int64_t x, unsigned s);
/// wrap(x, n) and sat(x, n), 1 <= n <= 32.
int32_t nt_oracle_wrap(int64_t x, unsigned n);
int32_t nt_oracle_sat(int64_t x, unsigned n);

/// Result of MOV ... SEL (NT_OP_*) on operands a and b, narrowed.
int32_t nt_oracle_alu(uint32_t op, uint32_t sat, uint32_t shift, int32_t a, int32_t b,
                      bool predicate);
/// Result of CLT, CGE, CEQ.
bool nt_oracle_compare(uint32_t op, int32_t a, int32_t b);
int32_t nt_oracle_lut(const uint32_t *table, uint32_t table_words, uint32_t base, uint32_t k,
                      int32_t a);
/// k in 1..9, k + fraction <= 32.
int32_t nt_oracle_lerp(const uint32_t *table, uint32_t table_words, uint32_t base, uint32_t k,
                       uint32_t fraction, int32_t a);

/// p * w * 2^e without reduction; every term of the formats fits 64 bits.
int64_t nt_oracle_term(int32_t payload, int32_t weight, uint32_t exponent);

#endif
