// SPDX-License-Identifier: Apache-2.0
// Speed of the golden tile's DENSE ternary path, whole spikes at the device interface: synapses per
// second on one thread.
#include "nt_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/// Injects a spike onto 8 rows `spikes` times; a new step every 64 spikes.
static void measure(const char *name, uint32_t digits, uint32_t exp, uint32_t spikes) {
  nt_dev_t *dev = nt_rig_open(NULL);
  uint64_t random = 1;
  for (uint32_t k = 0; k < 8 * 8 * digits; k++)
    nt_rig_pool(dev, 0, 256 + k / 8, k % 8, (uint32_t)nt_rig_random(&random));
  nt_rig_axon(dev, 0, 0, nt_rig_dense(0, 1, 0, 8, digits, exp, 256));
  const double start = seconds();
  for (uint32_t k = 0; k < spikes; k++) {
    nt_rig_inject(dev, 1, 0, 1 << 16);
    if (k % 64 == 63)
      nt_rig_step(dev, k / 64);
  }
  const double elapsed = seconds() - start;
  const uint64_t synapses = nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS);
  printf("%-28s %" PRIu64 " synapses in %.3f s: %.2f 1e9/s\n", name, synapses, elapsed,
         1e-9 * (double)synapses / elapsed);
  nt_dev_close(dev);
}

int main(void) {
  measure("ternary", 1, 0, 4000000);
  measure("8-bit", 4, 0, 1000000);
  measure("ternary, exact sums kept", 1, 14, 400000);
  return EXIT_SUCCESS;
}
