// SPDX-License-Identifier: Apache-2.0
// Every instruction that computes, over boundary operands, against the oracle of arithmetic.md.
//
// One neuron per operand pair: state words 0 and 1 hold a and b, the results follow.
#include "nt_check.h"
#include "nt_disasm.h"
#include "nt_oracle.h"
#include "nt_random.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
  RESULTS = 28, ///< of one program: it fits the fewest PROG_WORDS
  STATE_WORDS = RESULTS + 2,
  OPERANDS = 22
};
enum { RA = 1, RB = 2, RD = 3, ONE = 4 };

static const int32_t operands[OPERANDS] = {
    0,      1,     -1,         2,           -3,        31,        32,     33,
    -31,    -32,   -33,        127,         -128,      32767,     -32768, 0x00FFFFFF,
    -65537, 12345, 0x55555555, -0x0F0F0F10, INT32_MAX, INT32_MIN,
};

typedef struct computed {
  uint32_t word; ///< the instruction, a in RA, b in RB, result in RD
  uint32_t op, sat, shift;
} computed_t;

typedef struct pair {
  int32_t a, b;
} pair_t;

typedef struct bench {
  nt_dev_t *dev;
  uint32_t *state;    ///< the group's state words as they are in the pool
  uint32_t beats_max; ///< of all lines
  uint32_t const_base;
  uint32_t timestep;
} bench_t;

static bench_t bench_open(void) {
  nt_dev_t *dev = nt_check_open();
  const nt_params_t *p = &dev->params;
  const uint32_t beats = p->lines * NT_BEATS_PER_LINE;
  const size_t words = (size_t)beats * STATE_WORDS * nt_params_word_lanes(p);
  bench_t bench = {.dev = dev, .state = calloc(words, sizeof(uint32_t)), .beats_max = beats};
  assert_non_null(bench.state);
  return bench;
}

static void bench_close(bench_t *bench) {
  free(bench->state);
  nt_dev_close(bench->dev);
}

static uint32_t *bench_word(const bench_t *bench, uint32_t neuron, uint32_t k) {
  const uint32_t lanes = nt_params_word_lanes(&bench->dev->params);
  const size_t word = (size_t)(neuron / lanes) * STATE_WORDS + k;
  return &bench->state[word * lanes + neuron % lanes];
}

/// Runs `program` once for every pair; afterwards bench_word() gives the results.
static void bench_run(bench_t *bench, const nt_asm_program_t *program, const pair_t *pairs,
                      uint32_t count) {
  const nt_params_t *p = &bench->dev->params;
  const uint32_t lanes = nt_params_word_lanes(p);
  const uint32_t line_lanes = nt_params_line_lanes(p);
  const uint32_t words = (count + lanes - 1) / lanes * STATE_WORDS * lanes;
  const nt_asm_group_t group = {.always = true,
                                .lines = (count + line_lanes - 1) / line_lanes,
                                .neurons = count,
                                .const_base = bench->const_base,
                                .state_words = STATE_WORDS};
  nt_error_t err = {0};
  for (uint32_t n = 0; n < count; n++) {
    *bench_word(bench, n, 0) = (uint32_t)pairs[n].a;
    *bench_word(bench, n, 1) = (uint32_t)pairs[n].b;
    for (uint32_t k = 2; k < STATE_WORDS; k++)
      *bench_word(bench, n, k) = 0xDEADBEEFu;
  }
  NT_CHECK_OK(nt_dev_mem_write(bench->dev, 0, NT_SPACE_POOL, 0, words, bench->state, &err), &err);
  nt_check_group(bench->dev, 0, 0, &group);
  nt_check_program(bench->dev, 0, 0, program->word, program->count);
  nt_check_step(bench->dev, bench->timestep++);
  NT_CHECK_OK(nt_dev_mem_read(bench->dev, 0, NT_SPACE_POOL, 0, words, bench->state, &err), &err);
  NT_CHECK(nt_check_flags(bench->dev, 0), 0);
}

/// Neurons that fit the core and whose state fits the pool.
static uint32_t bench_capacity(const bench_t *bench) {
  const nt_params_t *p = &bench->dev->params;
  const uint32_t by_pool = p->pool_words / STATE_WORDS;
  const uint32_t beats = by_pool < bench->beats_max ? by_pool : bench->beats_max;
  return beats * nt_params_word_lanes(p);
}

/// Loads a and b, sets the predicate to a < b and r4 to 1.
static nt_asm_program_t prologue(void) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(RA, 0));
  nt_asm_emit(&program, nt_asm_ld(RB, 1));
  nt_asm_emit(&program, nt_asm_compare(NT_OP_CLT, RA, nt_asm_reg(RB)));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, ONE, 0, nt_asm_const(0), 0));
  return program;
}

/// Compares; a difference is told with the instruction and its operands.
static void check_result(uint32_t word, pair_t operand, int32_t found, int32_t expected) {
  if (found != expected) {
    char text[NT_DISASM_MAX];
    nt_disasm(word, text, sizeof text);
    nt_check_context("%s with r%d = %d, r%d = %d", text, RA, operand.a, RB, operand.b);
  }
  NT_CHECK(found, expected);
}

static void sweep_some(bench_t *bench, const computed_t *list, uint32_t count, const pair_t *pairs,
                       uint32_t pair_count) {
  nt_asm_program_t program = prologue();
  for (uint32_t i = 0; i < count; i++) {
    nt_asm_emit(&program, list[i].word);
    nt_asm_emit(&program, nt_asm_st(RD, 2 + i));
  }
  nt_asm_emit(&program, nt_asm_end());
  nt_check_write(bench->dev, 0, NT_SPACE_TABLE, 0, 1);
  bench_run(bench, &program, pairs, pair_count);
  for (uint32_t n = 0; n < pair_count; n++)
    for (uint32_t i = 0; i < count; i++) {
      const int32_t a = pairs[n].a, b = pairs[n].b;
      const int32_t expected = nt_oracle_alu(list[i].op, list[i].sat, list[i].shift, a, b, a < b);
      check_result(list[i].word, pairs[n], (int32_t)*bench_word(bench, n, 2 + i), expected);
    }
}

/// Every instruction of the list on every pair.
static void sweep_pairs(const computed_t *list, uint32_t count, const pair_t *pairs,
                        uint32_t pair_count) {
  bench_t bench = bench_open();
  const uint32_t capacity = bench_capacity(&bench);
  for (uint32_t i = 0; i < count; i += RESULTS)
    for (uint32_t n = 0; n < pair_count; n += capacity) {
      const uint32_t left = pair_count - n;
      sweep_some(&bench, list + i, count - i < RESULTS ? count - i : RESULTS, pairs + n,
                 left < capacity ? left : capacity);
    }
  bench_close(&bench);
}

/// On every pair of the boundary operands.
static void sweep(const computed_t *list, uint32_t count) {
  pair_t pairs[OPERANDS * OPERANDS];
  for (uint32_t n = 0; n < OPERANDS * OPERANDS; n++)
    pairs[n] = (pair_t){operands[n / OPERANDS], operands[n % OPERANDS]};
  sweep_pairs(list, count, pairs, OPERANDS * OPERANDS);
}

static void sweep_sat(uint32_t op) {
  enum { WIDTHS = 32 };
  computed_t list[WIDTHS];
  for (uint32_t sat = 0; sat < WIDTHS; sat++) {
    const uint32_t word = nt_asm_alu(op, RD, RA, nt_asm_reg(RB), sat);
    list[sat] = (computed_t){.word = word, .op = op, .sat = sat};
  }
  sweep(list, WIDTHS);
}

static void test_move(void **state) {
  (void)state;
  sweep_sat(NT_OP_MOV);
}

static void test_add(void **state) {
  (void)state;
  sweep_sat(NT_OP_ADD);
}

static void test_subtract(void **state) {
  (void)state;
  sweep_sat(NT_OP_SUB);
}

static void test_negate(void **state) {
  (void)state;
  sweep_sat(NT_OP_NEG);
}

static void test_minimum_and_maximum(void **state) {
  (void)state;
  sweep_sat(NT_OP_MIN);
  sweep_sat(NT_OP_MAX);
}

static void test_bitwise(void **state) {
  (void)state;
  sweep_sat(NT_OP_AND);
  sweep_sat(NT_OP_OR);
  sweep_sat(NT_OP_XOR);
}

static void test_shift(void **state) {
  (void)state;
  sweep_sat(NT_OP_SHF);
}

static void test_leading_zeros(void **state) {
  (void)state;
  sweep_sat(NT_OP_CLZ);
}

static void test_select(void **state) {
  (void)state;
  sweep_sat(NT_OP_SEL);
}

/// All shifts, 63 included, unsaturated and at a width that changes with the shift.
static void test_multiply(void **state) {
  (void)state;
  enum { SHIFTS = 64 };
  computed_t list[2 * SHIFTS];
  for (uint32_t i = 0; i < 2 * SHIFTS; i++) {
    const uint32_t shift = i % SHIFTS;
    const uint32_t sat = i < SHIFTS ? 0 : (shift * 5 + 16) % 32;
    list[i] = (computed_t){.word = nt_asm_muls(RD, RA, nt_asm_reg(RB), sat, shift),
                           .op = NT_OP_MULS,
                           .sat = sat,
                           .shift = shift};
  }
  sweep(list, 2 * SHIFTS);
}

/// Every instruction of two operands, its fields and the operands drawn at random.
static void test_random_operands(void **state) {
  (void)state;
  enum { PAIRS = 300, ROUNDS = 8 };
  const uint64_t seed = nt_random_seed(3000);
  nt_random_t random = {seed};
  print_message("repeat with NT_SEED=%" PRIu64 "\n", seed);
  for (uint32_t round = 0; round < ROUNDS; round++) {
    computed_t list[RESULTS];
    pair_t pairs[PAIRS];
    for (uint32_t i = 0; i < RESULTS; i++) {
      const uint32_t op = NT_OP_MOV + i % (NT_OP_SEL - NT_OP_MOV + 1);
      const uint32_t sat = nt_random_below(&random, 32), shift = nt_random_below(&random, 64);
      const uint32_t b = nt_asm_reg(RB);
      list[i] = (computed_t){.word = op == NT_OP_MULS ? nt_asm_muls(RD, RA, b, sat, shift)
                                                      : nt_asm_alu(op, RD, RA, b, sat),
                             .op = op,
                             .sat = sat,
                             .shift = shift};
    }
    for (uint32_t n = 0; n < PAIRS; n++)
      pairs[n] = (pair_t){nt_random_value(&random, 32), nt_random_value(&random, 32)};
    sweep_pairs(list, RESULTS, pairs, PAIRS);
  }
}

/// Hand-computed cases: the oracle is not the only witness.
static void test_known_results(void **state) {
  (void)state;
  static const struct {
    uint32_t op, sat, shift;
    int32_t a, b, result;
  } known[] = {
      {NT_OP_ADD, 0, 0, INT32_MAX, 1, INT32_MIN},
      {NT_OP_ADD, 31, 0, INT32_MAX, 1, 0x3FFFFFFF},
      {NT_OP_SUB, 8, 0, -100, 100, -128},
      {NT_OP_SUB, 1, 0, 5, 3, 0},
      {NT_OP_SUB, 1, 0, 3, 5, -1},
      {NT_OP_NEG, 0, 0, 0, INT32_MIN, INT32_MIN},
      {NT_OP_NEG, 31, 0, 0, INT32_MIN, 0x3FFFFFFF},
      {NT_OP_SHF, 0, 0, -7, -1, -4},
      {NT_OP_SHF, 0, 0, 0x40000001, 1, INT32_MIN + 2},
      {NT_OP_SHF, 0, 0, -1, 32, 0},
      {NT_OP_SHF, 0, 0, -1, INT32_MIN, -1},
      {NT_OP_MULS, 0, 1, 3, 1, 2},
      {NT_OP_MULS, 0, 1, -3, 1, -1},
      {NT_OP_MULS, 0, 2, -6, 1, -1},
      {NT_OP_MULS, 0, 62, INT32_MIN, INT32_MIN, 1},
      {NT_OP_MULS, 0, 63, INT32_MIN, INT32_MIN, 1},
      {NT_OP_MULS, 0, 0, 65536, 65537, 65536},
      {NT_OP_MULS, 16, 8, 1 << 20, 1 << 20, 32767},
      {NT_OP_CLZ, 0, 0, 0, 0, 32},
      {NT_OP_CLZ, 0, 0, 0, 255, 24},
      {NT_OP_CLZ, 0, 0, 0, -1, 0},
  };
  bench_t bench = bench_open();
  for (uint32_t i = 0; i < sizeof known / sizeof known[0]; i++) {
    const pair_t pair = {known[i].a, known[i].b};
    nt_asm_program_t program = prologue();
    const uint32_t plain = nt_asm_alu(known[i].op, RD, RA, nt_asm_reg(RB), known[i].sat);
    const uint32_t muls = nt_asm_muls(RD, RA, nt_asm_reg(RB), known[i].sat, known[i].shift);
    nt_asm_emit(&program, known[i].op == NT_OP_MULS ? muls : plain);
    nt_asm_emit(&program, nt_asm_st(RD, 2));
    nt_asm_emit(&program, nt_asm_end());
    bench_run(&bench, &program, &pair, 1);
    NT_CHECK_AT((int32_t)*bench_word(&bench, 0, 2), known[i].result, i, 0);
    NT_CHECK_AT(nt_oracle_alu(known[i].op, known[i].sat, known[i].shift, pair.a, pair.b, false),
                known[i].result, i, 1);
  }
  bench_close(&bench);
}

static void test_compare(void **state) {
  (void)state;
  static const uint32_t ops[] = {NT_OP_CLT, NT_OP_CGE, NT_OP_CEQ};
  bench_t bench = bench_open();
  const uint32_t capacity = bench_capacity(&bench);
  nt_check_write(bench.dev, 0, NT_SPACE_TABLE, 0, 1);
  nt_asm_program_t program = prologue();
  for (uint32_t i = 0; i < 3; i++) {
    nt_asm_emit(&program, nt_asm_compare(ops[i], RA, nt_asm_reg(RB)));
    nt_asm_emit(&program, nt_asm_alu(NT_OP_SEL, RD, ONE, nt_asm_reg(0), 0));
    nt_asm_emit(&program, nt_asm_st(RD, 2 + i));
  }
  nt_asm_emit(&program, nt_asm_end());
  for (uint32_t row = 0; row < OPERANDS; row++) {
    pair_t pairs[OPERANDS];
    for (uint32_t n = 0; n < OPERANDS; n++)
      pairs[n] = (pair_t){operands[row], operands[n]};
    assert_true(capacity >= OPERANDS);
    bench_run(&bench, &program, pairs, OPERANDS);
    for (uint32_t n = 0; n < OPERANDS; n++)
      for (uint32_t i = 0; i < 3; i++)
        NT_CHECK_AT(*bench_word(&bench, n, 2 + i),
                    nt_oracle_compare(ops[i], pairs[n].a, pairs[n].b), row, n);
  }
  bench_close(&bench);
}

// ---- tables -------------------------------------------------------------------------------------

/// Plus and minus every power of two, and their neighbours.
static uint32_t edge_operands(pair_t *pairs) {
  uint32_t count = 0;
  for (uint32_t bit = 0; bit < 32; bit++)
    for (int32_t step = -1; step <= 1; step++) {
      const int64_t edge = (INT64_C(1) << bit) + step;
      pairs[count++].a = nt_oracle_wrap(edge, 32);
      pairs[count++].a = nt_oracle_wrap(-edge, 32);
    }
  return count;
}

/// Runs table instructions on all edge operands; results through `expect`.
static void table_sweep(const uint32_t *words, uint32_t count, const uint32_t *table,
                        int32_t (*expect)(uint32_t word, const uint32_t *table,
                                          uint32_t table_words, int32_t a)) {
  pair_t pairs[192] = {{0, 0}};
  const uint32_t pair_count = edge_operands(pairs);
  bench_t bench = bench_open();
  const uint32_t capacity = bench_capacity(&bench);
  const uint32_t table_words = bench.dev->params.table_words;
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_mem_write(bench.dev, 0, NT_SPACE_TABLE, 0, table_words, table, &err), &err);
  for (uint32_t i = 0; i < count; i += RESULTS)
    for (uint32_t first = 0; first < pair_count; first += capacity) {
      const uint32_t some = count - i < RESULTS ? count - i : RESULTS;
      const uint32_t left = pair_count - first;
      const uint32_t neurons = left < capacity ? left : capacity;
      nt_asm_program_t program = {.count = 0};
      nt_asm_emit(&program, nt_asm_ld(RA, 0));
      for (uint32_t k = 0; k < some; k++) {
        nt_asm_emit(&program, words[i + k]);
        nt_asm_emit(&program, nt_asm_st(RD, 2 + k));
      }
      nt_asm_emit(&program, nt_asm_end());
      bench_run(&bench, &program, pairs + first, neurons);
      for (uint32_t n = 0; n < neurons; n++)
        for (uint32_t k = 0; k < some; k++)
          check_result(words[i + k], pairs[first + n], (int32_t)*bench_word(&bench, n, 2 + k),
                       expect(words[i + k], table, table_words, pairs[first + n].a));
    }
  bench_close(&bench);
}

static void fill_table(uint32_t *table) {
  for (uint32_t i = 0; i < NT_TABLE_WORDS_MAX; i++)
    table[i] = (i + 1) * 0x9E3779B1u;
  table[3] = 0x7FFF7FFFu; // largest slope and base
  table[4] = 0x80008000u; // smallest
  table[40] = 0x80007FFFu;
}

/// The fields are read back from the word: the order of the list is then free.
static uint32_t field_of(uint32_t word, unsigned lsb, unsigned width) {
  return word >> lsb & ((1u << width) - 1);
}

static int32_t expect_lut(uint32_t word, const uint32_t *table, uint32_t table_words, int32_t a) {
  return nt_oracle_lut(table, table_words, field_of(word, NT_INSTR_TBASE_LSB, NT_INSTR_TBASE_W),
                       field_of(word, NT_INSTR_RB_LSB, NT_INSTR_RB_W), a);
}

static int32_t expect_lerp(uint32_t word, const uint32_t *table, uint32_t table_words, int32_t a) {
  return nt_oracle_lerp(table, table_words, field_of(word, NT_INSTR_TBASE_LSB, NT_INSTR_TBASE_W),
                        field_of(word, NT_INSTR_RB_LSB, NT_INSTR_RB_W),
                        field_of(word, NT_INSTR_FRAC_LSB, NT_INSTR_FRAC_W), a);
}

static void test_lut(void **state) {
  (void)state;
  static const uint32_t bases[] = {0, 1, 37, 511};
  uint32_t table[NT_TABLE_WORDS_MAX], words[64], count = 0;
  fill_table(table);
  for (uint32_t k = 0; k < 16; k++)
    for (uint32_t i = 0; i < 4; i++)
      words[count++] = nt_asm_lut(RD, RA, k, bases[i]);
  table_sweep(words, count, table, expect_lut);
}

static void test_lerp(void **state) {
  (void)state;
  static const uint32_t bases[] = {0, 3, 500};
  uint32_t table[NT_TABLE_WORDS_MAX], words[9 * 32], count = 0;
  fill_table(table);
  for (uint32_t k = 1; k <= 9; k++)
    for (uint32_t fraction = 0; fraction < 32 && k + fraction <= 32; fraction++)
      words[count++] = nt_asm_lerp(RD, RA, k, fraction, bases[(k + fraction) % 3]);
  table_sweep(words, count, table, expect_lerp);
}

/// Operand B from the table: number = CONST_HI * 16 + RB, the sum with CONST_BASE wraps.
static void test_constants(void **state) {
  (void)state;
  enum { PART = 16 };
  bench_t bench = bench_open();
  const uint32_t table_words = bench.dev->params.table_words;
  const uint32_t bases[] = {0, 1, table_words - 10, table_words - 1};
  uint32_t table[NT_TABLE_WORDS_MAX];
  nt_error_t err = {0};
  fill_table(table);
  NT_CHECK_OK(nt_dev_mem_write(bench.dev, 0, NT_SPACE_TABLE, 0, table_words, table, &err), &err);
  for (uint32_t b = 0; b < 4; b++)
    for (uint32_t first = 0; first < 64; first += PART) {
      nt_asm_program_t program = {.count = 0};
      for (uint32_t i = 0; i < PART; i++) {
        const uint32_t b_bits = nt_asm_const(first + i);
        nt_asm_emit(&program, nt_asm_alu(NT_OP_MOV, RD, 0, b_bits, 0));
        nt_asm_emit(&program, nt_asm_st(RD, 2 + i));
      }
      nt_asm_emit(&program, nt_asm_end());
      const pair_t none[3] = {{0, 0}, {0, 0}, {0, 0}};
      bench.const_base = bases[b];
      bench_run(&bench, &program, none, 3);
      for (uint32_t i = 0; i < PART; i++) {
        const uint32_t expected = table[(bases[b] + first + i) % table_words];
        NT_CHECK_AT(*bench_word(&bench, 2, 2 + i), expected, b, first + i);
      }
    }
  bench_close(&bench);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_move),
      cmocka_unit_test(test_add),
      cmocka_unit_test(test_subtract),
      cmocka_unit_test(test_negate),
      cmocka_unit_test(test_minimum_and_maximum),
      cmocka_unit_test(test_bitwise),
      cmocka_unit_test(test_shift),
      cmocka_unit_test(test_leading_zeros),
      cmocka_unit_test(test_select),
      cmocka_unit_test(test_multiply),
      cmocka_unit_test(test_random_operands),
      cmocka_unit_test(test_known_results),
      cmocka_unit_test(test_compare),
      cmocka_unit_test(test_lut),
      cmocka_unit_test(test_lerp),
      cmocka_unit_test(test_constants),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_arithmetic", nt_check_run(tests));
}
