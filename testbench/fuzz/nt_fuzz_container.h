// SPDX-License-Identifier: Apache-2.0
// nt_fuzz_container: image and state files taken apart and put together again, written from
// docs/spec/image.md, so that a mutation reaches what lies behind checksums and compression.
//
// Corpus files are unsealed: their definition hash is 0. nt_fuzz_seal gives such a file the hash of
// this build and makes every checksum fit; any other file stays as it is. So a corpus outlives a
// change of the definitions.
#ifndef NT_FUZZ_CONTAINER_H
#define NT_FUZZ_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Gives an unsealed file (see above) hash and checksums, in place. `image_crc` is the image that a
/// state file belongs to; it is put where the file has 0. Returns whether it was unsealed.
bool nt_fuzz_seal(uint8_t *data, size_t size, uint32_t image_crc);

/// Sets the definition hash to 0, and in a state file the image checksum.
void nt_fuzz_unseal(uint8_t *data, size_t size);

/// Number of sections whose table entries lie within the file; 0 if it is no container at all.
uint32_t nt_fuzz_sections(const uint8_t *data, size_t size);

/// Expanded content of section `index` in fresh memory; NULL if it does not expand.
uint8_t *nt_fuzz_section(const uint8_t *data, size_t size, uint32_t index, size_t *raw_size);

/// The file with another content of section `index`, sizes and offsets moved along, into `out`
/// [capacity]. Returns its size, or 0 if it has no room.
size_t nt_fuzz_replace(const uint8_t *data, size_t size, uint32_t index, const uint8_t *raw,
                       size_t raw_size, uint8_t *out, size_t capacity);

/// End of header and table.
size_t nt_fuzz_head_size(uint32_t sections);

#endif
