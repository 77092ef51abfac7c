// SPDX-License-Identifier: Apache-2.0
#include "nt_fuzz_container.h"

#include "nt_defs.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
  MAGIC_SIZE = 8,
  HASH_AT = 12,
  SECTIONS_AT = 52,
  IMAGE_CRC_AT = 56,
  HEADER_CRC_AT = 68,
  HEADER_SIZE = 72,
  ENTRY_SIZE = 56,
  STORED_CRC_AT = 24, // in an entry
  RAW_CRC_AT = 28,
  OFFSET_AT = 32,
  STORED_SIZE_AT = 40,
  RAW_SIZE_AT = 48,
  RAW_MAX = 1 << 24
};

static uint64_t get(const uint8_t *from, int bytes) {
  uint64_t value = 0;
  for (int i = bytes; i-- > 0;)
    value = value << 8 | from[i];
  return value;
}

static void put(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    to[i] = (uint8_t)(value >> (8 * i));
}

static uint32_t crc_of(const uint8_t *data, size_t size) {
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, size);
}

size_t nt_fuzz_head_size(uint32_t sections) {
  return HEADER_SIZE + (size_t)sections * ENTRY_SIZE;
}

static bool is_state(const uint8_t *data) {
  return memcmp(data, "NTSTATE\n", MAGIC_SIZE) == 0;
}

uint32_t nt_fuzz_sections(const uint8_t *data, size_t size) {
  if (size < HEADER_SIZE || (memcmp(data, "NTIMAGE\n", MAGIC_SIZE) != 0 && !is_state(data)))
    return 0;
  const uint64_t claimed = get(data + SECTIONS_AT, 4);
  const uint64_t fit = (size - HEADER_SIZE) / ENTRY_SIZE;
  return (uint32_t)(claimed < fit ? claimed : fit);
}

/// What the entry says is stored, if it lies within the file.
static const uint8_t *stored(const uint8_t *data, size_t size, uint32_t index, size_t *length) {
  const uint8_t *entry = data + nt_fuzz_head_size(index);
  const uint64_t offset = get(entry + OFFSET_AT, 8);
  const uint64_t bytes = get(entry + STORED_SIZE_AT, 8);
  if (offset > size || bytes > size - offset)
    return NULL;
  *length = (size_t)bytes;
  return data + offset;
}

uint8_t *nt_fuzz_section(const uint8_t *data, size_t size, uint32_t index, size_t *raw_size) {
  size_t length = 0;
  const uint8_t *from = stored(data, size, index, &length);
  const uint64_t claimed = get(data + nt_fuzz_head_size(index) + RAW_SIZE_AT, 8);
  if (from == NULL || claimed > RAW_MAX)
    return NULL;
  uLong expanded = (uLong)claimed;
  uint8_t *raw = malloc(claimed > 0 ? (size_t)claimed : 1);
  if (raw != NULL && uncompress(raw, &expanded, from, (uLong)length) != Z_OK) {
    free(raw);
    raw = NULL;
  }
  *raw_size = (size_t)expanded;
  return raw;
}

/// The identity of docs/spec/image.md, from the finished table.
static uint32_t identity(const uint8_t *data, uint32_t sections) {
  uLong crc = crc32_z(0, data + HASH_AT, IMAGE_CRC_AT - HASH_AT);
  for (uint32_t i = 0; i < sections; i++) {
    const uint8_t *entry = data + nt_fuzz_head_size(i);
    crc = crc32_z(crc, entry, STORED_CRC_AT); // name, tile, core
    crc = crc32_z(crc, entry + RAW_CRC_AT, 4);
    crc = crc32_z(crc, entry + RAW_SIZE_AT, 8);
  }
  return (uint32_t)crc;
}

bool nt_fuzz_seal(uint8_t *data, size_t size, uint32_t image_crc) {
  const uint32_t sections = nt_fuzz_sections(data, size);
  if (sections == 0 || get(data + HASH_AT, 4) != 0)
    return false;
  put(data + HASH_AT, NT_DEFS_HASH, 4);
  for (uint32_t i = 0; i < sections; i++) {
    uint8_t *entry = data + nt_fuzz_head_size(i);
    size_t length = 0;
    const uint8_t *from = stored(data, size, i, &length);
    if (from != NULL)
      put(entry + STORED_CRC_AT, crc_of(from, length), 4);
    size_t raw_size = 0;
    uint8_t *raw = nt_fuzz_section(data, size, i, &raw_size);
    if (raw != NULL)
      put(entry + RAW_CRC_AT, crc_of(raw, raw_size), 4);
    free(raw);
  }
  if (!is_state(data))
    put(data + IMAGE_CRC_AT, identity(data, sections), 4);
  else if (get(data + IMAGE_CRC_AT, 4) == 0)
    put(data + IMAGE_CRC_AT, image_crc, 4);
  uLong crc = crc32_z(0, data, HEADER_CRC_AT);
  crc = crc32_z(crc, data + HEADER_SIZE, nt_fuzz_head_size(sections) - HEADER_SIZE);
  put(data + HEADER_CRC_AT, crc, 4);
  return true;
}

void nt_fuzz_unseal(uint8_t *data, size_t size) {
  if (nt_fuzz_sections(data, size) == 0)
    return;
  put(data + HASH_AT, 0, 4);
  if (is_state(data))
    put(data + IMAGE_CRC_AT, 0, 4);
}

size_t nt_fuzz_replace(const uint8_t *data, size_t size, uint32_t index, const uint8_t *raw,
                       size_t raw_size, uint8_t *out, size_t capacity) {
  const uint32_t sections = nt_fuzz_sections(data, size);
  size_t at = nt_fuzz_head_size(sections);
  if (at > capacity)
    return 0;
  memcpy(out, data, at);
  for (uint32_t i = 0; i < sections; i++) {
    uint8_t *entry = out + nt_fuzz_head_size(i);
    uLongf length = (uLongf)(capacity - at);
    if (i == index) {
      if (compress(out + at, &length, raw, (uLong)raw_size) != Z_OK)
        return 0;
      put(entry + RAW_SIZE_AT, raw_size, 8);
    } else {
      size_t bytes = 0;
      const uint8_t *from = stored(data, size, i, &bytes);
      if (from == NULL || bytes > length)
        return 0;
      memcpy(out + at, from, bytes);
      length = (uLongf)bytes;
    }
    put(entry + OFFSET_AT, at, 8);
    put(entry + STORED_SIZE_AT, length, 8);
    at += length;
  }
  return at;
}
