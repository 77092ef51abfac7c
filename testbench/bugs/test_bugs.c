// SPDX-License-Identifier: Apache-2.0
// One planted bug: the report says what bugs.json expects. Usage: test_bugs BUGS.json NAME; the
// name "none" is the tile as it is, in which nothing may be found.
#include "nt_bug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef struct plan {
  const char *path, *name;
} plan_t;

static void test_bug(void **state) {
  const plan_t *plan = *state;
  const bool none = strcmp(plan->name, "none") == 0;
  nt_error_t err = {.text = ""};
  nt_bug_run_t run = {.status = NT_OK};
  cJSON *list = NULL;
  char what[512] = "";
  if (nt_bug_list(plan->path, &list, &err) != NT_OK) {
    fail_msg("%s", err.text);
  }
  const cJSON *bug = nt_bug_find(list, plan->name);
  if (bug == NULL && !none) {
    fail_msg("%s: has no bug \"%s\"", plan->path, plan->name);
  }
  const uint32_t number =
      none ? 0 : (uint32_t)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(bug, "number"));
  if (!nt_bug_run(number, &run, &err)) {
    fail_msg("%s", err.text);
  }
  const bool good = none ? run.status == NT_OK : nt_bug_is_reported(bug, &run, what);
  if (!good) {
    print_error("%s\n%s\n%s\n", what, run.error, run.text != NULL ? run.text : "");
  }
  (void)printf("%" PRIu64 " values compared\n", run.compared);
  assert_true(good);
  assert_true(run.compared > 0 || !none);
  nt_bug_run_free(&run);
  cJSON_Delete(list);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    (void)fprintf(stderr, "usage: test_bugs BUGS.json NAME\n");
    return 2;
  }
  plan_t plan = {argv[1], argv[2]};
  const struct CMUnitTest tests[] = {{argv[2], test_bug, NULL, NULL, &plan}};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
