// SPDX-License-Identifier: Apache-2.0
// nt_container: what image and state files have in common (docs/spec/image.md): a header, a table
// and compressed, checksummed sections, one for every core of every tile and then named ones.
#ifndef NT_CONTAINER_H
#define NT_CONTAINER_H

#include "nt_bytes.h"
#include "nt_dev.h"
#include "nt_file.h"

enum { NT_CONTAINER_MAGIC_SIZE = 8, NT_CONTAINER_NAME_SIZE = 16 };
#define NT_CONTAINER_MAGIC_IMAGE "NTIMAGE\n"
#define NT_CONTAINER_MAGIC_STATE "NTSTATE\n"
/// Most named sections of a file.
#define NT_CONTAINER_NAMED_MAX 64u
/// Tile and core of a named section.
#define NT_CONTAINER_NO_CORE UINT32_MAX
/// No deflate stream expands by more than this; a section that claims more is refused unread.
#define NT_CONTAINER_EXPANSION_MAX 1032u

typedef struct nt_container_header {
  nt_params_t params;
  uint32_t tiles, sections;
  uint32_t image_crc; ///< the image's content
  uint32_t timestep;  ///< 0 in an image
  uint32_t note;      ///< the host's number; 0 in an image
} nt_container_header_t;

typedef struct nt_container_entry {
  char name[NT_CONTAINER_NAME_SIZE];
  uint32_t tile, core;
  uint32_t stored_crc, raw_crc;
  uint64_t offset, stored_size, raw_size;
} nt_container_entry_t;

/// Number of core sections, which come first: section tile * cores + core.
static inline uint32_t nt_container_cores(const nt_container_header_t *header) {
  return header->tiles * header->params.cores;
}

// ---- writing ------------------------------------------------------------------------------------

typedef struct nt_container_writer {
  nt_file_out_t file;
  nt_container_header_t header;
  nt_container_entry_t *entry;
  uint32_t entries; ///< sections added so far
  const char *magic;
  uint64_t offset; ///< where the next section goes
} nt_container_writer_t;

/// `header->sections` is the number that will be added; image_crc and timestep may change until the
/// end.
nt_status_t nt_container_create(nt_container_writer_t *writer, const char *path, const char *magic,
                                const nt_container_header_t *header, nt_error_t *err);
/// Adds the next core's section, or a named one after the last core.
nt_status_t nt_container_add(nt_container_writer_t *writer, const char *name, const void *raw,
                             size_t size, nt_error_t *err);
/// Writes header and table and replaces the file. The writer is closed whatever happens.
nt_status_t nt_container_commit(nt_container_writer_t *writer, nt_error_t *err);
/// Closes without replacing the file. Does nothing after a commit.
void nt_container_abort(nt_container_writer_t *writer);

// ---- reading ------------------------------------------------------------------------------------

typedef struct nt_container_reader {
  nt_file_in_t file;
  nt_container_header_t header;
  nt_container_entry_t *entry; ///< [header.sections]
} nt_container_reader_t;

/// Reads and checks header and table.
nt_status_t nt_container_open(nt_container_reader_t *reader, const char *path, const char *magic,
                              nt_error_t *err);
void nt_container_close(nt_container_reader_t *reader);
/// Reads one section and checks it. `*raw` is released with free and holds entry[index].raw_size
/// bytes, which are at most `size_max`.
nt_status_t nt_container_read(nt_container_reader_t *reader, uint32_t index, uint64_t size_max,
                              uint8_t **raw, nt_error_t *err);

// ---- identity -----------------------------------------------------------------------------------

/// CRC-32 of `data`, of any size.
uint32_t nt_container_crc(const void *data, size_t size);
/// The identity of a content: parameters and, of every section, name, place, size and CRC.
/// False when there is no memory.
bool nt_container_identity(const nt_container_header_t *header, const nt_container_entry_t *entry,
                           uint32_t *crc);
/// Fills the parts of an entry that the identity needs.
nt_container_entry_t nt_container_describe(const nt_container_header_t *header, uint32_t index,
                                           const char *name, const void *raw, size_t size);

#endif
