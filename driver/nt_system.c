// SPDX-License-Identifier: Apache-2.0
#include "nt_system.h"

#include "nt_system_internal.h"
#include "nt_threads.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILE_MAGIC = 0x4E54494C }; // register ID

/// Tiles that serve fewer spikes together than this go one after another: to wake a thread takes as
/// long as a verilated tile takes for some dozen spikes, or a golden tile for some hundred.
enum { PARALLEL_SPIKES = 256 };

// ---- errors -------------------------------------------------------------------------------------

nt_status_t nt_system_fail_at(const nt_system_t *system, uint32_t tile, const nt_error_t *inner,
                              nt_error_t *err) {
  return nt_fail(err, inner->status, "tile %" PRIu32 ", timestep %" PRIu32 ": %.440s", tile,
                 system->timestep, inner->text);
}

static nt_status_t no_memory(nt_error_t *err) {
  return nt_fail(err, NT_ERR_MEMORY, "no memory");
}

// ---- opening ------------------------------------------------------------------------------------

/// The register must read `expected`.
static nt_status_t check_reg(nt_dev_t *dev, const char *name, uint32_t offset, uint32_t expected,
                             nt_error_t *err) {
  uint32_t found = 0;
  const nt_status_t status = nt_dev_reg_read(dev, offset, &found, err);
  if (status == NT_OK && found != expected)
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "register %s: found 0x%08" PRIx32 ", allowed 0x%08" PRIx32, name, found,
                   expected);
  return status;
}

static nt_status_t read_params(nt_dev_t *dev, nt_params_t *params, nt_error_t *err) {
  const struct {
    uint32_t offset, *value;
  } regs[] = {
      {NT_REG_PARAM_CORES, &params->cores},
      {NT_REG_PARAM_WORD_BITS, &params->word_bits},
      {NT_REG_PARAM_POOL_WORDS, &params->pool_words},
      {NT_REG_PARAM_LINES, &params->lines},
      {NT_REG_PARAM_ACC_BITS, &params->acc_bits},
      {NT_REG_PARAM_PROG_WORDS, &params->prog_words},
      {NT_REG_PARAM_TABLE_WORDS, &params->table_words},
      {NT_REG_PARAM_GROUPS, &params->groups},
  };
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < sizeof regs / sizeof regs[0] && status == NT_OK; i++)
    status = nt_dev_reg_read(dev, regs[i].offset, regs[i].value, err);
  return status;
}

/// The device is a tile of these definitions and parameters.
static nt_status_t check_identity(nt_dev_t *dev, const nt_params_t *params, nt_error_t *err) {
  nt_params_t found = {0};
  nt_status_t status = check_reg(dev, "ID", NT_REG_ID, TILE_MAGIC, err);
  if (status == NT_OK)
    status = check_reg(dev, "VERSION", NT_REG_VERSION, NT_DEFS_HASH, err);
  if (status == NT_OK)
    status = read_params(dev, &found, err);
  if (status == NT_OK)
    status = nt_params_match(params, &found, err);
  return status;
}

typedef struct core_part {
  uint32_t space, addr, count;
  const uint32_t *words;
} core_part_t;

enum { CORE_PARTS = 5 };

/// Everything an image says about a core, as memory. `axons` holds what the last part points to.
static void core_parts(const nt_params_t *params, const nt_image_core_t *core, uint32_t axons[2],
                       core_part_t parts[CORE_PARTS]) {
  _Static_assert(NT_CREG_AXON_COUNT == NT_CREG_AXON_BASE + 1, "written together");
  axons[0] = core->axon_base;
  axons[1] = core->axon_count;
  const core_part_t filled[CORE_PARTS] = {
      {NT_SPACE_POOL, 0, nt_dev_space_words(params, NT_SPACE_POOL), core->pool},
      {NT_SPACE_PROG, 0, nt_dev_space_words(params, NT_SPACE_PROG), core->prog},
      {NT_SPACE_TABLE, 0, nt_dev_space_words(params, NT_SPACE_TABLE), core->table},
      {NT_SPACE_GROUP, 0, nt_dev_space_words(params, NT_SPACE_GROUP), core->group},
      {NT_SPACE_CREG, NT_CREG_AXON_BASE, 2, axons},
  };
  memcpy(parts, filled, sizeof filled);
}

static nt_status_t load_tile(nt_dev_t *dev, const nt_image_t *image, uint32_t tile,
                             nt_error_t *err) {
  nt_status_t status = nt_dev_reg_write(dev, NT_REG_TILE_ID, tile, err);
  for (uint32_t core = 0; core < image->params.cores && status == NT_OK; core++) {
    uint32_t axons[2];
    core_part_t parts[CORE_PARTS];
    core_parts(&image->params, nt_image_core(image, tile, core), axons, parts);
    for (size_t i = 0; i < CORE_PARTS && status == NT_OK; i++)
      status = nt_dev_mem_write(dev, core, parts[i].space, parts[i].addr, parts[i].count,
                                parts[i].words, err);
  }
  return status;
}

static nt_status_t open_tile(nt_system_t *system, const nt_image_t *image, uint32_t tile,
                             nt_dev_open_fn open, void *user, nt_error_t *err) {
  nt_system_slot_t *slot = &system->slot[tile];
  nt_error_t inner = {0};
  inner.status = open(user, tile, &image->params, &slot->dev, &inner);
  if (inner.status == NT_OK)
    inner.status = check_identity(slot->dev, &image->params, &inner);
  if (inner.status == NT_OK)
    inner.status = load_tile(slot->dev, image, tile, &inner);
  if (inner.status != NT_OK)
    return nt_fail(err, inner.status, "tile %" PRIu32 ": %.440s", tile, inner.text);
  return NT_OK;
}

nt_status_t nt_system_open(const nt_image_t *image, nt_dev_open_fn open, void *user,
                           uint64_t max_cycles, nt_system_t **system, nt_error_t *err) {
  *system = NULL;
  nt_threads_yield_when_idle();
  nt_system_t *opened = calloc(1, sizeof *opened);
  if (opened == NULL)
    return no_memory(err);
  opened->params = image->params;
  opened->max_cycles = max_cycles;
  opened->slot = calloc(image->tiles, sizeof *opened->slot);
  opened->ran = calloc(image->tiles, sizeof *opened->ran);
  opened->getting = calloc(image->tiles, sizeof *opened->getting);
  nt_status_t status = NT_OK;
  if (opened->slot == NULL || opened->ran == NULL || opened->getting == NULL)
    status = no_memory(err);
  else
    opened->tiles = image->tiles;
  if (status == NT_OK)
    status = nt_image_identify(image, &opened->image_crc, err);
  for (uint32_t tile = 0; tile < opened->tiles && status == NT_OK; tile++)
    status = open_tile(opened, image, tile, open, user, err);
  if (status == NT_OK)
    *system = opened;
  else
    nt_system_close(opened);
  return status;
}

void nt_system_close(nt_system_t *system) {
  if (system == NULL)
    return;
  for (uint32_t tile = 0; tile < system->tiles; tile++) {
    nt_system_slot_t *slot = &system->slot[tile];
    nt_dev_close(slot->dev);
    free(slot->queue.spike);
    free(slot->received.spike);
    free(slot->sent.spike);
  }
  free(system->slot);
  free(system->ran);
  free(system->getting);
  free(system->host.spike);
  free(system);
}

// ---- verifying ----------------------------------------------------------------------------------

/// Compares one part with the device. `expected.words` NULL stands for zeros. `buffer` holds count
/// words.
static nt_status_t verify_part(nt_dev_t *dev, uint32_t core, const core_part_t *expected,
                               uint32_t *buffer, nt_error_t *err) {
  const nt_status_t status =
      nt_dev_mem_read(dev, core, expected->space, expected->addr, expected->count, buffer, err);
  for (uint32_t i = 0; i < expected->count && status == NT_OK; i++) {
    const uint32_t word = expected->words != NULL ? expected->words[i] : 0;
    if (buffer[i] != word)
      return nt_fail(err, NT_ERR_MISMATCH,
                     "core %" PRIu32 " space %" PRIu32 " address %" PRIu32 ": found 0x%08" PRIx32
                     ", image has 0x%08" PRIx32,
                     core, expected->space, expected->addr + i, buffer[i], word);
  }
  return status;
}

static nt_status_t verify_tile(nt_dev_t *dev, const nt_image_t *image, uint32_t tile,
                               uint32_t *buffer, uint64_t *compared, nt_error_t *err) {
  enum { PARTS = CORE_PARTS + 2 };
  const nt_params_t *params = &image->params;
  nt_status_t status = NT_OK;
  for (uint32_t core = 0; core < params->cores && status == NT_OK; core++) {
    uint32_t axons[2];
    core_part_t parts[PARTS];
    core_parts(params, nt_image_core(image, tile, core), axons, parts);
    parts[CORE_PARTS] =
        (core_part_t){NT_SPACE_ACC, 0, nt_dev_space_words(params, NT_SPACE_ACC), NULL};
    parts[CORE_PARTS + 1] =
        (core_part_t){NT_SPACE_ACT, 0, nt_dev_space_words(params, NT_SPACE_ACT), NULL};
    for (size_t i = 0; i < PARTS && status == NT_OK; i++) {
      status = verify_part(dev, core, &parts[i], buffer, err);
      if (status == NT_OK)
        *compared += parts[i].count;
    }
  }
  return status;
}

nt_status_t nt_system_verify(nt_system_t *system, const nt_image_t *image, uint64_t *compared,
                             nt_error_t *err) {
  *compared = 0;
  const nt_status_t matched = nt_params_match(&image->params, &system->params, err);
  if (matched != NT_OK)
    return matched;
  if (image->tiles != system->tiles)
    return nt_fail(err, NT_ERR_MISMATCH, "tiles: image %" PRIu32 ", system %" PRIu32, image->tiles,
                   system->tiles);
  size_t most = 0;
  for (uint32_t space = 0; space <= NT_SPACE_CREG; space++) {
    const size_t words = nt_dev_space_words(&system->params, space);
    most = words > most ? words : most;
  }
  uint32_t *buffer = malloc(most * sizeof *buffer);
  if (buffer == NULL)
    return no_memory(err);
  nt_status_t status = NT_OK;
  for (uint32_t tile = 0; tile < system->tiles && status == NT_OK; tile++) {
    nt_error_t inner = {0};
    status = verify_tile(system->slot[tile].dev, image, tile, buffer, compared, &inner);
    if (status != NT_OK)
      (void)nt_fail(err, status, "tile %" PRIu32 ": %.440s", tile, inner.text);
  }
  free(buffer);
  return status;
}

// ---- the fabric ---------------------------------------------------------------------------------

nt_status_t nt_system_check_spike(const nt_system_t *system, const nt_spike_t *spike,
                                  nt_error_t *err) {
  const int32_t limit = INT32_C(1) << (NT_PAYLOAD_BITS - 1);
  if (spike->tile >= system->tiles)
    return nt_fail(err, NT_ERR_RANGE, "spike for axon %u: tile: found %u, allowed 0..%" PRIu32,
                   spike->axon, spike->tile, system->tiles - 1);
  if (spike->payload < -limit || spike->payload >= limit)
    return nt_fail(err, NT_ERR_RANGE,
                   "spike for tile %u axon %u: payload: found %" PRId32 ", allowed %" PRId32
                   "..%" PRId32,
                   spike->tile, spike->axon, spike->payload, -limit, limit - 1);
  if (spike->type > NT_SPIKE_TYPE_GRADED24)
    return nt_fail(err, NT_ERR_RANGE, "spike for tile %u axon %u: type: found %u, allowed 0..%u",
                   spike->tile, spike->axon, spike->type, NT_SPIKE_TYPE_GRADED24);
  return NT_OK;
}

nt_status_t nt_system_inject(nt_system_t *system, const nt_spike_t *spikes, size_t count,
                             nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < count && status == NT_OK; i++)
    status = nt_system_check_spike(system, &spikes[i], err);
  for (size_t i = 0; i < count && status == NT_OK; i++) {
    if (!nt_spike_list_append(&system->slot[spikes[i].tile].queue, &spikes[i], 1))
      status = no_memory(err);
  }
  return status;
}

void nt_system_forget_step(nt_system_t *system) {
  for (size_t i = 0; i < system->ran_count; i++) {
    system->slot[system->ran[i]].received.count = 0;
    system->slot[system->ran[i]].sent.count = 0;
  }
  system->ran_count = 0;
  system->host.count = 0;
}

void nt_system_drop_queues(nt_system_t *system) {
  for (uint32_t tile = 0; tile < system->tiles; tile++)
    system->slot[tile].queue.count = system->slot[tile].delivered = 0;
}

/// Puts what is queued for a tile, and not yet inside, into the tile.
static nt_status_t deliver(const nt_system_t *system, nt_system_slot_t *slot, nt_error_t *err) {
  (void)system;
  const size_t count = slot->queue.count - slot->delivered;
  const nt_status_t status =
      count > 0 ? nt_dev_inject(slot->dev, slot->queue.spike + slot->delivered, count, err) : NT_OK;
  slot->delivered = slot->queue.count;
  return status;
}

/// Picks the tiles that have work.
static void choose_tiles(nt_system_t *system) {
  for (uint32_t tile = 0; tile < system->tiles; tile++) {
    if (system->slot[tile].queue.count > 0 || nt_dev_pending(system->slot[tile].dev))
      system->ran[system->ran_count++] = tile;
  }
}

/// One tile's timestep. Uses nothing of any other tile.
static nt_status_t run_tile(const nt_system_t *system, nt_system_slot_t *slot, nt_error_t *err) {
  nt_status_t status = deliver(system, slot, err);
  const nt_spike_list_t queued = slot->queue;
  slot->queue = slot->received;
  slot->received = queued;
  slot->delivered = 0;
  if (status == NT_OK)
    status = nt_dev_step(slot->dev, system->timestep, system->max_cycles, err);
  if (status != NT_OK)
    return status;
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(slot->dev, &spikes, &count);
  return nt_spike_list_append(&slot->sent, spikes, count) ? NT_OK : no_memory(err);
}

/// Hands what a tile sent to the tiles it is for, or to the host.
static nt_status_t route_tile(nt_system_t *system, const nt_spike_list_t *sent, nt_error_t *err) {
  for (size_t i = 0; i < sent->count; i++) {
    const nt_spike_t *spike = &sent->spike[i];
    if (spike->tile != NT_HOST_TILE && spike->tile >= system->tiles)
      return nt_fail(
          err, NT_ERR_DEVICE,
          "sent a spike for axon %u of tile %u, which does not exist: allowed 0..%" PRIu32
          " and %u",
          spike->axon, spike->tile, system->tiles - 1, NT_HOST_TILE);
    nt_spike_list_t *to =
        spike->tile == NT_HOST_TILE ? &system->host : &system->slot[spike->tile].queue;
    if (!nt_spike_list_append(to, spike, 1))
      return no_memory(err);
  }
  return NT_OK;
}

/// What is done to many tiles at once; uses nothing of any other tile.
typedef nt_status_t (*tile_work_fn)(const nt_system_t *system, nt_system_slot_t *slot,
                                    nt_error_t *err);

/// Works on tiles list[0 .. count), in parallel where `spikes`, the number of spikes they serve
/// meanwhile, makes that worth waking threads. Every tile is worked on, also after a failure, and
/// the first failure in the order of the list is reported: nothing depends on the number of
/// threads.
static nt_status_t work_on(nt_system_t *system, const uint32_t *list, size_t count, size_t spikes,
                           tile_work_fn work, nt_error_t *err) {
#pragma omp parallel for schedule(dynamic) if (count > 1 && spikes >= PARALLEL_SPIKES)
  for (size_t i = 0; i < count; i++) {
    nt_system_slot_t *slot = &system->slot[list[i]];
    slot->error.status = work(system, slot, &slot->error);
  }
  for (size_t i = 0; i < count; i++) {
    const nt_error_t *error = &system->slot[list[i]].error;
    if (error->status != NT_OK) {
      system->failed = true;
      system->failed_tile = list[i];
      return nt_system_fail_at(system, list[i], error, err);
    }
  }
  return NT_OK;
}

static nt_status_t run_tiles(nt_system_t *system, nt_error_t *err) {
  size_t spikes = 0;
  for (size_t i = 0; i < system->ran_count; i++)
    spikes += system->slot[system->ran[i]].queue.count;
  return work_on(system, system->ran, system->ran_count, spikes, run_tile, err);
}

/// Delivers, and lets the tile serve what it got now rather than when it is next looked at. An
/// error shows at the next call that can report it.
static nt_status_t deliver_and_serve(const nt_system_t *system, nt_system_slot_t *slot,
                                     nt_error_t *err) {
  const nt_status_t status = deliver(system, slot, err);
  if (status == NT_OK)
    (void)nt_dev_pending(slot->dev);
  return status;
}

/// Delivers to all tiles that have something to get.
static nt_status_t deliver_all(nt_system_t *system, nt_error_t *err) {
  size_t count = 0, spikes = 0;
  for (uint32_t tile = 0; tile < system->tiles; tile++) {
    const size_t waiting = system->slot[tile].queue.count - system->slot[tile].delivered;
    spikes += waiting;
    if (waiting > 0)
      system->getting[count++] = tile;
  }
  return work_on(system, system->getting, count, spikes, deliver_and_serve, err);
}

nt_status_t nt_system_step(nt_system_t *system, nt_error_t *err) {
  nt_system_forget_step(system);
  system->failed = false;
  choose_tiles(system);
  nt_status_t status = run_tiles(system, err);
  for (size_t i = 0; i < system->ran_count && status == NT_OK; i++) {
    nt_error_t inner = {0};
    inner.status = route_tile(system, &system->slot[system->ran[i]].sent, &inner);
    if (inner.status != NT_OK)
      status = nt_system_fail_at(system, system->ran[i], &inner, err);
  }
  // Spikes between tiles enter their destination in the timestep that sends them, as they would on
  // a chip: a tile serves them while others still run.
  if (status == NT_OK)
    status = deliver_all(system, err);
  system->timestep += status == NT_OK;
  return status;
}

// ---- looking ------------------------------------------------------------------------------------

uint32_t nt_system_tiles(const nt_system_t *system) {
  return system->tiles;
}

nt_dev_t *nt_system_tile(nt_system_t *system, uint32_t tile) {
  return system->slot[tile].dev;
}

void nt_system_set_note(nt_system_t *system, uint32_t note) {
  system->note = note;
}

uint32_t nt_system_note(const nt_system_t *system) {
  return system->note;
}

uint32_t nt_system_timestep(const nt_system_t *system) {
  return system->timestep;
}

bool nt_system_failed(const nt_system_t *system, uint32_t *tile) {
  *tile = system->failed_tile;
  return system->failed;
}

void nt_system_ran(const nt_system_t *system, const uint32_t **tiles, size_t *count) {
  *tiles = system->ran;
  *count = system->ran_count;
}

void nt_system_received(const nt_system_t *system, uint32_t tile, const nt_spike_t **spikes,
                        size_t *count) {
  *spikes = system->slot[tile].received.spike;
  *count = system->slot[tile].received.count;
}

void nt_system_sent(const nt_system_t *system, uint32_t tile, const nt_spike_t **spikes,
                    size_t *count) {
  *spikes = system->slot[tile].sent.spike;
  *count = system->slot[tile].sent.count;
}

void nt_system_host_spikes(const nt_system_t *system, const nt_spike_t **spikes, size_t *count) {
  *spikes = system->host.spike;
  *count = system->host.count;
}

nt_status_t nt_system_flags(nt_system_t *system, uint32_t tile, uint32_t core, uint32_t *flags,
                            nt_error_t *err) {
  nt_system_slot_t *slot = &system->slot[tile];
  const nt_status_t status =
      nt_dev_mem_read(slot->dev, core, NT_SPACE_CREG, NT_CREG_FLAGS, 1, flags, err);
  if (status == NT_OK)
    *flags |= slot->restored_flags[core];
  return status;
}

/// Appends the names of the flags that are set.
static void name_flags(uint32_t flags, char *text, size_t size) {
  static const struct {
    uint32_t lsb;
    const char *name;
  } names[] = {
      {NT_FLAGS_ACC_OVERFLOW_LSB, "ACC_OVERFLOW"},
      {NT_FLAGS_BAD_AXON_LSB, "BAD_AXON"},
      {NT_FLAGS_PAYLOAD_CLIPPED_LSB, "PAYLOAD_CLIPPED"},
      {NT_FLAGS_RUNAWAY_LSB, "RUNAWAY"},
      {NT_FLAGS_BAD_INSTR_LSB, "BAD_INSTR"},
  };
  size_t used = 0;
  text[0] = '\0';
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if ((flags >> names[i].lsb & 1u) != 0 && used < size)
      used += (size_t)snprintf(text + used, size - used, " %s", names[i].name);
  }
}

static nt_status_t check_tile(nt_system_t *system, uint32_t tile, nt_error_t *err) {
  const uint32_t misroute = 1u << NT_ERROR_MISROUTE_LSB;
  const uint32_t tile_errors =
      misroute | 1u << NT_ERROR_BAD_ADDR_LSB | 1u << NT_ERROR_BUSY_WRITE_LSB;
  uint32_t error = 0;
  nt_status_t status = nt_dev_reg_read(system->slot[tile].dev, NT_REG_ERROR, &error, err);
  if (status == NT_OK && (error & tile_errors) != 0)
    return nt_fail(err, NT_ERR_DEVICE, "register ERROR: found 0x%08" PRIx32 "%s, allowed 0", error,
                   (error & misroute) != 0 ? " (MISROUTE)" : "");
  for (uint32_t core = 0; core < system->params.cores && status == NT_OK; core++) {
    uint32_t flags = 0;
    status = nt_system_flags(system, tile, core, &flags, err);
    if (status == NT_OK && flags != 0) {
      char names[80];
      name_flags(flags, names, sizeof names);
      return nt_fail(err, NT_ERR_DEVICE, "core %" PRIu32 ": FLAGS: found%s, allowed none", core,
                     names);
    }
  }
  return status;
}

nt_status_t nt_system_check(nt_system_t *system, nt_error_t *err) {
  for (uint32_t tile = 0; tile < system->tiles; tile++) {
    nt_error_t inner = {0};
    inner.status = check_tile(system, tile, &inner);
    if (inner.status != NT_OK)
      return nt_system_fail_at(system, tile, &inner, err);
  }
  return NT_OK;
}

// ---- state reset --------------------------------------------------------------------------------

/// Starts the reset and waits for its end; every look at STATUS lets the tile go on.
static nt_status_t clear_tile(const nt_system_t *system, nt_dev_t *dev, nt_error_t *err) {
  nt_status_t status = nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, err);
  for (uint64_t looks = 0; looks <= system->max_cycles && status == NT_OK; looks++) {
    uint32_t value = 0;
    status = nt_dev_reg_read(dev, NT_REG_STATUS, &value, err);
    if (status == NT_OK && (value >> NT_STATUS_BUSY_LSB & 1u) == 0)
      return NT_OK;
  }
  if (status == NT_OK)
    status = nt_fail(err, NT_ERR_TIMEOUT, "state reset: still busy after %" PRIu64 " cycles",
                     system->max_cycles);
  return status;
}

nt_status_t nt_system_clear_state(nt_system_t *system, nt_error_t *err) {
  nt_system_drop_queues(system);
  for (uint32_t tile = 0; tile < system->tiles; tile++) {
    nt_error_t inner = {0};
    inner.status = clear_tile(system, system->slot[tile].dev, &inner);
    if (inner.status != NT_OK)
      return nt_system_fail_at(system, tile, &inner, err);
  }
  return NT_OK;
}
