// SPDX-License-Identifier: Apache-2.0
#include "nt_tile.h"

#include "nt_axon_in.h"
#include "nt_engine.h"

#include <stdlib.h>
#include <string.h>

static bool grow(nt_outbox_t *box) {
  const size_t capacity = box->capacity == 0 ? 1024 : 2 * box->capacity;
  void *items = realloc(box->items, capacity * box->item_size);
  if (items == NULL)
    return false;
  box->items = items;
  box->capacity = capacity;
  return true;
}

static void post(nt_tile_t *tile, nt_outbox_t *box, const void *item) {
  if (box->handed)
    box->count = 0;
  box->handed = false;
  if (box->count == box->capacity && !grow(box)) {
    tile->lost = true;
    return;
  }
  memcpy((unsigned char *)box->items + box->count * box->item_size, item, box->item_size);
  box->count++;
}

const void *nt_tile_hand_out(nt_outbox_t *box, size_t *count) {
  *count = box->handed ? 0 : box->count;
  box->handed = true;
  return box->items;
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

void nt_tile_route(nt_tile_t *tile, const nt_spike_t *spike) {
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
  for (uint32_t c = 0; c < cores; c++)
    nt_dendrite_swap(&tile->core[c].dendrite);
  if (tile->on_accumulators != NULL)
    tile->on_accumulators(tile->user, &tile->dev);
  for (uint32_t c = 0; c < cores; c++)
    nt_engine_run(&tile->core[c], tile->timestep);
  for (uint32_t c = 0; c < cores; c++)
    nt_dendrite_end_step(&tile->core[c].dendrite);
  tile->timestep++;
  tile->steps++;
  if (tile->lost)
    return nt_fail(err, NT_ERR_MEMORY, "golden tile: no memory for the spikes and probes of timestep %u",
                   tile->timestep - 1);
  return NT_OK;
}

void nt_tile_clear_state(nt_tile_t *tile) {
  for (uint32_t c = 0; c < tile->dev.params.cores; c++)
    nt_core_clear_state(&tile->core[c]);
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
