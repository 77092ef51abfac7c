// SPDX-License-Identifier: Apache-2.0
// nt_synth: random checkpoints in the exact layout of the published ones, for tests of size: names,
// shapes, types, files, configuration; the numbers are random, so the network says nothing.
//
//   name     hidden  layers  intermediate  vocabulary  files
//   small        64       2           256         512  one
//   370m       1024      24          2816       32000  one
//   1.3b       2048      24          5632       32000  one
//   2.7b       2560      32          6912       32000  two and an index
//
// Latent weights are Gaussian, so that 31 % of the ternary codes are zero; norm weights lie around
// 1; parameters of the lower bounds are Gaussian, so that the bounds grow with depth.
#ifndef NT_SYNTH_H
#define NT_SYNTH_H

#include <stdint.h>

#include "nt_listener.h"
#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What was written.
typedef struct nt_synth_facts {
  uint64_t parameters;
  uint32_t tensors;
  uint32_t files; ///< of weights
} nt_synth_facts_t;

/// What nt_synth_write would write for `like`. NT_ERR_ARG unknown name; NT_ERR_MEMORY.
nt_status_t nt_synth_describe(const char *like, nt_synth_facts_t *facts, nt_error_t *err);

/// Writes the checkpoint called `like` (table above) into `folder`, which is made if it is not
/// there: weights, index if there are two files, tokenizer.model with as many pieces as the
/// vocabulary, and config.json last. The same `seed` gives the same files. Needs little memory,
/// whatever the size. `listener` may be NULL.
///
/// Errors: NT_ERR_ARG unknown name, or `folder` holds a config.json already; NT_ERR_IO;
/// NT_ERR_MEMORY.
nt_status_t nt_synth_write(const char *like, const char *folder, uint64_t seed,
                           const nt_listener_t *listener, nt_synth_facts_t *facts, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
