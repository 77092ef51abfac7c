// SPDX-License-Identifier: Apache-2.0
// nt_tile: cores, router, registers and the timestep of one golden tile (docs/spec/timestep.md).
#ifndef NT_TILE_H
#define NT_TILE_H

#include "nt_core.h"

struct nt_tile {
  nt_dev_t dev; ///< first member: a tile is a device
  nt_core_t core[NT_CORES_MAX];
  uint32_t tile_id, timestep, steps;
  uint32_t error; ///< ERROR without CORE
  nt_outbox_t spikes, probes;
  bool tap_on;
  bool lost; ///< an outbox could not grow during this step
  nt_golden_observer_t on_accumulators;
  void *user;
};

/// The tile behind a device of nt_golden_open().
static inline nt_tile_t *nt_tile_of(nt_dev_t *dev) {
  return (nt_tile_t *)dev;
}

/// Sends a core's message on its way: into this tile's cores at once, or out of the tile.
void nt_tile_send(nt_tile_t *tile, nt_core_t *core, const nt_spike_t *spike);
/// Delivers a message that names this tile, or drops it with MISROUTE.
void nt_tile_deliver(nt_tile_t *tile, const nt_spike_t *spike);
/// Reports a probe.
void nt_tile_probe(nt_tile_t *tile, const nt_probe_t *probe);

/// Runs the timestep that TIMESTEP names; NT_ERR_MEMORY when a message to the host was lost.
nt_status_t nt_tile_step(nt_tile_t *tile, nt_error_t *err);
/// CTRL.CLEAR_STATE.
void nt_tile_clear_state(nt_tile_t *tile);
/// The reset input: registers, counters, flags and activity; memories stay.
void nt_tile_reset(nt_tile_t *tile);
/// STATUS.PENDING.
bool nt_tile_pending(const nt_tile_t *tile);
/// The ERROR register.
uint32_t nt_tile_error(nt_tile_t *tile);

#endif
