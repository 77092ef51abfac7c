// SPDX-License-Identifier: Apache-2.0
#include "nt_bytes.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

static void store_u32(uint8_t *to, uint32_t value) {
  for (int i = 0; i < 4; i++)
    to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t fetch_u32(const uint8_t *from) {
  return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 |
         (uint32_t)from[3] << 24;
}

void nt_bytes_free(nt_bytes_t *bytes) {
  free(bytes->data);
  *bytes = (nt_bytes_t){0};
}

/// Room for `size` more bytes, counted as used; NULL when there is no memory.
static uint8_t *extend(nt_bytes_t *bytes, size_t size) {
  if (bytes->failed || size > SIZE_MAX / 2 - bytes->size) {
    bytes->failed = true;
    return NULL;
  }
  const size_t needed = bytes->size + size;
  if (needed > bytes->capacity || bytes->data == NULL) {
    size_t capacity = bytes->capacity > 0 ? bytes->capacity : FIRST_CAPACITY;
    while (capacity < needed)
      capacity *= 2;
    uint8_t *grown = realloc(bytes->data, capacity);
    if (grown == NULL) {
      bytes->failed = true;
      return NULL;
    }
    bytes->data = grown;
    bytes->capacity = capacity;
  }
  uint8_t *room = bytes->data + bytes->size;
  bytes->size = needed;
  return room;
}

void nt_bytes_put(nt_bytes_t *bytes, const void *data, size_t size) {
  uint8_t *room = extend(bytes, size);
  if (room != NULL && size > 0)
    memcpy(room, data, size);
}

void nt_bytes_put_u32(nt_bytes_t *bytes, uint32_t value) {
  nt_bytes_put_words(bytes, &value, 1);
}

void nt_bytes_put_u64(nt_bytes_t *bytes, uint64_t value) {
  const uint32_t halves[2] = {(uint32_t)value, (uint32_t)(value >> 32)};
  nt_bytes_put_words(bytes, halves, 2);
}

void nt_bytes_put_words(nt_bytes_t *bytes, const uint32_t *words, size_t count) {
  uint8_t *room = count <= SIZE_MAX / 4 ? extend(bytes, 4 * count) : extend(bytes, SIZE_MAX);
  if (room == NULL)
    return;
  for (size_t i = 0; i < count; i++)
    store_u32(room + 4 * i, words[i]);
}

void nt_bytes_set_u32(nt_bytes_t *bytes, size_t offset, uint32_t value) {
  if (!bytes->failed && offset <= bytes->size && bytes->size - offset >= 4)
    store_u32(bytes->data + offset, value);
  else
    bytes->failed = true;
}

/// The next `size` bytes, or NULL when fewer are left.
static const uint8_t *advance(nt_cursor_t *cursor, size_t size) {
  if (cursor->failed || size > cursor->left) {
    cursor->failed = true;
    return NULL;
  }
  const uint8_t *at = cursor->data;
  if (size > 0) // nothing may be added to the NULL of an empty cursor
    cursor->data += size;
  cursor->left -= size;
  return at;
}

void nt_cursor_get(nt_cursor_t *cursor, void *data, size_t size) {
  const uint8_t *at = advance(cursor, size);
  if (at != NULL)
    memcpy(data, at, size);
  else
    memset(data, 0, size);
}

uint32_t nt_cursor_u32(nt_cursor_t *cursor) {
  const uint8_t *at = advance(cursor, 4);
  return at != NULL ? fetch_u32(at) : 0;
}

uint64_t nt_cursor_u64(nt_cursor_t *cursor) {
  const uint8_t *at = advance(cursor, 8);
  return at != NULL ? fetch_u32(at) | (uint64_t)fetch_u32(at + 4) << 32 : 0;
}

void nt_cursor_words(nt_cursor_t *cursor, uint32_t *words, size_t count) {
  const uint8_t *at = advance(cursor, count <= SIZE_MAX / 4 ? 4 * count : SIZE_MAX);
  for (size_t i = 0; i < count; i++)
    words[i] = at != NULL ? fetch_u32(at + 4 * i) : 0;
}
