// SPDX-License-Identifier: Apache-2.0
// What a tile makes of bits beyond its own sizes and beyond the fields of a record, and of lists as
// long as they can be (docs/spec/memory.md).
#include "nt_check.h"

enum { PAYLOAD = 5, WEIGHT = -3, BEFORE = 100, AXON = 300 };

static uint64_t field_mask(uint32_t lsb, uint32_t width) {
  return ((UINT64_C(1) << width) - 1) << lsb;
}

#define FIELD(name) field_mask(NT_##name##_LSB, NT_##name##_W)

/// One line of neurons that add what arrives on dendrite 0 to their state word and send the sum.
/// `ignored` goes into the bits of the descriptor that belong to no field.
static void put_group(nt_dev_t *dev, uint32_t beyond, uint32_t ignored) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_rdc(1, 0));
  nt_asm_emit(&program, nt_asm_ld(2, 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_reg(2), 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_end());
  const nt_asm_group_t group = {.lines = 1,
                                .neurons = nt_params_line_lanes(&dev->params),
                                .state_base = NT_CHECK_STATE | beyond,
                                .state_words = 1,
                                .clear_words = 1,
                                .port_ptr = {NT_CHECK_DESTS | beyond},
                                .port_count = {1}};
  static const uint32_t used[NT_GROUP_WORDS] = {
      0x007F3F03, 0x00003FFF, 0x01FF0FFF, 0xFFFFFFFF, 0x00FFFFFF, 0x00FFFFFF,
      0x00FFFFFF, 0x00FFFFFF, 0x00FFFFFF, 0x00FFFFFF, 0x00FFFFFF, 0x00FFFFFF}; // tables.md
  uint32_t words[NT_GROUP_WORDS];
  nt_error_t err = {0};
  nt_asm_group_words(&group, words);
  for (uint32_t i = 0; i < NT_GROUP_WORDS; i++)
    words[i] |= ignored & ~used[i];
  nt_check_program(dev, 0, 0, program.word, program.count);
  NT_CHECK_OK(nt_dev_mem_write(dev, 0, NT_SPACE_GROUP, 0, NT_GROUP_WORDS, words, &err), &err);
}

/// A spike for axon 0, a step, and for every neuron: its state, and the spike it sent.
static void check_step(nt_dev_t *dev, uint32_t timestep, uint32_t detail) {
  const uint32_t neurons = nt_params_line_lanes(&dev->params);
  const int32_t sum = BEFORE + PAYLOAD * WEIGHT;
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  for (uint32_t n = 0; n < neurons; n++)
    nt_check_state_put(dev, 0, 1, n, 0, BEFORE);
  nt_check_inject(dev, 1, 0, PAYLOAD);
  nt_check_step(dev, timestep);
  for (uint32_t n = 0; n < neurons; n++)
    NT_CHECK_AT((int32_t)nt_check_state(dev, 0, 1, n, 0), sum, n, detail);
  nt_dev_drain(dev, &spikes, &count);
  NT_CHECK_AT(count, neurons, 0, detail);
  uint64_t axons = 0;
  for (size_t i = 0; i < count; i++) {
    NT_CHECK_AT(spikes[i].payload, sum, (uint32_t)i, detail);
    axons += spikes[i].axon;
  }
  NT_CHECK_AT(axons, (uint64_t)neurons * AXON + (uint64_t)neurons * (neurons - 1) / 2, 0, detail);
  NT_CHECK_AT(nt_check_flags(dev, 0), 0, 0, detail);
}

/// Pool addresses have 16 bits everywhere and wrap at the end of the pool.
static void test_pool_addresses_wrap(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const nt_params_t *p = &dev->params;
  const uint32_t neurons = nt_params_line_lanes(p);
  nt_error_t err = {0};
  for (uint32_t n = 0; n < neurons; n++) // two digits of a weight: 1 + 4 * -1
    for (uint32_t digit = 0; digit < 2; digit++) {
      const uint32_t lane = n / 16;
      const uint32_t old = nt_check_pool_get(dev, 0, NT_CHECK_LISTS + digit, lane);
      nt_check_pool_put(dev, 0, NT_CHECK_LISTS + digit, lane,
                        old | (digit == 0 ? 1u : 3u) << n % 16 * 2);
    }
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                 nt_asm_dest(NT_HOST_TILE, 1, AXON, NT_SPIKE_TYPE_GRADED16, true));
  uint32_t timestep = 0;
  for (uint32_t beyond = 0; beyond < 0x10000; beyond += p->pool_words) {
    put_group(dev, beyond, 0);
    nt_check_axon(dev, 0, 0, nt_asm_dense(0, 1, 0, 1, 2, 0, NT_CHECK_LISTS | beyond));
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_BASE, NT_CHECK_AXONS | beyond);
    check_step(dev, timestep++, beyond);
    NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, &err), &err);
    for (uint32_t n = 0; n < neurons; n++)
      NT_CHECK_AT(nt_check_state(dev, 0, 1, n, 0), 0, n, beyond);
  }
  nt_dev_close(dev);
}

/// Bits of a record that belong to no field of its format are ignored.
static void test_ignored_bits(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t neurons = nt_params_line_lanes(&dev->params);
  const uint64_t common = FIELD(AXON_FORMAT) | FIELD(AXON_DENDRITE) | FIELD(AXON_EXP);
  const uint64_t rows = common | FIELD(AXON_DENDRITES) | FIELD(AXON_LINE) | FIELD(AXON_LINES);
  const uint64_t dest = FIELD(DEST_TILE) | FIELD(DEST_CORES) | FIELD(DEST_AXON) | FIELD(DEST_TYPE) |
                        FIELD(DEST_VECTOR);
  const struct {
    uint64_t entry, used;
  } axons[] = {
      {nt_asm_uniform(0, 1, 0, 1, 0, WEIGHT), rows | FIELD(AXON_WEIGHT)},
      {nt_asm_single(0, 0, 0, WEIGHT), common | FIELD(AXON_NEURON) | FIELD(AXON_WEIGHT)},
      {nt_asm_dense(0, 1, 0, 1, 1, 0, NT_CHECK_LISTS), rows | FIELD(AXON_DIGITS) | FIELD(AXON_PTR)},
      {nt_asm_sparse(0, 0, 0, 1, NT_CHECK_LISTS),
       common | FIELD(AXON_LINE) | FIELD(AXON_PTR) | FIELD(AXON_COUNT)},
  };
  nt_check_pool_put(dev, 0, NT_CHECK_LISTS, 0, nt_asm_synapse(3, -1)); // the digits -1, 0, 0, ...
  put_group(dev, 0, 0xFFFFFFFFu);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                 nt_asm_dest(NT_HOST_TILE, 1, AXON, NT_SPIKE_TYPE_GRADED16, true) | ~dest);
  // UNIFORM reaches every neuron: their states and spikes show the descriptor and the destination.
  nt_check_axon(dev, 0, 0, axons[0].entry | ~axons[0].used);
  check_step(dev, 0, 0);
  // The other formats: row 0, as with the same entry without those bits.
  for (uint32_t i = 1; i < sizeof axons / sizeof axons[0]; i++) {
    uint32_t plain[NT_WORD_BITS_MAX / 2];
    for (uint32_t round = 0; round < 2; round++) {
      nt_check_axon(dev, 0, 0, axons[i].entry | (round == 0 ? 0 : ~axons[i].used));
      nt_check_inject(dev, 1, 0, PAYLOAD);
      NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, 0), 1, i, round);
      for (uint32_t line = 1; line < dev->params.lines; line++)
        NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, line), 0, i, line);
      uint32_t touched = 0;
      for (uint32_t n = 0; n < neurons; n++) {
        const uint32_t found = nt_check_read(dev, 0, NT_SPACE_ACC, n);
        if (round == 1)
          NT_CHECK_AT(found, plain[n], n, i);
        plain[n] = found;
        touched += found != 0;
      }
      NT_CHECK_AT(touched != 0, true, i, round);
      nt_check_step(dev, 2 * i + round);
    }
  }
  NT_CHECK(nt_check_flags(dev, 0), 0);
  nt_dev_close(dev);
}

/// SPARSE lists of every power of two synapses for which the pool has room. All synapses but the
/// first are (0, 0): they add nothing and count.
static void test_long_sparse_lists(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t per_word = NT_SPARSE_PER_DWORD * (dev->params.word_bits / 64);
  const uint32_t room = (dev->params.pool_words - NT_CHECK_LISTS) * per_word;
  uint64_t synops = 0, words = 0;
  int64_t sum = 0;
  nt_check_pool_put(dev, 0, NT_CHECK_LISTS, 0, nt_asm_synapse(2, WEIGHT));
  for (uint32_t count = 1; count < 0x10000 && count <= room; count *= 2) {
    nt_check_axon(dev, 0, 0, nt_asm_sparse(0, 0, 0, count, NT_CHECK_LISTS));
    nt_check_inject(dev, 1, 0, PAYLOAD);
    synops += count;
    words += (count + per_word - 1) / per_word;
    sum += PAYLOAD * WEIGHT;
    NT_CHECK_AT(nt_check_counter(dev, 0, NT_COUNTER_SYNOPS), synops, count, 0);
    NT_CHECK_AT(nt_check_counter(dev, 0, NT_COUNTER_WORDS), words, count, 0);
    NT_CHECK_AT((int32_t)nt_check_read(dev, 0, NT_SPACE_ACC, 2), sum, count, 0);
    NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACC, 0), 0, count, 0);
  }
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pool_addresses_wrap),
      cmocka_unit_test(test_ignored_bits),
      cmocka_unit_test(test_long_sparse_lists),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_addresses", cmocka_run_group_tests(tests, NULL, NULL));
}
