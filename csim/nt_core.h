// SPDX-License-Identifier: Apache-2.0
// nt_core: one neurocore's memories and registers, and the host's view of them
// (docs/spec/tables.md, "Codes SPACE").
#ifndef NT_CORE_H
#define NT_CORE_H

#include "nt_bits.h"
#include "nt_dendrite.h"
#include "nt_outbox.h"
#include "nt_pool.h"

typedef struct nt_tile nt_tile_t;

typedef struct nt_core {
  nt_tile_t *tile; ///< the tile this core belongs to
  const nt_params_t *params;
  uint32_t number;
  nt_pool_t pool;
  nt_dendrite_t dendrite;
  uint32_t *prog;  ///< [PROG_WORDS]
  uint32_t *table; ///< [TABLE_WORDS]
  uint32_t *group; ///< [GROUPS][GROUP_WORDS]
  uint32_t axon_base, axon_count, probe_enable;
  uint32_t flags; ///< FLAGS without ACC_OVERFLOW, which the dendrites know
  uint64_t counter[NT_COUNTERS];
  nt_outbox_t tap; ///< messages sent in the step run last, wire form, while the tile's tap is on
} nt_core_t;

/// Allocates a core in its reset state; NT_ERR_MEMORY. Freed by nt_core_free(), also after a
/// failure.
nt_status_t nt_core_init(nt_core_t *core, nt_tile_t *tile, uint32_t number, nt_error_t *err);
void nt_core_free(nt_core_t *core);

/// The FLAGS register.
uint32_t nt_core_flags(nt_core_t *core);
/// Sets one flag, given by its bit position NT_FLAGS_*_LSB.
static inline void nt_core_raise(nt_core_t *core, unsigned flag) {
  core->flags |= 1U << flag;
}

/// Constant table entry `index` modulo TABLE_WORDS.
static inline uint32_t nt_core_table(const nt_core_t *core, uint32_t index) {
  return core->table[index & (core->params->table_words - 1)];
}

/// True when `count` addresses from `addr` exist in the space.
bool nt_core_has(const nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count);
/// Reads or writes addresses that nt_core_has().
void nt_core_read(nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count, uint32_t *words);
void nt_core_write(nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count,
                   const uint32_t *words);

/// CLEAR_STATE of this core.
void nt_core_clear_state(nt_core_t *core);
/// What the reset input does to this core.
void nt_core_reset(nt_core_t *core);
/// True when the core has work for the next timestep.
bool nt_core_pending(const nt_core_t *core);

/// A group's descriptor, unpacked.
typedef struct nt_group {
  uint32_t number;
  bool enable, always;
  uint32_t line, lines, neurons, entry, const_base, state_base, state_words, clear_words;
} nt_group_t;

nt_group_t nt_core_group(const nt_core_t *core, uint32_t number);

#endif
