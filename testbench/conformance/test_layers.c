// SPDX-License-Identifier: Apache-2.0
// Whole layers: small networks with random weights, compiled for the back end's tile, against the
// integer reference (docs/spec/network.md).
#include "nt_levels.h"
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"
#include "nt_random.h"

#include <inttypes.h>

enum { TABLE_MIN = 256 }; // sigmoid and inverse square root take 128 entries, constants the rest

static void conform(const nt_qmodel_shape_t *shape, int spread, uint64_t seed) {
  const nt_mapper_options_t options = {nt_check_backend()->params, spread, NULL};
  nt_error_t err = {0};
  nt_qmodel_t *made = NULL;
  nt_image_t *image = NULL;
  nt_levels_t levels;
  print_message("repeat with NT_SEED=%" PRIu64 "\n", seed);
  NT_CHECK_OK(nt_qmodel_random(shape, seed, &made, &err), &err);
  NT_CHECK_OK(nt_mapper_compile(made, &options, &image, NULL, &err), &err);
  NT_CHECK_OK(nt_qmodel_store(made, image, &err), &err);
  nt_levels_open(&levels, image);
  for (uint32_t token = 0; token < 3; token++)
    (void)nt_levels_token(&levels, (token * 7 + 1) % shape->vocab);
  nt_levels_close(&levels);
  nt_image_free(image);
  nt_qmodel_free(made);
}

/// One code vector for i, f, g.
static void test_shared_codes(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {96, 160, 1, 60, false, false};
  conform(&shape, 0, nt_random_seed(41));
}

/// Three code vectors, norms with outer weights, two layers, a tile for each.
static void test_distinct_codes_and_outer_weights(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {64, 96, 2, 40, true, true};
  conform(&shape, 1, nt_random_seed(42));
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shared_codes),
      cmocka_unit_test(test_distinct_codes_and_outer_weights),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  if (nt_check_backend()->params.table_words < TABLE_MIN) {
    nt_check_skip("a network needs TABLE_WORDS of 256 or more");
    return nt_check_end("test_layers", 0);
  }
  return nt_check_end("test_layers", nt_check_run(tests));
}
