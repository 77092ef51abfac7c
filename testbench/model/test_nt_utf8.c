// SPDX-License-Identifier: Apache-2.0
#include <stdbool.h>

#include "nt_test.h"
#include "nt_utf8.h"

static size_t encode(uint32_t code, char *out) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  const size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t k = size; k-- > 1; code >>= 6)
    out[k] = (char)(0x80 | (code & 0x3F));
  out[0] = (char)((0xF00U >> size & 0xFF) | code);
  return size;
}

/// Every code point, whole and cut short.
static void all_code_points(void **state) {
  (void)state;
  size_t characters = 0;
  for (uint32_t code = 0; code < 0x120000; code++) {
    char text[4];
    size_t used = 0;
    const size_t size = encode(code, text);
    const bool valid = code < 0x110000 && !(code >= 0xD800 && code < 0xE000);
    const nt_utf8_kind_t kind = nt_utf8_next(text, size, &used);
    assert_int_equal(kind, valid ? NT_UTF8_CHARACTER : NT_UTF8_INVALID);
    for (size_t cut = 1; valid && cut < size; cut++) {
      assert_int_equal(nt_utf8_next(text, cut, &used), NT_UTF8_INCOMPLETE);
      assert_int_equal(used, cut);
    }
    characters += valid;
  }
  assert_int_equal(characters, 0x110000 - 0x800);
}

static void invalid_bytes(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t length, used;
  } cases[] = {{"\x80", 1, 1},         {"\xC0\x80", 2, 1},     {"\xC1\xBF", 2, 1},
               {"\xE0\x9F\xBF", 3, 1}, {"\xF5\x80", 2, 1},     {"\xC3(", 2, 1},
               {"\xE2\x96(", 3, 2},    {"\xF0\x8F\xBF", 3, 1}, {"\xFF", 1, 1}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    size_t used = 0;
    assert_int_equal(nt_utf8_next(cases[k].text, cases[k].length, &used), NT_UTF8_INVALID);
    assert_int_equal(used, cases[k].used);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_code_points),
      cmocka_unit_test(invalid_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
