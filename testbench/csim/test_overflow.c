// SPDX-License-Identifier: Apache-2.0
// Wrapping accumulators and the verdict on ACC_OVERFLOW (docs/spec/arithmetic.md, "Overflow flag"),
// and random lists against a reference that adds synapse by synapse in 64 bits.
#include "nt_rig.h"

#include <stdlib.h>

static uint64_t random_state;

static void expect(nt_dev_t *dev, nt_golden_verdict_t verdict) {
  NT_RIG_EQUAL(nt_golden_acc_overflow(dev, 0), verdict);
  NT_RIG_EQUAL(nt_rig_read(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS), verdict == NT_GOLDEN_MUST_BE_1);
  NT_RIG_EQUAL(nt_golden_flags(dev, 0), verdict == NT_GOLDEN_MUST_BE_1);
}

static void clear_flag(nt_dev_t *dev) {
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, 1);
}

static void test_verdict(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  nt_rig_axon(dev, 0, 0, nt_rig_single(0, 0, 7, 2));  // payload 2^22: 2^30 a time
  nt_rig_axon(dev, 0, 1, nt_rig_single(0, 0, 7, -2)); // the opposite
  nt_rig_axon(dev, 0, 2, nt_rig_single(0, 0, 0, -1));
  nt_rig_inject(dev, 1, 0, 1 << 22);
  nt_rig_inject(dev, 1, 2, 1);
  expect(dev, NT_GOLDEN_MUST_BE_0); // B = 2^30 + 1
  nt_rig_inject(dev, 1, 0, 1 << 22);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), INT32_MAX);
  expect(dev, NT_GOLDEN_UNSPECIFIED); // B = 2^31 + 1, sum 2^31 - 1
  nt_rig_inject(dev, 1, 1, 1 << 22);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_rig_inject(dev, 1, 0, 1 << 22);
  nt_rig_inject(dev, 1, 2, -1);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), INT32_MIN);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_rig_inject(dev, 1, 1, 1 << 22);
  expect(dev, NT_GOLDEN_MUST_BE_1); // sticky
  nt_rig_step(dev, 0);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  clear_flag(dev);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  // A row at its most negative value has not overflowed; one below it has, also when only the swap
  // looks.
  for (int k = 0; k < 2; k++)
    nt_rig_inject(dev, 1, 1, 1 << 22);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), INT32_MIN);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_rig_inject(dev, 1, 2, 1);
  nt_rig_step(dev, 1);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  // Sums from before the flag was cleared say nothing about it.
  for (int k = 0; k < 3; k++)
    nt_rig_inject(dev, 1, 0, 1 << 22);
  clear_flag(dev);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  nt_rig_inject(dev, 1, 2, 1);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_rig_step(dev, 2);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  clear_flag(dev);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  nt_dev_close(dev);
}

static void test_bounds(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  // A ternary list counts 2 |p| 2^e although all its weights are 0: 2^22 * 2 * 2^7 = 2^30.
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 1, 1, 7, 1024));
  nt_rig_inject(dev, 1, 0, 1 << 22);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  nt_rig_inject(dev, 1, 0, -(1 << 22));
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_rig_step(dev, 0);
  clear_flag(dev);
  // A single term of 2^31 does not fit: nothing is said, whatever the sum.
  nt_rig_axon(dev, 0, 1, nt_rig_uniform(0, 1, 0, 1, 15, 1));
  for (int k = 0; k < 3; k++)
    nt_rig_inject(dev, 1, 1, 1 << 16);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 9), INT32_MIN);
  nt_rig_step(dev, 1);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  clear_flag(dev);
  // What the host writes is not an addition, but later additions start from it.
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, 1);
  nt_rig_write(dev, 0, NT_SPACE_ACC, 0, INT32_MAX);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  nt_rig_axon(dev, 0, 2, nt_rig_uniform(0, 1, 0, 1, 0, 1));
  nt_rig_inject(dev, 1, 2, 1);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), INT32_MIN);
  nt_dev_close(dev);
}

static void test_24_bits(void **state) {
  (void)state;
  nt_params_t params = nt_params_default();
  params.acc_bits = 24;
  nt_dev_t *dev = nt_rig_open(&params);
  nt_rig_axon(dev, 0, 0, nt_rig_uniform(1, 1, 0, 1, 0, 1));
  nt_rig_inject(dev, 1, 0, 8388607);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 0), 8388607);
  expect(dev, NT_GOLDEN_MUST_BE_0);
  nt_rig_inject(dev, 1, 0, 3);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 127), -8388606);
  expect(dev, NT_GOLDEN_MUST_BE_1);
  nt_rig_write(dev, 0, NT_SPACE_ACC, 8 * 128, 0x12ABCDEF); // low 24 bits, sign-extended
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 0), (int32_t)0xFFABCDEF);
  nt_dev_close(dev);
}

// ---- Random lists -------------------------------------------------------------------------------

/// The reference: exact sums and bounds of every row.
typedef struct nt_reference {
  uint32_t lines, lanes;
  int64_t *sum;   ///< [row][lane]
  int64_t *bound; ///< [row]
  bool oversize;  ///< a term did not fit
} nt_reference_t;

static uint32_t below(uint32_t n) {
  return (uint32_t)(nt_rig_random(&random_state) % n);
}

static void add(nt_reference_t *ref, uint32_t acc_bits, uint32_t row, uint32_t lane, int64_t term) {
  ref->sum[row * ref->lanes + lane] += term;
  const int64_t limit = INT64_C(1) << (acc_bits - 1);
  if (term <= -limit || term >= limit)
    ref->oversize = true;
}

/// One random DENSE spike into core 0, in the tile and in the reference.
static void random_spike(nt_dev_t *dev, nt_reference_t *ref, int32_t payload_max) {
  const uint32_t digits = 1 + below(4);
  const uint32_t exp = below(3);
  const uint32_t first = below(ref->lines);
  const uint32_t lines = 1 + below(ref->lines);
  const uint32_t dendrite = below(4);
  const uint32_t dendrites = 1 + below(4);
  const uint32_t ptr = below(dev->params.pool_words);
  const int32_t payload = (int32_t)below(2 * (uint32_t)payload_max + 1) - payload_max;
  nt_rig_axon(dev, 0, 0, nt_rig_dense(dendrite, dendrites, first, lines, digits, exp, ptr));
  nt_rig_inject(dev, 1, 0, payload);
  uint32_t word = ptr;
  for (uint32_t d = 0; d < dendrites; d++)
    for (uint32_t l = 0; l < lines; l++, word += digits) {
      const uint32_t row = (dendrite + d) % 4 * ref->lines + (first + l) % ref->lines;
      ref->bound[row] += (int64_t)abs(payload) * (1 << (2 * digits - 1)) * (1 << exp);
      for (uint32_t lane = 0; lane < ref->lanes; lane++) {
        int32_t weight = 0;
        for (uint32_t j = 0; j < digits; j++)
          weight += (int32_t)(nt_rig_pool_get(dev, 0, word + j, lane / 16) >> 2 * (lane % 16) & 3) *
                    (1 << 2 * j);
        if (weight >= 1 << (2 * digits - 1))
          weight -= 1 << 2 * digits;
        add(ref, dev->params.acc_bits, row, lane, (int64_t)payload * weight * (1 << exp));
      }
    }
}

static void compare(nt_dev_t *dev, const nt_reference_t *ref) {
  const uint32_t rows = 4 * ref->lines;
  const int64_t limit = INT64_C(1) << (dev->params.acc_bits - 1);
  bool exceeded = false;
  bool outside = false;
  for (uint32_t row = 0; row < rows; row++) {
    exceeded |= ref->bound[row] >= limit;
    for (uint32_t lane = 0; lane < ref->lanes; lane++) {
      const int64_t sum = ref->sum[row * ref->lanes + lane];
      const int64_t low = ((sum + limit) % (2 * limit) + 2 * limit) % (2 * limit);
      NT_RIG_EQUAL(nt_rig_acc(dev, 0, row / ref->lines, row % ref->lines, lane), low - limit);
      outside |= sum < -limit || sum >= limit;
    }
  }
  if (ref->oversize)
    return;
  NT_RIG_EQUAL(nt_golden_acc_overflow(dev, 0), outside    ? NT_GOLDEN_MUST_BE_1
                                               : exceeded ? NT_GOLDEN_UNSPECIFIED
                                                          : NT_GOLDEN_MUST_BE_0);
}

static void test_random_lists(void **state) {
  (void)state;
  for (uint32_t n = 0; n < 48; n++) {
    nt_params_t params = nt_params_default();
    params.cores = 1;
    params.word_bits = 64U << n % 4;
    params.pool_words = 256;
    params.lines = 2;
    params.acc_bits = n / 4 % 2 == 0 ? 32 : 24;
    nt_dev_t *dev = nt_rig_open(&params);
    nt_reference_t ref = {.lines = params.lines, .lanes = params.word_bits / 2};
    ref.sum = calloc((size_t)4 * ref.lines * ref.lanes, sizeof *ref.sum);
    ref.bound = calloc((size_t)4 * ref.lines, sizeof *ref.bound);
    assert_true(ref.sum != NULL && ref.bound != NULL);
    for (uint32_t word = 0; word < 256; word++)
      for (uint32_t lane = 0; lane < params.word_bits / 32; lane++)
        nt_rig_pool(dev, 0, word, lane, (uint32_t)nt_rig_random(&random_state));
    // Payload sizes from far below to far above what the accumulators hold.
    const int32_t payload_max = 1 << (params.acc_bits == 32 ? 13 + n / 8 * 2 : 6 + n / 8 * 2);
    for (int spike = 0; spike < 24; spike++)
      random_spike(dev, &ref, payload_max);
    compare(dev, &ref);
    free(ref.sum);
    free(ref.bound);
    nt_dev_close(dev);
  }
}

/// Bounds beyond 2^62: terms of 2^44 and as many of -2^44. B says nothing, the sums are 0.
static void test_huge_bounds(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  nt_rig_axon(dev, 0, 0, nt_rig_single(0, 0, 15, -64));
  nt_rig_axon(dev, 0, 1, nt_rig_single(0, 0, 15, 64));
  for (uint32_t k = 0; k < 1u << 18; k++)
    nt_rig_inject(dev, 1, k % 2, -(1 << 23));
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), 0);
  expect(dev, NT_GOLDEN_UNSPECIFIED);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  random_state = nt_rig_seed(argc, argv);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_verdict),      cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_huge_bounds),  cmocka_unit_test(test_24_bits),
      cmocka_unit_test(test_random_lists),
  };
  return nt_rig_report("test_overflow", cmocka_run_group_tests(tests, NULL, NULL));
}
