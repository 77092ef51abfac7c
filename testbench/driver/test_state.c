// SPDX-License-Identifier: Apache-2.0
// State files on golden tiles: a random network of two tiles, interrupted and restored, goes on as
// if nothing had happened; damaged and foreign files change nothing.
#include "nt_forge.h"
#include "nt_golden.h"
#include "nt_system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TILES = 2, MAX_CYCLES = 1000, STEPS = 40, SAVED_AT = 17 };

// Where things are in the pool of a core (words of 64 bits).
enum {
  AXON_BASE = 64,
  AXONS = 128,
  LISTS = 192,
  LIST_WORDS = 320,
  STATE0 = 512,
  DESTS = 600,
  POOL_WORDS = 1024,
  STATE1 = POOL_WORDS - 4
};
enum { NEURONS0 = 49, NEURONS1 = 32, STATE_WORDS = 2, PORT_DESTS = 3 };

static nt_status_t open_golden(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                               nt_error_t *err) {
  (void)user;
  (void)tile;
  return nt_golden_open(params, dev, err);
}

// ---- the network --------------------------------------------------------------------------------

static uint32_t pick(uint64_t *random, uint32_t count) {
  return (uint32_t)(nt_test_random(random) % count);
}

static void put_dword(nt_image_core_t *core, uint32_t word, uint64_t value) {
  core->pool[2 * word] = (uint32_t)value;
  core->pool[2 * word + 1] = (uint32_t)(value >> 32);
}

#define FIELD(record, name, value) ((uint64_t)(value) << NT_##record##_##name##_LSB)

/// An axon of any format whose list, if it has one, is in the list area.
static uint64_t random_axon(uint64_t *random) {
  const uint64_t where = FIELD(AXON, DENDRITE, pick(random, 4)) |
                         FIELD(AXON, LINE, pick(random, 4)) | FIELD(AXON, EXP, pick(random, 4)) |
                         FIELD(AXON, PTR, LISTS + pick(random, LIST_WORDS - 64));
  switch (pick(random, 4)) {
  case 0:
    return where | FIELD(AXON, FORMAT, NT_FORMAT_DENSE) | FIELD(AXON, DENDRITES, pick(random, 2)) |
           FIELD(AXON, DIGITS, pick(random, 4)) | FIELD(AXON, LINES, pick(random, 3));
  case 1:
    return where | FIELD(AXON, FORMAT, NT_FORMAT_SPARSE) | FIELD(AXON, COUNT, pick(random, 40));
  case 2:
    return FIELD(AXON, FORMAT, NT_FORMAT_UNIFORM) | FIELD(AXON, DENDRITE, pick(random, 4)) |
           FIELD(AXON, LINE, pick(random, 4)) | FIELD(AXON, WEIGHT, pick(random, 256));
  default:
    return FIELD(AXON, FORMAT, pick(random, 16) == 0 ? NT_FORMAT_NONE : NT_FORMAT_SINGLE) |
           FIELD(AXON, NEURON, pick(random, 128)) | FIELD(AXON, WEIGHT, pick(random, 256));
  }
}

static void put_program(nt_image_core_t *core) {
#define OP(op) ((uint32_t)NT_OP_##op << NT_INSTR_OP_LSB)
#define RD(r) ((uint32_t)(r) << NT_INSTR_RD_LSB)
#define RA(r) ((uint32_t)(r) << NT_INSTR_RA_LSB)
#define RB(r) ((uint32_t)(r) << NT_INSTR_RB_LSB)
#define CONSTANT(n) (1u << NT_INSTR_BCONST_LSB | RB(n))
  const uint32_t program[] = {
      OP(RDC) | RD(1) | 0,
      OP(RDC) | RD(2) | 1,
      OP(RDC) | RD(3) | 2,
      OP(LD) | RD(4) | 0,
      OP(ADD) | RD(4) | RA(4) | RB(1),
      OP(XOR) | RD(4) | RA(4) | RB(2),
      OP(SPC) | RD(5) | NT_SPC_TIMESTEP,
      OP(ADD) | RD(4) | RA(4) | RB(5),
      OP(MULS) | RD(4) | RA(4) | CONSTANT(0) | 3,
      OP(ST) | RA(4) | 0,
      OP(LD) | RD(6) | 1,
      OP(SUB) | RD(6) | RA(6) | RB(3),
      OP(ST) | RA(6) | 1,
      OP(AND) | RD(7) | RA(4) | CONSTANT(1),
      OP(CGE) | RA(7) | CONSTANT(2), // few enough spikes
      OP(SKP) | 1u << NT_INSTR_INVERT_LSB | 2,
      OP(SPK) | RA(6) | 0,
      OP(SPK) | RA(4) | 1,
      OP(END),
  };
  memcpy(core->prog, program, sizeof program);
  core->table[0] = 2654435761u;
  core->table[1] = 0x7ff;
  core->table[2] = 0x700;
}

static void put_group(nt_image_core_t *core, uint32_t group, bool always, uint32_t line,
                      uint32_t lines, uint32_t neurons, uint32_t state_base) {
  uint32_t *words = core->group + (size_t)group * NT_GROUP_WORDS;
  words[0] = (uint32_t)(FIELD(GROUP0, ENABLE, 1) | FIELD(GROUP0, ALWAYS, always) |
                        FIELD(GROUP0, LINE, line) | FIELD(GROUP0, LINES, lines));
  words[1] = neurons;
  words[3] = (uint32_t)(FIELD(GROUP3, STATE_BASE, state_base) |
                        FIELD(GROUP3, STATE_WORDS, STATE_WORDS) | FIELD(GROUP3, CLEAR_WORDS, 1));
  for (uint32_t port = 0; port < 2; port++)
    words[4 + port] = (uint32_t)(FIELD(GROUP_PORT, PTR, DESTS + 8 * group + 4 * port) |
                                 FIELD(GROUP_PORT, COUNT, PORT_DESTS));
}

static void put_core(nt_image_core_t *core, bool always, uint64_t *random) {
  core->axon_base = AXON_BASE;
  core->axon_count = AXONS;
  for (uint32_t axon = 0; axon < AXONS; axon++)
    put_dword(core, AXON_BASE + axon, random_axon(random));
  for (uint32_t word = 0; word < LIST_WORDS; word++)
    put_dword(core, LISTS + word, nt_test_random(random) >> 4);
  static const uint32_t tiles[PORT_DESTS] = {0, 1, NT_HOST_TILE};
  for (uint32_t dest = 0; dest < 16; dest++)
    put_dword(core, DESTS + dest,
              FIELD(DEST, TILE, tiles[dest % 4 % PORT_DESTS]) |
                  FIELD(DEST, CORES, 1 + pick(random, 3)) | FIELD(DEST, AXON, pick(random, 100)) |
                  FIELD(DEST, TYPE, pick(random, 4)) | FIELD(DEST, VECTOR, 1));
  put_program(core);
  put_group(core, 1, always, 0, 2, NEURONS0, STATE0);
  put_group(core, 4, false, 2, 1, NEURONS1, STATE1);
}

static nt_image_t *make_network(uint32_t acc_bits, uint64_t seed) {
  nt_error_t err;
  nt_image_t *image = NULL;
  nt_params_t params = nt_test_params_small();
  params.cores = 2;
  params.pool_words = POOL_WORDS;
  params.lines = 4;
  params.acc_bits = acc_bits;
  NT_OK_CALL(nt_image_create(&params, TILES, &image, &err), err);
  for (uint32_t i = 0; i < TILES * params.cores; i++)
    put_core(&image->core[i], i == 0, &seed);
  return image;
}

static nt_system_t *open_network(const nt_image_t *image) {
  nt_error_t err;
  nt_system_t *system = NULL;
  NT_OK_CALL(nt_system_open(image, open_golden, NULL, MAX_CYCLES, &system, &err), err);
  return system;
}

// ---- running ------------------------------------------------------------------------------------

/// A growing record of everything a run shows.
typedef struct record {
  uint64_t *value;
  size_t count, capacity;
} record_t;

static void note(record_t *record, uint64_t value) {
  if (record->count == record->capacity) {
    record->capacity = record->capacity > 0 ? 2 * record->capacity : 1024;
    record->value = realloc(record->value, record->capacity * sizeof *record->value);
    assert_non_null(record->value);
  }
  record->value[record->count++] = value;
}

static int compare(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left;
  const uint64_t b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

static void note_spikes(record_t *record, const nt_spike_t *spikes, size_t count) {
  const size_t first = record->count + 1;
  note(record, count);
  for (size_t i = 0; i < count; i++)
    note(record, nt_spike_pack(&spikes[i]));
  qsort(record->value + first, count, sizeof *record->value, compare);
}

static void note_memory(record_t *record, nt_system_t *system, const nt_params_t *params) {
  static const uint32_t spaces[] = {NT_SPACE_POOL, NT_SPACE_ACC, NT_SPACE_ACT};
  static uint32_t words[1 << 16];
  for (uint32_t tile = 0; tile < TILES; tile++) {
    for (uint32_t core = 0; core < params->cores; core++) {
      nt_error_t err;
      nt_dev_t *dev = nt_system_tile(system, tile);
      for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        const uint32_t count = nt_dev_space_words(params, spaces[i]);
        NT_OK_CALL(nt_dev_mem_read(dev, core, spaces[i], 0, count, words, &err), err);
        for (uint32_t word = 0; word < count; word++)
          note(record, words[word]);
      }
      for (uint32_t counter = 0; counter < NT_COUNTERS_EXACT; counter++) {
        uint64_t value = 0;
        NT_OK_CALL(nt_dev_counter(dev, core, counter, &value, &err), err);
        note(record, value);
      }
      uint32_t flags = 0;
      NT_OK_CALL(nt_system_flags(system, tile, core, &flags, &err), err);
      note(record, flags);
    }
  }
}

/// Runs up to timestep `end`; the input depends only on the timestep.
static void run(nt_system_t *system, const nt_params_t *params, uint32_t end, record_t *record) {
  nt_error_t err;
  while (nt_system_timestep(system) < end) {
    const uint32_t t = nt_system_timestep(system);
    uint64_t random = 1000 + t;
    for (int i = 0; i < 4; i++) {
      const nt_spike_t spike = {.tile = (uint16_t)pick(&random, TILES),
                                .cores = (uint8_t)(1 + pick(&random, 3)),
                                .type = NT_SPIKE_TYPE_GRADED16,
                                .axon = (uint16_t)pick(&random, AXONS),
                                .payload = (int32_t)pick(&random, 60000) - 30000};
      NT_OK_CALL(nt_system_inject(system, &spike, 1, &err), err);
    }
    NT_OK_CALL(nt_system_step(system, &err), err);
    const nt_spike_t *spikes = NULL;
    size_t count = 0;
    note(record, t);
    for (uint32_t tile = 0; tile < TILES; tile++) {
      // What entered before the state was saved is in accumulators, no longer in a list.
      if (t != SAVED_AT) {
        nt_system_received(system, tile, &spikes, &count);
        note_spikes(record, spikes, count);
      }
      nt_system_sent(system, tile, &spikes, &count);
      note_spikes(record, spikes, count);
    }
    nt_system_host_spikes(system, &spikes, &count);
    note_spikes(record, spikes, count);
    note_memory(record, system, params);
  }
}

static void expect_record(const record_t *found, const record_t *expected) {
  NT_EQUAL(found->count, expected->count);
  for (size_t i = 0; i < found->count; i++)
    NT_EQUAL(found->value[i], expected->value[i]);
}

static void expect_file(const char *path, const nt_test_file_t *expected) {
  const nt_test_file_t found = nt_test_read(path);
  NT_EQUAL(found.size, expected->size);
  NT_SAME(found.data, expected->data, found.size);
  free(found.data);
}

// ---- interrupting -------------------------------------------------------------------------------

/// The state must not be trivial, or the test proves nothing.
static void expect_busy(nt_system_t *system, const nt_params_t *params) {
  uint64_t messages = 0;
  uint32_t flags = 0;
  for (uint32_t tile = 0; tile < TILES; tile++) {
    assert_true(nt_dev_pending(nt_system_tile(system, tile)));
    const nt_spike_t *spikes = NULL;
    size_t count = 0;
    nt_system_sent(system, tile, &spikes, &count);
    messages += count;
    for (uint32_t core = 0; core < params->cores; core++) {
      nt_error_t err;
      uint32_t found = 0;
      NT_OK_CALL(nt_system_flags(system, tile, core, &found, &err), err);
      flags |= found;
    }
  }
  assert_true(messages > 20);
  assert_int_not_equal(flags, 0);
}

static void interrupt(uint32_t acc_bits, uint64_t seed) {
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "saved.nts");
  nt_image_t *image = make_network(acc_bits, seed);
  const nt_params_t params = image->params;
  record_t before = {0};
  record_t after = {0};
  nt_system_t *system = open_network(image);
  run(system, &params, SAVED_AT, &before);
  expect_busy(system, &params);
  NT_OK_CALL(nt_system_save(system, path, &err), err);
  const nt_test_file_t saved = nt_test_read(path);
  run(system, &params, STEPS, &after);
  NT_OK_CALL(nt_system_save(system, path, &err), err);
  const nt_test_file_t end = nt_test_read(path);

  // Into a fresh system, and back into the one that went on.
  nt_system_t *const systems[] = {open_network(image), system};
  for (size_t i = 0; i < 2; i++) {
    record_t again = {0};
    nt_test_write(path, saved.data, saved.size);
    NT_OK_CALL(nt_system_restore(systems[i], path, &err), err);
    NT_EQUAL(nt_system_timestep(systems[i]), SAVED_AT);
    NT_OK_CALL(nt_system_save(systems[i], path, &err), err);
    expect_file(path, &saved);
    run(systems[i], &params, STEPS, &again);
    expect_record(&again, &after);
    NT_OK_CALL(nt_system_save(systems[i], path, &err), err);
    expect_file(path, &end);
    free(again.value);
    nt_system_close(systems[i]);
  }
  free(before.value);
  free(after.value);
  free(saved.data);
  free(end.data);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

static void test_interrupted_network(void **state) {
  (void)state;
  for (uint64_t seed = 0; seed < 4; seed++) {
    interrupt(32, seed);
    interrupt(24, seed);
  }
}

/// Spikes that wait in another order are the same state.
static void test_order_of_spikes(void **state) {
  (void)state;
  enum { SPIKES = 20 };
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "saved.nts");
  nt_image_t *image = make_network(32, 1);
  nt_system_t *const systems[] = {open_network(image), open_network(image)};
  nt_test_file_t files[2];
  uint64_t random = 4;
  nt_spike_t spikes[2][SPIKES];
  for (size_t i = 0; i < SPIKES; i++) {
    spikes[0][i] = nt_spike_unpack(nt_test_random(&random));
    spikes[0][i].tile = (uint16_t)pick(&random, TILES);
    spikes[1][SPIKES - 1 - i] = spikes[0][i];
  }
  for (size_t i = 0; i < 2; i++) {
    NT_OK_CALL(nt_system_inject(systems[i], spikes[i], SPIKES, &err), err);
    NT_OK_CALL(nt_system_save(systems[i], path, &err), err);
    files[i] = nt_test_read(path);
    nt_system_close(systems[i]);
  }
  NT_EQUAL(files[0].size, files[1].size);
  NT_SAME(files[0].data, files[1].data, files[0].size);
  free(files[0].data);
  free(files[1].data);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

// ---- damage -------------------------------------------------------------------------------------

/// One quiet tile, so that the file is small, with a spike on its way.
typedef struct small {
  char path[NT_TEST_PATH_MAX];
  nt_image_t *image;
  nt_system_t *system;
  nt_test_file_t file;
} small_t;

static void small_open(small_t *small) {
  nt_error_t err;
  const nt_params_t params = nt_test_params_small();
  nt_test_path(small->path, "small.nts");
  NT_OK_CALL(nt_image_create(&params, 1, &small->image, &err), err);
  put_group(nt_image_core(small->image, 0, 0), 0, false, 0, 1, 3, 5); // 2 beats, 4 state words
  small->system = open_network(small->image);
  const nt_spike_t spike = {.cores = 1, .type = NT_SPIKE_TYPE_GRADED8, .axon = 3, .payload = -5};
  NT_OK_CALL(nt_system_inject(small->system, &spike, 1, &err), err);
  const uint32_t word = 0x1234;
  nt_dev_t *dev = nt_system_tile(small->system, 0);
  NT_OK_CALL(nt_dev_mem_write(dev, 0, NT_SPACE_POOL, 2 * 8 + 1, 1, &word, &err), err);
  NT_OK_CALL(nt_system_save(small->system, small->path, &err), err);
  small->file = nt_test_read(small->path);
}

static void small_close(small_t *small) {
  free(small->file.data);
  nt_image_free(small->image);
  nt_system_close(small->system);
  nt_test_folder_remove(small->path);
}

static void expect_damage(small_t *small, size_t size) {
  nt_error_t err = {0};
  nt_test_write(small->path, small->file.data, size);
  const nt_status_t status = nt_system_restore(small->system, small->path, &err);
  NT_EQUAL(status == NT_ERR_FORMAT || status == NT_ERR_IO, 1);
  assert_non_null(strstr(err.text, "small.nts"));
}

/// What was refused has changed nothing.
static void expect_unchanged(small_t *small) {
  nt_error_t err;
  NT_OK_CALL(nt_system_save(small->system, small->path, &err), err);
  expect_file(small->path, &small->file);
}

static void test_every_truncation_and_flip(void **state) {
  (void)state;
  small_t small;
  small_open(&small);
  for (size_t size = 0; size < small.file.size; size++)
    expect_damage(&small, size);
  for (size_t i = 0; i < small.file.size; i++) {
    for (int change = 0; change < 9; change++) {
      const uint8_t flip = (uint8_t)(change < 8 ? 1 << change : 0xff);
      small.file.data[i] ^= flip;
      expect_damage(&small, small.file.size);
      small.file.data[i] ^= flip;
    }
  }
  expect_unchanged(&small);
  small_close(&small);
}

/// The state file of image.md, written by the forger, for the small system.
static nt_forge_t forge_state(const small_t *small) {
  nt_forge_t forge = nt_forge_image();
  forge.magic = "NTSTATE\n";
  forge.params = small->image->params;
  forge.timestep = 6;
  forge.sections = 2;
  nt_forge_section_t *core = &forge.section[0];
  core->size = 0;
  nt_forge_put(core, 2); // FLAGS
  for (uint32_t counter = 0; counter < NT_COUNTERS_EXACT; counter++) {
    nt_forge_put(core, 100 + counter);
    nt_forge_put(core, counter);
  }
  nt_forge_put(core, 0); // activity
  nt_forge_put(core, 8);
  nt_forge_put(core, 4); // state words of group 0
  for (uint32_t word = 0; word < 8; word++)
    nt_forge_put(core, 0x50 + word);
  for (uint32_t group = 1; group < forge.params.groups; group++)
    nt_forge_put(core, 0);
  for (uint32_t lane = 0; lane < 32; lane++) // row of dendrite 3, line 1
    nt_forge_put(core, lane);
  nt_forge_section_t *spikes = &forge.section[1];
  (void)strcpy(spikes->name, "spikes");
  spikes->tile = spikes->core = UINT32_MAX;
  nt_forge_put(spikes, 0x02000001);
  nt_forge_put(spikes, 0x20100000); // tile 0, cores 1, GRADED16
  return forge;
}

enum { IMAGE_CRC_AT = 56, FLAGS_AT = 0, ACT_AT = 52, GROUP0_AT = 60, GROUP1_AT = 96 };

static nt_test_file_t forge_file(const small_t *small, const nt_forge_t *forge) {
  nt_error_t err;
  uint32_t crc = 0;
  nt_test_file_t file = nt_forge_file(forge);
  NT_OK_CALL(nt_image_identify(small->image, &crc, &err), err);
  nt_forge_set(&file, IMAGE_CRC_AT, crc, 4);
  nt_forge_reseal(&file, forge->sections);
  return file;
}

static void test_forged_state_restores(void **state) {
  (void)state;
  nt_error_t err;
  small_t small;
  small_open(&small);
  nt_forge_t forge = forge_state(&small);
  const nt_test_file_t file = forge_file(&small, &forge);
  nt_test_write(small.path, file.data, file.size);
  NT_OK_CALL(nt_system_restore(small.system, small.path, &err), err);
  nt_dev_t *dev = nt_system_tile(small.system, 0);
  NT_EQUAL(nt_system_timestep(small.system), 6);
  uint32_t words[32];
  NT_OK_CALL(nt_dev_mem_read(dev, 0, NT_SPACE_POOL, 2 * 5, 8, words, &err), err);
  for (uint32_t word = 0; word < 8; word++)
    NT_EQUAL(words[word], 0x50 + word);
  NT_OK_CALL(nt_dev_mem_read(dev, 0, NT_SPACE_ACC, (3 * 2 + 1) * 32, 32, words, &err), err);
  for (uint32_t lane = 0; lane < 32; lane++)
    NT_EQUAL(words[lane], lane);
  for (uint32_t counter = 0; counter < NT_COUNTERS_EXACT; counter++) {
    uint64_t value = 0;
    NT_OK_CALL(nt_dev_counter(dev, 0, counter, &value, &err), err);
    NT_EQUAL(value, (uint64_t)counter << 32 | (100 + counter));
  }
  NT_FAILS(nt_system_check(small.system, &err), err, NT_ERR_DEVICE, "BAD_AXON");
  NT_OK_CALL(nt_system_step(small.system, &err), err);
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_system_received(small.system, 0, &spikes, &count);
  NT_EQUAL(count, 1);
  NT_EQUAL(spikes[0].axon, 2);
  NT_EQUAL(spikes[0].payload, 1);
  NT_EQUAL(spikes[0].type, NT_SPIKE_TYPE_GRADED16);
  free(file.data);
  nt_forge_free(&forge);
  small_close(&small);
}

/// The forged file must be refused with `status` and a text that contains `part`.
static void refuse(small_t *small, const nt_forge_t *forge, nt_status_t status, const char *part) {
  nt_error_t err;
  const nt_test_file_t file = forge_file(small, forge);
  nt_test_write(small->path, file.data, file.size);
  NT_FAILS(nt_system_restore(small->system, small->path, &err), err, status, part);
  free(file.data);
}

static void poke(nt_forge_section_t *section, size_t at, uint8_t value) {
  section->raw[at] = value;
}

static void test_lying_states(void **state) {
  (void)state;
  nt_error_t err;
  small_t small;
  small_open(&small);
  nt_forge_t forge = forge_state(&small);
  nt_forge_section_t *core = &forge.section[0];
  nt_forge_section_t *spikes = &forge.section[1];

  forge.magic = "NTIMAGE\n";
  refuse(&small, &forge, NT_ERR_FORMAT, "magic: is an image file, allowed a state file");
  forge.magic = "NTSTATE\n";
  forge.params.lines = 4;
  refuse(&small, &forge, NT_ERR_UNSUPPORTED, "LINES: image 4, device 2");
  forge.params.lines = 2;
  forge.sections = 1;
  refuse(&small, &forge, NT_ERR_FORMAT, "sections: found 1, allowed 2");
  forge.sections = 2;
  spikes->name[0] = 'S';
  refuse(&small, &forge, NT_ERR_FORMAT, "named spikes");
  spikes->name[0] = 's';

  poke(core, ACT_AT, 16);
  refuse(&small, &forge, NT_ERR_FORMAT, "tile 0 core 0: activity of line 0: found 0x10");
  poke(core, ACT_AT, 1);
  refuse(&small, &forge, NT_ERR_FORMAT, "section is too short");
  poke(core, ACT_AT, 0);
  poke(core, ACT_AT + 4, 0);
  refuse(&small, &forge, NT_ERR_FORMAT, "section is too long");
  poke(core, ACT_AT + 4, 8);
  poke(core, GROUP0_AT, 5);
  refuse(&small, &forge, NT_ERR_FORMAT, "state words of group 0: found 5, allowed 4");
  poke(core, GROUP0_AT, 4);
  poke(core, GROUP1_AT + 3, 0x80);
  refuse(&small, &forge, NT_ERR_FORMAT, "state words of group 1: found 2147483648, allowed 0");
  poke(core, GROUP1_AT + 3, 0);

  spikes->size = 7;
  refuse(&small, &forge, NT_ERR_FORMAT, "spikes: found 7 bytes");
  spikes->size = 8;
  poke(spikes, 5, 1);
  refuse(&small, &forge, NT_ERR_FORMAT, "tile: found 1, allowed 0..0");
  poke(spikes, 5, 0);
  poke(spikes, 7, 0x60);
  refuse(&small, &forge, NT_ERR_FORMAT, "allowed bits of a spike");
  expect_unchanged(&small);

  // Of another image, and of another number of tiles.
  nt_image_core(small.image, 0, 0)->table[0] ^= 1;
  poke(spikes, 7, 0x20);
  refuse(&small, &forge, NT_ERR_UNSUPPORTED, "image checksum: found 0x");
  NT_FAILS(nt_system_restore(small.system, "/nowhere/state.nts", &err), err, NT_ERR_IO,
           "/nowhere/state.nts: cannot open");
  NT_FAILS(nt_system_save(small.system, "/nowhere/state.nts", &err), err, NT_ERR_IO,
           "/nowhere/state.nts: cannot create");
  expect_unchanged(&small);
  nt_forge_free(&forge);
  small_close(&small);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_interrupted_network),
      cmocka_unit_test(test_order_of_spikes),
      cmocka_unit_test(test_every_truncation_and_flip),
      cmocka_unit_test(test_forged_state_restores),
      cmocka_unit_test(test_lying_states),
  };
  return nt_test_report("state", cmocka_run_group_tests(tests, NULL, NULL));
}
