// SPDX-License-Identifier: Apache-2.0
// Parameters, registers, address spaces by both ways, state reset, save and restore, and the
// observer (docs/spec/registers.md, docs/spec/tables.md, docs/spec/timestep.md).
#include "nt_rig.h"

#include <stdlib.h>
#include <string.h>

static void test_params(void **state) {
  (void)state;
  const nt_params_t ok = nt_params_default();
  NT_RIG_EQUAL(nt_params_check(&ok, NULL), NT_OK);
  static const struct {
    nt_params_t params;
    const char *name;
  } bad[] = {
      {{0, 256, 8192, 8, 32, 1024, 512, 16}, "CORES"},
      {{9, 256, 8192, 8, 32, 1024, 512, 16}, "CORES"},
      {{4, 192, 8192, 8, 32, 1024, 512, 16}, "WORD_BITS"},
      {{4, 32, 8192, 8, 32, 1024, 512, 16}, "WORD_BITS"},
      {{4, 256, 8191, 8, 32, 1024, 512, 16}, "POOL_WORDS"},
      {{4, 256, 8192, 1, 32, 1024, 512, 16}, "LINES"},
      {{4, 256, 8192, 128, 32, 1024, 512, 16}, "LINES"},
      {{4, 256, 8192, 8, 28, 1024, 512, 16}, "ACC_BITS"},
      {{4, 256, 8192, 8, 64, 1024, 512, 16}, "ACC_BITS"},
      {{4, 256, 8192, 8, 32, 8192, 512, 16}, "PROG_WORDS"},
      {{4, 256, 8192, 8, 32, 1024, 500, 16}, "TABLE_WORDS"},
      {{4, 256, 8192, 8, 32, 1024, 512, 4}, "GROUPS"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
    nt_error_t err = {0};
    nt_dev_t *dev = NULL;
    NT_RIG_EQUAL(nt_golden_open(&bad[k].params, &dev, &err), NT_ERR_RANGE);
    NT_RIG_EQUAL(err.status, NT_ERR_RANGE);
    NT_RIG_EQUAL(strncmp(err.text, bad[k].name, strlen(bad[k].name)), 0);
    assert_null(dev);
  }
  nt_dev_close(NULL);
  const nt_params_t other = {7, 64, 65536, 64, 24, 64, 64, 32};
  nt_dev_t *dev = nt_rig_open(&other);
  static const uint32_t words[8] = {131072, 64, 64, 512, 8192, 64, 28, 0};
  for (uint32_t space = 0; space < 8; space++)
    NT_RIG_EQUAL(nt_dev_space_words(&other, space), words[space]);
  static const uint32_t value[8] = {7, 64, 65536, 64, 24, 64, 64, 32};
  for (uint32_t k = 0; k < 8; k++)
    NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_PARAM_CORES + 4 * k), value[k]);
  nt_dev_close(dev);
}

static void expect_slverr(nt_dev_t *dev, uint32_t offset, bool read, bool write) {
  nt_error_t err = {0};
  uint32_t value = 99;
  NT_RIG_EQUAL(nt_dev_reg_read(dev, offset, &value, &err), read ? NT_ERR_DEVICE : NT_OK);
  if (read)
    NT_RIG_EQUAL(value, 0);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, offset, 0, &err), write ? NT_ERR_DEVICE : NT_OK);
}

static void test_registers(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ID), 0x4E54494C);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_VERSION), NT_DEFS_HASH);
  static const uint32_t writable[] = {0x040, 0x044, 0x04C, 0x050};
  static const uint32_t readable[] = {0x000, 0x004, 0x008, 0x00C, 0x010, 0x014, 0x018, 0x01C,
                                      0x020, 0x024, 0x040, 0x044, 0x048, 0x04C, 0x050, 0x054,
                                      0x058, 0x05C, 0x080, 0x084, 0x088, 0x08C};
  for (uint32_t offset = 0; offset < 0x1010; offset++) {
    bool can_read = false;
    bool can_write = false;
    for (size_t k = 0; k < sizeof readable / sizeof readable[0]; k++)
      can_read |= readable[k] == offset;
    for (size_t k = 0; k < sizeof writable / sizeof writable[0]; k++)
      can_write |= writable[k] == offset;
    expect_slverr(dev, offset, !can_read, !can_write);
  }
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TILE_ID, 0xFFFFF123, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TILE_ID), 0x123);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TIMESTEP, 0xFFFFFFFF, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 0xFFFFFFFF);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 3, NULL), NT_ERR_DEVICE);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 0);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 1);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 0);
  // PENDING: a row is active, or an enabled group is ALWAYS.
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STATUS), 0);
  nt_rig_write(dev, 2, NT_SPACE_ACT, 7, 8);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STATUS), 2);
  nt_rig_write(dev, 2, NT_SPACE_ACT, 7, 0);
  NT_RIG_EQUAL(nt_dev_pending(dev), false);
  nt_rig_write(dev, 3, NT_SPACE_GROUP, 15 * 16, 2);
  NT_RIG_EQUAL(nt_dev_pending(dev), false);
  nt_rig_write(dev, 3, NT_SPACE_GROUP, 15 * 16, 3);
  NT_RIG_EQUAL(nt_dev_pending(dev), true);
  NT_RIG_EQUAL(nt_dev_cycles(dev), 0);
  nt_progress_t progress = {.phase = 9};
  dev->ops->progress(dev, &progress);
  NT_RIG_EQUAL(progress.phase, NT_PHASE_IDLE);
  assert_string_equal(dev->ops->name, "golden");
  nt_dev_close(dev);
}

/// Every address of every space: written by message and read by the back door, and the other way
/// round.
static void test_spaces(void **state) {
  (void)state;
  nt_params_t params = {2, 64, 256, 2, 24, 64, 64, 8};
  nt_dev_t *dev = nt_rig_open(&params);
  for (uint32_t line = 0; line < 2; line++)
    nt_rig_write(dev, 1, NT_SPACE_ACT, line, 15);
  for (uint32_t space = 0; space < 7; space++)
    for (uint32_t addr = 0; addr < nt_dev_space_words(&params, space); addr++) {
      if (space == NT_SPACE_CREG && (addr == NT_CREG_FLAGS || (addr > 3 && addr < 8)))
        continue;
      const uint32_t value = 0x80C30F00U + 977 * addr + space;
      uint32_t kept = value;
      if (space == NT_SPACE_ACC)
        kept = (value & 0x800000U) != 0 ? value | 0xFF000000U : value & 0xFFFFFFU;
      if (space == NT_SPACE_ACT)
        kept = value & 15U;
      if (space == NT_SPACE_CREG && addr < 4)
        kept = value & (addr == NT_CREG_AXON_BASE    ? 0xFFFFU
                        : addr == NT_CREG_AXON_COUNT ? 0x1FFFFU
                                                     : 1U);
      uint32_t word = ~kept;
      NT_RIG_EQUAL(dev->ops->msg_write(dev, 1, space, addr, value, NULL), NT_OK);
      NT_RIG_EQUAL(nt_rig_read(dev, 1, space, addr), kept);
      NT_RIG_EQUAL(dev->ops->msg_read(dev, 1, space, addr, &word, NULL), NT_OK);
      NT_RIG_EQUAL(word, kept);
      nt_rig_write(dev, 1, space, addr, ~value);
      NT_RIG_EQUAL(dev->ops->msg_read(dev, 1, space, addr, &word, NULL), NT_OK);
      NT_RIG_EQUAL(word, nt_rig_read(dev, 1, space, addr));
      if (space != NT_SPACE_ACT)
        NT_RIG_EQUAL(nt_rig_read(dev, 0, space, addr), 0); // the other core is untouched
    }
  NT_RIG_EQUAL(nt_golden_pool(dev, 1)[9], ~(0x80C30F00U + 977 * 9));
  nt_dev_close(dev);
}

static void test_refusals(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  static const struct {
    uint32_t core, space, addr;
  } missing[] = {{4, 0, 0}, {0, 0, 65536}, {0, 1, 1024}, {0, 2, 512}, {0, 3, 256}, {0, 4, 4096},
                 {0, 5, 8}, {0, 6, 28},    {0, 6, 4},    {0, 6, 7},   {0, 7, 0},   {7, 7, 0xFFFFF}};
  for (size_t k = 0; k < sizeof missing / sizeof missing[0]; k++) {
    uint32_t word = 0;
    NT_RIG_EQUAL(
        nt_dev_mem_read(dev, missing[k].core, missing[k].space, missing[k].addr, 1, &word, NULL),
        NT_ERR_DEVICE);
    NT_RIG_EQUAL(
        nt_dev_mem_write(dev, missing[k].core, missing[k].space, missing[k].addr, 1, &word, NULL),
        NT_ERR_DEVICE);
    NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
    for (int write = 0; write < 2; write++) {
      const nt_status_t status = write != 0
                                     ? dev->ops->msg_write(dev, missing[k].core, missing[k].space,
                                                           missing[k].addr, 1, NULL)
                                     : dev->ops->msg_read(dev, missing[k].core, missing[k].space,
                                                          missing[k].addr, &word, NULL);
      NT_RIG_EQUAL(status, NT_ERR_DEVICE);
      NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 1 << NT_ERROR_BAD_ADDR_LSB);
      NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STATUS), 1 << NT_STATUS_ERROR_LSB);
      NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_ERROR, 0xFFFFFFFD, NULL), NT_OK);
      NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 2);
      NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_ERROR, 2, NULL), NT_OK);
      NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
    }
  }
  uint32_t words[8] = {0};
  NT_RIG_EQUAL(dev->ops->msg_read(dev, 8, 0, 0, words, NULL), NT_ERR_ARG); // no wire form
  NT_RIG_EQUAL(dev->ops->msg_read(dev, 0, 0, 1 << 20, words, NULL), NT_ERR_ARG);
  NT_RIG_EQUAL(nt_dev_mem_read(dev, 0, NT_SPACE_CREG, 2, 8, words, NULL),
               NT_ERR_DEVICE); // spans the gap
  NT_RIG_EQUAL(nt_dev_mem_read(dev, 0, NT_SPACE_CREG, 0, 4, words, NULL), NT_OK);
  NT_RIG_EQUAL(nt_dev_mem_read(dev, 0, NT_SPACE_POOL, 0xFFFFFFFF, 8, words, NULL), NT_ERR_DEVICE);
  NT_RIG_EQUAL(nt_dev_mem_read(dev, 0, NT_SPACE_ACT, 1, 8, words, NULL), NT_ERR_DEVICE);
  uint64_t counter = 0;
  NT_RIG_EQUAL(nt_dev_counter(dev, 0, 10, &counter, NULL), NT_ERR_ARG);
  nt_dev_close(dev);
}

static void test_clear_state(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  for (uint32_t word = 0; word < 64; word++)
    for (uint32_t lane = 0; lane < 8; lane++)
      nt_rig_pool(dev, 1, 8191 + word, lane, 1);
  // 17 neurons: 3 beats of 5 words, of which 2 are cleared, from the last pool word on.
  nt_rig_group_t group = {
      .lines = 1, .neurons = 17, .state_base = 8191, .state_words = 5, .clear_words = 2};
  nt_rig_group(dev, 1, 3, &group);
  group.state_base = 40; // a disabled group's state stays
  nt_rig_group(dev, 1, 4, &group);
  nt_rig_write(dev, 1, NT_SPACE_GROUP, 4 * 16, 1U << 16);
  nt_rig_write(dev, 1, NT_SPACE_ACT, 3, 15);
  nt_rig_write(dev, 1, NT_SPACE_ACC, 3 * 128, 77);
  nt_rig_write(dev, 1, NT_SPACE_CREG, NT_CREG_COUNTERS, 5);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TIMESTEP, 12, NULL), NT_OK);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1 << NT_CTRL_CLEAR_STATE_LSB, NULL), NT_OK);
  for (uint32_t word = 0; word < 64; word++)
    for (uint32_t lane = 0; lane < 8; lane++)
      NT_RIG_EQUAL(nt_rig_pool_get(dev, 1, 8191 + word, lane), !(word % 5 < 2 && word < 15));
  NT_RIG_EQUAL(nt_rig_act(dev, 1, 3), 0);
  NT_RIG_EQUAL(nt_rig_acc(dev, 1, 0, 3, 0), 0);
  NT_RIG_EQUAL(nt_dev_pending(dev), false);
  NT_RIG_EQUAL(nt_rig_counter(dev, 1, NT_COUNTER_MSG_IN), 5);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 12);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 0);
  nt_dev_close(dev);
}

// ---- Save and restore ---------------------------------------------------------------------------

/// A ring in core 0 that keeps changing: every neuron adds its input to its state and sends the low
/// bits on.
static void load_ring(nt_dev_t *dev) {
  static const uint32_t program[] = {
      NT_RIG_OP(RDC) | NT_RIG_D(1) | 2,
      NT_RIG_OP(LD) | NT_RIG_D(2) | 0,
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_B(1),
      NT_RIG_OP(SPC) | NT_RIG_D(3) | NT_SPC_TIMESTEP,
      NT_RIG_OP(XOR) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_B(3),
      NT_RIG_OP(ST) | NT_RIG_A(2) | 0,
      NT_RIG_OP(MOV) | NT_RIG_D(4) | NT_RIG_B(2) | NT_RIG_SAT(8),
      NT_RIG_OP(SPK) | NT_RIG_A(4) | 0,
      NT_RIG_OP(END),
  };
  const nt_rig_group_t group = {.line = 1,
                                .lines = 2,
                                .neurons = 150,
                                .state_base = 2048,
                                .state_words = 1,
                                .port_ptr = {3000},
                                .port_count = {1}};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, sizeof program / sizeof program[0]);
  nt_rig_dword(dev, 0, 3000, 0, nt_rig_dest(0, 1, 0, NT_SPIKE_TYPE_GRADED8, true));
  for (uint32_t n = 0; n < 150; n++)
    nt_rig_axon(dev, 0, n, nt_rig_single(2, 128 + (7 * n + 1) % 150, n % 5, (int32_t)(n % 19) - 9));
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
}

/// The words of spaces 0 to 5 and of the core registers that are there to be restored.
typedef struct nt_saved {
  uint32_t *words[7];
} nt_saved_t;

static void transfer(nt_dev_t *dev, nt_saved_t *saved, bool restore) {
  nt_error_t err = {0};
  for (uint32_t space = 0; space < 7; space++) {
    const uint32_t first = space == NT_SPACE_CREG ? NT_CREG_COUNTERS : 0;
    const uint32_t count = nt_dev_space_words(&dev->params, space) - first;
    uint32_t *words = saved->words[space];
    NT_RIG_EQUAL(restore ? nt_dev_mem_write(dev, 0, space, first, count, words, &err)
                         : nt_dev_mem_read(dev, 0, space, first, count, words, &err),
                 NT_OK);
  }
  for (uint32_t k = 0; restore && k < 2; k++)
    nt_rig_write(dev, 0, NT_SPACE_CREG, k, k == 0 ? NT_RIG_AXON_BASE : 150);
}

/// A tile restored from its spaces goes on exactly as the original does.
static void test_save_restore(void **state) {
  (void)state;
  nt_dev_t *original = nt_rig_open(NULL);
  nt_dev_t *copy = nt_rig_open(NULL);
  nt_saved_t saved, later, copied;
  for (uint32_t space = 0; space < 7; space++) {
    const size_t size = nt_dev_space_words(&original->params, space) * sizeof(uint32_t);
    saved.words[space] = malloc(size);
    later.words[space] = malloc(size);
    copied.words[space] = malloc(size);
    assert_true(saved.words[space] != NULL && later.words[space] != NULL &&
                copied.words[space] != NULL);
  }
  load_ring(original);
  nt_rig_inject(original, 1, 3, 99);
  for (uint32_t step = 0; step < 20; step++)
    nt_rig_step(original, step);
  transfer(original, &saved, false);
  // The copy has a past of its own, which the restore must replace.
  load_ring(copy);
  nt_rig_inject(copy, 1, 5, 1234);
  nt_rig_step(copy, 0);
  transfer(copy, &saved, true);
  NT_RIG_EQUAL(nt_dev_pending(copy), true);
  for (uint32_t step = 20; step < 40; step++) {
    nt_rig_step(original, step);
    nt_rig_step(copy, step);
    transfer(original, &later, false);
    transfer(copy, &copied, false);
    for (uint32_t space = 0; space < 7; space++) {
      const uint32_t words = nt_dev_space_words(&copy->params, space) -
                             (space == NT_SPACE_CREG ? NT_CREG_COUNTERS : 0);
      for (uint32_t k = 0; k < words; k++)
        NT_RIG_EQUAL(copied.words[space][k], later.words[space][k]);
    }
  }
  NT_RIG_EQUAL(nt_dev_pending(original), true); // the ring was alive to the end
  for (uint32_t space = 0; space < 7; space++) {
    free(saved.words[space]);
    free(later.words[space]);
    free(copied.words[space]);
  }
  nt_dev_close(original);
  nt_dev_close(copy);
}

// ---- Observer -----------------------------------------------------------------------------------

typedef struct nt_seen {
  uint32_t calls;
  int32_t value;
  uint8_t activity, coming;
} nt_seen_t;

static void observe(void *user, nt_dev_t *dev) {
  nt_seen_t *seen = user;
  const nt_golden_rows_t rows = nt_golden_current(dev, 2);
  seen->calls++;
  seen->value = rows.values[(1 * rows.lines + 4) * rows.lanes + 9];
  seen->activity = rows.activity[4];
  seen->coming = nt_golden_coming(dev, 2).activity[4];
}

static void test_observer(void **state) {
  (void)state;
  nt_params_t params = nt_params_default();
  params.acc_bits = 24;
  nt_dev_t *dev = nt_rig_open(&params);
  nt_seen_t seen = {0};
  nt_golden_observe(dev, observe, &seen);
  nt_rig_axon(dev, 2, 0, nt_rig_single(1, 4 * 128 + 9, 0, 1));
  nt_rig_inject(dev, 4, 0, 8388607);
  nt_rig_inject(dev, 4, 0, 2);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(seen.calls, 1);
  NT_RIG_EQUAL(seen.value, -8388607); // wrapped to 24 bits
  NT_RIG_EQUAL(seen.activity, 2);
  NT_RIG_EQUAL(seen.coming, 0);
  uint8_t activity[8] = {0};
  int32_t row[128];
  memset(row, 0x55, sizeof row);
  dev->ops->current_activity(dev, 2, activity);
  dev->ops->current_row(dev, 2, 1 * 8 + 4, row);
  for (uint32_t line = 0; line < 8; line++)
    NT_RIG_EQUAL(activity[line], line == 4 ? 2 : 0);
  for (uint32_t lane = 0; lane < 128; lane++)
    NT_RIG_EQUAL(row[lane], lane == 9 ? -8388607 : 0);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1, NULL), NT_OK);
  NT_RIG_EQUAL(seen.calls, 2);
  NT_RIG_EQUAL(seen.activity, 0);
  nt_golden_observe(dev, NULL, NULL);
  nt_rig_step(dev, 2);
  NT_RIG_EQUAL(seen.calls, 2);
  nt_dev_close(dev);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_params),      cmocka_unit_test(test_registers),
      cmocka_unit_test(test_spaces),      cmocka_unit_test(test_refusals),
      cmocka_unit_test(test_clear_state), cmocka_unit_test(test_save_restore),
      cmocka_unit_test(test_observer),
  };
  return nt_rig_report("test_host", cmocka_run_group_tests(tests, NULL, NULL));
}
