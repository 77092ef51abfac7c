// SPDX-License-Identifier: Apache-2.0
// nt_pool: a core's memory of POOL_WORDS words of WORD_BITS bits (docs/spec/memory.md, "The pool").
//
// Held as 32-bit lanes in host-port order, lane k of word w at w * (WORD_BITS/32) + k. Word
// addresses wrap.
#ifndef NT_POOL_H
#define NT_POOL_H

#include "nt_status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct nt_pool {
  uint32_t *lanes;     ///< words * word_lanes values
  uint32_t words;      ///< POOL_WORDS, a power of two
  uint32_t word_lanes; ///< WORD_BITS/32
} nt_pool_t;

/// Allocates a zeroed pool; NT_ERR_MEMORY. Freed by nt_pool_free().
nt_status_t nt_pool_init(nt_pool_t *pool, uint32_t words, uint32_t word_lanes, nt_error_t *err);
void nt_pool_free(nt_pool_t *pool);

/// The lanes of word `word` modulo POOL_WORDS.
static inline uint32_t *nt_pool_word(const nt_pool_t *pool, uint32_t word) {
  return pool->lanes + (size_t)(word & (pool->words - 1)) * pool->word_lanes;
}

/// 64-bit element `index` of a table of dwords that starts at word `base`.
uint64_t nt_pool_dword(const nt_pool_t *pool, uint32_t base, uint32_t index);

#endif
