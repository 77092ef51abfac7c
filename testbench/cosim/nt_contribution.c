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

static bool dense(const nt_axon_table_t *axons, uint64_t entry, const target_t *t,
                  nt_contribution_t *c) {
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
  c->weight = nt_arith_weight(codes, digits);
  return true;
}

static bool sparse(const nt_axon_table_t *axons, uint64_t entry, const target_t *t,
                   nt_contribution_t *c) {
  const nt_params_t *p = axons->params;
  const uint32_t lanes = nt_params_line_lanes(p), bits = NT_SPARSE_INDEX_W + NT_SPARSE_WEIGHT_W;
  bool found = false;
  if (NT_VIEW_FIELD(entry, AXON_DENDRITE) != t->dendrite) {
    return false;
  }
  for (uint32_t n = 0; n < NT_VIEW_FIELD(entry, AXON_COUNT); n++) {
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

bool nt_contribution_find(const nt_axon_table_t *axons, uint32_t axon, int32_t payload,
                          uint32_t dendrite, uint32_t line, uint32_t lane, nt_contribution_t *c) {
  const nt_params_t *p = axons->params;
  const target_t target = {dendrite, line, lane};
  if (axon >= axons->count) {
    return false;
  }
  const uint64_t entry = nt_pool_view_dword(p, axons->pool, axons->base, axon);
  const uint32_t per_word = p->word_bits / 64;
  const uint64_t word = (axons->base + axon / per_word) % p->pool_words;
  *c = (nt_contribution_t){.axon = axon,
                           .payload = payload,
                           .format = NT_VIEW_FIELD(entry, AXON_FORMAT),
                           .exp = NT_VIEW_FIELD(entry, AXON_EXP),
                           .address =
                               word * nt_params_word_lanes(p) + 2 * (uint64_t)(axon % per_word)};
  const int32_t inline_weight = nt_arith_wrap(NT_VIEW_FIELD(entry, AXON_WEIGHT), NT_AXON_WEIGHT_W);
  const uint32_t neuron = NT_VIEW_FIELD(entry, AXON_NEURON), lanes = nt_params_line_lanes(p);
  uint32_t row = 0;
  bool found = false;
  switch (c->format) {
  case NT_FORMAT_DENSE: found = dense(axons, entry, &target, c); break;
  case NT_FORMAT_SPARSE: found = sparse(axons, entry, &target, c); break;
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
