// SPDX-License-Identifier: Apache-2.0
// The stored vectors that are for the back end's shape, from the folder in the environment variable
// NT_VECTORS or that of the suite.
#include "nt_suite_version.h"
#include "nt_vector.h"

#include <stdio.h>
#include <stdlib.h>

static void play(void **state) {
  nt_vector_play(*state);
}

int main(int argc, char **argv) {
  const char *folder = getenv("NT_VECTORS");
  nt_vectors_t vectors;
  nt_error_t err = {0};
  int failed = 0;
  if (!nt_check_begin(argc, argv))
    return 2;
  const nt_status_t status =
      nt_vectors_read(folder != NULL && folder[0] != '\0' ? folder : NT_SUITE_VECTORS,
                      NT_SUITE_VERSION, &nt_check_backend()->params, &vectors, &err);
  struct CMUnitTest *tests = calloc(vectors.cases + 1, sizeof *tests);
  for (uint32_t i = 0; tests != NULL && i < vectors.cases; i++)
    tests[i] = (struct CMUnitTest){
        .name = vectors.item[i].name, .test_func = play, .initial_state = &vectors.item[i]};
  if (status != NT_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    nt_check_broken(err.text);
    failed = 1;
  } else if (vectors.cases == 0) {
    nt_check_skip("no vector file is for this shape; make_vectors.py --shape writes some");
  } else {
    failed = tests == NULL || nt_check_run_tests("vectors", tests, vectors.cases) != 0;
  }
  free(tests);
  nt_vectors_free(&vectors);
  return nt_check_end("test_vectors", failed);
}
