// SPDX-License-Identifier: Apache-2.0
// The end of a step and what lies on either side of it (docs/spec/timestep.md): nothing in flight
// is lost, doubled or early, however much of it there is.
#include "nt_check.h"

enum { CLEAR_STATE = 1 << NT_CTRL_CLEAR_STATE_LSB };

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

static int32_t coming(nt_dev_t *dev, uint32_t core, uint32_t lane) {
  return (int32_t)nt_check_read(dev, core, NT_SPACE_ACC, lane);
}

/// A group of `neurons` neurons on lines from 0 on, each sending `payload` to the entry of
/// NT_CHECK_DESTS and keeping what its dendrite 0 held in state word 0.
static void put_sender(nt_dev_t *dev, uint32_t core, uint32_t neurons, bool always, int32_t payload,
                       uint64_t destination) {
  nt_asm_program_t program = {.count = 0};
  const nt_asm_group_t group = {.always = always,
                                .lines = (neurons + line_lanes() - 1) / line_lanes(),
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1,
                                .clear_words = 1,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_asm_emit(&program, nt_asm_rdc(1, 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 2, 0, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_spk(0, 2));
  nt_asm_emit(&program, nt_asm_end());
  nt_check_group(dev, core, 0, &group);
  nt_check_program(dev, core, 0, program.word, program.count);
  nt_check_write(dev, core, NT_SPACE_TABLE, 0, (uint32_t)payload);
  nt_check_dword(dev, core, NT_CHECK_DESTS, 0, destination);
}

/// Steps of a tile without groups and without spikes: only time passes.
static void test_empty_steps(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  for (uint32_t t = 0; t < 20; t++) {
    nt_check_step(dev, t);
    nt_dev_drain(dev, &spikes, &count);
    NT_CHECK(count, 0);
    NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), t + 1);
    NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), t + 1);
    NT_CHECK(nt_check_reg(dev, NT_REG_STATUS), 0);
  }
  for (uint32_t core = 0; core < dev->params.cores; core++)
    for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++)
      NT_CHECK_AT(nt_check_counter(dev, core, c), 0, core, c);
  nt_dev_close(dev);
}

/// More spikes than any queue holds, the slowest kind of list for each, and START at once: all of
/// them act in that step.
static void test_burst_before_start(void **state) {
  (void)state;
  enum { SPIKES = 400 };
  nt_dev_t *dev = nt_check_open();
  const uint32_t lines = dev->params.lines;
  static nt_spike_t burst[SPIKES];
  nt_error_t err = {0};
  int32_t sum = 0;
  put_sender(dev, 0, line_lanes(), false, 0, 0);
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 4, 0, lines, 0, 1));
  for (uint32_t i = 0; i < SPIKES; i++) {
    burst[i] = (nt_spike_t){
        .cores = 1, .type = NT_SPIKE_TYPE_GRADED24, .payload = (int32_t)(i * 37 % 101) - 50};
    sum += burst[i].payload;
  }
  NT_CHECK_OK(nt_dev_inject(dev, burst, SPIKES, &err), &err);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n < line_lanes(); n++)
    NT_CHECK_AT((int32_t)nt_check_state(dev, 0, 1, n, 0), sum, n, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), SPIKES);
  for (uint32_t line = 0; line < lines; line++)
    NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, line), 0, line, 0);
  NT_CHECK(nt_dev_pending(dev), false);
  nt_dev_close(dev);
}

/// What the last neuron sends in a step's last instruction has been served when the step ends, even
/// if its list is long; and it acts in the next step, not in this one.
static void test_last_spike_is_served(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t lines = dev->params.lines, last = lines * line_lanes() - 1;
  const uint32_t own = 77;
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_TILE_ID, own, &err), &err);
  put_sender(dev, 0, 1, true, 9, nt_asm_dest(own, 1, 3, NT_SPIKE_TYPE_GRADED24, false));
  nt_check_axon(dev, 0, 3, nt_asm_uniform(0, 4, 0, lines, 2, 5));
  for (uint32_t t = 0; t < 3; t++) {
    nt_check_step(dev, t);
    NT_CHECK(nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_BUSY_LSB & 1, 0);
    NT_CHECK_AT((int32_t)nt_check_state(dev, 0, 1, 0, 0), t == 0 ? 0 : 180, t, 0);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), t + 1);
    for (uint32_t line = 0; line < lines; line++)
      NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, line), 0xF, t, line);
    NT_CHECK_AT(coming(dev, 0, 0), 180, t, 1);
    NT_CHECK_AT(coming(dev, 0, 3 * lines * line_lanes() + last), 180, t, 2);
    NT_CHECK(nt_dev_pending(dev), true);
  }
  nt_dev_close(dev);
}

/// Every neuron of every core sends to every core at once: every message arrives once, in the next
/// step, in all of them.
static void test_all_to_all(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t cores = dev->params.cores, neurons = line_lanes() + 5;
  const uint32_t all = (1u << cores) - 1;
  for (uint32_t core = 0; core < cores; core++) {
    put_sender(dev, core, neurons, true, (int32_t)core + 1,
               nt_asm_dest(0, all, core, NT_SPIKE_TYPE_GRADED16, false));
    for (uint32_t axon = 0; axon < cores; axon++)
      nt_check_axon(dev, core, axon, nt_asm_uniform(0, 1, 0, 1, axon, 1));
  }
  int32_t each = 0;
  for (uint32_t core = 0; core < cores; core++)
    each += (int32_t)(neurons * (core + 1)) << core;
  for (uint32_t t = 0; t < 3; t++) {
    nt_check_step(dev, t);
    for (uint32_t core = 0; core < cores; core++) {
      NT_CHECK_AT(nt_check_counter(dev, core, NT_COUNTER_MSG_IN), (t + 1) * cores * neurons, t,
                  core);
      NT_CHECK_AT(nt_check_counter(dev, core, NT_COUNTER_MSG_OUT), (t + 1) * neurons, t, core);
      for (uint32_t lane = 0; lane < line_lanes(); lane++) {
        NT_CHECK_AT(coming(dev, core, lane), each, core, lane);
        NT_CHECK_AT((int32_t)nt_check_state(dev, core, 1, lane, 0), t == 0 ? 0 : each, core, lane);
      }
    }
  }
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  nt_dev_close(dev);
}

/// All of a step's spikes for the host have left when it ends; the next step begins with none.
static void test_all_has_left(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t cores = dev->params.cores, neurons = 2 * line_lanes();
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  for (uint32_t core = 0; core < cores; core++)
    put_sender(dev, core, neurons, true, -3,
               nt_asm_dest(NT_HOST_TILE, core, 0, NT_SPIKE_TYPE_GRADED8, true));
  for (uint32_t t = 0; t < 3; t++) {
    nt_check_step(dev, t);
    nt_dev_drain(dev, &spikes, &count);
    NT_CHECK(count, cores * neurons);
    uint64_t axons = 0;
    for (size_t i = 0; i < count; i++) {
      NT_CHECK(spikes[i].payload, -3);
      axons += spikes[i].axon;
    }
    NT_CHECK(axons, (uint64_t)cores * neurons * (neurons - 1) / 2);
    nt_dev_drain(dev, &spikes, &count);
    NT_CHECK(count, 0);
  }
  nt_dev_close(dev);
}

/// Accumulators are those of one step: what no program read is gone, what came later is not mixed
/// in.
static void test_unread_input_vanishes(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  put_sender(dev, 0, 1, true, 0, 0);
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 4, 0, dev->params.lines, 0, 1));
  static const int32_t payloads[] = {11, 0, -7, 0, 0, 5};
  for (uint32_t t = 0; t < sizeof payloads / sizeof payloads[0]; t++) {
    if (payloads[t] != 0)
      nt_check_inject(dev, 1, 0, payloads[t]);
    nt_check_step(dev, t);
    NT_CHECK_AT((int32_t)nt_check_state(dev, 0, 1, 0, 0), payloads[t], t, 0);
    NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, 0), 0, t, 1);
    NT_CHECK_AT(coming(dev, 0, line_lanes()), 0, t, 2);
  }
  nt_dev_close(dev);
}

/// Spikes that came before CLEAR_STATE are consumed first, counted, and cleared with the rest; a
/// step and a clear may follow each other at once.
static void test_clear_after_burst(void **state) {
  (void)state;
  enum { SPIKES = 60 };
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  put_sender(dev, 0, line_lanes(), false, 0, 0);
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 4, 0, dev->params.lines, 0, 3));
  for (uint32_t round = 0; round < 3; round++) {
    for (uint32_t i = 0; i < SPIKES; i++)
      nt_check_inject(dev, 1, 0, 2);
    NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, CLEAR_STATE, &err), &err);
    nt_check_step(dev, round);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), SPIKES * (round + 1));
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 0);
    NT_CHECK(nt_dev_pending(dev), false);
  }
  nt_check_inject(dev, 1, 0, 2);
  nt_check_step(dev, 3);
  NT_CHECK((int32_t)nt_check_state(dev, 0, 1, 0, 0), 6);
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, CLEAR_STATE, &err), &err);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 0);
  nt_dev_close(dev);
}

/// TIMESTEP counts by itself from step to step, and wraps; START alone runs the step it names.
static void test_time_goes_on(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_TIMESTEP));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 1, &program);
  nt_check_step(dev, 0xFFFFFFFEu);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 0xFFFFFFFEu);
  nt_check_step(dev, nt_check_reg(dev, NT_REG_TIMESTEP));
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 0xFFFFFFFFu);
  nt_check_step(dev, nt_check_reg(dev, NT_REG_TIMESTEP));
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 1);
  nt_check_step(dev, 1000);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 1000);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 4);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_empty_steps),          cmocka_unit_test(test_burst_before_start),
      cmocka_unit_test(test_last_spike_is_served), cmocka_unit_test(test_all_to_all),
      cmocka_unit_test(test_all_has_left),         cmocka_unit_test(test_unread_input_vanishes),
      cmocka_unit_test(test_clear_after_burst),    cmocka_unit_test(test_time_goes_on),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_barrier", nt_check_run(tests));
}
