// SPDX-License-Identifier: Apache-2.0
// The primitives of the integer reference against slow, obvious versions and against real numbers.
#include <math.h>
#include <stdio.h>

#include "nt_integer_arith.h"
#include "nt_qmodel.h"
#include "nt_test.h"

static nt_integer_tables_t tables;

static int set_up(void **state) {
  (void)state;
  nt_integer_tables_init(&tables);
  return 0;
}

static void sat_clamps(void **state) {
  (void)state;
  size_t compared = 0;
  for (unsigned bits = 1; bits <= 32; bits++) {
    const double largest = ldexp(1, (int)bits - 1) - 1;
    for (int64_t x = -5000; x <= 5000; x++) {
      for (int shift = 0; shift <= 40; shift += 8, compared++) {
        const double value = ldexp((double)x, shift);
        const double expected = fmax(-largest - 1, fmin(largest, value));
        if (nt_integer_sat((int64_t)value, bits) != (int32_t)expected)
          fail_msg("sat(%.0f, %u)", value, bits);
      }
    }
  }
  assert_true(compared > 1000000);
  assert_int_equal(nt_integer_sat(INT64_MIN, 32), INT32_MIN);
  assert_int_equal(nt_integer_sat(INT64_MAX, 32), INT32_MAX);
}

static void rshift_rounds_ties_up(void **state) {
  (void)state;
  size_t compared = 0;
  for (unsigned shift = 0; shift <= 20; shift++) {
    for (int64_t x = -70000; x <= 70000; x++, compared++) {
      const double expected = floor(ldexp((double)x, -(int)shift) + (shift > 0 ? 0.5 : 0));
      if (nt_integer_rshift(x, shift) != (int64_t)expected)
        fail_msg("rshift(%ld, %u)", (long)x, shift);
    }
  }
  assert_true(compared > 2900000);
  const int64_t large = (INT64_C(1) << 62) - 1;
  assert_int_equal(nt_integer_rshift(large, 62), 1);
  assert_int_equal(nt_integer_rshift(-large, 62), -1);
  assert_int_equal(nt_integer_rshift(INT64_C(1) << 61, 62), 1);
  assert_int_equal(nt_integer_rshift(-(INT64_C(1) << 61), 62), 0);
  assert_int_equal(nt_integer_rshift(large, 1), INT64_C(1) << 61);
}

static double sigmoid_knot(int j) {
  return fmin(32767, round(32768 / (1 + exp(-(-8 + j / 2.0)))));
}

/// The definition of LERP in double precision, exact for these sizes.
static double sigmoid_by_definition(int32_t a, int frac) {
  const double x = fmax(-8, fmin(8 - ldexp(1, -frac), ldexp(a, -frac)));
  const double piece = floor((x + 8) * 2);
  const double within = (x + 8) * 2 - piece;
  const double base = sigmoid_knot((int)piece);
  const double slope = sigmoid_knot((int)piece + 1) - base;
  return base + (frac == 1 ? slope * within : floor(slope * within + 0.5));
}

/// Every 16-bit argument in every format. A chord over 1/2 is within (1/2)^2 / 8 * max |f''| of the
/// function, which is 0.0031; the rest is rounding, and the clamp at +-8.
static void sigmoid_is_the_table(void **state) {
  (void)state;
  double worst = 0;
  size_t compared = 0;
  for (int frac = 1; frac <= 15; frac++) {
    int32_t before = 0;
    for (int32_t a = INT16_MIN; a <= INT16_MAX; a++, compared++) {
      const int32_t got = nt_integer_sigmoid(&tables, a, (unsigned)frac);
      if (got != (int32_t)sigmoid_by_definition(a, frac))
        fail_msg("sigmoid(%d, %d fraction bits) is %d", a, frac, got);
      if (got < before)
        fail_msg("sigmoid(%d, %d fraction bits) falls", a, frac);
      before = got;
      worst = fmax(worst, fabs(got / 32768.0 - 1 / (1 + exp(-ldexp(a, -frac)))));
    }
  }
  printf("  sigmoid: %zu arguments, largest error %.5f\n", compared, worst);
  assert_int_equal(compared, 15 * 65536);
  assert_true(worst < 0.0033);
}

static double exact_rsqrt(int32_t sum, int32_t static_exponent) {
  return fmin(8388607, ldexp(1, 29 + static_exponent) / sqrt(sum));
}

/// Checks one sum; returns R.
static int32_t check_rsqrt(int32_t sum, uint32_t inputs, double *worst) {
  const int32_t cs = nt_qmodel_static_exponent(inputs);
  const int32_t got = nt_integer_rsqrt(&tables, sum, cs);
  const double exact = exact_rsqrt(sum, cs);
  // R is cut to an integer after the table.
  const double error = fmax(0, fabs(got - exact) - 1) / exact;
  *worst = fmax(*worst, error);
  if (got < 1 || got > 8388607 || error > 1.6e-4)
    fail_msg("R(%d) for %u inputs is %d, exactly %.1f", sum, inputs, got, exact);
  return got;
}

static void rsqrt_is_close_and_falls(void **state) {
  (void)state;
  static const uint32_t sizes[] = {1, 2, 3, 64, 127, 128, 512, 1024, 2816, 65536};
  double worst = 0;
  size_t compared = 0;
  for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
    int32_t before = INT32_MAX;
    for (int64_t sum = sizes[n]; sum <= INT32_MAX; sum += 1 + sum / 9973, compared++) {
      const int32_t got = check_rsqrt((int32_t)sum, sizes[n], &worst);
      if (got > before)
        fail_msg("R(%d) for %u inputs rises", (int)sum, sizes[n]);
      before = got;
    }
    (void)check_rsqrt(INT32_MAX, sizes[n], &worst);
  }
  printf("  inverse square root: %zu sums, largest relative error %.2g\n", compared, worst);
  assert_true(compared > 500000);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sat_clamps),
      cmocka_unit_test(rshift_rounds_ties_up),
      cmocka_unit_test(sigmoid_is_the_table),
      cmocka_unit_test(rsqrt_is_close_and_falls),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
