// SPDX-License-Identifier: Apache-2.0
// nt_fuzz_tiny: the smallest sound things: a checkpoint, a tokenizer, an image with a network, a
// system of golden tiles. Seeds are written from them, and targets set them up around the file
// under test. A failure ends the process.
#ifndef NT_FUZZ_TINY_H
#define NT_FUZZ_TINY_H

#include "nt_system.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Bytes in memory; released with free.
typedef struct nt_fuzz_bytes {
  uint8_t *data;
  size_t size;
} nt_fuzz_bytes_t;

/// config.json of the tiny checkpoint.
const char *nt_fuzz_tiny_config(void);

/// Safetensors file with the tensors of the tiny checkpoint whose index is `part` modulo `parts`.
/// `dtype` is "F32", "BF16" or "F16".
nt_fuzz_bytes_t nt_fuzz_tiny_safetensors(const char *dtype, size_t part, size_t parts,
                                         bool metadata);

/// model.safetensors.index.json for `parts` such files with these names.
nt_fuzz_bytes_t nt_fuzz_tiny_index(const char *const *names, size_t parts);

/// A SentencePiece model: unigram (false) or BPE, with byte pieces or without.
nt_fuzz_bytes_t nt_fuzz_tiny_tokenizer(bool bpe, bool byte_pieces);

/// An image of a random network with all its sections, tokenizer included.
nt_image_t *nt_fuzz_tiny_image(bool distinct_codes, bool outer_weights);

/// A system of two small golden tiles, whose neurons pass spikes on. `*image_crc` receives the
/// image it was opened with.
nt_system_t *nt_fuzz_tiny_system(uint32_t *image_crc);

/// Runs `steps` timesteps, spikes from the host into each. Returns the first failure.
nt_status_t nt_fuzz_tiny_run(nt_system_t *system, uint32_t steps, nt_error_t *err);

#endif
