// SPDX-License-Identifier: Apache-2.0
// Mutator for safetensors files: changes the JSON header and keeps its length true, or the data.
#include "nt_fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 8 };

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

static size_t mutate_header(uint8_t *data, size_t size, size_t max_size, size_t length) {
  const size_t after = size - LENGTH_BYTES - length;
  const size_t room = max_size - LENGTH_BYTES - after;
  uint8_t *text = malloc(room + 1);
  nt_fuzz_require(text != NULL, "no memory");
  memcpy(text, data + LENGTH_BYTES, length);
  const size_t made = LLVMFuzzerMutate(text, length, room);
  memmove(data + LENGTH_BYTES + made, data + LENGTH_BYTES + length, after);
  memcpy(data + LENGTH_BYTES, text, made);
  for (size_t k = 0; k < LENGTH_BYTES; k++)
    data[k] = (uint8_t)((uint64_t)made >> (8 * k));
  free(text);
  return LENGTH_BYTES + made + after;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
  uint64_t length = 0;
  for (size_t k = LENGTH_BYTES; k-- > 0 && size >= LENGTH_BYTES;)
    length = length << 8 | data[k];
  if (size < LENGTH_BYTES || size > max_size || length > size - LENGTH_BYTES || seed % 8 == 0)
    return LLVMFuzzerMutate(data, size, max_size);
  return mutate_header(data, size, max_size, (size_t)length);
}
