// SPDX-License-Identifier: Apache-2.0
// A checkpoint folder as --model: imported once, then taken from the cache as long as nothing that
// decides the image has changed; damaged entries are found and replaced.
#include "nt_command.h"
#include "nt_test_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS = 60, ENTRIES_MAX = 8, KEY_DIGITS = 64 };

typedef struct fixture {
  char *folder; // a small checkpoint
  char *cache;
} fixture_t;

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  f->folder = nt_test_folder_make();
  f->cache = nt_test_folder_make();
  nt_command_result_t result = NT_COMMAND(SECONDS, "synth", "--like", "small", "--out", f->folder);
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  nt_test_file_write(f->folder, "calibration.txt", "A short text. Another sentence.", 31);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_delete(f->folder);
  nt_test_folder_delete(f->cache);
  free(f);
  return 0;
}

// Names of the entries of a folder, at most `room`; returns how many there are.
static size_t list(const char *folder, char names[][NT_TEST_PATH_MAX], size_t room) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  size_t count = 0;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (entry->d_name[0] == '.') {
      continue;
    }
    if (count < room) {
      (void)snprintf(names[count], NT_TEST_PATH_MAX, "%s", entry->d_name);
    }
    count++;
  }
  (void)closedir(dir);
  return count;
}

static void clear(const char *folder) {
  char names[64][NT_TEST_PATH_MAX];
  const size_t count = list(folder, names, 64);
  for (size_t k = 0; k < count; k++) {
    char path[2 * NT_TEST_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[k]);
    assert_int_equal(unlink(path), 0);
  }
}

// Writes text with the folder as model; the message must contain `part`. Returns the text.
static char *say(const fixture_t *f, const char *part) {
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "generate", "--model", f->folder, "--cache", f->cache, "--backend",
                 "golden", "--no-check", "--tokens", "8");
  nt_command_expect(&result, 0, part);
  assert_non_null(strstr(result.out, "tokens "));
  char *text = strndup(result.out, (size_t)(strstr(result.out, "tokens ") - result.out));
  assert_non_null(text);
  assert_true(strlen(text) > 10);
  nt_command_free(&result);
  return text;
}

static void expect_text(const fixture_t *f, const char *part, const char *expected) {
  char *text = say(f, part);
  assert_string_equal(text, expected);
  NT_EQUAL(strcmp(text, expected), 0);
  free(text);
}

static void imported_once(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  char *text = say(f, "imported (cached in ");
  NT_EQUAL(list(f->cache, NULL, 0), 1);
  expect_text(f, "from the cache", text);
  NT_EQUAL(list(f->cache, NULL, 0), 1);
  free(text);
  // The other commands find the same entry.
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "info", "--model", f->folder, "--cache", f->cache);
  nt_command_expect(&result, 0, "from the cache");
  nt_command_free(&result);
  // Quiet says nothing about it.
  result = NT_COMMAND(SECONDS, "info", "--model", f->folder, "--cache", f->cache, "--quiet");
  nt_command_expect(&result, 0, "");
  assert_string_equal(result.err, "");
  nt_command_free(&result);
}

// Import without --out fills the entry that a run with a folder uses.
static void import_fills_the_cache(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "import", f->folder, "--cache", f->cache, "--quiet");
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  free(say(f, "from the cache"));
}

// One byte of `file`, counted from its end, changed for a while.
static void change(const fixture_t *f, const char *file, size_t from_end) {
  size_t size = 0;
  char *bytes = nt_test_file_read(f->folder, file, &size);
  bytes[size - from_end] ^= 1;
  nt_test_file_write(f->folder, file, bytes, size);
  free(bytes);
}

static void every_change_is_seen(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  char *text = say(f, "imported (cached in ");
  static const struct {
    const char *file;
    size_t from_end;
  } changes[] = {{"model.safetensors", 1}, {"calibration.txt", 3}};
  size_t entries = 1;
  for (size_t k = 0; k < sizeof changes / sizeof changes[0]; k++) {
    change(f, changes[k].file, changes[k].from_end);
    free(say(f, "imported (cached in "));
    NT_EQUAL(list(f->cache, NULL, 0), ++entries);
    change(f, changes[k].file, changes[k].from_end);
    expect_text(f, "from the cache", text); // both entries are there
  }
  size_t size = 0;
  char *config = nt_test_file_read(f->folder, "config.json", &size);
  config[size] = ' '; // over the terminating zero
  nt_test_file_write(f->folder, "config.json", config, size + 1);
  expect_text(f, "imported (cached in ", text);
  NT_EQUAL(list(f->cache, NULL, 0), ++entries);
  nt_test_file_write(f->folder, "config.json", config, size);
  free(config);
  // Settings that are not the default ones have entries of their own.
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "import", f->folder, "--pack", "--cache", f->cache, "--quiet");
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  NT_EQUAL(list(f->cache, NULL, 0), ++entries);
  free(text);
}

static void damage_is_found_and_repaired(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  char *text = say(f, "imported (cached in ");
  char name[1][NT_TEST_PATH_MAX];
  NT_EQUAL(list(f->cache, name, 1), 1);
  size_t size = 0;
  char *sound = nt_test_file_read(f->cache, name[0], &size);
  for (int kind = 0; kind < 4; kind++) {
    char *bad = malloc(size);
    assert_non_null(bad);
    memcpy(bad, sound, size);
    bad[kind == 0 ? 0 : size / 2] ^= 1;
    nt_test_file_write(f->cache, name[0], bad, kind < 2 ? size : kind == 2 ? size / 3 : 0);
    free(bad);
    expect_text(f, "damaged cache entry, importing again: ", text);
    size_t repaired = 0;
    char *bytes = nt_test_file_read(f->cache, name[0], &repaired);
    NT_EQUAL(repaired, size);
    NT_SAME(bytes, sound, size);
    free(bytes);
    expect_text(f, "from the cache", text);
  }
  NT_EQUAL(list(f->cache, NULL, 0), 1); // no temporary file stays
  free(sound);
  free(text);
}

static void switched_off(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "info", "--model", f->folder, "--cache", f->cache, "--no-cache");
  nt_command_expect(&result, 0, "");
  assert_string_equal(result.err, "");
  nt_command_free(&result);
  NT_EQUAL(list(f->cache, NULL, 0), 0);
}

// Where there can be no cache the run goes on.
static void no_place_for_a_cache(void **state) {
  const fixture_t *f = *state;
  char path[NT_TEST_PATH_MAX];
  (void)snprintf(path, sizeof path, "%s/config.json/below", f->folder);
  nt_command_result_t result = NT_COMMAND(SECONDS, "info", "--model", f->folder, "--cache", path);
  nt_command_expect(&result, 0, "importing without the cache: ");
  nt_command_free(&result);
  (void)snprintf(path, sizeof path, "%s/config.json", f->folder);
  result = NT_COMMAND(SECONDS, "info", "--model", f->folder, "--cache", path);
  nt_command_expect(&result, 0, "imported (not cached: ");
  nt_command_free(&result);
}

// XDG_CACHE_HOME, else HOME, else none.
static void default_folder(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  char *before = getenv("XDG_CACHE_HOME") != NULL ? strdup(getenv("XDG_CACHE_HOME")) : NULL;
  char *home = getenv("HOME") != NULL ? strdup(getenv("HOME")) : NULL;
  char expected[NT_TEST_PATH_MAX], path[2 * NT_TEST_PATH_MAX];
  static const char *const folders[] = {"neurotile", ".cache/neurotile"};
  for (size_t k = 0; k < 2; k++) {
    if (k == 0) {
      assert_int_equal(setenv("XDG_CACHE_HOME", f->cache, 1), 0);
    } else {
      assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
      assert_int_equal(setenv("HOME", f->cache, 1), 0);
    }
    (void)snprintf(expected, sizeof expected, "cached in %s/%s/", f->cache, folders[k]);
    nt_command_result_t result = NT_COMMAND(SECONDS, "info", "--model", f->folder);
    nt_command_expect(&result, 0, expected);
    nt_command_free(&result);
    (void)snprintf(path, sizeof path, "%s/%s", f->cache, folders[k]);
    clear(path);
    assert_int_equal(rmdir(path), 0);
  }
  (void)snprintf(path, sizeof path, "%s/.cache", f->cache);
  assert_int_equal(rmdir(path), 0);
  assert_int_equal(unsetenv("HOME"), 0);
  nt_command_result_t result = NT_COMMAND(SECONDS, "info", "--model", f->folder);
  nt_command_expect(&result, 0, "neither XDG_CACHE_HOME nor HOME is set");
  nt_command_free(&result);
  if (home != NULL) {
    assert_int_equal(setenv("HOME", home, 1), 0);
  }
  if (before != NULL) {
    assert_int_equal(setenv("XDG_CACHE_HOME", before, 1), 0);
  }
  free(home);
  free(before);
}

// Old entries go, the newest and files of other names stay.
static void oldest_entries_go(void **state) {
  const fixture_t *f = *state;
  clear(f->cache);
  nt_test_file_write(f->cache, "notes.nti", "x", 1);
  for (int k = 0; k < 2 * ENTRIES_MAX; k++) {
    char name[KEY_DIGITS + 8], path[2 * NT_TEST_PATH_MAX];
    (void)snprintf(name, sizeof name, "%0*x.nti", KEY_DIGITS, (unsigned)k);
    nt_test_file_write(f->cache, name, "x", 1);
    (void)snprintf(path, sizeof path, "%s/%s", f->cache, name);
    const struct timespec times[2] = {{.tv_sec = 1000 - k}, {.tv_sec = 1000 - k}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
  }
  free(say(f, "imported (cached in "));
  char names[ENTRIES_MAX + 2][NT_TEST_PATH_MAX];
  NT_EQUAL(list(f->cache, names, ENTRIES_MAX + 2), ENTRIES_MAX + 1);
  size_t notes = 0, newest = 0;
  for (size_t k = 0; k <= ENTRIES_MAX; k++) {
    notes += strcmp(names[k], "notes.nti") == 0;
    newest += strtoul(names[k] + KEY_DIGITS - 8, NULL, 16) == 0; // written with the latest time
  }
  NT_EQUAL(notes, 1);
  assert_true(newest >= 1);
  free(say(f, "from the cache"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(imported_once),        cmocka_unit_test(import_fills_the_cache),
      cmocka_unit_test(every_change_is_seen), cmocka_unit_test(damage_is_found_and_repaired),
      cmocka_unit_test(switched_off),         cmocka_unit_test(no_place_for_a_cache),
      cmocka_unit_test(default_folder),       cmocka_unit_test(oldest_entries_go),
  };
  return nt_test_report("cache", cmocka_run_group_tests(tests, setup, teardown));
}
