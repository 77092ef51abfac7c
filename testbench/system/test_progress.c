// SPDX-License-Identifier: Apache-2.0
// A tile that stops making progress is reported within the given cycles, with its phase and queues.
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"
#include "nt_rtl.h"
#include "nt_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Numbers of docs/spec/network.md, "token schedule"; TOKEN is the begin mark of the shipped model.
enum { LAYER_STEPS = 12, STEP_HEAD = 3, TOKEN = 1 };
enum { MAX_CYCLES = 20000, OVERHEAD = 100 }; // OVERHEAD: reading STATUS and QUEUE for the report

// Random network so small that all its logits fit the tile's queues: the engine finishes and only
// the messages are stuck.
static nt_image_t *tiny_image(void) {
  nt_error_t err;
  const nt_qmodel_shape_t shape = {.hidden = 8, .intermediate = 16, .layers = 1, .vocab = 4};
  const nt_mapper_options_t options = {.params = nt_rtl_params(), .spread = 0};
  nt_qmodel_t *qmodel = NULL;
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_qmodel_random(&shape, 7, &qmodel, &err), err);
  NT_OK_CALL(nt_mapper_compile(qmodel, &options, &image, NULL, &err), err);
  NT_OK_CALL(nt_qmodel_store(qmodel, image, &err), err);
  nt_qmodel_free(qmodel);
  return image;
}

// Blocks what leaves `tile`; the token must time out in timestep `step`, and `err` must name all
// queues.
static void expect_timeout(nt_talk_t *talk, uint32_t tile, uint32_t step, nt_error_t *err) {
  char expected[64];
  (void)snprintf(expected, sizeof expected, "tile %u, timestep %u: ", tile, step);
  nt_dev_t *dev = nt_talk_tile(talk, tile);
  nt_rtl_stall(dev, true, false);
  NT_FAILS(nt_session_token(talk->session, TOKEN, talk->logits, err), *err, NT_ERR_TIMEOUT,
           expected);
  for (uint32_t core = 0; core < talk->image->params.cores; core++) {
    (void)snprintf(expected, sizeof expected, "; core %u: in ", core);
    assert_non_null(strstr(err->text, expected));
  }
}

static void stuck_while_sending(void **state) {
  (void)state;
  nt_error_t err;
  nt_talk_t talk = nt_talk_open(nt_talk_image(), NT_BACKEND_RTL, false, MAX_CYCLES);
  const uint32_t tile = nt_talk_population(&talk, "X1")->chunk[0].tile;
  assert_int_not_equal(nt_talk_population(&talk, "X2")->chunk[0].tile,
                       tile); // so that X1 sends through the port
  nt_dev_t *dev = nt_talk_tile(&talk, tile);
  const uint64_t loaded = nt_dev_cycles(dev);
  nt_talk_say(&talk, (const uint32_t[]){TOKEN}, 1);
  const uint64_t before = nt_dev_cycles(dev);
  const uint64_t free_cycles =
      before - loaded; // what a token takes in the tile when nothing is blocked
  const uint32_t steps = talk.layout->steps_per_token;
  expect_timeout(&talk, tile, steps + LAYER_STEPS, &err);
  assert_non_null(strstr(err.text, "phase NEURON"));
  assert_non_null(strstr(err.text, "engine busy"));
  assert_in_range(nt_dev_cycles(dev) - before, MAX_CYCLES, MAX_CYCLES + free_cycles + OVERHEAD);
  nt_rtl_stall(dev, false, false);
  nt_talk_close(&talk);
}

static void stuck_behind_the_engine(void **state) {
  (void)state;
  nt_error_t err;
  nt_talk_t talk = nt_talk_open(tiny_image(), NT_BACKEND_RTL, false, MAX_CYCLES);
  const nt_population_t *head = nt_talk_population(&talk, "D");
  assert_int_equal(head->chunks, 1);
  expect_timeout(&talk, head->chunk[0].tile, LAYER_STEPS + STEP_HEAD, &err);
  assert_non_null(strstr(err.text, "phase FLUSH"));
  nt_talk_close(&talk);
}

static void a_fresh_device_works(void **state) {
  (void)state;
  nt_talk_t rtl = nt_talk_open(tiny_image(), NT_BACKEND_RTL, true, MAX_CYCLES);
  nt_talk_t golden = nt_talk_open(tiny_image(), NT_BACKEND_GOLDEN, false, MAX_CYCLES);
  nt_talk_say(&rtl, (const uint32_t[]){TOKEN}, 1);
  nt_talk_say(&golden, (const uint32_t[]){TOKEN}, 1);
  NT_SAME(rtl.logits, golden.logits, rtl.layout->vocab * sizeof *rtl.logits);
  assert_true(nt_session_stats(rtl.session).lockstep.spikes > 0);
  nt_talk_close(&rtl);
  nt_talk_close(&golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stuck_while_sending),
      cmocka_unit_test(stuck_behind_the_engine),
      cmocka_unit_test(a_fresh_device_works),
  };
  return nt_test_report("progress", cmocka_run_group_tests(tests, NULL, NULL));
}
