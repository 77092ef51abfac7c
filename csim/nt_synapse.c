// SPDX-License-Identifier: Apache-2.0
#include "nt_synapse.h"

#include "nt_arith.h"

/// 2-bit digits in 32 bits of a list word.
enum { DIGITS_PER_LANE = 16 };

static uint64_t magnitude(int64_t x) {
  return (uint64_t)(x < 0 ? -x : x);
}

void nt_synapse_add_word(uint32_t *restrict acc, const uint32_t *restrict word, uint32_t word_lanes,
                         uint32_t low, uint32_t high) {
  // Testing each bit in place keeps the inner loop free of shifts, which compilers turn into vector
  // code best.
  static const uint32_t low_bit[DIGITS_PER_LANE] = {
      1U << 0,  1U << 2,  1U << 4,  1U << 6,  1U << 8,  1U << 10, 1U << 12, 1U << 14,
      1U << 16, 1U << 18, 1U << 20, 1U << 22, 1U << 24, 1U << 26, 1U << 28, 1U << 30};
  for (uint32_t k = 0; k < word_lanes; k++) {
    const uint32_t digits = word[k];
    for (uint32_t i = 0; i < DIGITS_PER_LANE; i++) {
      const uint32_t from_low = (digits & low_bit[i]) != 0 ? low : 0;
      const uint32_t from_high = (digits & 2 * low_bit[i]) != 0 ? high : 0;
      acc[DIGITS_PER_LANE * k + i] += from_low + from_high;
    }
  }
}

/// A DENSE list and the row of it being served.
typedef struct nt_dense {
  uint32_t ptr;    ///< list word of the row's digit 0
  unsigned digits; ///< per weight
  unsigned exp;
  int32_t payload;
} nt_dense_t;

static void add_dense_row(nt_core_t *core, const nt_dense_t *list, uint32_t row) {
  uint32_t *acc = nt_dendrite_lanes(&core->dendrite, row);
  for (unsigned j = 0; j < list->digits; j++) {
    const nt_arith_terms_t terms =
        nt_arith_digit_terms(list->payload, list->exp, j, j + 1 == list->digits);
    nt_synapse_add_word(acc, nt_pool_word(&core->pool, list->ptr + j), core->pool.word_lanes,
                        terms.low, terms.high);
  }
}

/// The same additions, weight by weight, into the row's exact sums.
static void add_dense_row_exact(nt_core_t *core, const nt_dense_t *list, uint32_t row) {
  for (uint32_t lane = 0; lane < core->dendrite.lanes; lane++) {
    uint32_t codes = 0;
    for (unsigned j = 0; j < list->digits; j++) {
      const uint32_t *word = nt_pool_word(&core->pool, list->ptr + j);
      codes |= (word[lane / DIGITS_PER_LANE] >> 2 * (lane % DIGITS_PER_LANE) & 3) << 2 * j;
    }
    const int32_t weight = nt_arith_weight(codes, list->digits);
    nt_dendrite_add_exact(&core->dendrite, row, lane,
                          nt_arith_product(list->payload, weight, list->exp));
  }
}

/// The rows DENSE and UNIFORM name, in list order.
typedef struct nt_block {
  uint32_t dendrite, dendrites, line, lines;
} nt_block_t;

static nt_block_t block_of(uint64_t entry) {
  return (nt_block_t){.dendrite = NT_BITS_GET(entry, AXON_DENDRITE),
                      .dendrites = NT_BITS_GET(entry, AXON_DENDRITES) + 1,
                      .line = NT_BITS_GET(entry, AXON_LINE),
                      .lines = NT_BITS_GET(entry, AXON_LINES) + 1};
}

static void serve_dense(nt_core_t *core, uint64_t entry, int32_t payload) {
  const nt_block_t block = block_of(entry);
  nt_dense_t list = {.ptr = NT_BITS_GET(entry, AXON_PTR),
                     .digits = NT_BITS_GET(entry, AXON_DIGITS) + 1,
                     .exp = NT_BITS_GET(entry, AXON_EXP),
                     .payload = payload};
  const uint64_t bound = magnitude(payload) << (2 * list.digits - 1 + list.exp);
  for (uint32_t d = 0; d < block.dendrites; d++)
    for (uint32_t l = 0; l < block.lines; l++, list.ptr += list.digits) {
      const uint32_t row = nt_dendrite_row(&core->dendrite, block.dendrite + d, block.line + l);
      const bool exact = nt_dendrite_charge(&core->dendrite, row, bound);
      add_dense_row(core, &list, row);
      if (exact)
        add_dense_row_exact(core, &list, row);
    }
  core->counter[NT_COUNTER_SYNOPS] +=
      (uint64_t)block.dendrites * block.lines * core->dendrite.lanes;
  core->counter[NT_COUNTER_WORDS] += (uint64_t)block.dendrites * block.lines * list.digits;
}

/// The signed 8-bit weight field of the other formats.
static int32_t weight_of(uint32_t field) {
  return nt_arith_wrap(field, NT_AXON_WEIGHT_W);
}

static void serve_uniform(nt_core_t *core, uint64_t entry, int32_t payload) {
  const nt_block_t block = block_of(entry);
  const int32_t weight = weight_of(NT_BITS_GET(entry, AXON_WEIGHT));
  const int64_t term = nt_arith_product(payload, weight, NT_BITS_GET(entry, AXON_EXP));
  for (uint32_t d = 0; d < block.dendrites; d++)
    for (uint32_t l = 0; l < block.lines; l++) {
      const uint32_t row = nt_dendrite_row(&core->dendrite, block.dendrite + d, block.line + l);
      const bool exact = nt_dendrite_charge(&core->dendrite, row, magnitude(term));
      uint32_t *acc = nt_dendrite_lanes(&core->dendrite, row);
      for (uint32_t lane = 0; lane < core->dendrite.lanes; lane++)
        acc[lane] += (uint32_t)term;
      for (uint32_t lane = 0; exact && lane < core->dendrite.lanes; lane++)
        nt_dendrite_add_exact(&core->dendrite, row, lane, term);
    }
  core->counter[NT_COUNTER_SYNOPS] +=
      (uint64_t)block.dendrites * block.lines * core->dendrite.lanes;
}

/// One synapse onto neuron `neuron` of the core (wrapped).
static void add_synapse(nt_core_t *core, uint32_t dendrite, uint32_t neuron, int64_t term) {
  const uint32_t lanes = core->dendrite.lanes;
  const uint32_t row = nt_dendrite_row(&core->dendrite, dendrite, neuron / lanes);
  const bool exact = nt_dendrite_charge(&core->dendrite, row, magnitude(term));
  nt_dendrite_lanes(&core->dendrite, row)[neuron % lanes] += (uint32_t)term;
  if (exact)
    nt_dendrite_add_exact(&core->dendrite, row, neuron % lanes, term);
}

static void serve_sparse(nt_core_t *core, uint64_t entry, int32_t payload) {
  const uint32_t count = NT_BITS_GET(entry, AXON_COUNT);
  const uint32_t dendrite = NT_BITS_GET(entry, AXON_DENDRITE);
  const uint32_t first = NT_BITS_GET(entry, AXON_LINE) * core->dendrite.lanes;
  const unsigned exp = NT_BITS_GET(entry, AXON_EXP);
  const unsigned synapse_bits = NT_SPARSE_INDEX_W + NT_SPARSE_WEIGHT_W;
  for (uint32_t n = 0; n < count; n++) {
    const uint64_t dword =
        nt_pool_dword(&core->pool, NT_BITS_GET(entry, AXON_PTR), n / NT_SPARSE_PER_DWORD);
    const uint64_t synapse = dword >> n % NT_SPARSE_PER_DWORD * synapse_bits;
    const int32_t weight = weight_of(NT_BITS_GET(synapse, SPARSE_WEIGHT));
    add_synapse(core, dendrite, first + NT_BITS_GET(synapse, SPARSE_INDEX),
                nt_arith_product(payload, weight, exp));
  }
  const uint32_t per_word = NT_SPARSE_PER_DWORD * core->pool.word_lanes / 2;
  core->counter[NT_COUNTER_SYNOPS] += count;
  core->counter[NT_COUNTER_WORDS] += (count + per_word - 1) / per_word;
}

static void serve_single(nt_core_t *core, uint64_t entry, int32_t payload) {
  const int32_t weight = weight_of(NT_BITS_GET(entry, AXON_WEIGHT));
  add_synapse(core, NT_BITS_GET(entry, AXON_DENDRITE), NT_BITS_GET(entry, AXON_NEURON),
              nt_arith_product(payload, weight, NT_BITS_GET(entry, AXON_EXP)));
  core->counter[NT_COUNTER_SYNOPS] += 1;
}

void nt_synapse_serve(nt_core_t *core, uint64_t entry, int32_t payload) {
  switch (NT_BITS_GET(entry, AXON_FORMAT)) {
  case NT_FORMAT_DENSE: serve_dense(core, entry, payload); break;
  case NT_FORMAT_SPARSE: serve_sparse(core, entry, payload); break;
  case NT_FORMAT_UNIFORM: serve_uniform(core, entry, payload); break;
  case NT_FORMAT_SINGLE: serve_single(core, entry, payload); break;
  default: break;
  }
}
