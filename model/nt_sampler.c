// SPDX-License-Identifier: Apache-2.0
#include "nt_sampler.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "nt_integer_model.h"

typedef struct choice {
  int32_t logit;
  uint32_t token;
  double sum; // c_i of the specification
} choice_t;

struct nt_sampler {
  nt_sampling_t sampling;
  size_t vocab;
  double scale; // logit_scale / temperature
  choice_t *choice;
};

nt_status_t nt_sampling_check(const nt_sampling_t *s, nt_error_t *err) {
  const bool greedy = s->temperature == 0;
  if (!greedy && !(s->temperature >= NT_TEMPERATURE_MIN && s->temperature <= NT_TEMPERATURE_MAX)) {
    return nt_fail(err, NT_ERR_RANGE, "temperature is %g, allowed is 0 (greedy) or %g to %g",
                   s->temperature, NT_TEMPERATURE_MIN, NT_TEMPERATURE_MAX);
  }
  if (!(s->top_p > 0 && s->top_p <= 1)) {
    return nt_fail(err, NT_ERR_RANGE, "top-p is %g, allowed is above 0 and at most 1", s->top_p);
  }
  return NT_OK;
}

nt_status_t nt_sampler_open(const nt_sampling_t *sampling, size_t vocab, double logit_scale,
                            nt_sampler_t **out, nt_error_t *err) {
  *out = NULL;
  const nt_status_t status = nt_sampling_check(sampling, err);
  if (status != NT_OK) {
    return status;
  }
  nt_sampler_t *s = calloc(1, sizeof *s);
  choice_t *choice = calloc(vocab, sizeof *choice);
  if (s == NULL || choice == NULL) {
    free(s);
    free(choice);
    return nt_fail(err, NT_ERR_MEMORY, "sampler: out of memory");
  }
  *s = (nt_sampler_t){*sampling, vocab, 0, choice};
  if (sampling->temperature > 0) {
    s->scale = logit_scale / sampling->temperature;
  }
  *out = s;
  return NT_OK;
}

void nt_sampler_close(nt_sampler_t *s) {
  if (s != NULL) {
    free(s->choice);
    free(s);
  }
}

uint64_t nt_sampler_draw(uint64_t seed, uint64_t number) {
  uint64_t z = seed + (number + 1) * UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

// Most likely first; among equals the smaller index.
static int by_logit(const void *left, const void *right) {
  const choice_t *a = left, *b = right;
  if (a->logit != b->logit) {
    return a->logit > b->logit ? -1 : 1;
  }
  return a->token < b->token ? -1 : 1;
}

// Number of choices that top-k and top-p leave; their sums are set.
static size_t cut(nt_sampler_t *s) {
  const uint32_t top_k = s->sampling.top_k;
  size_t kept = top_k > 0 && top_k < s->vocab ? top_k : s->vocab;
  double sum = 0;
  for (size_t i = 0; i < kept; i++) {
    const int64_t behind = (int64_t)s->choice[i].logit - s->choice[0].logit;
    sum += exp((double)behind * s->scale);
    s->choice[i].sum = sum;
  }
  if (s->sampling.top_p < 1) {
    const double share = s->sampling.top_p * sum;
    for (kept = 1; s->choice[kept - 1].sum < share; kept++) {
    }
  }
  return kept;
}

uint32_t nt_sampler_next(nt_sampler_t *s, const int32_t *logits, uint64_t number) {
  if (s->sampling.temperature == 0) {
    return nt_integer_model_greedy(logits, s->vocab);
  }
  for (size_t v = 0; v < s->vocab; v++) {
    s->choice[v] = (choice_t){logits[v], (uint32_t)v, 0};
  }
  qsort(s->choice, s->vocab, sizeof *s->choice, by_logit);
  const size_t kept = cut(s);
  const double u = (double)(nt_sampler_draw(s->sampling.seed, number) >> 11) * 0x1p-53;
  const double target = u * s->choice[kept - 1].sum;
  size_t drawn = 0;
  while (s->choice[drawn].sum <= target) { // ends: u < 1, so the last sum is above the target
    drawn++;
  }
  return s->choice[drawn].token;
}
