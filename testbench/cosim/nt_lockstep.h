// SPDX-License-Identifier: Apache-2.0
// nt_lockstep: runs a golden system and a system under test side by side and compares them at every
// timestep.
//
// Compared in causal order: spikes that entered each tile, which tiles ran, and per core that ran
// activity and accumulators the step worked on, neuron state after it, every message sent (as a
// multiset), exact counters and flags. Sweeps compare all memories of all tiles. A level says how
// much of it. The first difference of the earliest stage ends the run.
#ifndef NT_LOCKSTEP_H
#define NT_LOCKSTEP_H

#include "nt_history.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Where in a timestep's causal order a difference was found.
typedef enum nt_stage {
  NT_STAGE_RECEIVED,    ///< spikes that entered a tile before the step
  NT_STAGE_SCHEDULE,    ///< a tile ran in one system only
  NT_STAGE_ACCUMULATOR, ///< synaptic input of the step
  NT_STAGE_STATE,       ///< neuron state after the step
  NT_STAGE_SPIKE,       ///< messages sent in the step
  NT_STAGE_COUNTER,     ///< exact counters and flags
  NT_STAGE_MEMORY,      ///< a sweep of all memories
  NT_STAGE_LEVEL        ///< the golden system differs from what its network should give
} nt_stage_t;

/// How much is compared; each level compares what those before it do.
typedef enum nt_check_level {
  NT_LEVEL_OUTPUTS = -1, ///< which tiles ran, spikes sent, counters; no sweep
  NT_LEVEL_STATE = 0,    ///< and accumulators, neuron state, sweeps; the default
  NT_LEVEL_STAGES = 1    ///< and spikes received
} nt_check_level_t;

const char *nt_stage_str(nt_stage_t stage);

/// The first difference.
typedef struct nt_mismatch {
  uint32_t timestep, tile, core;
  nt_stage_t stage;
  bool has_neuron;     ///< line and lane are meaningful
  bool activity;       ///< accumulator stage: the activity mask of the line differs, not a sum
  uint32_t line, lane; ///< core-local place of the neuron
  uint32_t index;      ///< dendrite (accumulator), state word (state), counter number (counter)
  bool has_word;       ///< the value is the word `address` of `space` (NT_SPACE_*) of the core
  uint32_t space, address;
  int64_t expected, got;
  bool has_missing, has_unexpected; ///< spikes: a message of the golden system, of the other only
  uint64_t missing, unexpected;     ///< wire form
  char field[176];                  ///< e.g. "state word 0", "counter SYNOPS", "space PROG word 17"
} nt_mismatch_t;

/// How much was compared; a run that compared nothing has not passed.
typedef struct nt_lockstep_stats {
  uint64_t timesteps, tile_steps;
  uint64_t accumulators, state_words, spikes, counters, swept_words, received;
} nt_lockstep_stats_t;

typedef struct nt_lockstep nt_lockstep_t;

/// `golden` must be a system of golden tiles, `dut` any back end that shows its accumulators; both
/// opened with `image`, which must outlive the object. Switches taps on; of a back end without one,
/// the spikes that left each tile are compared. The systems stay the caller's.
nt_status_t nt_lockstep_open(const nt_image_t *image, nt_system_t *golden, nt_system_t *dut,
                             nt_lockstep_t **lockstep, nt_error_t *err);
void nt_lockstep_close(nt_lockstep_t *lockstep); ///< NULL is allowed
void nt_lockstep_set_level(nt_lockstep_t *lockstep, nt_check_level_t level);
/// The systems were changed from outside (reset, restored): the history begins anew.
void nt_lockstep_restart(nt_lockstep_t *lockstep);
/// The same spikes into both systems.
nt_status_t nt_lockstep_inject(nt_lockstep_t *lockstep, const nt_spike_t *spikes, size_t count,
                               nt_error_t *err);
/// One timestep of both and the comparison. NT_ERR_MISMATCH fills the mismatch; any other error
/// comes from a back end.
nt_status_t nt_lockstep_step(nt_lockstep_t *lockstep, nt_error_t *err);
/// Compares every word of POOL, PROG, TABLE, GROUP, ACC, ACT of every core.
nt_status_t nt_lockstep_sweep(nt_lockstep_t *lockstep, nt_error_t *err);
const nt_mismatch_t *nt_lockstep_mismatch(const nt_lockstep_t *lockstep);
/// What a report of the mismatch looks at.
typedef struct nt_lockstep_view {
  const nt_image_t *image;
  nt_system_t *golden, *dut;
  const nt_state_map_t *maps; ///< [tiles * cores]
  const nt_history_t *history;
} nt_lockstep_view_t;
nt_lockstep_view_t nt_lockstep_view(const nt_lockstep_t *lockstep);
nt_lockstep_stats_t nt_lockstep_stats(const nt_lockstep_t *lockstep);
/// Seconds spent in the golden system, in the system under test and in comparing.
void nt_lockstep_times(const nt_lockstep_t *lockstep, double *golden, double *dut, double *compare);

#ifdef __cplusplus
}
#endif
#endif
