// SPDX-License-Identifier: Apache-2.0
// The six exact counters, each against the sentence that defines it (docs/spec/timestep.md,
// "Counters").
#include "nt_check.h"

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

static uint32_t per_strip(void) {
  return NT_BEATS_PER_STRIP * nt_params_word_lanes(&nt_check_backend()->params);
}

/// What the counters of a core must be.
typedef struct tally {
  uint64_t value[NT_COUNTERS_EXACT];
} tally_t;

static void check_tally(nt_dev_t *dev, uint32_t core, const tally_t *tally, uint32_t when) {
  static const char *const names[NT_COUNTERS_EXACT] = {"MSG_IN",  "SYNOPS", "WORDS",
                                                       "NEURONS", "INSTRS", "MSG_OUT"};
  for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++) {
    nt_check_context("counter %s of core %u", names[c], core);
    NT_CHECK_AT(nt_check_counter(dev, core, c), tally->value[c], when, c);
  }
}

/// SYNOPS and WORDS of one spike for every format at several sizes.
static void test_synapses(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t lanes = line_lanes(), lines = dev->params.lines;
  const uint32_t per_word = NT_SPARSE_PER_DWORD * dev->params.word_bits / 64;
  const uint32_t ptr = NT_CHECK_LISTS;
  const struct {
    uint64_t entry;
    uint64_t synops, words;
  } lists[] = {
      {nt_asm_dense(0, 1, 0, 1, 1, 0, ptr), lanes, 1},
      {nt_asm_dense(1, 1, 1, 1, 4, 3, ptr), lanes, 4},
      {nt_asm_dense(0, 4, 0, 2, 3, 0, ptr), 8u * lanes, 24},
      {nt_asm_dense(3, 2, 1, lines, 2, 0, ptr), 2u * lines * lanes, 4u * lines},
      {nt_asm_uniform(0, 1, 0, 1, 0, 0), lanes, 0}, // a touch counts like any other
      {nt_asm_uniform(0, 4, 0, 64, 5, -3), 256u * lanes, 0},
      {nt_asm_single(2, 5, 1, 0), 1, 0},
      {nt_asm_sparse(0, 0, 0, 0, ptr), 0, 0},
      {nt_asm_sparse(1, 0, 0, 1, ptr), 1, 1},
      {nt_asm_sparse(1, 0, 0, per_word, ptr), per_word, 1},
      {nt_asm_sparse(1, 0, 0, per_word + 1, ptr), per_word + 1, 2},
      {nt_asm_sparse(1, 0, 0, 40 * per_word - 1, ptr), 40u * per_word - 1, 40},
  };
  const uint32_t core = dev->params.cores - 1;
  tally_t tally = {{0}};
  for (uint32_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    nt_check_axon(dev, core, i, lists[i].entry);
    for (int32_t payload = -1; payload <= 1; payload++) { // 0 is a payload like any other
      nt_check_inject(dev, 1u << core, i, payload);
      tally.value[NT_COUNTER_MSG_IN]++;
      tally.value[NT_COUNTER_SYNOPS] += lists[i].synops;
      tally.value[NT_COUNTER_WORDS] += lists[i].words;
      check_tally(dev, core, &tally, i);
    }
  }
  if (core > 0)
    check_tally(dev, 0, &(tally_t){{0}}, 0);
  nt_dev_close(dev);
}

/// A spike that cannot be placed counts in MSG_IN and nowhere else, one that is dropped before it
/// reaches a core nowhere at all.
static void test_dropped_spikes(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  tally_t tally = {{0}};
  nt_error_t err = {0};
  nt_check_axon(dev, 0, 1, 0); // format NONE; axon 0 is one as well
  static const uint32_t axons[] = {0, 1, 2, 65535};
  for (uint32_t i = 0; i < 4; i++) {
    nt_check_inject(dev, 1, axons[i], 5);
    tally.value[NT_COUNTER_MSG_IN]++;
    check_tally(dev, 0, &tally, i);
  }
  const nt_spike_t stray[] = {{.tile = 9, .cores = 1, .payload = 1},
                              {.tile = NT_HOST_TILE, .cores = 1, .payload = 1},
                              {.tile = 0, .cores = 0, .payload = 1}};
  for (uint32_t i = 0; i < 3; i++) {
    NT_CHECK_OK(nt_dev_inject(dev, &stray[i], 1, &err), &err);
    NT_CHECK(nt_dev_pending(dev), false);
    check_tally(dev, 0, &tally, 4 + i);
  }
  nt_dev_close(dev);
}

/// NEURONS counts neurons of the group on executed lines, INSTRS instructions once per strip
/// whatever its lanes do, MSG_OUT one per destination entry and neuron, wherever the message goes.
static void test_engine(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t neurons = line_lanes() + per_strip() + 1; // two lines, the second with two strips
  const uint32_t strips = line_lanes() / per_strip() + 2;
  const uint32_t cores = dev->params.cores;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_AND, 1, 1, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 1, nt_asm_reg(0)));
  nt_asm_emit(&program, nt_asm_skp(1, false)); // even neurons skip the next: it counts all the same
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_spk(1, 1)); // 0 of even neurons is no spike
  nt_asm_emit(&program, nt_asm_end());
  const nt_asm_group_t group = {.lines = 2,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1,
                                .port_ptr = {NT_CHECK_DESTS, NT_CHECK_DESTS + 16},
                                .port_count = {3, 1}};
  const uint32_t odd = neurons / 2;
  nt_check_group(dev, 0, 2, &group);
  nt_check_program(dev, 0, 0, program.word, program.count);
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  // Port 0: to the host, to all cores of this tile, to none (dropped); port 1: to another tile.
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(NT_HOST_TILE, 0, 0, 1, true));
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 1, nt_asm_dest(0, (1u << cores) - 1, 0, 1, false));
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 2, nt_asm_dest(0, 0, 0, 1, false));
  nt_check_dword(dev, 0, NT_CHECK_DESTS + 16, 0, nt_asm_dest(7, 1, 0, 1, false));
  for (uint32_t core = 0; core < cores; core++)
    nt_check_axon(dev, core, 0, nt_asm_single(0, core == 0 ? neurons - 1 : 0, 0, 1));
  nt_check_axon(dev, 0, 1, nt_asm_uniform(0, 1, 0, 2, 0, 1));
  tally_t own = {{0}}, other = {{0}};
  nt_check_inject(dev, 1, 1, 1);
  own.value[NT_COUNTER_MSG_IN] = 1;
  own.value[NT_COUNTER_SYNOPS] = 2 * line_lanes();
  // Step 0 runs both lines; steps after it only the second, which the group's own spikes touch.
  for (uint32_t t = 0; t < 4; t++) {
    const uint32_t executed = t == 0 ? neurons : neurons - line_lanes();
    const uint32_t executed_strips = t == 0 ? strips : 2;
    const uint32_t senders = t == 0 ? odd : odd - line_lanes() / 2;
    nt_check_step(dev, t);
    own.value[NT_COUNTER_NEURONS] += executed;
    own.value[NT_COUNTER_INSTRS] += (uint64_t)executed_strips * program.count;
    own.value[NT_COUNTER_MSG_OUT] += 4u * senders;
    own.value[NT_COUNTER_MSG_IN] += senders;
    own.value[NT_COUNTER_SYNOPS] += senders;
    other.value[NT_COUNTER_MSG_IN] += senders;
    other.value[NT_COUNTER_SYNOPS] += senders;
    check_tally(dev, 0, &own, t);
    for (uint32_t core = 1; core < cores; core++)
      check_tally(dev, core, &other, t);
  }
  nt_dev_close(dev);
}

/// Carries from the low into the high word and from the last bit to nothing; a host may write them.
static void test_width(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 1, 0, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_end());
  const nt_asm_group_t group = {.always = true,
                                .lines = 1,
                                .neurons = 3,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_check_group(dev, 0, 0, &group);
  nt_check_program(dev, 0, 0, program.word, program.count);
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 2);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(NT_HOST_TILE, 0, 0, 1, false));
  nt_check_axon(dev, 0, 0, nt_asm_dense(0, 1, 0, 1, 2, 0, NT_CHECK_LISTS));
  const tally_t step = {{1, line_lanes(), 2, 3, 3, 3}};
  static const uint64_t begins[] = {UINT32_MAX, UINT64_MAX, UINT64_C(0x123456789ABCDEF0),
                                    UINT64_MAX - 2};
  for (uint32_t b = 0; b < 4; b++) {
    tally_t tally;
    for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++) {
      nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c, (uint32_t)begins[b]);
      nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c + 1,
                     (uint32_t)(begins[b] >> 32));
      tally.value[c] = begins[b];
    }
    check_tally(dev, 0, &tally, b);
    nt_check_inject(dev, 1, 0, 1);
    nt_check_step(dev, b);
    for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++)
      tally.value[c] += step.value[c];
    check_tally(dev, 0, &tally, b);
  }
  nt_dev_close(dev);
}

/// Neither a bulk state reset nor host access counts.
static void test_what_does_not_count(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  tally_t tally;
  for (uint32_t c = 0; c < NT_COUNTERS_EXACT; c++) {
    tally.value[c] = 100 + c;
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * c, 100 + c);
  }
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_CLEAR_STATE_LSB, &err), &err);
  check_tally(dev, 0, &tally, 0);
  for (uint32_t space = NT_SPACE_POOL; space <= NT_SPACE_ACT; space++) {
    uint32_t word = 0;
    NT_CHECK_OK(dev->ops->msg_write(dev, 0, space, 0, 0, &err), &err);
    NT_CHECK_OK(dev->ops->msg_read(dev, 0, space, 0, &word, &err), &err);
  }
  nt_check_step(dev, 0);
  check_tally(dev, 0, &tally, 1);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_synapses),
      cmocka_unit_test(test_dropped_spikes),
      cmocka_unit_test(test_engine),
      cmocka_unit_test(test_width),
      cmocka_unit_test(test_what_does_not_count),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_counters", nt_check_run(tests));
}
