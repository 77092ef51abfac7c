// SPDX-License-Identifier: Apache-2.0
// Fields of records: nt_bits, and the largest tile, which needs every bit of them
// (docs/spec/tables.md).
#include "nt_rig.h"

enum { LINES = 64, LANES = 128, NEURONS = LINES * LANES, FAR = 40000 };

static nt_dev_t *open_largest(void) {
  const nt_params_t params = {1, 256, 65536, LINES, 32, 4096, 512, 32};
  return nt_rig_open(&params);
}

static void test_bits(void **state) {
  (void)state;
  const uint64_t word = UINT64_C(0xFEDCBA9876543210);
  for (unsigned lsb = 0; lsb < 64; lsb++)
    for (unsigned width = 1; width <= 32 && lsb + width <= 64; width++) {
      uint64_t field = 0;
      uint64_t placed = 0;
      for (unsigned bit = 0; bit < width; bit++) {
        field += (word >> (lsb + bit) & 1) << bit;
        placed += (word >> bit & 1) << (lsb + bit);
      }
      NT_RIG_EQUAL(nt_bits_get(word, lsb, width), field);
      NT_RIG_EQUAL(nt_bits_put(word, lsb, width), placed);
    }
}

/// A group with all neurons of the core.
static void test_group(void **state) {
  (void)state;
  nt_dev_t *dev = open_largest();
  const uint32_t program[] = {NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_NEURON,
                              NT_RIG_OP(ST) | NT_RIG_A(1) | 0, NT_RIG_OP(END)};
  const nt_rig_group_t group = {.always = true,
                                .lines = LINES,
                                .neurons = NEURONS,
                                .entry = 3000,
                                .state_base = FAR,
                                .state_words = 1};
  nt_rig_group(dev, 0, 31, &group);
  nt_rig_program(dev, 0, 3000, program, 3);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_NEURONS), NEURONS);
  for (uint32_t n = 0; n < NEURONS; n++)
    NT_RIG_EQUAL(nt_rig_pool_get(dev, 0, FAR + n / 8, n % 8), n);
  nt_dev_close(dev);
}

/// A group on a high line, with many state words, a far port and lists of every format.
static void test_lists(void **state) {
  (void)state;
  enum { LINE = 40, COUNT = 33000, LIST = 50000, PORT = 45000, WORDS = 200 };
  nt_dev_t *dev = open_largest();
  const uint32_t program[] = {NT_RIG_OP(RDC) | NT_RIG_D(1) | 0, NT_RIG_OP(ST) | NT_RIG_A(1) | 0,
                              NT_RIG_OP(SPK) | NT_RIG_A(1), NT_RIG_OP(END)};
  const nt_rig_group_t group = {.line = LINE,
                                .lines = 1,
                                .neurons = 8,
                                .state_base = FAR,
                                .state_words = WORDS,
                                .clear_words = WORDS,
                                .port_ptr = {PORT},
                                .port_count = {1}};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, 4);
  nt_rig_dword(dev, 0, PORT, 0, nt_rig_dest(9, 1, 0, NT_SPIKE_TYPE_GRADED24, true));
  const uint64_t synapse = UINT64_C(1) << NT_SPARSE_WEIGHT_LSB | 2U << NT_SPARSE_INDEX_LSB;
  // SPARSE: every synapse adds 1 to neuron 2 of line 40.
  for (uint32_t k = 0; k < COUNT / 3; k++)
    nt_rig_dword(dev, 0, LIST, k, synapse | synapse << 20 | synapse << 40);
  nt_rig_axon(dev, 0, 0, nt_rig_sparse(0, LINE, 0, COUNT, LIST));
  nt_rig_axon(dev, 0, 1, nt_rig_single(0, LINE * LANES + 3, 0, 5));
  nt_rig_axon(dev, 0, 2, nt_rig_uniform(0, 1, LINE, 1, 0, 7));
  nt_rig_pool(dev, 0, LIST + 5000, 0, 1U << 2 * 4); // DENSE: weight 1 for neuron 4
  nt_rig_axon(dev, 0, 3, nt_rig_dense(0, 1, LINE, 1, 1, 0, LIST + 5000));
  for (uint32_t axon = 0; axon < 4; axon++)
    nt_rig_inject(dev, 1, axon, 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_SYNOPS), COUNT + 1 + LANES + LANES);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_WORDS), COUNT / 12 + 1);
  for (uint32_t line = 0; line < LINES; line++)
    NT_RIG_EQUAL(nt_rig_act(dev, 0, line), line == LINE);
  for (uint32_t k = 0; k < WORDS; k++)
    nt_rig_pool(dev, 0, FAR + k, 1, 99);
  nt_rig_step(dev, 0);
  static const uint32_t sum[8] = {7, 7, 7 + COUNT, 7 + 5, 7 + 1, 7, 7, 7};
  for (uint32_t n = 0; n < 8; n++)
    NT_RIG_EQUAL(nt_rig_pool_get(dev, 0, FAR, n), sum[n]);
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 8);
  for (uint32_t n = 0; n < count; n++)
    NT_RIG_EQUAL(spikes[n].payload, sum[spikes[n].axon]);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_CTRL, 1 << NT_CTRL_CLEAR_STATE_LSB, NULL), NT_OK);
  for (uint32_t k = 0; k < WORDS; k++)
    NT_RIG_EQUAL(nt_rig_pool_get(dev, 0, FAR + k, 1), 0);
  nt_dev_close(dev);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      cmocka_unit_test(test_group),
      cmocka_unit_test(test_lists),
  };
  return nt_rig_report("test_fields", cmocka_run_group_tests(tests, NULL, NULL));
}
