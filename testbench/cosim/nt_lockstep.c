// SPDX-License-Identifier: Apache-2.0
#include "nt_lockstep.h"

#include "nt_clock.h"
#include "nt_golden.h"
#include "nt_history.h"
#include "nt_multiset.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct nt_lockstep {
  const nt_image_t *image;
  nt_system_t *golden, *dut;
  nt_state_map_t *maps; // [tiles * cores]
  nt_history_t *history;
  nt_check_level_t level;
  uint32_t *buffer; // one core's largest space
  nt_multiset_t multiset;
  nt_mismatch_t mismatch;
  nt_lockstep_stats_t stats;
  double golden_time, dut_time, compare_time;
};

const char *nt_stage_str(nt_stage_t stage) {
  switch (stage) {
  case NT_STAGE_RECEIVED: return "spikes received";
  case NT_STAGE_SCHEDULE: return "schedule";
  case NT_STAGE_ACCUMULATOR: return "accumulator";
  case NT_STAGE_STATE: return "neuron state";
  case NT_STAGE_SPIKE: return "spikes sent";
  case NT_STAGE_COUNTER: return "counters";
  case NT_STAGE_MEMORY: return "memory sweep";
  case NT_STAGE_LEVEL: return "level L1 against L2";
  }
  return "unknown stage";
}

nt_status_t nt_lockstep_open(const nt_image_t *image, nt_system_t *golden, nt_system_t *dut,
                             nt_lockstep_t **lockstep, nt_error_t *err) {
  const nt_params_t *p = &image->params;
  nt_lockstep_t *l = calloc(1, sizeof *l);
  if (l == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
  }
  l->image = image;
  l->golden = golden;
  l->dut = dut;
  l->level = NT_LEVEL_STATE;
  uint32_t largest = 0;
  for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_ACT; space++) {
    const uint32_t words = nt_dev_space_words(p, space);
    largest = words > largest ? words : largest;
  }
  const uint32_t cores = image->tiles * p->cores;
  l->maps = calloc(cores, sizeof *l->maps);
  l->buffer = malloc(2 * (size_t)largest * sizeof *l->buffer);
  nt_status_t status = NT_OK;
  if (l->maps == NULL || l->buffer == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
  }
  for (uint32_t i = 0; i < cores && status == NT_OK; i++) {
    status = nt_state_map_find(image, i, &l->maps[i], err);
  }
  if (status == NT_OK) {
    status = nt_history_open(image, golden, l->maps, &l->history, err);
  }
  for (uint32_t t = 0; t < image->tiles && status == NT_OK; t++) {
    nt_dev_t *pair[2] = {nt_system_tile(golden, t), nt_system_tile(dut, t)};
    for (int i = 0; i < 2 && status == NT_OK; i++) {
      const nt_dev_ops_t *ops = pair[i]->ops;
      if (ops->current_activity == NULL || ops->current_row == NULL) {
        status = nt_fail(err, NT_ERR_UNSUPPORTED,
                         "lockstep: back end %s does not show its accumulators", ops->name);
      } else if (ops->set_tap != NULL) {
        ops->set_tap(pair[i], true);
      }
    }
  }
  if (status != NT_OK) {
    nt_lockstep_close(l);
    return status;
  }
  *lockstep = l;
  return NT_OK;
}

void nt_lockstep_close(nt_lockstep_t *l) {
  if (l == NULL) {
    return;
  }
  for (uint32_t i = 0; l->maps != NULL && i < l->image->tiles * l->image->params.cores; i++) {
    nt_state_map_free(&l->maps[i]);
  }
  free(l->maps);
  nt_history_close(l->history);
  free(l->buffer);
  nt_multiset_free(&l->multiset);
  free(l);
}

void nt_lockstep_set_level(nt_lockstep_t *l, nt_check_level_t level) {
  l->level = level;
}

void nt_lockstep_restart(nt_lockstep_t *l) {
  nt_history_restart(l->history);
}

nt_status_t nt_lockstep_inject(nt_lockstep_t *l, const nt_spike_t *spikes, size_t count,
                               nt_error_t *err) {
  const nt_status_t status = nt_system_inject(l->golden, spikes, count, err);
  return status == NT_OK ? nt_system_inject(l->dut, spikes, count, err) : status;
}

// Completes the mismatch record and the error text.
static nt_status_t differ(nt_lockstep_t *l, nt_mismatch_t mismatch, nt_error_t *err) {
  l->mismatch = mismatch;
  return nt_fail(err, NT_ERR_MISMATCH,
                 "MISMATCH at timestep %u, %s: tile %u core %u, %s%s, expected %" PRId64
                 " (golden), got %" PRId64 " (device under test)",
                 mismatch.timestep, nt_stage_str(mismatch.stage), mismatch.tile, mismatch.core,
                 mismatch.has_neuron ? "neuron's " : "", mismatch.field, mismatch.expected,
                 mismatch.got);
}

typedef struct place {
  uint32_t timestep, tile, core;
  nt_dev_t *golden, *dut;
} place_t;

static nt_mismatch_t at(const place_t *place, nt_stage_t stage) {
  return (nt_mismatch_t){
      .timestep = place->timestep, .tile = place->tile, .core = place->core, .stage = stage};
}

static void set_word(nt_mismatch_t *m, uint32_t space, uint32_t address) {
  m->has_word = true;
  m->space = space;
  m->address = address;
}

static nt_status_t compare_accumulators(nt_lockstep_t *l, const place_t *place, nt_error_t *err) {
  const nt_params_t *p = &l->image->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  uint8_t expected[NT_LINES_MAX], got[NT_LINES_MAX];
  place->golden->ops->current_activity(place->golden, place->core, expected);
  place->dut->ops->current_activity(place->dut, place->core, got);
  int32_t *values = (int32_t *)l->buffer, *others = values + lanes;
  for (uint32_t line = 0; line < p->lines; line++) {
    if (expected[line] != got[line]) {
      nt_mismatch_t m = at(place, NT_STAGE_ACCUMULATOR);
      m.has_neuron = true;
      m.activity = true;
      m.line = line;
      set_word(&m, NT_SPACE_ACT, line);
      m.expected = expected[line];
      m.got = got[line];
      (void)snprintf(m.field, sizeof m.field, "activity mask of line %u", line);
      return differ(l, m, err);
    }
    for (uint32_t d = 0; d < NT_DENDRITES; d++) {
      if ((expected[line] >> d & 1) == 0) {
        continue;
      }
      place->golden->ops->current_row(place->golden, place->core, d * p->lines + line, values);
      place->dut->ops->current_row(place->dut, place->core, d * p->lines + line, others);
      l->stats.accumulators += lanes;
      if (memcmp(values, others, lanes * sizeof *values) == 0) {
        continue;
      }
      nt_mismatch_t m = at(place, NT_STAGE_ACCUMULATOR);
      while (values[m.lane] == others[m.lane]) {
        m.lane++;
      }
      m.has_neuron = true;
      m.line = line;
      m.index = d;
      set_word(&m, NT_SPACE_ACC, (d * p->lines + line) * lanes + m.lane);
      m.expected = values[m.lane];
      m.got = others[m.lane];
      (void)snprintf(m.field, sizeof m.field, "accumulator of dendrite %u, line %u lane %u", d,
                     line, m.lane);
      return differ(l, m, err);
    }
  }
  return NT_OK;
}

static nt_status_t compare_state(nt_lockstep_t *l, const place_t *place, nt_error_t *err) {
  const nt_params_t *p = &l->image->params;
  const uint32_t lanes = nt_params_word_lanes(p);
  const nt_state_map_t *map = &l->maps[place->tile * p->cores + place->core];
  const uint32_t *pool = nt_golden_pool(place->golden, place->core);
  for (uint32_t r = 0; r < map->count; r++) {
    const nt_state_range_t *range = &map->range[r];
    const uint32_t *expected = pool + (size_t)range->word * lanes;
    const uint32_t count = range->words * lanes;
    const nt_status_t status = nt_dev_mem_read(place->dut, place->core, NT_SPACE_POOL,
                                               range->word * lanes, count, l->buffer, err);
    if (status != NT_OK) {
      return status;
    }
    l->stats.state_words += count;
    if (memcmp(expected, l->buffer, count * sizeof *expected) == 0) {
      continue;
    }
    uint32_t i = 0;
    while (expected[i] == l->buffer[i]) {
      i++;
    }
    const uint32_t word = range->first + i / lanes, beat = word / range->state_words;
    nt_mismatch_t m = at(place, NT_STAGE_STATE);
    m.has_neuron = true;
    m.line = range->line + beat / NT_BEATS_PER_LINE;
    m.lane = beat % NT_BEATS_PER_LINE * lanes + i % lanes;
    m.index = word % range->state_words;
    set_word(&m, NT_SPACE_POOL, range->word * lanes + i);
    m.expected = (int32_t)expected[i];
    m.got = (int32_t)l->buffer[i];
    (void)snprintf(m.field, sizeof m.field, "state word %u, line %u lane %u", m.index, m.line,
                   m.lane);
    return differ(l, m, err);
  }
  return NT_OK;
}

static void describe_spike(bool present, uint64_t wire, char *text, size_t size) {
  const nt_spike_t spike = nt_spike_unpack(wire);
  if (present) {
    (void)snprintf(text, size, "[tile %u cores 0x%02x axon %u type %u payload %" PRId32 "]",
                   spike.tile, spike.cores, spike.axon, spike.type, spike.payload);
  } else {
    (void)snprintf(text, size, "[none]");
  }
}

static void describe_difference(nt_mismatch_t *m) {
  char missing[72], extra[72];
  describe_spike(m->has_missing, m->missing, missing, sizeof missing);
  describe_spike(m->has_unexpected, m->unexpected, extra, sizeof extra);
  (void)snprintf(m->field, sizeof m->field, "missing %s unexpected %s", missing, extra);
  m->expected = m->has_missing ? nt_spike_unpack(m->missing).payload : 0;
  m->got = m->has_unexpected ? nt_spike_unpack(m->unexpected).payload : 0;
}

typedef void (*crossing_fn)(const nt_system_t *, uint32_t tile, const nt_spike_t **, size_t *);

// The spikes that crossed a tile's edge in one direction: nt_system_received or nt_system_sent.
static nt_status_t compare_crossing(nt_lockstep_t *l, uint32_t timestep, uint32_t tile,
                                    crossing_fn crossing, nt_stage_t stage, uint64_t *compared,
                                    nt_error_t *err) {
  nt_system_t *const system[2] = {l->golden, l->dut};
  uint64_t *wire[2] = {NULL, NULL};
  size_t count[2] = {0, 0};
  nt_status_t status = NT_OK;
  for (int side = 0; side < 2 && status == NT_OK; side++) {
    const nt_spike_t *spikes = NULL;
    crossing(system[side], tile, &spikes, &count[side]);
    wire[side] = malloc((count[side] + 1) * sizeof *wire[side]);
    if (wire[side] == NULL) {
      status = nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
    }
    for (size_t i = 0; i < count[side] && status == NT_OK; i++) {
      wire[side][i] = nt_spike_pack(&spikes[i]);
    }
  }
  nt_mismatch_t m = {.timestep = timestep, .tile = tile, .stage = stage};
  if (status == NT_OK) {
    *compared += count[0];
    if (!nt_multiset_equal(&l->multiset, wire[0], count[0], wire[1], count[1], &m.has_missing,
                           &m.missing, &m.has_unexpected, &m.unexpected)) {
      describe_difference(&m);
      status = differ(l, m, err);
    }
  }
  free(wire[0]);
  free(wire[1]);
  return status;
}

static nt_status_t compare_spikes(nt_lockstep_t *l, const place_t *place, nt_error_t *err) {
  if (place->dut->ops->tap == NULL) { // no core of it can be listened to, only the tile
    return place->core == 0 ? compare_crossing(l, place->timestep, place->tile, nt_system_sent,
                                               NT_STAGE_SPIKE, &l->stats.spikes, err)
                            : NT_OK;
  }
  const uint64_t *expected = NULL, *got = NULL;
  size_t expected_count = 0, got_count = 0;
  place->golden->ops->tap(place->golden, place->core, &expected, &expected_count);
  place->dut->ops->tap(place->dut, place->core, &got, &got_count);
  l->stats.spikes += expected_count;
  bool has_expected = false, has_got = false;
  uint64_t only_expected = 0, only_got = 0;
  if (nt_multiset_equal(&l->multiset, expected, expected_count, got, got_count, &has_expected,
                        &only_expected, &has_got, &only_got)) {
    return NT_OK;
  }
  nt_mismatch_t m = at(place, NT_STAGE_SPIKE);
  m.has_missing = has_expected;
  m.has_unexpected = has_got;
  m.missing = only_expected;
  m.unexpected = only_got;
  describe_difference(&m);
  return differ(l, m, err);
}

static nt_status_t compare_counters(nt_lockstep_t *l, const place_t *place, nt_error_t *err) {
  static const char *const names[NT_COUNTERS_EXACT] = {"MSG_IN",  "SYNOPS", "WORDS",
                                                       "NEURONS", "INSTRS", "MSG_OUT"};
  uint32_t words[2 * NT_COUNTERS_EXACT], flags = 0;
  nt_status_t status = nt_dev_mem_read(place->dut, place->core, NT_SPACE_CREG, NT_CREG_COUNTERS,
                                       2 * NT_COUNTERS_EXACT, words, err);
  if (status == NT_OK) {
    status = nt_dev_mem_read(place->dut, place->core, NT_SPACE_CREG, NT_CREG_FLAGS, 1, &flags, err);
  }
  if (status != NT_OK) {
    return status;
  }
  const uint64_t *expected = nt_golden_counters(place->golden, place->core);
  for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++) {
    const uint64_t got = words[2 * c] | (uint64_t)words[2 * c + 1] << 32;
    if (got != expected[c]) {
      nt_mismatch_t m = at(place, NT_STAGE_COUNTER);
      m.index = c;
      set_word(&m, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c);
      m.expected = (int64_t)expected[c];
      m.got = (int64_t)got;
      (void)snprintf(m.field, sizeof m.field, "counter %s", names[c]);
      return differ(l, m, err);
    }
  }
  const uint32_t overflow = 1u << NT_FLAGS_ACC_OVERFLOW_LSB;
  const uint32_t care =
      nt_golden_acc_overflow(place->golden, place->core) == NT_GOLDEN_UNSPECIFIED ? ~overflow : ~0u;
  const uint32_t golden_flags = nt_golden_flags(place->golden, place->core);
  l->stats.counters += NT_COUNTERS_EXACT + 1;
  if (((golden_flags ^ flags) & care) != 0) {
    nt_mismatch_t m = at(place, NT_STAGE_COUNTER);
    m.index = NT_COUNTERS_EXACT;
    set_word(&m, NT_SPACE_CREG, NT_CREG_FLAGS);
    m.expected = golden_flags;
    m.got = flags;
    (void)snprintf(m.field, sizeof m.field, "FLAGS");
    return differ(l, m, err);
  }
  return NT_OK;
}

static nt_status_t compare_schedule(nt_lockstep_t *l, uint32_t timestep, const uint32_t **ran,
                                    size_t *count, nt_error_t *err) {
  const uint32_t *other = NULL;
  size_t other_count = 0;
  nt_system_ran(l->golden, ran, count);
  nt_system_ran(l->dut, &other, &other_count);
  for (size_t i = 0; i < *count || i < other_count; i++) {
    if (i >= *count || i >= other_count || (*ran)[i] != other[i]) {
      nt_mismatch_t m = {.timestep = timestep, .stage = NT_STAGE_SCHEDULE};
      m.tile = i < *count ? (*ran)[i] : other[i];
      m.expected = i < *count;
      m.got = i < other_count;
      (void)snprintf(m.field, sizeof m.field, "the tile has work in one system only");
      return differ(l, m, err);
    }
  }
  return NT_OK;
}

nt_status_t nt_lockstep_step(nt_lockstep_t *l, nt_error_t *err) {
  typedef nt_status_t (*compare_fn)(nt_lockstep_t *, const place_t *, nt_error_t *);
  static const struct {
    nt_check_level_t from;
    compare_fn compare;
  } stages[] = {{NT_LEVEL_STATE, compare_accumulators},
                {NT_LEVEL_STATE, compare_state},
                {NT_LEVEL_OUTPUTS, compare_spikes},
                {NT_LEVEL_OUTPUTS, compare_counters}};
  const uint32_t timestep = nt_system_timestep(l->golden);
  const double t0 = nt_clock_now();
  nt_status_t status = nt_system_step(l->golden, err);
  const double t1 = nt_clock_now();
  if (status == NT_OK) {
    status = nt_system_step(l->dut, err);
  }
  const double t2 = nt_clock_now();
  const uint32_t *ran = NULL;
  size_t count = 0;
  for (uint32_t t = 0; t < l->image->tiles && status == NT_OK && l->level == NT_LEVEL_STAGES; t++) {
    status = compare_crossing(l, timestep, t, nt_system_received, NT_STAGE_RECEIVED,
                              &l->stats.received, err);
  }
  if (status == NT_OK) {
    status = compare_schedule(l, timestep, &ran, &count, err);
  }
  for (size_t s = 0; s < sizeof stages / sizeof stages[0]; s++) {
    for (size_t i = 0; i < count && status == NT_OK && l->level >= stages[s].from; i++) {
      for (uint32_t c = 0; c < l->image->params.cores && status == NT_OK; c++) {
        const place_t place = {timestep, ran[i], c, nt_system_tile(l->golden, ran[i]),
                               nt_system_tile(l->dut, ran[i])};
        status = stages[s].compare(l, &place, err);
      }
    }
  }
  for (size_t i = 0; i < count * l->image->params.cores && status == NT_OK; i++) {
    status = nt_history_note(l->history, timestep, ran[i / l->image->params.cores],
                             (uint32_t)(i % l->image->params.cores), err);
  }
  l->stats.timesteps++;
  l->stats.tile_steps += count;
  l->golden_time += t1 - t0;
  l->dut_time += t2 - t1;
  l->compare_time += nt_clock_now() - t2;
  return status;
}

static nt_status_t sweep_core(nt_lockstep_t *l, const place_t *place, nt_error_t *err) {
  for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_ACT; space++) {
    const uint32_t words = nt_dev_space_words(&l->image->params, space);
    uint32_t *expected = l->buffer, *got = l->buffer + words;
    nt_status_t status =
        nt_dev_mem_read(place->golden, place->core, space, 0, words, expected, err);
    if (status == NT_OK) {
      status = nt_dev_mem_read(place->dut, place->core, space, 0, words, got, err);
    }
    if (status != NT_OK) {
      return status;
    }
    l->stats.swept_words += words;
    if (memcmp(expected, got, words * sizeof *got) != 0) {
      uint32_t i = 0;
      while (expected[i] == got[i]) {
        i++;
      }
      nt_mismatch_t m = at(place, NT_STAGE_MEMORY);
      m.index = i;
      set_word(&m, space, i);
      m.expected = (int32_t)expected[i];
      m.got = (int32_t)got[i];
      (void)snprintf(m.field, sizeof m.field, "space %s word %u", nt_space_str(space), i);
      return differ(l, m, err);
    }
  }
  return NT_OK;
}

nt_status_t nt_lockstep_sweep(nt_lockstep_t *l, nt_error_t *err) {
  const double start = nt_clock_now();
  nt_status_t status = NT_OK;
  const uint32_t tiles = l->level == NT_LEVEL_OUTPUTS ? 0 : l->image->tiles;
  for (uint32_t t = 0; t < tiles && status == NT_OK; t++) {
    for (uint32_t c = 0; c < l->image->params.cores && status == NT_OK; c++) {
      const place_t place = {nt_system_timestep(l->golden), t, c, nt_system_tile(l->golden, t),
                             nt_system_tile(l->dut, t)};
      status = sweep_core(l, &place, err);
    }
  }
  l->compare_time += nt_clock_now() - start;
  return status;
}

const nt_mismatch_t *nt_lockstep_mismatch(const nt_lockstep_t *l) {
  return &l->mismatch;
}
nt_lockstep_view_t nt_lockstep_view(const nt_lockstep_t *l) {
  return (nt_lockstep_view_t){.image = l->image,
                              .golden = l->golden,
                              .dut = l->dut,
                              .maps = l->maps,
                              .history = l->history};
}
nt_lockstep_stats_t nt_lockstep_stats(const nt_lockstep_t *l) {
  return l->stats;
}
void nt_lockstep_times(const nt_lockstep_t *l, double *golden, double *dut, double *compare) {
  *golden = l->golden_time;
  *dut = l->dut_time;
  *compare = l->compare_time;
}
