// SPDX-License-Identifier: Apache-2.0
// A text that is saved and continued by another process, on the same or the other back end, equals
// the text of one process, and so does the state behind it, byte for byte.
#include "nt_command.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 120 };

// One process.
typedef struct part {
  const char *backend;
  bool check;
  const char *tokens; ///< generated
} part_t;

typedef struct fixture {
  char whole[NT_TEST_PATH_MAX], half[NT_TEST_PATH_MAX], end[NT_TEST_PATH_MAX];
  char *text;           ///< of the uninterrupted run
  nt_test_file_t state; ///< behind it
} fixture_t;

// Runs "generate" and returns what it wrote, without the line end that closes it. `state_in` may be
// NULL.
static char *generate(part_t part, const char *state_in, const char *state_out) {
  const char *arguments[16] = {"generate",   "--quiet",  "--model",   NT_TEST_IMAGE, "--backend",
                               part.backend, "--tokens", part.tokens, "--state-out", state_out};
  size_t count = 10;
  if (!part.check) {
    arguments[count++] = "--no-check";
  }
  if (state_in != NULL) {
    arguments[count++] = "--state-in";
    arguments[count++] = state_in;
  }
  nt_command_result_t result = nt_command_run(SECONDS, arguments);
  nt_command_expect(&result, 0, "");
  const size_t length = strlen(result.out);
  assert_true(length > 0);
  assert_int_equal(result.out[length - 1], '\n');
  char *text = strdup(result.out);
  assert_non_null(text);
  text[length - 1] = '\0';
  nt_command_free(&result);
  return text;
}

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  nt_test_path(f->whole, "whole.nts");
  nt_test_path(f->half, "half.nts");
  nt_test_path(f->end, "end.nts");
  f->text = generate((part_t){"golden", true, "24"}, NULL, f->whole);
  f->state = nt_test_read(f->whole);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_remove(f->whole);
  nt_test_folder_remove(f->half);
  nt_test_folder_remove(f->end);
  free(f->text);
  free(f->state.data);
  free(f);
  return 0;
}

static void expect_whole(const fixture_t *f, const char *text, const char *path) {
  assert_string_equal(text, f->text);
  nt_test_file_t found = nt_test_read(path);
  NT_EQUAL(found.size, f->state.size);
  NT_SAME(found.data, f->state.data, found.size);
  free(found.data);
}

static void continue_text(const fixture_t *f, part_t first, part_t second) {
  char *head = generate(first, NULL, f->half);
  char *tail = generate(second, f->half, f->end);
  char *text = malloc(strlen(head) + strlen(tail) + 1);
  assert_non_null(text);
  (void)sprintf(text, "%s%s", head, tail);
  expect_whole(f, text, f->end);
  free(text);
  free(tail);
  free(head);
}

static void uninterrupted_rtl(void **state) {
  const fixture_t *f = *state;
  char *text = generate((part_t){"rtl", false, "24"}, NULL, f->end);
  expect_whole(f, text, f->end);
  free(text);
}

// Broken at the end of the prompt, inside a word ("The" | "y") and before one ("They" | " were").
static void golden_to_golden(void **state) {
  continue_text(*state, (part_t){"golden", false, "0"}, (part_t){"golden", true, "24"});
  continue_text(*state, (part_t){"golden", true, "3"}, (part_t){"golden", false, "21"});
  continue_text(*state, (part_t){"golden", false, "4"}, (part_t){"golden", false, "20"});
}

static void rtl_to_rtl(void **state) {
  continue_text(*state, (part_t){"rtl", false, "0"}, (part_t){"rtl", true, "24"});
}

static void golden_to_rtl(void **state) {
  continue_text(*state, (part_t){"golden", true, "4"}, (part_t){"rtl", false, "20"});
}

static void rtl_to_golden(void **state) {
  continue_text(*state, (part_t){"rtl", true, "0"}, (part_t){"golden", true, "24"});
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(uninterrupted_rtl), cmocka_unit_test(golden_to_golden),
      cmocka_unit_test(rtl_to_rtl),        cmocka_unit_test(golden_to_rtl),
      cmocka_unit_test(rtl_to_golden),
  };
  return nt_test_report("state", cmocka_run_group_tests(tests, setup, teardown));
}
