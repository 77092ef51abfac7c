// SPDX-License-Identifier: Apache-2.0
// nt_meter: what every core of a system did in a timestep, from counter differences.
#ifndef NT_METER_H
#define NT_METER_H

#include "nt_system.h"

/// One timestep, or the sum over several: cycles of the slowest tile, and maxima over cores.
typedef struct nt_meter_step {
  uint64_t cycles;        ///< slowest tile
  uint64_t bound;         ///< list words on the busiest core: one word a cycle is the best possible
  uint64_t stall_cycles;  ///< of that core: spikes waited and nothing was accumulated
  uint64_t engine_cycles; ///< busiest engine, waiting for the output stage not counted
  uint64_t synops;        ///< synaptic operations, all cores
  uint64_t core_words;    ///< list words, all cores
  uint64_t core_rows;     ///< CYC_SYNAPSE, all cores: rows accumulated, those of inline formats too
  uint64_t
      core_phase; ///< CYC_SYNAPSE + CYC_STALL, all cores: the time their synapse stages had spikes
} nt_meter_step_t;

typedef struct nt_meter nt_meter_t;

nt_status_t nt_meter_open(nt_system_t *system, nt_meter_t **meter, nt_error_t *err);
void nt_meter_close(nt_meter_t *meter); ///< NULL is allowed
/// Forgets what happened so far.
nt_status_t nt_meter_start(nt_meter_t *meter, nt_error_t *err);
/// What happened since the last start or read.
nt_status_t nt_meter_read(nt_meter_t *meter, nt_meter_step_t *step, nt_error_t *err);
void nt_meter_add(nt_meter_step_t *sum, const nt_meter_step_t *step);

#endif
