// SPDX-License-Identifier: Apache-2.0
// A planted fault is found by random testing, shrunk to a case that is small, written, and read
// again; the case passes without the fault. A case that only its host can make fail shrinks too.
#include "nt_campaign.h"
#include "nt_case_shrink.h"
#include "nt_case_text.h"
#include "nt_check.h"
#include "nt_golden.h"
#include "nt_plant.h"

#include <stdio.h>
#include <string.h>

enum { SEEDS = 20, TRIALS = 2000 };

static bool fails(void *user, const nt_random_case_t *tried) {
  (void)user;
  return nt_case_run(tried).failed;
}

/// The first failing case, and which seed it came from.
static uint32_t find_failing(nt_random_case_t *made) {
  nt_error_t err = {0};
  for (uint32_t seed = 1; seed <= SEEDS; seed++) {
    NT_CHECK_OK(nt_random_case_any(seed, &nt_check_backend()->params, made, &err), &err);
    if (fails(NULL, made))
      return seed;
    nt_random_case_free(made);
  }
  return 0;
}

static void test_planted_fault(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_random_case_t made, read;
  nt_plant_min_max();
  const uint32_t seed = find_failing(&made);
  assert_true(seed != 0);
  const nt_case_size_t before = nt_case_size(&made);
  const uint32_t trials = nt_case_shrink(&made, fails, NULL, TRIALS, NULL);
  const nt_case_size_t after = nt_case_size(&made);
  print_message("seed %u: %u to %u actions, %u to %u instructions in %u trials\n", seed,
                before.actions, after.actions, before.instructions, after.instructions, trials);
  assert_true(trials < TRIALS);
  assert_true(after.actions <= 4 && after.groups <= 2 && after.neurons <= 8);
  assert_true(after.instructions <= 8 && after.words <= before.words / 20);

  NT_CHECK_OK(nt_case_write(&made, "planted\nfault", "test_shrink.txt", &err), &err);
  NT_CHECK_OK(nt_case_read("test_shrink.txt", &nt_check_backend()->params, &read, &err), &err);
  const nt_case_size_t again = nt_case_size(&read);
  NT_CHECK(memcmp(&again, &after, sizeof after), 0);
  NT_CHECK(fails(NULL, &read), true);
  nt_check_set_open(nt_golden_open);
  NT_CHECK(fails(NULL, &read), false);
  NT_CHECK(remove("test_shrink.txt"), 0);
  nt_random_case_free(&read);
  nt_random_case_free(&made);
}

/// True while the case has two timesteps and a clear between them.
static bool clears_between_steps(void *user, const nt_random_case_t *tried) {
  (void)user;
  uint32_t seen = 0;
  for (uint32_t i = 0; i < tried->actions; i++) {
    const nt_action_kind_t wanted = seen == 1 ? NT_ACTION_CLEAR : NT_ACTION_STEP;
    seen += tried->action[i].kind == wanted;
  }
  return seen >= 3;
}

static void test_only_what_is_needed_stays(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_random_case_t made;
  NT_CHECK_OK(nt_random_case_network(77, &nt_check_backend()->params, &made, &err), &err);
  for (uint32_t i = 0; i < 3; i++) {
    nt_random_case_add(&made, (nt_action_t){.kind = NT_ACTION_CLEAR});
    nt_random_case_add(&made, (nt_action_t){.kind = NT_ACTION_STEP});
  }
  assert_true(clears_between_steps(NULL, &made));
  (void)nt_case_shrink(&made, clears_between_steps, NULL, TRIALS, NULL);
  const nt_case_size_t after = nt_case_size(&made);
  NT_CHECK(after.actions, 3);
  NT_CHECK(made.action[0].kind, NT_ACTION_STEP);
  NT_CHECK(made.action[1].kind, NT_ACTION_CLEAR);
  NT_CHECK(made.action[2].kind, NT_ACTION_STEP);
  NT_CHECK(after.words, 0);
  nt_random_case_free(&made);
}

static void refuse(const char *text) {
  nt_error_t err = {0};
  nt_random_case_t read;
  FILE *file = fopen("test_shrink_bad.txt", "w");
  assert_non_null(file);
  (void)fputs(text, file);
  (void)fclose(file);
  NT_CHECK(nt_case_read("test_shrink_bad.txt", &nt_check_backend()->params, &read, &err),
           NT_ERR_FORMAT);
  NT_CHECK(strstr(err.text, "test_shrink_bad.txt") != NULL, true);
  NT_CHECK(remove("test_shrink_bad.txt"), 0);
  nt_random_case_free(&read);
}

static void test_bad_files_are_refused(void **state) {
  (void)state;
  refuse("");
  refuse("do step\n");
  refuse("tiles 0\n");
  refuse("tiles 1\ntiles 1\n");
  refuse("tiles 1\nword 0 0 PROG 9999999 1\n");
  refuse("tiles 1\nword 1 0 PROG 0 1\n");
  refuse("tiles 1\nword 0 0 CREG 0 1\n");
  refuse("tiles 1\ndo dance\n");
  refuse("tiles 1\ndo write 0 0 TABLE 3\n");
  refuse("tiles 1\ndo spike 0 1 3 16\n");
  refuse("tiles 1\nno-ops 0 0 0 9999999\n");
  refuse("tiles 1\nlist 0\n");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_planted_fault),
                                     cmocka_unit_test(test_only_what_is_needed_stays),
                                     cmocka_unit_test(test_bad_files_are_refused)};
  if (!nt_check_begin(argc, argv))
    return 2;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  return nt_check_end("test_shrink", failed);
}
