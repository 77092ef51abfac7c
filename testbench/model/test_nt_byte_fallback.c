// SPDX-License-Identifier: Apache-2.0
// Tokenizers with byte fallback: any UTF-8 comes back; characters that arrive byte by byte, broken
// or cut off appear as they must; marks typed in a text are text; marks and configuration agree.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_test.h"
#include "nt_test_file.h"
#include "nt_test_trainer.h"

enum { KINDS = 2, CODE_POINTS = 0x110000, TEXT_BYTES = 20000 };

typedef struct fixture {
  char *text; ///< trained on
  nt_tokenizer_t *tokenizer[KINDS];
  uint32_t byte[KINDS]; ///< token of the byte piece <0x00>; the others follow in order
  uint8_t *prefix;      ///< bit set over the first 1 to 3 bytes of all characters
} fixture_t;

static nt_tokenizer_t *train(const char *text, const char *options) {
  nt_error_t err;
  nt_tokenizer_t *tokenizer = NULL;
  size_t size = 0;
  char *model = nt_test_train(text, options, &size);
  assert_non_null(model);
  nt_assert_ok(nt_tokenizer_open_memory(model, size, "trained", &tokenizer, &err), err);
  free(model);
  return tokenizer;
}

/// Tokens of a text without begin mark; released with free.
static uint32_t *encode(const nt_tokenizer_t *tokenizer, const char *text, size_t length,
                        size_t *count) {
  nt_error_t err;
  uint32_t *tokens = NULL;
  nt_assert_ok(nt_tokenizer_encode(tokenizer, text, length, false, &tokens, count, &err), err);
  return tokens;
}

/// UTF-8 of a code point, after the definition; returns its length.
static size_t write_utf8(uint32_t code, char *out) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t k = size - 1; k > 0; k--, code >>= 6) {
    out[k] = (char)(0x80 | (code & 0x3F));
  }
  out[0] = (char)((0xF0 << (4 - size) & 0xFF) | code);
  return size;
}

static bool is_surrogate(uint32_t code) {
  return code >= 0xD800 && code < 0xE000;
}

/// Number of a byte string of 1 to 3 bytes, different for each.
static size_t key(const char *bytes, size_t size) {
  size_t number = 1; // a leading one keeps lengths apart
  for (size_t k = 0; k < size; k++) {
    number = number << 8 | (unsigned char)bytes[k];
  }
  return number;
}

static uint8_t *all_prefixes(void) {
  uint8_t *set = calloc(1 << 22, 1);
  assert_non_null(set);
  for (uint32_t code = 0; code < CODE_POINTS; code++) {
    char bytes[4];
    const size_t size = write_utf8(code, bytes);
    for (size_t k = 1; k < size && !is_surrogate(code); k++) {
      const size_t number = key(bytes, k);
      set[number / 8] = (uint8_t)(set[number / 8] | 1u << number % 8);
    }
  }
  return set;
}

static int set_up(void **state) {
  static const char *const options[KINDS] = {NT_TEST_PUBLISHED, NT_TEST_TRAINED};
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  size_t size = 0;
  f->text = nt_test_file_read(NT_PRETRAINED_DIR, "heldout.txt", &size);
  assert_true(size > TEXT_BYTES);
  f->text[TEXT_BYTES] = '\0';
  for (size_t k = 0; k < KINDS; k++) {
    f->tokenizer[k] = train(f->text, options[k]);
    size_t count = 0;
    uint32_t *tokens = encode(f->tokenizer[k], "\x01\xC3\xA9", 3, &count);
    assert_true(count >= 3);
    f->byte[k] = tokens[count - 3] - 1;
    assert_int_equal(tokens[count - 2], f->byte[k] + 0xC3);
    assert_int_equal(tokens[count - 1], f->byte[k] + 0xA9);
    free(tokens);
  }
  f->prefix = all_prefixes();
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  fixture_t *f = *state;
  for (size_t k = 0; k < KINDS; k++) {
    nt_tokenizer_close(f->tokenizer[k]);
  }
  free(f->prefix);
  free(f->text);
  free(f);
  return 0;
}

/// Decodes tokens; `shown` [capacity] receives the text with the end of it. Returns its length.
static size_t decode(const nt_tokenizer_t *tokenizer, const uint32_t *tokens, size_t count,
                     bool started, char *shown, size_t capacity) {
  nt_error_t err;
  nt_detokenizer_t stream = {.started = started};
  size_t used = 0;
  for (size_t k = 0; k < count; k++) {
    size_t size = 0;
    nt_assert_ok(nt_tokenizer_decode(tokenizer, &stream, tokens[k], shown + used, capacity - used,
                                     &size, &err),
                 err);
    used += size;
  }
  assert_true(capacity - used >= 4);
  return used + nt_detokenizer_finish(&stream, shown + used);
}

static uint64_t next_random(uint64_t *seed) { // xorshift64*
  *seed ^= *seed >> 12;
  *seed ^= *seed << 25;
  *seed ^= *seed >> 27;
  return *seed * UINT64_C(0x2545F4914F6CDD1D);
}

/// Any code point but surrogates and U+2581, which stands for a space; short ones more often.
static uint32_t random_code(uint64_t *seed) {
  static const uint32_t limits[] = {0x80, 0x80, 0x800, 0x10000, CODE_POINTS};
  uint32_t code = 0x2581;
  while (code == 0x2581 || is_surrogate(code)) {
    code = (uint32_t)(next_random(seed) >> 33) % limits[(next_random(seed) >> 33) % 5];
  }
  return code;
}

static void random_texts_come_back(void **state) {
  enum { ROUNDS = 400, CHARACTERS = 64, CAPACITY = 5 * CHARACTERS + 64 };
  const fixture_t *f = *state;
  uint64_t seed = 20250311;
  printf("  seed %llu\n", (unsigned long long)seed);
  for (size_t round = 0; round < ROUNDS; round++) {
    char text[4 * CHARACTERS], shown[CAPACITY];
    size_t length = 0;
    for (size_t left = next_random(&seed) % CHARACTERS; left > 0; left--) {
      length += write_utf8(random_code(&seed), text + length);
    }
    for (size_t k = 0; k < KINDS; k++) {
      size_t count = 0;
      uint32_t *tokens = encode(f->tokenizer[k], text, length, &count);
      const size_t found = decode(f->tokenizer[k], tokens, count, false, shown, CAPACITY);
      assert_int_equal(found, length);
      assert_memory_equal(shown, text, length);
      free(tokens);
    }
  }
}

/// What must appear for `bytes`: whole characters, and U+FFFD for each longest start of a
/// character, or else each byte, that is not followed by its continuation.
static size_t expected_text(const fixture_t *f, const char *bytes, size_t length, char *out) {
  size_t used = 0;
  for (size_t at = 0; at < length;) {
    size_t start = 0; // longest start of a character
    while (start < 3 && at + start < length) {
      const size_t number = key(bytes + at, start + 1);
      if ((f->prefix[number / 8] >> number % 8 & 1) == 0) {
        break;
      }
      start++;
    }
    bool whole = false;
    char character[4];
    if (at + start < length) { // a character is a start and one byte more
      uint32_t code = (unsigned char)bytes[at];
      code = start == 0 ? code : code & 0x3Fu >> start;
      for (size_t k = 1; k <= start; k++) {
        code = code << 6 | ((unsigned char)bytes[at + k] & 0x3F);
      }
      whole = code < CODE_POINTS && write_utf8(code, character) == start + 1 &&
              memcmp(character, bytes + at, start + 1) == 0;
    }
    if (whole) {
      memcpy(out + used, character, start + 1);
      used += start + 1;
      at += start + 1;
    } else {
      memcpy(out + used, "\xEF\xBF\xBD", 3);
      used += 3;
      at += start == 0 ? 1 : start;
    }
  }
  return used;
}

/// Shows `bytes` piece by piece and compares with `expected`.
static void expect_shown(const fixture_t *f, const char *bytes, size_t length, const char *expected,
                         size_t expected_length) {
  enum { BYTES_MAX = 64, CAPACITY = 3 * BYTES_MAX + 64 };
  assert_true(length <= BYTES_MAX);
  for (size_t k = 0; k < KINDS; k++) {
    uint32_t tokens[BYTES_MAX];
    char shown[CAPACITY];
    for (size_t i = 0; i < length; i++) {
      tokens[i] = f->byte[k] + (unsigned char)bytes[i];
    }
    const size_t found = decode(f->tokenizer[k], tokens, length, true, shown, CAPACITY);
    assert_int_equal(found, expected_length);
    assert_memory_equal(shown, expected, expected_length);
  }
}

static void bytes_in_any_order(void **state) {
  enum { ROUNDS = 20000, LENGTH = 16 };
  // Mostly bytes that start, continue or nearly continue a character.
  static const unsigned char likely[] = {0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                         0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0,
                                         0xF1, 0xF4, 0xF5, 0xFF, 0x80, 0xA0, 0xBF, 0x90};
  const fixture_t *f = *state;
  uint64_t seed = 77;
  size_t broken = 0;
  printf("  seed %llu\n", (unsigned long long)seed);
  for (size_t round = 0; round < ROUNDS; round++) {
    char bytes[LENGTH], expected[3 * LENGTH];
    for (size_t i = 0; i < LENGTH; i++) {
      bytes[i] = (char)likely[(next_random(&seed) >> 33) % sizeof likely];
    }
    const size_t length = expected_text(f, bytes, LENGTH, expected);
    expect_shown(f, bytes, LENGTH, expected, length);
    broken += length != LENGTH || memcmp(bytes, expected, LENGTH) != 0;
  }
  assert_true(broken > ROUNDS / 2);
}

static void examples(void **state) {
  static const struct {
    const char *bytes, *expected;
  } cases[] = {
      {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},                 // a face
      {"e\xCC\x81.", "e\xCC\x81."},                             // e and an accent upon it
      {"\xF0\x9F\x98", "\xEF\xBF\xBD"},                         // the text ends within a face
      {"\xF0\x9F\x98!", "\xEF\xBF\xBD!"},                       // something else follows
      {"\xC3\xC3\xA9", "\xEF\xBF\xBD\xC3\xA9"},                 // begun anew
      {"\xA9", "\xEF\xBF\xBD"},                                 // never begun
      {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},                 // overlong
      {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // a surrogate
      {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, // above U+10FFFF
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    expect_shown(*state, cases[k].bytes, strlen(cases[k].bytes), cases[k].expected,
                 strlen(cases[k].expected));
  }
}

/// Nothing appears before the last byte of a character, then all of it.
static void bytes_are_held_back(void **state) {
  const fixture_t *f = *state;
  nt_error_t err;
  static const char face[] = "\xF0\x9F\x98\x80";
  nt_detokenizer_t stream = {.started = true};
  for (size_t i = 0; i < 4; i++) {
    char shown[16];
    size_t size = 9;
    nt_assert_ok(nt_tokenizer_decode(f->tokenizer[0], &stream, f->byte[0] + (unsigned char)face[i],
                                     shown, sizeof shown, &size, &err),
                 err);
    assert_string_equal(shown, i < 3 ? "" : face);
    assert_int_equal(stream.pending, i < 3 ? i + 1 : 0);
  }
}

/// Marks and byte pieces written out in a text.
static void names_are_text(void **state) {
  static const char *const texts[] = {"<s>", "</s> <s>x", "<unk>", "<0x41>", "a<0x0A>"};
  const fixture_t *f = *state;
  for (size_t n = 0; n < sizeof texts / sizeof texts[0]; n++) {
    for (size_t k = 0; k < KINDS; k++) {
      char shown[64];
      size_t count = 0;
      uint32_t *tokens = encode(f->tokenizer[k], texts[n], strlen(texts[n]), &count);
      for (size_t i = 0; i < count; i++) {
        assert_true(tokens[i] > 2); // not <unk>, <s>, </s>
        assert_int_not_equal(tokens[i], f->byte[k] + 0x41);
        assert_int_not_equal(tokens[i], f->byte[k] + 0x0A);
      }
      const size_t length = decode(f->tokenizer[k], tokens, count, false, shown, sizeof shown);
      shown[length] = '\0';
      assert_string_equal(shown, texts[n]);
      free(tokens);
    }
  }
}

/// The two kinds differ: where the space goes, and what a line end is.
static void kinds_differ(void **state) {
  const fixture_t *f = *state;
  for (size_t k = 0; k < KINDS; k++) {
    size_t count = 0;
    uint32_t *tokens = encode(f->tokenizer[k], "\n", 1, &count);
    assert_int_equal(count, k == 0 ? 2 : 1); // k == 0: a space first
    assert_true((tokens[count - 1] == f->byte[k] + '\n') == (k == 0));
    free(tokens);
  }
}

static void space_mark_comes_back_as_a_space(void **state) {
  const fixture_t *f = *state;
  char shown[64];
  size_t count = 0;
  uint32_t *tokens = encode(f->tokenizer[1], "a\xE2\x96\x81z", 5, &count);
  shown[decode(f->tokenizer[1], tokens, count, false, shown, sizeof shown)] = '\0';
  assert_string_equal(shown, "a z");
  free(tokens);
}

static void expect_marks(const nt_tokenizer_t *tokenizer, int32_t bos, int32_t eos,
                         const char *named) {
  nt_error_t err;
  const nt_status_t status = nt_tokenizer_check_marks(tokenizer, "dir/config.json", bos, eos, &err);
  assert_int_equal(status, named == NULL ? NT_OK : NT_ERR_FORMAT);
  if (named != NULL && strstr(err.text, named) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", err.text, named);
  }
}

static void marks_and_configuration(void **state) {
  const fixture_t *f = *state;
  expect_marks(f->tokenizer[0], 1, 2, NULL);
  expect_marks(f->tokenizer[0], -1, -1, NULL);
  expect_marks(f->tokenizer[0], 0, 2,
               "dir/config.json: field \"bos_token_id\" is 0, but the begin mark of trained is "
               "token 1");
  expect_marks(f->tokenizer[0], 1, 0,
               "field \"eos_token_id\" is 0, but the end mark of trained is token 2");
  nt_tokenizer_t *other = train(f->text, NT_TEST_PUBLISHED " --bos_id=5 --eos_id=-1");
  assert_int_equal(nt_tokenizer_bos(other), 5);
  expect_marks(other, 5, -1, NULL);
  expect_marks(other, 1, -1, "is 1, but the begin mark of trained is token 5");
  expect_marks(other, 5, 2, "is 2, but the end mark of trained is none");
  nt_tokenizer_close(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_texts_come_back),
      cmocka_unit_test(bytes_in_any_order),
      cmocka_unit_test(examples),
      cmocka_unit_test(bytes_are_held_back),
      cmocka_unit_test(names_are_text),
      cmocka_unit_test(space_mark_comes_back_as_a_space),
      cmocka_unit_test(marks_and_configuration),
      cmocka_unit_test(kinds_differ),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
