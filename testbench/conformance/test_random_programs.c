// SPDX-License-Identifier: Apache-2.0
// Random programs on random state and input, the back end under test against the golden tile.
#include "nt_duel.h"

#include <inttypes.h>

enum { CASES = 40, STEPS = 4 };

static uint64_t seed;

/// One tile whose spikes all go to the host: what a program computes depends on nothing but its
/// own state and the spikes sent here.
static void run_case(uint64_t case_seed) {
  nt_random_t random = {case_seed};
  nt_error_t err = {0};
  nt_image_t *image = NULL;
  nt_duel_t duel;
  const nt_random_network_t network = {.tiles = 1,
                                       .program_length = nt_random_chance(&random, 80) ? 64 : 200,
                                       .hot = nt_random_chance(&random, 20),
                                       .faults = nt_random_chance(&random, 30)};
  NT_CHECK_OK(nt_random_image(&random, &nt_check_backend()->params, &network, &image, &err), &err);
  nt_duel_open(&duel, image);
  for (uint32_t step = 0; step < STEPS; step++) {
    const uint32_t spikes = nt_random_below(&random, 12);
    for (uint32_t i = 0; i < spikes; i++) {
      const nt_spike_t spike = nt_random_spike(&random, image, &network);
      nt_duel_inject(&duel, &spike, 1);
    }
    nt_duel_step(&duel);
  }
  nt_duel_sweep(&duel);
  nt_duel_close(&duel);
}

static void test_random_programs(void **state) {
  (void)state;
  const uint32_t cases = nt_random_cases(CASES);
  for (uint32_t i = 0; i < cases; i++) {
    print_message("case %" PRIu32 ": repeat with NT_SEED=%" PRIu64
                  " NT_CASES=1 test_random_programs %s %s\n",
                  i, seed + i, nt_check_backend()->name, nt_check_backend()->shape);
    run_case(seed + i);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_programs)};
  if (!nt_check_begin(argc, argv))
    return 2;
  seed = nt_random_seed(1000);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  const bool shown = nt_duel_report("test_random_programs");
  return nt_check_end("test_random_programs", failed != 0 || !shown);
}
