// SPDX-License-Identifier: Apache-2.0
// Images in memory and on disk: what is put in comes out, and what cannot be is refused.
#include "nt_test_support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static nt_image_t *make(const nt_params_t *params, uint32_t tiles, uint64_t seed) {
  nt_error_t err;
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_image_create(params, tiles, &image, &err), err);
  nt_test_image_fill(image, &seed);
  NT_OK_CALL(nt_image_add_section(image, "model", "a blob\0with zeros", 18, &err), err);
  NT_OK_CALL(nt_image_add_section(image, "fifteen-letters", "", 0, &err), err);
  return image;
}

static void expect_equal(const nt_image_t *found, const nt_image_t *expected) {
  NT_SAME(&found->params, &expected->params, sizeof found->params);
  NT_EQUAL(found->tiles, expected->tiles);
  NT_EQUAL(found->crc, expected->crc);
  for (uint32_t tile = 0; tile < found->tiles; tile++) {
    for (uint32_t core = 0; core < found->params.cores; core++) {
      const nt_image_core_t *a = nt_image_core(found, tile, core);
      const nt_image_core_t *b = nt_image_core(expected, tile, core);
      const nt_params_t *params = &found->params;
      NT_EQUAL(a->axon_base, b->axon_base);
      NT_EQUAL(a->axon_count, b->axon_count);
      NT_SAME(a->pool, b->pool, 4 * nt_dev_space_words(params, NT_SPACE_POOL));
      NT_SAME(a->prog, b->prog, 4 * nt_dev_space_words(params, NT_SPACE_PROG));
      NT_SAME(a->table, b->table, 4 * nt_dev_space_words(params, NT_SPACE_TABLE));
      NT_SAME(a->group, b->group, 4 * nt_dev_space_words(params, NT_SPACE_GROUP));
    }
  }
  NT_EQUAL(found->sections, expected->sections);
  for (uint32_t i = 0; i < found->sections; i++) {
    NT_SAME(found->section[i].name, expected->section[i].name, sizeof found->section[i].name);
    NT_EQUAL(found->section[i].size, expected->section[i].size);
    NT_SAME(found->section[i].data, expected->section[i].data, found->section[i].size);
  }
}

static void round_trip(const nt_params_t *params, uint32_t tiles, uint64_t seed) {
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "image.nti");
  nt_image_t *image = make(params, tiles, seed);
  uint32_t crc = 0;
  NT_OK_CALL(nt_image_identify(image, &crc, &err), err);
  NT_OK_CALL(nt_image_save(image, path, &err), err);
  NT_EQUAL(image->crc, crc);
  NT_EQUAL(nt_test_folder_count(path), 1);
  nt_image_t *loaded = NULL;
  NT_OK_CALL(nt_image_load(path, &loaded, &err), err);
  expect_equal(loaded, image);
  const nt_test_file_t first = nt_test_read(path);
  NT_OK_CALL(nt_image_save(loaded, path, &err), err);
  const nt_test_file_t second = nt_test_read(path);
  NT_EQUAL(second.size, first.size);
  NT_SAME(second.data, first.data, first.size);
  free(first.data);
  free(second.data);
  nt_image_free(loaded);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

static void test_round_trip(void **state) {
  (void)state;
  const nt_params_t normal = nt_params_default();
  const nt_params_t small = nt_test_params_small();
  nt_params_t odd = small;
  odd.cores = 3;
  odd.word_bits = NT_WORD_BITS_MAX;
  odd.groups = NT_GROUPS_MAX;
  round_trip(&normal, 2, 1);
  for (uint64_t seed = 0; seed < 20; seed++) {
    round_trip(&small, 1, seed);
    round_trip(&odd, 1 + (uint32_t)seed, seed);
  }
}

/// A word at either end of every space, next to the borders between spaces.
static void test_borders(void **state) {
  (void)state;
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "image.nti");
  const nt_params_t params = nt_test_params_small();
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_image_create(&params, 1, &image, &err), err);
  nt_image_core_t *core = nt_image_core(image, 0, 0);
  core->axon_count = 1u << 16;
  uint32_t *const spaces[] = {core->pool, core->prog, core->table, core->group};
  for (uint32_t space = 0; space < 4; space++) {
    spaces[space][0] = space + 1;
    spaces[space][nt_dev_space_words(&params, space) - 1] = UINT32_MAX;
  }
  NT_OK_CALL(nt_image_save(image, path, &err), err);
  nt_image_t *loaded = NULL;
  NT_OK_CALL(nt_image_load(path, &loaded, &err), err);
  expect_equal(loaded, image);
  nt_image_free(loaded);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

static void test_empty_memory_costs_nothing(void **state) {
  (void)state;
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "image.nti");
  const nt_params_t params = nt_params_default();
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_image_create(&params, 300, &image, &err), err);
  NT_OK_CALL(nt_image_save(image, path, &err), err);
  const nt_test_file_t file = nt_test_read(path);
  assert_true(file.size <= 68 + 300 * params.cores * (56 + 20));
  free(file.data);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

/// Any change of the content changes the checksum; a copy has the same.
static void test_identity(void **state) {
  (void)state;
  nt_error_t err;
  const nt_params_t params = nt_test_params_small();
  uint32_t original = 0;
  nt_image_t *image = make(&params, 2, 5);
  NT_OK_CALL(nt_image_identify(image, &original, &err), err);
  nt_image_core_t *core = nt_image_core(image, 1, 0);
  uint32_t *const words[] = {&core->pool[3],  &core->prog[0],   &core->table[63],
                             &core->group[7], &core->axon_base, &core->axon_count};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
    for (int bit = 0; bit < 16; bit++) {
      uint32_t crc = 0;
      *words[i] ^= 1u << bit;
      NT_OK_CALL(nt_image_identify(image, &crc, &err), err);
      assert_int_not_equal(crc, original);
      *words[i] ^= 1u << bit;
    }
  }
  uint32_t crc = 0;
  NT_OK_CALL(nt_image_identify(image, &crc, &err), err);
  NT_EQUAL(crc, original);
  image->section[0].data[0] ^= 1;
  NT_OK_CALL(nt_image_identify(image, &crc, &err), err);
  assert_int_not_equal(crc, original);
  nt_image_free(image);
}

static void test_refused_arguments(void **state) {
  (void)state;
  nt_error_t err;
  nt_params_t params = nt_test_params_small();
  nt_image_t *image = NULL;
  NT_FAILS(nt_image_create(&params, 0, &image, &err), err, NT_ERR_RANGE, "tiles: found 0");
  NT_FAILS(nt_image_create(&params, 4096, &image, &err), err, NT_ERR_RANGE, "allowed 1..4095");
  params.lines = 3;
  NT_FAILS(nt_image_create(&params, 1, &image, &err), err, NT_ERR_RANGE, "LINES");
  assert_null(image);
  params.lines = 2;
  NT_OK_CALL(nt_image_create(&params, 1, &image, &err), err);
  NT_FAILS(nt_image_add_section(image, "", "x", 1, &err), err, NT_ERR_RANGE, "found 0 characters");
  NT_FAILS(nt_image_add_section(image, "sixteen--letters", "x", 1, &err), err, NT_ERR_RANGE,
           "found 16");
  NT_FAILS(nt_image_add_section(image, "a b", "x", 1, &err), err, NT_ERR_RANGE, "0x20");
  NT_OK_CALL(nt_image_add_section(image, "a", "x", 1, &err), err);
  NT_FAILS(nt_image_add_section(image, "a", "y", 1, &err), err, NT_ERR_ARG, "already");
  assert_null(nt_image_section(image, "b"));
  NT_EQUAL(nt_image_section(image, "a")->data[0], 'x');
  for (char name[] = "s00"; image->sections < 64; name[2]++) {
    if (name[2] > '9') {
      name[2] = '0';
      name[1]++;
    }
    NT_OK_CALL(nt_image_add_section(image, name, "", 0, &err), err);
  }
  NT_FAILS(nt_image_add_section(image, "b", "y", 1, &err), err, NT_ERR_RANGE, "64");
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "image.nti");
  nt_image_core(image, 0, 0)->axon_base = 256;
  NT_FAILS(nt_image_save(image, path, &err), err, NT_ERR_RANGE,
           "tile 0 core 0: AXON_BASE: found 256, allowed 0..255");
  nt_image_core(image, 0, 0)->axon_base = 0;
  nt_image_core(image, 0, 0)->axon_count = 65537;
  NT_FAILS(nt_image_save(image, path, &err), err, NT_ERR_RANGE, "AXON_COUNT: found 65537");
  NT_EQUAL(nt_test_folder_count(path), 0);
  nt_image_free(image);
  nt_image_free(NULL);
  nt_test_folder_remove(path);
}

static void test_params_match(void **state) {
  (void)state;
  nt_error_t err;
  const nt_params_t image = nt_params_default();
  nt_params_t device = image;
  NT_EQUAL(nt_params_match(&image, &device, &err), NT_OK);
  device.cores = 2;
  NT_FAILS(nt_params_match(&image, &device, &err), err, NT_ERR_UNSUPPORTED,
           "parameters differ: CORES: image 4, device 2");
  device.groups = 8;
  NT_FAILS(nt_params_match(&image, &device, &err), err, NT_ERR_UNSUPPORTED,
           "CORES: image 4, device 2; GROUPS: image 16, device 8");
  const nt_params_t largest = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
                               UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
  NT_FAILS(nt_params_match(&largest, &image, &err), err, NT_ERR_UNSUPPORTED,
           "GROUPS: image 4294967295, device 16");
}

static void test_unreadable(void **state) {
  (void)state;
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  char folder[NT_TEST_PATH_MAX];
  nt_image_t *image = NULL;
  nt_test_path(path, "missing.nti");
  NT_FAILS(nt_image_load(path, &image, &err), err, NT_ERR_IO, "missing.nti: cannot open");
  (void)strcpy(folder, path);
  *strrchr(folder, '/') = '\0';
  NT_FAILS(nt_image_load(folder, &image, &err), err, NT_ERR_IO, "is a directory");
  assert_int_equal(mkfifo(path, 0600), 0);
  NT_FAILS(nt_image_load(path, &image, &err), err, NT_ERR_IO, "is a special file");
  NT_FAILS(nt_image_load("/dev/null", &image, &err), err, NT_ERR_IO, "is a special file");
  assert_null(image);
  nt_test_folder_remove(path);
}

/// Whatever stops a save, the old file is as it was and no other file is left.
static void test_unwritable(void **state) {
  (void)state;
  nt_error_t err;
  char path[NT_TEST_PATH_MAX];
  char other[NT_TEST_PATH_MAX + 16];
  const nt_params_t params = nt_params_default();
  nt_test_path(path, "image.nti");
  nt_image_t *image = make(&params, 1, 3);
  NT_OK_CALL(nt_image_save(image, path, &err), err);
  const nt_test_file_t before = nt_test_read(path);
  const uint32_t crc = image->crc;
  nt_image_core(image, 0, 0)->pool[5] ^= 1;

  struct rlimit limit;
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
  const struct rlimit tight = {.rlim_cur = 10000, .rlim_max = limit.rlim_max};
  assert_true(before.size > tight.rlim_cur);
  void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const nt_status_t status = nt_image_save(image, path, &err);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  (void)signal(SIGXFSZ, old);
  nt_test_failure(status, &err, NT_ERR_IO, "image.nti: cannot write", __FILE__, __LINE__);
  NT_EQUAL(image->crc, crc);
  NT_EQUAL(nt_test_folder_count(path), 1);
  const nt_test_file_t after = nt_test_read(path);
  NT_EQUAL(after.size, before.size);
  NT_SAME(after.data, before.data, before.size);
  free(after.data);
  free(before.data);

  NT_FAILS(nt_image_save(image, "/dev/null", &err), err, NT_ERR_IO, "is a special file");
  (void)snprintf(other, sizeof other, "%s/below-a-file", path);
  NT_FAILS(nt_image_save(image, other, &err), err, NT_ERR_IO, "cannot create");
  *strrchr(other, '/') = '\0';
  *strrchr(other, '/') = '\0';
  NT_FAILS(nt_image_save(image, other, &err), err, NT_ERR_IO, "is a directory");
  NT_EQUAL(nt_test_folder_count(path), 1);
  nt_image_free(image);
  nt_test_folder_remove(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_borders),
      cmocka_unit_test(test_empty_memory_costs_nothing),
      cmocka_unit_test(test_identity),
      cmocka_unit_test(test_refused_arguments),
      cmocka_unit_test(test_params_match),
      cmocka_unit_test(test_unreadable),
      cmocka_unit_test(test_unwritable),
  };
  return nt_test_report("image", cmocka_run_group_tests(tests, NULL, NULL));
}
