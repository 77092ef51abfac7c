// SPDX-License-Identifier: Apache-2.0
// nt_synth_tokenizer: a SentencePiece model of any size for a random checkpoint (private to the
// library).
#ifndef NT_SYNTH_TOKENIZER_H
#define NT_SYNTH_TOKENIZER_H

#include <stdint.h>

#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Writes a BPE model with byte fallback and exactly `pieces` pieces (512 or more): marks, bytes,
/// characters and a few merges of the sample text, and made-up words for the rest.
/// Errors: NT_ERR_IO; NT_ERR_INTERNAL the library cannot make it; NT_ERR_MEMORY.
nt_status_t nt_synth_tokenizer_write(const char *path, uint32_t pieces, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
