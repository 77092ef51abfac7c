// SPDX-License-Identifier: Apache-2.0
#include "nt_compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int compare_doubles(const void *left, const void *right) {
  const double a = *(const double *)left;
  const double b = *(const double *)right;
  return (a > b) - (a < b);
}

nt_difference_t nt_compare(const double *expected, const double *got, size_t rows, size_t cols) {
  nt_difference_t result = {.values = rows * cols};
  if (result.values == 0)
    return result;
  double *worst = calloc(rows, sizeof *worst);
  if (worst == NULL)
    return (nt_difference_t){0};
  double sum = 0;
  double squares = 0;
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < cols; c++) {
      const double value = expected[r * cols + c];
      const double distance = fabs(value - got[r * cols + c]);
      worst[r] = isnan(distance) ? INFINITY : fmax(worst[r], distance);
      sum += value;
      squares += value * value;
    }
    result.max = fmax(result.max, worst[r]);
  }
  const double mean = sum / (double)result.values;
  result.spread = sqrt(fmax(0, squares / (double)result.values - mean * mean));
  qsort(worst, rows, sizeof *worst, compare_doubles);
  result.median = worst[rows / 2];
  free(worst);
  return result;
}

bool nt_within(const char *label, nt_difference_t difference, double max, double median) {
  const bool good = difference.values > 0 && difference.max <= max && difference.median <= median;
  printf("  %-28s %7zu values, max %.2e (limit %.2e), median %.2e (limit %.2e) %s\n", label,
         difference.values, difference.max, max, difference.median, median, good ? "ok" : "DIFFER");
  return good;
}

bool nt_within_spread(const char *label, nt_difference_t difference, double max, double median) {
  return nt_within(label, difference, max * difference.spread, median * difference.spread);
}
