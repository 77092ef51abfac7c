// SPDX-License-Identifier: Apache-2.0
// The map report against what can be counted by hand or from the image.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_map_report.h"
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_test.h"

enum { HIDDEN = 32, INTERMEDIATE = 64, LAYERS = 2, VOCAB = 50 };

typedef struct made {
  nt_qmodel_t *qmodel;
  nt_image_t *image;
  nt_layout_t *layout;
} made_t;

static made_t make(void) {
  made_t made = {NULL, NULL, NULL};
  nt_error_t err;
  const nt_qmodel_shape_t shape = {HIDDEN, INTERMEDIATE, LAYERS, VOCAB, true, false};
  const nt_mapper_options_t options = {.params = nt_params_default(), .spread = 0};
  nt_assert_ok(nt_qmodel_random(&shape, 3, &made.qmodel, &err), err);
  // One row of i is full, one row of the head: the largest sums are known.
  for (size_t k = 0; k < HIDDEN; k++) {
    made.qmodel->layer[1].i.codes[5 * HIDDEN + k] = k % 2 == 0 ? 1 : -1;
    made.qmodel->head.codes[49 * HIDDEN + k] = -1;
  }
  nt_assert_ok(nt_mapper_compile(made.qmodel, &options, &made.image, &made.layout, &err), err);
  return made;
}

static void clean(made_t *made) {
  nt_layout_free(made->layout);
  nt_image_free(made->image);
  nt_qmodel_free(made->qmodel);
}

static const nt_map_bound_t *bound(const nt_map_report_t *report, const char *name) {
  for (uint32_t k = 0; k < report->bounds; k++)
    if (strcmp(report->bound[k].name, name) == 0)
      return &report->bound[k];
  fail_msg("no bound %s", name);
  return NULL;
}

static void bounds_are_those_of_the_fullest_row(void **state) {
  (void)state;
  made_t made = make();
  nt_map_report_t report;
  nt_map_report_make(made.image, made.layout, made.qmodel, NULL, 0, &report);
  assert_int_equal(bound(&report, "row sum of i, f, g, o")->largest, HIDDEN * 128);
  assert_int_equal(bound(&report, "row sum of the head")->largest, HIDDEN * 128);
  assert_int_equal(bound(&report, "row sum of the head")->limit, 8388608);
  assert_int_equal(bound(&report, "row sum of i, f, g, o")->limit, 2147483648);
  // ss is 7 for 64 inputs: 64 * 2^23 - 1 squares each at most 2^23 - 1 (network.md, "Norm and
  // codes").
  assert_int_equal(bound(&report, "sum of squares of a norm")->largest, 64 * UINT64_C(8388607));
  assert_int_equal(report.weights,
                   LAYERS * (4 * HIDDEN * HIDDEN + 3 * HIDDEN * INTERMEDIATE) + VOCAB * HIDDEN);
  made.qmodel->head.codes[49 * HIDDEN] = 0; // one weight less is seen
  nt_map_report_make(made.image, made.layout, made.qmodel, NULL, 0, &report);
  assert_int_equal(bound(&report, "row sum of the head")->largest, (HIDDEN - 1) * 128);
  clean(&made);
}

/// Behind the last word of the pool that is not zero.
static uint32_t pool_end(const nt_image_t *image, uint32_t tile, uint32_t core) {
  const uint32_t lanes = nt_params_word_lanes(&image->params);
  uint32_t end = 0;
  for (uint32_t w = 0; w < image->params.pool_words * lanes; w++)
    if (nt_image_core(image, tile, core)->pool[w] != 0)
      end = w / lanes + 1;
  return end;
}

static void memory_is_that_of_the_image(void **state) {
  (void)state;
  made_t made = make();
  nt_map_report_t report;
  nt_map_report_make(made.image, made.layout, made.qmodel, NULL, 0, &report);
  assert_int_equal(report.tiles, made.image->tiles);
  uint32_t cores = 0, most = 0, least = UINT32_MAX;
  uint64_t total = 0;
  for (uint32_t t = 0; t < made.image->tiles; t++) {
    for (uint32_t c = 0; c < made.image->params.cores; c++) {
      const uint32_t end = pool_end(made.image, t, c);
      if (end == 0)
        continue;
      cores++;
      total += end;
      most = end > most ? end : most;
      least = end < least ? end : least;
      assert_int_equal(nt_map_core(made.image, made.layout, t, c).pool, end);
    }
  }
  assert_true(cores > 0);
  assert_int_equal(report.cores_used, cores);
  assert_int_equal(report.pool.max, most);
  assert_int_equal(report.pool.min, least);
  assert_true(report.pool.mean == (double)total / cores);
  assert_int_equal(report.pool.capacity, made.image->params.pool_words);
  // Every population of this network fits one chunk of ceil(neurons / lanes) lines.
  uint32_t lines = 0;
  const uint32_t lanes = nt_params_line_lanes(&made.image->params);
  for (uint32_t p = 0; p < made.layout->populations; p++)
    lines += (made.layout->population[p].neurons + lanes - 1) / lanes;
  assert_true(report.lines.mean * cores == lines);
  assert_int_equal(report.steps_per_token, 12 * LAYERS + 4);
  clean(&made);
}

/// One tile: every message has one destination. network.md, "the token schedule": x, squares, R,
/// paces, codes (three vectors into the mixer), logits.
static void spikes_are_those_of_the_schedule(void **state) {
  (void)state;
  made_t made = make();
  nt_map_report_t report;
  nt_map_report_make(made.image, made.layout, made.qmodel, NULL, 0, &report);
  assert_int_equal(made.image->tiles, 1);
  const uint64_t norm = 3; // R, pace to itself, pace to the consumer
  const uint64_t site = 2 * HIDDEN + norm;
  const uint64_t mixer = site + 3 * HIDDEN + 2 * HIDDEN + norm;
  const uint64_t mlp = site + HIDDEN + 2 * INTERMEDIATE + norm;
  const uint64_t head = site + HIDDEN + VOCAB;
  const uint64_t host = HIDDEN + 1;
  assert_int_equal(report.spikes_most, host + LAYERS * (mixer + mlp) + head);
  assert_true(report.spikes_typical == 0);
  // Half the codes of the first MLP are zero.
  nt_integer_counter_t counter = {.name = "stage.1.codes_0", .values = 1000, .zeros = 500};
  nt_map_report_make(made.image, made.layout, made.qmodel, &counter, 1, &report);
  assert_true(report.spikes_typical == (double)report.spikes_most - HIDDEN / 2);
  clean(&made);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bounds_are_those_of_the_fullest_row),
      cmocka_unit_test(memory_is_that_of_the_image),
      cmocka_unit_test(spikes_are_those_of_the_schedule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
