// SPDX-License-Identifier: Apache-2.0
// The comparison that the other tests rely on must itself be able to say no.
#include <math.h>
#include <stdlib.h>

#include "nt_compare.h"
#include "nt_npy.h"
#include "nt_test.h"

static void nothing_compared_is_a_failure(void **state) {
  (void)state;
  assert_false(nt_within("no values", nt_compare(NULL, NULL, 0, 7), INFINITY, INFINITY));
}

static void one_value_off_is_noticed(void **state) {
  (void)state;
  const double expected[6] = {1, 2, 3, 4, 5, 6};
  double got[6] = {1, 2, 3, 4, 5, 6};
  assert_true(nt_within("equal", nt_compare(expected, got, 3, 2), 0, 0));
  got[5] += 0.5;
  const nt_difference_t one = nt_compare(expected, got, 3, 2);
  assert_true(one.values == 6 && one.max == 0.5 && one.median == 0);
  assert_false(nt_within("one off", one, 0.4, 0.4));
  got[0] -= 0.25;
  assert_true(nt_compare(expected, got, 3, 2).median == 0.25);
  assert_false(nt_within("median", nt_compare(expected, got, 3, 2), 1, 0.2));
}

static void not_a_number_is_noticed(void **state) {
  (void)state;
  const double expected[2] = {1, 2};
  const double got[2] = {NAN, 2};
  assert_false(nt_within("nan", nt_compare(expected, got, 1, 2), 1e300, 1e300));
  assert_false(nt_within("nan", nt_compare(got, expected, 1, 2), 1e300, 1e300));
}

static void spread_is_the_standard_deviation(void **state) {
  (void)state;
  const double expected[4] = {-1, 1, -1, 1};
  const double got[4] = {-1, 1, -1, 1.5};
  const nt_difference_t difference = nt_compare(expected, got, 2, 2);
  assert_true(difference.spread == 1);
  assert_true(nt_within_spread("spread", difference, 0.5, 0.5));
  assert_false(nt_within_spread("spread", difference, 0.4, 0.5));
}

static void all_three_types_are_read(void **state) {
  (void)state;
  double *tokens = nt_npy_load(NT_FIXTURE_DIR, "tokens.npy", 96);
  double *wide = nt_npy_load(NT_FIXTURE_DIR, "logits_f64.npy", 2 * 48 * 256);
  double *narrow = nt_npy_load(NT_FIXTURE_DIR, "logits.npy", 2 * 48 * 256);
  for (size_t k = 0; k < 96; k++)
    assert_true(tokens[k] >= 0 && tokens[k] < 256 && tokens[k] == floor(tokens[k]));
  assert_true(
      nt_within_spread("float32 to float64", nt_compare(wide, narrow, 96, 256), 0.15, 0.01));
  free(tokens);
  free(wide);
  free(narrow);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nothing_compared_is_a_failure),
      cmocka_unit_test(one_value_off_is_noticed),
      cmocka_unit_test(not_a_number_is_noticed),
      cmocka_unit_test(spread_is_the_standard_deviation),
      cmocka_unit_test(all_three_types_are_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
