// SPDX-License-Identifier: Apache-2.0
#include "nt_ternary_multiply.h"

#include <omp.h>

// Products worth the start of a parallel region.
#define PARALLEL_MIN ((size_t)1 << 23)
#define TOGETHER 4 // vectors per pass over a row

static int32_t dot(const int8_t *restrict codes, const int16_t *restrict inputs, size_t cols) {
  int32_t sum = 0;
  for (size_t k = 0; k < cols; k++)
    sum += codes[k] * inputs[k];
  return sum;
}

/// One row times TOGETHER vectors.
static void dots(const int8_t *restrict codes, const int16_t *restrict inputs, size_t stride,
                 size_t cols, int32_t sums[TOGETHER]) {
  const int16_t *restrict a = inputs;
  const int16_t *restrict b = a + stride;
  const int16_t *restrict c = b + stride;
  const int16_t *restrict d = c + stride;
  int32_t sum_a = 0, sum_b = 0, sum_c = 0, sum_d = 0;
  for (size_t k = 0; k < cols; k++) {
    sum_a += codes[k] * a[k];
    sum_b += codes[k] * b[k];
    sum_c += codes[k] * c[k];
    sum_d += codes[k] * d[k];
  }
  sums[0] = sum_a;
  sums[1] = sum_b;
  sums[2] = sum_c;
  sums[3] = sum_d;
}

/// Between parallel regions threads sleep instead of spinning: the serial code between them is
/// long.
static void let_threads_rest(void) {
#ifdef KMP_VERSION_MAJOR
  kmp_set_blocktime(0);
#endif
}

void nt_ternary_multiply(const int8_t *codes, size_t rows, size_t cols, const int16_t *inputs,
                         size_t input_stride, size_t count, int32_t *sums, size_t sum_stride) {
  const int parallel = rows * cols * count >= PARALLEL_MIN;
  if (parallel)
    let_threads_rest();
#pragma omp parallel for schedule(static) if (parallel)
  for (size_t row = 0; row < rows; row++) {
    const int8_t *line = codes + row * cols;
    size_t t = 0;
    for (; t + TOGETHER <= count; t += TOGETHER) {
      int32_t found[TOGETHER];
      dots(line, inputs + t * input_stride, input_stride, cols, found);
      for (size_t n = 0; n < TOGETHER; n++)
        sums[(t + n) * sum_stride + row] = found[n];
    }
    for (; t < count; t++)
      sums[t * sum_stride + row] = dot(line, inputs + t * input_stride, cols);
  }
}
