// SPDX-License-Identifier: Apache-2.0
// Control flow, skipping, state, special values and flags of the engine (docs/spec/isa.md).
#include "nt_check.h"

enum { BAD_INSTR = 1 << NT_FLAGS_BAD_INSTR_LSB, RUNAWAY = 1 << NT_FLAGS_RUNAWAY_LSB };

static uint32_t strip_lanes(void) {
  return NT_BEATS_PER_STRIP * nt_params_word_lanes(&nt_check_backend()->params);
}

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

static void constants(nt_dev_t *dev, const uint32_t *values, uint32_t count) {
  for (uint32_t i = 0; i < count; i++)
    nt_check_write(dev, 0, NT_SPACE_TABLE, i, values[i]);
}

/// Constants 0..31 are the powers of two.
static void powers_of_two(nt_dev_t *dev) {
  for (uint32_t i = 0; i < 32; i++)
    nt_check_write(dev, 0, NT_SPACE_TABLE, i, 1u << i);
}

static uint32_t add_const(uint32_t r, uint32_t constant) {
  return nt_asm_alu(NT_OP_ADD, r, r, nt_asm_const(constant), 0);
}

// ---- skipping -----------------------------------------------------------------------------------

/// One step of a skip exercise: SKP `count`, or (count < 0) set bit number i in the result.
typedef struct skip_step {
  int8_t count;
  bool invert;
} skip_step_t;

enum { STEPS_MAX = 24 };

/// Bits that a neuron with this predicate collects: isa.md's rule, word for word.
static uint32_t skip_expected(const skip_step_t *steps, uint32_t count, bool predicate) {
  uint32_t skip = 0, result = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (skip != 0)
      skip--;
    else if (steps[i].count < 0)
      result |= 1u << i;
    else if (predicate != steps[i].invert)
      skip = (uint32_t)steps[i].count;
  }
  return result;
}

/// Two neurons: the first has the predicate, the second has not.
static void skip_run(const skip_step_t *steps, uint32_t count) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 1, nt_asm_reg(0)));
  for (uint32_t i = 0; i < count; i++)
    nt_asm_emit(&program, steps[i].count < 0
                              ? nt_asm_alu(NT_OP_OR, 2, 2, nt_asm_const(i), 0)
                              : nt_asm_skp((uint32_t)steps[i].count, steps[i].invert));
  // ST is out of every skip's reach.
  for (uint32_t i = 0; i < 15; i++)
    nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 3, 0, nt_asm_reg(0), 0));
  nt_asm_emit(&program, nt_asm_st(2, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(2, 1, &program);
  powers_of_two(dev);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), skip_expected(steps, count, true));
  NT_CHECK(nt_check_state(dev, 0, 1, 1, 0), skip_expected(steps, count, false));
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), program.count);
  nt_dev_close(dev);
}

static void test_skip_by_hand(void **state) {
  (void)state;
  static const skip_step_t plain[] = {{2, false}, {-1, false}, {-1, false}, {-1, false}};
  static const skip_step_t inverted[] = {{2, true}, {-1, false}, {-1, false}, {-1, false}};
  static const skip_step_t covered[] = {{2, false}, {15, true}, {-1, false}, {-1, false}};
  static const skip_step_t nothing[] = {{0, false}, {-1, false}};
  NT_CHECK(skip_expected(plain, 4, true), 8);
  NT_CHECK(skip_expected(plain, 4, false), 14);
  NT_CHECK(skip_expected(inverted, 4, false), 8);
  NT_CHECK(skip_expected(covered, 4, true), 8);
  NT_CHECK(skip_expected(covered, 4, false), 0);
  NT_CHECK(skip_expected(nothing, 2, true), 2);
  skip_run(plain, 4);
  skip_run(inverted, 4);
  skip_run(covered, 4);
  skip_run(nothing, 2);
}

/// Every skip count with both senses, in sequences where skips cover skips.
static void test_skip_sequences(void **state) {
  (void)state;
  for (uint32_t n = 0; n < 32; n++) {
    skip_step_t steps[STEPS_MAX];
    uint32_t mix = 0x2545F491u * (n + 1);
    for (uint32_t i = 0; i < STEPS_MAX; i++) {
      mix = mix * 1664525u + 1013904223u;
      const bool skip = mix >> 30 == 0;
      steps[i] =
          (skip_step_t){.count = skip ? (int8_t)(mix >> 20 & 7) : -1, .invert = mix >> 25 & 1};
    }
    steps[0] = (skip_step_t){.count = (int8_t)(n / 2), .invert = n % 2 == 1};
    skip_run(steps, STEPS_MAX);
  }
}

/// Skipping spares registers, predicate, state, spikes and probes; the end of a strip forgets it.
static void test_skip_spares_everything(void **state) {
  (void)state;
  const uint32_t neurons = strip_lanes() + 2;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 1, nt_asm_reg(0)));
  nt_asm_emit(&program, nt_asm_skp(6, false));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CLT, 1, nt_asm_reg(0))); // clears the predicate
  nt_asm_emit(&program, nt_asm_st(1, 1));
  nt_asm_emit(&program, nt_asm_ld(1, 1));
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_prb(1));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_SEL, 2, 1, nt_asm_const(0), 0)); // r1 if predicate
  nt_asm_emit(&program, nt_asm_st(2, 2));
  nt_asm_emit(&program, nt_asm_st(1, 3));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 0, nt_asm_reg(0)));
  nt_asm_emit(&program, nt_asm_skp(15, false));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(neurons, 4, &program);
  const nt_asm_group_t group = {.always = true,
                                .lines = neurons > line_lanes() ? 2 : 1,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 4,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  const nt_spike_t *spikes = NULL;
  const nt_probe_t *probes = NULL;
  size_t spike_count = 0, probe_count = 0;
  uint32_t live = 0;
  constants(dev, (const uint32_t[]){77}, 1);
  nt_check_group(dev, 0, 0, &group);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                 nt_asm_dest(NT_HOST_TILE, 1, 0, NT_SPIKE_TYPE_GRADED24, true));
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  for (uint32_t n = 0; n < neurons; n++)
    nt_check_state_put(dev, 0, 4, n, 0, n % 3 == 0 ? 0 : 1000 + n);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n < neurons; n++) {
    const bool skipped = n % 3 == 0;
    live += skipped ? 0 : 1;
    NT_CHECK_AT(nt_check_state(dev, 0, 4, n, 1), skipped ? 0 : 1000 + n, n, 1);
    NT_CHECK_AT(nt_check_state(dev, 0, 4, n, 2), skipped ? 0 : 77, n, 2);
    NT_CHECK_AT(nt_check_state(dev, 0, 4, n, 3), skipped ? 0 : n, n, 3);
  }
  nt_dev_drain(dev, &spikes, &spike_count);
  dev->ops->drain_probes(dev, &probes, &probe_count);
  NT_CHECK(spike_count, live);
  for (size_t i = 0; i < spike_count; i++)
    NT_CHECK(spikes[i].axon % 3 != 0 && spikes[i].payload == spikes[i].axon, true);
  NT_CHECK(probe_count, live);
  for (size_t i = 0; i < probe_count; i++)
    NT_CHECK(probes[i].neuron % 3 != 0 && probes[i].value == probes[i].neuron, true);
  nt_dev_close(dev);
}

// ---- jumps --------------------------------------------------------------------------------------

/// A spike without weight makes rows active; ACT and NACT see each of the 256 mask pairs.
static void jump_on_activity(uint32_t condition) {
  nt_asm_program_t program = {.count = 0};
  for (uint32_t mask = 0; mask < 16; mask++) { // whoever is not jumped over sets its bit
    nt_asm_emit(&program, nt_asm_jmp(condition, mask, program.count + 2));
    nt_asm_emit(&program, nt_asm_alu(NT_OP_OR, 1, 1, nt_asm_const(mask), 0));
  }
  nt_asm_emit(&program, nt_asm_spc(2, NT_SPC_ACTIVITY));
  for (uint32_t k = 0; k < 2; k++)
    nt_asm_emit(&program, nt_asm_st(1 + k, k));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 2, &program);
  powers_of_two(dev);
  for (uint32_t d = 0; d < NT_DENDRITES; d++)
    nt_check_axon(dev, 0, d, nt_asm_uniform(d, 1, 0, 1, 0, 0));
  for (uint32_t activity = 0; activity < 16; activity++) {
    uint32_t bits = 0;
    for (uint32_t mask = 0; mask < 16; mask++) {
      const bool shared = (activity & mask) != 0;
      bits |= shared == (condition == NT_JMP_NACT) ? 1u << mask : 0;
    }
    for (uint32_t d = 0; d < NT_DENDRITES; d++)
      if ((activity >> d & 1) != 0)
        nt_check_inject(dev, 1, d, -5);
    nt_check_step(dev, activity);
    NT_CHECK_AT(nt_check_state(dev, 0, 2, 0, 0), bits, activity, condition);
    NT_CHECK_AT(nt_check_state(dev, 0, 2, 0, 1), activity, activity, condition);
  }
  nt_dev_close(dev);
}

static void test_jump_on_activity(void **state) {
  (void)state;
  jump_on_activity(NT_JMP_ACT);
  jump_on_activity(NT_JMP_NACT);
}

/// Sets the predicate where the neuron's index is `chosen`, then takes ANY and NONE. With `skip`,
/// exactly the chosen neuron does not live for the jump.
static void any_none(uint32_t neurons, uint32_t chosen, bool skip, uint32_t expected_strip) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 1, nt_asm_const(0)));
  if (skip)
    nt_asm_emit(&program, nt_asm_skp(1, false));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ANY, 0, program.count + 2));
  nt_asm_emit(&program, add_const(2, 1)); // 1: ANY not taken
  if (skip)
    nt_asm_emit(&program, nt_asm_skp(1, false));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_NONE, 0, program.count + 2));
  nt_asm_emit(&program, add_const(2, 2)); // 2: NONE not taken
  nt_asm_emit(&program, nt_asm_st(2, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(neurons, 1, &program);
  constants(dev, (const uint32_t[]){chosen, 1, 2}, 3);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n < neurons; n++)
    NT_CHECK_AT(nt_check_state(dev, 0, 1, n, 0), n / strip_lanes() == expected_strip ? 2 : 1, n,
                chosen);
  nt_dev_close(dev);
}

static void test_jump_on_predicates(void **state) {
  (void)state;
  enum { NO_STRIP = 1000 };
  const uint32_t lanes = strip_lanes();
  for (uint32_t neurons = lanes - 1; neurons <= 2 * lanes + 1; neurons += lanes / 2) {
    any_none(neurons, 0, false, 0);
    any_none(neurons, neurons - 1, false, (neurons - 1) / lanes);
    any_none(neurons, neurons, false, NO_STRIP); // would be set in an inactive lane only
    any_none(neurons, neurons - 1, true, NO_STRIP);
  }
}

/// A jump takes its turn in a skip although it is never skipped itself.
static void test_jump_counts_in_a_skip(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 0, nt_asm_reg(0)));
  nt_asm_emit(&program, nt_asm_skp(2, false));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ALWAYS, 0, 4));
  nt_asm_emit(&program, add_const(1, 0)); // jumped over
  nt_asm_emit(&program, add_const(1, 1)); // skipped
  nt_asm_emit(&program, add_const(1, 2));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 1, &program);
  powers_of_two(dev);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 4);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 7);
  nt_dev_close(dev);
}

/// Every strip loops as often as its slowest neuron; a neuron counts only its own rounds.
static void test_loop_per_strip(void **state) {
  (void)state;
  const uint32_t neurons = 2 * strip_lanes() + 3;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  const uint32_t loop = nt_asm_emit(&program, nt_asm_compare(NT_OP_CLT, 1, nt_asm_const(0)));
  nt_asm_emit(&program, nt_asm_skp(2, false)); // no rounds left
  nt_asm_emit(&program, add_const(2, 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_SUB, 1, 1, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CGE, 1, nt_asm_const(0)));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ANY, 0, loop));
  nt_asm_emit(&program, nt_asm_st(2, 1));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(neurons, 2, &program);
  uint32_t slowest[3] = {0};
  powers_of_two(dev);
  for (uint32_t n = 0; n < neurons; n++) {
    const uint32_t rounds = n * 7 % 11;
    uint32_t *most = &slowest[n / strip_lanes()];
    *most = rounds > *most ? rounds : *most;
    nt_check_state_put(dev, 0, 2, n, 0, rounds);
  }
  nt_check_step(dev, 0);
  uint64_t instructions = 0;
  for (uint32_t strip = 0; strip < 3; strip++)
    instructions += 3 + 6 * (uint64_t)(slowest[strip] > 0 ? slowest[strip] : 1);
  for (uint32_t n = 0; n < neurons; n++)
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 1), n * 7 % 11, n, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), instructions);
  nt_dev_close(dev);
}

// ---- what ends a strip --------------------------------------------------------------------------

/// A strip of exactly `total` instructions, END included.
static void long_strip(uint32_t padding, bool runaway) {
  enum { ROUNDS = 1364 }; // 1 + 3 * 1364 + padding + 1 = 4094 + padding
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 1, 0, nt_asm_const(0), 0));
  const uint32_t loop = nt_asm_emit(&program, nt_asm_alu(NT_OP_SUB, 1, 1, nt_asm_const(1), 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CGE, 1, nt_asm_const(1)));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ANY, 0, loop));
  for (uint32_t i = 0; i < padding; i++)
    nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 1, &program);
  constants(dev, (const uint32_t[]){ROUNDS, 1}, 2);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_flags(dev, 0), runaway ? RUNAWAY : 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), NT_STRIP_INSTR_LIMIT);
  nt_dev_close(dev);
}

static void test_strip_of_the_longest_kind(void **state) {
  (void)state;
  long_strip(2, false);
  long_strip(3, true);
}

/// A runaway strip keeps what it did, and the next strip runs all the same.
static void test_runaway(void **state) {
  (void)state;
  const uint32_t neurons = strip_lanes() + 1;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CLT, 1, nt_asm_const(0)));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ANY, 0, 3));
  nt_asm_emit(&program, nt_asm_st(1, 1));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(neurons, 2, &program);
  constants(dev, (const uint32_t[]){strip_lanes()}, 1);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n < neurons; n++) {
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 0), n, n, 0);
    NT_CHECK_AT(nt_check_state(dev, 0, 2, n, 1), n < strip_lanes() ? 0 : n, n, 1);
  }
  NT_CHECK(nt_check_flags(dev, 0), RUNAWAY);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 1u << NT_ERROR_CORE_LSB);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), NT_STRIP_INSTR_LIMIT + 6);
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, RUNAWAY);
  NT_CHECK(nt_check_flags(dev, 0), 0);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  nt_dev_close(dev);
}

/// ST of the neuron's index plus 1, then `word`, which must end the strip uncounted.
static void undefined_word(nt_dev_t *dev, uint32_t word, uint32_t timestep) {
  const uint64_t before = nt_check_counter(dev, 0, NT_COUNTER_INSTRS);
  nt_check_state_put(dev, 0, 2, 0, 0, 0);
  nt_check_write(dev, 0, NT_SPACE_PROG, 3, word);
  nt_check_step(dev, timestep);
  NT_CHECK_AT(nt_check_state(dev, 0, 2, 0, 0), 1, word, 0);
  NT_CHECK_AT(nt_check_state(dev, 0, 2, 0, 1), 0, word, 1);
  NT_CHECK_AT(nt_check_flags(dev, 0), BAD_INSTR, word, 2);
  NT_CHECK_AT(nt_check_counter(dev, 0, NT_COUNTER_INSTRS) - before, 3, word, 3);
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, BAD_INSTR);
}

static void test_undefined_instructions(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  uint32_t timestep = 0;
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
  nt_asm_emit(&program, add_const(1, 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  nt_asm_emit(&program, nt_asm_st(1, 1));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 2, &program);
  powers_of_two(dev);
  for (uint32_t op = NT_OP_PRB + 1; op < 1u << NT_INSTR_OP_W; op++)
    undefined_word(dev, op << NT_INSTR_OP_LSB, timestep++);
  for (uint32_t condition = NT_JMP_NONE + 1; condition < 16; condition++)
    undefined_word(dev, nt_asm_jmp(condition, 15, 4), timestep++);
  for (uint32_t k = 0; k < 16; k++)
    for (uint32_t fraction = 0; fraction < 32; fraction++)
      if (k == 0 || k > 9 || (k + fraction > 32 && fraction % 3 == 1))
        undefined_word(dev, nt_asm_lerp(2, 1, k, fraction, 0), timestep++);
  nt_dev_close(dev);
}

/// Running past the last program word, and a jump or an entry beyond it.
static void test_program_counter_outside(void **state) {
  (void)state;
  const uint32_t words = nt_check_backend()->params.prog_words;
  const uint32_t last = nt_asm_st(1, 0);
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_TIMESTEP));
  nt_asm_emit(&program, nt_asm_jmp(NT_JMP_ALWAYS, 0, words - 1));
  nt_dev_t *dev = nt_check_open_program(1, 1, &program);
  nt_check_program(dev, 0, words - 1, &last, 1);
  nt_check_step(dev, 7);
  NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 7);
  NT_CHECK(nt_check_flags(dev, 0), BAD_INSTR);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 3);
  if (words <= (1u << NT_INSTR_TARGET_W) - 1) {
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, BAD_INSTR);
    nt_check_write(dev, 0, NT_SPACE_PROG, 1, nt_asm_jmp(NT_JMP_ALWAYS, 0, words));
    nt_check_step(dev, 8);
    NT_CHECK(nt_check_state(dev, 0, 1, 0, 0), 7);
    NT_CHECK(nt_check_flags(dev, 0), BAD_INSTR);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 5);
    const nt_asm_group_t group = {
        .always = true, .lines = 1, .neurons = 1, .entry = (1u << NT_GROUP2_ENTRY_W) - 1};
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, BAD_INSTR);
    nt_check_group(dev, 0, 0, &group);
    nt_check_step(dev, 9);
    NT_CHECK(nt_check_flags(dev, 0), BAD_INSTR);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 5);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 3);
  }
  nt_dev_close(dev);
}

// ---- registers, state, special values -----------------------------------------------------------

/// Registers and predicate are 0 at the start of every strip, whatever the strip before left.
static void test_strip_starts_at_zero(void **state) {
  (void)state;
  enum { WORDS = 17 };
  const uint32_t neurons = line_lanes() + strip_lanes() + 1;
  nt_asm_program_t program = {.count = 0};
  for (uint32_t r = 0; r < NT_REGISTERS; r++)
    nt_asm_emit(&program, nt_asm_st(r, r));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 1, 0, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_SEL, 2, 1, nt_asm_reg(0), 0)); // 1 if predicate
  nt_asm_emit(&program, nt_asm_st(2, NT_REGISTERS));
  for (uint32_t r = 0; r < NT_REGISTERS; r++)
    nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, r, 0, nt_asm_const(1 + r), 0));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 0, nt_asm_reg(0)));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(neurons, WORDS, &program);
  powers_of_two(dev);
  for (uint32_t n = 0; n < neurons; n++)
    for (uint32_t k = 0; k < WORDS; k++)
      nt_check_state_put(dev, 0, WORDS, n, k, 99);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n < neurons; n++)
    for (uint32_t k = 0; k < WORDS; k++)
      NT_CHECK_AT(nt_check_state(dev, 0, WORDS, n, k), 0, n, k);
  nt_dev_close(dev);
}

/// Only the group's neurons write, strips without neuron do not run, counters agree.
static void test_inactive_lanes(void **state) {
  (void)state;
  const uint32_t word = nt_params_word_lanes(&nt_check_backend()->params);
  const uint32_t sizes[] = {1,
                            word - 1,
                            word + 1,
                            strip_lanes(),
                            strip_lanes() + 1,
                            line_lanes() - 1,
                            line_lanes(),
                            line_lanes() + 1};
  for (uint32_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
    const uint32_t neurons = sizes[s];
    const uint32_t strips = (neurons + strip_lanes() - 1) / strip_lanes();
    const uint32_t room = (neurons + 2 * strip_lanes()) / word * word;
    nt_asm_program_t program = {.count = 0};
    nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_NEURON));
    nt_asm_emit(&program, nt_asm_st(1, 0));
    nt_asm_emit(&program, nt_asm_end());
    nt_dev_t *dev = nt_check_open_program(neurons, 1, &program);
    for (uint32_t n = 0; n < room; n++)
      nt_check_state_put(dev, 0, 1, n, 0, 0xAAAAAAAAu);
    nt_check_step(dev, 0);
    for (uint32_t n = 0; n < room; n++)
      NT_CHECK_AT(nt_check_state(dev, 0, 1, n, 0), n < neurons ? n : 0xAAAAAAAAu, n, neurons);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), neurons);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 3 * strips);
    nt_dev_close(dev);
  }
}

/// TIMESTEP is 32 bits and wraps; sources beyond the third are 0.
static void test_special_values(void **state) {
  (void)state;
  nt_asm_program_t program = {.count = 0};
  for (uint32_t which = 0; which < 8; which++) {
    nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 1, 0, nt_asm_const(0), 0));
    nt_asm_emit(&program, nt_asm_spc(1, which));
    nt_asm_emit(&program, nt_asm_st(1, which));
  }
  nt_asm_emit(&program, nt_asm_end());
  const uint32_t neurons = line_lanes() + 3;
  nt_dev_t *dev = nt_check_open_program(neurons, 8, &program);
  constants(dev, (const uint32_t[]){1234}, 1);
  static const uint32_t timesteps[] = {0, 1, 0x80000000u, 0xFFFFFFFFu};
  for (uint32_t t = 0; t < 4; t++) {
    nt_check_step(dev, timesteps[t]);
    for (uint32_t n = 0; n < neurons; n += strip_lanes() - 1) {
      NT_CHECK_AT(nt_check_state(dev, 0, 8, n, NT_SPC_TIMESTEP), timesteps[t], n, 0);
      NT_CHECK_AT(nt_check_state(dev, 0, 8, n, NT_SPC_NEURON), n, n, 1);
      for (uint32_t which = 2; which < 8; which++)
        NT_CHECK_AT(nt_check_state(dev, 0, 8, n, which), 0, n, which);
    }
    NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), timesteps[t] + 1u);
    NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), t + 1);
  }
  nt_dev_close(dev);
}

/// Fields that an instruction does not name are ignored: ST, SKP, PRB and SPK have no destination,
/// SPC does not skip, and a table read sends nothing.
static void test_fields_not_named(void **state) {
  (void)state;
  enum { ONE = 0, WORDS = 4, SENT = 3 };
  nt_asm_program_t program = {.count = 0};
  const uint32_t rd = 5u << NT_INSTR_RD_LSB;
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 5, 0, nt_asm_const(ONE), 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, 6, 0, nt_asm_const(ONE), 0));
  nt_asm_emit(&program, nt_asm_st(0, 2) | rd);
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CEQ, 0, 0)); // predicate set
  nt_asm_emit(&program, nt_asm_spc(7, NT_SPC_NEURON));    // its low bits as SKP's: skip 1
  nt_asm_emit(&program, nt_asm_st(5, 0));
  nt_asm_emit(&program, nt_asm_skp(0, false) | rd | 6u << NT_INSTR_RA_LSB);
  nt_asm_emit(&program, nt_asm_prb(6) | rd);
  nt_asm_emit(&program, nt_asm_lut(7, 6, 1, 4)); // as SPK: r6 on port 4
  nt_asm_emit(&program, nt_asm_lerp(7, 6, 1, 0, 4));
  nt_asm_emit(&program, nt_asm_spk(SENT, 6) | rd);
  nt_asm_emit(&program, nt_asm_st(5, 1));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open();
  nt_asm_group_t group = {
      .always = true, .lines = 1, .neurons = 1, .state_base = NT_CHECK_STATE, .state_words = WORDS};
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    group.port_ptr[port] = NT_CHECK_DESTS;
    group.port_count[port] = 1;
  }
  nt_check_group(dev, 0, 0, &group);
  nt_check_program(dev, 0, 0, program.word, program.count);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                 nt_asm_dest(NT_HOST_TILE, 1, 0, NT_SPIKE_TYPE_GRADED24, false));
  nt_check_write(dev, 0, NT_SPACE_TABLE, ONE, 77);
  nt_check_state_put(dev, 0, WORDS, 0, 2, 99);
  nt_check_step(dev, 3);
  NT_CHECK(nt_check_state(dev, 0, WORDS, 0, 0), 77);
  NT_CHECK(nt_check_state(dev, 0, WORDS, 0, 1), 77);
  NT_CHECK(nt_check_state(dev, 0, WORDS, 0, 2), 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_OUT), 1);
  NT_CHECK(nt_check_flags(dev, 0), 0);
  nt_dev_close(dev);
}

/// State addresses wrap at the end of the pool; every K, up to the last, reaches its own word.
static void test_state_words(void **state) {
  (void)state;
  enum { WORDS = 255, MOVED = 20 };
  nt_asm_program_t program = {.count = 0};
  for (uint32_t k = 0; k < MOVED; k++) {
    nt_asm_emit(&program, nt_asm_ld(1 + k % 15, k));
    nt_asm_emit(&program, nt_asm_st(1 + k % 15, WORDS - 1 - k));
  }
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(1, 1, &program);
  const uint32_t lanes = nt_params_word_lanes(&dev->params);
  const uint32_t base = dev->params.pool_words - MOVED / 2;
  const nt_asm_group_t group = {
      .always = true, .lines = 1, .neurons = lanes + 1, .state_base = base, .state_words = WORDS};
  nt_check_group(dev, 0, 0, &group);
  for (uint32_t n = 0; n <= lanes; n++)
    for (uint32_t k = 0; k < WORDS; k++)
      nt_check_pool_put(dev, 0, base + n / lanes * WORDS + k, n % lanes, 1000 * n + k);
  nt_check_step(dev, 0);
  for (uint32_t n = 0; n <= lanes; n++)
    for (uint32_t k = 0; k < WORDS; k++)
      NT_CHECK_AT(nt_check_pool_get(dev, 0, base + n / lanes * WORDS + k, n % lanes),
                  1000 * n + (k < WORDS - MOVED ? k : WORDS - 1 - k), n, k);
  nt_dev_close(dev);
}

/// RDC: its low two bits name the dendrite, a second read is the same, the next step has nothing.
static void test_read_accumulator(void **state) {
  (void)state;
  enum { WORDS = 9 };
  nt_asm_program_t program = {.count = 0};
  for (uint32_t which = 0; which < 8; which++) {
    nt_asm_emit(&program, nt_asm_rdc(1, which));
    nt_asm_emit(&program, nt_asm_st(1, which));
  }
  nt_asm_emit(&program, nt_asm_rdc(1, 2));
  nt_asm_emit(&program, nt_asm_st(1, 8));
  nt_asm_emit(&program, nt_asm_end());
  nt_dev_t *dev = nt_check_open_program(3, WORDS, &program);
  for (uint32_t d = 0; d < NT_DENDRITES; d++)
    nt_check_axon(dev, 0, d, nt_asm_single(d, 1, 0, -100 + 60 * (int32_t)d));
  for (uint32_t t = 0; t < 3; t++) {
    const uint32_t skipped_dendrite = 3;
    for (uint32_t d = 0; d < skipped_dendrite && t != 1; d++)
      nt_check_inject(dev, 1, d, 1000 + (int32_t)t);
    nt_check_step(dev, t);
    for (uint32_t n = 0; n < 3; n++)
      for (uint32_t k = 0; k < WORDS; k++) {
        const uint32_t d = k == 8 ? 2 : k % NT_DENDRITES;
        const bool nothing = n != 1 || t == 1 || d == skipped_dendrite;
        const int32_t sum = (-100 + 60 * (int32_t)d) * (1000 + (int32_t)t);
        NT_CHECK_AT((int32_t)nt_check_state(dev, 0, WORDS, n, k), nothing ? 0 : sum, n, k);
      }
  }
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_skip_by_hand),
      cmocka_unit_test(test_skip_sequences),
      cmocka_unit_test(test_skip_spares_everything),
      cmocka_unit_test(test_jump_on_activity),
      cmocka_unit_test(test_jump_on_predicates),
      cmocka_unit_test(test_jump_counts_in_a_skip),
      cmocka_unit_test(test_loop_per_strip),
      cmocka_unit_test(test_strip_of_the_longest_kind),
      cmocka_unit_test(test_runaway),
      cmocka_unit_test(test_undefined_instructions),
      cmocka_unit_test(test_program_counter_outside),
      cmocka_unit_test(test_strip_starts_at_zero),
      cmocka_unit_test(test_inactive_lanes),
      cmocka_unit_test(test_special_values),
      cmocka_unit_test(test_fields_not_named),
      cmocka_unit_test(test_state_words),
      cmocka_unit_test(test_read_accumulator),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_instructions", nt_check_run(tests));
}
