// SPDX-License-Identifier: Apache-2.0
// The file form of an image (docs/spec/image.md): cores as runs of words, sections as they are.
#include "nt_container.h"
#include "nt_image.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/// Zero words that end a run: as long as the head of the next run plus one.
enum { RUN_GAP = 4, RUN_HEAD_SIZE = 12, CORE_HEAD_SIZE = 12, RUN_COUNT_AT = 8 };

enum { IMAGE_SPACES = 4 };

/// The spaces of a core that an image holds, in the order of the file.
static uint32_t *space_words(const nt_image_core_t *core, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return core->pool;
  case NT_SPACE_PROG: return core->prog;
  case NT_SPACE_TABLE: return core->table;
  case NT_SPACE_GROUP: return core->group;
  default: return NULL;
  }
}

_Static_assert(NT_SPACE_POOL == 0 && NT_SPACE_PROG == 1 && NT_SPACE_TABLE == 2 &&
                   NT_SPACE_GROUP == 3,
               "the spaces of an image are 0..IMAGE_SPACES-1");

// ---- cores to runs ------------------------------------------------------------------------------

/// End of the run that starts at `start`: behind its last non-zero word.
static uint32_t run_end(const uint32_t *words, uint32_t count, uint32_t start) {
  uint32_t end = start + 1;
  for (uint32_t at = end; at < count && at - end < RUN_GAP; at++) {
    if (words[at] != 0)
      end = at + 1;
  }
  return end;
}

static void put_core(nt_bytes_t *bytes, const nt_params_t *params, const nt_image_core_t *core) {
  nt_bytes_put_u32(bytes, core->axon_base);
  nt_bytes_put_u32(bytes, core->axon_count);
  nt_bytes_put_u32(bytes, 0); // the number of runs, below
  uint32_t runs = 0;
  for (uint32_t space = 0; space < IMAGE_SPACES; space++) {
    const uint32_t *words = space_words(core, space);
    const uint32_t count = nt_dev_space_words(params, space);
    for (uint32_t start = 0; start < count; start++) {
      if (words[start] == 0)
        continue;
      const uint32_t end = run_end(words, count, start);
      nt_bytes_put_u32(bytes, space);
      nt_bytes_put_u32(bytes, start);
      nt_bytes_put_u32(bytes, end - start);
      nt_bytes_put_words(bytes, words + start, end - start);
      runs++;
      start = end; // a zero word, or the end
    }
  }
  nt_bytes_set_u32(bytes, RUN_COUNT_AT, runs);
}

/// What a core's section can have at most: everything in use, one run for each space.
static uint64_t core_size_max(const nt_params_t *params) {
  uint64_t size = CORE_HEAD_SIZE + IMAGE_SPACES * RUN_HEAD_SIZE;
  for (uint32_t space = 0; space < IMAGE_SPACES; space++)
    size += 4 * (uint64_t)nt_dev_space_words(params, space);
  return size;
}

static nt_status_t check_axons(const nt_params_t *params, const nt_image_core_t *core,
                               nt_error_t *err) {
  if (core->axon_base >= params->pool_words)
    return nt_fail(err, NT_ERR_RANGE, "AXON_BASE: found %" PRIu32 ", allowed 0..%" PRIu32,
                   core->axon_base, params->pool_words - 1);
  const uint32_t most = 1u << NT_SPIKE_AXON_W;
  if (core->axon_count > most)
    return nt_fail(err, NT_ERR_RANGE, "AXON_COUNT: found %" PRIu32 ", allowed 0..%" PRIu32,
                   core->axon_count, most);
  return NT_OK;
}

// ---- runs to cores ------------------------------------------------------------------------------

/// One run. `*space` and `*addr` are where it may start at the earliest, and are moved behind it.
static nt_status_t get_run(nt_cursor_t *cursor, const nt_params_t *params, nt_image_core_t *core,
                           uint32_t *space, uint32_t *addr, nt_error_t *err) {
  const uint32_t run_space = nt_cursor_u32(cursor);
  const uint32_t start = nt_cursor_u32(cursor);
  const uint32_t count = nt_cursor_u32(cursor);
  uint32_t *words = space_words(core, run_space);
  if (words == NULL || run_space < *space)
    return nt_fail(err, NT_ERR_FORMAT, "space: found %" PRIu32 ", allowed %" PRIu32 "..%d",
                   run_space, *space, IMAGE_SPACES - 1);
  const uint32_t size = nt_dev_space_words(params, run_space);
  const uint32_t first = run_space == *space ? *addr : 0;
  if (start < first || start >= size)
    return nt_fail(err, NT_ERR_FORMAT,
                   "address in space %" PRIu32 ": found %" PRIu32 ", allowed %" PRIu32 "..%" PRIu32,
                   run_space, start, first, size - 1);
  if (count < 1 || count > size - start)
    return nt_fail(err, NT_ERR_FORMAT,
                   "words at %" PRIu32 " in space %" PRIu32 ": found %" PRIu32
                   ", allowed 1..%" PRIu32,
                   start, run_space, count, size - start);
  nt_cursor_words(cursor, words + start, count);
  *space = run_space;
  *addr = start + count;
  return NT_OK;
}

static nt_status_t get_core(const uint8_t *raw, size_t size, const nt_params_t *params,
                            nt_image_core_t *core, nt_error_t *err) {
  nt_cursor_t cursor = {.data = raw, .left = size};
  core->axon_base = nt_cursor_u32(&cursor);
  core->axon_count = nt_cursor_u32(&cursor);
  const uint32_t runs = nt_cursor_u32(&cursor);
  uint32_t space = 0;
  uint32_t addr = 0;
  nt_status_t status = NT_OK;
  for (uint32_t i = 0; i < runs && status == NT_OK && !cursor.failed; i++)
    status = get_run(&cursor, params, core, &space, &addr, err);
  if (cursor.failed)
    return nt_fail(err, NT_ERR_FORMAT, "ends inside a run");
  if (status == NT_OK && cursor.left > 0)
    status = nt_fail(err, NT_ERR_FORMAT, "%zu bytes too long", cursor.left);
  if (status == NT_OK && check_axons(params, core, err) != NT_OK)
    status = NT_ERR_FORMAT;
  return status;
}

// ---- identity -----------------------------------------------------------------------------------

static nt_container_header_t header_of(const nt_image_t *image) {
  return (nt_container_header_t){.params = image->params,
                                 .tiles = image->tiles,
                                 .sections = image->tiles * image->params.cores + image->sections};
}

nt_status_t nt_image_identify(const nt_image_t *image, uint32_t *crc, nt_error_t *err) {
  const nt_container_header_t header = header_of(image);
  const uint32_t cores = nt_container_cores(&header);
  nt_container_entry_t *entry = calloc(header.sections, sizeof *entry);
  bool complete = entry != NULL;
  for (uint32_t i = 0; complete && i < cores; i++) {
    nt_bytes_t raw = {0};
    put_core(&raw, &image->params, &image->core[i]);
    complete = !raw.failed;
    if (complete)
      entry[i] = nt_container_describe(&header, i, "", raw.data, raw.size);
    nt_bytes_free(&raw);
  }
  for (uint32_t i = 0; complete && i < image->sections; i++) {
    const nt_image_section_t *section = &image->section[i];
    entry[cores + i] =
        nt_container_describe(&header, cores + i, section->name, section->data, section->size);
  }
  complete = complete && nt_container_identity(&header, entry, crc);
  free(entry);
  return complete ? NT_OK : nt_fail(err, NT_ERR_MEMORY, "image: no memory");
}

// ---- save ---------------------------------------------------------------------------------------

/// Fails like the call that filled `inner`, saying where.
static nt_status_t fail_at_core(const char *path, const nt_params_t *params, uint32_t index,
                                const nt_error_t *inner, nt_error_t *err) {
  return nt_fail(err, inner->status, "%s: tile %" PRIu32 " core %" PRIu32 ": %.400s", path,
                 index / params->cores, index % params->cores, inner->text);
}

static nt_status_t add_core(nt_container_writer_t *writer, const nt_image_t *image, uint32_t index,
                            nt_error_t *err) {
  nt_bytes_t raw = {0};
  put_core(&raw, &image->params, &image->core[index]);
  const nt_status_t status = raw.failed
                                 ? nt_fail(err, NT_ERR_MEMORY, "%s: no memory", writer->file.path)
                                 : nt_container_add(writer, "", raw.data, raw.size, err);
  nt_bytes_free(&raw);
  return status;
}

nt_status_t nt_image_save(nt_image_t *image, const char *path, nt_error_t *err) {
  return nt_image_save_listened(image, path, NULL, err);
}

nt_status_t nt_image_save_listened(nt_image_t *image, const char *path,
                                   const nt_listener_t *listener, nt_error_t *err) {
  const nt_container_header_t header = header_of(image);
  const uint32_t cores = nt_container_cores(&header);
  for (uint32_t i = 0; i < cores; i++) {
    nt_error_t inner = {0};
    if (check_axons(&image->params, &image->core[i], &inner) != NT_OK)
      return fail_at_core(path, &image->params, i, &inner, err);
  }
  nt_container_writer_t writer;
  nt_status_t status = nt_container_create(&writer, path, NT_CONTAINER_MAGIC_IMAGE, &header, err);
  if (status != NT_OK)
    return status;
  for (uint32_t i = 0; i < cores && status == NT_OK; i++) {
    status = add_core(&writer, image, i, err);
    nt_listener_tell(listener, "saving", i + 1, header.sections);
  }
  for (uint32_t i = 0; i < image->sections && status == NT_OK; i++) {
    const nt_image_section_t *section = &image->section[i];
    status = nt_container_add(&writer, section->name, section->data, section->size, err);
    nt_listener_tell(listener, "saving", cores + i + 1, header.sections);
  }
  uint32_t crc = 0;
  if (status == NT_OK && !nt_container_identity(&header, writer.entry, &crc))
    status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  if (status == NT_OK) {
    writer.header.image_crc = crc;
    status = nt_container_commit(&writer, err);
  }
  if (status == NT_OK)
    image->crc = crc;
  nt_container_abort(&writer);
  return status;
}

// ---- load ---------------------------------------------------------------------------------------

static nt_status_t load_core(nt_container_reader_t *reader, nt_image_t *image, uint32_t index,
                             nt_error_t *err) {
  uint8_t *raw = NULL;
  const nt_status_t status =
      nt_container_read(reader, index, core_size_max(&image->params), &raw, err);
  if (status != NT_OK)
    return status;
  nt_error_t inner = {0};
  const nt_status_t decoded = get_core(raw, (size_t)reader->entry[index].raw_size, &image->params,
                                       &image->core[index], &inner);
  free(raw);
  if (decoded != NT_OK) {
    inner.status = decoded;
    return fail_at_core(reader->file.path, &image->params, index, &inner, err);
  }
  return NT_OK;
}

static nt_status_t load_section(nt_container_reader_t *reader, nt_image_t *image, uint32_t index,
                                nt_error_t *err) {
  uint8_t *raw = NULL;
  nt_status_t status = nt_container_read(reader, index, SIZE_MAX, &raw, err);
  if (status == NT_OK)
    status = nt_image_add_section(image, reader->entry[index].name, raw,
                                  (size_t)reader->entry[index].raw_size, err);
  free(raw);
  return status;
}

static nt_status_t load_all(nt_container_reader_t *reader, nt_image_t *image, nt_error_t *err) {
  const nt_container_header_t *header = &reader->header;
  const uint32_t cores = nt_container_cores(header);
  const char *path = reader->file.path;
  nt_status_t status = NT_OK;
  for (uint32_t i = 0; i < header->sections && status == NT_OK; i++)
    status = i < cores ? load_core(reader, image, i, err) : load_section(reader, image, i, err);
  if (status != NT_OK)
    return status;
  if (!nt_container_identity(header, reader->entry, &image->crc))
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  if (image->crc != header->image_crc)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: image checksum: found 0x%08" PRIx32 ", content has 0x%08" PRIx32, path,
                   header->image_crc, image->crc);
  return NT_OK;
}

nt_status_t nt_image_load(const char *path, nt_image_t **image, nt_error_t *err) {
  *image = NULL;
  nt_container_reader_t reader;
  nt_status_t status = nt_container_open(&reader, path, NT_CONTAINER_MAGIC_IMAGE, err);
  if (status != NT_OK)
    return status;
  nt_image_t *loaded = NULL;
  status = nt_image_create(&reader.header.params, reader.header.tiles, &loaded, err);
  if (status == NT_OK)
    status = load_all(&reader, loaded, err);
  nt_container_close(&reader);
  if (status == NT_OK)
    *image = loaded;
  else
    nt_image_free(loaded);
  return status;
}
