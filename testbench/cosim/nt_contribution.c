// SPDX-License-Identifier: Apache-2.0
#include "nt_contribution.h"

#include "nt_arith.h"
#include "nt_group_view.h"

enum { DIGITS_PER_LANE = 16, DIGIT_BITS = 2 };

typedef struct target {
  uint32_t dendrite, line, lane;
} target_t;

// Place of the target's row in the block that DENSE and UNIFORM name; the first one if wrapping
// names it more than once.
static bool in_block(const nt_params_t *p, uint64_t entry, const target_t *t, uint32_t *row) {
  const uint32_t lines = NT_VIEW_FIELD(entry, AXON_LINES) + 1;
  for (uint32_t d = 0; d <= NT_VIEW_FIELD(entry, AXON_DENDRITES); d++) {
    for (uint32_t l = 0; l < lines; l++) {
      if ((NT_VIEW_FIELD(entry, AXON_DENDRITE) + d) % NT_DENDRITES == t->dendrite &&
          (NT_VIEW_FIELD(entry, AXON_LINE) + l) % p->lines == t->line) {
        *row = d * lines + l;
        return true;
      }
    }
  }
  return false;
}

const char *nt_reading_str(nt_reading_t reading) {
  switch (reading) {
  case NT_READING_NO_EXPONENT: return "without the exponent of the axon";
  case NT_READING_NO_SIGN: return "with an unsigned last digit";
  case NT_READING_HALF_PLACE: return "with digit j counting 2^j, not 4^j";
  case NT_READING_DIGIT_LESS: return "without the last digit";
  case NT_READING_SYNAPSE_LESS: return "without the last synapse";
  default: return "rightly";
  }
}

nt_list_cost_t nt_contribution_cost(const nt_axon_table_t *axons, uint32_t axon) {
  const nt_params_t *p = axons->params;
  nt_list_cost_t cost = {.format = NT_FORMAT_NONE};
  if (axon >= axons->count) {
    return cost;
  }
  const uint64_t entry = nt_pool_view_dword(p, axons->pool, axons->base, axon);
  const uint32_t rows =
      (NT_VIEW_FIELD(entry, AXON_DENDRITES) + 1) * (NT_VIEW_FIELD(entry, AXON_LINES) + 1);
  const uint32_t synapses = NT_VIEW_FIELD(entry, AXON_COUNT);
  const uint32_t per_word = NT_SPARSE_PER_DWORD * p->word_bits / 64;
  cost.format = NT_VIEW_FIELD(entry, AXON_FORMAT);
  switch (cost.format) {
  case NT_FORMAT_DENSE:
    cost.digits = NT_VIEW_FIELD(entry, AXON_DIGITS) + 1;
    cost.synops = rows * nt_params_line_lanes(p);
    cost.words = rows * cost.digits;
    break;
  case NT_FORMAT_UNIFORM: cost.synops = rows * nt_params_line_lanes(p); break;
  case NT_FORMAT_SPARSE:
    cost.synops = synapses;
    cost.words = (synapses + per_word - 1) / per_word;
    break;
  case NT_FORMAT_SINGLE: cost.synops = 1; break;
  default: break;
  }
  return cost;
}

// The weight of two-bit digits, the last of which is on top.
static int32_t weight_of(uint32_t codes, uint32_t digits, nt_reading_t reading) {
  const uint32_t last = digits - 1;
  if (reading == NT_READING_HALF_PLACE) {
    int32_t weight = nt_arith_weight(codes >> DIGIT_BITS * last, 1) * (INT32_C(1) << last);
    for (uint32_t j = 0; j < last; j++) {
      weight += (int32_t)((codes >> DIGIT_BITS * j & 3) << j);
    }
    return weight;
  }
  if (reading == NT_READING_NO_SIGN) {
    return (int32_t)codes;
  }
  return reading == NT_READING_DIGIT_LESS && last > 0
             ? nt_arith_weight(codes & ((UINT32_C(1) << DIGIT_BITS * last) - 1), last)
             : nt_arith_weight(codes, digits);
}

static bool dense(const nt_axon_table_t *axons, uint64_t entry, const target_t *t,
                  nt_reading_t reading, nt_contribution_t *c) {
  const nt_params_t *p = axons->params;
  const uint32_t digits = NT_VIEW_FIELD(entry, AXON_DIGITS) + 1;
  uint32_t row = 0, codes = 0;
  if (!in_block(p, entry, t, &row)) {
    return false;
  }
  for (uint32_t j = digits; j-- > 0;) {
    const size_t word = (NT_VIEW_FIELD(entry, AXON_PTR) + row * digits + j) % p->pool_words;
    c->address = word * nt_params_word_lanes(p) + t->lane / DIGITS_PER_LANE;
    const uint32_t digit = axons->pool[c->address] >> DIGIT_BITS * (t->lane % DIGITS_PER_LANE) & 3;
    codes = codes << DIGIT_BITS | digit;
  }
  c->weight = weight_of(codes, digits, reading);
  return true;
}

static bool sparse(const nt_axon_table_t *axons, uint64_t entry, const target_t *t,
                   nt_reading_t reading, nt_contribution_t *c) {
  const nt_params_t *p = axons->params;
  const uint32_t lanes = nt_params_line_lanes(p), bits = NT_SPARSE_INDEX_W + NT_SPARSE_WEIGHT_W;
  uint32_t count = NT_VIEW_FIELD(entry, AXON_COUNT);
  bool found = false;
  if (NT_VIEW_FIELD(entry, AXON_DENDRITE) != t->dendrite) {
    return false;
  }
  count -= reading == NT_READING_SYNAPSE_LESS && count > 0;
  for (uint32_t n = 0; n < count; n++) {
    const uint64_t dword =
        nt_pool_view_dword(p, axons->pool, NT_VIEW_FIELD(entry, AXON_PTR), n / NT_SPARSE_PER_DWORD);
    const uint64_t synapse = dword >> n % NT_SPARSE_PER_DWORD * bits;
    const uint32_t neuron =
        NT_VIEW_FIELD(entry, AXON_LINE) * lanes + NT_VIEW_FIELD(synapse, SPARSE_INDEX);
    if (neuron / lanes % p->lines == t->line && neuron % lanes == t->lane) {
      found = true;
      c->weight += nt_arith_wrap(NT_VIEW_FIELD(synapse, SPARSE_WEIGHT), NT_SPARSE_WEIGHT_W);
    }
  }
  return found;
}

bool nt_contribution_read(const nt_axon_table_t *axons, nt_reading_t reading, uint32_t axon,
                          int32_t payload, uint32_t dendrite, uint32_t line, uint32_t lane,
                          nt_contribution_t *c) {
  const nt_params_t *p = axons->params;
  const target_t target = {dendrite, line, lane};
  if (axon >= axons->count) {
    return false;
  }
  const uint64_t entry = nt_pool_view_dword(p, axons->pool, axons->base, axon);
  const uint32_t per_word = p->word_bits / 64;
  const uint64_t word = (axons->base + axon / per_word) % p->pool_words;
  *c = (nt_contribution_t){
      .axon = axon,
      .payload = payload,
      .format = NT_VIEW_FIELD(entry, AXON_FORMAT),
      .exp = reading == NT_READING_NO_EXPONENT ? 0 : NT_VIEW_FIELD(entry, AXON_EXP),
      .address = word * nt_params_word_lanes(p) + 2 * (uint64_t)(axon % per_word)};
  const int32_t inline_weight = nt_arith_wrap(NT_VIEW_FIELD(entry, AXON_WEIGHT), NT_AXON_WEIGHT_W);
  const uint32_t neuron = NT_VIEW_FIELD(entry, AXON_NEURON), lanes = nt_params_line_lanes(p);
  uint32_t row = 0;
  bool found = false;
  switch (c->format) {
  case NT_FORMAT_DENSE: found = dense(axons, entry, &target, reading, c); break;
  case NT_FORMAT_SPARSE: found = sparse(axons, entry, &target, reading, c); break;
  case NT_FORMAT_UNIFORM:
    found = in_block(p, entry, &target, &row);
    c->weight = inline_weight;
    break;
  case NT_FORMAT_SINGLE:
    found = NT_VIEW_FIELD(entry, AXON_DENDRITE) == dendrite && neuron / lanes % p->lines == line &&
            neuron % lanes == lane;
    c->weight = inline_weight;
    break;
  default: break;
  }
  c->product = nt_arith_product(payload, c->weight, c->exp);
  return found;
}

bool nt_contribution_find(const nt_axon_table_t *axons, uint32_t axon, int32_t payload,
                          uint32_t dendrite, uint32_t line, uint32_t lane, nt_contribution_t *c) {
  return nt_contribution_read(axons, NT_READING_RIGHT, axon, payload, dendrite, line, lane, c);
}
