// SPDX-License-Identifier: Apache-2.0
// The platform as a C program sees it: devices are claimed and freed, a tile starts from power-on,
// a step that does not end is reported, an image travels through the memory.
#include "nt_asm.h"
#include "nt_rtl.h"
#include "nt_sc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TILES = 2 };

uint32_t nt_sc_tiles(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return TILES;
}

static nt_dev_t *open_tile(void) {
  const nt_params_t params = nt_rtl_params();
  nt_dev_t *dev = NULL;
  nt_error_t err = {0};
  if (nt_sc_open(NULL, 0, &params, &dev, &err) != NT_OK)
    fail_msg("%s", err.text);
  return dev;
}

static void tiles_are_claimed_and_freed(void **state) {
  (void)state;
  const nt_params_t params = nt_rtl_params();
  nt_error_t err = {0};
  nt_dev_t *dev[TILES], *more = NULL;
  for (int round = 0; round < 3; round++) {
    for (int n = 0; n < TILES; n++)
      dev[n] = open_tile();
    assert_int_equal(nt_sc_open(NULL, 0, &params, &more, &err), NT_ERR_RANGE);
    assert_null(more);
    assert_non_null(strstr(err.text, "2 tiles"));
    for (int n = 0; n < TILES; n++)
      nt_dev_close(dev[n]);
  }
}

static void other_parameters_are_refused(void **state) {
  (void)state;
  nt_params_t params = nt_rtl_params();
  nt_dev_t *dev = NULL;
  nt_error_t err = {0};
  params.lines *= 2;
  assert_int_equal(nt_sc_open(NULL, 0, &params, &dev, &err), NT_ERR_UNSUPPORTED);
  assert_null(dev);
  assert_non_null(strstr(err.text, "LINES"));
}

static void a_claimed_tile_was_just_powered_on(void **state) {
  (void)state;
  uint32_t word = 0x12345678, found = 1;
  nt_dev_t *dev = open_tile();
  assert_int_equal(nt_dev_mem_write(dev, 1, NT_SPACE_TABLE, 3, 1, &word, NULL), NT_OK);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_TILE_ID, 5, NULL), NT_OK);
  nt_dev_close(dev);
  dev = open_tile();
  assert_int_equal(nt_dev_mem_read(dev, 1, NT_SPACE_TABLE, 3, 1, &found, NULL), NT_OK);
  assert_int_equal(found, 0);
  assert_int_equal(nt_dev_reg_read(dev, NT_REG_TILE_ID, &found, NULL), NT_OK);
  assert_int_equal(found, 0);
  nt_dev_close(dev);
}

/// Tiles are separate: what one is told the other does not hear.
static void tiles_have_their_own_addresses(void **state) {
  (void)state;
  uint32_t found = 0;
  nt_dev_t *first = open_tile(), *second = open_tile();
  assert_int_equal(nt_dev_reg_write(first, NT_REG_TILE_ID, 1, NULL), NT_OK);
  assert_int_equal(nt_dev_reg_write(second, NT_REG_TILE_ID, 2, NULL), NT_OK);
  assert_int_equal(nt_dev_reg_read(first, NT_REG_TILE_ID, &found, NULL), NT_OK);
  assert_int_equal(found, 1);
  nt_dev_close(second);
  nt_dev_close(first);
}

static void a_long_step_times_out_and_ends_later(void **state) {
  (void)state;
  const uint32_t program = nt_asm_jmp(NT_JMP_ALWAYS, 0, 0);
  const nt_asm_group_t group = {.always = true, .lines = 1, .neurons = 1};
  uint32_t words[NT_GROUP_WORDS], found = 0;
  nt_error_t err = {0};
  nt_dev_t *dev = open_tile();
  nt_asm_group_words(&group, words);
  assert_int_equal(nt_dev_mem_write(dev, 0, NT_SPACE_PROG, 0, 1, &program, NULL), NT_OK);
  assert_int_equal(nt_dev_mem_write(dev, 0, NT_SPACE_GROUP, 0, NT_GROUP_WORDS, words, NULL), NT_OK);
  assert_true(nt_dev_pending(dev));
  const uint64_t before = nt_dev_cycles(dev);
  assert_int_equal(nt_dev_step(dev, 3, 500, &err), NT_ERR_TIMEOUT);
  assert_non_null(strstr(err.text, "phase NEURON"));
  assert_non_null(strstr(err.text, "core 0"));
  assert_in_range(nt_dev_cycles(dev) - before, 500, 600); // and a look at the queues
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_TILE_ID, 9, NULL), NT_ERR_DEVICE);
  assert_true(nt_dev_pending(dev)); // waits for the end: a runaway, and an ALWAYS group
  assert_int_equal(nt_dev_reg_read(dev, NT_REG_TIMESTEP, &found, NULL), NT_OK);
  assert_int_equal(found, 4);
  assert_int_equal(nt_dev_mem_read(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, 1, &found, NULL), NT_OK);
  assert_int_equal(found, 1u << NT_FLAGS_RUNAWAY_LSB);
  nt_dev_close(dev);
}

static void an_image_travels_through_memory(void **state) {
  (void)state;
  const nt_params_t params = nt_rtl_params();
  const double seconds = nt_sc_seconds();
  const uint64_t transactions = nt_sc_transactions();
  char path[] = "/tmp/nt_sc_XXXXXX";
  nt_error_t err = {0};
  nt_image_t *image = NULL, *fetched = NULL;
  const int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  assert_int_equal(nt_image_create(&params, 1, &image, &err), NT_OK);
  nt_image_core(image, 0, 2)->pool[77] = 0xabcd;
  assert_int_equal(nt_image_save(image, path, &err), NT_OK);
  assert_int_equal(nt_sc_image_place(path, &err), NT_OK);
  assert_int_equal(nt_sc_transactions(), transactions);
  if (nt_sc_image_fetch(&fetched, &err) != NT_OK)
    fail_msg("%s", err.text);
  assert_true(nt_sc_seconds() > seconds && nt_sc_transactions() > transactions);
  assert_int_equal(nt_image_core(fetched, 0, 2)->pool[77], 0xabcd);
  assert_int_equal(fetched->crc, image->crc);
  nt_image_free(fetched);
  nt_image_free(image);
  // A damaged file arrives as damaged as it was.
  FILE *damaged = fopen(path, "r+b");
  assert_non_null(damaged);
  assert_int_equal(fputc('X', damaged), 'X');
  fclose(damaged);
  assert_int_equal(nt_sc_image_place(path, &err), NT_OK);
  assert_int_equal(nt_sc_image_fetch(&fetched, &err), NT_ERR_FORMAT);
  unlink(path);
  assert_int_equal(nt_sc_image_place(path, &err), NT_ERR_IO);
}

int nt_sc_program(int argc, char **argv) {
  (void)argc;
  (void)argv;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tiles_are_claimed_and_freed),
      cmocka_unit_test(other_parameters_are_refused),
      cmocka_unit_test(a_claimed_tile_was_just_powered_on),
      cmocka_unit_test(tiles_have_their_own_addresses),
      cmocka_unit_test(a_long_step_times_out_and_ends_later),
      cmocka_unit_test(an_image_travels_through_memory),
  };
  return cmocka_run_group_tests_name("sc_platform", tests, NULL, NULL);
}
