// SPDX-License-Identifier: Apache-2.0
// nt_compare: how far two recordings of the same vectors are apart.
#ifndef NT_COMPARE_H
#define NT_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

/// Differences between two arrays [rows][cols]; a row is one token.
typedef struct nt_difference {
  size_t values; ///< number of values compared
  double max;    ///< largest |expected - got|
  double median; ///< median over the rows of each row's largest |expected - got|
  double spread; ///< standard deviation of the expected values
} nt_difference_t;

/// Measures. A value that is not a number counts as an infinite difference.
nt_difference_t nt_compare(const double *expected, const double *got, size_t rows, size_t cols);

/// Prints one line headed by `label` and returns true if at least one value was compared and the
/// maximum and the median are within their limits.
bool nt_within(const char *label, nt_difference_t difference, double max, double median);

/// As nt_within, the limits being in units of the spread.
bool nt_within_spread(const char *label, nt_difference_t difference, double max, double median);

#endif
