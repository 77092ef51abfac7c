// SPDX-License-Identifier: Apache-2.0
#include "nt_duel.h"

#include "nt_golden.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEP_CYCLES = 20000000, TILE_ERRORS = 7 };

static nt_lockstep_stats_t total; ///< of all duels that ended

static nt_system_t *open_system(const nt_image_t *image, nt_backend_t backend) {
  nt_error_t err = {0};
  nt_system_t *system = NULL;
  NT_CHECK_OK(nt_system_open(image, nt_backend_open_tile, &backend, STEP_CYCLES, &system, &err),
              &err);
  return system;
}

static void open_both(nt_duel_t *duel) {
  nt_error_t err = {0};
  duel->golden = open_system(duel->image, duel->golden_backend);
  duel->dut = open_system(duel->image, *nt_check_backend());
  NT_CHECK_OK(nt_lockstep_open(duel->image, duel->golden, duel->dut, &duel->lockstep, &err), &err);
  for (uint32_t tile = 0; tile < duel->image->tiles; tile++)
    nt_duel_write(duel, tile, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1, true);
}

static void close_both(nt_duel_t *duel) {
  const nt_lockstep_stats_t stats = nt_lockstep_stats(duel->lockstep);
  nt_check_count(stats.accumulators + stats.state_words + stats.spikes + stats.counters +
                 stats.swept_words);
  total.timesteps += stats.timesteps;
  total.tile_steps += stats.tile_steps;
  total.accumulators += stats.accumulators;
  total.state_words += stats.state_words;
  total.spikes += stats.spikes;
  total.counters += stats.counters;
  total.swept_words += stats.swept_words;
  nt_lockstep_close(duel->lockstep);
  nt_system_close(duel->golden);
  nt_system_close(duel->dut);
}

void nt_duel_open(nt_duel_t *duel, nt_image_t *image) {
  nt_error_t err = {0};
  uint64_t compared = 0;
  *duel = (nt_duel_t){.image = image, .golden_backend = nt_backend_golden(&image->params)};
  open_both(duel);
  NT_CHECK_OK(nt_system_verify(duel->golden, image, &compared, &err), &err);
  nt_check_count(compared);
}

void nt_duel_close(nt_duel_t *duel) {
  close_both(duel);
  nt_image_free(duel->image);
}

bool nt_duel_report(const char *name) {
  (void)printf("%s: %" PRIu64 " timesteps, %" PRIu64 " tile steps; compared %" PRIu64
               " accumulators, %" PRIu64 " state words, %" PRIu64 " spikes, %" PRIu64
               " counters, %" PRIu64 " words of memory\n",
               name, total.timesteps, total.tile_steps, total.accumulators, total.state_words,
               total.spikes, total.counters, total.swept_words);
  return total.accumulators > 0 && total.state_words > 0 && total.spikes > 0 && total.counters > 0;
}

void nt_duel_inject(nt_duel_t *duel, const nt_spike_t *spikes, uint32_t count) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_lockstep_inject(duel->lockstep, spikes, count, &err), &err);
}

static int compare_probe(const void *left, const void *right) {
  const nt_probe_t *a = left, *b = right;
  if (a->core != b->core)
    return a->core < b->core ? -1 : 1;
  if (a->group != b->group)
    return a->group < b->group ? -1 : 1;
  if (a->neuron != b->neuron)
    return a->neuron < b->neuron ? -1 : 1;
  return (a->value > b->value) - (a->value < b->value);
}

/// A sorted copy of the probes since the last look; free() it.
static nt_probe_t *take_probes(nt_dev_t *dev, size_t *count) {
  const nt_probe_t *probes = NULL;
  dev->ops->drain_probes(dev, &probes, count);
  nt_probe_t *copy = malloc((*count + 1) * sizeof *copy);
  assert_non_null(copy);
  if (*count > 0)
    memcpy(copy, probes, *count * sizeof *copy);
  qsort(copy, *count, sizeof *copy, compare_probe);
  return copy;
}

static void compare_probes(nt_dev_t *golden, nt_dev_t *dut) {
  size_t expected_count = 0, count = 0;
  nt_probe_t *expected = take_probes(golden, &expected_count);
  nt_probe_t *found = take_probes(dut, &count);
  NT_CHECK(count, expected_count);
  for (size_t i = 0; i < count; i++) {
    NT_CHECK_AT(found[i].core, expected[i].core, (uint32_t)i, 0);
    NT_CHECK_AT(found[i].group, expected[i].group, (uint32_t)i, 1);
    NT_CHECK_AT(found[i].neuron, expected[i].neuron, (uint32_t)i, 2);
    NT_CHECK_AT(found[i].value, expected[i].value, (uint32_t)i, 3);
  }
  free(expected);
  free(found);
}

/// What nt_lockstep leaves out: probes, the tile's ERROR bits, PENDING, TIMESTEP.
static void compare_rest(nt_duel_t *duel) {
  for (uint32_t tile = 0; tile < duel->image->tiles; tile++) {
    nt_dev_t *golden = nt_system_tile(duel->golden, tile);
    nt_dev_t *dut = nt_system_tile(duel->dut, tile);
    compare_probes(golden, dut);
    NT_CHECK_AT(nt_check_reg(dut, NT_REG_ERROR) & TILE_ERRORS,
                nt_check_reg(golden, NT_REG_ERROR) & TILE_ERRORS, tile, 0);
    NT_CHECK_AT(nt_dev_pending(dut), nt_dev_pending(golden), tile, 1);
    NT_CHECK_AT(nt_check_reg(dut, NT_REG_STEPS), nt_check_reg(golden, NT_REG_STEPS), tile, 2);
  }
}

void nt_duel_step(nt_duel_t *duel) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_lockstep_step(duel->lockstep, &err), &err);
  compare_rest(duel);
}

void nt_duel_sweep(nt_duel_t *duel) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_lockstep_sweep(duel->lockstep, &err), &err);
}

static void write_one(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word,
                      bool by_message) {
  nt_error_t err = {0};
  NT_CHECK_OK(by_message ? dev->ops->msg_write(dev, core, space, addr, word, &err)
                         : nt_dev_mem_write(dev, core, space, addr, 1, &word, &err),
              &err);
}

void nt_duel_write(nt_duel_t *duel, uint32_t tile, uint32_t core, uint32_t space, uint32_t addr,
                   uint32_t word, bool by_message) {
  write_one(nt_system_tile(duel->golden, tile), core, space, addr, word, !by_message);
  write_one(nt_system_tile(duel->dut, tile), core, space, addr, word, by_message);
}

void nt_duel_read(nt_duel_t *duel, uint32_t tile, uint32_t core, uint32_t space, uint32_t addr) {
  nt_dev_t *dut = nt_system_tile(duel->dut, tile);
  nt_error_t err = {0};
  uint32_t word = 0;
  const uint32_t expected = nt_check_read(nt_system_tile(duel->golden, tile), core, space, addr);
  NT_CHECK_OK(dut->ops->msg_read(dut, core, space, addr, &word, &err), &err);
  NT_CHECK_AT(word, expected, space, addr);
  NT_CHECK_AT(nt_check_read(dut, core, space, addr), expected, space, addr);
}

void nt_duel_clear_state(nt_duel_t *duel) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_system_clear_state(duel->golden, &err), &err);
  NT_CHECK_OK(nt_system_clear_state(duel->dut, &err), &err);
}

// ---- state files --------------------------------------------------------------------------------

/// The file's bytes; free() them.
static unsigned char *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long end = ftell(file);
  assert_true(end > 0);
  rewind(file);
  unsigned char *bytes = malloc((size_t)end);
  assert_non_null(bytes);
  *size = fread(bytes, 1, (size_t)end, file);
  assert_int_equal(*size, end);
  (void)fclose(file);
  return bytes;
}

static void compare_files(const char *expected_path, const char *found_path) {
  size_t expected_size = 0, size = 0;
  unsigned char *expected = read_file(expected_path, &expected_size);
  unsigned char *found = read_file(found_path, &size);
  NT_CHECK(size, expected_size);
  NT_CHECK(memcmp(found, expected, size) == 0, true);
  nt_check_count(size);
  free(expected);
  free(found);
}

/// True unless a core's ACC_OVERFLOW may be either.
static bool flags_are_specified(const nt_duel_t *duel) {
  for (uint32_t tile = 0; tile < duel->image->tiles; tile++)
    for (uint32_t core = 0; core < duel->image->params.cores; core++)
      if (nt_golden_acc_overflow(nt_system_tile(duel->golden, tile), core) == NT_GOLDEN_UNSPECIFIED)
        return false;
  return true;
}

void nt_duel_exchange(nt_duel_t *duel) {
  char golden_path[64], dut_path[64];
  nt_error_t err = {0};
  (void)snprintf(golden_path, sizeof golden_path, "nt_duel_%ld_golden.state", (long)getpid());
  (void)snprintf(dut_path, sizeof dut_path, "nt_duel_%ld_dut.state", (long)getpid());
  NT_CHECK_OK(nt_system_save(duel->golden, golden_path, &err), &err);
  NT_CHECK_OK(nt_system_save(duel->dut, dut_path, &err), &err);
  duel->flags_open = duel->flags_open || !flags_are_specified(duel);
  if (!duel->flags_open)
    compare_files(golden_path, dut_path);
  close_both(duel);
  open_both(duel);
  NT_CHECK_OK(nt_system_restore(duel->golden, dut_path, &err), &err);
  NT_CHECK_OK(nt_system_restore(duel->dut, golden_path, &err), &err);
  NT_CHECK(remove(golden_path), 0);
  NT_CHECK(remove(dut_path), 0);
}
