// SPDX-License-Identifier: Apache-2.0
#include "nt_pool.h"

#include <stdlib.h>

nt_status_t nt_pool_init(nt_pool_t *pool, uint32_t words, uint32_t word_lanes, nt_error_t *err) {
  *pool = (nt_pool_t){.words = words, .word_lanes = word_lanes};
  pool->lanes = calloc((size_t)words * word_lanes, sizeof *pool->lanes);
  if (pool->lanes == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "golden tile: no memory for a pool of %u words", words);
  return NT_OK;
}

void nt_pool_free(nt_pool_t *pool) {
  free(pool->lanes);
  pool->lanes = NULL;
}

uint64_t nt_pool_dword(const nt_pool_t *pool, uint32_t base, uint32_t index) {
  const uint32_t per_word = pool->word_lanes / 2;
  const uint32_t *word = nt_pool_word(pool, base + index / per_word);
  const uint32_t lane = 2 * (index % per_word);
  return (uint64_t)word[lane + 1] << 32 | word[lane];
}
