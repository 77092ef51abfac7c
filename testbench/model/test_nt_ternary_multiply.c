// SPDX-License-Identifier: Apache-2.0
// The ternary product against sums written out one by one, for every number of vectors, small and
// large enough for threads, with one thread and with several; and the shared store of codes.
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "nt_ternary_multiply.h"
#include "nt_ternary_store.h"
#include "nt_test.h"

static uint64_t seed = 2026;

static uint32_t next(void) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(seed >> 33);
}

static void multiplies(size_t rows, size_t cols, size_t count) {
  const size_t input_stride = cols + 3;
  const size_t sum_stride = rows + 5;
  int8_t *codes = malloc(rows * cols);
  int16_t *inputs = calloc(count * input_stride, sizeof *inputs);
  int32_t *expected = calloc(count * sum_stride, sizeof *expected);
  int32_t *sums = malloc(count * sum_stride * sizeof *sums);
  assert_non_null(codes);
  assert_non_null(inputs);
  assert_non_null(expected);
  assert_non_null(sums);
  for (size_t k = 0; k < rows * cols; k++)
    codes[k] = (int8_t)((int)(next() % 3) - 1);
  for (size_t t = 0; t < count; t++)
    for (size_t k = 0; k < cols; k++)
      inputs[t * input_stride + k] = (int16_t)((int)(next() % 256) - 128);
  for (size_t t = 0; t < count; t++)
    for (size_t row = 0; row < rows; row++)
      for (size_t k = 0; k < cols; k++) {
        const int32_t input = inputs[t * input_stride + k];
        const int8_t code = codes[row * cols + k];
        expected[t * sum_stride + row] += code > 0 ? input : code < 0 ? -input : 0;
      }
  for (int threads = 1; threads <= 3; threads++) {
    omp_set_num_threads(threads);
    memset(sums, 0, count * sum_stride * sizeof *sums);
    nt_ternary_multiply(codes, rows, cols, inputs, input_stride, count, sums, sum_stride);
    assert_memory_equal(sums, expected, count * sum_stride * sizeof *sums);
  }
  free(codes);
  free(inputs);
  free(expected);
  free(sums);
}

static void every_number_of_vectors(void **state) {
  (void)state;
  for (size_t count = 1; count <= NT_BATCH; count++)
    multiplies(7, 33, count);
  multiplies(1, 1, 1);
}

static void shared_among_threads(void **state) {
  (void)state;
  multiplies(1021, 700, NT_BATCH); // 11 million products
}

static void store_outlives_its_first_holder(void **state) {
  (void)state;
  nt_ternary_store_t *store = nt_ternary_store_new(1000);
  assert_non_null(store);
  memset(nt_ternary_store_codes(store), 1, 1000);
  nt_ternary_store_t *second = nt_ternary_store_share(store);
  assert_ptr_equal(second, store);
  nt_ternary_store_release(store);
  for (size_t k = 0; k < 1000; k++) // the sanitizer build sees a use after the end
    assert_int_equal(nt_ternary_store_codes(second)[k], 1);
  nt_ternary_store_release(second); // and a leak
  nt_ternary_store_release(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_number_of_vectors),
      cmocka_unit_test(shared_among_threads),
      cmocka_unit_test(store_outlives_its_first_holder),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
