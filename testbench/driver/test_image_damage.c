// SPDX-License-Identifier: Apache-2.0
// Damaged and lying image files: refused with a reason, never believed, never a crash.
#include "nt_forge.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct fixture {
  char path[NT_TEST_PATH_MAX];
} fixture_t;

static int setup(void **state) {
  fixture_t *fixture = calloc(1, sizeof *fixture);
  assert_non_null(fixture);
  nt_test_path(fixture->path, "image.nti");
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  fixture_t *fixture = *state;
  nt_test_folder_remove(fixture->path);
  free(fixture);
  return 0;
}

static nt_status_t load(const fixture_t *fixture, const nt_test_file_t *file, nt_image_t **image,
                        nt_error_t *err) {
  nt_test_write(fixture->path, file->data, file->size);
  return nt_image_load(fixture->path, image, err);
}

/// The file must be refused as damaged.
static void expect_damage(const fixture_t *fixture, const nt_test_file_t *file) {
  nt_image_t *image = NULL;
  nt_error_t err = {0};
  const nt_status_t status = load(fixture, file, &image, &err);
  NT_EQUAL(status == NT_ERR_FORMAT || status == NT_ERR_IO, 1);
  NT_EQUAL(err.status, status);
  assert_true(strstr(err.text, "image.nti") != NULL);
  assert_null(image);
}

/// The file must be refused with `status` and a text that contains `part`. Consumes the file.
static void refuse(const fixture_t *fixture, nt_test_file_t file, nt_status_t status,
                   const char *part) {
  nt_image_t *image = NULL;
  nt_error_t err;
  NT_FAILS(load(fixture, &file, &image, &err), err, status, part);
  assert_null(image);
  free(file.data);
}

static nt_test_file_t small_file(const fixture_t *fixture) {
  nt_error_t err;
  nt_image_t *image = NULL;
  const nt_params_t params = nt_test_params_small();
  NT_OK_CALL(nt_image_create(&params, 2, &image, &err), err);
  nt_image_core(image, 0, 0)->pool[17] = 0x12345678;
  nt_image_core(image, 0, 0)->prog[1] = 3;
  nt_image_core(image, 1, 0)->group[9] = 77;
  NT_OK_CALL(nt_image_add_section(image, "model", "contents", 8, &err), err);
  NT_OK_CALL(nt_image_save(image, fixture->path, &err), err);
  nt_image_free(image);
  return nt_test_read(fixture->path);
}

static void test_every_truncation(void **state) {
  const fixture_t *fixture = *state;
  const nt_test_file_t file = small_file(fixture);
  for (size_t size = 0; size < file.size; size++)
    expect_damage(fixture, &(nt_test_file_t){file.data, size});
  free(file.data);
}

static void test_every_flip(void **state) {
  const fixture_t *fixture = *state;
  const nt_test_file_t file = small_file(fixture);
  for (size_t i = 0; i < file.size; i++) {
    for (int change = 0; change < 9; change++) {
      const uint8_t flip = (uint8_t)(change < 8 ? 1 << change : 0xff);
      file.data[i] ^= flip;
      expect_damage(fixture, &file);
      file.data[i] ^= flip;
    }
  }
  free(file.data);
}

static void test_extra_bytes(void **state) {
  const fixture_t *fixture = *state;
  nt_test_file_t file = small_file(fixture);
  file.data = realloc(file.data, file.size + 8);
  assert_non_null(file.data);
  memset(file.data + file.size, 0, 8);
  for (size_t extra = 1; extra <= 8; extra++)
    expect_damage(fixture, &(nt_test_file_t){file.data, file.size + extra});
  free(file.data);
}

/// The forger writes what the library reads: the specification is enough.
static void test_forged_image_loads(void **state) {
  const fixture_t *fixture = *state;
  nt_forge_t forge = nt_forge_image();
  nt_forge_section_t *core = &forge.section[0];
  core->size = 0;
  const uint32_t words[] = {7, 9, 3,   NT_SPACE_POOL,  510, 2, 0xa, 0xb, NT_SPACE_PROG,
                            0, 1, 0xc, NT_SPACE_GROUP, 127, 1, 0xd};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    nt_forge_put(core, words[i]);
  nt_test_file_t file = nt_forge_file(&forge);
  nt_image_t *image = NULL;
  nt_error_t err;
  NT_OK_CALL(load(fixture, &file, &image, &err), err);
  const nt_image_core_t *loaded = nt_image_core(image, 0, 0);
  NT_EQUAL(loaded->axon_base, 7);
  NT_EQUAL(loaded->axon_count, 9);
  NT_EQUAL(loaded->pool[510], 0xa);
  NT_EQUAL(loaded->pool[511], 0xb);
  NT_EQUAL(loaded->prog[0], 0xc);
  NT_EQUAL(loaded->group[127], 0xd);
  uint32_t crc = 0;
  NT_OK_CALL(nt_image_identify(image, &crc, &err), err);
  NT_EQUAL(crc, image->crc);
  nt_image_free(image);
  free(file.data);
  nt_forge_free(&forge);
}

static void test_lying_header(void **state) {
  const fixture_t *fixture = *state;
  nt_forge_t forge = nt_forge_image();
  nt_forge_t lie = forge;
  lie.magic = "NTSTATE\n";
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT,
         "magic: is a state file, allowed an image file");
  lie.magic = "\x7f"
              "ELF\0\0\0\0";
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "neither");
  lie = forge;
  lie.version = 2;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "format version: found 2, allowed 1");
  lie = forge;
  lie.hash ^= 1;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_UNSUPPORTED, "definition hash: found");
  lie = forge;
  lie.params.pool_words = 300;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "POOL_WORDS");
  lie = forge;
  lie.params.cores = UINT32_MAX;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "CORES");
  lie = forge;
  lie.tiles = 0;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "tiles: found 0");
  lie.tiles = 4096;
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "tiles: found 4096, allowed 1..4095");
  lie.tiles = 4095; // without the sections for them nothing is allocated
  refuse(fixture, nt_forge_file(&lie), NT_ERR_FORMAT, "sections: found 1, allowed 4095..4159");
  nt_forge_free(&forge);
}

enum { SECTION_COUNT_AT = 52, IMAGE_CRC_AT = 56, TABLE_AT = NT_FORGE_HEADER };

static void test_lying_table(void **state) {
  const fixture_t *fixture = *state;
  nt_forge_t forge = nt_forge_image();
  const struct {
    size_t at;
    uint64_t value;
    int bytes;
    const char *part;
  } lies[] = {
      {SECTION_COUNT_AT, 2, 4, "sections: found 2"},
      {SECTION_COUNT_AT, UINT32_MAX, 4, "sections: found 4294967295"},
      {IMAGE_CRC_AT, 1, 4, "image checksum: found 0x00000001"},
      {TABLE_AT, 'k', 1, "section 0: wrong name"},
      {TABLE_AT + 5, 'x', 1, "section 0: wrong name"},
      {TABLE_AT + 16, 1, 4, "wrong tile 1"},
      {TABLE_AT + 20, 1, 4, "core 1"},
      {TABLE_AT + 24, 1, 4, "section 0 (core): wrong checksum"},
      {TABLE_AT + 28, 1, 4, "section 0 (core): does not expand"},
      {TABLE_AT + 32, 125, 8, "offset: found 125, allowed 128"},
      {TABLE_AT + 32, UINT64_MAX, 8, "offset: found 18446744073709551615"},
      {TABLE_AT + 40, 1, 8, "length: found"},
      {TABLE_AT + 40, UINT64_MAX, 8, "stored size: found 18446744073709551615"},
      {TABLE_AT + 48, 11, 8, "does not expand"},
      {TABLE_AT + 48, 13, 8, "does not expand"},
      {TABLE_AT + 48, 8000, 8, "raw size: found 8000, allowed 0.."},
      {TABLE_AT + 48, UINT64_MAX, 8, "raw size: found 18446744073709551615"},
  };
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    nt_test_file_t file = nt_forge_file(&forge);
    nt_forge_set(&file, lies[i].at, lies[i].value, lies[i].bytes);
    nt_forge_reseal(&file, 1);
    refuse(fixture, file, NT_ERR_FORMAT, lies[i].part);
  }
  nt_forge_free(&forge);
}

/// Bytes behind the end of a section's stream, counted as its own.
static void test_trailing_bytes(void **state) {
  const fixture_t *fixture = *state;
  nt_forge_t forge = nt_forge_image();
  nt_test_file_t file = nt_forge_file(&forge);
  const size_t start = NT_FORGE_HEADER + NT_FORGE_ENTRY;
  const size_t stored = file.size - start + 4;
  file.data = realloc(file.data, file.size + 4);
  assert_non_null(file.data);
  file.size += 4;
  nt_forge_set(&file, file.size - 4, 0, 4);
  nt_forge_set(&file, TABLE_AT + 24, crc32(0, file.data + start, (uInt)stored), 4);
  nt_forge_set(&file, TABLE_AT + 40, stored, 8);
  nt_forge_reseal(&file, 1);
  refuse(fixture, file, NT_ERR_FORMAT, "section 0 (core): does not expand");
  nt_forge_free(&forge);
}

static void test_lying_names(void **state) {
  const fixture_t *fixture = *state;
  nt_forge_t forge = nt_forge_image();
  forge.sections = 3;
  for (int i = 1; i <= 2; i++) {
    forge.section[i].tile = forge.section[i].core = UINT32_MAX;
    (void)strcpy(forge.section[i].name, "twice");
  }
  refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, "section 2: wrong name");
  forge.section[2].name[0] = '\0';
  refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, "section 2: wrong name");
  memset(forge.section[2].name, 'n', 16);
  refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, "section 2: wrong name");
  (void)strcpy(forge.section[2].name, "other");
  forge.section[2].tile = 0;
  refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, "section 2: wrong name");
  forge.sections = 66;
  refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, "sections: found 66, allowed 1..65");
  nt_forge_free(&forge);
}

static void test_lying_runs(void **state) {
  const fixture_t *fixture = *state;
  enum { WORDS = 16 };
  const struct {
    size_t count;
    uint32_t words[WORDS];
    const char *part;
  } lies[] = {
      {0, {0}, "ends inside a run"},
      {3, {0, 0, 1}, "ends inside a run"},
      {3, {0, 0, UINT32_MAX}, "ends inside a run"},
      {4, {0, 0, 0, 0}, "4 bytes too long"},
      {3, {256, 0, 0}, "AXON_BASE: found 256, allowed 0..255"},
      {3, {0, 65537, 0}, "AXON_COUNT: found 65537, allowed 0..65536"},
      {7, {0, 0, 1, NT_SPACE_ACC, 0, 1, 1}, "space: found 4, allowed 0..3"},
      {7, {0, 0, 1, UINT32_MAX, 0, 1, 1}, "space: found 4294967295"},
      {7, {0, 0, 1, NT_SPACE_POOL, 512, 1, 1}, "address in space 0: found 512, allowed 0..511"},
      {7, {0, 0, 1, NT_SPACE_PROG, 0, 0, 1}, "words at 0 in space 1: found 0, allowed 1..64"},
      {7, {0, 0, 1, NT_SPACE_TABLE, 63, 2, 1}, "words at 63 in space 2: found 2, allowed 1..1"},
      {7, {0, 0, 1, NT_SPACE_GROUP, 1, UINT32_MAX, 1}, "found 4294967295, allowed 1..127"},
      {6, {0, 0, 1, NT_SPACE_POOL, 0, 512}, "ends inside a run"},
      {11,
       {0, 0, 2, NT_SPACE_PROG, 5, 1, 1, NT_SPACE_PROG, 5, 1, 1},
       "address in space 1: found 5, allowed 6..63"},
      {11,
       {0, 0, 2, NT_SPACE_PROG, 5, 1, 1, NT_SPACE_POOL, 9, 1, 1},
       "space: found 0, allowed 1..3"},
  };
  nt_forge_t forge = nt_forge_image();
  for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
    forge.section[0].size = 0;
    for (size_t word = 0; word < lies[i].count; word++)
      nt_forge_put(&forge.section[0], lies[i].words[word]);
    refuse(fixture, nt_forge_file(&forge), NT_ERR_FORMAT, lies[i].part);
  }
  nt_forge_free(&forge);
}

/// Random contents behind checksums that fit: accepted or refused, and what is accepted can be
/// saved and loaded again.
static void test_random_runs(void **state) {
  const fixture_t *fixture = *state;
  uint64_t random = 11;
  unsigned accepted = 0;
  nt_forge_t forge = nt_forge_image();
  for (int trial = 0; trial < 4000; trial++) {
    nt_forge_section_t *core = &forge.section[0];
    const uint32_t runs = (uint32_t)(nt_test_random(&random) % 4);
    uint32_t space = 0;
    core->size = 0;
    nt_forge_put(core, (uint32_t)(nt_test_random(&random) % 260));
    nt_forge_put(core, (uint32_t)(nt_test_random(&random) % 65540));
    nt_forge_put(core, runs);
    for (uint32_t run = 0; run < runs; run++) {
      space += (uint32_t)(nt_test_random(&random) % 3);
      const uint32_t count = (uint32_t)(nt_test_random(&random) % 9);
      nt_forge_put(core, space);
      nt_forge_put(core, (uint32_t)(nt_test_random(&random) % 70));
      nt_forge_put(core, count);
      for (uint32_t word = 0; word < count; word++)
        nt_forge_put(core, (uint32_t)nt_test_random(&random));
    }
    if (nt_test_random(&random) % 8 == 0)
      core->size -= nt_test_random(&random) % 8;
    nt_test_file_t file = nt_forge_file(&forge);
    nt_image_t *image = NULL;
    nt_error_t err;
    const nt_status_t status = load(fixture, &file, &image, &err);
    free(file.data);
    NT_EQUAL(status == NT_OK || status == NT_ERR_FORMAT, 1);
    if (status != NT_OK)
      continue;
    accepted++;
    nt_image_t *again = NULL;
    NT_OK_CALL(nt_image_save(image, fixture->path, &err), err);
    NT_OK_CALL(nt_image_load(fixture->path, &again, &err), err);
    NT_EQUAL(again->crc, image->crc);
    NT_SAME(again->core[0].pool, image->core[0].pool,
            4 * nt_dev_space_words(&image->params, NT_SPACE_POOL));
    nt_image_free(again);
    nt_image_free(image);
  }
  assert_in_range(accepted, 500, 3500);
  nt_forge_free(&forge);
}

/// Random bytes changed anywhere, with the header's checksum made to fit: never a crash.
static void test_random_bytes(void **state) {
  const fixture_t *fixture = *state;
  uint64_t random = 12;
  const nt_test_file_t file = small_file(fixture);
  nt_test_file_t damaged = {malloc(file.size), file.size};
  assert_non_null(damaged.data);
  for (int trial = 0; trial < 4000; trial++) {
    memcpy(damaged.data, file.data, file.size);
    const uint64_t changes = 1 + nt_test_random(&random) % 3;
    for (uint64_t i = 0; i < changes; i++)
      damaged.data[nt_test_random(&random) % file.size] ^=
          (uint8_t)(1 + nt_test_random(&random) % 255);
    nt_forge_reseal(&damaged, 3);
    nt_image_t *image = NULL;
    nt_error_t err;
    const nt_status_t status = load(fixture, &damaged, &image, &err);
    // Only the fields that nothing depends on (timestep and note) may be accepted.
    NT_EQUAL(status != NT_OK || memcmp(damaged.data, file.data, 60) == 0, 1);
    nt_image_free(image);
  }
  free(damaged.data);
  free(file.data);
}

#define DAMAGE_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      DAMAGE_TEST(test_every_truncation), DAMAGE_TEST(test_every_flip),
      DAMAGE_TEST(test_extra_bytes),      DAMAGE_TEST(test_forged_image_loads),
      DAMAGE_TEST(test_lying_header),     DAMAGE_TEST(test_lying_table),
      DAMAGE_TEST(test_trailing_bytes),   DAMAGE_TEST(test_lying_names),
      DAMAGE_TEST(test_lying_runs),       DAMAGE_TEST(test_random_runs),
      DAMAGE_TEST(test_random_bytes),
  };
  return nt_test_report("image_damage", cmocka_run_group_tests(tests, NULL, NULL));
}
