// SPDX-License-Identifier: Apache-2.0
// The least that loads as a back end: a tile in which nothing is stored and nothing happens.
// guide: begin
#include "nt_conformance_device.h"

struct nt_conformance_tile {
  int unused;
};

static nt_conformance_tile_t the_tile;

static void parameters(nt_conformance_params_t *params) {
  *params = (nt_conformance_params_t){.cores = 4,
                                      .word_bits = 256,
                                      .pool_words = 8192,
                                      .lines = 8,
                                      .acc_bits = 32,
                                      .prog_words = 1024,
                                      .table_words = 512,
                                      .groups = 16};
}

static nt_conformance_status_t open_tile(const nt_conformance_params_t *params,
                                         nt_conformance_tile_t **tile, char *error,
                                         size_t error_size) {
  (void)params, (void)error, (void)error_size;
  *tile = &the_tile;
  return NT_CONFORMANCE_OK;
}

static void close_tile(nt_conformance_tile_t *tile) {
  (void)tile;
}

static nt_conformance_status_t reset(nt_conformance_tile_t *tile) {
  (void)tile;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t read_register(nt_conformance_tile_t *tile, uint32_t offset,
                                             uint32_t *value) {
  (void)tile, (void)offset;
  *value = 0;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t write_register(nt_conformance_tile_t *tile, uint32_t offset,
                                              uint32_t value) {
  (void)tile, (void)offset, (void)value;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t read_word(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                         uint32_t address, uint32_t *word) {
  (void)tile, (void)core, (void)space, (void)address;
  *word = 0;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t write_word(nt_conformance_tile_t *tile, uint32_t core,
                                          uint32_t space, uint32_t address, uint32_t word) {
  (void)tile, (void)core, (void)space, (void)address, (void)word;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t inject(nt_conformance_tile_t *tile, const uint64_t *spikes,
                                      size_t count) {
  (void)tile, (void)spikes, (void)count;
  return NT_CONFORMANCE_OK;
}

static nt_conformance_status_t step(nt_conformance_tile_t *tile, uint32_t timestep,
                                    uint64_t max_cycles) {
  (void)tile, (void)timestep, (void)max_cycles;
  return NT_CONFORMANCE_OK;
}

static size_t take(nt_conformance_tile_t *tile, uint64_t *messages, size_t room) {
  (void)tile, (void)messages, (void)room;
  return 0;
}

NT_CONFORMANCE_EXPORT const nt_conformance_device_t *nt_conformance_device(void) {
  static const nt_conformance_device_t device = {.version = NT_CONFORMANCE_DEVICE_VERSION,
                                                 .name = "empty",
                                                 .parameters = parameters,
                                                 .open = open_tile,
                                                 .close = close_tile,
                                                 .reset = reset,
                                                 .read_register = read_register,
                                                 .write_register = write_register,
                                                 .read_word = read_word,
                                                 .write_word = write_word,
                                                 .inject = inject,
                                                 .step = step,
                                                 .take_spikes = take,
                                                 .take_probes = take};
  return &device;
}
// guide: end
