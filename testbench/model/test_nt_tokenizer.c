// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_test.h"
#include "nt_test_file.h"
#include "nt_tokenizer.h"

static int set_up(void **state) {
  nt_error_t err;
  nt_tokenizer_t *tokenizer = NULL;
  nt_assert_ok(nt_tokenizer_open(NT_PRETRAINED_DIR "/tokenizer.model", &tokenizer, &err), err);
  *state = tokenizer;
  return 0;
}

static int tear_down(void **state) {
  nt_tokenizer_close(*state);
  return 0;
}

/// Encodes, decodes token by token, and compares; returns the number of tokens.
static size_t round_trip(const nt_tokenizer_t *tokenizer, const char *text, size_t length) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_assert_ok(nt_tokenizer_encode(tokenizer, text, length, true, &tokens, &count, &err), err);
  const size_t capacity = nt_tokenizer_text_max(tokenizer);
  char *piece = malloc(capacity);
  assert_non_null(piece);
  nt_detokenizer_t stream = {0};
  size_t used = 0;
  for (size_t k = 0; k < count; k++) {
    size_t size = 0;
    nt_assert_ok(nt_tokenizer_decode(tokenizer, &stream, tokens[k], piece, capacity, &size, &err),
                 err);
    assert_int_equal(strlen(piece), size);
    assert_true(used + size <= length);
    assert_memory_equal(piece, text + used, size);
    used += size;
  }
  assert_int_equal(used, length);
  assert_int_equal(nt_detokenizer_finish(&stream, piece), 0);
  free(piece);
  free(tokens);
  return count;
}

static void texts_come_back(void **state) {
  static const char *const texts[] = {"Once upon a time there was a king.",
                                      "two  spaces,   three; \"quoted\" -- dash?",
                                      " leading and trailing ",
                                      "line one\nline two\n\nafter an empty line\n",
                                      "\n",
                                      "x"};
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
    assert_true(round_trip(*state, texts[k], strlen(texts[k])) >= 2);
}

static void heldout_text_comes_back(void **state) {
  size_t size = 0;
  char *text = nt_test_file_read(NT_PRETRAINED_DIR, "heldout.txt", &size);
  const size_t count = round_trip(*state, text, size);
  printf("  round trip of %zu bytes through %zu tokens\n", size, count);
  assert_true(count > 30000);
  free(text);
}

static void every_character_of_the_text_is_known(void **state) {
  size_t size = 0;
  char *text = nt_test_file_read(NT_PRETRAINED_DIR, "heldout.txt", &size);
  bool seen[256] = {false};
  size_t distinct = 0;
  for (size_t k = 0; k < size; k++) {
    const unsigned char byte = (unsigned char)text[k];
    if (!seen[byte])
      (void)round_trip(*state, text + k, 1);
    distinct += !seen[byte];
    seen[byte] = true;
  }
  assert_true(distinct > 60);
  free(text);
}

static void newline_is_one_symbol(void **state) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_assert_ok(nt_tokenizer_encode(*state, "\n\n", 2, false, &tokens, &count, &err), err);
  assert_int_equal(count, 2);
  assert_int_equal(tokens[0], tokens[1]);
  free(tokens);
}

static void marks(void **state) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  size_t count = 0;
  assert_int_equal(nt_tokenizer_vocab_size(*state), 1024);
  assert_int_equal(nt_tokenizer_bos(*state), 1);
  assert_int_equal(nt_tokenizer_eos(*state), 2);
  nt_assert_ok(nt_tokenizer_encode(*state, "", 0, true, &tokens, &count, &err), err);
  assert_int_equal(count, 1);
  assert_int_equal(tokens[0], 1);
  free(tokens);
  nt_assert_ok(nt_tokenizer_encode(*state, "", 0, false, &tokens, &count, &err), err);
  assert_int_equal(count, 0);
  assert_null(tokens);
}

static void expect_refused(const nt_tokenizer_t *tokenizer, const char *text, const char *named) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  size_t count = 7;
  assert_int_equal(nt_tokenizer_encode(tokenizer, text, strlen(text), true, &tokens, &count, &err),
                   NT_ERR_RANGE);
  assert_null(tokens);
  assert_int_equal(count, 0);
  if (strstr(err.text, named) == NULL)
    fail_msg("\"%s\" does not name \"%s\"", err.text, named);
}

static void unknown_characters_are_named(void **state) {
  expect_refused(*state, "a caf\xC3\xA9", "'\xC3\xA9' (U+00E9) at byte offset 5");
  expect_refused(*state, "\xE4\xBD\xA0\xE5\xA5\xBD", "(U+4F60) at byte offset 0");
  expect_refused(*state, "smile \xF0\x9F\x98\x80!", "(U+1F600) at byte offset 6");
  expect_refused(*state, "tab\there", "(U+0009) at byte offset 3");
}

static void broken_utf8_is_refused(void **state) {
  expect_refused(*state, "ab\xFFz", "byte 0xff at offset 2");
  expect_refused(*state, "ab\xC3", "byte 0xc3 at offset 2");
}

static void bad_tokens_and_buffers(void **state) {
  nt_error_t err;
  nt_detokenizer_t stream = {0};
  char text[64];
  size_t size = 0;
  assert_int_equal(nt_tokenizer_decode(*state, &stream, 1024, text, sizeof text, &size, &err),
                   NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "token 1024"));
  assert_int_equal(nt_tokenizer_decode(*state, &stream, 300, text, 1, &size, &err), NT_ERR_RANGE);
  assert_false(stream.started);
}

/// A start of a character that a byte piece left behind must not get lost.
static void held_bytes_are_accounted_for(void **state) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_assert_ok(nt_tokenizer_encode(*state, "x", 1, false, &tokens, &count, &err), err);
  nt_detokenizer_t stream = {.held = "\xE2\x96", .pending = 2, .started = true};
  char text[64];
  size_t size = 0;
  nt_assert_ok(nt_tokenizer_decode(*state, &stream, tokens[0], text, sizeof text, &size, &err),
               err);
  assert_string_equal(text, "\xEF\xBF\xBDx");
  assert_int_equal(stream.pending, 0);
  stream = (nt_detokenizer_t){.held = "\xC3", .pending = 1, .started = true};
  assert_int_equal(nt_detokenizer_finish(&stream, text), 3);
  assert_string_equal(text, "\xEF\xBF\xBD");
  assert_int_equal(stream.pending, 0);
  free(tokens);
}

static void bad_files(void **state) {
  (void)state;
  nt_error_t err;
  nt_tokenizer_t *tokenizer = NULL;
  assert_int_equal(nt_tokenizer_open(NT_FIXTURE_DIR "/absent.model", &tokenizer, &err), NT_ERR_IO);
  assert_non_null(strstr(err.text, "absent.model"));
  assert_int_equal(nt_tokenizer_open(NT_FIXTURE_DIR "/config.json", &tokenizer, &err),
                   NT_ERR_FORMAT);
  assert_non_null(strstr(err.text, "config.json"));
  assert_null(tokenizer);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_come_back),
      cmocka_unit_test(heldout_text_comes_back),
      cmocka_unit_test(every_character_of_the_text_is_known),
      cmocka_unit_test(newline_is_one_symbol),
      cmocka_unit_test(marks),
      cmocka_unit_test(unknown_characters_are_named),
      cmocka_unit_test(broken_utf8_is_refused),
      cmocka_unit_test(bad_tokens_and_buffers),
      cmocka_unit_test(held_bytes_are_accounted_for),
      cmocka_unit_test(bad_files),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
