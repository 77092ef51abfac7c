// SPDX-License-Identifier: Apache-2.0
#include "nt_core_builder.h"

#include <stdlib.h>
#include <string.h>

nt_status_t nt_core_builder_pool(nt_core_builder_t *builder, uint32_t words, const char *what,
                                 uint32_t *base, nt_error_t *err) {
  if (words > builder->params.pool_words - builder->pool_used) {
    return nt_fail(err, NT_ERR_RANGE,
                   "mapper: tile %u core %u: %s needs %u pool words, %u of %u are free",
                   builder->tile, builder->index, what, words,
                   builder->params.pool_words - builder->pool_used, builder->params.pool_words);
  }
  *base = builder->pool_used;
  builder->pool_used += words;
  return NT_OK;
}

nt_status_t nt_core_builder_lines(nt_core_builder_t *builder, uint32_t lines, const char *what,
                                  uint32_t *line, nt_error_t *err) {
  if (lines > builder->params.lines - builder->lines_used) {
    return nt_fail(err, NT_ERR_RANGE,
                   "mapper: tile %u core %u: %s needs %u lines, %u of %u are free", builder->tile,
                   builder->index, what, lines, builder->params.lines - builder->lines_used,
                   builder->params.lines);
  }
  *line = builder->lines_used;
  builder->lines_used += lines;
  return NT_OK;
}

nt_status_t nt_core_builder_axons(nt_core_builder_t *builder, uint32_t base, uint32_t count,
                                  nt_error_t *err) {
  const uint32_t end = base + count;
  if (end > 65536) {
    return nt_fail(err, NT_ERR_RANGE, "mapper: tile %u core %u: %u axons, 65536 is the most",
                   builder->tile, builder->index, end);
  }
  if (end > builder->axon_capacity) {
    const uint32_t capacity = end + end / 2 + 64;
    uint64_t *axon = realloc(builder->axon, capacity * sizeof *axon);
    if (axon == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
    }
    memset(axon + builder->axon_capacity, 0, (capacity - builder->axon_capacity) * sizeof *axon);
    builder->axon = axon;
    builder->axon_capacity = capacity;
  }
  if (end > builder->axons) {
    builder->axons = end;
  }
  return NT_OK;
}

nt_status_t nt_core_builder_group(nt_core_builder_t *builder, uint32_t *group, nt_error_t *err) {
  if (builder->groups_used == builder->params.groups) {
    return nt_fail(err, NT_ERR_RANGE, "mapper: tile %u core %u: more than %u groups", builder->tile,
                   builder->index, builder->params.groups);
  }
  *group = builder->groups_used++;
  builder->const_base = builder->table_used;
  return NT_OK;
}

nt_status_t nt_core_builder_constant(nt_core_builder_t *builder, int32_t value, uint32_t *number,
                                     nt_error_t *err) {
  for (uint32_t i = builder->const_base; i < builder->table_used; i++) {
    if (builder->core->table[i] == (uint32_t)value) {
      *number = i - builder->const_base;
      return NT_OK;
    }
  }
  *number = builder->table_used - builder->const_base;
  if (builder->table_used == builder->params.table_words || *number > 63) {
    return nt_fail(err, NT_ERR_RANGE,
                   "mapper: tile %u core %u: the constant table (%u entries, 64 per group) is full",
                   builder->tile, builder->index, builder->params.table_words);
  }
  builder->core->table[builder->table_used++] = (uint32_t)value;
  return NT_OK;
}

nt_status_t nt_core_builder_instruction(nt_core_builder_t *builder, uint32_t word,
                                        nt_error_t *err) {
  if (builder->prog_used == builder->params.prog_words) {
    return nt_fail(err, NT_ERR_RANGE, "mapper: tile %u core %u: more than %u instructions",
                   builder->tile, builder->index, builder->params.prog_words);
  }
  builder->core->prog[builder->prog_used++] = word;
  return NT_OK;
}

void nt_core_builder_dword(nt_core_builder_t *builder, uint32_t word, uint32_t dword,
                           uint64_t value) {
  uint32_t *lane = builder->core->pool + (size_t)word * nt_params_word_lanes(&builder->params) +
                   2 * (size_t)dword;
  lane[0] = (uint32_t)value;
  lane[1] = (uint32_t)(value >> 32);
}

nt_status_t nt_core_builder_finish(nt_core_builder_t *builder, nt_error_t *err) {
  const uint32_t per_word = builder->params.word_bits / 64;
  uint32_t base = 0;
  const nt_status_t status = nt_core_builder_pool(
      builder, (builder->axons + per_word - 1) / per_word, "the axon table", &base, err);
  if (status != NT_OK) {
    return status;
  }
  for (uint32_t a = 0; a < builder->axons; a++) {
    nt_core_builder_dword(builder, base + a / per_word, a % per_word, builder->axon[a]);
  }
  builder->core->axon_base = base;
  builder->core->axon_count = builder->axons;
  return NT_OK;
}

void nt_core_builder_free(nt_core_builder_t *builder) {
  free(builder->axon);
  builder->axon = NULL;
  builder->axons = builder->axon_capacity = 0;
}
