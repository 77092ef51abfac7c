// SPDX-License-Identifier: Apache-2.0
#include "nt_fuzz_tiny.h"

#include "nt_fuzz.h"
#include "nt_golden.h"

#include <stdlib.h>
#include <string.h>

enum { TILES = 2, CORES = 2, MAX_CYCLES = 1000 };

// Where things are in the pool of a core (words of 64 bits).
enum {
  AXON_BASE = 32,
  AXONS = 32,
  LISTS = 64,
  LIST_WORDS = 64,
  DESTS = 128,
  STATE0 = 160,
  STATE1 = NT_POOL_WORDS_MIN - 4 // wraps
};
enum { NEURONS0 = 17, NEURONS1 = 9, STATE_WORDS = 2, PORT_DESTS = 2, SPIKES_PER_STEP = 3 };

static uint32_t next(uint64_t *random, uint32_t count) { // splitmix64
  uint64_t z = (*random += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return (uint32_t)((z ^ z >> 31) % count);
}

#define FIELD(record, name, value) ((uint64_t)(value) << NT_##record##_##name##_LSB)

static uint64_t axon(uint32_t number, uint64_t *random) {
  const uint64_t where = FIELD(AXON, DENDRITE, next(random, 4)) |
                         FIELD(AXON, LINE, next(random, 2)) | FIELD(AXON, EXP, next(random, 4)) |
                         FIELD(AXON, PTR, LISTS + next(random, LIST_WORDS - 16));
  switch (number % 4) {
  case 0: return where | FIELD(AXON, FORMAT, NT_FORMAT_DENSE) | FIELD(AXON, DIGITS, 1);
  case 1: return where | FIELD(AXON, FORMAT, NT_FORMAT_SPARSE) | FIELD(AXON, COUNT, 8);
  case 2:
    return FIELD(AXON, FORMAT, NT_FORMAT_UNIFORM) | FIELD(AXON, LINE, next(random, 2)) |
           FIELD(AXON, WEIGHT, next(random, 256));
  default:
    return FIELD(AXON, FORMAT, NT_FORMAT_SINGLE) | FIELD(AXON, NEURON, next(random, 64)) |
           FIELD(AXON, WEIGHT, next(random, 256));
  }
}

static void put_word(nt_image_core_t *core, uint32_t word, uint64_t value) {
  core->pool[2 * word] = (uint32_t)value;
  core->pool[2 * word + 1] = (uint32_t)(value >> 32);
}

static void put_group(nt_image_core_t *core, uint32_t group, uint32_t line, uint32_t neurons,
                      uint32_t state_base) {
  uint32_t *words = core->group + (size_t)group * NT_GROUP_WORDS;
  words[0] =
      (uint32_t)(FIELD(GROUP0, ENABLE, 1) | FIELD(GROUP0, LINE, line) | FIELD(GROUP0, LINES, 1));
  words[1] = neurons;
  words[3] = (uint32_t)(FIELD(GROUP3, STATE_BASE, state_base) |
                        FIELD(GROUP3, STATE_WORDS, STATE_WORDS) | FIELD(GROUP3, CLEAR_WORDS, 1));
  words[4] =
      (uint32_t)(FIELD(GROUP_PORT, PTR, DESTS + 4 * group) | FIELD(GROUP_PORT, COUNT, PORT_DESTS));
}

static void put_core(nt_image_core_t *core, uint64_t *random) {
#define OP(op) ((uint32_t)NT_OP_##op << NT_INSTR_OP_LSB)
#define RD(r) ((uint32_t)(r) << NT_INSTR_RD_LSB)
#define RA(r) ((uint32_t)(r) << NT_INSTR_RA_LSB)
#define RB(r) ((uint32_t)(r) << NT_INSTR_RB_LSB)
  const uint32_t program[] = {OP(RDC) | RD(1) | 0,
                              OP(RDC) | RD(2) | 1,
                              OP(LD) | RD(4) | 0,
                              OP(ADD) | RD(4) | RA(4) | RB(1),
                              OP(XOR) | RD(4) | RA(4) | RB(2),
                              OP(ST) | RA(4) | 0,
                              OP(SPK) | RA(1) | 0,
                              OP(END)};
  memcpy(core->prog, program, sizeof program);
  core->axon_base = AXON_BASE;
  core->axon_count = AXONS;
  for (uint32_t k = 0; k < AXONS; k++)
    put_word(core, AXON_BASE + k, axon(k, random));
  for (uint32_t k = 0; k < LIST_WORDS; k++)
    put_word(core, LISTS + k, (uint64_t)next(random, UINT32_MAX) << 24);
  static const uint32_t tiles[] = {0, 1, NT_HOST_TILE};
  for (uint32_t k = 0; k < 16; k++)
    put_word(core, DESTS + k,
             FIELD(DEST, TILE, tiles[k % 3]) | FIELD(DEST, CORES, 1 + next(random, 3)) |
                 FIELD(DEST, AXON, next(random, AXONS)) | FIELD(DEST, TYPE, next(random, 4)));
  put_group(core, 1, 0, NEURONS0, STATE0);
  put_group(core, 4, 1, NEURONS1, STATE1);
}

static nt_status_t open_golden(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                               nt_error_t *err) {
  (void)user;
  (void)tile;
  return nt_golden_open(params, dev, err);
}

nt_system_t *nt_fuzz_tiny_system(uint32_t *image_crc) {
  const nt_params_t params = {.cores = CORES,
                              .word_bits = NT_WORD_BITS_MIN,
                              .pool_words = NT_POOL_WORDS_MIN,
                              .lines = NT_LINES_MIN,
                              .acc_bits = NT_ACC_BITS_MIN,
                              .prog_words = NT_PROG_WORDS_MIN,
                              .table_words = NT_TABLE_WORDS_MIN,
                              .groups = NT_GROUPS_MIN};
  nt_error_t err = {.status = NT_OK};
  nt_image_t *image = NULL;
  nt_status_t status = nt_image_create(&params, TILES, &image, &err);
  nt_fuzz_require(status == NT_OK, err.text);
  uint64_t random = 1;
  for (uint32_t i = 0; i < TILES * CORES; i++)
    put_core(&image->core[i], &random);
  nt_system_t *system = NULL;
  status = nt_image_identify(image, image_crc, &err);
  if (status == NT_OK)
    status = nt_system_open(image, open_golden, NULL, MAX_CYCLES, &system, &err);
  nt_fuzz_require(status == NT_OK, err.text);
  nt_image_free(image);
  return system;
}

nt_status_t nt_fuzz_tiny_run(nt_system_t *system, uint32_t steps, nt_error_t *err) {
  nt_status_t status = NT_OK;
  uint64_t random = 2;
  for (uint32_t step = 0; step < steps && status == NT_OK; step++) {
    for (uint32_t k = 0; k < SPIKES_PER_STEP && status == NT_OK; k++) {
      const nt_spike_t spike = {.tile = (uint16_t)next(&random, TILES),
                                .cores = (uint8_t)(1 + next(&random, 3)),
                                .type = NT_SPIKE_TYPE_GRADED16,
                                .axon = (uint16_t)next(&random, AXONS),
                                .payload = (int32_t)next(&random, 2000) - 1000};
      status = nt_system_inject(system, &spike, 1, err);
    }
    if (status == NT_OK)
      status = nt_system_step(system, err);
  }
  return status;
}
