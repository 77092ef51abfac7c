// SPDX-License-Identifier: Apache-2.0
// Widening is checked for every 16-bit pattern against the definition of the formats.
#include <math.h>
#include <string.h>

#include "nt_dtype.h"
#include "nt_test.h"

/// Value by definition: sign * fraction * 2^exponent, with `fraction_bits` and `bias`.
static double by_definition(unsigned bits, unsigned fraction_bits, unsigned exponent_bits) {
  const unsigned fraction = bits & ((1U << fraction_bits) - 1);
  const unsigned exponent = bits >> fraction_bits & ((1U << exponent_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = (bits >> 15) != 0 ? -1.0 : 1.0;
  const int down = (int)fraction_bits;
  if (exponent == (1U << exponent_bits) - 1)
    return fraction != 0 ? NAN : sign * INFINITY;
  if (exponent == 0)
    return sign * ldexp(fraction, 1 - bias - down);
  return sign * ldexp(fraction + (1U << fraction_bits), (int)exponent - bias - down);
}

static size_t count_differences(nt_dtype_t dtype, unsigned fraction_bits, unsigned exponent_bits) {
  size_t differences = 0;
  for (unsigned bits = 0; bits < 65536; bits++) {
    const unsigned char bytes[2] = {(unsigned char)(bits & 0xFF), (unsigned char)(bits >> 8)};
    float got = 0;
    nt_dtype_widen(dtype, bytes, &got, 1);
    const double want = by_definition(bits, fraction_bits, exponent_bits);
    const int same = isnan(want) ? isnan(got) : got == want && !signbit(got) == !signbit(want);
    differences += same ? 0 : 1;
  }
  return differences;
}

static void every_half_pattern(void **state) {
  (void)state;
  assert_int_equal(count_differences(NT_DTYPE_F16, 10, 5), 0);
  assert_int_equal(count_differences(NT_DTYPE_BF16, 7, 8), 0);
  assert_true(count_differences(NT_DTYPE_F16, 7, 8) > 60000); // the check can fail
}

static void floats_pass_through(void **state) {
  (void)state;
  const float values[4] = {1.5F, -0.0F, 0x1p-149F, 3.4e38F};
  unsigned char bytes[sizeof values];
  float got[4];
  memcpy(bytes, values, sizeof values);
  nt_dtype_widen(NT_DTYPE_F32, bytes, got, 4);
  assert_memory_equal(got, values, sizeof values);
}

static void names(void **state) {
  (void)state;
  nt_dtype_t dtype = NT_DTYPE_F32;
  assert_true(nt_dtype_parse("BF16", &dtype) && dtype == NT_DTYPE_BF16);
  assert_true(nt_dtype_parse("F16", &dtype) && dtype == NT_DTYPE_F16);
  assert_true(nt_dtype_parse("F32", &dtype) && dtype == NT_DTYPE_F32);
  assert_false(nt_dtype_parse("F64", &dtype));
  assert_false(nt_dtype_parse("f32", &dtype));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_half_pattern),
      cmocka_unit_test(floats_pass_through),
      cmocka_unit_test(names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
