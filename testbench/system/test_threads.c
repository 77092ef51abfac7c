// SPDX-License-Identifier: Apache-2.0
// A network whose layers spread over several tiles, on one thread and on several: the same logits,
// state files and numbers of compared values, and the same words about a fault.
#include "nt_fault.h"
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"
#include "nt_rtl.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOCAB = 4000, TOKENS = 2, MAX_CYCLES = 1000000, SEED = 4 };
static const int THREADS[] = {1, 2, 5};
enum { RUNS = sizeof THREADS / sizeof THREADS[0] };

typedef struct result {
  int32_t logits[TOKENS][VOCAB];
  nt_session_stats_t stats;
  nt_test_file_t state;
} result_t;

// gate and up, and the head, need more than one tile.
static nt_image_t *make_image(void) {
  const nt_qmodel_shape_t shape = {
      .hidden = 256, .intermediate = 3700, .layers = 2, .vocab = VOCAB};
  const nt_mapper_options_t options = {.params = nt_rtl_params(), .spread = 0};
  nt_error_t err;
  nt_qmodel_t *qmodel = NULL;
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_qmodel_random(&shape, SEED, &qmodel, &err), err);
  NT_OK_CALL(nt_mapper_compile(qmodel, &options, &image, NULL, &err), err);
  NT_OK_CALL(nt_qmodel_store(qmodel, image, &err), err);
  nt_qmodel_free(qmodel);
  return image;
}

// Tiles of a population.
static uint32_t tiles_of(const nt_population_t *population) {
  uint32_t tiles = 1;
  for (uint32_t c = 1; c < population->chunks; c++) {
    tiles += population->chunk[c].tile != population->chunk[c - 1].tile;
  }
  return tiles;
}

static result_t *run(nt_backend_t backend, int threads) {
  char path[NT_TEST_PATH_MAX];
  nt_test_path(path, "threads.state");
  nt_error_t err;
  result_t *r = calloc(1, sizeof *r);
  assert_non_null(r);
  omp_set_num_threads(threads);
  nt_talk_t talk = nt_talk_open(make_image(), backend, true, MAX_CYCLES);
  assert_true(tiles_of(nt_talk_population(&talk, "M0")) > 1);
  assert_true(tiles_of(nt_talk_population(&talk, "D")) > 1);
  for (uint32_t i = 0; i < TOKENS; i++) {
    const uint32_t token = 3 + i;
    nt_talk_say(&talk, &token, 1);
    memcpy(r->logits[i], talk.logits, sizeof r->logits[i]);
  }
  r->stats = nt_session_stats(talk.session);
  r->stats.seconds = r->stats.first_seconds = r->stats.golden_seconds = r->stats.dut_seconds =
      r->stats.compare_seconds = 0;
  NT_OK_CALL(nt_session_save(talk.session, path, 1, &err), err);
  r->state = nt_test_read(path);
  nt_test_folder_remove(path);
  nt_talk_close(&talk);
  return r;
}

static void compare(nt_backend_t backend) {
  result_t *alone = run(backend, THREADS[0]);
  for (int i = 1; i < RUNS; i++) {
    result_t *other = run(backend, THREADS[i]);
    NT_SAME(other->logits, alone->logits, sizeof alone->logits);
    assert_int_equal(other->state.size, alone->state.size);
    NT_SAME(other->state.data, alone->state.data, alone->state.size);
    NT_SAME(&other->stats, &alone->stats, sizeof alone->stats);
    free(other->state.data);
    free(other);
  }
  assert_true(alone->stats.lockstep.spikes > 0 && alone->stats.observables > 0);
  free(alone->state.data);
  free(alone);
}

static void golden_is_the_same(void **state) {
  (void)state;
  compare(NT_BACKEND_GOLDEN);
}

static void rtl_is_the_same(void **state) {
  (void)state;
  compare(NT_BACKEND_RTL);
}

// Wrong weights on two tiles that run in the same timestep: the first in order is reported.
static void the_first_mismatch_is_the_same(void **state) {
  (void)state;
  char first[sizeof((nt_error_t *)NULL)->text] = "";
  for (int i = 0; i < RUNS; i++) {
    nt_error_t err;
    omp_set_num_threads(THREADS[i]);
    nt_talk_t talk = nt_talk_open(make_image(), NT_BACKEND_RTL, true, MAX_CYCLES);
    const nt_population_t *population = nt_talk_population(&talk, "M0");
    for (uint32_t c = 0; c < population->chunks; c++) {
      for (uint32_t input = 0; input < 8; input++) {
        const nt_fault_t fault = nt_fault_weight(&talk, &population->chunk[c], input, 5);
        nt_fault_inject(&talk, &fault);
      }
    }
    assert_int_equal(nt_session_token(talk.session, 3, talk.logits, &err), NT_ERR_MISMATCH);
    if (i == 0) {
      (void)snprintf(first, sizeof first, "%s", err.text);
      assert_non_null(strstr(first, "population M0"));
    }
    assert_string_equal(err.text, first);
    nt_talk_close(&talk);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(golden_is_the_same),
                                     cmocka_unit_test(rtl_is_the_same),
                                     cmocka_unit_test(the_first_mismatch_is_the_same)};
  return nt_test_report("threads", cmocka_run_group_tests(tests, NULL, NULL));
}
