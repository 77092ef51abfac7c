// SPDX-License-Identifier: Apache-2.0
#include "nt_qmodel_random.h"

#include <math.h>
#include <stdlib.h>

typedef struct maker {
  uint64_t state;
  int8_t *next_code;
  bool failed; // out of memory; later allocations are skipped
} maker_t;

// splitmix64
static uint64_t next(maker_t *m) {
  m->state += 0x9E3779B97F4A7C15u;
  uint64_t z = m->state;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static int32_t between(maker_t *m, int32_t low, int32_t high) {
  return low + (int32_t)(next(m) % (uint64_t)((int64_t)high - low + 1));
}

static int16_t *vector(maker_t *m, uint32_t count, int32_t low, int32_t high) {
  int16_t *values = m->failed ? NULL : malloc(count * sizeof *values);
  if (values == NULL) {
    m->failed = true;
    return NULL;
  }
  for (uint32_t i = 0; i < count; i++) {
    values[i] = (int16_t)between(m, low, high);
  }
  return values;
}

// Ternary weights, a third of them zero; outputs are acc * 2^(14 - shift).
static void matrix(maker_t *m, nt_qmatrix_t *matrix, uint32_t out, uint32_t in, uint32_t shift) {
  const size_t count = (size_t)out * in;
  *matrix = (nt_qmatrix_t){.out = out, .in = in, .multiplier = 1 << 14, .shift = shift};
  matrix->codes = m->next_code;
  m->next_code += count;
  for (size_t i = 0; i < count; i += 16) {
    uint64_t bits = next(m);
    for (size_t k = i; k < count && k < i + 16; k++, bits >>= 4) {
      matrix->codes[k] = (int8_t)((int)((bits & 15u) * 3u >> 4) - 1);
    }
  }
}

static void norm(maker_t *m, nt_qnorm_t *norm, uint32_t inputs, uint32_t code_count, bool outer) {
  const double log2_inputs = log2((double)inputs);
  *norm = (nt_qnorm_t){.inputs = inputs,
                       .square_shift = nt_qmodel_square_shift(inputs, 1 << 15),
                       .static_exponent = nt_qmodel_static_exponent(inputs),
                       .code_count = code_count};
  if (outer) {
    norm->outer = vector(m, inputs, 1 << 13, 1 << 14);
    norm->outer_shift = 14;
  }
  // A code of 2^5 for an input at the root mean square: see the derivation of R in network.md.
  const double exponent =
      14 + 29 + norm->static_exponent + norm->square_shift / 2.0 - log2_inputs / 2 - 5;
  for (uint32_t c = 0; c < code_count; c++) {
    norm->codes[c].weight = vector(m, inputs, 1 << 13, (1 << 15) - 1);
    norm->codes[c].shift = (uint32_t)lround(exponent);
  }
}

static void layer(maker_t *m, const nt_qmodel_shape_t *shape, uint32_t h_extra, nt_qlayer_t *l) {
  const uint32_t h = shape->hidden, i = shape->intermediate;
  const uint32_t gain_h = (uint32_t)lround(log2((double)h) / 2),
                 gain_i = (uint32_t)lround(log2((double)i) / 2);
  norm(m, &l->mixer_norm, h, shape->distinct_codes ? 3 : 1, shape->outer_weights);
  matrix(m, &l->i, h, h, 7 + gain_h);
  matrix(m, &l->f, h, h, 7 + gain_h);
  matrix(m, &l->g, h, h, 7 + gain_h);
  l->frac_i = l->frac_f = l->frac_g = 11;
  l->frac_h = 10 + h_extra;
  l->lower_bound = vector(m, h, 0, 30000);
  l->gnorm_weight = vector(m, h, -(1 << 14), (1 << 15) - 1);
  l->v_shift = 25;
  norm(m, &l->o_norm, h, 1, false);
  matrix(m, &l->o, h, h, 11 + gain_h);
  norm(m, &l->mlp_norm, h, 1, shape->outer_weights);
  matrix(m, &l->gate_up, 2 * i, h, 9 + gain_h);
  l->frac_u = 10;
  l->w_shift = 11;
  norm(m, &l->down_norm, i, 1, false);
  matrix(m, &l->down, h, i, 11 + gain_i);
}

nt_status_t nt_qmodel_random(const nt_qmodel_shape_t *shape, uint64_t seed, nt_qmodel_t **model,
                             nt_error_t *err) {
  if (shape->hidden == 0 || shape->intermediate == 0 || shape->layers == 0 || shape->vocab < 3) {
    return nt_fail(err, NT_ERR_RANGE,
                   "random network: hidden %u, intermediate %u, layers %u, vocabulary %u; allowed "
                   "is at least 1, 1, 1, 3",
                   shape->hidden, shape->intermediate, shape->layers, shape->vocab);
  }
  nt_qmodel_t *q = calloc(1, sizeof *q);
  if (q != NULL) {
    q->layer = calloc(shape->layers, sizeof *q->layer);
    q->ternary = nt_ternary_store_new(
        nt_qmodel_weights(shape->hidden, shape->intermediate, shape->layers, shape->vocab));
  }
  if (q == NULL || q->layer == NULL || q->ternary == NULL) {
    nt_qmodel_free(q);
    return nt_fail(err, NT_ERR_MEMORY, "random network: out of memory");
  }
  q->widths = nt_widths_default();
  q->hidden = shape->hidden;
  q->intermediate = shape->intermediate;
  q->layers = shape->layers;
  q->vocab = shape->vocab;
  q->bos = 1;
  q->eos = 2;
  q->frac_x = 7;
  q->logit_scale = 0.01;
  maker_t m = {seed, nt_ternary_store_codes(q->ternary), false};
  q->embedding = vector(&m, shape->vocab * shape->hidden, -2000, 2000);
  for (uint32_t l = 0; l < shape->layers && !m.failed; l++) {
    layer(&m, shape, nt_widths_h_extra(&q->widths), &q->layer[l]);
  }
  norm(&m, &q->head_norm, shape->hidden, 1, shape->outer_weights);
  matrix(&m, &q->head, shape->vocab, shape->hidden, 0);
  if (m.failed) {
    nt_qmodel_free(q);
    return nt_fail(err, NT_ERR_MEMORY, "random network: out of memory");
  }
  *model = q;
  return NT_OK;
}
