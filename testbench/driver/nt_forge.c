// SPDX-License-Identifier: Apache-2.0
#include "nt_forge.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

nt_forge_t nt_forge_image(void) {
  nt_forge_t forge = {.magic = "NTIMAGE\n",
                      .version = 1,
                      .hash = NT_DEFS_HASH,
                      .params = nt_test_params_small(),
                      .tiles = 1,
                      .sections = 1};
  forge.section = calloc(NT_FORGE_SECTIONS_MAX, sizeof *forge.section);
  assert_non_null(forge.section);
  (void)strcpy(forge.section[0].name, "core");
  for (int i = 0; i < 3; i++) // AXON_BASE, AXON_COUNT, number of runs
    nt_forge_put(&forge.section[0], 0);
  return forge;
}

void nt_forge_free(nt_forge_t *forge) {
  free(forge->section);
}

static void store(uint8_t *to, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    to[i] = (uint8_t)(value >> (8 * i));
}

void nt_forge_put(nt_forge_section_t *section, uint32_t value) {
  assert_true(section->size + 4 <= sizeof section->raw);
  store(section->raw + section->size, value, 4);
  section->size += 4;
}

void nt_forge_set(nt_test_file_t *file, size_t offset, uint64_t value, int bytes) {
  assert_true(offset + (size_t)bytes <= file->size);
  store(file->data + offset, value, bytes);
}

void nt_forge_reseal(nt_test_file_t *file, uint32_t sections) {
  uLong crc = crc32(0, file->data, 68);
  crc = crc32(crc, file->data + NT_FORGE_HEADER, NT_FORGE_ENTRY * sections);
  nt_forge_set(file, 68, crc, 4);
}

/// The image checksum of image.md, "Identity", from the finished header and table.
static uint32_t identity(const nt_test_file_t *file, uint32_t sections) {
  uLong crc = crc32(0, file->data + 12, 44); // definition hash to number of sections
  for (uint32_t i = 0; i < sections; i++) {
    const uint8_t *entry = file->data + NT_FORGE_HEADER + (size_t)NT_FORGE_ENTRY * i;
    crc = crc32(crc, entry, 24);     // name, tile, core
    crc = crc32(crc, entry + 28, 4); // raw CRC
    crc = crc32(crc, entry + 48, 8); // raw size
  }
  return (uint32_t)crc;
}

nt_test_file_t nt_forge_file(const nt_forge_t *forge) {
  size_t offset = NT_FORGE_HEADER + (size_t)NT_FORGE_ENTRY * forge->sections;
  nt_test_file_t file = {
      .data = calloc(1, offset + (size_t)forge->sections * (2 * NT_FORGE_RAW_MAX)), .size = 0};
  assert_non_null(file.data);
  file.size = offset;
  memcpy(file.data, forge->magic, 8);
  const uint32_t head[] = {forge->version,
                           forge->hash,
                           forge->params.cores,
                           forge->params.word_bits,
                           forge->params.pool_words,
                           forge->params.lines,
                           forge->params.acc_bits,
                           forge->params.prog_words,
                           forge->params.table_words,
                           forge->params.groups,
                           forge->tiles,
                           forge->sections};
  for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
    nt_forge_set(&file, 8 + 4 * i, head[i], 4);
  nt_forge_set(&file, 60, forge->timestep, 4);
  for (uint32_t i = 0; i < forge->sections; i++) {
    const nt_forge_section_t *section = &forge->section[i];
    uint8_t *entry = file.data + NT_FORGE_HEADER + (size_t)NT_FORGE_ENTRY * i;
    uLong stored = 2 * NT_FORGE_RAW_MAX;
    assert_int_equal(compress(file.data + offset, &stored, section->raw, section->size), Z_OK);
    memcpy(entry, section->name, 16);
    store(entry + 16, section->tile, 4);
    store(entry + 20, section->core, 4);
    store(entry + 24, crc32(0, file.data + offset, (uInt)stored), 4);
    store(entry + 28, crc32(0, section->raw, (uInt)section->size), 4);
    store(entry + 32, offset, 8);
    store(entry + 40, stored, 8);
    store(entry + 48, section->size, 8);
    offset += stored;
    file.size = offset;
  }
  nt_forge_set(&file, 56, identity(&file, forge->sections), 4);
  nt_forge_reseal(&file, forge->sections);
  return file;
}
