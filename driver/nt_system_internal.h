// SPDX-License-Identifier: Apache-2.0
// What nt_system.c (the fabric) and nt_state.c (state files) share.
#ifndef NT_SYSTEM_INTERNAL_H
#define NT_SYSTEM_INTERNAL_H

#include "nt_spike_list.h"
#include "nt_system.h"

/// One tile and its spikes. Nothing here is touched while another tile runs.
typedef struct nt_system_slot {
  nt_dev_t *dev;
  nt_spike_list_t queue;    ///< act in the next step
  size_t delivered;         ///< of these, already inside the tile: the rest goes in before the step
  nt_spike_list_t received; ///< went into the last step
  nt_spike_list_t sent;     ///< came out of the last step
  /// FLAGS from a state file. A device's FLAGS can be cleared but not set, so that the flags of a
  /// restored system are these and the device's together.
  uint32_t restored_flags[NT_CORES_MAX];
  nt_error_t error; ///< of the work done last
} nt_system_slot_t;

struct nt_system {
  nt_params_t params;
  uint32_t tiles, timestep;
  uint32_t image_crc;
  uint32_t note; ///< the host's, kept with the state
  uint64_t max_cycles;
  nt_system_slot_t *slot; ///< [tiles]
  uint32_t *ran;          ///< [tiles], of which ran_count tiles ran in the last step
  size_t ran_count;
  bool failed; ///< the last step, in tile failed_tile
  uint32_t failed_tile;
  uint32_t *getting;    ///< [tiles], those that get spikes at the end of a step
  nt_spike_list_t host; ///< spikes for the host of the last step
};

/// Fails like the call that filled `inner`, naming the tile and the timestep to be run.
nt_status_t nt_system_fail_at(const nt_system_t *system, uint32_t tile, const nt_error_t *inner,
                              nt_error_t *err);
/// NT_ERR_RANGE, naming the value, unless the spike could be on a wire to an existing tile.
nt_status_t nt_system_check_spike(const nt_system_t *system, const nt_spike_t *spike,
                                  nt_error_t *err);
/// Empties the lists of the last step.
void nt_system_forget_step(nt_system_t *system);
/// Forgets all spikes that act in the next step; those already inside a tile are the tile's
/// business.
void nt_system_drop_queues(nt_system_t *system);

#endif
