// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nt_ternary.h"
#include "nt_test.h"

static double quantise(const float *weights, size_t count, int8_t *codes) {
  nt_error_t err;
  double scale = 0;
  nt_assert_ok(nt_ternary_quantise(weights, count, codes, &scale, &err), err);
  return scale;
}

/// Multiples of 2^-12 let a 64-bit integer do the whole decision: the second implementation.
static void agrees_with_integers(void **state) {
  (void)state;
  enum { COUNT = 1000, ROUNDS = 200 };
  static float weights[COUNT];
  static int8_t codes[COUNT];
  static int64_t integers[COUNT];
  uint32_t seed = 1;
  size_t ties = 0;
  for (int round = 0; round < ROUNDS; round++) {
    int64_t sum = 0;
    const int64_t range = round % 2 == 0 ? 7 : 100000;
    for (size_t k = 0; k < COUNT; k++) {
      seed = seed * 1664525U + 1013904223U;
      integers[k] = (int64_t)(seed >> 8) % (2 * range + 1) - range;
      if (k + 1 == COUNT && round % 2 == 0) // makes the mean even: 2 |w| = mean happens
        integers[k] = 4 * COUNT - sum;
      sum += llabs(integers[k]);
      weights[k] = (float)integers[k] * 0x1p-12F;
    }
    const double scale = quantise(weights, COUNT, codes);
    assert_true(fabs(scale / (ldexp((double)sum, -12) / COUNT) - 1) < 1e-15);
    for (size_t k = 0; k < COUNT; k++) {
      const int64_t twice = 2 * COUNT * llabs(integers[k]);
      ties += twice == sum;
      assert_int_equal(codes[k], twice > sum ? (integers[k] < 0 ? -1 : 1) : 0);
    }
  }
  assert_true(ties > 1000);
}

/// 8 * 1 against a sum of exactly 8 and of 8 - 2^-69, which no double tells apart.
static void decides_beyond_double_precision(void **state) {
  (void)state;
  const float tie[4] = {1.0F, -(7.0F - 0x1p-21F), 0x1p-22F, 0x1p-22F};
  const float above[4] = {1.0F, -(7.0F - 0x1p-21F), 0x1p-21F - 0x1p-45F, 0x1p-45F - 0x1p-69F};
  int8_t codes[4];
  assert_true(quantise(tie, 4, codes) == 2);
  assert_int_equal(codes[0], 0);
  assert_int_equal(codes[1], -1);
  assert_true(quantise(above, 4, codes) == 2);
  assert_int_equal(codes[0], 1);
  assert_int_equal(codes[2], 0);
}

static void extremes_of_the_format(void **state) {
  (void)state;
  const float huge[3] = {3.4028234e38F, -3.4028234e38F, 0x1p-149F};
  int8_t codes[3];
  const double scale = quantise(huge, 3, codes);
  assert_true(fabs(scale / (2 * 3.4028234663852886e38 / 3) - 1) < 1e-15);
  assert_true(codes[0] == 1 && codes[1] == -1 && codes[2] == 0);
}

static void small_matrices_use_the_minimum(void **state) {
  (void)state;
  const float zeros[2] = {0.0F, -0.0F};
  const float small[4] = {4.9e-6F, 5.1e-6F, -5.1e-6F, 0x1p-149F};
  int8_t codes[4];
  assert_true(quantise(zeros, 2, codes) == NT_TERNARY_SCALE_MIN);
  assert_true(codes[0] == 0 && codes[1] == 0);
  assert_true(quantise(small, 4, codes) == NT_TERNARY_SCALE_MIN);
  assert_true(codes[0] == 0 && codes[1] == 1 && codes[2] == -1 && codes[3] == 0);
}

static void refuses_what_has_no_codes(void **state) {
  (void)state;
  const float bad[3] = {1, 2, NAN};
  int8_t codes[3];
  double scale = 0;
  nt_error_t err;
  assert_int_equal(nt_ternary_quantise(bad, 0, codes, &scale, &err), NT_ERR_ARG);
  assert_int_equal(nt_ternary_quantise(bad, 3, codes, &scale, &err), NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "weight 2"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_integers),
      cmocka_unit_test(decides_beyond_double_precision),
      cmocka_unit_test(extremes_of_the_format),
      cmocka_unit_test(small_matrices_use_the_minimum),
      cmocka_unit_test(refuses_what_has_no_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
