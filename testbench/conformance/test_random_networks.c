// SPDX-License-Identifier: Apache-2.0
// Random networks of one to three tiles, driven and disturbed at random: host spikes, host access,
// loads between timesteps, state resets, state files exchanged between the back ends.
#include "nt_duel.h"
#include "nt_random_case.h"

#include <inttypes.h>

enum { CASES = 20 };

static uint64_t seed;

static void test_random_networks(void **state) {
  (void)state;
  nt_error_t err = {0};
  const uint32_t cases = nt_random_cases(CASES);
  for (uint32_t i = 0; i < cases; i++) {
    print_message("case %" PRIu32 ": repeat with NT_SEED=%" PRIu64
                  " NT_CASES=1 test_random_networks %s %s\n",
                  i, seed + i, nt_check_backend()->name, nt_check_backend()->shape);
    nt_random_case_t made;
    nt_check_context("seed %" PRIu64, seed + i);
    NT_CHECK_OK(nt_random_case_network(seed + i, &nt_check_backend()->params, &made, &err), &err);
    nt_random_case_play(&made);
    nt_random_case_free(&made);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_networks)};
  if (!nt_check_begin(argc, argv))
    return 2;
  if (nt_check_against_itself()) {
    nt_check_skip("the golden tile is the reference of this group; its own are the vectors");
    return nt_check_end("test_random_networks", 0);
  }
  seed = nt_random_seed(5000);
  const int failed = nt_check_run(tests);
  const bool shown = nt_duel_report("test_random_networks");
  return nt_check_end("test_random_networks", failed != 0 || !shown);
}
