// SPDX-License-Identifier: Apache-2.0
// The instruction set, group scheduling and flags of the engine (docs/spec/isa.md,
// docs/spec/arithmetic.md).
#include "nt_rig.h"

enum { LEAST = INT32_MIN, MOST = INT32_MAX }; ///< corners of a register

enum { STATE = 2048 };

static uint32_t state_of(nt_dev_t *dev, uint32_t words, uint32_t neuron, uint32_t k) {
  return nt_rig_pool_get(dev, 0, STATE + neuron / 8 * words + k, neuron % 8);
}

static void set_state(nt_dev_t *dev, uint32_t words, uint32_t neuron, uint32_t k, int32_t value) {
  nt_rig_pool(dev, 0, STATE + neuron / 8 * words + k, neuron % 8, (uint32_t)value);
}

/// An ALWAYS group 0 of `neurons` neurons with 4 state words from line 0 on, and its program at 0.
static nt_dev_t *open_program(uint32_t neurons, const uint32_t *program, size_t count) {
  nt_dev_t *dev = nt_rig_open(NULL);
  const nt_rig_group_t group = {.always = true,
                                .lines = (neurons + 127) / 128,
                                .neurons = neurons,
                                .state_base = STATE,
                                .state_words = 4};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, count);
  return dev;
}

#define OPEN_PROGRAM(neurons, program)                                                             \
  open_program((neurons), (program), sizeof(program) / sizeof(program)[0])

// ---- Arithmetic ---------------------------------------------------------------------------------

/// One instruction word on operands a (r1, with the predicate set) and b (r2), result in r3.
static void test_alu(void **state) {
  (void)state;
#define RRR(op) (NT_RIG_OP(op) | NT_RIG_D(3) | NT_RIG_A(1) | NT_RIG_B(2))
  static const struct {
    uint32_t word;
    int32_t a, b, result;
  } cases[] = {
      {RRR(MOV), 5, -7, -7},
      {RRR(MOV) | NT_RIG_SAT(3), 0, -7, -4},
      {RRR(MOV) | NT_RIG_SAT(1), 0, 9, 0},
      {RRR(ADD), MOST, 1, LEAST},
      {RRR(ADD) | NT_RIG_SAT(31), MOST, 1, 1073741823},
      {RRR(ADD) | NT_RIG_SAT(16), 30000, 30000, 32767},
      {RRR(ADD) | NT_RIG_SAT(16), -30000, -30000, -32768},
      {RRR(SUB), LEAST, 1, MOST},
      {RRR(SUB) | NT_RIG_SAT(8), LEAST, MOST, -128},
      {RRR(SUB), 3, 10, -7},
      {RRR(NEG), 0, LEAST, LEAST},
      {RRR(NEG) | NT_RIG_SAT(31), 0, LEAST, 1073741823},
      {RRR(NEG), 1, 42, -42},
      {RRR(MIN), -1, 1, -1},
      {RRR(MIN), MOST, LEAST, LEAST},
      {RRR(MAX), -1, 1, 1},
      {RRR(MAX) | NT_RIG_SAT(4), 100, 1, 7},
      {RRR(AND), -16, 0x7FFFFFFF, 0x7FFFFFF0},
      {RRR(OR), LEAST, 1, LEAST + 1},
      {RRR(XOR), -1, 0x0F0F0F0F, (int32_t)0xF0F0F0F0},
      {RRR(XOR) | NT_RIG_SAT(8), -1, 0x0F0F0F0F, -128},
      {RRR(SHF), 1, 31, LEAST},
      {RRR(SHF), 3, 32, 0},
      {RRR(SHF), 3, MOST, 0},
      {RRR(SHF), -5, -1, -3},
      {RRR(SHF), -5, -32, -1},
      {RRR(SHF), 5, LEAST, 0},
      {RRR(SHF), LEAST, -31, -1},
      {RRR(SHF), 0x12345678, 4, 0x23456780},
      {RRR(SHF) | NT_RIG_SAT(8), 1, 10, 127},
      {RRR(MULS), 65536, 65536, 0},
      {RRR(MULS) | 16, 65536, 65536, 65536},
      {RRR(MULS) | 1, -3, 1, -1},
      {RRR(MULS) | 1, 3, 1, 2},
      {RRR(MULS) | 62, LEAST, LEAST, 1},
      {RRR(MULS) | 63, LEAST, LEAST, 1},
      {RRR(MULS) | 61, LEAST, LEAST, 2},
      {RRR(MULS) | 31 | NT_RIG_SAT(16), LEAST, MOST, -32768},
      {RRR(MULS) | 15, -32768, 12345, -12345},
      {RRR(CLZ), 9, 0, 32},
      {RRR(CLZ), 9, 1, 31},
      {RRR(CLZ), 9, -1, 0},
      {RRR(CLZ) | NT_RIG_SAT(5), 9, 1, 15},
      {RRR(SEL), 11, 22, 11},
      {RRR(SEL) | NT_RIG_SAT(4), 11, 22, 7},
  };
#undef RRR
  uint32_t program[] = {
      NT_RIG_OP(LD) | NT_RIG_D(1) | 0,
      NT_RIG_OP(LD) | NT_RIG_D(2) | 1,
      NT_RIG_OP(CEQ) | NT_RIG_A(0) | NT_RIG_B(0), // predicate on
      0,
      NT_RIG_OP(ST) | NT_RIG_A(3) | 2,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(1, program);
  const size_t count = sizeof cases / sizeof cases[0];
  for (size_t n = 0; n < count; n++) {
    program[3] = cases[n].word;
    nt_rig_program(dev, 0, 0, program, 6);
    set_state(dev, 4, 0, 0, cases[n].a);
    set_state(dev, 4, 0, 1, cases[n].b);
    nt_rig_step(dev, 0);
    NT_RIG_EQUAL((int32_t)state_of(dev, 4, 0, 2), cases[n].result);
  }
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 6 * count);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_NEURONS), count);
  // Without the predicate, SEL takes B.
  program[2] = NT_RIG_OP(CLT) | NT_RIG_A(0) | NT_RIG_B(0);
  program[3] = NT_RIG_OP(SEL) | NT_RIG_D(3) | NT_RIG_A(1) | NT_RIG_B(2);
  nt_rig_program(dev, 0, 0, program, 6);
  set_state(dev, 4, 0, 1, 77);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(state_of(dev, 4, 0, 2), 77);
  nt_dev_close(dev);
}

static void test_compare(void **state) {
  (void)state;
  static const int32_t value[] = {LEAST, -1, 0, 1, MOST};
  const uint32_t program[] = {
      NT_RIG_OP(LD) | NT_RIG_D(1) | 0,
      NT_RIG_OP(LD) | NT_RIG_D(2) | 1,
      NT_RIG_OP(MOV) | NT_RIG_D(9) | NT_RIG_C(0), // 1
      NT_RIG_OP(CLT) | NT_RIG_A(1) | NT_RIG_B(2),
      NT_RIG_OP(SEL) | NT_RIG_D(3) | NT_RIG_A(9) | NT_RIG_B(0),
      NT_RIG_OP(ST) | NT_RIG_A(3) | 2,
      NT_RIG_OP(CGE) | NT_RIG_A(1) | NT_RIG_B(2),
      NT_RIG_OP(SEL) | NT_RIG_D(3) | NT_RIG_A(9) | NT_RIG_B(0),
      NT_RIG_OP(ST) | NT_RIG_A(3) | 3,
      NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_B(2),
      NT_RIG_OP(SEL) | NT_RIG_D(3) | NT_RIG_A(9) | NT_RIG_B(0),
      NT_RIG_OP(ST) | NT_RIG_A(3) | 1,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(25, program);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  for (uint32_t n = 0; n < 25; n++) {
    set_state(dev, 4, n, 0, value[n / 5]);
    set_state(dev, 4, n, 1, value[n % 5]);
  }
  nt_rig_step(dev, 0);
  for (uint32_t n = 0; n < 25; n++) {
    NT_RIG_EQUAL(state_of(dev, 4, n, 2), n / 5 < n % 5);
    NT_RIG_EQUAL(state_of(dev, 4, n, 3), n / 5 >= n % 5);
    NT_RIG_EQUAL(state_of(dev, 4, n, 1), n / 5 == n % 5);
  }
  nt_dev_close(dev);
}

static void test_constants_and_tables(void **state) {
  (void)state;
  const uint32_t program[] = {
      NT_RIG_OP(LD) | NT_RIG_D(1) | 0,
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(1) |
          NT_RIG_C(63), // TABLE[(500 + 63) mod 512] = TABLE[51]
      NT_RIG_OP(ST) | NT_RIG_A(2) | 1,
      NT_RIG_OP(LUT) | NT_RIG_D(2) | NT_RIG_A(1) | NT_RIG_B(2) | 510, // entries 510, 511, 0, 1
      NT_RIG_OP(ST) | NT_RIG_A(2) | 2,
      NT_RIG_OP(LERP) | NT_RIG_D(2) | NT_RIG_A(1) | NT_RIG_B(1) | 2U << 9 |
          100, // entries 100, 101, f = 2
      NT_RIG_OP(ST) | NT_RIG_A(2) | 3,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(7, program);
  const nt_rig_group_t group = {.always = true,
                                .lines = 1,
                                .neurons = 7,
                                .const_base = 500,
                                .state_base = STATE,
                                .state_words = 4};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 51, 1000);
  static const uint32_t lut[4] = {0x80000001U, 20, 30, 40};
  for (uint32_t k = 0; k < 4; k++)
    nt_rig_write(dev, 0, NT_SPACE_TABLE, (510 + k) % 512, lut[k]);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 100, 0x0003FFF6U); // base -10, slope 3
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 101, 0xFFFB0064U); // base 100, slope -5
  // LERP with K = 1, f = 2 clamps to -4 .. 3. -5 and -4: piece 0 at 0; -1: piece 0 at 3: -10 +
  // rshift(9, 2) = -8; 0: 100; 2: 100 + rshift(-10, 2) = 100 + floor(-8 / 4) = 98; 3 and 9: 100 +
  // rshift(-15, 2) = 100 - 4 = 96.
  static const int32_t input[7] = {-5, -4, -1, 0, 2, 3, 9};
  static const int32_t looked_up[7] = {LEAST + 1, LEAST + 1, LEAST + 1, LEAST + 1, 30, 40, 40};
  static const int32_t interpolated[7] = {-10, -10, -8, 100, 98, 96, 96};
  for (uint32_t n = 0; n < 7; n++)
    set_state(dev, 4, n, 0, input[n]);
  nt_rig_step(dev, 0);
  for (uint32_t n = 0; n < 7; n++) {
    NT_RIG_EQUAL((int32_t)state_of(dev, 4, n, 1), input[n] + 1000);
    NT_RIG_EQUAL((int32_t)state_of(dev, 4, n, 2), looked_up[n]);
    NT_RIG_EQUAL((int32_t)state_of(dev, 4, n, 3), interpolated[n]);
  }
  nt_dev_close(dev);
}

// ---- Inputs -------------------------------------------------------------------------------------

static void test_inputs(void **state) {
  (void)state;
  const uint32_t program[] = {
      NT_RIG_OP(RDC) | NT_RIG_D(1) | 0,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 0,
      NT_RIG_OP(RDC) | NT_RIG_D(1) | 3,
      NT_RIG_OP(RDC) | NT_RIG_D(2) | 7, // dendrite 7 mod 4, the same value again
      NT_RIG_OP(ADD) | NT_RIG_D(1) | NT_RIG_A(1) | NT_RIG_B(2),
      NT_RIG_OP(ST) | NT_RIG_A(1) | 1,
      NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_TIMESTEP,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 2,
      NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_NEURON,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 3,
      NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_ACTIVITY,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 4,
      NT_RIG_OP(MOV) | NT_RIG_D(1) | NT_RIG_C(0),
      NT_RIG_OP(SPC) | NT_RIG_D(1) | 7,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 5,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = nt_rig_open(NULL);
  const nt_rig_group_t group = {
      .line = 2, .lines = 2, .neurons = 200, .state_base = STATE, .state_words = 6};
  nt_rig_group(dev, 0, 5, &group);
  nt_rig_program(dev, 0, 0, program, sizeof program / sizeof program[0]);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 0, 7);
  for (uint32_t n = 0; n < 208; n++)
    for (uint32_t k = 0; k < 6; k++)
      set_state(dev, 6, n, k, -99);
  // Neuron 133 of the group is neuron 5 of line 3, so 3 * 128 + 5 of the core; only dendrite 3 of
  // line 3 is active.
  nt_rig_axon(dev, 0, 0, nt_rig_single(3, 3 * 128 + 5, 0, -9));
  nt_rig_inject(dev, 1, 0, 11);
  nt_rig_step(dev, 0xFFFFFFFFU);
  for (uint32_t n = 0; n < 208; n++) {
    const bool ran = n >= 128 && n < 200;
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 0), ran ? 0 : -99);
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 1), n == 133 ? -198 : ran ? 0 : -99);
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 2), ran ? -1 : -99);
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 3), ran ? (int32_t)n : -99);
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 4), ran ? 8 : -99);
    NT_RIG_EQUAL((int32_t)state_of(dev, 6, n, 5), ran ? 0 : -99);
  }
  // Line 3 holds 72 neurons of the group: strips of 32, 32 and 8; the fourth has none and does not
  // run.
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_NEURONS), 72);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 3 * 16);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 0);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 1);
  nt_rig_step(dev, 5); // nothing is active
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 48);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 6);
  nt_dev_close(dev);
}

/// RDC of a 24-bit accumulator sign-extends; an inactive dendrite is 0 whatever was written to its
/// memory.
static void test_rdc_24_bits(void **state) {
  (void)state;
  nt_params_t params = nt_params_default();
  params.acc_bits = 24;
  nt_dev_t *dev = nt_rig_open(&params);
  const uint32_t program[] = {NT_RIG_OP(RDC) | NT_RIG_D(1) | 1, NT_RIG_OP(ST) | NT_RIG_A(1) | 0,
                              NT_RIG_OP(RDC) | NT_RIG_D(1) | 2, NT_RIG_OP(ST) | NT_RIG_A(1) | 1,
                              NT_RIG_OP(END)};
  const nt_rig_group_t group = {.lines = 1, .neurons = 1, .state_base = STATE, .state_words = 4};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, 5);
  nt_rig_axon(dev, 0, 0, nt_rig_uniform(1, 1, 0, 1, 0, 3));
  nt_rig_inject(dev, 1, 0, 8388607); // 25165821 = 0x17FFFFD, low 24 bits 0x7FFFFD
  nt_rig_inject(dev, 1, 0, 1);       // 0x800000
  nt_rig_write(dev, 0, NT_SPACE_ACC, 2 * 8 * 128, 55);
  set_state(dev, 4, 0, 1, 9);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL((int32_t)state_of(dev, 4, 0, 0), -8388608);
  NT_RIG_EQUAL(state_of(dev, 4, 0, 1), 0);
  nt_dev_close(dev);
}

// ---- Control flow -------------------------------------------------------------------------------

static void test_skip(void **state) {
  (void)state;
  // Even neurons skip 3 of the instructions after SKP, the jump among them; the odd ones take all.
  const uint32_t program[] = {
      NT_RIG_OP(LD) | NT_RIG_D(1) | 0,
      NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_B(0), // predicate: state 0 is 0
      NT_RIG_OP(SKP) | 3,
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_C(0), // skipped: + 1
      NT_RIG_OP(JMP) | NT_RIG_A(NT_JMP_ALWAYS) | 5,             // counts as an instruction skipped
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_C(1), // skipped: + 10
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_C(2), // all: + 100
      NT_RIG_OP(SKP) | 1U << 4 | 1,                             // inverted: the odd ones skip one
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_C(4), // so only the even: + 10000
      NT_RIG_OP(SKP) | 0,                                       // skips nothing
      NT_RIG_OP(ADD) | NT_RIG_D(2) | NT_RIG_A(2) | NT_RIG_C(3), // all: + 1000
      NT_RIG_OP(ST) | NT_RIG_A(2) | 1,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(40, program);
  for (uint32_t k = 0, value = 1; k < 5; k++, value *= 10)
    nt_rig_write(dev, 0, NT_SPACE_TABLE, k, value);
  for (uint32_t n = 0; n < 40; n++)
    set_state(dev, 4, n, 0, (int32_t)(n % 2));
  nt_rig_step(dev, 0);
  for (uint32_t n = 0; n < 40; n++)
    NT_RIG_EQUAL(state_of(dev, 4, n, 1), n % 2 == 0 ? 11100 : 1111);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 26);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_NEURONS), 40);
  nt_dev_close(dev);
}

/// Runs JMP with the given condition, mask and predicates; true if it was taken.
static bool jump_taken(uint32_t condition, uint32_t mask, uint32_t touched,
                       const int32_t predicate[2], bool skip_second) {
  const uint32_t program[] = {
      NT_RIG_OP(LD) | NT_RIG_D(1) | 0,
      NT_RIG_OP(LD) | NT_RIG_D(4) | 1,
      NT_RIG_OP(CEQ) | NT_RIG_A(4) |
          NT_RIG_C(0), // neurons with state 1 set skip the next two if asked to
      NT_RIG_OP(SKP) | 2,
      NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_C(0),
      NT_RIG_OP(JMP) | NT_RIG_A(condition) | NT_RIG_B(mask) | 8,
      NT_RIG_OP(MOV) | NT_RIG_D(2) | NT_RIG_C(0),
      NT_RIG_OP(ST) | NT_RIG_A(2) | 2,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(2, program);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  for (uint32_t n = 0; n < 2; n++)
    set_state(dev, 4, n, 0, predicate[n]);
  set_state(dev, 4, 1, 1, skip_second);
  nt_rig_write(dev, 0, NT_SPACE_ACT, 0, touched);
  nt_rig_step(dev, 0);
  const bool taken = state_of(dev, 4, 0, 2) == 0;
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), taken ? 7 : 9);
  nt_dev_close(dev);
  return taken;
}

static void test_jump(void **state) {
  (void)state;
  static const int32_t none[2] = {0, 0};
  static const int32_t second[2] = {0, 1};
  NT_RIG_EQUAL(jump_taken(NT_JMP_ALWAYS, 0, 0, none, false), true);
  NT_RIG_EQUAL(jump_taken(NT_JMP_ACT, 5, 2, none, false), false);
  NT_RIG_EQUAL(jump_taken(NT_JMP_ACT, 5, 4, none, false), true);
  NT_RIG_EQUAL(jump_taken(NT_JMP_NACT, 5, 2, none, false), true);
  NT_RIG_EQUAL(jump_taken(NT_JMP_NACT, 5, 15, none, false), false);
  NT_RIG_EQUAL(jump_taken(NT_JMP_ANY, 0, 0, none, false), false);
  NT_RIG_EQUAL(jump_taken(NT_JMP_ANY, 0, 0, second, false), true);
  NT_RIG_EQUAL(jump_taken(NT_JMP_NONE, 0, 0, none, false), true);
  NT_RIG_EQUAL(jump_taken(NT_JMP_NONE, 0, 0, second, false), false);
  // A neuron that skips at the jump has no say, although its predicate is set.
  NT_RIG_EQUAL(jump_taken(NT_JMP_ANY, 0, 0, second, true), false);
  NT_RIG_EQUAL(jump_taken(NT_JMP_NONE, 0, 0, second, true), true);
}

/// Flags and instructions counted after one strip of `program` at instruction `entry`.
static void expect_end(const uint32_t *program, size_t count, uint32_t entry, uint32_t flags,
                       uint32_t instrs) {
  nt_dev_t *dev = nt_rig_open(NULL);
  const nt_rig_group_t group = {.always = true, .lines = 1, .neurons = 1, .entry = entry};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, entry < 1024 ? entry : 0, program, count);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(nt_rig_read(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS), flags);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), flags != 0 ? 1 << NT_ERROR_CORE_LSB : 0);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), instrs);
  nt_dev_close(dev);
}

static void test_ends(void **state) {
  (void)state;
  const uint32_t bad_instr = 1U << NT_FLAGS_BAD_INSTR_LSB;
  const uint32_t runaway = 1U << NT_FLAGS_RUNAWAY_LSB;
  const uint32_t nop = NT_RIG_OP(SKP);
  uint32_t program[1024];
  program[0] = 0;
  expect_end(program, 1, 0, 0, 1);
  for (uint32_t op = 27; op < 64; op++) {
    program[0] = nop;
    program[1] = op << 26;
    expect_end(program, 2, 0, bad_instr, 1);
  }
  for (uint32_t condition = 0; condition < 16; condition++) {
    program[0] = NT_RIG_OP(JMP) | NT_RIG_A(condition) | 1;
    program[1] = 0;
    expect_end(program, 2, 0, condition > 4 ? bad_instr : 0, condition > 4 ? 0 : 2);
  }
  for (uint32_t k = 0; k < 16; k++)
    for (uint32_t f = 0; f < 32; f++) {
      const bool defined = k > 0 && k < 10 && k + f <= 32;
      program[0] = NT_RIG_OP(LERP) | NT_RIG_B(k) | f << 9;
      program[1] = 0;
      expect_end(program, 2, 0, defined ? 0 : bad_instr, defined ? 2 : 0);
    }
  program[0] = nop; // the last instruction of the memory, not an END
  expect_end(program, 1, 1023, bad_instr, 1);
  expect_end(program, 1, 1024, bad_instr, 0);
  program[0] = NT_RIG_OP(JMP) | 4095;
  expect_end(program, 1, 0, bad_instr, 1);
  program[0] = NT_RIG_OP(JMP) | 0;
  expect_end(program, 1, 0, runaway, 4096);
  // Rounds of 1023 instructions and a jump: the 4096th is the fourth jump.
  for (uint32_t k = 0; k < 1023; k++)
    program[k] = nop;
  program[1023] = NT_RIG_OP(JMP) | 0;
  expect_end(program, 1024, 0, runaway, 4096);
}

/// A loop that ends by itself at exactly the limit: END as instruction 4096 is no runaway.
static void test_end_at_limit(void **state) {
  (void)state;
  // 3 instructions, 1023 rounds of 4, and END: 4096.
  const uint32_t program[] = {
      NT_RIG_OP(SKP),
      NT_RIG_OP(SKP),
      NT_RIG_OP(SKP),
      NT_RIG_OP(ADD) | NT_RIG_D(1) | NT_RIG_A(1) | NT_RIG_C(0),
      NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_C(1),
      NT_RIG_OP(SKP),
      NT_RIG_OP(JMP) | NT_RIG_A(NT_JMP_NONE) | 3,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(1, program);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 1, 1023);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 4096);
  NT_RIG_EQUAL(nt_golden_flags(dev, 0), 0);
  // END as the 4097th comes too late.
  const uint32_t later[] = {NT_RIG_OP(SKP), NT_RIG_OP(END)};
  nt_rig_program(dev, 0, 7, later, 2);
  nt_rig_step(dev, 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 8192);
  NT_RIG_EQUAL(nt_golden_flags(dev, 0), 1 << NT_FLAGS_RUNAWAY_LSB);
  nt_dev_close(dev);
}

/// What instructions before a bad one did remains; the other strips run.
static void test_bad_strip(void **state) {
  (void)state;
  const uint32_t program[] = {
      NT_RIG_OP(ST) | NT_RIG_A(0) | 0,
      NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_NEURON,
      NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_C(0), // neuron 33, in strip 1
      NT_RIG_OP(JMP) | NT_RIG_A(NT_JMP_ANY) | 100,
      NT_RIG_OP(ST) | NT_RIG_A(1) | 1,
      NT_RIG_OP(END),
  };
  nt_dev_t *dev = OPEN_PROGRAM(96, program);
  nt_rig_write(dev, 0, NT_SPACE_TABLE, 0, 33);
  nt_rig_write(dev, 0, NT_SPACE_PROG, 100, 63U << 26);
  for (uint32_t n = 0; n < 96; n++)
    for (uint32_t k = 0; k < 2; k++)
      set_state(dev, 4, n, k, -1);
  nt_rig_step(dev, 0);
  for (uint32_t n = 0; n < 96; n++) {
    NT_RIG_EQUAL(state_of(dev, 4, n, 0), 0);
    NT_RIG_EQUAL((int32_t)state_of(dev, 4, n, 1), n / 32 == 1 ? -1 : (int32_t)n);
  }
  NT_RIG_EQUAL(nt_golden_flags(dev, 0), 1 << NT_FLAGS_BAD_INSTR_LSB);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 6 + 4 + 6);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_NEURONS), 96);
  nt_dev_close(dev);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_alu),
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_constants_and_tables),
      cmocka_unit_test(test_inputs),
      cmocka_unit_test(test_skip),
      cmocka_unit_test(test_rdc_24_bits),
      cmocka_unit_test(test_jump),
      cmocka_unit_test(test_ends),
      cmocka_unit_test(test_end_at_limit),
      cmocka_unit_test(test_bad_strip),
  };
  return nt_rig_report("test_engine", cmocka_run_group_tests(tests, NULL, NULL));
}
