// SPDX-License-Identifier: Apache-2.0
// Random programs on random state and input, the back end under test against the golden tile.
#include "nt_duel.h"
#include "nt_random_case.h"

#include <inttypes.h>

enum { CASES = 40 };

static uint64_t seed;

static void test_random_programs(void **state) {
  (void)state;
  nt_error_t err = {0};
  const uint32_t cases = nt_random_cases(CASES);
  for (uint32_t i = 0; i < cases; i++) {
    print_message("case %" PRIu32 ": repeat with NT_SEED=%" PRIu64
                  " NT_CASES=1 test_random_programs %s %s\n",
                  i, seed + i, nt_check_backend()->name, nt_check_backend()->shape);
    nt_random_case_t made;
    nt_check_context("seed %" PRIu64, seed + i);
    NT_CHECK_OK(nt_random_case_program(seed + i, &nt_check_backend()->params, &made, &err), &err);
    nt_random_case_play(&made);
    nt_random_case_free(&made);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_programs)};
  if (!nt_check_begin(argc, argv))
    return 2;
  if (nt_check_against_itself()) {
    nt_check_skip("the golden tile is the reference of this group; its own are the vectors");
    return nt_check_end("test_random_programs", 0);
  }
  seed = nt_random_seed(1000);
  const int failed = nt_check_run(tests);
  const bool shown = nt_duel_report("test_random_programs");
  return nt_check_end("test_random_programs", failed != 0 || !shown);
}
