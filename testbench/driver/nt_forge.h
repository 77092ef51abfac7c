// SPDX-License-Identifier: Apache-2.0
// nt_forge: writes image and state files from docs/spec/image.md alone, with any lie a test wants
// in them and checksums that fit all the same.
#ifndef NT_FORGE_H
#define NT_FORGE_H

#include "nt_test_support.h"

enum {
  NT_FORGE_SECTIONS_MAX = 70,
  NT_FORGE_RAW_MAX = 4096,
  NT_FORGE_HEADER = 72,
  NT_FORGE_ENTRY = 56
};

typedef struct nt_forge_section {
  char name[16];
  uint32_t tile, core;
  uint8_t raw[NT_FORGE_RAW_MAX];
  size_t size;
} nt_forge_section_t;

typedef struct nt_forge {
  const char *magic;
  uint32_t version, hash;
  nt_params_t params;
  uint32_t tiles, sections, timestep;
  nt_forge_section_t *section; ///< [NT_FORGE_SECTIONS_MAX]
} nt_forge_t;

/// An image of one smallest tile with one empty core; released with nt_forge_free.
nt_forge_t nt_forge_image(void);
void nt_forge_free(nt_forge_t *forge);
/// Appends a word to a section.
void nt_forge_put(nt_forge_section_t *section, uint32_t value);
/// The file; released with free.
nt_test_file_t nt_forge_file(const nt_forge_t *forge);
/// Overwrites a field of a file's header or table.
void nt_forge_set(nt_test_file_t *file, size_t offset, uint64_t value, int bytes);
/// Makes the checksum of header and table fit again.
void nt_forge_reseal(nt_test_file_t *file, uint32_t sections);

#endif
