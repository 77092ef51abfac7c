// SPDX-License-Identifier: Apache-2.0
#include "nt_test_support.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Atomic uint64_t compared;

void nt_test_equal(uint64_t found, uint64_t expected, const char *what, const char *file,
                   int line) {
  compared++;
  if (found != expected)
    fail_msg("%s:%d: %s: found 0x%" PRIx64 ", expected 0x%" PRIx64, file, line, what, found,
             expected);
}

void nt_test_same(const void *found, const void *expected, size_t size, const char *what,
                  const char *file, int line) {
  compared += size;
  const uint8_t *a = found;
  const uint8_t *b = expected;
  for (size_t i = 0; i < size; i++) {
    if (a[i] != b[i])
      fail_msg("%s:%d: %s: byte %zu: found 0x%02x, expected 0x%02x", file, line, what, i, a[i],
               b[i]);
  }
}

int nt_test_report(const char *name, int failed) {
  (void)printf("%s: %" PRIu64 " values compared\n", name, compared);
  return failed;
}

void nt_test_failure(nt_status_t returned, const nt_error_t *err, nt_status_t expected,
                     const char *part, const char *file, int line) {
  compared++;
  if (returned != expected || err->status != expected)
    fail_msg("%s:%d: returned \"%s\", reported \"%s\" (%s), expected \"%s\"", file, line,
             nt_status_str(returned), nt_status_str(err->status), err->text,
             nt_status_str(expected));
  if (strstr(err->text, part) == NULL)
    fail_msg("%s:%d: \"%s\" does not contain \"%s\"", file, line, err->text, part);
}

uint64_t nt_test_random(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

nt_test_file_t nt_test_read(const char *path) {
  FILE *stream = fopen(path, "rb");
  if (stream == NULL)
    fail_msg("%s: cannot open", path);
  assert_int_equal(fseek(stream, 0, SEEK_END), 0);
  const long size = ftell(stream);
  assert_true(size >= 0);
  rewind(stream);
  nt_test_file_t file = {.data = malloc((size_t)size + 1), .size = (size_t)size};
  assert_non_null(file.data);
  assert_int_equal(fread(file.data, 1, file.size, stream), file.size);
  (void)fclose(stream);
  return file;
}

void nt_test_write(const char *path, const void *data, size_t size) {
  FILE *stream = fopen(path, "wb");
  if (stream == NULL)
    fail_msg("%s: cannot create", path);
  assert_int_equal(fwrite(data, 1, size, stream), size);
  assert_int_equal(fclose(stream), 0);
}

void nt_test_path(char path[NT_TEST_PATH_MAX], const char *name) {
  const char *parent = getenv("TMPDIR");
  char folder[NT_TEST_PATH_MAX / 2];
  const int length =
      snprintf(folder, sizeof folder, "%s/nt_test_XXXXXX", parent != NULL ? parent : "/tmp");
  assert_true(length > 0 && (size_t)length < sizeof folder);
  assert_non_null(mkdtemp(folder));
  (void)snprintf(path, NT_TEST_PATH_MAX, "%s/%.100s", folder, name);
}

static void folder_of(const char *path, char folder[NT_TEST_PATH_MAX]) {
  (void)snprintf(folder, NT_TEST_PATH_MAX, "%.*s", (int)(strrchr(path, '/') - path), path);
}

static size_t each_file(const char *path, int (*visit)(const char *file)) {
  char folder[NT_TEST_PATH_MAX];
  folder_of(path, folder);
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  size_t count = 0;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    char file[2 * NT_TEST_PATH_MAX];
    (void)snprintf(file, sizeof file, "%s/%.250s", folder, entry->d_name);
    count++;
    if (visit != NULL)
      assert_int_equal(visit(file), 0);
  }
  (void)closedir(dir);
  return count;
}

size_t nt_test_folder_count(const char *path) {
  return each_file(path, NULL);
}

void nt_test_folder_remove(const char *path) {
  char folder[NT_TEST_PATH_MAX];
  folder_of(path, folder);
  (void)each_file(path, remove);
  assert_int_equal(rmdir(folder), 0);
}

nt_params_t nt_test_params_small(void) {
  return (nt_params_t){.cores = NT_CORES_MIN,
                       .word_bits = NT_WORD_BITS_MIN,
                       .pool_words = NT_POOL_WORDS_MIN,
                       .lines = NT_LINES_MIN,
                       .acc_bits = NT_ACC_BITS_MIN,
                       .prog_words = NT_PROG_WORDS_MIN,
                       .table_words = NT_TABLE_WORDS_MIN,
                       .groups = NT_GROUPS_MIN};
}

static void fill(uint32_t *words, uint32_t count, uint64_t *random) {
  for (uint32_t i = 0; i < count; i++) {
    // Gaps of every length around the one that ends a run.
    if (nt_test_random(random) % 4 == 0)
      words[i] = (uint32_t)nt_test_random(random);
    if (nt_test_random(random) % 16 == 0)
      i += (uint32_t)(nt_test_random(random) % 7);
  }
}

void nt_test_image_fill(nt_image_t *image, uint64_t *random) {
  for (uint32_t i = 0; i < image->tiles * image->params.cores; i++) {
    nt_image_core_t *core = &image->core[i];
    fill(core->pool, nt_dev_space_words(&image->params, NT_SPACE_POOL), random);
    fill(core->prog, nt_dev_space_words(&image->params, NT_SPACE_PROG), random);
    fill(core->table, nt_dev_space_words(&image->params, NT_SPACE_TABLE), random);
    fill(core->group, nt_dev_space_words(&image->params, NT_SPACE_GROUP), random);
    core->axon_base = (uint32_t)(nt_test_random(random) % image->params.pool_words);
    core->axon_count = (uint32_t)(nt_test_random(random) % 65537);
  }
}
