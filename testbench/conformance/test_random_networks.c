// SPDX-License-Identifier: Apache-2.0
// Random networks of one to three tiles, driven and disturbed at random: host spikes, host access,
// state resets, state files exchanged between the back ends.
#include "nt_duel.h"

#include <inttypes.h>

enum { CASES = 20, STEPS = 8 };

static uint64_t seed;

typedef struct place {
  uint32_t tile, core;
} place_t;

static place_t pick_place(nt_random_t *random, const nt_image_t *image) {
  return (place_t){nt_random_below(random, image->tiles),
                   nt_random_below(random, image->params.cores)};
}

/// Writes a constant.
static void write_constant(nt_random_t *random, nt_duel_t *duel) {
  const place_t at = pick_place(random, duel->image);
  nt_duel_write(duel, at.tile, at.core, NT_SPACE_TABLE,
                nt_random_below(random, duel->image->params.table_words),
                (uint32_t)nt_random_value(random, 32), nt_random_chance(random, 50));
}

/// Writes a lane of the state of some group, if the number picked is one.
static void write_state(nt_random_t *random, nt_duel_t *duel) {
  const place_t at = pick_place(random, duel->image);
  const uint32_t lanes = nt_params_word_lanes(&duel->image->params);
  const uint32_t number = nt_random_below(random, duel->image->params.groups);
  const uint32_t *group =
      nt_image_core(duel->image, at.tile, at.core)->group + (size_t)number * NT_GROUP_WORDS;
  const uint32_t base = group[3] & ((1u << NT_GROUP3_STATE_BASE_W) - 1);
  const uint32_t words =
      group[3] >> NT_GROUP3_STATE_WORDS_LSB & ((1u << NT_GROUP3_STATE_WORDS_W) - 1);
  if (words == 0)
    return;
  nt_duel_write(duel, at.tile, at.core, NT_SPACE_POOL,
                (base + nt_random_below(random, words)) * lanes + nt_random_below(random, lanes),
                (uint32_t)nt_random_value(random, 32), nt_random_chance(random, 50));
}

/// Makes a line's rows active or not, with accumulators of the host's choice.
static void write_row(nt_random_t *random, nt_duel_t *duel) {
  const nt_params_t *p = &duel->image->params;
  const place_t at = pick_place(random, duel->image);
  const uint32_t lanes = nt_params_line_lanes(p);
  const uint32_t line = nt_random_below(random, p->lines);
  const uint32_t mask = nt_random_below(random, 1u << NT_DENDRITES);
  const bool by_message = nt_random_chance(random, 50);
  nt_duel_write(duel, at.tile, at.core, NT_SPACE_ACT, line, mask, by_message);
  for (uint32_t d = 0; d < NT_DENDRITES; d++)
    for (uint32_t lane = 0; (mask >> d & 1) != 0 && lane < lanes; lane++)
      nt_duel_write(duel, at.tile, at.core, NT_SPACE_ACC, (d * p->lines + line) * lanes + lane,
                    (uint32_t)nt_random_value(random, p->acc_bits - 8), by_message);
}

static void read_somewhere(nt_random_t *random, nt_duel_t *duel) {
  const place_t at = pick_place(random, duel->image);
  const uint32_t space = nt_random_below(random, NT_SPACE_CREG);
  nt_duel_read(duel, at.tile, at.core, space,
               nt_random_below(random, nt_dev_space_words(&duel->image->params, space)));
}

static void disturb(nt_random_t *random, nt_duel_t *duel) {
  for (uint32_t i = 0; i < 4; i++) {
    const uint32_t dice = nt_random_below(random, 10);
    if (dice < 2)
      write_constant(random, duel);
    else if (dice < 4)
      write_state(random, duel);
    else if (dice < 5)
      write_row(random, duel);
    else
      read_somewhere(random, duel);
  }
  if (nt_random_chance(random, 4))
    nt_duel_clear_state(duel);
  if (nt_random_chance(random, 12))
    nt_duel_exchange(duel);
}

static void run_case(uint64_t case_seed) {
  nt_random_t random = {case_seed};
  nt_error_t err = {0};
  nt_image_t *image = NULL;
  nt_duel_t duel;
  const nt_random_network_t network = {.tiles = 1 + nt_random_below(&random, 3),
                                       .program_length = 40,
                                       .recurrent = true,
                                       .hot = nt_random_chance(&random, 20),
                                       .faults = nt_random_chance(&random, 40)};
  NT_CHECK_OK(nt_random_image(&random, &nt_check_backend()->params, &network, &image, &err), &err);
  nt_duel_open(&duel, image);
  for (uint32_t step = 0; step < STEPS; step++) {
    const uint32_t spikes = nt_random_below(&random, 20);
    for (uint32_t i = 0; i < spikes; i++) {
      const nt_spike_t spike = nt_random_spike(&random, image, &network);
      nt_duel_inject(&duel, &spike, 1);
    }
    nt_duel_step(&duel);
    disturb(&random, &duel);
  }
  nt_duel_exchange(&duel);
  nt_duel_step(&duel);
  nt_duel_sweep(&duel);
  nt_duel_close(&duel);
}

static void test_random_networks(void **state) {
  (void)state;
  const uint32_t cases = nt_random_cases(CASES);
  for (uint32_t i = 0; i < cases; i++) {
    print_message("case %" PRIu32 ": repeat with NT_SEED=%" PRIu64
                  " NT_CASES=1 test_random_networks %s %s\n",
                  i, seed + i, nt_check_backend()->name, nt_check_backend()->shape);
    run_case(seed + i);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_networks)};
  if (!nt_check_begin(argc, argv))
    return 2;
  seed = nt_random_seed(5000);
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  const bool shown = nt_duel_report("test_random_networks");
  return nt_check_end("test_random_networks", failed != 0 || !shown);
}
