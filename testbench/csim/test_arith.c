// SPDX-License-Identifier: Apache-2.0
// nt_arith against a second implementation that divides, multiplies and counts instead of shifting:
// exhaustive where the domain is small, random elsewhere.
#include "nt_rig.h"

#include "nt_arith.h"
#include "nt_synapse.h"

__extension__ typedef __int128 wide_t;

static uint64_t random_state;

static wide_t power(unsigned n) {
  wide_t value = 1;
  while (n-- > 0)
    value *= 2;
  return value;
}

static wide_t floor_div(wide_t x, wide_t y) {
  const wide_t q = x / y;
  return x % y < 0 ? q - 1 : q;
}

static int64_t slow_wrap(wide_t x, unsigned n) {
  const wide_t low = x - floor_div(x, power(n)) * power(n);
  return (int64_t)(low >= power(n - 1) ? low - power(n) : low);
}

static int64_t slow_sat(wide_t x, unsigned n) {
  if (x < -power(n - 1))
    return (int64_t)-power(n - 1);
  return (int64_t)(x > power(n - 1) - 1 ? power(n - 1) - 1 : x);
}

static int64_t slow_narrow(wide_t x, unsigned n) {
  return n == 0 ? slow_wrap(x, 32) : slow_sat(x, n);
}

static wide_t slow_rshift(wide_t x, unsigned s) {
  return s == 0 ? x : floor_div(x + power(s - 1), power(s));
}

static int64_t slow_shf(int32_t ra, int32_t s) {
  wide_t x = ra;
  for (int32_t k = 0; k < s && k < 40; k++)
    x = slow_wrap(2 * x, 32);
  for (int32_t k = 0; k > s && k > -40; k--)
    x = floor_div(x, 2);
  return (int64_t)x;
}

static int64_t slow_clz(int32_t x) {
  int64_t zeros = 0;
  wide_t value = x < 0 ? (wide_t)x + power(32) : x;
  while (zeros < 32 && value < power(31 - (unsigned)zeros))
    zeros++;
  return zeros;
}

/// A 64-bit value whose size varies, so that all magnitudes occur.
static int64_t random_wide(void) {
  const uint64_t bits = nt_rig_random(&random_state);
  return nt_arith_asr((int64_t)(bits >> 1) - (INT64_C(1) << 62),
                      (unsigned)(nt_rig_random(&random_state) % 62));
}

/// A 32-bit value, often one of the corners.
static int32_t random_word(void) {
  static const int32_t corner[] = {
      0, 1, -1, INT32_MAX, INT32_MIN, INT32_MAX - 1, INT32_MIN + 1, 1 << 23, -(1 << 23)};
  const uint64_t pick = nt_rig_random(&random_state);
  if (pick % 4 == 0)
    return corner[pick / 4 % (sizeof corner / sizeof corner[0])];
  return (int32_t)slow_wrap(random_wide(), 32);
}

static void test_narrow(void **state) {
  (void)state;
  for (int64_t x = -70000; x <= 70000; x++) {
    for (unsigned n = 1; n <= 18; n++) {
      NT_RIG_EQUAL(nt_arith_wrap(x, n), slow_wrap(x, n));
      NT_RIG_EQUAL(nt_arith_sat(x, n), slow_sat(x, n));
    }
  }
  for (int k = 0; k < 100000; k++) {
    const int64_t x = random_wide();
    const unsigned n = (unsigned)(nt_rig_random(&random_state) % 32);
    NT_RIG_EQUAL(nt_arith_wrap(x, n + 1), slow_wrap(x, n + 1));
    NT_RIG_EQUAL(nt_arith_narrow(x, n), slow_narrow(x, n));
  }
  NT_RIG_EQUAL(nt_arith_wrap(INT64_MIN, 32), 0);
  NT_RIG_EQUAL(nt_arith_wrap(INT64_C(0x80000000), 32), INT32_MIN);
  NT_RIG_EQUAL(nt_arith_wrap(INT64_C(0xFF800000), 24), -8388608);
  NT_RIG_EQUAL(nt_arith_sat(5, 1), 0);
  NT_RIG_EQUAL(nt_arith_sat(-5, 1), -1);
}

static void test_shift(void **state) {
  (void)state;
  for (int64_t x = -4096; x <= 4096; x++)
    for (unsigned s = 0; s <= 62; s++) {
      NT_RIG_EQUAL(nt_arith_rshift(x, s), slow_rshift(x, s));
      NT_RIG_EQUAL(nt_arith_asr(x, s), floor_div(x, power(s)));
    }
  for (int k = 0; k < 100000; k++) {
    const int64_t x = random_wide();
    const unsigned s = (unsigned)(nt_rig_random(&random_state) % 63);
    NT_RIG_EQUAL(nt_arith_rshift(x, s), slow_rshift(x, s));
  }
  for (int k = 0; k < 5000; k++) {
    const int32_t ra = random_word();
    for (int32_t s = -40; s <= 40; s++)
      NT_RIG_EQUAL(nt_arith_shf(ra, s), slow_shf(ra, s));
    NT_RIG_EQUAL(nt_arith_shf(ra, INT32_MAX), 0);
    NT_RIG_EQUAL(nt_arith_shf(ra, INT32_MIN), ra < 0 ? -1 : 0);
  }
  // Ties go toward plus infinity.
  NT_RIG_EQUAL(nt_arith_rshift(3, 1), 2);
  NT_RIG_EQUAL(nt_arith_rshift(-3, 1), -1);
  NT_RIG_EQUAL(nt_arith_rshift(INT64_MIN, 62), -2);
}

static void test_multiply(void **state) {
  (void)state;
  for (int k = 0; k < 20000; k++) {
    const int32_t a = random_word();
    const int32_t b = random_word();
    for (unsigned shift = 0; shift < 64; shift += 1 + (unsigned)k % 3)
      NT_RIG_EQUAL(nt_arith_muls(a, b, shift),
                   slow_rshift((wide_t)a * b, shift == 63 ? 62 : shift));
    NT_RIG_EQUAL(nt_arith_clz(a), slow_clz(a));
  }
  for (unsigned bit = 0; bit < 32; bit++)
    NT_RIG_EQUAL(nt_arith_clz((int32_t)slow_wrap(power(bit), 32)), 31 - (int)bit);
  NT_RIG_EQUAL(nt_arith_clz(0), 32);
  NT_RIG_EQUAL(nt_arith_muls(INT32_MIN, INT32_MIN, 62), 1);
}

static void test_table_functions(void **state) {
  (void)state;
  for (unsigned k = 0; k <= 15; k++)
    for (int n = 0; n < 2000; n++) {
      const int32_t ra = random_word();
      const wide_t last = power(k) - 1;
      NT_RIG_EQUAL(nt_arith_lut_index(ra, k), ra < 0 ? 0 : ra > last ? last : ra);
    }
  for (unsigned k = 0; k <= 15; k++)
    for (unsigned f = 0; f < 32; f++) {
      NT_RIG_EQUAL(nt_arith_lerp_defined(k, f), k >= 1 && k <= 9 && k + f <= 32);
      for (int n = 0; n < 200 && nt_arith_lerp_defined(k, f); n++) {
        const int32_t ra = n % 2 == 0 ? random_word() : (int32_t)slow_sat(random_word(), k + f);
        const uint32_t entry = (uint32_t)nt_rig_random(&random_state);
        const int64_t u = slow_sat(ra, k + f);
        const wide_t piece = floor_div(u, power(f));
        const wide_t base = slow_wrap(entry % 65536, 16);
        const wide_t slope = slow_wrap(entry / 65536, 16);
        NT_RIG_EQUAL(nt_arith_lerp_index(ra, k, f), piece + power(k - 1));
        NT_RIG_EQUAL(nt_arith_lerp_value(ra, k, f, entry),
                     base + slow_rshift(slope * (u - piece * power(f)), f));
      }
    }
}

/// The weight of docs/spec/arithmetic.md: the sum of v_j * 4^j.
static int64_t slow_weight(uint32_t codes, unsigned digits) {
  static const int top[4] = {0, 1, -2, -1};
  int64_t weight = 0;
  int64_t scale = 1;
  for (unsigned j = 0; j < digits; j++, codes /= 4, scale *= 4)
    weight += scale * (j + 1 == digits ? top[codes % 4] : (int)(codes % 4));
  return weight;
}

static void test_weights(void **state) {
  (void)state;
  static const int32_t payload[] = {0, 1, -1, 2, -3, 127, -128, 32767, 8388607, -8388608};
  for (unsigned digits = 1; digits <= 4; digits++)
    for (uint32_t codes = 0; codes < 1U << 2 * digits; codes++) {
      const int64_t weight = slow_weight(codes, digits);
      NT_RIG_EQUAL(nt_arith_weight(codes, digits), weight);
      for (size_t n = 0; n < sizeof payload / sizeof payload[0]; n++)
        for (unsigned e = 0; e < 16; e++) {
          const wide_t exact = (wide_t)payload[n] * weight * power(e);
          uint32_t sum = 0;
          for (unsigned j = 0; j < digits; j++) {
            const nt_arith_terms_t terms = nt_arith_digit_terms(payload[n], e, j, j + 1 == digits);
            sum += (codes >> 2 * j & 1) * terms.low + (codes >> (2 * j + 1) & 1) * terms.high;
          }
          NT_RIG_EQUAL(nt_arith_product(payload[n], (int32_t)weight, e), exact);
          NT_RIG_EQUAL(nt_arith_wrap(sum, 32), slow_wrap(exact, 32));
        }
    }
}

static void test_add_word(void **state) {
  (void)state;
  for (int n = 0; n < 2000; n++) {
    const uint32_t word_lanes = 2U << n % 4;
    const uint32_t low = (uint32_t)nt_rig_random(&random_state);
    const uint32_t high = (uint32_t)nt_rig_random(&random_state);
    uint32_t word[16], acc[256], before[256];
    for (uint32_t k = 0; k < word_lanes; k++)
      word[k] = (uint32_t)nt_rig_random(&random_state);
    for (uint32_t i = 0; i < 16 * word_lanes; i++)
      acc[i] = before[i] = (uint32_t)nt_rig_random(&random_state);
    nt_synapse_add_word(acc, word, word_lanes, low, high);
    for (uint32_t i = 0; i < 16 * word_lanes; i++) {
      const uint32_t digit = word[i / 16] >> 2 * (i % 16) & 3;
      const uint32_t term[4] = {0, low, high, low + high};
      NT_RIG_EQUAL(acc[i], (uint32_t)(before[i] + term[digit]));
    }
  }
}

int main(int argc, char **argv) {
  random_state = nt_rig_seed(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_narrow),   cmocka_unit_test(test_shift),
      cmocka_unit_test(test_multiply), cmocka_unit_test(test_table_functions),
      cmocka_unit_test(test_weights),  cmocka_unit_test(test_add_word),
  };
  return nt_rig_report("test_arith", cmocka_run_group_tests(tests, NULL, NULL));
}
