// SPDX-License-Identifier: Apache-2.0
// nt_bytes: little-endian values into a growing buffer, and out of a buffer with bounds.
//
// Neither side reports each access: the first failure sticks, and the caller asks once at the end.
#ifndef NT_BYTES_H
#define NT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A growing buffer. Starts as {0}; released with nt_bytes_free.
typedef struct nt_bytes {
  uint8_t *data;
  size_t size, capacity;
  bool failed; ///< out of memory; later puts do nothing
} nt_bytes_t;

void nt_bytes_free(nt_bytes_t *bytes);
void nt_bytes_put(nt_bytes_t *bytes, const void *data, size_t size);
void nt_bytes_put_u32(nt_bytes_t *bytes, uint32_t value);
void nt_bytes_put_u64(nt_bytes_t *bytes, uint64_t value);
void nt_bytes_put_words(nt_bytes_t *bytes, const uint32_t *words, size_t count);
/// Overwrites four bytes that were put before.
void nt_bytes_set_u32(nt_bytes_t *bytes, size_t offset, uint32_t value);

/// What is left to read of a buffer.
typedef struct nt_cursor {
  const uint8_t *data;
  size_t left;
  bool failed; ///< a read went past the end; it and all later reads give zeros
} nt_cursor_t;

void nt_cursor_get(nt_cursor_t *cursor, void *data, size_t size);
uint32_t nt_cursor_u32(nt_cursor_t *cursor);
uint64_t nt_cursor_u64(nt_cursor_t *cursor);
void nt_cursor_words(nt_cursor_t *cursor, uint32_t *words, size_t count);

#endif
