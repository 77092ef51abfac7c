// SPDX-License-Identifier: Apache-2.0
#include "nt_meter.h"

#include <stdlib.h>

typedef struct reading {
  uint64_t counter[NT_COUNTERS];
} reading_t;

struct nt_meter {
  nt_system_t *system;
  uint32_t tiles, cores;
  reading_t *last;  // [tiles * cores]
  uint64_t *cycles; // [tiles]
};

nt_status_t nt_meter_open(nt_system_t *system, nt_meter_t **meter, nt_error_t *err) {
  nt_meter_t *m = calloc(1, sizeof *m);
  if (m == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "meter: out of memory");
  }
  m->system = system;
  m->tiles = nt_system_tiles(system);
  m->cores = nt_system_tile(system, 0)->params.cores;
  m->last = calloc((size_t)m->tiles * m->cores, sizeof *m->last);
  m->cycles = calloc(m->tiles, sizeof *m->cycles);
  if (m->last == NULL || m->cycles == NULL) {
    nt_meter_close(m);
    return nt_fail(err, NT_ERR_MEMORY, "meter: out of memory");
  }
  *meter = m;
  return nt_meter_start(m, err);
}

void nt_meter_close(nt_meter_t *m) {
  if (m != NULL) {
    free(m->last);
    free(m->cycles);
    free(m);
  }
}

nt_status_t nt_meter_start(nt_meter_t *m, nt_error_t *err) {
  nt_meter_step_t ignored;
  return nt_meter_read(m, &ignored, err);
}

static nt_status_t read_core(nt_meter_t *m, uint32_t tile, uint32_t core, reading_t *delta,
                             nt_error_t *err) {
  uint32_t words[2 * NT_COUNTERS];
  const nt_status_t status = nt_dev_mem_read(nt_system_tile(m->system, tile), core, NT_SPACE_CREG,
                                             NT_CREG_COUNTERS, 2 * NT_COUNTERS, words, err);
  reading_t *last = &m->last[tile * m->cores + core];
  for (uint32_t c = 0; c < NT_COUNTERS && status == NT_OK; c++) {
    const uint64_t value = words[2 * c] | (uint64_t)words[2 * c + 1] << 32;
    delta->counter[c] = value - last->counter[c];
    last->counter[c] = value;
  }
  return status;
}

nt_status_t nt_meter_read(nt_meter_t *m, nt_meter_step_t *step, nt_error_t *err) {
  *step = (nt_meter_step_t){.cycles = 0};
  nt_status_t status = NT_OK;
  for (uint32_t t = 0; t < m->tiles; t++) {
    for (uint32_t c = 0; c < m->cores && status == NT_OK; c++) {
      reading_t d = {{0}};
      status = read_core(m, t, c, &d, err);
      const uint64_t engine =
          d.counter[NT_COUNTER_CYC_NEURON] - d.counter[NT_COUNTER_CYC_OUT_STALL];
      step->engine_cycles = engine > step->engine_cycles ? engine : step->engine_cycles;
      step->synops += d.counter[NT_COUNTER_SYNOPS];
      step->core_words += d.counter[NT_COUNTER_WORDS];
      step->core_rows += d.counter[NT_COUNTER_CYC_SYNAPSE];
      step->core_phase += d.counter[NT_COUNTER_CYC_SYNAPSE] + d.counter[NT_COUNTER_CYC_STALL];
      if (d.counter[NT_COUNTER_WORDS] > step->bound) {
        step->bound = d.counter[NT_COUNTER_WORDS];
        step->stall_cycles = d.counter[NT_COUNTER_CYC_STALL];
      }
    }
    // Read last: reading the counters lets the tile finish what it received.
    const uint64_t cycles = nt_dev_cycles(nt_system_tile(m->system, t));
    const uint64_t spent = cycles - m->cycles[t];
    m->cycles[t] = cycles;
    step->cycles = spent > step->cycles ? spent : step->cycles;
  }
  return status;
}

void nt_meter_add(nt_meter_step_t *sum, const nt_meter_step_t *step) {
  sum->cycles += step->cycles;
  sum->bound += step->bound;
  sum->stall_cycles += step->stall_cycles;
  sum->engine_cycles += step->engine_cycles;
  sum->synops += step->synops;
  sum->core_words += step->core_words;
  sum->core_rows += step->core_rows;
  sum->core_phase += step->core_phase;
}
