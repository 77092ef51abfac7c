// SPDX-License-Identifier: Apache-2.0
// nt_perplexity: how well logits predict the token that came next.
#ifndef NT_PERPLEXITY_H
#define NT_PERPLEXITY_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Running sum over predicted tokens; start from {0}.
typedef struct nt_perplexity {
  double nll;    ///< sum of -ln p(token), in nats
  size_t tokens; ///< number of tokens predicted
} nt_perplexity_t;

/// Adds one prediction: -ln softmax(logits [count])[target], target < count.
void nt_perplexity_add(nt_perplexity_t *sum, const double *logits, size_t count, size_t target);

/// exp(nll / tokens); NaN if nothing was predicted.
double nt_perplexity_value(const nt_perplexity_t *sum);

/// nll / ln 2 / bytes: bits per byte of the text of `bytes` bytes that was predicted; NaN for none.
double nt_perplexity_bits_per_byte(const nt_perplexity_t *sum, size_t bytes);

#ifdef __cplusplus
}
#endif
#endif
