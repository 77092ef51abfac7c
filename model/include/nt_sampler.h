// SPDX-License-Identifier: Apache-2.0
// nt_sampler: chooses the next token from integer logits, as docs/spec/sampling.md defines it:
// temperature, top-k, top-p, one draw that depends on the seed and the token's number only.
#ifndef NT_SAMPLER_H
#define NT_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The settings. {0, 0, 1, 0} is greedy.
typedef struct nt_sampling {
  double temperature; ///< 0 (greedy), or NT_TEMPERATURE_MIN to NT_TEMPERATURE_MAX
  uint32_t top_k;     ///< 0: off
  double top_p;       ///< above 0, at most 1 (off)
  uint64_t seed;
} nt_sampling_t;

#define NT_TEMPERATURE_MIN 0.01
#define NT_TEMPERATURE_MAX 100.0

/// Errors: NT_ERR_RANGE a setting is outside its limits.
nt_status_t nt_sampling_check(const nt_sampling_t *sampling, nt_error_t *err);

/// Settings with room to order a vocabulary. Opaque.
typedef struct nt_sampler nt_sampler_t;

/// Opens a sampler for `vocab` > 0 logits, of which one counts `logit_scale` > 0 in natural units.
/// `*out` is released with nt_sampler_close; NULL on failure.
/// Errors: those of nt_sampling_check; NT_ERR_MEMORY.
nt_status_t nt_sampler_open(const nt_sampling_t *sampling, size_t vocab, double logit_scale,
                            nt_sampler_t **out, nt_error_t *err);

/// Releases `sampler` (may be NULL).
void nt_sampler_close(nt_sampler_t *sampler);

/// The token that gets the number `number` in its text, from `logits` [vocab] behind the tokens
/// before it.
uint32_t nt_sampler_next(nt_sampler_t *sampler, const int32_t *logits, uint64_t number);

/// Output number `number`, from 0, of SplitMix64 seeded with `seed`: the draw behind a token.
uint64_t nt_sampler_draw(uint64_t seed, uint64_t number);

#ifdef __cplusplus
}
#endif
#endif
