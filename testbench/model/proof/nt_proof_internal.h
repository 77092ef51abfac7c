// SPDX-License-Identifier: Apache-2.0
// nt_proof_internal: what the checks share: the shape of the recordings, one pass over them, the
// ternary matrices of a model.
#ifndef NT_PROOF_INTERNAL_H
#define NT_PROOF_INTERNAL_H

#include <stddef.h>
#include <stdint.h>

#include "nt_float_model.h"

enum {
  NT_PROOF_BATCH = 2,  ///< recorded sequences
  NT_PROOF_STEPS = 48, ///< tokens of each
  NT_PROOF_TOKENS = NT_PROOF_BATCH * NT_PROOF_STEPS
};

/// The recorded tokens, sequence after sequence.
void nt_proof_tokens(const char *recorded, uint32_t tokens[NT_PROOF_TOKENS]);

/// A run of `model`; release with nt_float_run_free.
nt_float_run_t *nt_proof_run(const nt_float_model_t *model, nt_float_precision_t precision);

/// Logits [NT_PROOF_TOKENS][V] of all recorded tokens, each sequence from zero state. Released with
/// free.
double *nt_proof_logits(const char *recorded, const nt_float_model_t *model,
                        nt_float_precision_t precision);

/// Number of ternary matrices.
size_t nt_proof_matrix_count(const nt_float_params_t *params);

/// Matrix `index` in the order of the checkpoint's tensors: i, f, g, o, gate, down of each layer,
/// then the head.
const nt_bitlinear_t *nt_proof_matrix(const nt_float_params_t *params, size_t index);

/// `count` doubles; released with free.
double *nt_proof_doubles(size_t count);

/// How many of `count` doubles differ in any bit.
size_t nt_proof_bits_differing(const double *left, const double *right, size_t count);

#endif
