// SPDX-License-Identifier: Apache-2.0
// The bounded buffer reader and writer.
#include "nt_bytes.h"
#include "nt_test_support.h"

#include <stdlib.h>

static void test_layout(void **state) {
  (void)state;
  static const uint8_t expected[] = {'a', 'b', 4, 3, 2, 1,    8,    7,    6,
                                     5,   4,   3, 2, 1, 0xff, 0xff, 0xff, 0xff};
  nt_bytes_t bytes = {0};
  nt_bytes_put(&bytes, "ab", 2);
  nt_bytes_put_u32(&bytes, 0);
  nt_bytes_put_u64(&bytes, UINT64_C(0x0102030405060708));
  const uint32_t word = UINT32_MAX;
  nt_bytes_put_words(&bytes, &word, 1);
  nt_bytes_set_u32(&bytes, 2, 0x01020304);
  assert_false(bytes.failed);
  NT_EQUAL(bytes.size, sizeof expected);
  NT_SAME(bytes.data, expected, sizeof expected);

  nt_cursor_t cursor = {.data = bytes.data, .left = bytes.size};
  char text[2];
  nt_cursor_get(&cursor, text, sizeof text);
  NT_SAME(text, "ab", 2);
  NT_EQUAL(nt_cursor_u32(&cursor), 0x01020304);
  NT_EQUAL(nt_cursor_u64(&cursor), UINT64_C(0x0102030405060708));
  NT_EQUAL(nt_cursor_u32(&cursor), UINT32_MAX);
  NT_EQUAL(cursor.left, 0);
  assert_false(cursor.failed);
  nt_bytes_free(&bytes);
}

/// Every buffer length against a read of every length: in bounds or zeros and failed, for good.
static void test_bounds(void **state) {
  (void)state;
  for (size_t size = 0; size <= 16; size++) {
    for (size_t count = 0; count <= 5; count++) {
      uint8_t *data = malloc(size + 1); // the sanitizer watches its end
      assert_non_null(data);
      for (size_t i = 0; i < size; i++)
        data[i] = 0xa5;
      uint32_t words[5] = {1, 1, 1, 1, 1};
      nt_cursor_t cursor = {.data = data, .left = size};
      nt_cursor_words(&cursor, words, count);
      NT_EQUAL(cursor.failed, 4 * count > size);
      for (size_t i = 0; i < count; i++)
        NT_EQUAL(words[i], cursor.failed ? 0 : 0xa5a5a5a5);
      if (cursor.failed) {
        NT_EQUAL(nt_cursor_u32(&cursor), 0);
        NT_EQUAL(nt_cursor_u64(&cursor), 0);
      }
      free(data);
    }
  }
  nt_cursor_t cursor = {0};
  nt_cursor_words(&cursor, NULL, 0);
  assert_false(cursor.failed);
}

/// Lengths no buffer can have fail instead of wrapping around.
static void test_limits(void **state) {
  (void)state;
  nt_bytes_t bytes = {0};
  nt_bytes_put_u32(&bytes, 7);
  nt_bytes_put(&bytes, "", SIZE_MAX);
  assert_true(bytes.failed);
  nt_bytes_put_u32(&bytes, 8);
  NT_EQUAL(bytes.size, 4);
  nt_bytes_free(&bytes);
  nt_bytes_put_words(&bytes, NULL, SIZE_MAX / 2);
  assert_true(bytes.failed);
  nt_bytes_free(&bytes);
  nt_bytes_set_u32(&bytes, 0, 1);
  assert_true(bytes.failed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layout),
      cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_limits),
  };
  return nt_test_report("bytes", cmocka_run_group_tests(tests, NULL, NULL));
}
