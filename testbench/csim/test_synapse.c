// SPDX-License-Identifier: Apache-2.0
// Synapse lists of every format, activity and the synapse counters (docs/spec/memory.md,
// docs/spec/timestep.md).
#include "nt_rig.h"

enum { LIST = 1024 }; ///< pool word of the tests' lists

/// Writes digit `code` of lane `lane` into a list word.
static void put_digit(nt_dev_t *dev, uint32_t word, uint32_t lane, uint32_t code) {
  const uint32_t shift = 2 * (lane % 16);
  const uint32_t old = nt_rig_pool_get(dev, 0, word, lane / 16);
  nt_rig_pool(dev, 0, word, lane / 16, (old & ~(3U << shift)) | code << shift);
}

/// Every weight of every width, with every exponent: 128 lanes of two lines hold the 256 8-bit
/// weights.
static void test_dense_weights(void **state) {
  (void)state;
  static const int32_t payload[] = {1, -3, 100};
  for (uint32_t digits = 1; digits <= 4; digits++) {
    nt_dev_t *dev = nt_rig_open(NULL);
    const int32_t weights = 1 << 2 * digits;
    for (uint32_t n = 0; n < 256; n++)
      for (uint32_t j = 0; j < digits; j++)
        put_digit(dev, LIST + n / 128 * digits + j, n % 128, n % (uint32_t)weights >> 2 * j & 3);
    for (uint32_t exp = 0; exp < 16; exp++)
      for (size_t p = 0; p < sizeof payload / sizeof payload[0]; p++) {
        nt_rig_axon(dev, 0, 0, nt_rig_dense(2, 1, 3, 2, digits, exp, LIST));
        nt_rig_inject(dev, 1, 0, payload[p]);
        for (int32_t n = 0; n < 256; n++) {
          const int32_t code = n % weights;
          const int32_t weight = code >= weights / 2 ? code - weights : code;
          NT_RIG_EQUAL(nt_rig_acc(dev, 0, 2, n < 128 ? 3 : 4, (uint32_t)n % 128),
                       payload[p] * weight * (1 << exp));
        }
        nt_rig_step(dev, 0);
      }
    NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 48);
    NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), 48 * 256);
    NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), 48 * 2 * digits);
    nt_dev_close(dev);
  }
}

/// Dendrite, line and pool addresses wrap; list words are ordered dendrite, line, digit.
static void test_dense_rows(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  // Lane 0 of eight words from pool word 8190 on: 2 dendrites x 2 lines x 2 digits, weights 1, 4,
  // -8, 5.
  static const uint32_t code[8] = {1, 0, 0, 1, 0, 2, 1, 1};
  for (uint32_t k = 0; k < 8; k++)
    put_digit(dev, 8190 + k, 0, code[k]);
  nt_rig_axon(dev, 0, 3, nt_rig_dense(3, 2, 7, 2, 2, 0, 8190));
  nt_rig_inject(dev, 1, 3, 10);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 3, 7, 0), 10);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 3, 0, 0), 40);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 7, 0), -80);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), 50);
  NT_RIG_EQUAL(nt_rig_act(dev, 0, 7), 9);
  NT_RIG_EQUAL(nt_rig_act(dev, 0, 0), 9);
  for (uint32_t line = 1; line < 7; line++)
    NT_RIG_EQUAL(nt_rig_act(dev, 0, line), 0);
  for (uint32_t lane = 1; lane < 128; lane++)
    NT_RIG_EQUAL(nt_rig_acc(dev, 0, 3, 7, lane), 0);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), 512);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), 8);
  // A list of more lines than the tile has meets rows twice: 9 lines from line 0 on, all words zero
  // except the first.
  put_digit(dev, LIST, 5, 1);
  put_digit(dev, LIST + 8, 5, 1);
  nt_rig_axon(dev, 0, 4, nt_rig_dense(1, 1, 0, 9, 1, 0, LIST));
  nt_rig_inject(dev, 1, 4, 7);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 5), 14);
  nt_dev_close(dev);
}

static uint64_t synapse(uint32_t index, int32_t weight) {
  return index | ((uint32_t)weight & 255U) << 12;
}

static void test_sparse(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  // Fourteen synapses, twelve to a word. Number n targets line 6 + index / 128.
  static const struct {
    uint32_t index;
    int32_t weight;
  } list[14] = {{0, 1},    {1, -1},   {127, 127}, {128, -128}, {255, 2}, {256, 3}, {0, 10},
                {383, -5}, {384, 64}, {2, 7},     {3, 8},      {4, 9},   {5, 11},  {4095, 1}};
  for (uint32_t dword = 0; dword < 5; dword++) {
    uint64_t value = 0;
    for (uint32_t n = 3 * dword; n < 3 * dword + 3 && n < 14; n++)
      value |= synapse(list[n].index, list[n].weight) << 20 * (n % 3);
    nt_rig_dword(dev, 0, LIST, dword, value);
  }
  nt_rig_axon(dev, 0, 0, nt_rig_sparse(1, 6, 2, 14, LIST));
  nt_rig_inject(dev, 1, 0, -2);
  // -2 * 2^2 = -8 per unit of weight. Line 8 is line 0, line 9 is line 1.
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 0), -88);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 1), 8);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 127), -1016);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 7, 0), 1024);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 7, 127), -16);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 0), -24);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, 127), 40);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 1, 0), -512);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 2), -56);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 3), -64);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 4), -72);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 6, 5), -88);
  // 6 * 128 + 4095 = 4863, modulo 1024 neurons = 767: line 5, lane 127.
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 5, 127), -8);
  static const uint32_t activity[8] = {2, 2, 0, 0, 0, 2, 2, 2};
  for (uint32_t line = 0; line < 8; line++)
    NT_RIG_EQUAL(nt_rig_act(dev, 0, line), activity[line]);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), 14);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), 2);
  // COUNT 0 does nothing but arrive; weight 0 marks the row.
  nt_rig_axon(dev, 0, 1, nt_rig_sparse(0, 0, 0, 0, LIST));
  nt_rig_inject(dev, 1, 1, 1);
  NT_RIG_EQUAL(nt_rig_act(dev, 0, 0), 2);
  nt_rig_dword(dev, 0, LIST + 4, 0, synapse(0, 0));
  nt_rig_axon(dev, 0, 2, nt_rig_sparse(3, 2, 0, 1, LIST + 4));
  nt_rig_inject(dev, 1, 2, 1);
  NT_RIG_EQUAL(nt_rig_act(dev, 0, 2), 8);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 3);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), 15);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), 3);
  nt_dev_close(dev);
}

static void test_inline_formats(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  nt_rig_axon(dev, 0, 0, nt_rig_uniform(0, 2, 7, 2, 3, -128));
  nt_rig_axon(dev, 0, 1, nt_rig_uniform(2, 1, 1, 1, 0, 0));
  nt_rig_axon(dev, 0, 2, nt_rig_single(3, 130, 15, 127));
  nt_rig_axon(dev, 0, 3, nt_rig_single(0, 1024 + 5, 0, -1));
  nt_rig_inject(dev, 1, 0, 5);
  for (uint32_t lane = 0; lane < 128; lane++) {
    NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 7, lane), -5120);
    NT_RIG_EQUAL(nt_rig_acc(dev, 0, 1, 0, lane), -5120);
    NT_RIG_EQUAL(nt_rig_acc(dev, 0, 2, 0, lane), 0);
  }
  nt_rig_inject(dev, 1, 1, 5); // a touch
  NT_RIG_EQUAL(nt_rig_act(dev, 0, 1), 4);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 2, 1, 0), 0);
  nt_rig_inject(dev, 1, 2, -3);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 3, 1, 2), -12484608);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 3, 1, 3), 0);
  nt_rig_inject(dev, 1, 3, 100); // neuron 1029 is neuron 5
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 5), -5220);
  nt_rig_inject(dev, 1, 3, 0); // payload 0 is served like any other
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 5), -5220);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 5);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), 4 * 128 + 128 + 3);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), 0);
  // Rows live for one step, and start from zero when touched again.
  nt_rig_step(dev, 0);
  for (uint32_t line = 0; line < 8; line++)
    NT_RIG_EQUAL(nt_rig_act(dev, 0, line), 0);
  nt_rig_step(dev, 1);
  nt_rig_inject(dev, 1, 3, 1);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 5), -1);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 6), 0);
  nt_dev_close(dev);
}

static void test_bad_axon(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  static const uint64_t undefined[] = {0, 5, 6, 7};
  for (uint32_t k = 0; k < 4; k++)
    nt_rig_axon(dev, 1, k, undefined[k] | UINT64_C(1) << 48);
  for (uint32_t k = 0; k < 5; k++) { // axon 4 is beyond AXON_COUNT
    nt_rig_inject(dev, 2, k, 1);
    NT_RIG_EQUAL(nt_rig_read(dev, 1, NT_SPACE_CREG, NT_CREG_FLAGS), 1 << NT_FLAGS_BAD_AXON_LSB);
    NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 1 << 9);
    nt_rig_write(dev, 1, NT_SPACE_CREG, NT_CREG_FLAGS, 1 << NT_FLAGS_BAD_AXON_LSB);
    NT_RIG_EQUAL(nt_rig_read(dev, 1, NT_SPACE_CREG, NT_CREG_FLAGS), 0);
    NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
  }
  NT_RIG_EQUAL(nt_rig_counter(dev, 1, NT_COUNTER_MSG_IN), 5);
  NT_RIG_EQUAL(nt_rig_counter(dev, 1, NT_COUNTER_SYNOPS), 0);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STATUS), 0);
  nt_dev_close(dev);
}

static void inject_wire(nt_dev_t *dev, const nt_spike_t *spike) {
  nt_error_t err = {0};
  NT_RIG_EQUAL(nt_dev_inject(dev, spike, 1, &err), NT_OK);
}

static void test_delivery(void **state) {
  (void)state;
  nt_dev_t *dev = nt_rig_open(NULL);
  for (uint32_t core = 0; core < 4; core++)
    nt_rig_axon(dev, core, 0, nt_rig_single(0, core, 0, 1));
  // Multicast to cores 1 and 3; the bits of cores 4 to 7 are ignored.
  inject_wire(dev, &(nt_spike_t){.cores = 0xFA, .type = NT_SPIKE_TYPE_GRADED8, .payload = 9});
  for (uint32_t core = 0; core < 4; core++)
    NT_RIG_EQUAL(nt_rig_acc(dev, core, 0, 0, core), core % 2 == 1 ? 9 : 0);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
  // At spike-in the payload is taken as it is, whatever the type.
  inject_wire(dev, &(nt_spike_t){.cores = 1, .type = NT_SPIKE_TYPE_BINARY, .payload = -8388608});
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), -8388608);
  // No existing core, or another tile.
  inject_wire(dev, &(nt_spike_t){.cores = 0xF0, .payload = 1});
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 1);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_ERROR, 1, NULL), NT_OK);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
  inject_wire(dev, &(nt_spike_t){.tile = 1, .cores = 1, .payload = 1});
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 1);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TILE_ID, 0x1001, NULL), NT_OK);
  inject_wire(dev, &(nt_spike_t){.tile = 1, .cores = 1, .payload = 1});
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 0, 0), -8388607);
  // Spikes that no message can hold are refused before any is delivered.
  const nt_spike_t bad[] = {{.tile = 1, .cores = 1, .payload = 1},
                            {.tile = 1, .cores = 1, .payload = 8388608}};
  NT_RIG_EQUAL(nt_dev_inject(dev, bad, 2, NULL), NT_ERR_ARG);
  NT_RIG_EQUAL(nt_dev_inject(dev, &(nt_spike_t){.tile = 4096, .cores = 1}, 1, NULL), NT_ERR_ARG);
  NT_RIG_EQUAL(nt_dev_inject(dev, &(nt_spike_t){.tile = 1, .cores = 1, .type = 4}, 1, NULL),
               NT_ERR_ARG);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 2);
  nt_dev_close(dev);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dense_weights), cmocka_unit_test(test_dense_rows),
      cmocka_unit_test(test_sparse),        cmocka_unit_test(test_inline_formats),
      cmocka_unit_test(test_bad_axon),      cmocka_unit_test(test_delivery),
  };
  return nt_rig_report("test_synapse", cmocka_run_group_tests(tests, NULL, NULL));
}
