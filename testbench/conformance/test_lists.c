// SPDX-License-Identifier: Apache-2.0
// Synapse lists of every format against an exact sum of p * w * 2^e (docs/spec/memory.md).
//
// Weights are chosen first and encoded then, so the expectation never looks at an encoding. A
// program on every line stores what RDC and SPC give: what a list added is seen as programs see it.
#include "nt_check.h"
#include "nt_oracle.h"

#include <stdlib.h>
#include <string.h>

enum {
  STATE_WORDS = NT_DENDRITES + 1, ///< accumulators, then the activity mask
  ROWS_MAX = NT_DENDRITES * NT_LINES_MAX,
  LANES_MAX = NT_WORD_BITS_MAX / 2,
  UNTOUCHED = 0x5A5A5A5A,
  OVERFLOW = 1 << NT_FLAGS_ACC_OVERFLOW_LSB
};

/// A device, and what the accumulators of the coming step must be.
typedef struct scale {
  nt_dev_t *dev;
  uint32_t timestep;
  uint64_t *sum; ///< [row][lane], modulo 2^64
  bool active[ROWS_MAX];
  uint64_t msg_in, synops, words;
} scale_t;

static scale_t scale_open(void) {
  scale_t scale = {.dev = nt_check_open(),
                   .sum = calloc((size_t)ROWS_MAX * LANES_MAX, sizeof(uint64_t))};
  const nt_params_t *p = &scale.dev->params;
  nt_asm_program_t program = {.count = 0};
  assert_non_null(scale.sum);
  for (uint32_t d = 0; d < NT_DENDRITES; d++) {
    nt_asm_emit(&program, nt_asm_rdc(1, d));
    nt_asm_emit(&program, nt_asm_st(1, d));
  }
  nt_asm_emit(&program, nt_asm_spc(1, NT_SPC_ACTIVITY));
  nt_asm_emit(&program, nt_asm_st(1, NT_DENDRITES));
  nt_asm_emit(&program, nt_asm_end());
  const nt_asm_group_t group = {.lines = p->lines,
                                .neurons = p->lines * nt_params_line_lanes(p),
                                .state_base = NT_CHECK_STATE,
                                .state_words = STATE_WORDS};
  nt_check_group(scale.dev, 0, 0, &group);
  nt_check_program(scale.dev, 0, 0, program.word, program.count);
  return scale;
}

static void scale_close(scale_t *scale) {
  nt_dev_close(scale->dev);
  free(scale->sum);
}

static uint64_t *scale_sum(const scale_t *scale, uint32_t row, uint32_t lane) {
  return &scale->sum[(size_t)row * LANES_MAX + lane];
}

static uint32_t wrapped_row(const scale_t *scale, uint32_t dendrite, uint32_t line) {
  const uint32_t lines = scale->dev->params.lines;
  return dendrite % NT_DENDRITES * lines + line % lines;
}

static void scale_add(scale_t *scale, uint32_t row, uint32_t lane, int64_t term) {
  scale->active[row] = true;
  *scale_sum(scale, row, lane) += (uint64_t)term;
}

static int32_t scale_expected(const scale_t *scale, uint32_t row, uint32_t lane) {
  const uint32_t bits = scale->dev->params.acc_bits;
  const uint64_t low = *scale_sum(scale, row, lane) & ((UINT64_C(1) << bits) - 1);
  return nt_oracle_wrap((int64_t)low, bits);
}

/// What the ACC and ACT spaces show before the step.
static void check_spaces(scale_t *scale) {
  const nt_params_t *p = &scale->dev->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  uint32_t values[LANES_MAX];
  nt_error_t err = {0};
  for (uint32_t line = 0; line < p->lines; line++) {
    uint32_t mask = 0;
    for (uint32_t d = 0; d < NT_DENDRITES; d++)
      mask |= (uint32_t)scale->active[d * p->lines + line] << d;
    NT_CHECK_AT(nt_check_read(scale->dev, 0, NT_SPACE_ACT, line), mask, line, 0);
  }
  for (uint32_t row = 0; row < NT_DENDRITES * p->lines; row++) {
    NT_CHECK_OK(nt_dev_mem_read(scale->dev, 0, NT_SPACE_ACC, row * lanes, lanes, values, &err),
                &err);
    for (uint32_t lane = 0; lane < lanes; lane++)
      NT_CHECK_AT((int32_t)values[lane], scale_expected(scale, row, lane), row, lane);
  }
}

/// What the programs saw: nothing at all on lines without activity.
static void check_program_view(scale_t *scale) {
  const nt_params_t *p = &scale->dev->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  const uint32_t word = nt_params_word_lanes(p);
  const uint32_t total = p->lines * lanes / word * STATE_WORDS * word;
  uint32_t *found = malloc(total * sizeof *found);
  nt_error_t err = {0};
  assert_non_null(found);
  NT_CHECK_OK(
      nt_dev_mem_read(scale->dev, 0, NT_SPACE_POOL, NT_CHECK_STATE * word, total, found, &err),
      &err);
  for (uint32_t n = 0; n < p->lines * lanes; n++) {
    const uint32_t line = n / lanes;
    const uint32_t *at = found + (size_t)(n / word) * STATE_WORDS * word + n % word;
    uint32_t mask = 0;
    for (uint32_t d = 0; d < NT_DENDRITES; d++)
      mask |= (uint32_t)scale->active[d * p->lines + line] << d;
    for (uint32_t d = 0; d < NT_DENDRITES; d++)
      NT_CHECK_AT((int32_t)at[d * word],
                  mask == 0 ? UNTOUCHED : scale_expected(scale, d * p->lines + line, n % lanes), n,
                  d);
    NT_CHECK_AT(at[NT_DENDRITES * word], mask == 0 ? UNTOUCHED : mask, n, NT_DENDRITES);
  }
  free(found);
}

static void mark_state(scale_t *scale) {
  const nt_params_t *p = &scale->dev->params;
  uint32_t row[NT_WORD_BITS_MAX / 32];
  const uint32_t word = nt_params_word_lanes(p);
  nt_error_t err = {0};
  for (uint32_t i = 0; i < word; i++)
    row[i] = UNTOUCHED;
  for (uint32_t k = 0; k < p->lines * NT_BEATS_PER_LINE * STATE_WORDS; k++)
    NT_CHECK_OK(nt_dev_mem_write(scale->dev, 0, NT_SPACE_POOL, (NT_CHECK_STATE + k) * word, word,
                                 row, &err),
                &err);
}

/// Spaces, one step, programs, counters; then the next sums begin at nothing.
static void scale_settle(scale_t *scale) {
  mark_state(scale);
  check_spaces(scale);
  nt_check_step(scale->dev, scale->timestep++);
  check_program_view(scale);
  NT_CHECK(nt_check_counter(scale->dev, 0, NT_COUNTER_MSG_IN), scale->msg_in);
  NT_CHECK(nt_check_counter(scale->dev, 0, NT_COUNTER_SYNOPS), scale->synops);
  NT_CHECK(nt_check_counter(scale->dev, 0, NT_COUNTER_WORDS), scale->words);
  memset(scale->active, 0, sizeof scale->active);
  memset(scale->sum, 0, (size_t)ROWS_MAX * LANES_MAX * sizeof *scale->sum);
}

/// Weights from a fixed sequence; the extremes come often.
static int32_t next_weight(uint32_t *mix, unsigned bits) {
  *mix = *mix * 1664525u + 1013904223u;
  const int32_t most = (1 << (bits - 1)) - 1;
  switch (*mix >> 28) {
  case 0: return most;
  case 1: return -most - 1;
  case 2: return 0;
  default: return nt_oracle_wrap(*mix >> 8, bits);
  }
}

static void inject(scale_t *scale, uint32_t axon, int32_t payload) {
  nt_check_inject(scale->dev, 1, axon, payload);
  scale->msg_in++;
}

typedef struct block {
  uint32_t dendrite, dendrites, line, lines;
} block_t;

/// Writes a DENSE list of random weights at pool word `ptr`, sends the payload, expects its sums.
static void dense(scale_t *scale, uint32_t axon, block_t block, uint32_t digits, uint32_t exponent,
                  uint32_t ptr, int32_t payload) {
  const nt_params_t *p = &scale->dev->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  uint32_t words[4 * NT_WORD_BITS_MAX / 32];
  const nt_asm_pool_t part = {
      .lane = words, .words = digits, .word_lanes = nt_params_word_lanes(p)};
  uint32_t mix = ptr * 77 + digits + exponent;
  for (uint32_t i = 0; i < block.dendrites * block.lines; i++) {
    const uint32_t row =
        wrapped_row(scale, block.dendrite + i / block.lines, block.line + i % block.lines);
    for (uint32_t lane = 0; lane < lanes; lane++) {
      const int32_t weight = next_weight(&mix, 2 * digits);
      nt_asm_put_weight(&part, 0, digits, lane, weight);
      scale_add(scale, row, lane, nt_oracle_term(payload, weight, exponent));
    }
    nt_check_pool_load(scale->dev, 0, ptr + i * digits, &part);
  }
  nt_check_axon(scale->dev, 0, axon,
                nt_asm_dense(block.dendrite, block.dendrites, block.line, block.lines, digits,
                             exponent, ptr));
  inject(scale, axon, payload);
  scale->synops += (uint64_t)block.dendrites * block.lines * lanes;
  scale->words += (uint64_t)block.dendrites * block.lines * digits;
}

static void uniform(scale_t *scale, uint32_t axon, block_t block, uint32_t exponent, int32_t weight,
                    int32_t payload) {
  const uint32_t lanes = nt_params_line_lanes(&scale->dev->params);
  for (uint32_t i = 0; i < block.dendrites * block.lines; i++)
    for (uint32_t lane = 0; lane < lanes; lane++)
      scale_add(scale,
                wrapped_row(scale, block.dendrite + i / block.lines, block.line + i % block.lines),
                lane, nt_oracle_term(payload, weight, exponent));
  nt_check_axon(
      scale->dev, 0, axon,
      nt_asm_uniform(block.dendrite, block.dendrites, block.line, block.lines, exponent, weight));
  inject(scale, axon, payload);
  scale->synops += (uint64_t)block.dendrites * block.lines * lanes;
}

/// A synapse onto neuron `neuron` of the core, modulo their number.
static void add_synapse(scale_t *scale, uint32_t dendrite, uint32_t neuron, int64_t term) {
  const uint32_t lanes = nt_params_line_lanes(&scale->dev->params);
  scale_add(scale, wrapped_row(scale, dendrite, neuron / lanes), neuron % lanes, term);
}

static void single(scale_t *scale, uint32_t axon, uint32_t dendrite, uint32_t neuron,
                   uint32_t exponent, int32_t weight, int32_t payload) {
  add_synapse(scale, dendrite, neuron, nt_oracle_term(payload, weight, exponent));
  nt_check_axon(scale->dev, 0, axon, nt_asm_single(dendrite, neuron, exponent, weight));
  inject(scale, axon, payload);
  scale->synops += 1;
}

/// `count` synapses; targets step through the core and hit the same neuron several times.
static void sparse(scale_t *scale, uint32_t axon, uint32_t dendrite, uint32_t line,
                   uint32_t exponent, uint32_t count, uint32_t ptr, int32_t payload) {
  const nt_params_t *p = &scale->dev->params;
  const uint32_t per_word = NT_SPARSE_PER_DWORD * p->word_bits / 64;
  const uint32_t words = (count + per_word - 1) / per_word;
  nt_asm_pool_t list = {.lane = calloc((size_t)words + 1, p->word_bits / 8),
                        .words = words,
                        .word_lanes = nt_params_word_lanes(p)};
  uint32_t mix = count + ptr;
  assert_non_null(list.lane);
  for (uint32_t n = 0; n < count; n++) {
    const int32_t weight = next_weight(&mix, 8);
    const uint32_t index = n % 3 == 2 ? 5 : n % 7 == 0 ? 4095 - n % 64 : mix >> 16 & 4095;
    nt_asm_put_synapse(&list, 0, n, index, weight);
    add_synapse(scale, dendrite, line * nt_params_line_lanes(p) + index,
                nt_oracle_term(payload, weight, exponent));
  }
  nt_check_pool_load(scale->dev, 0, ptr, &list);
  free(list.lane);
  nt_check_axon(scale->dev, 0, axon, nt_asm_sparse(dendrite, line, exponent, count, ptr));
  inject(scale, axon, payload);
  scale->synops += count;
  scale->words += words;
}

// ---- tests --------------------------------------------------------------------------------------

/// Every number of digits with every exponent: one row each, four of a kind to a step.
static void test_dense_digits_and_exponents(void **state) {
  (void)state;
  scale_t scale = scale_open();
  const uint32_t lines = scale.dev->params.lines;
  for (uint32_t exponent = 0; exponent < 16; exponent++) {
    for (uint32_t digits = 1; digits <= 4; digits++)
      dense(&scale, digits, (block_t){digits - 1, 1, exponent % lines, 1}, digits, exponent,
            NT_CHECK_LISTS + 8 * digits, exponent % 2 == 0 ? 77 : -100);
    scale_settle(&scale);
  }
  scale_close(&scale);
}

/// Hand-computed: the four codes of the only digit, and 8-bit extremes in four digits.
static void test_dense_by_hand(void **state) {
  (void)state;
  static const int32_t ternary[4] = {0, 1, -2, -1};
  static const struct {
    uint8_t code[4];
    int32_t weight;
  } wide[] = {{{3, 3, 3, 1}, 127}, {{0, 0, 0, 2}, -128}, {{3, 3, 3, 3}, -1}, {{1, 2, 3, 0}, 57}};
  nt_dev_t *dev = nt_check_open();
  nt_check_pool_put(dev, 0, NT_CHECK_LISTS, 0, 0u | 1u << 2 | 2u << 4 | 3u << 6);
  for (uint32_t j = 0; j < 4; j++) {
    uint32_t word = 0;
    for (uint32_t lane = 0; lane < 4; lane++)
      word |= (uint32_t)wide[lane].code[j] << (2 * lane);
    nt_check_pool_put(dev, 0, NT_CHECK_LISTS + 1 + j, 0, word);
  }
  nt_check_axon(dev, 0, 0, nt_asm_dense(0, 1, 0, 1, 1, 2, NT_CHECK_LISTS));
  nt_check_axon(dev, 0, 1, nt_asm_dense(1, 1, 0, 1, 4, 0, NT_CHECK_LISTS + 1));
  nt_check_inject(dev, 1, 0, -3);
  nt_check_inject(dev, 1, 1, 1000);
  const uint32_t second = dev->params.lines * nt_params_line_lanes(&dev->params);
  for (uint32_t lane = 0; lane < 4; lane++) {
    NT_CHECK((int32_t)nt_check_read(dev, 0, NT_SPACE_ACC, lane), -12 * ternary[lane]);
    NT_CHECK((int32_t)nt_check_read(dev, 0, NT_SPACE_ACC, second + lane), 1000 * wide[lane].weight);
  }
  nt_dev_close(dev);
}

/// Blocks of rows that wrap over the last dendrite and the last line, lists that wrap in the pool.
static void test_blocks_wrap(void **state) {
  (void)state;
  scale_t scale = scale_open();
  const uint32_t lines = scale.dev->params.lines;
  const uint32_t pool = scale.dev->params.pool_words;
  dense(&scale, 0, (block_t){3, 2, lines - 1, 3}, 2, 1, NT_CHECK_LISTS, 9);
  scale_settle(&scale);
  dense(&scale, 0, (block_t){2, 4, 1, lines}, 4, 0, NT_CHECK_LISTS, -1);
  scale_settle(&scale);
  dense(&scale, 200, (block_t){0, 1, 0, 2}, 3, 3, pool - 4, 1234); // the list goes on at word 0
  scale_settle(&scale);
  uniform(&scale, 0, (block_t){1, 4, lines - 2, lines}, 5, -77, 31);
  uniform(&scale, 1, (block_t){3, 1, 63, 1}, 0, 127, 100); // line 63 modulo LINES
  scale_settle(&scale);
  // More lines than there are: the rows are named again and again.
  uniform(&scale, 0, (block_t){0, 2, 0, 64}, 0, 3, 11);
  dense(&scale, 1, (block_t){3, 1, 5, 2 * lines}, 1, 0, NT_CHECK_LISTS, 5);
  scale_settle(&scale);
  NT_CHECK(nt_check_flags(scale.dev, 0), 0);
  scale_close(&scale);
}

static void test_sparse(void **state) {
  (void)state;
  scale_t scale = scale_open();
  const uint32_t per_word = NT_SPARSE_PER_DWORD * scale.dev->params.word_bits / 64;
  const uint32_t exponents = scale.dev->params.acc_bits == 32 ? 8 : 2; // the bound stays in range
  const uint32_t counts[] = {0, 1, 2, 3, 4, per_word, per_word + 1, 5 * per_word - 1, 200};
  for (uint32_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    sparse(&scale, 0, i % 4, i, i % exponents, counts[i], NT_CHECK_LISTS, 1 - (int32_t)i * 50);
    scale_settle(&scale);
  }
  sparse(&scale, 300, 2, 63, 0, 4 * per_word, scale.dev->params.pool_words - 2, 3);
  scale_settle(&scale);
  NT_CHECK(nt_check_flags(scale.dev, 0), 0);
  scale_close(&scale);
}

static void test_single(void **state) {
  (void)state;
  scale_t scale = scale_open();
  const uint32_t neurons = scale.dev->params.lines * nt_params_line_lanes(&scale.dev->params);
  const uint32_t targets[] = {0, 1, neurons / 2 + 1, neurons - 1, 8191};
  uint32_t axon = 0;
  for (uint32_t d = 0; d < NT_DENDRITES; d++)
    for (uint32_t i = 0; i < 5; i++)
      single(&scale, axon++, d, targets[i], 3 * d, i % 2 == 0 ? -128 : 127, 200);
  scale_settle(&scale);
  // The same axon many times, back to back onto the same accumulator.
  for (uint32_t i = 0; i < 20; i++)
    single(&scale, 0, 1, 6, 0, 1, (int32_t)i - 3);
  scale_settle(&scale);
  scale_close(&scale);
}

/// Payloads and exponents whose product leaves the accumulator: sums are modulo 2^ACC_BITS.
static void test_sums_wrap(void **state) {
  (void)state;
  static const int32_t payloads[] = {8388607, -8388608, -1, 1, 0, 4194303};
  scale_t scale = scale_open();
  for (uint32_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
    dense(&scale, 0, (block_t){0, 1, 0, 2}, 4, 15, NT_CHECK_LISTS, payloads[i]);
    dense(&scale, 1, (block_t){1, 1, 1, 1}, 1, 9, NT_CHECK_LISTS + 100, payloads[i]);
    uniform(&scale, 2, (block_t){2, 1, 0, 2}, 15, -128, payloads[i]);
    sparse(&scale, 3, 3, 0, 12, 31, NT_CHECK_LISTS + 200, payloads[i]);
    single(&scale, 4, 0, 0, 15, 127, payloads[i]);
    scale_settle(&scale);
  }
  scale_close(&scale);
}

/// Weight 0 and payload 0 touch their rows all the same; nothing else does.
static void test_touch(void **state) {
  (void)state;
  scale_t scale = scale_open();
  uniform(&scale, 0, (block_t){1, 1, 1, 1}, 0, 0, 1);
  scale_settle(&scale);
  uniform(&scale, 0, (block_t){2, 2, 0, 2}, 4, 5, 0);
  single(&scale, 1, 0, 0, 0, 0, 7);
  dense(&scale, 2, (block_t){3, 1, 1, 1}, 2, 0, NT_CHECK_LISTS, 0);
  scale_settle(&scale);
  sparse(&scale, 0, 0, 0, 0, 0, NT_CHECK_LISTS, 5); // COUNT 0 does nothing
  scale_settle(&scale);
  NT_CHECK(nt_dev_pending(scale.dev), false);
  scale_close(&scale);
}

/// Many spikes at once, of all formats, onto the same rows.
static void test_many_together(void **state) {
  (void)state;
  scale_t scale = scale_open();
  for (uint32_t i = 0; i < 12; i++) {
    const int32_t payload = (int32_t)(i * 37 % 19) - 9;
    dense(&scale, 4 * i, (block_t){i % 4, 1 + i % 2, i % 3, 2}, 1 + i % 4, i % 3,
          NT_CHECK_LISTS + 40 * i, payload);
    uniform(&scale, 4 * i + 1, (block_t){0, 4, 0, 2}, 1, (int32_t)i - 6, payload);
    sparse(&scale, 4 * i + 2, i % 4, 0, 0, 10 + i, NT_CHECK_LISTS + 40 * i + 20, payload);
    single(&scale, 4 * i + 3, i % 4, 7, 2, -5, payload);
  }
  scale_settle(&scale);
  NT_CHECK(nt_check_flags(scale.dev, 0), 0);
  scale_close(&scale);
}

/// The flag: never while the bound is below the limit, always when a sum leaves the range.
static void test_overflow_flag(void **state) {
  (void)state;
  scale_t scale = scale_open();
  nt_dev_t *dev = scale.dev;
  const uint32_t bits = dev->params.acc_bits;
  const uint32_t lines = dev->params.lines;
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  // 2^(bits-1) = payload * 64 * 2 * 2^exponent with payload 2^14.
  const uint32_t exponent = bits - 1 - 14 - 7;
  for (uint32_t d = 0; d < NT_DENDRITES; d++) {
    const uint32_t neuron = (lines - 1) * lanes + lanes - 1 - d;
    for (uint32_t sign = 0; sign < 2; sign++) {
      const int32_t weight = sign == 0 ? 64 : -64;
      single(&scale, 0, d, neuron, exponent, weight, 1 << 14);
      single(&scale, 1, d, neuron, exponent, weight, (1 << 14) - 1);
      NT_CHECK_AT(nt_check_flags(dev, 0), 0, d, sign); // one unit below the limit
      single(&scale, 0, d, neuron, exponent, weight, 1 << 14);
      scale_settle(&scale);
      NT_CHECK_AT(nt_check_flags(dev, 0), OVERFLOW, d, sign);
      nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, OVERFLOW);
      NT_CHECK_AT(nt_check_flags(dev, 0), 0, d, sign);
    }
  }
  scale_close(&scale);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dense_digits_and_exponents),
      cmocka_unit_test(test_dense_by_hand),
      cmocka_unit_test(test_blocks_wrap),
      cmocka_unit_test(test_sparse),
      cmocka_unit_test(test_single),
      cmocka_unit_test(test_sums_wrap),
      cmocka_unit_test(test_touch),
      cmocka_unit_test(test_many_together),
      cmocka_unit_test(test_overflow_flag),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_lists", nt_check_run(tests));
}
