// SPDX-License-Identifier: Apache-2.0
#include "nt_core.h"

#include "nt_tile.h"

#include <stdlib.h>
#include <string.h>

nt_status_t nt_core_init(nt_core_t *core, nt_tile_t *tile, uint32_t number, nt_error_t *err) {
  const nt_params_t *params = &tile->dev.params;
  *core = (nt_core_t){.tile = tile, .params = params, .number = number};
  core->tap = nt_outbox_make(sizeof(uint64_t));
  nt_status_t status =
      nt_pool_init(&core->pool, params->pool_words, nt_params_word_lanes(params), err);
  if (status == NT_OK)
    status = nt_dendrite_init(&core->dendrite, params, err);
  if (status != NT_OK)
    return status;
  core->prog = calloc(params->prog_words, sizeof *core->prog);
  core->table = calloc(params->table_words, sizeof *core->table);
  core->group = calloc((size_t)params->groups * NT_GROUP_WORDS, sizeof *core->group);
  if (core->prog == NULL || core->table == NULL || core->group == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "golden tile: no memory for the programs of core %u",
                   number);
  return NT_OK;
}

void nt_core_free(nt_core_t *core) {
  nt_pool_free(&core->pool);
  nt_dendrite_free(&core->dendrite);
  nt_outbox_free(&core->tap);
  free(core->prog);
  free(core->table);
  free(core->group);
}

uint32_t nt_core_flags(nt_core_t *core) {
  const bool overflow = nt_dendrite_judge(&core->dendrite) == NT_GOLDEN_MUST_BE_1;
  return core->flags | (uint32_t)overflow << NT_FLAGS_ACC_OVERFLOW_LSB;
}

nt_group_t nt_core_group(const nt_core_t *core, uint32_t number) {
  const uint32_t *words = core->group + (size_t)number * NT_GROUP_WORDS;
  return (nt_group_t){
      .number = number,
      .enable = NT_BITS_GET(words[0], GROUP0_ENABLE) != 0,
      .always = NT_BITS_GET(words[0], GROUP0_ALWAYS) != 0,
      .line = NT_BITS_GET(words[0], GROUP0_LINE),
      .lines = NT_BITS_GET(words[0], GROUP0_LINES),
      .neurons = NT_BITS_GET(words[1], GROUP1_NEURONS),
      .entry = NT_BITS_GET(words[2], GROUP2_ENTRY),
      .const_base = NT_BITS_GET(words[2], GROUP2_CONST_BASE),
      .state_base = NT_BITS_GET(words[3], GROUP3_STATE_BASE),
      .state_words = NT_BITS_GET(words[3], GROUP3_STATE_WORDS),
      .clear_words = NT_BITS_GET(words[3], GROUP3_CLEAR_WORDS),
  };
}

bool nt_core_pending(const nt_core_t *core) {
  if (nt_dendrite_pending(&core->dendrite))
    return true;
  for (uint32_t number = 0; number < core->params->groups; number++) {
    const nt_group_t group = nt_core_group(core, number);
    if (group.enable && group.always)
      return true;
  }
  return false;
}

void nt_core_clear_state(nt_core_t *core) {
  const uint32_t lanes = core->pool.word_lanes;
  nt_dendrite_clear(&core->dendrite);
  for (uint32_t number = 0; number < core->params->groups; number++) {
    const nt_group_t group = nt_core_group(core, number);
    if (!group.enable)
      continue;
    const uint32_t beats = (group.neurons + lanes - 1) / lanes;
    for (uint32_t beat = 0; beat < beats; beat++)
      for (uint32_t k = 0; k < group.clear_words; k++)
        memset(nt_pool_word(&core->pool, group.state_base + beat * group.state_words + k), 0,
               lanes * sizeof(uint32_t));
  }
}

void nt_core_reset(nt_core_t *core) {
  nt_dendrite_clear(&core->dendrite);
  nt_dendrite_acknowledge(&core->dendrite);
  core->axon_base = core->axon_count = core->probe_enable = core->flags = 0;
  memset(core->counter, 0, sizeof core->counter);
  core->tap.count = 0;
}

// ---- Host access --------------------------------------------------------------------------------

/// The memory behind a space that is plain memory, or NULL.
static uint32_t *plain_memory(nt_core_t *core, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return core->pool.lanes;
  case NT_SPACE_PROG: return core->prog;
  case NT_SPACE_TABLE: return core->table;
  case NT_SPACE_GROUP: return core->group;
  default: return NULL;
  }
}

bool nt_core_has(const nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count) {
  const uint64_t end = (uint64_t)addr + count;
  if (end > nt_dev_space_words(core->params, space))
    return false;
  // Of the core registers, the indices between PROBE_ENABLE and the counters do not exist.
  return space != NT_SPACE_CREG || count == 0 || end <= NT_CREG_PROBE_ENABLE + 1 ||
         addr >= NT_CREG_COUNTERS;
}

static uint32_t read_creg(nt_core_t *core, uint32_t index) {
  switch (index) {
  case NT_CREG_AXON_BASE: return core->axon_base;
  case NT_CREG_AXON_COUNT: return core->axon_count;
  case NT_CREG_FLAGS: return nt_core_flags(core);
  case NT_CREG_PROBE_ENABLE: return core->probe_enable;
  default: break;
  }
  const uint64_t counter = core->counter[(index - NT_CREG_COUNTERS) / 2];
  return (uint32_t)(index % 2 == 0 ? counter : counter >> 32);
}

static void write_creg(nt_core_t *core, uint32_t index, uint32_t value) {
  switch (index) {
  case NT_CREG_AXON_BASE: core->axon_base = value & 0xFFFFU; return;
  case NT_CREG_AXON_COUNT: core->axon_count = value & 0x1FFFFU; return;
  case NT_CREG_FLAGS:
    core->flags &= ~value;
    if (NT_BITS_GET(value, FLAGS_ACC_OVERFLOW) != 0)
      nt_dendrite_acknowledge(&core->dendrite);
    return;
  case NT_CREG_PROBE_ENABLE: core->probe_enable = value & 1; return;
  default: break;
  }
  uint64_t *counter = &core->counter[(index - NT_CREG_COUNTERS) / 2];
  *counter = index % 2 == 0 ? (*counter & ~UINT64_C(0xFFFFFFFF)) | value
                            : (*counter & UINT64_C(0xFFFFFFFF)) | (uint64_t)value << 32;
}

void nt_core_read(nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count, uint32_t *words) {
  const uint32_t *memory = plain_memory(core, space);
  if (memory != NULL) {
    memcpy(words, memory + addr, count * sizeof *words);
    return;
  }
  for (uint32_t k = 0; k < count; k++) {
    if (space == NT_SPACE_ACC)
      words[k] = nt_dendrite_read_acc(&core->dendrite, addr + k);
    else if (space == NT_SPACE_ACT)
      words[k] = core->dendrite.coming_activity[addr + k];
    else
      words[k] = read_creg(core, addr + k);
  }
}

void nt_core_write(nt_core_t *core, uint32_t space, uint32_t addr, uint32_t count,
                   const uint32_t *words) {
  uint32_t *memory = plain_memory(core, space);
  if (memory != NULL) {
    memcpy(memory + addr, words, count * sizeof *words);
    return;
  }
  for (uint32_t k = 0; k < count; k++) {
    if (space == NT_SPACE_ACC)
      nt_dendrite_write_acc(&core->dendrite, addr + k, words[k]);
    else if (space == NT_SPACE_ACT)
      nt_dendrite_write_act(&core->dendrite, addr + k, words[k]);
    else
      write_creg(core, addr + k, words[k]);
  }
}
