// SPDX-License-Identifier: Apache-2.0
#include "nt_tile.h"

#include "nt_axon_in.h"
#include "nt_engine.h"

/// Adds to an outbox, and notes when that fails.
static void post(nt_tile_t *tile, nt_outbox_t *box, const void *item) {
  if (!nt_outbox_post(box, item))
    tile->lost = true;
}

void nt_tile_deliver(nt_tile_t *tile, const nt_spike_t *spike) {
  const uint32_t cores = spike->cores & ((1U << tile->dev.params.cores) - 1);
  if (spike->tile != tile->tile_id || cores == 0) {
    tile->error |= 1U << NT_ERROR_MISROUTE_LSB;
    return;
  }
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    if ((cores >> c & 1) != 0)
      nt_axon_in_deliver(&tile->core[c], spike->axon, spike->payload);
}

void nt_tile_send(nt_tile_t *tile, nt_core_t *core, const nt_spike_t *spike) {
  const uint64_t wire = nt_spike_pack(spike);
  if (tile->tap_on)
    post(tile, &core->tap, &wire);
  if (spike->tile == tile->tile_id)
    nt_tile_deliver(tile, spike);
  else
    post(tile, &tile->spikes, spike);
}

void nt_tile_probe(nt_tile_t *tile, const nt_probe_t *probe) {
  post(tile, &tile->probes, probe);
}

nt_status_t nt_tile_step(nt_tile_t *tile, nt_error_t *err) {
  const uint32_t cores = tile->dev.params.cores;
  tile->lost = false;
  for (uint32_t c = 0; c < cores; c++) {
    nt_dendrite_swap(&tile->core[c].dendrite);
    tile->core[c].tap.count = 0;
  }
  if (tile->on_accumulators != NULL)
    tile->on_accumulators(tile->user, &tile->dev);
  for (uint32_t c = 0; c < cores; c++)
    nt_engine_run(&tile->core[c], tile->timestep);
  tile->timestep++;
  tile->steps++;
  if (tile->lost)
    return nt_fail(err, NT_ERR_MEMORY,
                   "golden tile: no memory for the spikes and probes of timestep %u",
                   tile->timestep - 1);
  return NT_OK;
}

void nt_tile_clear_state(nt_tile_t *tile) {
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    nt_core_clear_state(&tile->core[c]);
}

void nt_tile_reset(nt_tile_t *tile) {
  size_t dropped = 0;
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    nt_core_reset(&tile->core[c]);
  tile->tile_id = tile->timestep = tile->steps = tile->error = 0;
  (void)nt_outbox_take(&tile->spikes, &dropped);
  (void)nt_outbox_take(&tile->probes, &dropped);
}

bool nt_tile_pending(const nt_tile_t *tile) {
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    if (nt_core_pending(&tile->core[c]))
      return true;
  return false;
}

uint32_t nt_tile_error(nt_tile_t *tile) {
  uint32_t error = tile->error;
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    error |= (uint32_t)(nt_core_flags(&tile->core[c]) != 0) << (NT_ERROR_CORE_LSB + c);
  return error;
}
