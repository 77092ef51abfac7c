// SPDX-License-Identifier: Apache-2.0
#include "nt_scene.h"

#include "nt_disasm.h"
#include "nt_golden.h"
#include "nt_group_view.h"

#include <stdlib.h>
#include <string.h>

static nt_status_t read_space(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t **words,
                              nt_error_t *err) {
  const uint32_t count = nt_dev_space_words(&dev->params, space);
  *words = malloc(count * sizeof **words);
  return *words == NULL ? nt_fail(err, NT_ERR_MEMORY, "explain: out of memory")
                        : nt_dev_mem_read(dev, core, space, 0, count, *words, err);
}

static nt_status_t read_core(nt_scene_t *s, int side, nt_error_t *err) {
  nt_dev_t *dev = side == 0 ? s->golden : s->dut;
  const uint32_t core = s->report->first.core;
  nt_status_t status = read_space(dev, core, NT_SPACE_POOL, &s->pool[side], err);
  if (status == NT_OK) {
    status = read_space(dev, core, NT_SPACE_PROG, &s->prog[side], err);
  }
  if (status == NT_OK) {
    status = read_space(dev, core, NT_SPACE_TABLE, &s->table[side], err);
  }
  if (status == NT_OK) {
    status = read_space(dev, core, NT_SPACE_GROUP, &s->groups[side], err);
  }
  if (status == NT_OK) {
    status =
        nt_dev_mem_read(dev, core, NT_SPACE_CREG, NT_CREG_AXON_BASE, 1, &s->axon_base[side], err);
  }
  if (status == NT_OK) {
    status =
        nt_dev_mem_read(dev, core, NT_SPACE_CREG, NT_CREG_AXON_COUNT, 1, &s->axon_count[side], err);
  }
  return status == NT_OK
             ? nt_dev_mem_read(dev, core, NT_SPACE_CREG, NT_CREG_FLAGS, 1, &s->flags[side], err)
             : status;
}

static const nt_state_map_t *map_of(const nt_scene_t *s) {
  return &s->view.maps[s->report->first.tile * s->params->cores + s->report->first.core];
}

// The golden pool before the step: as now, but for the state words.
static nt_status_t restore_before(nt_scene_t *s, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, m->core, 0);
  const size_t lanes = nt_params_word_lanes(s->params), words = s->params->pool_words * lanes;
  if (last == NULL || (last->stepped && last->timestep >= m->timestep)) {
    return NT_OK;
  }
  s->before = malloc(words * sizeof *s->before);
  if (s->before == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  memcpy(s->before, s->pool[0], words * sizeof *s->before);
  for (uint32_t r = 0; r < map_of(s)->count; r++) {
    const nt_state_range_t *range = &map_of(s)->range[r];
    memcpy(s->before + range->word * lanes, last->state + range->copy * lanes,
           range->words * lanes * sizeof *s->before);
  }
  return NT_OK;
}

nt_status_t nt_scene_open(const nt_lockstep_t *lockstep, nt_mismatch_report_t *report,
                          nt_scene_t *s, nt_error_t *err) {
  *s = (nt_scene_t){.view = nt_lockstep_view(lockstep), .report = report};
  s->params = &s->view.image->params;
  s->golden = nt_system_tile(s->view.golden, report->first.tile);
  s->dut = nt_system_tile(s->view.dut, report->first.tile);
  nt_status_t status = read_core(s, 0, err);
  if (status == NT_OK) {
    status = read_core(s, 1, err);
  }
  return status == NT_OK ? restore_before(s, err) : status;
}

void nt_scene_close(nt_scene_t *s) {
  for (int side = 0; side < 2; side++) {
    free(s->pool[side]);
    free(s->prog[side]);
    free(s->table[side]);
    free(s->groups[side]);
  }
  free(s->before);
}

nt_retrace_input_t nt_scene_input(const nt_scene_t *s, int side, uint32_t group, uint32_t neuron) {
  return (nt_retrace_input_t){.params = s->params,
                              .pool = s->before,
                              .prog = s->prog[side],
                              .table = s->table[side],
                              .groups = s->groups[side],
                              .rows = nt_golden_current(s->golden, s->report->first.core),
                              .timestep = s->report->first.timestep,
                              .group = group,
                              .neuron = neuron};
}

bool nt_scene_state(const nt_scene_t *s, int side, uint32_t group, int64_t neuron, uint32_t word,
                    int32_t *value) {
  const nt_group_view_t view = nt_group_view(s->groups[0], group);
  const uint32_t lanes = nt_params_word_lanes(s->params);
  if (neuron < 0 || neuron >= view.neurons || word >= view.state_words) {
    return false;
  }
  const uint32_t n = (uint32_t)neuron;
  const size_t at = (view.state_base + n / lanes * view.state_words + word) % s->params->pool_words;
  *value = (int32_t)s->pool[side][at * lanes + n % lanes];
  return true;
}

bool nt_scene_refuses(const nt_scene_t *s) {
  return ((s->flags[1] & ~s->flags[0]) >> NT_FLAGS_BAD_AXON_LSB & 1) != 0;
}

// ---- memories ----

// True for pool words that hold state.
static bool is_state(const nt_scene_t *s, uint32_t word) {
  const nt_state_map_t *map = map_of(s);
  for (uint32_t r = 0; r < map->count; r++) {
    if (word - map->range[r].word < map->range[r].words) {
      return true;
    }
  }
  return false;
}

// Axon whose entry is in 32-bit word `at` of the pool, or -1.
static int64_t axon_at(const nt_scene_t *s, uint32_t at) {
  const uint32_t lanes = nt_params_word_lanes(s->params);
  const uint32_t word =
      (at / lanes + s->params->pool_words - s->axon_base[0]) % s->params->pool_words;
  const uint64_t axon = (uint64_t)word * lanes / 2 + at % lanes / 2;
  return axon < s->axon_count[0] ? (int64_t)axon : -1;
}

// Group and port whose destination list covers 32-bit word `at` of the pool.
static bool destination_at(const nt_scene_t *s, uint32_t at, uint32_t *group, uint32_t *port) {
  const uint32_t lanes = nt_params_word_lanes(s->params);
  for (*group = 0; *group < s->params->groups; (*group)++) {
    const nt_group_view_t view = nt_group_view(s->groups[0], *group);
    for (*port = 0; view.enable && *port < NT_PORTS; (*port)++) {
      const uint64_t first = (uint64_t)view.port_ptr[*port] * lanes;
      if (at >= first && at < first + 2 * (uint64_t)view.port_count[*port]) {
        return true;
      }
    }
  }
  return false;
}

static void compare_pool(const nt_scene_t *s) {
  const uint32_t lanes = nt_params_word_lanes(s->params);
  nt_hints_t *hints = &s->report->hints;
  for (uint32_t i = 0; i < s->params->pool_words * lanes; i++) {
    const uint32_t expected = s->pool[0][i], got = s->pool[1][i];
    if (expected == got || is_state(s, i / lanes)) {
      continue;
    }
    const int64_t axon = axon_at(s, i);
    uint32_t group = 0, port = 0;
    if (axon >= 0) {
      nt_hints_add(
          hints, "stored-axon", NT_CONFIDENCE_STORED,
          "the device holds another entry of axon %lld: pool address %u has 0x%08x, golden "
          "0x%08x",
          (long long)axon, i, got, expected);
    } else if (destination_at(s, i, &group, &port)) {
      nt_hints_add(hints, "stored-destination", NT_CONFIDENCE_STORED,
                   "the device holds another destination of group %u port %u: pool address %u has "
                   "0x%08x, golden 0x%08x",
                   group, port, i, got, expected);
    } else {
      nt_hints_add(hints, "stored-weight", NT_CONFIDENCE_STORED,
                   "the device holds another word of a synapse list, or of memory not in use: pool "
                   "address %u (word %u lane %u) has 0x%08x, golden 0x%08x",
                   i, i / lanes, i % lanes, got, expected);
    }
  }
}

void nt_scene_compare_memories(const nt_scene_t *s) {
  nt_hints_t *hints = &s->report->hints;
  for (uint32_t i = 0; i < s->params->prog_words; i++) {
    if (s->prog[0][i] != s->prog[1][i]) {
      char expected[NT_DISASM_MAX], got[NT_DISASM_MAX];
      nt_disasm(s->prog[0][i], expected, sizeof expected);
      nt_disasm(s->prog[1][i], got, sizeof got);
      nt_hints_add(hints, "stored-instruction", NT_CONFIDENCE_STORED,
                   "the device holds another instruction at pc %u: \"%s\", golden \"%s\"", i, got,
                   expected);
    }
  }
  for (uint32_t i = 0; i < s->params->table_words; i++) {
    if (s->table[0][i] != s->table[1][i]) {
      nt_hints_add(hints, "stored-constant", NT_CONFIDENCE_STORED,
                   "the device holds another constant at table entry %u: 0x%08x, golden 0x%08x", i,
                   s->table[1][i], s->table[0][i]);
    }
  }
  for (uint32_t i = 0; i < s->params->groups * NT_GROUP_WORDS; i++) {
    if (s->groups[0][i] != s->groups[1][i]) {
      nt_hints_add(hints, "stored-group", NT_CONFIDENCE_STORED,
                   "the device holds another descriptor of group %u: word %u is 0x%08x, golden "
                   "0x%08x",
                   i / NT_GROUP_WORDS, i % NT_GROUP_WORDS, s->groups[1][i], s->groups[0][i]);
    }
  }
  if (s->axon_base[0] != s->axon_base[1] || s->axon_count[0] != s->axon_count[1]) {
    nt_hints_add(hints, "stored-axon", NT_CONFIDENCE_STORED,
                 "the device has another axon table: base %u count %u, golden base %u count %u",
                 s->axon_base[1], s->axon_count[1], s->axon_base[0], s->axon_count[0]);
  }
  compare_pool(s);
}
