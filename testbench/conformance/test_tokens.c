// SPDX-License-Identifier: Apache-2.0
// Whole tokens of a shipped model, greedy from the begin mark on, against the integer reference.
// The image is the one in the environment variable NT_IMAGE.
#include "nt_levels.h"

#include <stdio.h>
#include <stdlib.h>

enum { TOKENS = 3 };

static nt_image_t *image;

static void test_greedy_text(void **state) {
  (void)state;
  nt_levels_t levels;
  nt_levels_open(&levels, image);
  uint32_t token = levels.layout->bos < levels.layout->vocab ? levels.layout->bos : 0;
  for (uint32_t i = 0; i < TOKENS; i++)
    token = nt_levels_token(&levels, token);
  nt_levels_close(&levels);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_greedy_text)};
  const char *path = getenv("NT_IMAGE");
  nt_error_t err = {0};
  int failed = 0;
  if (!nt_check_begin(argc, argv))
    return 2;
  if (path == NULL || path[0] == '\0') {
    nt_check_skip("no image of a model was given");
  } else if (nt_image_load(path, &image, &err) != NT_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    return 2;
  } else if (nt_params_match(&image->params, &nt_check_backend()->params, NULL) != NT_OK) {
    nt_check_skip("the image is for tiles of another shape");
  } else {
    failed = nt_check_run(tests);
  }
  nt_image_free(image);
  return nt_check_end("test_tokens", failed);
}
