// SPDX-License-Identifier: Apache-2.0
// The verilated tile through the device interface: registers, every space by both doors, one spike
// through a core. All expectations are worked out by hand.
#include "nt_rtl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "nt_rtl_fixture.h" // uses cmocka

#define CORE 2u

// Instructions with only the fields that the programs below need.
static uint32_t instr(uint32_t op, uint32_t rd, uint32_t ra, uint32_t low) {
  return op << NT_INSTR_OP_LSB | rd << NT_INSTR_RD_LSB | ra << NT_INSTR_RA_LSB | low;
}

static uint32_t reg(nt_dev_t *dev, uint32_t offset) {
  uint32_t value = 0;
  nt_error_t err = {0};
  if (nt_dev_reg_read(dev, offset, &value, &err) != NT_OK)
    fail_msg("%s", err.text);
  return value;
}

static void put(nt_dev_t *dev, uint32_t space, uint32_t addr, uint32_t word) {
  nt_error_t err = {0};
  if (nt_dev_mem_write(dev, CORE, space, addr, 1, &word, &err) != NT_OK)
    fail_msg("%s", err.text);
}

static uint32_t get(nt_dev_t *dev, uint32_t space, uint32_t addr) {
  uint32_t word = 0;
  nt_error_t err = {0};
  if (nt_dev_mem_read(dev, CORE, space, addr, 1, &word, &err) != NT_OK)
    fail_msg("%s", err.text);
  return word;
}

static void put_dword(nt_dev_t *dev, uint32_t word, uint32_t dword, uint64_t value) {
  const uint32_t addr = word * nt_params_word_lanes(&dev->params) + 2 * dword;
  put(dev, NT_SPACE_POOL, addr, (uint32_t)value);
  put(dev, NT_SPACE_POOL, addr + 1, (uint32_t)(value >> 32));
}

// A group of one whole line on line 1 whose port 0 sends to the host (VECTOR, axon 100, GRADED16),
// and its program.
static void load_group(nt_dev_t *dev, uint32_t flags, const uint32_t *program, uint32_t count) {
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  put(dev, NT_SPACE_GROUP, 0, flags | 1u << NT_GROUP0_LINE_LSB | 1u << NT_GROUP0_LINES_LSB);
  put(dev, NT_SPACE_GROUP, 1, lanes);
  put(dev, NT_SPACE_GROUP, 2, 4u << NT_GROUP2_ENTRY_LSB);
  put(dev, NT_SPACE_GROUP, 3,
      64u << NT_GROUP3_STATE_BASE_LSB | 1u << NT_GROUP3_STATE_WORDS_LSB |
          1u << NT_GROUP3_CLEAR_WORDS_LSB);
  put(dev, NT_SPACE_GROUP, 4, 40u << NT_GROUP_PORT_PTR_LSB | 1u << NT_GROUP_PORT_COUNT_LSB);
  put_dword(dev, 40, 0,
            (uint64_t)NT_HOST_TILE << NT_DEST_TILE_LSB | UINT64_C(100) << NT_DEST_AXON_LSB |
                (uint64_t)NT_SPIKE_TYPE_GRADED16 << NT_DEST_TYPE_LSB |
                UINT64_C(1) << NT_DEST_VECTOR_LSB);
  for (uint32_t k = 0; k < count; k++)
    put(dev, NT_SPACE_PROG, 4 + k, program[k]);
}

// Axon 0: a DENSE list onto dendrite 2 of line 1; neuron 0 has +1, neuron 1 -1, the last one +1.
static void load_axon(nt_dev_t *dev) {
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  put(dev, NT_SPACE_CREG, NT_CREG_AXON_BASE, 16);
  put(dev, NT_SPACE_CREG, NT_CREG_AXON_COUNT, 1);
  put_dword(dev, 16, 0,
            (uint64_t)NT_FORMAT_DENSE << NT_AXON_FORMAT_LSB | UINT64_C(2) << NT_AXON_DENDRITE_LSB |
                UINT64_C(1) << NT_AXON_LINE_LSB | UINT64_C(32) << NT_AXON_PTR_LSB);
  for (uint32_t k = 0; k < nt_params_word_lanes(&dev->params); k++)
    put(dev, NT_SPACE_POOL, 32 * nt_params_word_lanes(&dev->params) + k, 0);
  put(dev, NT_SPACE_POOL, 32 * nt_params_word_lanes(&dev->params), 1 | 3 << 2);
  const uint32_t last = 32 * nt_params_word_lanes(&dev->params) + (lanes - 1) / 16;
  put(dev, NT_SPACE_POOL, last, get(dev, NT_SPACE_POOL, last) | 1u << ((lanes - 1) % 16 * 2));
}

static void inject(nt_dev_t *dev, uint16_t axon, int32_t payload) {
  const nt_spike_t spike = {
      .cores = 1u << CORE, .type = NT_SPIKE_TYPE_GRADED24, .axon = axon, .payload = payload};
  nt_error_t err = {0};
  if (nt_dev_inject(dev, &spike, 1, &err) != NT_OK)
    fail_msg("%s", err.text);
}

static void step(nt_dev_t *dev, uint32_t timestep) {
  nt_error_t err = {0};
  if (nt_dev_step(dev, timestep, 100000, &err) != NT_OK)
    fail_msg("%s", err.text);
}

// The payload of the spike to `axon` that left the tile; 0 if there is none.
static int32_t payload_of(const nt_spike_t *spikes, size_t count, uint16_t axon) {
  for (size_t k = 0; k < count; k++) {
    if (spikes[k].axon == axon && spikes[k].tile == NT_HOST_TILE)
      return spikes[k].payload;
  }
  return 0;
}

static uint64_t counter(nt_dev_t *dev, uint32_t number) {
  uint64_t value = 0;
  nt_error_t err = {0};
  if (nt_dev_counter(dev, CORE, number, &value, &err) != NT_OK)
    fail_msg("%s", err.text);
  return value;
}

static void registers_hold_the_parameters(void **state) {
  nt_dev_t *dev = *state;
  assert_int_equal(reg(dev, NT_REG_ID), 0x4e54494c);
  assert_int_equal(reg(dev, NT_REG_VERSION), NT_DEFS_HASH);
  assert_int_equal(reg(dev, NT_REG_PARAM_CORES), dev->params.cores);
  assert_int_equal(reg(dev, NT_REG_PARAM_WORD_BITS), dev->params.word_bits);
  assert_int_equal(reg(dev, NT_REG_PARAM_GROUPS), dev->params.groups);
  assert_int_equal(reg(dev, NT_REG_STATUS), 0);
  assert_int_equal(reg(dev, NT_REG_STEPS), 0);
}

static void registers_are_written_and_refused(void **state) {
  nt_dev_t *dev = *state;
  uint32_t value = 0;
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_TILE_ID, 0x12abc, NULL), NT_OK);
  assert_int_equal(reg(dev, NT_REG_TILE_ID), 0xabc);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_TIMESTEP, 0x89abcdef, NULL), NT_OK);
  assert_int_equal(reg(dev, NT_REG_TIMESTEP), 0x89abcdef);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_ID, 1, NULL), NT_ERR_DEVICE);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_CTRL, 3, NULL), NT_ERR_DEVICE);
  assert_int_equal(nt_dev_reg_write(dev, 0x3f0, 1, NULL), NT_ERR_DEVICE);
  assert_int_equal(nt_dev_reg_read(dev, 0x3f0, &value, NULL), NT_ERR_DEVICE);
  assert_int_equal(reg(dev, NT_REG_ERROR), 0);
  assert_int_equal(reg(dev, NT_REG_STEPS), 0);
}

static void every_space_has_two_doors(void **state) {
  nt_dev_t *dev = *state;
  for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_CREG; space++) {
    const uint32_t words = nt_dev_space_words(&dev->params, space);
    const uint32_t mask = space == NT_SPACE_ACT                                 ? 0xf
                          : space == NT_SPACE_ACC && dev->params.acc_bits == 24 ? 0x7fffff
                                                                                : ~0u;
    // The ends of the space; of the core registers the halves of counter 1.
    const uint32_t ends[2] = {space == NT_SPACE_CREG ? 10 : 0,
                              space == NT_SPACE_CREG ? 11 : words - 1};
    for (uint32_t k = 0; k < 2; k++) {
      nt_error_t err = {0};
      uint32_t word = 0;
      if (space == NT_SPACE_ACC) // of a row that is not active nothing can be read
        put(dev, NT_SPACE_ACT, k == 0 ? 0 : dev->params.lines - 1, 0xf);
      if (dev->ops->msg_write(dev, CORE, space, ends[k], 0x5a3c1287 & mask, &err) != NT_OK)
        fail_msg("%s", err.text);
      assert_int_equal(get(dev, space, ends[k]), 0x5a3c1287 & mask);
      put(dev, space, ends[k], 0x0f1e2d3b & mask);
      if (dev->ops->msg_read(dev, CORE, space, ends[k], &word, &err) != NT_OK)
        fail_msg("%s", err.text);
      assert_int_equal(word, 0x0f1e2d3b & mask);
    }
  }
}

static void bad_requests_are_refused(void **state) {
  nt_dev_t *dev = *state;
  uint32_t word = 0;
  for (uint32_t space = NT_SPACE_POOL; space <= 7; space++) {
    const uint32_t words = space < 7 ? nt_dev_space_words(&dev->params, space) : 0;
    if (words >= 1u << NT_HOST_ADDR_W)
      continue;
    assert_int_equal(dev->ops->msg_read(dev, CORE, space, words, &word, NULL), NT_ERR_DEVICE);
    assert_int_equal(reg(dev, NT_REG_ERROR), 1u << NT_ERROR_BAD_ADDR_LSB);
    assert_int_equal(nt_dev_reg_write(dev, NT_REG_ERROR, 1u << NT_ERROR_BAD_ADDR_LSB, NULL), NT_OK);
    assert_int_equal(dev->ops->msg_write(dev, CORE, space, words, 1, NULL), NT_ERR_DEVICE);
    assert_int_equal(reg(dev, NT_REG_ERROR), 1u << NT_ERROR_BAD_ADDR_LSB);
    assert_int_equal(nt_dev_reg_write(dev, NT_REG_ERROR, 1u << NT_ERROR_BAD_ADDR_LSB, NULL), NT_OK);
  }
  if (dev->params.cores < 8)
    assert_int_equal(dev->ops->msg_read(dev, dev->params.cores, NT_SPACE_PROG, 0, &word, NULL),
                     NT_ERR_DEVICE);
}

static void a_spike_goes_through(void **state) {
  nt_dev_t *dev = *state;
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  const uint32_t program[] = {instr(NT_OP_RDC, 1, 0, 2), instr(NT_OP_SPK, 0, 1, 0),
                              instr(NT_OP_END, 0, 0, 0)};
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  load_axon(dev);
  load_group(dev, 1, program, 3);
  assert_false(nt_dev_pending(dev));
  inject(dev, 0, -5);
  assert_true(nt_dev_pending(dev));
  assert_int_equal(get(dev, NT_SPACE_ACT, 1), 1 << 2);
  assert_int_equal((int32_t)get(dev, NT_SPACE_ACC, (2 * dev->params.lines + 1) * lanes + 1), 5);
  dev->ops->set_tap(dev, true);
  step(dev, 7);
  nt_dev_drain(dev, &spikes, &count);
  assert_int_equal(count, 3);
  assert_int_equal(payload_of(spikes, count, 100), -5);
  assert_int_equal(payload_of(spikes, count, 101), 5);
  assert_int_equal(payload_of(spikes, count, (uint16_t)(100 + lanes - 1)), -5);
  assert_int_equal(spikes[0].type, NT_SPIKE_TYPE_GRADED16);
  const uint64_t *wire = NULL;
  dev->ops->tap(dev, CORE, &wire, &count);
  assert_int_equal(count, 3);
  uint8_t activity[64] = {0};
  int32_t row[256] = {0};
  dev->ops->current_activity(dev, CORE, activity);
  assert_int_equal(activity[0], 0);
  assert_int_equal(activity[1], 1 << 2);
  dev->ops->current_row(dev, CORE, 2 * dev->params.lines + 1, row);
  assert_int_equal(row[0], -5);
  assert_int_equal(row[1], 5);
  assert_int_equal(row[2], 0);
  assert_int_equal(row[lanes - 1], -5);
  assert_int_equal(reg(dev, NT_REG_TIMESTEP), 8);
  assert_int_equal(reg(dev, NT_REG_STEPS), 1);
  assert_int_equal(reg(dev, NT_REG_ERROR), 0);
  assert_false(nt_dev_pending(dev));
  assert_int_equal(counter(dev, NT_COUNTER_MSG_IN), 1);
  assert_int_equal(counter(dev, NT_COUNTER_SYNOPS), lanes);
  assert_int_equal(counter(dev, NT_COUNTER_WORDS), 1);
  assert_int_equal(counter(dev, NT_COUNTER_NEURONS), lanes);
  assert_int_equal(counter(dev, NT_COUNTER_INSTRS), 4 * 3);
  assert_int_equal(counter(dev, NT_COUNTER_MSG_OUT), 3);
  step(dev, 8);
  assert_int_equal(counter(dev, NT_COUNTER_NEURONS), lanes);
}

static void state_is_kept_probed_and_cleared(void **state) {
  nt_dev_t *dev = *state;
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  const uint32_t program[] = {instr(NT_OP_LD, 1, 0, 0),
                              instr(NT_OP_SPC, 2, 0, NT_SPC_NEURON),
                              instr(NT_OP_ADD, 1, 1, 2 << NT_INSTR_RB_LSB),
                              instr(NT_OP_ST, 0, 1, 0),
                              instr(NT_OP_PRB, 0, 1, 0),
                              instr(NT_OP_END, 0, 0, 0)};
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  load_group(dev, 3, program, 6);
  assert_true(nt_dev_pending(dev));
  put(dev, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, NULL), NT_OK);
  step(dev, 0);
  step(dev, 1);
  dev->ops->drain_probes(dev, &probes, &count);
  assert_int_equal(count, 2 * lanes);
  for (size_t k = 0; k < count; k++) {
    const int32_t times = k < lanes ? 1 : 2;
    assert_int_equal(probes[k].core, CORE);
    assert_int_equal(probes[k].group, 0);
    assert_int_equal(probes[k].value, times * probes[k].neuron);
  }
  assert_int_equal(nt_rtl_pool(dev, CORE)[64 * nt_params_word_lanes(&dev->params) + 1], 2);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, NULL), NT_OK);
  for (uint32_t k = 0; k < lanes; k++)
    assert_int_equal(nt_rtl_pool(dev, CORE)[64 * nt_params_word_lanes(&dev->params) + k], 0);
}

static void commands_while_busy_are_refused(void **state) {
  nt_dev_t *dev = *state;
  const uint32_t program[] = {instr(NT_OP_JMP, 0, NT_JMP_ALWAYS, 4)};
  nt_error_t err = {0};
  load_group(dev, 3, program, 1);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_START_LSB, NULL), NT_OK);
  assert_int_equal(nt_dev_reg_write(dev, NT_REG_TILE_ID, 9, NULL), NT_ERR_DEVICE);
  assert_int_equal(reg(dev, NT_REG_TILE_ID), 0);
  assert_int_equal(nt_rtl_clock(dev, 4 * 4 * (NT_STRIP_INSTR_LIMIT + 10), &err), NT_OK);
  assert_int_equal(reg(dev, NT_REG_STATUS) & 1, 0);
  assert_int_equal(reg(dev, NT_REG_ERROR),
                   1u << NT_ERROR_BUSY_WRITE_LSB | 1u << (NT_ERROR_CORE_LSB + CORE));
  assert_int_equal(get(dev, NT_SPACE_CREG, NT_CREG_FLAGS), 1u << NT_FLAGS_RUNAWAY_LSB);
  assert_int_equal(counter(dev, NT_COUNTER_INSTRS), 4 * NT_STRIP_INSTR_LIMIT);
}

static void a_blocked_port_is_named_and_released(void **state) {
  nt_dev_t *dev = *state;
  const uint32_t program[] = {instr(NT_OP_RDC, 1, 0, 2), instr(NT_OP_SPK, 0, 1, 0),
                              instr(NT_OP_END, 0, 0, 0)};
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_error_t err = {0};
  load_axon(dev);
  load_group(dev, 1, program, 3);
  inject(dev, 0, 1);
  nt_rtl_stall(dev, true, false);
  assert_int_equal(nt_dev_step(dev, 0, 1000, &err), NT_ERR_TIMEOUT);
  assert_non_null(strstr(err.text, "phase FLUSH"));
  nt_rtl_stall(dev, false, false);
  assert_int_equal(nt_rtl_clock(dev, 100, &err), NT_OK);
  nt_dev_drain(dev, &spikes, &count);
  assert_int_equal(count, 3);
  assert_int_equal(reg(dev, NT_REG_STEPS), 1);
}

static void a_damaged_spike_is_noticed(void **state) {
  nt_dev_t *dev = *state;
  load_axon(dev);
  nt_rtl_corrupt_spike(dev, 1, UINT64_C(1) << NT_SPIKE_AXON_LSB);
  inject(dev, 0, 1);
  assert_int_equal(get(dev, NT_SPACE_CREG, NT_CREG_FLAGS), 0);
  inject(dev, 0, 1);
  step(dev, 0);
  assert_int_equal(get(dev, NT_SPACE_CREG, NT_CREG_FLAGS), 1u << NT_FLAGS_BAD_AXON_LSB);
  assert_int_equal(counter(dev, NT_COUNTER_MSG_IN), 2);
}

static void waves_open_and_close_in_the_middle(void **state) {
  nt_dev_t *dev = *state;
  const char *format = nt_rtl_trace_format();
  char path[] = "/tmp/nt_smoke_XXXXXX";
  nt_error_t err = {0};
  if (format != NULL && strcmp(format, "vcd") != 0)
    skip(); // no text
  const int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  if (format == NULL) {
    assert_int_equal(nt_rtl_trace_open(dev, path, &err), NT_ERR_UNSUPPORTED);
    remove(path);
    return;
  }
  for (int k = 0; k < 2; k++) {
    step(dev, 0);
    assert_int_equal(nt_rtl_trace_open(dev, path, &err), NT_OK);
    step(dev, 1);
    nt_rtl_trace_close(dev);
    FILE *vcd = fopen(path, "r");
    assert_non_null(vcd);
    char line[256];
    bool unit = false;
    bool phase = false;
    while (fgets(line, sizeof line, vcd) != NULL) {
      unit = unit || strstr(line, "$timescale 1ns") != NULL || strstr(line, " 1ns") != NULL;
      phase = phase || strstr(line, "dbg_phase_ascii") != NULL;
    }
    fclose(vcd);
    assert_true(unit);
    assert_true(phase);
  }
  unlink(path);
  assert_int_equal(nt_rtl_trace_open(dev, "/nonexistent/x.vcd", &err), NT_ERR_IO);
}

static void other_parameters_are_refused(void **state) {
  (void)state;
  nt_params_t params = nt_rtl_params();
  nt_dev_t *dev = NULL;
  nt_error_t err = {0};
  params.lines *= 2;
  params.groups = 64;
  assert_int_equal(nt_rtl_open(&params, &dev, &err), NT_ERR_UNSUPPORTED);
  assert_null(dev);
  assert_non_null(strstr(err.text, "LINES"));
  assert_non_null(strstr(err.text, "GROUPS"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(registers_hold_the_parameters, setup, teardown),
      cmocka_unit_test_setup_teardown(registers_are_written_and_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(every_space_has_two_doors, setup, teardown),
      cmocka_unit_test_setup_teardown(bad_requests_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(a_spike_goes_through, setup, teardown),
      cmocka_unit_test_setup_teardown(state_is_kept_probed_and_cleared, setup, teardown),
      cmocka_unit_test_setup_teardown(commands_while_busy_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(a_blocked_port_is_named_and_released, setup, teardown),
      cmocka_unit_test_setup_teardown(a_damaged_spike_is_noticed, setup, teardown),
      cmocka_unit_test_setup_teardown(waves_open_and_close_in_the_middle, setup, teardown),
      cmocka_unit_test(other_parameters_are_refused),
  };
  return cmocka_run_group_tests_name("rtl_smoke", tests, NULL, NULL);
}
