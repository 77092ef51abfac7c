// SPDX-License-Identifier: Apache-2.0
// What a tile makes of bits beyond its own sizes and beyond the fields of a record, and of lists as
// long as they can be (docs/spec/memory.md).
#include "nt_check.h"

#include <string.h>

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
  // The rest of the two pool words is full of ones.
  for (uint32_t i = 1; i < dev->params.word_bits / 64; i++) {
    nt_check_dword(dev, 0, NT_CHECK_AXONS, i, UINT64_MAX);
    nt_check_dword(dev, 0, NT_CHECK_DESTS, i, UINT64_MAX);
  }
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

/// Group and neurons as high as they go, in every core at once: neuron n sends n + 1 as a spike and
/// -(n + 1) as a probe.
static nt_dev_t *open_full(uint32_t neurons) {
  nt_dev_t *dev = nt_check_open();
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_NEG, 1, 0, nt_asm_reg(1), 0));
  nt_asm_emit(&program, nt_asm_prb(1));
  nt_asm_emit(&program, nt_asm_end());
  const nt_asm_group_t group = {.always = true,
                                .lines = dev->params.lines,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  for (uint32_t core = 0; core < dev->params.cores; core++) {
    nt_check_group(dev, core, dev->params.groups - 1, &group);
    nt_check_program(dev, core, 0, program.word, program.count);
    nt_check_write(dev, core, NT_SPACE_TABLE, 0, 1);
  }
  return dev;
}

/// What a core puts into CORES, so that its spikes can be told from those of the others.
static uint32_t signature(uint32_t core) {
  return 0xFF ^ 1u << core;
}

/// Destination 0 of every core.
static void put_dests(nt_dev_t *dev, uint32_t tile, bool to_cores, uint32_t axon) {
  for (uint32_t core = 0; core < dev->params.cores; core++)
    nt_check_dword(
        dev, core, NT_CHECK_DESTS, 0,
        nt_asm_dest(tile, to_cores ? signature(core) : 0, axon, NT_SPIKE_TYPE_GRADED16, true));
}

static void test_full_cores(void **state) {
  (void)state;
  enum { NEURONS_MAX = NT_CORE_NEURONS_MAX };
  static uint8_t seen[NT_CORES_MAX][NEURONS_MAX];
  const nt_params_t *p = &nt_check_backend()->params;
  const uint32_t neurons = p->lines * nt_params_line_lanes(p);
  const uint32_t axon = 0x10000 - neurons;
  nt_dev_t *dev = open_full(neurons);
  const nt_spike_t *spikes = NULL;
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  memset(seen, 0, sizeof seen);
  for (uint32_t core = 0; core < p->cores; core++)
    nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  put_dests(dev, NT_HOST_TILE, true, axon);
  nt_check_step(dev, 0);
  nt_dev_drain(dev, &spikes, &count);
  NT_CHECK(count, p->cores * neurons);
  for (size_t i = 0; i < count; i++) {
    const uint32_t n = spikes[i].axon - axon;
    uint32_t core = 0;
    while (core + 1 < p->cores && spikes[i].cores != signature(core))
      core++;
    NT_CHECK_AT(spikes[i].cores, signature(core), (uint32_t)i, 0);
    NT_CHECK_AT(n < neurons, true, (uint32_t)i, 1);
    NT_CHECK_AT(spikes[i].payload, n + 1, (uint32_t)i, 2);
    seen[core][n]++;
  }
  dev->ops->drain_probes(dev, &probes, &count);
  NT_CHECK(count, p->cores * neurons);
  for (size_t i = 0; i < count; i++) {
    NT_CHECK_AT(probes[i].core < p->cores && probes[i].neuron < neurons, true, (uint32_t)i, 3);
    NT_CHECK_AT(probes[i].group, p->groups - 1, (uint32_t)i, 4);
    NT_CHECK_AT(probes[i].value, -(int32_t)(probes[i].neuron + 1), (uint32_t)i, 5);
    seen[probes[i].core][probes[i].neuron]++;
  }
  for (uint32_t core = 0; core < p->cores; core++)
    for (uint32_t n = 0; n < neurons; n++)
      NT_CHECK_AT(seen[core][n], 2, core, n);
  // The same spikes for axons without entry of the own tile, and for no core at all.
  for (uint32_t core = 0; core < p->cores; core++)
    nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 0);
  for (uint32_t to = 0; to < p->cores; to++) {
    put_dests(dev, 0, false, axon);
    nt_check_dword(dev, to, NT_CHECK_DESTS, 0,
                   nt_asm_dest(0, (1u << p->cores) - 1, axon, NT_SPIKE_TYPE_GRADED16, true));
    nt_check_step(dev, 1 + to);
    NT_CHECK_AT(nt_check_reg(dev, NT_REG_ERROR) & 0xFF,
                p->cores > 1 ? 1u << NT_ERROR_MISROUTE_LSB : 0, to, 6);
    for (uint32_t core = 0; core < p->cores; core++) {
      NT_CHECK_AT(nt_check_flags(dev, core), 1u << NT_FLAGS_BAD_AXON_LSB, to, core);
      NT_CHECK_AT(nt_check_counter(dev, core, NT_COUNTER_MSG_IN), (uint64_t)(to + 1) * neurons, to,
                  core);
    }
  }
  nt_dev_close(dev);
}

/// The last groups, one neuron on a line each, as many as there are lines: all run in one step.
static void test_last_groups(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open(); // program word 0 is END
  for (uint32_t line = 0; line < dev->params.lines; line++) {
    const nt_asm_group_t group = {
        .always = true, .line = line, .lines = 1, .neurons = 1, .state_base = NT_CHECK_STATE};
    nt_check_group(dev, 0, dev->params.groups - 1 - line, &group);
  }
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), dev->params.lines);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), dev->params.lines);
  nt_dev_close(dev);
}

/// A request refused by each core; a register of it that is not refused, by each too.
static void test_refused_by_every_core(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  uint32_t word = 0;
  for (uint32_t core = 0; core < dev->params.cores; core++) {
    NT_CHECK_AT(dev->ops->msg_read(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE + 1, &word, &err),
                NT_ERR_DEVICE, core, 0);
    NT_CHECK_OK(dev->ops->msg_read(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, &word, &err),
                &err);
    NT_CHECK_AT(word, 0, core, 1);
  }
  nt_dev_close(dev);
}

/// CLEAR_STATE with as many words to clear as the field can name; the word behind them stays.
static void test_longest_clear(void **state) {
  (void)state;
  enum { WORDS = 255 };
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  const nt_asm_group_t group = {.lines = 1,
                                .neurons = 1,
                                .state_base = NT_CHECK_STATE,
                                .state_words = WORDS,
                                .clear_words = WORDS};
  nt_check_group(dev, 0, 0, &group);
  for (uint32_t k = 0; k <= WORDS; k++)
    nt_check_pool_put(dev, 0, NT_CHECK_STATE + k, 0, k + 1);
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, &err), &err);
  for (uint32_t k = 0; k < WORDS; k++)
    NT_CHECK_AT(nt_check_pool_get(dev, 0, NT_CHECK_STATE + k, 0), 0, k, 0);
  NT_CHECK(nt_check_pool_get(dev, 0, NT_CHECK_STATE + WORDS, 0), WORDS + 1);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pool_addresses_wrap), cmocka_unit_test(test_ignored_bits),
      cmocka_unit_test(test_long_sparse_lists),   cmocka_unit_test(test_full_cores),
      cmocka_unit_test(test_last_groups),         cmocka_unit_test(test_refused_by_every_core),
      cmocka_unit_test(test_longest_clear),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_addresses", nt_check_run(tests));
}
