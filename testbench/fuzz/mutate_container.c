// SPDX-License-Identifier: Apache-2.0
// Mutator for image and state files: changes the expanded content of a section, or header and
// table, and leaves the checksums to nt_fuzz_seal.
#include "nt_fuzz.h"
#include "nt_fuzz_container.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_FROM = 8, RAW_MAX = 1 << 15 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static size_t mutate_head(uint8_t *data, size_t size, uint32_t sections, unsigned seed) {
  const size_t head = nt_fuzz_head_size(sections);
  const size_t from = HEAD_FROM + seed % (head - HEAD_FROM);
  const size_t length = head - from < 8 ? head - from : 8;
  (void)LLVMFuzzerMutate(data + from, length, length);
  return size;
}

static size_t mutate_section(uint8_t *data, size_t size, size_t max_size, uint32_t index) {
  size_t raw_size = 0;
  uint8_t *raw = nt_fuzz_section(data, size, index, &raw_size);
  if (raw == NULL)
    return LLVMFuzzerMutate(data, size, max_size);
  const size_t room = (raw_size > RAW_MAX ? raw_size : RAW_MAX) + 1;
  uint8_t *grown = realloc(raw, room);
  uint8_t *out = malloc(max_size);
  nt_fuzz_require(grown != NULL && out != NULL, "no memory");
  raw_size = LLVMFuzzerMutate(grown, raw_size, room);
  const size_t made = nt_fuzz_replace(data, size, index, grown, raw_size, out, max_size);
  if (made > 0)
    memcpy(data, out, made);
  free(grown);
  free(out);
  return made > 0 ? made : LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  const uint32_t sections = nt_fuzz_sections(data, size);
  const unsigned how = seed % 16;
  seed /= 16;
  if (sections == 0 || how == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  if (how == 1) { // a damaged file: sealed first, so that a checksum is wrong
    (void)nt_fuzz_seal(data, size, 0);
    return LLVMFuzzerMutate(data, size, max_size);
  }
  if (how <= 3)
    return mutate_head(data, size, sections, seed);
  return mutate_section(data, size, max_size, seed % sections);
}
