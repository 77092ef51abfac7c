// SPDX-License-Identifier: Apache-2.0
// Refusals and what they say, registers that lie next to each other, CTRL, and a tile with all the
// cores there can be (docs/spec/registers.md, csim/include/nt_golden.h).
#include "nt_rig.h"

#include <string.h>

/// What a refusal says, with four different numbers so that each must be at its place.
static void test_refusal_texts(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  nt_error_t err = {0};
  uint32_t words[4] = {0};
  static const char missing[] = "core 6, space 5, address 77, 3 words";
  NT_RIG_EQUAL(nt_dev_mem_read(dev, 6, 5, 77, 3, words, &err), NT_ERR_DEVICE);
  assert_non_null(strstr(err.text, missing));
  err = (nt_error_t){0};
  NT_RIG_EQUAL(nt_dev_mem_write(dev, 6, 5, 77, 3, words, &err), NT_ERR_DEVICE);
  assert_non_null(strstr(err.text, missing));
  NT_RIG_EQUAL(dev->ops->msg_read(dev, 6, 5, 77, words, &err), NT_ERR_DEVICE);
  assert_non_null(strstr(err.text, "core 6, space 5, address 77, 1 words"));
  // Requests without a wire form: each field one too large, by both ways; no ERROR bit.
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_ERROR, 2, NULL), NT_OK);
  static const uint32_t bad[3][3] = {{8, 1, 2}, {3, 8, 2}, {3, 1, 1U << 20}};
  static const char *const text[3] = {"core 8, space 1, address 2:", "core 3, space 8, address 2:",
                                      "core 3, space 1, address 1048576:"};
  for (uint32_t k = 0; k < 3; k++) {
    NT_RIG_EQUAL(dev->ops->msg_read(dev, bad[k][0], bad[k][1], bad[k][2], words, &err), NT_ERR_ARG);
    assert_non_null(strstr(err.text, text[k]));
    NT_RIG_EQUAL(dev->ops->msg_write(dev, bad[k][0], bad[k][1], bad[k][2], 0, NULL), NT_ERR_ARG);
  }
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
  // No words are nowhere refused, not even in the gap of the core registers.
  for (uint32_t addr = 0; addr < 8; addr++)
    NT_RIG_EQUAL(nt_dev_mem_read(dev, 0, NT_SPACE_CREG, addr, 0, words, NULL), NT_OK);
  nt_dev_close(dev);
}

/// A spike without a wire form, first or last of several: none is injected.
static void test_bad_spikes(void **state) {
  (void)state;
  static const struct {
    nt_spike_t spike;
    const char *text;
  } bad[] = {
      {{.cores = 1, .type = 3, .payload = 1 << 23}, "payload 8388608 is not a signed 24-bit"},
      {{.cores = 1, .type = 3, .payload = -(1 << 23) - 1},
       "payload -8388609 is not a signed 24-bit"},
      {{.cores = 1, .type = 4}, "tile 0 or type 4 does"},
      {{.cores = 1, .tile = 4096, .type = 1}, "tile 4096 or type 1 does"},
  };
  for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++)
    for (uint32_t place = 0; place < 3; place++) {
      nt_dev_t *dev = nt_rig_open(NULL);
      nt_spike_t spikes[3] = {{.cores = 1, .type = 3, .payload = -(1 << 23)},
                              {.cores = 1, .type = 3, .payload = (1 << 23) - 1},
                              {.cores = 1, .type = 0, .payload = 1}};
      nt_error_t err = {0};
      NT_RIG_EQUAL(nt_dev_inject(dev, spikes, 3, &err), NT_OK);
      NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 3);
      spikes[place] = bad[k].spike;
      NT_RIG_EQUAL(nt_dev_inject(dev, spikes, 3, &err), NT_ERR_ARG);
      assert_non_null(strstr(err.text, bad[k].text));
      NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 3);
      nt_dev_close(dev);
    }
}

/// Writing one register leaves every other as it is.
static void test_register_apart(void **state) {
  (void)state;
  enum { CREGS = 4 };
  nt_dev_t *dev = nt_rig_open(NULL);
  const uint32_t value[CREGS] = {0xFFFF, 0x1FFFF, 0, 1};
  // BAD_AXON and PAYLOAD_CLIPPED at once: a flag raised leaves the other.
  const uint32_t program[] = {NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_TIMESTEP,
                              NT_RIG_OP(SPK) | NT_RIG_A(1), 63U << 26};
  const nt_rig_group_t group = {
      .always = true, .lines = 1, .neurons = 1, .port_ptr = {64}, .port_count = {1}};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, 3);
  nt_rig_dword(dev, 0, 64, 0, nt_rig_dest(5, 1, 0, NT_SPIKE_TYPE_GRADED8, false));
  nt_rig_inject(dev, 1, 9, 1);
  nt_rig_step(dev, 1000);
  const uint32_t flags = 1U << NT_FLAGS_BAD_AXON_LSB | 1U << NT_FLAGS_PAYLOAD_CLIPPED_LSB |
                         1U << NT_FLAGS_BAD_INSTR_LSB;
  NT_RIG_EQUAL(nt_golden_flags(dev, 0), flags);
  for (uint32_t first = 0; first < CREGS; first++) {
    for (uint32_t k = 0; k < CREGS; k++)
      nt_rig_write(dev, 0, NT_SPACE_CREG, k, 0);
    nt_rig_write(dev, 0, NT_SPACE_CREG, first, first == NT_CREG_FLAGS ? 9U : value[first]);
    for (uint32_t k = 0; k < CREGS; k++)
      NT_RIG_EQUAL(nt_rig_read(dev, 0, NT_SPACE_CREG, k), k == NT_CREG_FLAGS ? flags
                                                          : k == first       ? value[k]
                                                                             : 0);
  }
  // Both halves of a counter, the high one first.
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 1, 0x89ABCDEF);
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS, 0x01234567);
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS, 0x01234566);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, 0), 0x89ABCDEF01234566);
  // ERROR: MISROUTE and BAD_ADDR at once; a write to TIMESTEP leaves them.
  const nt_spike_t stray = {.tile = 3, .cores = 1, .type = 3};
  uint32_t word = 0;
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, flags);
  NT_RIG_EQUAL(nt_dev_inject(dev, &stray, 1, NULL), NT_OK);
  NT_RIG_EQUAL(dev->ops->msg_read(dev, 0, 7, 0, &word, NULL), NT_ERR_DEVICE);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 3);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_ERROR, 1, NULL), NT_OK);
  NT_RIG_EQUAL(nt_dev_inject(dev, &stray, 1, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 3);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TIMESTEP, 0xFFFFFFFF, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 3);
  nt_dev_close(dev);
}

/// CTRL with no bit set does nothing; with START it runs a step on what is there.
static void test_start(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  const uint32_t program[] = {NT_RIG_OP(RDC) | NT_RIG_D(1) | 0, NT_RIG_OP(ST) | NT_RIG_A(1) | 0,
                              NT_RIG_OP(END)};
  const nt_rig_group_t group = {
      .lines = 1, .neurons = 1, .state_base = 2048, .state_words = 1, .clear_words = 1};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, 3);
  nt_rig_axon(dev, 0, 0, nt_rig_single(0, 0, 0, 3));
  nt_rig_inject(dev, 1, 0, 7);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 0, NULL), NT_OK);
  NT_RIG_EQUAL(nt_dev_pending(dev), true);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 0);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_pool_get(dev, 0, 2048, 0), 21);
  nt_dev_close(dev);
}

/// A tile of eight cores: each has work of its own, flags of its own and messages of its own.
static void test_eight_cores(void **state) {
  (void)state;
  const nt_params_t params = {8, 64, 256, 2, 24, 64, 64, 8};
  nt_dev_t *dev = nt_rig_open(&params);
  for (uint32_t core = 0; core < 8; core++) {
    nt_rig_axon(dev, core, 0, nt_rig_single(0, 1, 0, (int32_t)core + 1));
    nt_rig_inject(dev, 1U << core, 0, 2);
  }
  nt_rig_inject(dev, 0xFF, 0, 1);
  for (uint32_t core = 0; core < 8; core++)
    NT_RIG_EQUAL(nt_rig_acc(dev, core, 0, 0, 1), 3 * (core + 1));
  nt_rig_inject(dev, 0x80, 1, 1); // no such axon
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0x80U << NT_ERROR_CORE_LSB);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(nt_dev_pending(dev), false);
  // Group 0 alone makes a core pending.
  nt_rig_write(dev, 7, NT_SPACE_GROUP, 0, 3);
  NT_RIG_EQUAL(nt_dev_pending(dev), true);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1 << NT_CTRL_CLEAR_STATE_LSB, NULL), NT_OK);
  nt_dev_close(dev);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_refusal_texts),  cmocka_unit_test(test_bad_spikes),
      cmocka_unit_test(test_register_apart), cmocka_unit_test(test_start),
      cmocka_unit_test(test_eight_cores),
  };
  return nt_rig_report("test_access", cmocka_run_group_tests(tests, NULL, NULL));
}
