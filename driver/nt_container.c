// SPDX-License-Identifier: Apache-2.0
#include "nt_container.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST // zlib's input pointers are const
#include <zlib.h>

enum { FORMAT_VERSION = 1, HEADER_SIZE = 72, HEADER_CRC_AT = 68, VERSION_AT = 8, ENTRY_SIZE = 56 };

static const char CORE_NAME[] = "core";

uint32_t nt_container_crc(const void *data, size_t size) {
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), data, size);
}

// ---- identity -----------------------------------------------------------------------------------

static void put_params(nt_bytes_t *bytes, const nt_params_t *params) {
  const uint32_t words[] = {params->cores,       params->word_bits, params->pool_words,
                            params->lines,       params->acc_bits,  params->prog_words,
                            params->table_words, params->groups};
  nt_bytes_put_words(bytes, words, sizeof words / sizeof words[0]);
}

nt_container_entry_t nt_container_describe(const nt_container_header_t *header, uint32_t index,
                                           const char *name, const void *raw, size_t size) {
  const uint32_t cores = header->params.cores;
  const bool named = index >= nt_container_cores(header);
  nt_container_entry_t entry = {.tile = named ? NT_CONTAINER_NO_CORE : index / cores,
                                .core = named ? NT_CONTAINER_NO_CORE : index % cores,
                                .raw_crc = nt_container_crc(raw, size),
                                .raw_size = size};
  (void)strncpy(entry.name, named ? name : CORE_NAME, NT_CONTAINER_NAME_SIZE - 1);
  return entry;
}

bool nt_container_identity(const nt_container_header_t *header, const nt_container_entry_t *entry,
                           uint32_t *crc) {
  nt_bytes_t bytes = {0};
  nt_bytes_put_u32(&bytes, NT_DEFS_HASH);
  put_params(&bytes, &header->params);
  nt_bytes_put_u32(&bytes, header->tiles);
  nt_bytes_put_u32(&bytes, header->sections);
  for (uint32_t i = 0; i < header->sections; i++) {
    nt_bytes_put(&bytes, entry[i].name, NT_CONTAINER_NAME_SIZE);
    nt_bytes_put_u32(&bytes, entry[i].tile);
    nt_bytes_put_u32(&bytes, entry[i].core);
    nt_bytes_put_u32(&bytes, entry[i].raw_crc);
    nt_bytes_put_u64(&bytes, entry[i].raw_size);
  }
  const bool done = !bytes.failed;
  if (done)
    *crc = nt_container_crc(bytes.data, bytes.size);
  nt_bytes_free(&bytes);
  return done;
}

// ---- writing ------------------------------------------------------------------------------------

nt_status_t nt_container_create(nt_container_writer_t *writer, const char *path, const char *magic,
                                const nt_container_header_t *header, nt_error_t *err) {
  *writer =
      (nt_container_writer_t){.header = *header,
                              .magic = magic,
                              .offset = HEADER_SIZE + (uint64_t)header->sections * ENTRY_SIZE};
  writer->entry = calloc(header->sections, sizeof *writer->entry);
  if (writer->entry == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  const nt_status_t status = nt_file_out_open(&writer->file, path, err);
  if (status != NT_OK)
    nt_container_abort(writer);
  return status;
}

/// A zlib stream of `raw` into `to`, which has room for compressBound(size). Weights are as good as
/// random, so that a search for repeated strings costs time and finds nothing; runs, which empty
/// memory is full of, are found without one.
static bool compress_runs(uint8_t *to, uLong *to_size, const uint8_t *raw, size_t size) {
  enum { MEMORY_LEVEL = 8 }; // zlib's default, which compressBound is made for
  z_stream stream = {.next_in = raw, .next_out = to};
  if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS, MEMORY_LEVEL, Z_RLE) != Z_OK)
    return false;
  size_t left = size, room = *to_size;
  int result = Z_OK;
  while (result == Z_OK) { // zlib counts in 32 bits
    const uInt in = left < UINT_MAX ? (uInt)left : UINT_MAX;
    const uInt out = room < UINT_MAX ? (uInt)room : UINT_MAX;
    stream.avail_in = in;
    stream.avail_out = out;
    result = deflate(&stream, left == in ? Z_FINISH : Z_NO_FLUSH);
    left -= in - stream.avail_in;
    room -= out - stream.avail_out;
  }
  *to_size -= room;
  return deflateEnd(&stream) == Z_OK && result == Z_STREAM_END;
}

nt_status_t nt_container_add(nt_container_writer_t *writer, const char *name, const void *raw,
                             size_t size, nt_error_t *err) {
  if (writer->entries == writer->header.sections)
    return nt_fail(err, NT_ERR_INTERNAL, "%s: more sections than announced", writer->file.path);
  nt_container_entry_t *entry = &writer->entry[writer->entries];
  *entry = nt_container_describe(&writer->header, writer->entries, name, raw, size);
  uLong stored_size = compressBound(size);
  uint8_t *stored = malloc(stored_size);
  if (stored == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", writer->file.path);
  nt_status_t status = NT_OK;
  if (!compress_runs(stored, &stored_size, raw, size)) {
    status = nt_fail(err, NT_ERR_MEMORY, "%s: cannot compress", writer->file.path);
  } else {
    entry->offset = writer->offset;
    entry->stored_size = stored_size;
    entry->stored_crc = nt_container_crc(stored, stored_size);
    status = nt_file_out_write(&writer->file, writer->offset, stored, stored_size, err);
  }
  free(stored);
  if (status == NT_OK) {
    writer->offset += stored_size;
    writer->entries++;
  }
  return status;
}

static void put_entry(nt_bytes_t *bytes, const nt_container_entry_t *entry) {
  nt_bytes_put(bytes, entry->name, NT_CONTAINER_NAME_SIZE);
  nt_bytes_put_u32(bytes, entry->tile);
  nt_bytes_put_u32(bytes, entry->core);
  nt_bytes_put_u32(bytes, entry->stored_crc);
  nt_bytes_put_u32(bytes, entry->raw_crc);
  nt_bytes_put_u64(bytes, entry->offset);
  nt_bytes_put_u64(bytes, entry->stored_size);
  nt_bytes_put_u64(bytes, entry->raw_size);
}

/// CRC-32 of header (up to the CRC itself) and table, which lie one after the other in `head`.
static uint32_t head_crc(const uint8_t *head, size_t size) {
  const uLong crc = crc32_z(crc32_z(0, NULL, 0), head, HEADER_CRC_AT);
  return (uint32_t)crc32_z(crc, head + HEADER_SIZE, size - HEADER_SIZE);
}

static nt_status_t write_head(nt_container_writer_t *writer, nt_error_t *err) {
  nt_bytes_t head = {0};
  nt_bytes_put(&head, writer->magic, NT_CONTAINER_MAGIC_SIZE);
  nt_bytes_put_u32(&head, FORMAT_VERSION);
  nt_bytes_put_u32(&head, NT_DEFS_HASH);
  put_params(&head, &writer->header.params);
  nt_bytes_put_u32(&head, writer->header.tiles);
  nt_bytes_put_u32(&head, writer->header.sections);
  nt_bytes_put_u32(&head, writer->header.image_crc);
  nt_bytes_put_u32(&head, writer->header.timestep);
  nt_bytes_put_u32(&head, writer->header.note);
  nt_bytes_put_u32(&head, 0); // the CRC, below
  for (uint32_t i = 0; i < writer->entries; i++)
    put_entry(&head, &writer->entry[i]);
  nt_status_t status = NT_OK;
  if (head.failed) {
    status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", writer->file.path);
  } else {
    nt_bytes_set_u32(&head, HEADER_CRC_AT, head_crc(head.data, head.size));
    status = nt_file_out_write(&writer->file, 0, head.data, head.size, err);
  }
  nt_bytes_free(&head);
  return status;
}

nt_status_t nt_container_commit(nt_container_writer_t *writer, nt_error_t *err) {
  nt_status_t status = NT_OK;
  if (writer->entries != writer->header.sections)
    status = nt_fail(err, NT_ERR_INTERNAL, "%s: fewer sections than announced", writer->file.path);
  if (status == NT_OK)
    status = write_head(writer, err);
  if (status == NT_OK)
    status = nt_file_out_commit(&writer->file, err);
  nt_container_abort(writer);
  return status;
}

void nt_container_abort(nt_container_writer_t *writer) {
  nt_file_out_abort(&writer->file);
  free(writer->entry);
  writer->entry = NULL;
}

// ---- reading ------------------------------------------------------------------------------------

static bool is_magic(const uint8_t *head, const char *magic) {
  return memcmp(head, magic, NT_CONTAINER_MAGIC_SIZE) == 0;
}

static const char *kind_of(const uint8_t *head) {
  if (is_magic(head, NT_CONTAINER_MAGIC_IMAGE))
    return "an image file";
  return is_magic(head, NT_CONTAINER_MAGIC_STATE) ? "a state file" : "neither image nor state file";
}

/// Length of header and table, checked against the length of the file.
static nt_status_t head_size(const nt_container_reader_t *reader, const uint8_t *fixed,
                             const char *magic, size_t *size, nt_error_t *err) {
  const char *path = reader->file.path;
  if (!is_magic(fixed, magic))
    return nt_fail(err, NT_ERR_FORMAT, "%s: magic: is %s, allowed %s", path, kind_of(fixed),
                   kind_of((const uint8_t *)magic));
  nt_cursor_t cursor = {.data = fixed + VERSION_AT, .left = HEADER_SIZE - VERSION_AT};
  const uint32_t version = nt_cursor_u32(&cursor);
  if (version != FORMAT_VERSION)
    return nt_fail(err, NT_ERR_FORMAT, "%s: format version: found %" PRIu32 ", allowed %d", path,
                   version, FORMAT_VERSION);
  for (int skipped = 0; skipped < 10; skipped++) // definition hash, parameters, tiles
    (void)nt_cursor_u32(&cursor);
  const uint32_t sections = nt_cursor_u32(&cursor);
  const uint64_t fit = (reader->file.size - HEADER_SIZE) / ENTRY_SIZE;
  if (sections > fit)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: sections: found %" PRIu32 ", allowed %" PRIu64 " in a file of its length",
                   path, sections, fit);
  *size = HEADER_SIZE + (size_t)sections * ENTRY_SIZE;
  return NT_OK;
}

/// Takes header and table apart; what they hold is not checked yet, but nothing is out of bounds.
static nt_status_t parse_head(nt_container_reader_t *reader, const uint8_t *head, size_t size,
                              uint32_t *hash, nt_error_t *err) {
  nt_cursor_t cursor = {.data = head + VERSION_AT + 4, .left = size - VERSION_AT - 4};
  *hash = nt_cursor_u32(&cursor);
  nt_params_t *params = &reader->header.params;
  uint32_t *const fields[] = {
      &params->cores,           &params->word_bits,        &params->pool_words,
      &params->lines,           &params->acc_bits,         &params->prog_words,
      &params->table_words,     &params->groups,           &reader->header.tiles,
      &reader->header.sections, &reader->header.image_crc, &reader->header.timestep,
      &reader->header.note};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
    *fields[i] = nt_cursor_u32(&cursor);
  const uint32_t stored = nt_cursor_u32(&cursor);
  const uint32_t computed = head_crc(head, size);
  if (stored != computed)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: header checksum: found 0x%08" PRIx32 ", content has 0x%08" PRIx32,
                   reader->file.path, stored, computed);
  const uint32_t sections = reader->header.sections;
  reader->entry = calloc(sections > 0 ? sections : 1, sizeof *reader->entry);
  if (reader->entry == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", reader->file.path);
  for (uint32_t i = 0; i < sections; i++) {
    nt_container_entry_t *entry = &reader->entry[i];
    nt_cursor_get(&cursor, entry->name, NT_CONTAINER_NAME_SIZE);
    entry->tile = nt_cursor_u32(&cursor);
    entry->core = nt_cursor_u32(&cursor);
    entry->stored_crc = nt_cursor_u32(&cursor);
    entry->raw_crc = nt_cursor_u32(&cursor);
    entry->offset = nt_cursor_u64(&cursor);
    entry->stored_size = nt_cursor_u64(&cursor);
    entry->raw_size = nt_cursor_u64(&cursor);
  }
  return NT_OK;
}

static nt_status_t check_header(const nt_container_reader_t *reader, uint32_t hash,
                                nt_error_t *err) {
  const char *path = reader->file.path;
  const nt_container_header_t *header = &reader->header;
  if (hash != NT_DEFS_HASH)
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "%s: definition hash: found 0x%08" PRIx32 ", allowed 0x%08" PRIx32, path, hash,
                   NT_DEFS_HASH);
  nt_error_t inner = {0};
  if (nt_params_check(&header->params, &inner) != NT_OK)
    return nt_fail(err, NT_ERR_FORMAT, "%s: %.400s", path, inner.text);
  if (header->tiles < 1 || header->tiles > NT_HOST_TILE)
    return nt_fail(err, NT_ERR_FORMAT, "%s: tiles: found %" PRIu32 ", allowed 1..%u", path,
                   header->tiles, NT_HOST_TILE);
  const uint32_t cores = nt_container_cores(header);
  if (header->sections < cores || header->sections - cores > NT_CONTAINER_NAMED_MAX)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: sections: found %" PRIu32 ", allowed %" PRIu32 "..%" PRIu32, path,
                   header->sections, cores, cores + NT_CONTAINER_NAMED_MAX);
  return NT_OK;
}

/// 1..15 printable characters without blanks, then zeros only.
static bool is_name(const char name[NT_CONTAINER_NAME_SIZE]) {
  size_t length = 0;
  while (length < NT_CONTAINER_NAME_SIZE && name[length] > ' ' && name[length] <= '~')
    length++;
  for (size_t i = length; i < NT_CONTAINER_NAME_SIZE; i++) {
    if (name[i] != '\0')
      return false;
  }
  return length >= 1 && length < NT_CONTAINER_NAME_SIZE;
}

/// Name and place of section `index`; the names of named sections are different from each other.
static bool is_in_place(const nt_container_reader_t *reader, uint32_t index) {
  const nt_container_entry_t *entry = &reader->entry[index];
  const uint32_t core_sections = nt_container_cores(&reader->header);
  if (index < core_sections) {
    const uint32_t cores = reader->header.params.cores;
    return entry->tile == index / cores && entry->core == index % cores &&
           strcmp(entry->name, CORE_NAME) == 0;
  }
  for (uint32_t i = core_sections; i < index; i++) {
    if (strcmp(reader->entry[i].name, entry->name) == 0)
      return false;
  }
  return entry->tile == NT_CONTAINER_NO_CORE && entry->core == NT_CONTAINER_NO_CORE;
}

/// The sections follow each other without gaps from `offset` to the end of the file.
static nt_status_t check_table(const nt_container_reader_t *reader, uint64_t offset,
                               nt_error_t *err) {
  const char *path = reader->file.path;
  const uint64_t end = reader->file.size;
  for (uint32_t i = 0; i < reader->header.sections; i++) {
    const nt_container_entry_t *entry = &reader->entry[i];
    if (!is_name(entry->name) || !is_in_place(reader, i))
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 ": wrong name %.*s, or wrong tile %" PRIu32
                     " core %" PRIu32
                     ": allowed are the cores in order, then different names of 1 to 15 characters",
                     path, i, NT_CONTAINER_NAME_SIZE, entry->name, entry->tile, entry->core);
    if (entry->offset != offset)
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 ": offset: found %" PRIu64 ", allowed %" PRIu64, path,
                     i, entry->offset, offset);
    if (entry->stored_size > end - offset)
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 ": stored size: found %" PRIu64 ", allowed 0..%" PRIu64,
                     path, i, entry->stored_size, end - offset);
    if (entry->raw_size / NT_CONTAINER_EXPANSION_MAX > entry->stored_size)
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 ": raw size: found %" PRIu64
                     ", allowed %u times %" PRIu64,
                     path, i, entry->raw_size, NT_CONTAINER_EXPANSION_MAX, entry->stored_size);
    offset += entry->stored_size;
  }
  if (offset != end)
    return nt_fail(err, NT_ERR_FORMAT, "%s: length: found %" PRIu64 ", allowed %" PRIu64, path, end,
                   offset);
  return NT_OK;
}

static nt_status_t read_head(nt_container_reader_t *reader, const char *magic, nt_error_t *err) {
  const char *path = reader->file.path;
  if (reader->file.size < HEADER_SIZE)
    return nt_fail(err, NT_ERR_FORMAT, "%s: length: found %" PRIu64 ", allowed at least %d", path,
                   reader->file.size, HEADER_SIZE);
  uint8_t fixed[HEADER_SIZE];
  size_t size = 0;
  nt_status_t status = nt_file_in_read(&reader->file, 0, fixed, sizeof fixed, err);
  if (status == NT_OK)
    status = head_size(reader, fixed, magic, &size, err);
  if (status != NT_OK)
    return status;
  uint8_t *head = malloc(size);
  if (head == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  uint32_t hash = 0;
  memcpy(head, fixed, HEADER_SIZE);
  status = nt_file_in_read(&reader->file, HEADER_SIZE, head + HEADER_SIZE, size - HEADER_SIZE, err);
  if (status == NT_OK)
    status = parse_head(reader, head, size, &hash, err);
  free(head);
  if (status == NT_OK)
    status = check_header(reader, hash, err);
  if (status == NT_OK)
    status = check_table(reader, size, err);
  return status;
}

nt_status_t nt_container_open(nt_container_reader_t *reader, const char *path, const char *magic,
                              nt_error_t *err) {
  *reader = (nt_container_reader_t){0};
  nt_status_t status = nt_file_in_open(&reader->file, path, err);
  if (status == NT_OK)
    status = read_head(reader, magic, err);
  if (status != NT_OK)
    nt_container_close(reader);
  return status;
}

void nt_container_close(nt_container_reader_t *reader) {
  nt_file_in_close(&reader->file);
  free(reader->entry);
  reader->entry = NULL;
}

/// Expands `stored` into exactly raw_size bytes, using all of it, and checks their CRC.
static bool expand(const nt_container_entry_t *entry, const uint8_t *stored, uint8_t *raw) {
  uLong raw_size = (uLong)entry->raw_size;
  uLong used = (uLong)entry->stored_size;
  return uncompress2(raw, &raw_size, stored, &used) == Z_OK && raw_size == entry->raw_size &&
         used == entry->stored_size && nt_container_crc(raw, raw_size) == entry->raw_crc;
}

nt_status_t nt_container_read(nt_container_reader_t *reader, uint32_t index, uint64_t size_max,
                              uint8_t **raw, nt_error_t *err) {
  const char *path = reader->file.path;
  const nt_container_entry_t *entry = &reader->entry[index];
  if (entry->raw_size > size_max)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: section %" PRIu32 ": raw size: found %" PRIu64 ", allowed 0..%" PRIu64,
                   path, index, entry->raw_size, size_max);
  uint8_t *stored = malloc(entry->stored_size > 0 ? entry->stored_size : 1);
  uint8_t *expanded = malloc(entry->raw_size > 0 ? entry->raw_size : 1);
  nt_status_t status = NT_OK;
  if (stored == NULL || expanded == NULL)
    status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  if (status == NT_OK)
    status = nt_file_in_read(&reader->file, entry->offset, stored, entry->stored_size, err);
  const uint32_t crc = status == NT_OK ? nt_container_crc(stored, entry->stored_size) : 0;
  if (status == NT_OK && crc != entry->stored_crc)
    status = nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 " (%s): wrong checksum: found 0x%08" PRIx32
                     ", content has 0x%08" PRIx32,
                     path, index, entry->name, entry->stored_crc, crc);
  if (status == NT_OK && !expand(entry, stored, expanded))
    status = nt_fail(err, NT_ERR_FORMAT,
                     "%s: section %" PRIu32 " (%s): does not expand to %" PRIu64
                     " bytes with checksum 0x%08" PRIx32,
                     path, index, entry->name, entry->raw_size, entry->raw_crc);
  free(stored);
  if (status == NT_OK)
    *raw = expanded;
  else
    free(expanded);
  return status;
}
