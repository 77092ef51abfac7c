// SPDX-License-Identifier: Apache-2.0
#include "nt_clock.h"

#include <time.h>

double nt_clock_now(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
