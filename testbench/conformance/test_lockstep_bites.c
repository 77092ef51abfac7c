// SPDX-License-Identifier: Apache-2.0
// The checker must bite: one bit of one place is changed in the system under test only, and the
// report has to name the timestep, tile, core, stage and place where that first shows.
//
// The network is a chain without memory of its own making: the host's spike of timestep t reaches
// tile 0 core 0, whose neurons add it to their state and pass it on to tile 1 core 1.
#include "nt_duel.h"

#include <string.h>

enum {
  NEURONS = 3,
  WEIGHT = 5,
  STATE_WORDS = 2,
  SUM = 1, ///< the state word that adds up; word 0 is a factor
  QUIET = 3,
  SECOND_TILE = 1,
  SECOND_CORE = 1
};

/// Three neurons of line 1: state word 1 += accumulator * state word 0, which is also sent.
static void put_stage(nt_image_t *image, uint32_t tile, uint32_t core, uint64_t dest) {
  const nt_asm_pool_t pool = nt_asm_pool_of(image, tile, core);
  const uint32_t lanes = nt_params_line_lanes(&image->params);
  const nt_asm_group_t group = {.line = 1,
                                .lines = 1,
                                .neurons = NEURONS,
                                .state_base = NT_CHECK_STATE,
                                .state_words = STATE_WORDS,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_asm_program_t program = {.count = 0};
  nt_image_core_t *at = nt_image_core(image, tile, core);
  nt_asm_emit(&program, nt_asm_rdc(1, 2));
  nt_asm_emit(&program, nt_asm_ld(2, 0));
  nt_asm_emit(&program, nt_asm_muls(1, 1, nt_asm_reg(2), 0, 0));
  nt_asm_emit(&program, nt_asm_ld(3, SUM));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 3, 3, nt_asm_reg(1), 0));
  nt_asm_emit(&program, nt_asm_st(3, SUM));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_end());
  memcpy(at->prog, program.word, program.count * sizeof program.word[0]);
  nt_asm_group_words(&group, at->group);
  for (uint32_t n = 0; n < NEURONS; n++) {
    const size_t word = NT_CHECK_STATE + n / pool.word_lanes * STATE_WORDS;
    at->pool[word * pool.word_lanes + n % pool.word_lanes] = 1;
    nt_asm_put_weight(&pool, NT_CHECK_LISTS, 4, n, WEIGHT);
  }
  at->axon_base = NT_CHECK_AXONS;
  at->axon_count = 2;
  // Axon 0: one row of weights. Axon 1: the middle neuron only.
  nt_asm_put_dword(&pool, NT_CHECK_AXONS, 0, nt_asm_dense(2, 1, 1, 1, 4, 0, NT_CHECK_LISTS));
  nt_asm_put_dword(&pool, NT_CHECK_AXONS, 1, nt_asm_single(2, lanes + 1, 0, 1));
  nt_asm_put_dword(&pool, NT_CHECK_DESTS, 0, dest);
}

static nt_image_t *chain(void) {
  nt_error_t err = {0};
  nt_image_t *image = NULL;
  NT_CHECK_OK(nt_image_create(&nt_check_backend()->params, 2, &image, &err), &err);
  put_stage(image, 0, 0,
            nt_asm_dest(SECOND_TILE, 1u << SECOND_CORE, 1, NT_SPIKE_TYPE_GRADED16, false));
  put_stage(image, SECOND_TILE, SECOND_CORE,
            nt_asm_dest(NT_HOST_TILE, 0, 7, NT_SPIKE_TYPE_GRADED16, true));
  return image;
}

static nt_spike_t host_spike(int32_t payload) {
  return (nt_spike_t){.cores = 1, .type = NT_SPIKE_TYPE_GRADED8, .payload = payload};
}

/// A chain that has run QUIET timesteps without a difference.
static nt_duel_t duel_chain(void) {
  nt_duel_t duel;
  nt_duel_open(&duel, chain());
  for (uint32_t t = 0; t < QUIET; t++) {
    const nt_spike_t spike = host_spike(3);
    nt_duel_inject(&duel, &spike, 1);
    nt_duel_step(&duel);
  }
  return duel;
}

/// Flips one bit of a word in the system under test.
static void flip(nt_duel_t *duel, uint32_t tile, uint32_t core, uint32_t space, uint32_t addr,
                 uint32_t bit) {
  nt_dev_t *dut = nt_system_tile(duel->dut, tile);
  nt_check_write(dut, core, space, addr, nt_check_read(dut, core, space, addr) ^ 1u << bit);
}

static uint32_t pool_addr(const nt_duel_t *duel, uint32_t word, uint32_t lane) {
  return word * nt_params_word_lanes(&duel->image->params) + lane;
}

/// Goes on, with the same spike each timestep, until the checker stops; it must do so.
static nt_mismatch_t run_until_bite(nt_duel_t *duel) {
  nt_error_t err = {0};
  nt_status_t status = NT_OK;
  for (uint32_t t = 0; t < 4 && status == NT_OK; t++) {
    const nt_spike_t spike = host_spike(3);
    nt_duel_inject(duel, &spike, 1);
    status = nt_lockstep_step(duel->lockstep, &err);
  }
  NT_CHECK(status, NT_ERR_MISMATCH);
  NT_CHECK(err.text[0] != '\0', true);
  return *nt_lockstep_mismatch(duel->lockstep);
}

static void check_place(const nt_mismatch_t *found, uint32_t timestep, uint32_t tile, uint32_t core,
                        nt_stage_t stage) {
  NT_CHECK(found->timestep, timestep);
  NT_CHECK(found->tile, tile);
  NT_CHECK(found->core, core);
  NT_CHECK(found->stage, stage);
}

static void check_neuron(const nt_mismatch_t *found, uint32_t line, uint32_t lane, uint32_t index,
                         int64_t expected, int64_t got) {
  NT_CHECK(found->has_neuron, true);
  NT_CHECK(found->line, line);
  NT_CHECK(found->lane, lane);
  NT_CHECK(found->index, index);
  NT_CHECK(found->expected, expected);
  NT_CHECK(found->got, got);
}

/// Weight 5 of neuron 2 becomes 4: its accumulator of dendrite 2 gets 12 in place of 15.
static void test_weight(void **state) {
  (void)state;
  nt_duel_t duel = duel_chain();
  flip(&duel, 0, 0, NT_SPACE_POOL, pool_addr(&duel, NT_CHECK_LISTS, 0), 4); // lane 2, digit 0
  const nt_mismatch_t found = run_until_bite(&duel);
  check_place(&found, QUIET, 0, 0, NT_STAGE_ACCUMULATOR);
  check_neuron(&found, 1, 2, 2, 15, 12);
  nt_duel_close(&duel);
}

/// The same weight in the second tile's list shows nowhere in the chain, but in a sweep.
static void test_sweep_finds_what_runs_do_not_use(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_duel_t duel = duel_chain();
  const uint32_t addr = pool_addr(&duel, NT_CHECK_LISTS, 0);
  flip(&duel, SECOND_TILE, SECOND_CORE, NT_SPACE_POOL, addr, 2);
  const nt_spike_t spike = host_spike(3);
  nt_duel_inject(&duel, &spike, 1);
  nt_duel_step(&duel);
  NT_CHECK(nt_lockstep_sweep(duel.lockstep, &err), NT_ERR_MISMATCH);
  const nt_mismatch_t found = *nt_lockstep_mismatch(duel.lockstep);
  check_place(&found, QUIET + 1, SECOND_TILE, SECOND_CORE, NT_STAGE_MEMORY);
  NT_CHECK(found.index, addr);
  NT_CHECK(found.expected ^ found.got, 4);
  nt_duel_close(&duel);
}

/// ADD reads r0 in place of r1: the sum stays what it was.
static void test_microcode(void **state) {
  (void)state;
  nt_duel_t duel = duel_chain();
  const int64_t before = 15 * QUIET;
  flip(&duel, 0, 0, NT_SPACE_PROG, 4, NT_INSTR_RB_LSB);
  const nt_mismatch_t found = run_until_bite(&duel);
  check_place(&found, QUIET, 0, 0, NT_STAGE_STATE);
  check_neuron(&found, 1, 0, SUM, before + 15, before);
  nt_duel_close(&duel);
}

/// An added instruction that changes no state: only the counter tells.
static void test_microcode_that_only_costs(void **state) {
  (void)state;
  nt_duel_t duel = duel_chain();
  // END becomes LD r0, word 0; word 8 of the program memory is END all the same.
  flip(&duel, 0, 0, NT_SPACE_PROG, 7, NT_INSTR_OP_LSB);
  const nt_mismatch_t found = run_until_bite(&duel);
  check_place(&found, QUIET, 0, 0, NT_STAGE_COUNTER);
  NT_CHECK(found.index, NT_COUNTER_INSTRS);
  NT_CHECK(found.expected, 8 * (QUIET + 1));
  NT_CHECK(found.got, 8 * (QUIET + 1) + 1);
  nt_duel_close(&duel);
}

/// A state word of the second tile, where the chain arrives one timestep later.
static void test_state(void **state) {
  (void)state;
  nt_duel_t duel = duel_chain();
  const int64_t per_step = 15 * NEURONS; // all neurons of tile 0 send to the middle one
  flip(&duel, SECOND_TILE, SECOND_CORE, NT_SPACE_POOL, pool_addr(&duel, NT_CHECK_STATE + SUM, 1),
       10);
  const nt_mismatch_t found = run_until_bite(&duel);
  check_place(&found, QUIET, SECOND_TILE, SECOND_CORE, NT_STAGE_STATE);
  check_neuron(&found, 1, 1, SUM, per_step * QUIET, (per_step * QUIET) ^ 1024);
  nt_duel_close(&duel);
}

/// The destination's axon: the spike sent in this timestep differs, before anybody received it.
static void test_route(void **state) {
  (void)state;
  nt_duel_t duel = duel_chain();
  flip(&duel, 0, 0, NT_SPACE_POOL, pool_addr(&duel, NT_CHECK_DESTS, 0), NT_DEST_AXON_LSB);
  const nt_mismatch_t found = run_until_bite(&duel);
  check_place(&found, QUIET, 0, 0, NT_STAGE_SPIKE);
  NT_CHECK(found.expected, 15);
  NT_CHECK(found.got, 15);
  NT_CHECK(strstr(found.field, "axon 1 ") != NULL && strstr(found.field, "axon 0 ") != NULL, true);
  nt_duel_close(&duel);
}

/// A payload that changes on its way into the tile.
static void test_payload(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_duel_t duel = duel_chain();
  const nt_spike_t sent = host_spike(3), received = host_spike(3 ^ 64);
  NT_CHECK_OK(nt_system_inject(duel.golden, &sent, 1, &err), &err);
  NT_CHECK_OK(nt_system_inject(duel.dut, &received, 1, &err), &err);
  NT_CHECK(nt_lockstep_step(duel.lockstep, &err), NT_ERR_MISMATCH);
  const nt_mismatch_t found = *nt_lockstep_mismatch(duel.lockstep);
  check_place(&found, QUIET, 0, 0, NT_STAGE_ACCUMULATOR);
  check_neuron(&found, 1, 0, 2, 15, WEIGHT * 67);
  nt_duel_close(&duel);
}

/// A spike that is lost on its way to an otherwise idle tile: the tile has no work.
static void test_lost_spike(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_duel_t duel;
  const nt_spike_t sent = host_spike(3);
  nt_duel_open(&duel, chain());
  NT_CHECK_OK(nt_system_inject(duel.golden, &sent, 1, &err), &err);
  NT_CHECK(nt_lockstep_step(duel.lockstep, &err), NT_ERR_MISMATCH);
  const nt_mismatch_t found = *nt_lockstep_mismatch(duel.lockstep);
  NT_CHECK(found.timestep, 0);
  NT_CHECK(found.tile, 0);
  NT_CHECK(found.stage, NT_STAGE_SCHEDULE);
  NT_CHECK(found.expected, 1);
  NT_CHECK(found.got, 0);
  nt_duel_close(&duel);
}

/// A spike too many that changes no sum: BAD_AXON drops it, the counter of messages tells.
static void test_flag(void **state) {
  (void)state;
  nt_error_t err = {0};
  nt_duel_t duel = duel_chain();
  const nt_spike_t spike = host_spike(3);
  nt_spike_t lost = spike;
  lost.axon = 9;
  nt_duel_inject(&duel, &spike, 1);
  NT_CHECK_OK(nt_system_inject(duel.dut, &lost, 1, &err), &err);
  NT_CHECK(nt_lockstep_step(duel.lockstep, &err), NT_ERR_MISMATCH);
  const nt_mismatch_t found = *nt_lockstep_mismatch(duel.lockstep);
  check_place(&found, QUIET, 0, 0, NT_STAGE_COUNTER);
  NT_CHECK(found.index, NT_COUNTER_MSG_IN);
  NT_CHECK(found.got - found.expected, 1);
  nt_duel_close(&duel);
}

/// Every one of the wire's payload bits, each in a run of its own.
static void test_every_payload_bit(void **state) {
  (void)state;
  for (uint32_t bit = 0; bit < NT_PAYLOAD_BITS; bit++) {
    nt_error_t err = {0};
    nt_duel_t duel;
    const nt_spike_t sent = host_spike(3);
    const nt_spike_t received = nt_spike_unpack(nt_spike_pack(&sent) ^ UINT64_C(1) << bit);
    nt_duel_open(&duel, chain());
    NT_CHECK_OK(nt_system_inject(duel.golden, &sent, 1, &err), &err);
    NT_CHECK_OK(nt_system_inject(duel.dut, &received, 1, &err), &err);
    NT_CHECK_AT(nt_lockstep_step(duel.lockstep, &err), NT_ERR_MISMATCH, bit, 0);
    const nt_mismatch_t found = *nt_lockstep_mismatch(duel.lockstep);
    check_place(&found, 0, 0, 0, NT_STAGE_ACCUMULATOR);
    nt_duel_close(&duel);
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_weight),    cmocka_unit_test(test_sweep_finds_what_runs_do_not_use),
      cmocka_unit_test(test_microcode), cmocka_unit_test(test_microcode_that_only_costs),
      cmocka_unit_test(test_state),     cmocka_unit_test(test_route),
      cmocka_unit_test(test_payload),   cmocka_unit_test(test_lost_spike),
      cmocka_unit_test(test_flag),      cmocka_unit_test(test_every_payload_bit),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_lockstep_bites", nt_check_run(tests));
}
