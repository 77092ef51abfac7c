// SPDX-License-Identifier: Apache-2.0
// One flipped bit in the verilated system, anywhere: reported in the first timestep in which it can
// matter, with its place. Every test runs the same tokens from the same state without the fault
// first; they must pass.
#include "nt_fault.h"
#include "nt_rtl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The begin mark and two tokens; the fault comes before the last, so that the recurrent state is
// not zero.
static const uint32_t text[] = {1, 300, 517};
enum {
  BEFORE = 2,
  TOKENS = 3,
  LAST = 2 * TOKENS - 1
}; // LAST: number of the token with the fault, counted over both runs

// Numbers of docs/spec/network.md, "token schedule".
enum { STAGE_STEPS = 6, LAYER_STEPS = 12, EXTRA_STEPS = 4, STEP_STORE_X = 1, STEP_CONSUMER = 3 };

// Timestep of a step within the token with the fault.
static uint32_t timestep(const nt_talk_t *talk, uint32_t step) {
  return LAST * (LAYER_STEPS * talk->layout->layers + EXTRA_STEPS) + step;
}

typedef struct fixture {
  nt_talk_t talk;
  int32_t *clean; // logits of the last token without the fault
} fixture_t;

static int setup(void **state) {
  fixture_t *fixture = malloc(sizeof *fixture);
  assert_non_null(fixture);
  nt_talk_t *talk = &fixture->talk;
  *talk = nt_talk_open(nt_talk_image(), NT_BACKEND_RTL, true, 1000000);
  nt_error_t err;
  nt_talk_say(talk, text, TOKENS);
  const nt_session_stats_t stats = nt_session_stats(talk->session);
  assert_true(stats.observables > 0 && stats.lockstep.accumulators > 0 &&
              stats.lockstep.state_words > 0);
  assert_true(stats.lockstep.spikes > 0 && stats.lockstep.counters > 0 &&
              stats.lockstep.swept_words > 0);
  const size_t size = talk->layout->vocab * sizeof *fixture->clean;
  fixture->clean = malloc(size);
  assert_non_null(fixture->clean);
  memcpy(fixture->clean, talk->logits, size);
  NT_OK_CALL(nt_session_reset(talk->session, &err), err);
  nt_talk_say(talk, text, BEFORE);
  *state = fixture;
  return 0;
}

static int teardown(void **state) {
  fixture_t *fixture = *state;
  nt_talk_close(&fixture->talk);
  free(fixture->clean);
  free(fixture);
  return 0;
}

// The last token must be refused; the report is returned.
static const char *report(nt_talk_t *talk, nt_error_t *err) {
  NT_FAILS(nt_session_token(talk->session, text[BEFORE], talk->logits, err), *err, NT_ERR_MISMATCH,
           "MISMATCH");
  return err->text;
}

static void expect_begin(const char *found, const char *expected) {
  if (strncmp(found, expected, strlen(expected)) != 0) {
    fail_msg("\"%s\" does not begin with \"%s\"", found, expected);
  }
}

static void expect_part(const char *found, const char *expected) {
  if (strstr(found, expected) == NULL) {
    fail_msg("\"%s\" does not contain \"%s\"", found, expected);
  }
}

static const int16_t *embedding(const nt_talk_t *talk) {
  return talk->layout->embedding + (size_t)text[BEFORE] * talk->layout->hidden;
}

static uint32_t first_nonzero(const int16_t *values) {
  uint32_t k = 0;
  while (values[k] == 0) {
    k++;
  }
  return k;
}

// The chunk that holds neuron `n` of a population.
static const nt_chunk_t *chunk_of(const nt_talk_t *talk, const char *name, uint32_t n) {
  const nt_population_t *population = nt_talk_population(talk, name);
  for (uint32_t c = 0; c < population->chunks; c++) {
    if (n >= population->chunk[c].first &&
        n < population->chunk[c].first + population->chunk[c].count) {
      return &population->chunk[c];
    }
  }
  fail_msg("population %s has no neuron %u", name, n);
  return NULL;
}

// Input of the first mixer with the largest code: code ~ x * q, and the largest of a norm site
// cannot be zero.
static uint32_t strongest_input(const nt_talk_t *talk) {
  const nt_qlayer_t *layer = &nt_session_qmodel(talk->session)->layer[0];
  uint32_t best = 0;
  int32_t largest = 0;
  for (uint32_t k = 0; k < talk->layout->hidden; k++) {
    const int32_t size = abs(embedding(talk)[k] * layer->mixer_norm.codes[0].weight[k]);
    if (size > largest) {
      largest = size;
      best = k;
    }
  }
  return best;
}

static void weight(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  enum { CHANNEL = 77 };
  const nt_chunk_t *chunk = chunk_of(talk, "G0", CHANNEL);
  const uint32_t neuron = CHANNEL - chunk->first,
                 lanes = nt_params_line_lanes(&talk->image->params);
  const nt_fault_t fault = nt_fault_weight(talk, chunk, strongest_input(talk), neuron);
  nt_fault_inject(talk, &fault);
  const char *found = report(talk, &err);
  char expected[256];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, accumulator: tile %u core %u, neuron's accumulator of "
                 "dendrite 0, line %u lane %u, expected ",
                 timestep(talk, STEP_CONSUMER), chunk->tile, chunk->core,
                 chunk->line + neuron / lanes, neuron % lanes);
  expect_begin(found, expected);
  (void)snprintf(expected, sizeof expected,
                 "; token %d, population G0 group %u neuron %u, tensor mixer.0.acc_i channel %d",
                 LAST, chunk->group, neuron, CHANNEL);
  expect_part(found, expected);
  // Bit 0 of a ternary digit changes the weight by 1, so the sum changes by the code.
  int64_t sum = 0, wrong = 0;
  assert_int_equal(sscanf(strstr(found, ", expected "),
                          ", expected %" SCNd64 " (golden), got %" SCNd64, &sum, &wrong),
                   2);
  assert_in_range(llabs(wrong - sum), 1, 512); // codes have 10 bits
}

static void microcode(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  const uint32_t channel = first_nonzero(embedding(talk)),
                 lanes = nt_params_line_lanes(&talk->image->params);
  const nt_chunk_t *chunk = chunk_of(talk, "X0", channel);
  const uint32_t neuron = channel - chunk->first;
  const nt_fault_t fault = nt_fault_first_instruction(talk, chunk);
  nt_fault_inject(talk, &fault);
  // The strip ends at the undefined instruction: x is not stored.
  char expected[320];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, neuron state: tile %u core %u, neuron's state word 0, "
                 "line %u lane %u, expected %d (golden), got 0 "
                 "(device under test); token %d, population X0 group %u neuron %u, tensor "
                 "stage.0.x channel %u",
                 timestep(talk, STEP_STORE_X), chunk->tile, chunk->core,
                 chunk->line + neuron / lanes, neuron % lanes, embedding(talk)[channel], LAST,
                 chunk->group, neuron, channel);
  assert_string_equal(report(talk, &err), expected);
}

static void recurrent_state(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  enum { CHANNEL = 5, BIT = 3 };
  const nt_chunk_t *chunk = chunk_of(talk, "G1", CHANNEL);
  const uint32_t neuron = CHANNEL - chunk->first,
                 lanes = nt_params_line_lanes(&talk->image->params);
  const nt_fault_t fault = nt_fault_state(talk, chunk, 0, neuron, BIT);
  nt_fault_inject(talk, &fault);
  const char *found = report(talk, &err);
  // A tile is looked at when it runs: layer 1 has a tile of its own, which starts when stage 2
  // stores x.
  char expected[256];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, neuron state: tile %u core %u, neuron's state word 0, "
                 "line %u lane %u, expected ",
                 timestep(talk, 2 * STAGE_STEPS + STEP_STORE_X), chunk->tile, chunk->core,
                 chunk->line + neuron / lanes, neuron % lanes);
  expect_begin(found, expected);
  (void)snprintf(expected, sizeof expected,
                 "; token %d, population G1 group %u neuron %u, tensor mixer.1.h channel %d", LAST,
                 chunk->group, neuron, CHANNEL);
  expect_part(found, expected);
  int32_t h = 0, wrong = 0;
  assert_int_equal(sscanf(strstr(found, ", expected "),
                          ", expected %" SCNd32 " (golden), got %" SCNd32, &h, &wrong),
                   2);
  assert_int_equal(h ^ wrong, 1 << BIT);
}

static void route(void **state) {
  const fixture_t *fixture = *state;
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  enum { BIT = 9 };
  const nt_chunk_t *chunk = chunk_of(talk, "D", 0);
  const nt_fault_t fault = nt_fault_host_axon(talk, chunk, BIT);
  nt_fault_inject(talk, &fault);
  const char *found = report(talk, &err);
  char expected[256];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, spikes sent: tile %u core %u, missing [tile %u ",
                 timestep(talk, 2 * STAGE_STEPS * talk->layout->layers + STEP_CONSUMER),
                 chunk->tile, chunk->core, NT_HOST_TILE);
  expect_begin(found, expected);
  uint32_t missing = 0, unexpected = 0;
  int32_t logit = 0, wrong = 0;
  assert_int_equal(sscanf(strstr(found, "missing "),
                          "missing [tile %*u cores %*x axon %" SCNu32 " type %*u payload %" SCNd32
                          "]",
                          &missing, &logit),
                   2);
  assert_int_equal(sscanf(strstr(found, "unexpected "),
                          "unexpected [tile %*u cores %*x axon %" SCNu32
                          " type %*u payload %" SCNd32 "]",
                          &unexpected, &wrong),
                   2);
  // Logits of the chunk, under their own numbers and under the wrong ones.
  assert_in_range(missing, chunk->first, chunk->first + chunk->count - 1);
  assert_in_range(unexpected, chunk->first + (1u << BIT),
                  chunk->first + chunk->count - 1 + (1u << BIT));
  assert_int_equal(logit, fixture->clean[missing]);
  assert_int_equal(wrong, fixture->clean[unexpected - (1u << BIT)]);
}

static void spike_from_host(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  enum { BIT = 2 };
  const uint32_t channel = first_nonzero(embedding(talk)),
                 lanes = nt_params_line_lanes(&talk->image->params);
  const nt_chunk_t *chunk = chunk_of(talk, "E", channel);
  const uint32_t neuron = channel - chunk->first;
  nt_spike_t *spikes = malloc(nt_layout_token_spikes_max(talk->layout) * sizeof *spikes);
  assert_non_null(spikes);
  size_t count = 0;
  NT_OK_CALL(nt_layout_token_spikes(talk->layout, text[BEFORE], spikes, &count, &err), err);
  uint64_t nth = 0; // among the spikes for the tile
  for (size_t i = 0;
       spikes[i].axon != talk->layout->embed_axon[0] + channel || spikes[i].tile != chunk->tile;
       i++) {
    assert_true(i + 1 < count);
    nth += spikes[i].tile == chunk->tile;
  }
  free(spikes);
  nt_rtl_corrupt_spike(nt_talk_tile(talk, chunk->tile), nth,
                       UINT64_C(1) << (NT_SPIKE_PAYLOAD_LSB + BIT));
  char expected[256];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, accumulator: tile %u core %u, neuron's accumulator of "
                 "dendrite 0, line %u lane %u, expected %d (golden), "
                 "got %d (device under test); token %d, population E group %u neuron %u",
                 timestep(talk, 0), chunk->tile, chunk->core, chunk->line + neuron / lanes,
                 neuron % lanes, embedding(talk)[channel], embedding(talk)[channel] ^ 1 << BIT,
                 LAST, chunk->group, neuron);
  expect_begin(report(talk, &err), expected);
}

static void spike_between_tiles(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  // The head has a tile of its own; first to enter it is x, with the squares if the norm is there
  // too: they act when the last stage stores x.
  const uint32_t stage = 2 * talk->layout->layers;
  char name[16], expected[256];
  (void)snprintf(name, sizeof name, "X%u", stage);
  const uint32_t tile = chunk_of(talk, name, 0)->tile;
  nt_rtl_corrupt_spike(nt_talk_tile(talk, tile), 0, UINT64_C(1) << (NT_SPIKE_PAYLOAD_LSB + 2));
  (void)snprintf(expected, sizeof expected, "MISMATCH at timestep %u, accumulator: tile %u core ",
                 timestep(talk, STAGE_STEPS * stage + STEP_STORE_X), tile);
  const char *found = report(talk, &err);
  expect_begin(found, expected);
  (void)snprintf(expected, sizeof expected, "population %s ", name);
  char norm[48];
  (void)snprintf(norm, sizeof norm, "population N%s group", name);
  assert_true(strstr(found, expected) != NULL || strstr(found, norm) != NULL);
}

static void unused_word(void **state) {
  nt_talk_t *talk = &((fixture_t *)*state)->talk;
  nt_error_t err;
  const nt_params_t *p = &talk->image->params;
  const nt_fault_t fault = {.tile = 2,
                            .core = 3,
                            .space = NT_SPACE_POOL,
                            .address = nt_dev_space_words(p, NT_SPACE_POOL) - 1,
                            .bit = 0};
  assert_int_equal(nt_image_core(talk->image, fault.tile, fault.core)->pool[fault.address], 0);
  nt_fault_inject(talk, &fault);
  char expected[256];
  (void)snprintf(expected, sizeof expected,
                 "MISMATCH at timestep %u, memory sweep: tile 2 core 3, space POOL word %u, "
                 "expected 0 (golden), got 1 (device under test)",
                 timestep(talk, LAYER_STEPS * talk->layout->layers + EXTRA_STEPS), fault.address);
  assert_string_equal(report(talk, &err), expected);
}

static void no_fault(void **state) {
  fixture_t *fixture = *state;
  nt_talk_say(&fixture->talk, text + BEFORE, 1);
  NT_SAME(fixture->talk.logits, fixture->clean,
          fixture->talk.layout->vocab * sizeof *fixture->clean);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_fault, setup, teardown),
      cmocka_unit_test_setup_teardown(weight, setup, teardown),
      cmocka_unit_test_setup_teardown(microcode, setup, teardown),
      cmocka_unit_test_setup_teardown(recurrent_state, setup, teardown),
      cmocka_unit_test_setup_teardown(route, setup, teardown),
      cmocka_unit_test_setup_teardown(spike_from_host, setup, teardown),
      cmocka_unit_test_setup_teardown(spike_between_tiles, setup, teardown),
      cmocka_unit_test_setup_teardown(unused_word, setup, teardown),
  };
  return nt_test_report("faults", cmocka_run_group_tests(tests, NULL, NULL));
}
