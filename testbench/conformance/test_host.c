// SPDX-License-Identifier: Apache-2.0
// Registers, host access to every space, refusals and the busy tile (docs/spec/registers.md).
#include "nt_check.h"

#ifdef NT_HAVE_RTL
#include "nt_rtl.h"

#include <string.h>
#endif

enum {
  BAD_ADDR = 1 << NT_ERROR_BAD_ADDR_LSB,
  START = 1 << NT_CTRL_START_LSB,
  CLEAR_STATE = 1 << NT_CTRL_CLEAR_STATE_LSB
};

static nt_status_t reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value) {
  return nt_dev_reg_read(dev, offset, value, NULL);
}

static nt_status_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value) {
  return nt_dev_reg_write(dev, offset, value, NULL);
}

// ---- registers ----------------------------------------------------------------------------------

static void test_after_reset(void **state) {
  (void)state;
  static const uint32_t zero[] = {NT_REG_TILE_ID, NT_REG_STATUS, NT_REG_TIMESTEP, NT_REG_ERROR,
                                  NT_REG_STEPS};
  nt_dev_t *dev = nt_check_open();
  const nt_params_t *p = &dev->params;
  NT_CHECK(nt_check_reg(dev, NT_REG_ID), 'N' << 24 | 'T' << 16 | 'I' << 8 | 'L');
  NT_CHECK(nt_check_reg(dev, NT_REG_VERSION), NT_DEFS_HASH);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_CORES), p->cores);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_WORD_BITS), p->word_bits);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_POOL_WORDS), p->pool_words);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_LINES), p->lines);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_ACC_BITS), p->acc_bits);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_PROG_WORDS), p->prog_words);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_TABLE_WORDS), p->table_words);
  NT_CHECK(nt_check_reg(dev, NT_REG_PARAM_GROUPS), p->groups);
  for (uint32_t i = 0; i < sizeof zero / sizeof zero[0]; i++)
    NT_CHECK_AT(nt_check_reg(dev, zero[i]), 0, zero[i], 0);
  for (uint32_t core = 0; core < p->cores; core++) {
    NT_CHECK_AT(nt_check_reg(dev, NT_REG_QUEUE0 + 4 * core), 0, core, 0);
    for (uint32_t line = 0; line < p->lines; line++)
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACT, line), 0, core, line);
    for (uint32_t c = 0; c < NT_COUNTERS; c++)
      NT_CHECK_AT(nt_check_counter(dev, core, c), 0, core, c);
    NT_CHECK_AT(nt_check_flags(dev, core), 0, core, 0);
  }
  nt_dev_close(dev);
}

static bool is_register(const nt_dev_t *dev, uint32_t offset) {
  const uint32_t queues = NT_REG_QUEUE0 + 4 * dev->params.cores;
  if (offset % 4 != 0)
    return false;
  return offset <= NT_REG_PARAM_GROUPS || (offset >= NT_REG_TILE_ID && offset <= NT_REG_STEPS) ||
         (offset >= NT_REG_QUEUE0 && offset < queues);
}

static bool is_writable(uint32_t offset) {
  return offset == NT_REG_TILE_ID || offset == NT_REG_CTRL || offset == NT_REG_TIMESTEP ||
         offset == NT_REG_ERROR;
}

/// All offsets: which can be read, which can be written, and a refusal changes nothing.
static void test_register_map(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  for (uint32_t offset = 0; offset < 0x100; offset++) {
    uint32_t before = 0, after = 0;
    const nt_status_t expected = is_register(dev, offset) ? NT_OK : NT_ERR_DEVICE;
    NT_CHECK_AT(reg_read(dev, offset, &before), expected, offset, 0);
    NT_CHECK_AT(offset == NT_REG_CTRL || expected == NT_OK ? 0 : before, 0, offset, 1);
    if (is_writable(offset))
      continue;
    NT_CHECK_AT(reg_write(dev, offset, 0xFFFFFFFFu), NT_ERR_DEVICE, offset, 2);
    (void)reg_read(dev, offset, &after);
    NT_CHECK_AT(after, before, offset, 3);
  }
  for (uint32_t offset = 0x100; offset < 0x1000; offset += 0x7C) {
    uint32_t value = 0;
    NT_CHECK_AT(reg_read(dev, offset, &value), NT_ERR_DEVICE, offset, 0);
    NT_CHECK_AT(reg_write(dev, offset, 1), NT_ERR_DEVICE, offset, 1);
  }
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 0);
  nt_dev_close(dev);
}

static void test_tile_registers(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  NT_CHECK(reg_write(dev, NT_REG_TILE_ID, 0xFFFFF123u), NT_OK);
  NT_CHECK(nt_check_reg(dev, NT_REG_TILE_ID), 0x123);
  NT_CHECK(reg_write(dev, NT_REG_TIMESTEP, 0xFFFFFFFFu), NT_OK);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 0xFFFFFFFFu);
  NT_CHECK(reg_write(dev, NT_REG_CTRL, START | CLEAR_STATE), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 0xFFFFFFFFu);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 0);
  NT_CHECK(reg_write(dev, NT_REG_CTRL, 0), NT_OK);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 0);
  nt_check_step(dev, 0xFFFFFFFFu);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 1);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  nt_dev_close(dev);
}

// ---- memory -------------------------------------------------------------------------------------

/// What a 32-bit write of `value` must read back as.
static uint32_t kept(const nt_params_t *p, uint32_t space, uint32_t addr, uint32_t value) {
  switch (space) {
  case NT_SPACE_ACC: {
    const uint32_t sign = 1u << (p->acc_bits - 1);
    return ((value & (sign | (sign - 1))) ^ sign) - sign;
  }
  case NT_SPACE_ACT: return value & 0xF;
  case NT_SPACE_CREG:
    if (addr == NT_CREG_AXON_BASE)
      return value & 0xFFFF;
    if (addr == NT_CREG_AXON_COUNT)
      return value & 0x1FFFF;
    return addr == NT_CREG_PROBE_ENABLE ? value & 1 : value;
  default: return value;
  }
}

/// Addresses without a plain word behind them: FLAGS, the gap after PROBE_ENABLE, unused words of
/// a descriptor.
static bool is_special(uint32_t space, uint32_t addr) {
  if (space == NT_SPACE_CREG)
    return addr == NT_CREG_FLAGS || (addr > NT_CREG_PROBE_ENABLE && addr < NT_CREG_COUNTERS);
  return space == NT_SPACE_GROUP && addr % NT_GROUP_WORDS >= 12;
}

static uint32_t pattern(uint32_t core, uint32_t space, uint32_t addr, uint32_t round) {
  uint32_t x = (core + 1) * 0x85EBCA6Bu ^ (space + 1) * 0xC2B2AE35u ^ (addr + 1) * 0x9E3779B1u;
  x ^= round * 0x27D4EB2Fu;
  x ^= x >> 15;
  return x * 0x2545F491u;
}

/// Every so many addresses of a space, the last one included.
static uint32_t stride_of(uint32_t words) {
  return words < 600 ? 1 : words / 397 | 1;
}

/// Goes through a core's space; `by_message` says which way writes, the other one reads.
static void cross_space(nt_dev_t *dev, uint32_t core, uint32_t space, bool by_message) {
  const uint32_t words = nt_dev_space_words(&dev->params, space);
  nt_error_t err = {0};
  for (uint32_t i = 0; i <= words; i += stride_of(words)) {
    const uint32_t addr = i == words ? words - 1 : i;
    if (is_special(space, addr))
      continue;
    const uint32_t value = pattern(core, space, addr, by_message);
    const nt_status_t status = by_message
                                   ? dev->ops->msg_write(dev, core, space, addr, value, &err)
                                   : nt_dev_mem_write(dev, core, space, addr, 1, &value, &err);
    NT_CHECK_OK(status, &err);
  }
  for (uint32_t i = 0; i <= words; i += stride_of(words)) {
    const uint32_t addr = i == words ? words - 1 : i;
    uint32_t found = 0;
    if (is_special(space, addr))
      continue;
    const nt_status_t status = by_message
                                   ? nt_dev_mem_read(dev, core, space, addr, 1, &found, &err)
                                   : dev->ops->msg_read(dev, core, space, addr, &found, &err);
    NT_CHECK_OK(status, &err);
    NT_CHECK_AT(found, kept(&dev->params, space, addr, pattern(core, space, addr, by_message)),
                space, addr);
  }
}

static void make_rows_active(nt_dev_t *dev, uint32_t core) {
  for (uint32_t line = 0; line < dev->params.lines; line++)
    nt_check_write(dev, core, NT_SPACE_ACT, line, 0xF);
}

static void test_message_and_back_door_agree(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  for (uint32_t core = 0; core < dev->params.cores; core++)
    for (uint32_t way = 0; way < 2; way++)
      for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_CREG; space++) {
        if (space == NT_SPACE_ACC)
          make_rows_active(dev, core);
        cross_space(dev, core, space, way == 0);
      }
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR) & 7u, 0);
  nt_dev_close(dev);
}

/// An accumulator of a row that is not active reads as 0, either way.
static void test_inactive_rows_read_as_zero(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t row_words = nt_params_line_lanes(&dev->params);
  nt_error_t err = {0};
  make_rows_active(dev, 0);
  for (uint32_t row = 0; row < NT_DENDRITES * dev->params.lines; row++)
    nt_check_write(dev, 0, NT_SPACE_ACC, row * row_words + row % row_words, 1000 + row);
  for (uint32_t line = 0; line < dev->params.lines; line++)
    nt_check_write(dev, 0, NT_SPACE_ACT, line, line & 0xF);
  for (uint32_t row = 0; row < NT_DENDRITES * dev->params.lines; row++) {
    const uint32_t line = row % dev->params.lines;
    const bool active = ((line & 0xF) >> row / dev->params.lines & 1) != 0;
    const uint32_t addr = row * row_words + row % row_words;
    uint32_t found = 0;
    NT_CHECK_OK(dev->ops->msg_read(dev, 0, NT_SPACE_ACC, addr, &found, &err), &err);
    NT_CHECK_AT(found, active ? 1000 + row : 0, row, 0);
    NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACC, addr), active ? 1000 + row : 0, row, 1);
  }
  nt_dev_close(dev);
}

/// A group written by message takes part like one written through the back door.
static void test_group_by_message(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const nt_asm_group_t group = {
      .always = true, .lines = 1, .neurons = 1, .state_base = NT_CHECK_STATE, .state_words = 1};
  uint32_t words[NT_GROUP_WORDS];
  nt_error_t err = {0};
  nt_asm_group_words(&group, words);
  const uint32_t last = dev->params.groups - 1;
  NT_CHECK(nt_dev_pending(dev), false);
  for (uint32_t i = 0; i < NT_GROUP_WORDS; i++)
    NT_CHECK_OK(
        dev->ops->msg_write(dev, 0, NT_SPACE_GROUP, last * NT_GROUP_WORDS + i, words[i], &err),
        &err);
  NT_CHECK(nt_dev_pending(dev), true);
  nt_check_step(dev, 0); // program word 0 is END
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 1);
  NT_CHECK_OK(dev->ops->msg_write(dev, 0, NT_SPACE_GROUP, last * NT_GROUP_WORDS, 0, &err), &err);
  NT_CHECK(nt_dev_pending(dev), false);
  nt_dev_close(dev);
}

/// An axon rewritten between two spikes for it: the second one finds the new entry.
static void test_axon_rewritten(void **state) {
  (void)state;
  enum { PAYLOAD = 2, OLD = 3, NEW = 5 };
  nt_dev_t *dev = nt_check_open();
  nt_check_axon(dev, 0, 0, nt_asm_single(0, 0, 0, OLD));
  nt_check_inject(dev, 1, 0, PAYLOAD);
  nt_check_dword(dev, 0, NT_CHECK_AXONS, 0, nt_asm_single(0, 0, 0, NEW));
  nt_check_inject(dev, 1, 0, PAYLOAD);
  NT_CHECK(nt_check_read(dev, 0, NT_SPACE_ACC, 0), PAYLOAD * OLD + PAYLOAD * NEW);
  nt_dev_close(dev);
}

static void refused(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr) {
  uint32_t value = 0;
  for (uint32_t way = 0; way < 2; way++) {
    const nt_status_t status = way == 0 ? dev->ops->msg_read(dev, core, space, addr, &value, NULL)
                                        : dev->ops->msg_write(dev, core, space, addr, 1, NULL);
    NT_CHECK_AT(status, NT_ERR_DEVICE, space, addr);
    NT_CHECK_AT(nt_check_reg(dev, NT_REG_ERROR), BAD_ADDR, space, addr);
    NT_CHECK(reg_write(dev, NT_REG_ERROR, 0xFFFFFFFFu), NT_OK);
    NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  }
}

static void test_bad_addresses(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_CREG; space++) {
    const uint32_t words = nt_dev_space_words(&dev->params, space);
    uint32_t value[2] = {0};
    if (words < 1u << NT_HOST_ADDR_W) {
      refused(dev, 0, space, words);
      refused(dev, 0, space, (1u << NT_HOST_ADDR_W) - 1);
    }
    if (dev->params.cores < 1u << NT_HOST_CORE_W) {
      refused(dev, dev->params.cores, space, 0);
      refused(dev, (1u << NT_HOST_CORE_W) - 1, space, 0);
    }
    NT_CHECK(nt_dev_mem_read(dev, 0, space, words - 1, 2, value, NULL), NT_ERR_DEVICE);
    NT_CHECK(nt_dev_mem_write(dev, 0, space, words - 1, 2, value, NULL), NT_ERR_DEVICE);
    NT_CHECK(nt_dev_mem_read(dev, dev->params.cores, space, 0, 1, value, NULL), NT_ERR_DEVICE);
  }
  refused(dev, 0, NT_SPACE_CREG + 1, 0);
  for (uint32_t addr = NT_CREG_PROBE_ENABLE + 1; addr < NT_CREG_COUNTERS; addr++)
    refused(dev, 0, NT_SPACE_CREG, addr);
  nt_dev_close(dev);
}

/// FLAGS are sticky, cleared by ones, and gathered in ERROR.CORE.
static void test_flags(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t core = dev->params.cores - 1;
  const uint32_t bad_axon = 1u << NT_FLAGS_BAD_AXON_LSB;
  nt_check_inject(dev, 1u << core, 5, 1);
  NT_CHECK(nt_check_flags(dev, core), bad_axon);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 1u << (NT_ERROR_CORE_LSB + core));
  NT_CHECK(nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_ERROR_LSB & 1, 1);
  NT_CHECK(reg_write(dev, NT_REG_ERROR, 0xFFFFFFFFu), NT_OK);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 1u << (NT_ERROR_CORE_LSB + core));
  nt_check_step(dev, 0);
  nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_FLAGS, ~bad_axon);
  NT_CHECK(nt_check_flags(dev, core), bad_axon);
  nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_FLAGS, bad_axon);
  NT_CHECK(nt_check_flags(dev, core), 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  nt_dev_close(dev);
}

/// Counters are 64 bits, can be written, and wrap.
static void test_counters(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++) {
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c, 0xFFFFFFFFu);
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c + 1,
                   c % 2 == 0 ? 0xFFFFFFFFu : c);
  }
  nt_check_axon(dev, 0, 0, nt_asm_dense(0, 1, 0, 2, 1, 0, NT_CHECK_LISTS));
  nt_check_inject(dev, 1, 0, 3);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_SYNOPS),
           0x1FFFFFFFFu + 2 * nt_params_line_lanes(&dev->params));
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_WORDS), 1);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 0x3FFFFFFFFu);
  nt_dev_close(dev);
}

// ---- the busy tile ------------------------------------------------------------------------------
#ifdef NT_HAVE_RTL

/// Every neuron of a line stores the timestep after a long loop, then sends 1 to the host.
static nt_dev_t *open_slow(void) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 1, 0, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_SUB, 1, 1, nt_asm_const(1), 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CGE, 1, nt_asm_const(1)));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ANY, 0, 1));
  nt_asm_emit(&program, nt_asm_spc(2, NT_SPC_TIMESTEP));
  nt_asm_emit(&program, nt_asm_st(2, 0));
  nt_asm_emit(&program, nt_asm_rdc(3, 0));
  nt_asm_emit(&program, nt_asm_st(3, 1));
  nt_asm_emit(&program, nt_asm_spk(0, 2));
  nt_asm_emit(&program, nt_asm_end());
  const uint32_t neurons = nt_params_line_lanes(&nt_check_backend()->params);
  nt_dev_t *dev = nt_check_open_program(neurons, 2, &program);
  const nt_asm_group_t group = {.always = true,
                                .lines = 1,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 2,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_check_group(dev, 0, 0, &group);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                 nt_asm_dest(NT_HOST_TILE, 0, 0, NT_SPIKE_TYPE_GRADED16, true));
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 100);
  nt_check_write(dev, 0, NT_SPACE_TABLE, 1, 1);
  return dev;
}

/// A step that is given too few cycles: NT_ERR_TIMEOUT, and the text says what is waited for.
static void time_out(nt_dev_t *dev, uint32_t timestep, uint64_t cycles, const char *phase) {
  nt_error_t err = {0};
  NT_CHECK(nt_dev_step(dev, timestep, cycles, &err), NT_ERR_TIMEOUT);
  NT_CHECK(strstr(err.text, phase) != NULL, true);
  NT_CHECK(strstr(err.text, "core 0") != NULL, true);
}

static uint32_t phase_of(nt_dev_t *dev) {
  return nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_PHASE_LSB & 7;
}

static void finish(nt_dev_t *dev) {
  nt_error_t err = {0};
  for (uint32_t i = 0; i < 1000 && phase_of(dev) != NT_PHASE_IDLE; i++)
    NT_CHECK_OK(nt_rtl_clock(dev, 100, &err), &err);
  NT_CHECK(phase_of(dev), NT_PHASE_IDLE);
}

/// Commands to a busy tile are refused and noted, requests wait, spikes act in the next step.
static void test_busy(void **state) {
  (void)state;
  const uint32_t busy_write = 1u << NT_ERROR_BUSY_WRITE_LSB;
  nt_dev_t *dev = open_slow();
  nt_error_t err = {0};
  uint32_t word = 0;
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 1, 0, 1, 0, 5));
  time_out(dev, 41, 300, "NEURON");
  NT_CHECK(phase_of(dev), NT_PHASE_NEURON);
  NT_CHECK(nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_BUSY_LSB & 1, 1);
  NT_CHECK(nt_check_reg(dev, NT_REG_QUEUE0) >> NT_QUEUE_ENGINE_BUSY_LSB & 1, 1);
  NT_CHECK(reg_write(dev, NT_REG_CTRL, START), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), busy_write);
  NT_CHECK(reg_write(dev, NT_REG_ERROR, busy_write), NT_OK);
  NT_CHECK(reg_write(dev, NT_REG_CTRL, CLEAR_STATE), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), busy_write);
  NT_CHECK(reg_write(dev, NT_REG_ERROR, busy_write), NT_OK);
  NT_CHECK(reg_write(dev, NT_REG_TILE_ID, 9), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), busy_write);
  NT_CHECK(reg_write(dev, NT_REG_ERROR, busy_write), NT_OK);
  NT_CHECK(reg_write(dev, NT_REG_TIMESTEP, 9), NT_ERR_DEVICE);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), busy_write);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 41);
  NT_CHECK(nt_check_reg(dev, NT_REG_TILE_ID), 0);
  NT_CHECK(phase_of(dev), NT_PHASE_NEURON);
  nt_check_inject(dev, 1, 0, 7);
  NT_CHECK(phase_of(dev), NT_PHASE_NEURON);
  // The last neuron's state: the request waits for the end of the step.
  const uint32_t last = nt_params_line_lanes(&dev->params) - 1;
  const uint32_t lanes = nt_params_word_lanes(&dev->params);
  const uint32_t addr = (NT_CHECK_STATE + last / lanes * 2) * lanes + last % lanes;
  NT_CHECK_OK(dev->ops->msg_read(dev, 0, NT_SPACE_POOL, addr, &word, &err), &err);
  NT_CHECK(word, 41);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 1);
  for (uint32_t n = 0; n <= last; n++)
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 1), 0, n, 0);
  nt_check_step(dev, 42);
  for (uint32_t n = 0; n <= last; n++) {
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 0), 42, n, 1);
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 1), 35, n, 2);
  }
  nt_dev_close(dev);
}

/// A receiver that takes nothing holds the step up and loses nothing; spikes still get in.
static void test_blocked_spike_out(void **state) {
  (void)state;
  nt_dev_t *dev = open_slow();
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 1, 0, 1, 0, 5));
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  nt_rtl_stall(dev, true, false);
  time_out(dev, 3, 20000, "core 0");
  NT_CHECK(phase_of(dev) == NT_PHASE_NEURON || phase_of(dev) == NT_PHASE_FLUSH, true);
  for (uint32_t i = 0; i < 100; i++)
    nt_check_inject(dev, 1, 0, 1);
  nt_rtl_stall(dev, false, false);
  finish(dev);
  nt_dev_drain(dev, &spikes, &count);
  NT_CHECK(count, nt_params_line_lanes(&dev->params));
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 100);
  NT_CHECK((int32_t)nt_check_read(dev, 0, NT_SPACE_ACC, 3), 500);
  nt_dev_close(dev);
}

/// A blocked response stream stops probes and with them the step; requests' answers come later.
static void test_blocked_responses(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_prb(1));
  nt_asm_emit(&program, nt_asm_end());
  const uint32_t neurons = nt_params_line_lanes(&nt_check_backend()->params);
  nt_dev_t *dev = nt_check_open_program(neurons, 1, &program);
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  uint64_t sum = 0;
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  nt_rtl_stall(dev, false, true);
  time_out(dev, 0, 20000, "core 0");
  nt_rtl_stall(dev, false, false);
  finish(dev);
  dev->ops->drain_probes(dev, &probes, &count);
  NT_CHECK(count, neurons);
  for (size_t i = 0; i < count; i++)
    sum += (uint32_t)probes[i].value;
  NT_CHECK(sum, (uint64_t)neurons * (neurons - 1) / 2);
  nt_dev_close(dev);
}
#endif

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_after_reset),
      cmocka_unit_test(test_register_map),
      cmocka_unit_test(test_tile_registers),
      cmocka_unit_test(test_message_and_back_door_agree),
      cmocka_unit_test(test_inactive_rows_read_as_zero),
      cmocka_unit_test(test_group_by_message),
      cmocka_unit_test(test_axon_rewritten),
      cmocka_unit_test(test_bad_addresses),
      cmocka_unit_test(test_flags),
      cmocka_unit_test(test_counters),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  int failed = nt_check_run(tests);
#ifdef NT_HAVE_RTL
  const struct CMUnitTest clocked[] = {
      cmocka_unit_test(test_busy),
      cmocka_unit_test(test_blocked_spike_out),
      cmocka_unit_test(test_blocked_responses),
  };
  if (nt_check_is_rtl())
    failed += nt_check_run(clocked);
#endif
  return nt_check_end("test_host", failed);
}
