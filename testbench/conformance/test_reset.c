// SPDX-License-Identifier: Apache-2.0
// The reset input (docs/spec/timestep.md, "Host access"): what it clears, what it keeps, and that
// the tile works as before afterwards.
#include "nt_check.h"

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

static void reset(nt_dev_t *dev) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_reset(dev, &err), &err);
}

/// An ALWAYS group in core 0 that counts its runs in state word 0, sends the count to the host and
/// probes it.
static nt_dev_t *open_counting(void) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_prb(1));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(3, 1, &program);
  const nt_asm_group_t group = {.always = true,
                                .lines = 1,
                                .neurons = 3,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_check_group(dev, 0, 0, &group);
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(NT_HOST_TILE, 0, 0, 3, true));
  return dev;
}

/// Registers, counters, flags, activity: as after power-on, whatever they were.
static void test_clears(void **state) {
  (void)state;
  nt_dev_t *dev = open_counting();
  const uint32_t cores = dev->params.cores;
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_TILE_ID, 321, &err), &err);
  for (uint32_t core = 0; core < cores; core++) {
    nt_check_axon(dev, core, 2, nt_asm_uniform(0, 4, 0, dev->params.lines, 0, 1));
    nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  }
  const nt_spike_t spikes[] = {{.tile = 321, .cores = 0xFF, .axon = 2, .payload = 7},
                               {.tile = 321, .cores = 0xFF, .axon = 9, .payload = 7},
                               {.tile = 5, .cores = 1, .payload = 7}};
  NT_CHECK_OK(nt_dev_inject(dev, spikes, 3, &err), &err);
  nt_check_step(dev, 40);
  NT_CHECK_OK(nt_dev_inject(dev, spikes, 3, &err), &err);
  NT_CHECK(dev->ops->msg_write(dev, 0, NT_SPACE_CREG, 5, 1, NULL), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR) & 3, 3);
  NT_CHECK(nt_check_read(dev, 0, NT_SPACE_ACT, 0), 0xF);
  reset(dev);
  static const uint32_t zero[] = {NT_REG_TILE_ID, NT_REG_TIMESTEP, NT_REG_ERROR, NT_REG_STEPS};
  for (uint32_t i = 0; i < 4; i++)
    NT_CHECK_AT(nt_check_reg(dev, zero[i]), 0, zero[i], 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_ID), 'N' << 24 | 'T' << 16 | 'I' << 8 | 'L');
  for (uint32_t core = 0; core < cores; core++) {
    for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++)
      NT_CHECK_AT(nt_check_counter(dev, core, c), 0, core, c);
    NT_CHECK_AT(nt_check_flags(dev, core), 0, core, 0);
    for (uint32_t r = 0; r < 4; r++)
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_CREG, r), 0, core, r);
    for (uint32_t line = 0; line < dev->params.lines; line++)
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACT, line), 0, core, line);
    for (uint32_t lane = 0; lane < line_lanes(); lane++)
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACC, lane), 0, core, lane);
  }
  nt_dev_close(dev);
}

static uint32_t pattern(uint32_t core, uint32_t space, uint32_t addr) {
  const uint32_t x =
      (core + 1) * 0x85EBCA6Bu ^ (space + 1) * 0xC2B2AE35u ^ (addr + 1) * 0x9E3779B1u;
  return (x ^ x >> 15) * 0x2545F491u;
}

/// Every word of pool, microcode, constants and groups.
static void test_keeps_memories(void **state) {
  (void)state;
  enum { BLOCK = 64 };
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  uint32_t block[BLOCK];
  for (uint32_t round = 0; round < 2; round++) {
    for (uint32_t core = 0; core < dev->params.cores; core++)
      for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_TABLE; space++) {
        const uint32_t words = nt_dev_space_words(&dev->params, space);
        const uint32_t stride = space == NT_SPACE_POOL ? 8 * BLOCK : BLOCK;
        for (uint32_t at = 0; at + BLOCK <= words; at += stride) {
          for (uint32_t i = 0; i < BLOCK; i++)
            block[i] = pattern(core, space, at + i);
          if (round == 0)
            NT_CHECK_OK(nt_dev_mem_write(dev, core, space, at, BLOCK, block, &err), &err);
          else
            NT_CHECK_OK(nt_dev_mem_read(dev, core, space, at, BLOCK, block, &err), &err);
          for (uint32_t i = 0; i < BLOCK && round == 1; i++)
            NT_CHECK_AT(block[i], pattern(core, space, at + i), space, at + i);
        }
      }
    if (round == 0)
      reset(dev);
  }
  nt_dev_close(dev);
}

/// Program, constants, group and state are still there: the tile goes on counting, in time anew.
static void test_goes_on(void **state) {
  (void)state;
  nt_dev_t *dev = open_counting();
  const nt_spike_t *spikes = NULL;
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  uint32_t runs = 0;
  for (uint32_t round = 0; round < 3; round++) {
    NT_CHECK(nt_dev_pending(dev), true); // the group is ALWAYS, also right after a reset
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
    for (uint32_t t = 0; t < 2; t++) {
      nt_check_step(dev, t);
      runs++;
      for (uint32_t n = 0; n < 3; n++)
        NT_CHECK_AT(nt_check_state(dev, 0, 1, n, 0), runs, round, n);
    }
    nt_dev_drain(dev, &spikes, &count);
    NT_CHECK(count, 6);
    dev->ops->drain_probes(dev, &probes, &count);
    NT_CHECK(count, 6);
    NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 2);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 6);
    nt_check_step(dev, 9);
    runs++;
    reset(dev); // with what it sent not yet taken: that is gone
    nt_dev_drain(dev, &spikes, &count);
    NT_CHECK(count, 0);
    dev->ops->drain_probes(dev, &probes, &count);
    NT_CHECK(count, 0);
  }
  nt_dev_close(dev);
}

/// Spikes that came before the reset do not act after it, those that come after it do.
static void test_input_is_gone(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_rdc(1, 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(2, 1, &program);
  nt_check_axon(dev, 0, 0, nt_asm_single(0, 1, 0, 3));
  nt_check_inject(dev, 1, 0, 50);
  reset(dev);
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_BASE, NT_CHECK_AXONS);
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_COUNT, 1);
  nt_check_inject(dev, 1, 0, -4);
  nt_check_step(dev, 0);
  NT_CHECK((int32_t)nt_check_state(dev, 0, 1, 1, 0), -12);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 1);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_clears),
      cmocka_unit_test(test_keeps_memories),
      cmocka_unit_test(test_goes_on),
      cmocka_unit_test(test_input_is_gone),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_reset", nt_check_run(tests));
}
