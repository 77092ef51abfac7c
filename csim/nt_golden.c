// SPDX-License-Identifier: Apache-2.0
#include "nt_golden.h"

#include "nt_host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// ---- Device operations --------------------------------------------------------------------------

static void golden_close(nt_dev_t *dev) {
  nt_tile_t *tile = nt_tile_of(dev);
  for (uint32_t c = 0; c < dev->params.cores; c++)
    nt_core_free(&tile->core[c]);
  nt_outbox_free(&tile->spikes);
  nt_outbox_free(&tile->probes);
  free(tile);
}

static nt_status_t golden_reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value,
                                   nt_error_t *err) {
  return nt_host_read(nt_tile_of(dev), offset, value, err);
}

static nt_status_t golden_reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value,
                                    nt_error_t *err) {
  return nt_host_write(nt_tile_of(dev), offset, value, err);
}

/// The core, if it exists and has these addresses; else NULL.
static nt_core_t *addressed(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t count) {
  if (core >= dev->params.cores || !nt_core_has(&nt_tile_of(dev)->core[core], space, addr, count))
    return NULL;
  return &nt_tile_of(dev)->core[core];
}

static nt_status_t refuse(uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                          nt_error_t *err) {
  return nt_fail(err, NT_ERR_DEVICE,
                 "core %u, space %u, address %u, %u words: no such core, space or address", core,
                 space, addr, count);
}

static nt_status_t golden_mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                   uint32_t count, uint32_t *words, nt_error_t *err) {
  nt_core_t *found = addressed(dev, core, space, addr, count);
  if (found == NULL)
    return refuse(core, space, addr, count, err);
  nt_core_read(found, space, addr, count, words);
  return NT_OK;
}

static nt_status_t golden_mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                    uint32_t count, const uint32_t *words, nt_error_t *err) {
  nt_core_t *found = addressed(dev, core, space, addr, count);
  if (found == NULL)
    return refuse(core, space, addr, count, err);
  nt_core_write(found, space, addr, count, words);
  return NT_OK;
}

/// A request message that the tile refuses sets ERROR.BAD_ADDR; one that has no wire form is the
/// caller's mistake.
static nt_status_t check_request(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                 nt_error_t *err) {
  if (core >> NT_HOST_CORE_W != 0 || space >> NT_HOST_SPACE_W != 0 || addr >> NT_HOST_ADDR_W != 0)
    return nt_fail(err, NT_ERR_ARG, "core %u, space %u, address %u: does not fit a host request",
                   core, space, addr);
  if (addressed(dev, core, space, addr, 1) != NULL)
    return NT_OK;
  nt_tile_of(dev)->error |= 1U << NT_ERROR_BAD_ADDR_LSB;
  return refuse(core, space, addr, 1, err);
}

static nt_status_t golden_msg_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                   uint32_t *word, nt_error_t *err) {
  const nt_status_t status = check_request(dev, core, space, addr, err);
  return status != NT_OK ? status : golden_mem_read(dev, core, space, addr, 1, word, err);
}

static nt_status_t golden_msg_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                    uint32_t word, nt_error_t *err) {
  const nt_status_t status = check_request(dev, core, space, addr, err);
  return status != NT_OK ? status : golden_mem_write(dev, core, space, addr, 1, &word, err);
}

static nt_status_t check_spike(const nt_spike_t *spike, size_t k, nt_error_t *err) {
  const int32_t limit = INT32_C(1) << (NT_PAYLOAD_BITS - 1);
  if (spike->payload < -limit || spike->payload >= limit)
    return nt_fail(err, NT_ERR_ARG, "spike %zu: payload %d is not a signed %u-bit value", k,
                   spike->payload, NT_PAYLOAD_BITS);
  if (spike->tile >> NT_SPIKE_TILE_W != 0 || spike->type >> NT_SPIKE_TYPE_W != 0)
    return nt_fail(err, NT_ERR_ARG, "spike %zu: tile %u or type %u does not fit its field", k,
                   spike->tile, spike->type);
  return NT_OK;
}

static nt_status_t golden_inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count,
                                 nt_error_t *err) {
  for (size_t k = 0; k < count; k++) {
    const nt_status_t status = check_spike(&spikes[k], k, err);
    if (status != NT_OK)
      return status;
  }
  for (size_t k = 0; k < count; k++)
    nt_tile_deliver(nt_tile_of(dev), &spikes[k]);
  return NT_OK;
}

static nt_status_t golden_step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles,
                               nt_error_t *err) {
  (void)max_cycles; // no clock
  nt_tile_of(dev)->timestep = timestep;
  return nt_tile_step(nt_tile_of(dev), err);
}

static void golden_drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  *spikes = nt_outbox_take(&nt_tile_of(dev)->spikes, count);
}

static void golden_drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count) {
  *probes = nt_outbox_take(&nt_tile_of(dev)->probes, count);
}

static bool golden_pending(nt_dev_t *dev) {
  return nt_tile_pending(nt_tile_of(dev));
}

static void golden_progress(nt_dev_t *dev, nt_progress_t *progress) {
  (void)dev;
  *progress = (nt_progress_t){.phase = NT_PHASE_IDLE};
}

static uint64_t golden_cycles(nt_dev_t *dev) {
  (void)dev;
  return 0;
}

static void golden_current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  memcpy(activity, nt_golden_current(dev, core).activity, dev->params.lines);
}

static void golden_current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  const nt_golden_rows_t rows = nt_golden_current(dev, core);
  memcpy(values, rows.values + (size_t)row * rows.lanes, rows.lanes * sizeof *values);
}

static void golden_set_tap(nt_dev_t *dev, bool on) {
  nt_tile_of(dev)->tap_on = on;
}

static void golden_tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count) {
  *wire = nt_tile_of(dev)->core[core].tap.items;
  *count = nt_tile_of(dev)->core[core].tap.count;
}

static nt_status_t golden_reset(nt_dev_t *dev, nt_error_t *err) {
  (void)err;
  nt_tile_reset(nt_tile_of(dev));
  return NT_OK;
}

static const nt_dev_ops_t golden_ops = {
    .name = "golden",
    .close = golden_close,
    .reg_read = golden_reg_read,
    .reg_write = golden_reg_write,
    .mem_read = golden_mem_read,
    .mem_write = golden_mem_write,
    .msg_read = golden_msg_read,
    .msg_write = golden_msg_write,
    .inject = golden_inject,
    .step = golden_step,
    .drain = golden_drain,
    .drain_probes = golden_drain_probes,
    .pending = golden_pending,
    .progress = golden_progress,
    .cycles = golden_cycles,
    .current_activity = golden_current_activity,
    .current_row = golden_current_row,
    .set_tap = golden_set_tap,
    .tap = golden_tap,
    .reset = golden_reset,
};

nt_status_t nt_golden_open(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err) {
  *dev = NULL;
  nt_status_t status = nt_params_check(params, err);
  if (status != NT_OK)
    return status;
  nt_tile_t *tile = calloc(1, sizeof *tile);
  if (tile == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "golden tile: no memory");
  tile->dev = (nt_dev_t){.ops = &golden_ops, .params = *params};
  tile->spikes = nt_outbox_make(sizeof(nt_spike_t));
  tile->probes = nt_outbox_make(sizeof(nt_probe_t));
  for (uint32_t c = 0; c < params->cores && status == NT_OK; c++)
    status = nt_core_init(&tile->core[c], tile, c, err);
  if (status != NT_OK) {
    golden_close(&tile->dev);
    return status;
  }
  *dev = &tile->dev;
  return NT_OK;
}

// ---- Views --------------------------------------------------------------------------------------

static const nt_core_t *viewed(const nt_dev_t *dev, uint32_t core) {
  assert(dev->ops == &golden_ops && core < dev->params.cores);
  return &((const nt_tile_t *)dev)->core[core];
}

static nt_core_t *judged(nt_dev_t *dev, uint32_t core) {
  assert(dev->ops == &golden_ops && core < dev->params.cores);
  return &nt_tile_of(dev)->core[core];
}

const uint32_t *nt_golden_pool(const nt_dev_t *dev, uint32_t core) {
  return viewed(dev, core)->pool.lanes;
}

/// Reading the unsigned accumulators through their signed counterpart is what C allows (C11 6.5p7).
static nt_golden_rows_t rows_of(const nt_dendrite_t *dendrite, const uint32_t *values,
                                const uint8_t *activity) {
  return (nt_golden_rows_t){.values = (const int32_t *)values,
                            .activity = activity,
                            .lines = dendrite->lines,
                            .lanes = dendrite->lanes};
}

nt_golden_rows_t nt_golden_coming(nt_dev_t *dev, uint32_t core) {
  nt_dendrite_t *dendrite = &judged(dev, core)->dendrite;
  nt_dendrite_settle(dendrite);
  return rows_of(dendrite, dendrite->coming, dendrite->coming_activity);
}

nt_golden_rows_t nt_golden_current(const nt_dev_t *dev, uint32_t core) {
  const nt_dendrite_t *dendrite = &viewed(dev, core)->dendrite;
  return rows_of(dendrite, dendrite->current, dendrite->current_activity);
}

const uint64_t *nt_golden_counters(const nt_dev_t *dev, uint32_t core) {
  return viewed(dev, core)->counter;
}

uint32_t nt_golden_flags(nt_dev_t *dev, uint32_t core) {
  return nt_core_flags(judged(dev, core));
}

nt_golden_verdict_t nt_golden_acc_overflow(nt_dev_t *dev, uint32_t core) {
  return nt_dendrite_judge(&judged(dev, core)->dendrite);
}

void nt_golden_observe(nt_dev_t *dev, nt_golden_observer_t on_accumulators, void *user) {
  assert(dev->ops == &golden_ops);
  nt_tile_of(dev)->on_accumulators = on_accumulators;
  nt_tile_of(dev)->user = user;
}
