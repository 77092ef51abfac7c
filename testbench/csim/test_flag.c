// SPDX-License-Identifier: Apache-2.0
// ACC_OVERFLOW where a row's past, its neighbours or the host have a part in it
// (docs/spec/arithmetic.md, "Overflow flag"; docs/spec/timestep.md, "Host access").
#include "nt_rig.h"

enum { LINES = 2, LANES = 32, ROWS = NT_DENDRITES * LINES, LIMIT = 1 << 23 }; // of 24-bit sums

/// Core 0 with 2 lines of 32 neurons. Axon 0 is free for the test.
static nt_dev_t *open_small(void) {
  const nt_params_t params = {1, 64, 256, LINES, 24, 64, 64, 8};
  return nt_rig_open(&params);
}

static void expect(nt_dev_t *dev, nt_golden_verdict_t verdict) {
  NT_RIG_EQUAL(nt_golden_acc_overflow(dev, 0), verdict);
}

static void clear_flag(nt_dev_t *dev) {
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, 1);
}

/// Adds `term` to one accumulator.
static void add(nt_dev_t *dev, uint32_t row, uint32_t lane, int32_t term) {
  nt_rig_axon(dev, 0, 0,
              nt_rig_single(row / LINES, row % LINES * LANES + lane, 0, term < 0 ? -1 : 1));
  nt_rig_inject(dev, 1, 0, term < 0 ? -term : term);
}

static void put(nt_dev_t *dev, uint32_t row, uint32_t lane, int32_t value) {
  nt_rig_write(dev, 0, NT_SPACE_ACC, row * LANES + lane, (uint32_t)value);
}

/// Brings a row to its limit and not beyond: sums are in range, its bound is not.
static void fill(nt_dev_t *dev, uint32_t row, uint32_t lane) {
  add(dev, row, lane, LIMIT - 1);
  add(dev, row, lane, -1);
  add(dev, row, lane, 1);
}

/// Bounds are those of one step, in every row.
static void test_bound_of_a_step(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  for (uint32_t row = 0; row < ROWS; row++)
    for (uint32_t step = 0; step < 3; step++) {
      add(dev, row, 7, LIMIT - 1);
      expect(dev, NT_GOLDEN_MUST_BE_0);
      nt_rig_step(dev, step);
      expect(dev, NT_GOLDEN_MUST_BE_0);
    }
  nt_dev_close(dev);
}

/// A term of -(2^23 - 1) fits.
static void test_negative_terms(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  add(dev, 3, 0, -(LIMIT - 1));
  expect(dev, NT_GOLDEN_MUST_BE_0);
  add(dev, 3, 0, -1);
  expect(dev, NT_GOLDEN_UNSPECIFIED); // the sum is -2^23
  add(dev, 3, 0, -(LIMIT - 1));
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_dev_close(dev);
}

/// Every row is judged by its own sums: neither its neighbour's nor those of an earlier step.
static void test_neighbours(void **state) {
  (void)state;
  for (uint32_t row = 0; row < ROWS; row++) {
    nt_dev_t *dev = open_small();
    const uint32_t other = (row + 1) % ROWS;
    // The neighbour overflows in lane 0 before this row has to be watched: it still counts.
    fill(dev, other, 0);
    add(dev, other, 0, 1);
    fill(dev, row, LANES - 1);
    expect(dev, NT_GOLDEN_MUST_BE_1);
    // Once the flag was cleared, the neighbour's sum of before says nothing.
    clear_flag(dev);
    expect(dev, NT_GOLDEN_MUST_BE_0);
    add(dev, row, LANES - 1, 0);
    expect(dev, NT_GOLDEN_UNSPECIFIED);
    nt_rig_step(dev, 0);
    clear_flag(dev);
    // Nor do the sums of the step before, in a row that is far from its limit now.
    add(dev, other, 0, 5);
    expect(dev, NT_GOLDEN_MUST_BE_0);
    fill(dev, row, LANES - 1);
    expect(dev, NT_GOLDEN_UNSPECIFIED);
    add(dev, row, LANES - 1, 1);
    expect(dev, NT_GOLDEN_MUST_BE_1);
    nt_dev_close(dev);
  }
}

/// In every lane and with every digit, DENSE weights bring a sum exactly as far as they say.
static void test_dense_sums(void **state) {
  (void)state;
  // Seven times weight * payload fits, eight times does not; seven times a weight one larger does
  // not either.
  static const struct {
    uint32_t digit[3];
    int32_t payload;
  } cases[] = {{{0, 0, 1}, 74898},   // 16: 7 * 16 * 74898 = 8388576
               {{1, 1, 0}, 239674},  // 5: 8388590
               {{2, 1, 0}, 199728}}; // 6: 8388576
  for (uint32_t lane = 0; lane < LANES; lane++)
    for (uint32_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
      nt_dev_t *dev = open_small();
      for (uint32_t j = 0; j < 3; j++)
        nt_rig_pool(dev, 0, 200 + j, lane / 16, cases[k].digit[j] << 2 * (lane % 16));
      nt_rig_pool(dev, 0, 203, 0, UINT32_MAX); // behind the list
      nt_rig_axon(dev, 0, 0, nt_rig_dense(3, 1, 1, 1, 3, 0, 200));
      for (uint32_t spike = 0; spike < 7; spike++)
        nt_rig_inject(dev, 1, 0, cases[k].payload);
      expect(dev, NT_GOLDEN_UNSPECIFIED);
      nt_rig_inject(dev, 1, 0, cases[k].payload);
      expect(dev, NT_GOLDEN_MUST_BE_1);
      nt_dev_close(dev);
    }
}

/// A list whose largest weight could go beyond the range is not judged, though no weight it has
/// does: of -1 in four digits the last one, -64, is reduced, and the sum comes back into the range
/// unseen.
static void test_large_digits(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  const int32_t payload = (1 << 17) + 1;
  for (uint32_t j = 0; j < 4; j++)
    nt_rig_pool(dev, 0, 200 + j, 0, 3);
  add(dev, 0, 0, -(LIMIT - 1));
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 1, 4, 0, 200));
  nt_rig_inject(dev, 1, 0, payload);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  // The largest payload whose 128-fold fits.
  nt_rig_step(dev, 0);
  clear_flag(dev);
  add(dev, 0, 0, -(LIMIT - 1));
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 1, 4, 0, 200));
  nt_rig_inject(dev, 1, 0, LIMIT / 128 - 1);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_dev_close(dev);
}

/// UNIFORM adds to every lane; here only one of them is near its limit.
static void test_uniform_sums(void **state) {
  (void)state;
  for (uint32_t lane = 0; lane < LANES; lane++) {
    nt_dev_t *dev = open_small();
    nt_rig_write(dev, 0, NT_SPACE_ACT, 1, 8);
    put(dev, ROWS - 1, lane, LIMIT - 1);
    nt_rig_axon(dev, 0, 0, nt_rig_uniform(3, 1, 1, 1, 0, 1));
    nt_rig_inject(dev, 1, 0, 1);
    expect(dev, NT_GOLDEN_MUST_BE_1);
    nt_dev_close(dev);
  }
}

/// A row whose bound no longer fits 2^62 is not judged: a term of its lists did not fit.
static void test_endless_bound(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  // Weights 0 of four digits, e = 15, payload -2^23: each spike may be 2^(23 + 7 + 15).
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 1, 4, 15, 200));
  for (uint32_t spike = 0; spike < 1U << 17; spike++)
    nt_rig_inject(dev, 1, 0, -LIMIT);
  add(dev, 0, 3, LIMIT - 1);
  add(dev, 0, 3, LIMIT - 1);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  // So it stays when the sum of the bounds would not fit 64 bits, also with the flag cleared.
  nt_rig_step(dev, 0);
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 1, 4, 15, 200));
  for (uint32_t spike = 0; spike < 1U << 19; spike++)
    nt_rig_inject(dev, 1, 0, -LIMIT);
  clear_flag(dev);
  add(dev, 0, 3, 1);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_dev_close(dev);
}

// ---- What the host does -------------------------------------------------------------------------

/// Clearing: in every row the sums of before say nothing, and other flags have no part in it.
static void test_acknowledge(void **state) {
  (void)state;
  for (uint32_t row = 0; row < ROWS; row++) {
    nt_dev_t *dev = open_small();
    fill(dev, row, 9);
    add(dev, row, 9, 1);
    nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, ~1U);
    expect(dev, NT_GOLDEN_MUST_BE_1);
    clear_flag(dev);
    expect(dev, NT_GOLDEN_MUST_BE_0);
    add(dev, row, 9, 1);
    expect(dev, NT_GOLDEN_UNSPECIFIED);
    nt_dev_close(dev);
  }
}

/// The largest value written counts, not the last.
static void test_written_values(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 1);
  put(dev, 0, 0, LIMIT - 1);
  put(dev, 0, 1, 0);
  add(dev, 0, 0, 1);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_dev_close(dev);
  // The magnitude of a written value, whatever its sign, counts into the bound.
  for (int32_t sign = -1; sign <= 1; sign += 2) {
    dev = open_small();
    nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 1);
    put(dev, 0, 0, sign * (LIMIT - 2));
    add(dev, 0, 0, sign);
    expect(dev, NT_GOLDEN_MUST_BE_0);
    add(dev, 0, 0, sign);
    expect(dev, sign < 0 ? NT_GOLDEN_UNSPECIFIED : NT_GOLDEN_MUST_BE_1);
    nt_dev_close(dev);
  }
}

/// An overflow stays when the host overwrites the sum; what it writes is where the sum goes on.
static void test_overwrite(void **state) {
  (void)state;
  static const int32_t value[] = {0, -1, 1};
  for (uint32_t k = 0; k < 3; k++)
    for (uint32_t by_act = 0; by_act < 2; by_act++) {
      nt_dev_t *dev = open_small();
      fill(dev, 0, 4);
      put(dev, 0, 4, value[k]);
      add(dev, 0, 4, 1);
      expect(dev, NT_GOLDEN_UNSPECIFIED);
      add(dev, 0, 4, LIMIT - 1);
      add(dev, 0, 4, 1);
      if (by_act != 0)
        nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 0);
      else
        put(dev, 0, 4, 0);
      expect(dev, NT_GOLDEN_MUST_BE_1);
      nt_dev_close(dev);
    }
}

/// A row that ACT makes active has the values in its accumulators: each counts, and only its own.
static void test_activated(void **state) {
  (void)state;
  for (uint32_t row = 0; row < ROWS; row++)
    for (uint32_t lane = 0; lane < LANES; lane++) {
      nt_dev_t *dev = open_small();
      for (uint32_t other = 0; other < ROWS; other++) // near its limit, but not active
        put(dev, other, 0, LIMIT - 1);
      put(dev, row, 0, 0);
      put(dev, row, lane, LIMIT - 1);
      put(dev, row, lane, 0); // no longer there when the row becomes active
      nt_rig_write(dev, 0, NT_SPACE_ACT, row % LINES, 1U << row / LINES);
      add(dev, row, lane, LIMIT - 1);
      expect(dev, NT_GOLDEN_MUST_BE_0);
      put(dev, row, lane, LIMIT - 1);
      nt_rig_write(dev, 0, NT_SPACE_ACT, row % LINES, 0);
      nt_rig_write(dev, 0, NT_SPACE_ACT, row % LINES, 1U << row / LINES);
      add(dev, row, lane, 1);
      expect(dev, NT_GOLDEN_MUST_BE_1);
      nt_dev_close(dev);
    }
}

/// ACT written with what it is changes nothing; written otherwise, rows that stay are judged on.
static void test_activity_of_others(void **state) {
  (void)state;
  nt_dev_t *dev = open_small();
  fill(dev, 0, 4);
  fill(dev, 2, 4); // dendrite 1 of the same line
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 3);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 7); // a third row, without a past
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 2); // only the second stays
  add(dev, 2, 4, 1);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_dev_close(dev);
}

/// A row that ACT leaves active keeps its past: its bound had reached the limit before the flag was
/// cleared.
static void test_left_active(void **state) {
  (void)state;
  for (uint32_t row = 0; row < ROWS; row++) {
    nt_dev_t *dev = open_small();
    add(dev, row, 2, LIMIT - 1);
    add(dev, row, 2, 1 - LIMIT);
    clear_flag(dev);
    nt_rig_write(dev, 0, NT_SPACE_ACT, row % LINES, 1U << row / LINES);
    expect(dev, NT_GOLDEN_MUST_BE_0);
    add(dev, row, 2, 1);
    expect(dev, NT_GOLDEN_UNSPECIFIED);
    nt_dev_close(dev);
  }
}

/// A row that had reached its limit in one step, made active by ACT in the next, is judged anew.
static void test_activated_after_step(void **state) {
  (void)state;
  for (uint32_t row = 0; row < ROWS; row++) {
    nt_dev_t *dev = open_small();
    fill(dev, row, 2);
    nt_rig_step(dev, 0);
    nt_rig_write(dev, 0, NT_SPACE_ACT, row % LINES, 1U << row / LINES);
    for (uint32_t lane = 0; lane < LANES; lane++)
      put(dev, row, lane, LIMIT - 1);
    add(dev, row, 2, 1);
    expect(dev, NT_GOLDEN_MUST_BE_1);
    nt_dev_close(dev);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bound_of_a_step), cmocka_unit_test(test_negative_terms),
      cmocka_unit_test(test_neighbours),      cmocka_unit_test(test_dense_sums),
      cmocka_unit_test(test_large_digits),    cmocka_unit_test(test_uniform_sums),
      cmocka_unit_test(test_endless_bound),   cmocka_unit_test(test_acknowledge),
      cmocka_unit_test(test_written_values),  cmocka_unit_test(test_overwrite),
      cmocka_unit_test(test_activated),       cmocka_unit_test(test_activity_of_others),
      cmocka_unit_test(test_left_active),     cmocka_unit_test(test_activated_after_step),
  };
  return nt_rig_report("test_flag", cmocka_run_group_tests(tests, NULL, NULL));
}
