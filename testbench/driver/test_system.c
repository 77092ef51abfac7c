// SPDX-License-Identifier: Apache-2.0
// The fabric over fake tiles: who runs when, which spike goes where, and what failures say.
#include "nt_fake_dev.h"
#include "nt_system.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CYCLES = 1000 };

static nt_image_t *make_image(uint32_t tiles, uint32_t cores) {
  nt_error_t err;
  nt_image_t *image = NULL;
  nt_params_t params = nt_test_params_small();
  params.cores = cores;
  uint64_t random = 9;
  NT_OK_CALL(nt_image_create(&params, tiles, &image, &err), err);
  nt_test_image_fill(image, &random);
  return image;
}

static nt_system_t *open_system(uint32_t tiles, nt_fake_plan_t *plan) {
  nt_error_t err;
  nt_system_t *system = NULL;
  nt_image_t *image = make_image(tiles, 1);
  NT_OK_CALL(nt_system_open(image, nt_fake_open, plan, MAX_CYCLES, &system, &err), err);
  nt_image_free(image);
  return system;
}

static nt_fake_dev_t *fake(nt_system_t *system, uint32_t tile) {
  return (nt_fake_dev_t *)nt_system_tile(system, tile);
}

static void inject(nt_system_t *system, uint16_t tile, uint16_t axon, int32_t payload) {
  nt_error_t err;
  const nt_spike_t spike = {
      .tile = tile, .cores = 1, .type = NT_SPIKE_TYPE_GRADED24, .axon = axon, .payload = payload};
  NT_OK_CALL(nt_system_inject(system, &spike, 1, &err), err);
}

static void step(nt_system_t *system) {
  nt_error_t err;
  NT_OK_CALL(nt_system_step(system, &err), err);
}

/// The tiles that ran in the last step are these.
static void expect_ran(const nt_system_t *system, size_t count, const uint32_t *tiles) {
  const uint32_t *ran = NULL;
  size_t found = 0;
  nt_system_ran(system, &ran, &found);
  NT_EQUAL(found, count);
  for (size_t i = 0; i < count; i++)
    NT_EQUAL(ran[i], tiles[i]);
}

static void test_open_loads(void **state) {
  (void)state;
  nt_error_t err;
  nt_system_t *system = NULL;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_image_t *image = make_image(3, 2);
  NT_OK_CALL(nt_system_open(image, nt_fake_open, &plan, MAX_CYCLES, &system, &err), err);
  NT_EQUAL(nt_system_tiles(system), 3);
  NT_EQUAL(nt_system_timestep(system), 0);
  uint64_t expected = 0;
  for (uint32_t space = 0; space <= NT_SPACE_ACT; space++)
    expected += nt_dev_space_words(&image->params, space);
  uint64_t compared = 0;
  NT_OK_CALL(nt_system_verify(system, image, &compared, &err), err);
  NT_EQUAL(compared, 6 * (expected + 2)); // cores; AXON_BASE, AXON_COUNT
  for (uint32_t tile = 0; tile < 3; tile++) {
    NT_EQUAL(fake(system, tile)->tile_id, tile);
    for (uint32_t core = 0; core < 2; core++) {
      NT_EQUAL(fake(system, tile)->space[core][NT_SPACE_CREG][NT_CREG_AXON_BASE],
               nt_image_core(image, tile, core)->axon_base);
      NT_EQUAL(fake(system, tile)->space[core][NT_SPACE_CREG][NT_CREG_AXON_COUNT],
               nt_image_core(image, tile, core)->axon_count);
    }
  }
  // One wrong bit anywhere is found and named.
  const uint32_t addresses[] = {511, 0, 5, 6, 7, 1, NT_CREG_AXON_COUNT};
  for (uint32_t space = 0; space < NT_FAKE_SPACES; space++) {
    char place[64];
    (void)snprintf(place, sizeof place, "tile 2: core 1 space %u address %u: found 0x", space,
                   addresses[space]);
    fake(system, 2)->space[1][space][addresses[space]] ^= 0x100;
    NT_FAILS(nt_system_verify(system, image, &compared, &err), err, NT_ERR_MISMATCH, place);
    fake(system, 2)->space[1][space][addresses[space]] ^= 0x100;
  }
  nt_image_t *other = make_image(2, 2);
  NT_FAILS(nt_system_verify(system, other, &compared, &err), err, NT_ERR_MISMATCH,
           "tiles: image 2, system 3");
  nt_image_free(other);
  other = make_image(3, 1);
  NT_FAILS(nt_system_verify(system, other, &compared, &err), err, NT_ERR_UNSUPPORTED, "CORES");
  nt_image_free(other);
  nt_image_free(image);
  nt_system_close(system);
  NT_EQUAL(plan.opened, 3);
  NT_EQUAL(plan.closed, 3);
}

static void test_open_refuses(void **state) {
  (void)state;
  nt_error_t err;
  nt_system_t *system = NULL;
  nt_image_t *image = make_image(4, 1);
  nt_fake_plan_t plan = nt_fake_plan();
  plan.fail_at_tile = 2;
  NT_FAILS(nt_system_open(image, nt_fake_open, &plan, MAX_CYCLES, &system, &err), err,
           NT_ERR_MEMORY, "tile 2: nothing there");
  NT_EQUAL(plan.closed, 2);
  assert_null(system);
  plan = nt_fake_plan();
  plan.version ^= 4;
  NT_FAILS(nt_system_open(image, nt_fake_open, &plan, MAX_CYCLES, &system, &err), err,
           NT_ERR_UNSUPPORTED, "tile 0: register VERSION");
  NT_EQUAL(plan.closed, 1);
  const nt_params_t normal = nt_params_default();
  plan = nt_fake_plan();
  plan.params = &normal;
  NT_FAILS(nt_system_open(image, nt_fake_open, &plan, MAX_CYCLES, &system, &err), err,
           NT_ERR_UNSUPPORTED, "LINES: image 2, device 8");
  NT_EQUAL(plan.closed, 1);
  nt_image_free(image);
  nt_system_close(NULL);
}

static void test_only_tiles_with_work_run(void **state) {
  (void)state;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(4, &plan);
  step(system);
  expect_ran(system, 0, NULL);
  fake(system, 3)->pending = true;
  step(system);
  expect_ran(system, 1, (const uint32_t[]){3});
  inject(system, 1, NT_HOST_TILE, 0); // consumed
  step(system);
  expect_ran(system, 2, (const uint32_t[]){1, 3});
  fake(system, 3)->pending = false;
  step(system);
  expect_ran(system, 0, NULL);
  NT_EQUAL(nt_system_timestep(system), 4);
  const unsigned steps[] = {0, 1, 0, 2};
  for (uint32_t tile = 0; tile < 4; tile++)
    NT_EQUAL(fake(system, tile)->steps, steps[tile]);
  NT_EQUAL(fake(system, 1)->last_timestep, 2);
  nt_system_close(system);
}

static void expect_spikes(const nt_spike_t *spikes, size_t count, size_t expected_count,
                          int32_t payload) {
  NT_EQUAL(count, expected_count);
  for (size_t i = 0; i < count; i++)
    NT_EQUAL(spikes[i].payload, payload);
}

/// From step to step: from the host to a tile, between tiles, to the host.
static void test_spikes_travel(void **state) {
  (void)state;
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(3, &plan);
  inject(system, 0, 2, 2); // to tile 0, on to tile 2 with payload 1, back to tile 2 with 0
  step(system);
  expect_ran(system, 1, (const uint32_t[]){0});
  nt_system_received(system, 0, &spikes, &count);
  expect_spikes(spikes, count, 1, 2);
  nt_system_sent(system, 0, &spikes, &count);
  expect_spikes(spikes, count, 1, 1);
  nt_system_received(system, 2, &spikes, &count);
  expect_spikes(spikes, count, 0, 0);
  step(system);
  expect_ran(system, 1, (const uint32_t[]){2});
  nt_system_received(system, 0, &spikes, &count);
  expect_spikes(spikes, count, 0, 0);
  nt_system_sent(system, 0, &spikes, &count);
  expect_spikes(spikes, count, 0, 0);
  nt_system_received(system, 2, &spikes, &count);
  expect_spikes(spikes, count, 1, 1);
  step(system);
  nt_system_sent(system, 2, &spikes, &count);
  expect_spikes(spikes, count, 0, 0);
  inject(system, 1, NT_HOST_TILE, 5);
  step(system);
  nt_system_host_spikes(system, &spikes, &count);
  expect_spikes(spikes, count, 1, 4);
  step(system);
  nt_system_host_spikes(system, &spikes, &count);
  expect_spikes(spikes, count, 0, 0);
  expect_ran(system, 0, NULL);
  nt_system_close(system);
}

/// Hundreds of tiles and random spikes against a table of who must have what.
static void test_many_tiles(void **state) {
  (void)state;
  enum { TILES = 400, STEPS = 60, PAYLOADS = 8 };
  static uint32_t due[TILES][TILES][PAYLOADS]; // [at][axon][payload]
  static uint32_t next[TILES][TILES][PAYLOADS];
  memset(due, 0, sizeof due);
  uint64_t random = 77;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(TILES, &plan);
  uint64_t total = 0;
  for (uint32_t t = 0; t < STEPS; t++) {
    for (int i = 0; i < 20; i++) {
      const uint16_t tile = (uint16_t)(nt_test_random(&random) % TILES);
      const uint16_t axon = (uint16_t)(nt_test_random(&random) % TILES);
      const int32_t payload = (int32_t)(nt_test_random(&random) % PAYLOADS);
      inject(system, tile, axon, payload);
      due[tile][axon][payload]++;
    }
    step(system);
    memset(next, 0, sizeof next);
    uint64_t expected = 0;
    uint64_t found = 0;
    for (uint32_t tile = 0; tile < TILES; tile++) {
      const nt_spike_t *spikes = NULL;
      size_t count = 0;
      nt_system_received(system, tile, &spikes, &count);
      found += count;
      for (uint32_t axon = 0; axon < TILES; axon++) {
        for (uint32_t payload = 0; payload < PAYLOADS; payload++) {
          expected += due[tile][axon][payload];
          if (payload > 0)
            next[axon][axon][payload - 1] += due[tile][axon][payload];
        }
      }
      for (size_t i = 0; i < count; i++) {
        uint32_t *owed = &due[tile][spikes[i].axon][spikes[i].payload];
        NT_EQUAL(*owed > 0, 1);
        (*owed)--;
      }
    }
    NT_EQUAL(found, expected);
    total += found;
    memcpy(due, next, sizeof due);
  }
  assert_true(total > 3000);
  nt_system_close(system);
}

/// Spikes enough for tiles to run in parallel, from the host to random axons.
static void inject_many(nt_system_t *system, uint64_t *random) {
  for (int i = 0; i < 1000; i++) {
    const uint16_t tile = (uint16_t)(nt_test_random(random) % nt_system_tiles(system));
    const uint16_t axon = (uint16_t)(nt_test_random(random) % nt_system_tiles(system));
    inject(system, tile, axon, (int32_t)(nt_test_random(random) % 8));
  }
}

/// Every spike in the order in which the tiles got them, over some steps: a fingerprint.
static uint64_t order_of_spikes(int threads) {
  enum { TILES = 30, STEPS = 20 };
  uint64_t random = 5, print = 0;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(TILES, &plan);
  omp_set_num_threads(threads);
  for (uint32_t t = 0; t < STEPS; t++) {
    inject_many(system, &random);
    step(system);
    for (uint32_t tile = 0; tile < TILES; tile++) {
      const nt_spike_t *spikes = NULL;
      size_t count = 0;
      nt_system_received(system, tile, &spikes, &count);
      for (size_t i = 0; i < count; i++)
        print = (print ^ nt_spike_pack(&spikes[i])) * 0x9E3779B97F4A7C15u;
    }
  }
  nt_system_close(system);
  return print;
}

static void test_threads_change_nothing(void **state) {
  (void)state;
  const uint64_t alone = order_of_spikes(1);
  NT_EQUAL(order_of_spikes(2), alone);
  NT_EQUAL(order_of_spikes(7), alone);
}

/// Of several tiles that fail in a step the first one is named, and all others have run.
static void test_first_failure_is_named(void **state) {
  (void)state;
  enum { TILES = 8 };
  for (int threads = 1; threads <= 4; threads += 3) {
    nt_error_t err;
    uint64_t random = 6;
    nt_fake_plan_t plan = nt_fake_plan();
    nt_system_t *system = open_system(TILES, &plan);
    omp_set_num_threads(threads);
    inject_many(system, &random);
    fake(system, 6)->step_fails = NT_ERR_TIMEOUT;
    fake(system, 3)->step_fails = NT_ERR_RTL_ASSERT;
    uint32_t failed = TILES;
    assert_false(nt_system_failed(system, &failed));
    NT_FAILS(nt_system_step(system, &err), err, NT_ERR_RTL_ASSERT, "tile 3, timestep 0");
    assert_true(nt_system_failed(system, &failed));
    NT_EQUAL(failed, 3);
    for (uint32_t tile = 0; tile < TILES; tile++)
      NT_EQUAL(fake(system, tile)->steps, tile != 3 && tile != 6);
    nt_system_close(system);
  }
}

static void test_bad_spikes(void **state) {
  (void)state;
  nt_error_t err;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(2, &plan);
  nt_spike_t spikes[2] = {{.tile = 1, .cores = 1}, {.tile = 2, .cores = 1, .axon = 9}};
  NT_FAILS(nt_system_inject(system, spikes, 2, &err), err, NT_ERR_RANGE,
           "spike for axon 9: tile: found 2, allowed 0..1");
  spikes[1] = (nt_spike_t){.tile = 0, .payload = 1 << 23};
  NT_FAILS(nt_system_inject(system, spikes, 2, &err), err, NT_ERR_RANGE,
           "payload: found 8388608, allowed -8388608..8388607");
  spikes[1] = (nt_spike_t){.tile = 0, .payload = -(1 << 23) - 1};
  NT_FAILS(nt_system_inject(system, spikes, 2, &err), err, NT_ERR_RANGE, "payload");
  spikes[1] = (nt_spike_t){.tile = 0, .type = 4};
  NT_FAILS(nt_system_inject(system, spikes, 2, &err), err, NT_ERR_RANGE, "type: found 4");
  step(system);
  expect_ran(system, 0, NULL); // refused as a whole
  nt_system_close(system);
}

static void test_step_failures(void **state) {
  (void)state;
  nt_error_t err;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(3, &plan);
  inject(system, 1, 777, 3); // tile 777 does not exist
  NT_FAILS(nt_system_step(system, &err), err, NT_ERR_DEVICE,
           "tile 1, timestep 0: sent a spike for axon 777 of tile 777");
  nt_system_close(system);

  const nt_status_t failures[] = {NT_ERR_TIMEOUT, NT_ERR_RTL_ASSERT, NT_ERR_DEVICE};
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
    system = open_system(3, &plan);
    step(system);
    step(system);
    fake(system, 2)->pending = true;
    fake(system, 2)->step_fails = failures[i];
    NT_FAILS(nt_system_step(system, &err), err, failures[i],
             "tile 2, timestep 2: waits in phase NEURON");
    NT_EQUAL(nt_system_step(system, NULL), failures[i]); // without a place for the text
    nt_system_close(system);
  }
}

static void test_clear_state(void **state) {
  (void)state;
  nt_error_t err;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(3, &plan);
  inject(system, 0, 1, 3);
  step(system); // one more on its way to tile 1
  inject(system, 2, 1, 3);
  fake(system, 1)->busy_looks = 50;
  NT_OK_CALL(nt_system_clear_state(system, &err), err);
  step(system);
  expect_ran(system, 0, NULL);
  NT_EQUAL(nt_system_timestep(system), 2);
  for (uint32_t tile = 0; tile < 3; tile++)
    NT_EQUAL(fake(system, tile)->clears, 1);
  fake(system, 1)->busy_looks = MAX_CYCLES + 2;
  NT_FAILS(nt_system_clear_state(system, &err), err, NT_ERR_TIMEOUT,
           "tile 1, timestep 2: state reset: still busy after 1000 cycles");
  nt_system_close(system);
}

static void test_check(void **state) {
  (void)state;
  nt_error_t err;
  nt_fake_plan_t plan = nt_fake_plan();
  nt_system_t *system = open_system(2, &plan);
  NT_OK_CALL(nt_system_check(system, &err), err);
  fake(system, 1)->error = 1u << NT_ERROR_CORE_LSB;
  fake(system, 1)->space[0][NT_SPACE_CREG][NT_CREG_FLAGS] = 0x12;
  NT_FAILS(nt_system_check(system, &err), err, NT_ERR_DEVICE,
           "tile 1, timestep 0: core 0: FLAGS: found BAD_AXON BAD_INSTR, allowed none");
  fake(system, 0)->error = 1;
  NT_FAILS(nt_system_check(system, &err), err, NT_ERR_DEVICE, "tile 0, timestep 0: register ERROR");
  nt_system_close(system);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open_loads),
      cmocka_unit_test(test_open_refuses),
      cmocka_unit_test(test_only_tiles_with_work_run),
      cmocka_unit_test(test_spikes_travel),
      cmocka_unit_test(test_many_tiles),
      cmocka_unit_test(test_threads_change_nothing),
      cmocka_unit_test(test_first_failure_is_named),
      cmocka_unit_test(test_bad_spikes),
      cmocka_unit_test(test_step_failures),
      cmocka_unit_test(test_clear_state),
      cmocka_unit_test(test_check),
  };
  return nt_test_report("system", cmocka_run_group_tests(tests, NULL, NULL));
}
