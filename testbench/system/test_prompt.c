// SPDX-License-Identifier: Apache-2.0
// A prompt from a file, a pipe or standard input gives the text of the same prompt as an option.
#include "nt_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 60 };
#define GOLDEN                                                                                     \
  "generate", "--model", NT_TEST_IMAGE, "--backend", "golden", "--no-check", "--quiet",            \
      "--tokens", "4"
static const char lines[] = "There was a king.\nHe had three sons,\n\nand the youngest";

typedef struct fixture {
  char file[NT_TEST_PATH_MAX];
  char *expected; ///< text behind `lines`
} fixture_t;

static char *text_of(nt_command_result_t result) {
  nt_command_expect(&result, 0, "");
  char *text = strdup(result.out);
  assert_non_null(text);
  nt_command_free(&result);
  return text;
}

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  nt_test_path(f->file, "prompt.txt");
  f->expected = text_of(NT_COMMAND(SECONDS, GOLDEN, "--prompt", lines));
  assert_memory_equal(f->expected, lines, strlen(lines));
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_remove(f->file);
  free(f->expected);
  free(f);
  return 0;
}

static void write_lines(const char *path, const char *end) {
  char text[sizeof lines + 8];
  (void)snprintf(text, sizeof text, "%s%s", lines, end);
  nt_test_write(path, text, strlen(text));
}

static void expect_same(const fixture_t *f, nt_command_result_t result, bool same) {
  char *text = text_of(result);
  NT_EQUAL(strcmp(text, f->expected) == 0, same);
  free(text);
}

static void from_a_file(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *end;
    bool same;
  } cases[] = {{"", true}, {"\n", true}, {"\r\n", true}, {"\n\n", false}, {" ", false}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    write_lines(f->file, cases[k].end);
    expect_same(f, NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file), cases[k].same);
  }
}

// Runs with standard input from a pipe that holds `text`.
static nt_command_result_t with_input(const char *text, const char *path) {
  int ends[2];
  const int before = dup(STDIN_FILENO);
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
  (void)close(ends[1]);
  assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
  (void)close(ends[0]);
  const nt_command_result_t result = NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", path);
  if (before >= 0) {
    (void)dup2(before, STDIN_FILENO);
    (void)close(before);
  }
  return result;
}

static void from_standard_input(void **state) {
  const fixture_t *f = *state;
  char text[sizeof lines + 1];
  (void)snprintf(text, sizeof text, "%s\n", lines);
  expect_same(f, with_input(text, "-"), true);
  expect_same(f, with_input(text, "/dev/stdin"), true); // a name that stands for a pipe
}

static void refuse(nt_command_result_t result, int code, const char *part) {
  nt_command_expect(&result, code, part);
  assert_string_equal(result.out, "");
  nt_command_free(&result);
}

static void refusals(void **state) {
  const fixture_t *f = *state;
  char folder[NT_TEST_PATH_MAX];
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(f->file, '/') - f->file), f->file);
  write_lines(f->file, "");
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file, "--prompt", "x"), 2,
         "--prompt and --prompt-file contradict");
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", "/nowhere.txt"), 6,
         "option --prompt-file: /nowhere.txt: No such file");
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", folder), 6, "Is a directory");
  nt_test_write(f->file, "\n", 1);
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file), 2,
         "option --prompt-file: the text is empty");
  refuse(with_input("", "-"), 2, "option --prompt-file: the text is empty");
  nt_test_write(f->file, "a\0b", 3);
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file), 8, "byte 0x00 at offset 1");
  nt_test_write(f->file, "the \xff", 5);
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file), 8,
         "option --prompt-file: text: byte 0xff at offset 4 is not UTF-8");
}

static void too_long(void **state) {
  const fixture_t *f = *state;
  const size_t size = ((size_t)1 << 24) + 1;
  char *text = malloc(size);
  assert_non_null(text);
  memset(text, 'a', size);
  nt_test_write(f->file, text, size);
  free(text);
  refuse(NT_COMMAND(SECONDS, GOLDEN, "--prompt-file", f->file), 8, "longer than 16777216 bytes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(from_a_file),
      cmocka_unit_test(from_standard_input),
      cmocka_unit_test(refusals),
      cmocka_unit_test(too_long),
  };
  return nt_test_report("prompt", cmocka_run_group_tests(tests, setup, teardown));
}
