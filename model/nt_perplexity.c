// SPDX-License-Identifier: Apache-2.0
#include "nt_perplexity.h"

#include <math.h>

void nt_perplexity_add(nt_perplexity_t *sum, const double *logits, size_t count, size_t target) {
  double largest = logits[0];
  for (size_t k = 1; k < count; k++)
    largest = fmax(largest, logits[k]);
  double total = 0;
  for (size_t k = 0; k < count; k++)
    total += exp(logits[k] - largest);
  sum->nll += log(total) + largest - logits[target];
  sum->tokens++;
}

double nt_perplexity_value(const nt_perplexity_t *sum) {
  return sum->tokens == 0 ? NAN : exp(sum->nll / (double)sum->tokens);
}

double nt_perplexity_bits_per_byte(const nt_perplexity_t *sum, size_t bytes) {
  return bytes == 0 ? NAN : sum->nll / log(2) / (double)bytes;
}
