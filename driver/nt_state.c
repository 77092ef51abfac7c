// SPDX-License-Identifier: Apache-2.0
// State files (docs/spec/image.md): what a system needs to go on, and nothing a back end could
// differ in.
#include "nt_container.h"
#include "nt_system_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char SPIKES_NAME[] = "spikes";

enum {
  ALL_DENDRITES = (1 << NT_DENDRITES) - 1,
  COUNTER_WORDS = 2 * NT_COUNTERS_EXACT,
  SPIKE_SIZE = 8,
  TILE_ERRORS =
      1 << NT_ERROR_MISROUTE_LSB | 1 << NT_ERROR_BAD_ADDR_LSB | 1 << NT_ERROR_BUSY_WRITE_LSB
};

/// The state of one core as it is in a file.
typedef struct core_state {
  uint32_t flags;
  uint32_t counter[COUNTER_WORDS]; ///< low and high words
  uint32_t act[NT_LINES_MAX];
} core_state_t;

/// Where the state words of a group are: `words` pool words from `base` on, wrapping.
typedef struct extent {
  uint32_t base, words;
} extent_t;

static extent_t group_extent(const nt_params_t *params, const uint32_t *descriptor) {
  if ((descriptor[0] >> NT_GROUP0_ENABLE_LSB & 1u) == 0)
    return (extent_t){0, 0};
  const uint32_t lanes = nt_params_word_lanes(params);
  const uint32_t neurons =
      descriptor[1] >> NT_GROUP1_NEURONS_LSB & ((1u << NT_GROUP1_NEURONS_W) - 1);
  const uint32_t base =
      descriptor[3] >> NT_GROUP3_STATE_BASE_LSB & ((1u << NT_GROUP3_STATE_BASE_W) - 1);
  const uint32_t beat_words =
      descriptor[3] >> NT_GROUP3_STATE_WORDS_LSB & ((1u << NT_GROUP3_STATE_WORDS_W) - 1);
  const uint32_t words = (neurons + lanes - 1) / lanes * beat_words;
  return (extent_t){base % params->pool_words,
                    words < params->pool_words ? words : params->pool_words};
}

/// Every space of a core that is moved, and room for its largest.
typedef struct core_access {
  const nt_params_t *params;
  nt_dev_t *dev;
  uint32_t core;
  uint32_t *group;  ///< the core's group descriptors
  uint32_t *buffer; ///< room for the whole pool or one row
} core_access_t;

static size_t larger(size_t a, size_t b) {
  return a > b ? a : b;
}

static nt_status_t access_open(core_access_t *access, const nt_params_t *params, nt_error_t *err) {
  const size_t pool = nt_dev_space_words(params, NT_SPACE_POOL);
  *access = (core_access_t){.params = params};
  access->group = calloc(nt_dev_space_words(params, NT_SPACE_GROUP), sizeof *access->group);
  access->buffer = calloc(larger(pool, nt_params_line_lanes(params)), sizeof *access->buffer);
  return access->group != NULL && access->buffer != NULL ? NT_OK
                                                         : nt_fail(err, NT_ERR_MEMORY, "no memory");
}

static void access_close(core_access_t *access) {
  free(access->group);
  free(access->buffer);
}

/// Selects the core that the other functions move.
static nt_status_t access_core(core_access_t *access, nt_dev_t *dev, uint32_t core,
                               nt_error_t *err) {
  access->dev = dev;
  access->core = core;
  return nt_dev_mem_read(dev, core, NT_SPACE_GROUP, 0,
                         nt_dev_space_words(access->params, NT_SPACE_GROUP), access->group, err);
}

static extent_t access_extent(const core_access_t *access, uint32_t group) {
  return group_extent(access->params, access->group + (size_t)group * NT_GROUP_WORDS);
}

static nt_status_t read_words(const core_access_t *access, uint32_t space, uint32_t addr,
                              uint32_t count, uint32_t *words, nt_error_t *err) {
  if (count == 0)
    return NT_OK;
  return nt_dev_mem_read(access->dev, access->core, space, addr, count, words, err);
}

static nt_status_t write_words(const core_access_t *access, uint32_t space, uint32_t addr,
                               uint32_t count, const uint32_t *words, nt_error_t *err) {
  if (count == 0)
    return NT_OK;
  return nt_dev_mem_write(access->dev, access->core, space, addr, count, words, err);
}

/// 32-bit words of the extent up to the end of the pool; the others are at its beginning.
static uint32_t words_before_wrap(const core_access_t *access, const extent_t *extent) {
  const uint32_t until_end = access->params->pool_words - extent->base;
  return (extent->words < until_end ? extent->words : until_end) *
         nt_params_word_lanes(access->params);
}

static nt_status_t read_extent(const core_access_t *access, const extent_t *extent,
                               nt_error_t *err) {
  const uint32_t lanes = nt_params_word_lanes(access->params);
  const uint32_t first = words_before_wrap(access, extent);
  nt_status_t status =
      read_words(access, NT_SPACE_POOL, extent->base * lanes, first, access->buffer, err);
  if (status == NT_OK)
    status = read_words(access, NT_SPACE_POOL, 0, extent->words * lanes - first,
                        access->buffer + first, err);
  return status;
}

static nt_status_t write_extent(const core_access_t *access, const extent_t *extent,
                                nt_error_t *err) {
  const uint32_t lanes = nt_params_word_lanes(access->params);
  const uint32_t first = words_before_wrap(access, extent);
  nt_status_t status =
      write_words(access, NT_SPACE_POOL, extent->base * lanes, first, access->buffer, err);
  if (status == NT_OK)
    status = write_words(access, NT_SPACE_POOL, 0, extent->words * lanes - first,
                         access->buffer + first, err);
  return status;
}

static bool row_active(const core_state_t *state, uint32_t dendrite, uint32_t line) {
  return (state->act[line] >> dendrite & 1u) != 0;
}

static uint32_t row_address(const nt_params_t *params, uint32_t dendrite, uint32_t line) {
  return (dendrite * params->lines + line) * nt_params_line_lanes(params);
}

// ---- save ---------------------------------------------------------------------------------------

/// An accumulator as a signed 32-bit value, whatever a back end has above its ACC_BITS.
static uint32_t sign_extend(uint32_t value, uint32_t bits) {
  const uint32_t sign = UINT32_C(1) << (bits - 1);
  const uint32_t mask = sign | (sign - 1);
  return ((value & mask) ^ sign) - sign;
}

static nt_status_t put_rows(const core_access_t *access, const core_state_t *state,
                            nt_bytes_t *bytes, nt_error_t *err) {
  const nt_params_t *params = access->params;
  const uint32_t lanes = nt_params_line_lanes(params);
  nt_status_t status = NT_OK;
  for (uint32_t row = 0; row < NT_DENDRITES * params->lines && status == NT_OK; row++) {
    const uint32_t dendrite = row / params->lines;
    const uint32_t line = row % params->lines;
    if (!row_active(state, dendrite, line))
      continue;
    status = read_words(access, NT_SPACE_ACC, row_address(params, dendrite, line), lanes,
                        access->buffer, err);
    for (uint32_t lane = 0; lane < lanes && status == NT_OK; lane++)
      nt_bytes_put_u32(bytes, sign_extend(access->buffer[lane], params->acc_bits));
  }
  return status;
}

static nt_status_t put_groups(const core_access_t *access, nt_bytes_t *bytes, nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (uint32_t group = 0; group < access->params->groups && status == NT_OK; group++) {
    const extent_t extent = access_extent(access, group);
    const size_t words = (size_t)extent.words * nt_params_word_lanes(access->params);
    nt_bytes_put_u32(bytes, extent.words);
    status = read_extent(access, &extent, err);
    if (status == NT_OK)
      nt_bytes_put_words(bytes, access->buffer, words);
  }
  return status;
}

/// The raw section of the core that `access` selects.
static nt_status_t put_core(const core_access_t *access, uint32_t flags, nt_bytes_t *bytes,
                            nt_error_t *err) {
  const uint32_t lines = access->params->lines;
  core_state_t state = {.flags = flags};
  nt_status_t status =
      read_words(access, NT_SPACE_CREG, NT_CREG_COUNTERS, COUNTER_WORDS, state.counter, err);
  if (status == NT_OK)
    status = read_words(access, NT_SPACE_ACT, 0, lines, state.act, err);
  if (status != NT_OK)
    return status;
  nt_bytes_put_u32(bytes, state.flags);
  nt_bytes_put_words(bytes, state.counter, COUNTER_WORDS);
  nt_bytes_put_words(bytes, state.act, lines);
  status = put_groups(access, bytes, err);
  if (status == NT_OK)
    status = put_rows(access, &state, bytes, err);
  if (status == NT_OK && bytes->failed)
    status = nt_fail(err, NT_ERR_MEMORY, "no memory");
  return status;
}

static nt_status_t save_core(nt_system_t *system, core_access_t *access, uint32_t index,
                             nt_container_writer_t *writer, nt_error_t *err) {
  const uint32_t tile = index / system->params.cores;
  const uint32_t core = index % system->params.cores;
  nt_bytes_t raw = {0};
  nt_error_t inner = {0};
  uint32_t flags = 0;
  inner.status = access_core(access, system->slot[tile].dev, core, &inner);
  if (inner.status == NT_OK)
    inner.status = nt_system_flags(system, tile, core, &flags, &inner);
  if (inner.status == NT_OK)
    inner.status = put_core(access, flags, &raw, &inner);
  const nt_status_t status = inner.status == NT_OK
                                 ? nt_container_add(writer, "", raw.data, raw.size, err)
                                 : nt_system_fail_at(system, tile, &inner, err);
  nt_bytes_free(&raw);
  return status;
}

static int compare_wire(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left;
  const uint64_t b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/// The waiting spikes in wire form: tile by tile, and sorted, because their order means nothing.
static nt_status_t save_spikes(const nt_system_t *system, nt_container_writer_t *writer,
                               nt_error_t *err) {
  nt_bytes_t raw = {0};
  nt_status_t status = NT_OK;
  for (uint32_t tile = 0; tile < system->tiles && status == NT_OK; tile++) {
    const nt_spike_list_t *queue = &system->slot[tile].queue;
    const size_t inside = system->slot[tile].delivered; // these are in accumulators
    const size_t count = queue->count - inside;
    uint64_t *wire = malloc((count > 0 ? count : 1) * sizeof *wire);
    if (wire == NULL) {
      status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", writer->file.path);
      break;
    }
    for (size_t i = 0; i < count; i++)
      wire[i] = nt_spike_pack(&queue->spike[inside + i]);
    qsort(wire, count, sizeof *wire, compare_wire);
    for (size_t i = 0; i < count; i++)
      nt_bytes_put_u64(&raw, wire[i]);
    free(wire);
  }
  if (status == NT_OK && raw.failed)
    status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", writer->file.path);
  if (status == NT_OK)
    status = nt_container_add(writer, SPIKES_NAME, raw.data, raw.size, err);
  nt_bytes_free(&raw);
  return status;
}

nt_status_t nt_system_save(nt_system_t *system, const char *path, nt_error_t *err) {
  const uint32_t cores = system->tiles * system->params.cores;
  const nt_container_header_t header = {.params = system->params,
                                        .tiles = system->tiles,
                                        .sections = cores + 1,
                                        .image_crc = system->image_crc,
                                        .timestep = system->timestep,
                                        .note = system->note};
  nt_container_writer_t writer;
  nt_status_t status = nt_container_create(&writer, path, NT_CONTAINER_MAGIC_STATE, &header, err);
  if (status != NT_OK)
    return status;
  core_access_t access;
  status = access_open(&access, &system->params, err);
  for (uint32_t i = 0; i < cores && status == NT_OK; i++)
    status = save_core(system, &access, i, &writer, err);
  access_close(&access);
  if (status == NT_OK)
    status = save_spikes(system, &writer, err);
  if (status == NT_OK)
    status = nt_container_commit(&writer, err);
  nt_container_abort(&writer);
  return status;
}

// ---- restore: the file --------------------------------------------------------------------------

/// Every section of a state file, read before anything is restored.
typedef struct state_file {
  nt_container_reader_t reader;
  uint8_t **raw; ///< [sections]
} state_file_t;

static void file_close(state_file_t *file) {
  for (uint32_t i = 0; file->raw != NULL && i < file->reader.header.sections; i++)
    free(file->raw[i]);
  free(file->raw);
  nt_container_close(&file->reader);
}

/// The file belongs to the image that the system was opened with.
static nt_status_t check_belongs(const nt_system_t *system, const nt_container_reader_t *reader,
                                 nt_error_t *err) {
  const char *path = reader->file.path;
  const nt_container_header_t *header = &reader->header;
  nt_error_t inner = {0};
  if (nt_params_match(&header->params, &system->params, &inner) != NT_OK)
    return nt_fail(err, inner.status, "%s: %.400s", path, inner.text);
  if (header->tiles != system->tiles)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "%s: tiles: found %" PRIu32 ", allowed %" PRIu32, path,
                   header->tiles, system->tiles);
  if (header->image_crc != system->image_crc)
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "%s: image checksum: found 0x%08" PRIx32 ", allowed 0x%08" PRIx32, path,
                   header->image_crc, system->image_crc);
  const uint32_t cores = nt_container_cores(header);
  if (header->sections != cores + 1 || strcmp(reader->entry[cores].name, SPIKES_NAME) != 0)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: sections: found %" PRIu32 ", allowed %" PRIu32 ", the last one named %s",
                   path, header->sections, cores + 1, SPIKES_NAME);
  return NT_OK;
}

/// What a core's section can have at most: the whole pool for every group and all rows.
static uint64_t core_size_max(const nt_params_t *params) {
  const uint64_t group = 1 + (uint64_t)nt_dev_space_words(params, NT_SPACE_POOL);
  return 4 * (1 + COUNTER_WORDS + (uint64_t)params->lines + params->groups * group +
              nt_dev_space_words(params, NT_SPACE_ACC));
}

static nt_status_t file_open(state_file_t *file, const nt_system_t *system, const char *path,
                             nt_error_t *err) {
  *file = (state_file_t){0};
  nt_status_t status = nt_container_open(&file->reader, path, NT_CONTAINER_MAGIC_STATE, err);
  if (status != NT_OK)
    return status;
  const uint32_t sections = file->reader.header.sections;
  const uint64_t size_max = core_size_max(&system->params);
  status = check_belongs(system, &file->reader, err);
  if (status == NT_OK) {
    file->raw = calloc(sections, sizeof *file->raw);
    if (file->raw == NULL)
      status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  }
  for (uint32_t i = 0; i < sections && status == NT_OK; i++)
    status = nt_container_read(&file->reader, i, i + 1 < sections ? size_max : SIZE_MAX,
                               &file->raw[i], err);
  if (status != NT_OK)
    file_close(file);
  return status;
}

static nt_cursor_t file_cursor(const state_file_t *file, uint32_t section) {
  return (nt_cursor_t){.data = file->raw[section],
                       .left = (size_t)file->reader.entry[section].raw_size};
}

// ---- restore: checking --------------------------------------------------------------------------

static void get_core_state(nt_cursor_t *cursor, const nt_params_t *params, core_state_t *state) {
  state->flags = nt_cursor_u32(cursor);
  nt_cursor_words(cursor, state->counter, COUNTER_WORDS);
  nt_cursor_words(cursor, state->act, params->lines);
}

/// Goes through a core's section and finds exactly what the core's group descriptors ask for.
static nt_status_t check_core(const core_access_t *access, nt_cursor_t cursor, nt_error_t *err) {
  const nt_params_t *params = access->params;
  const uint32_t lanes = nt_params_word_lanes(params);
  core_state_t state = {0};
  get_core_state(&cursor, params, &state);
  for (uint32_t line = 0; line < params->lines; line++) {
    if (state.act[line] > ALL_DENDRITES)
      return nt_fail(err, NT_ERR_FORMAT,
                     "activity of line %" PRIu32 ": found 0x%" PRIx32 ", allowed 0..0x%x", line,
                     state.act[line], ALL_DENDRITES);
  }
  for (uint32_t group = 0; group < params->groups; group++) {
    const uint32_t expected = access_extent(access, group).words;
    const uint32_t found = nt_cursor_u32(&cursor);
    if (found != expected)
      return nt_fail(err, NT_ERR_FORMAT,
                     "state words of group %" PRIu32 ": found %" PRIu32 ", allowed %" PRIu32, group,
                     found, expected);
    nt_cursor_words(&cursor, access->buffer, (size_t)found * lanes);
  }
  for (uint32_t row = 0; row < NT_DENDRITES * params->lines; row++) {
    if (row_active(&state, row / params->lines, row % params->lines))
      nt_cursor_words(&cursor, access->buffer, nt_params_line_lanes(params));
  }
  if (cursor.failed || cursor.left > 0)
    return nt_fail(err, NT_ERR_FORMAT, "section is too %s", cursor.failed ? "short" : "long");
  return NT_OK;
}

static nt_status_t check_spikes(const nt_system_t *system, nt_cursor_t cursor, nt_error_t *err) {
  if (cursor.left % SPIKE_SIZE != 0)
    return nt_fail(err, NT_ERR_FORMAT, "spikes: found %zu bytes, allowed a multiple of %d",
                   cursor.left, SPIKE_SIZE);
  while (cursor.left > 0) {
    const uint64_t wire = nt_cursor_u64(&cursor);
    const nt_spike_t spike = nt_spike_unpack(wire);
    nt_error_t inner = {0};
    if (nt_system_check_spike(system, &spike, &inner) != NT_OK)
      return nt_fail(err, NT_ERR_FORMAT, "%.440s", inner.text);
    if (nt_spike_pack(&spike) != wire)
      return nt_fail(err, NT_ERR_FORMAT, "spikes: found 0x%016" PRIx64 ", allowed bits of a spike",
                     wire);
  }
  return NT_OK;
}

static nt_status_t check_all(const nt_system_t *system, core_access_t *access,
                             const state_file_t *file, nt_error_t *err) {
  const char *path = file->reader.file.path;
  const uint32_t cores = nt_container_cores(&file->reader.header);
  nt_error_t inner = {0};
  for (uint32_t i = 0; i < cores; i++) {
    const uint32_t tile = i / system->params.cores;
    const uint32_t core = i % system->params.cores;
    nt_status_t status = access_core(access, system->slot[tile].dev, core, &inner);
    if (status != NT_OK)
      return nt_system_fail_at(system, tile, &inner, err);
    status = check_core(access, file_cursor(file, i), &inner);
    if (status != NT_OK)
      return nt_fail(err, status, "%s: tile %" PRIu32 " core %" PRIu32 ": %.400s", path, tile, core,
                     inner.text);
  }
  const nt_status_t status = check_spikes(system, file_cursor(file, cores), &inner);
  return status == NT_OK ? NT_OK : nt_fail(err, status, "%s: %.400s", path, inner.text);
}

// ---- restore: applying --------------------------------------------------------------------------

/// Writes a checked section into the core that `access` selects. Activity goes first: rows that are
/// not active do not keep what is written to them.
static nt_status_t apply_core(const core_access_t *access, nt_cursor_t cursor, uint32_t *flags,
                              nt_error_t *err) {
  const nt_params_t *params = access->params;
  const uint32_t lanes = nt_params_line_lanes(params);
  const uint32_t all_flags = UINT32_MAX;
  core_state_t state = {0};
  get_core_state(&cursor, params, &state);
  *flags = state.flags;
  nt_status_t status = write_words(access, NT_SPACE_CREG, NT_CREG_FLAGS, 1, &all_flags, err);
  if (status == NT_OK)
    status =
        write_words(access, NT_SPACE_CREG, NT_CREG_COUNTERS, COUNTER_WORDS, state.counter, err);
  if (status == NT_OK)
    status = write_words(access, NT_SPACE_ACT, 0, params->lines, state.act, err);
  for (uint32_t group = 0; group < params->groups && status == NT_OK; group++) {
    const extent_t extent = access_extent(access, group);
    (void)nt_cursor_u32(&cursor);
    nt_cursor_words(&cursor, access->buffer, (size_t)extent.words * nt_params_word_lanes(params));
    status = write_extent(access, &extent, err);
  }
  for (uint32_t row = 0; row < NT_DENDRITES * params->lines && status == NT_OK; row++) {
    const uint32_t dendrite = row / params->lines;
    const uint32_t line = row % params->lines;
    if (!row_active(&state, dendrite, line))
      continue;
    nt_cursor_words(&cursor, access->buffer, lanes);
    status = write_words(access, NT_SPACE_ACC, row_address(params, dendrite, line), lanes,
                         access->buffer, err);
  }
  return status;
}

static nt_status_t apply_spikes(nt_system_t *system, nt_cursor_t cursor, nt_error_t *err) {
  nt_status_t status = NT_OK;
  while (cursor.left > 0 && status == NT_OK) {
    const nt_spike_t spike = nt_spike_unpack(nt_cursor_u64(&cursor));
    status = nt_system_inject(system, &spike, 1, err);
  }
  return status;
}

static nt_status_t apply_all(nt_system_t *system, core_access_t *access, const state_file_t *file,
                             nt_error_t *err) {
  const uint32_t cores = nt_container_cores(&file->reader.header);
  nt_system_forget_step(system);
  nt_system_drop_queues(system);
  system->timestep = file->reader.header.timestep;
  system->note = file->reader.header.note;
  for (uint32_t i = 0; i < cores; i++) {
    const uint32_t tile = i / system->params.cores;
    const uint32_t core = i % system->params.cores;
    nt_system_slot_t *slot = &system->slot[tile];
    nt_error_t inner = {0};
    if (core == 0)
      inner.status = nt_dev_reg_write(slot->dev, NT_REG_ERROR, TILE_ERRORS, &inner);
    if (inner.status == NT_OK)
      inner.status = access_core(access, slot->dev, core, &inner);
    if (inner.status == NT_OK)
      inner.status = apply_core(access, file_cursor(file, i), &slot->restored_flags[core], &inner);
    if (inner.status != NT_OK)
      return nt_system_fail_at(system, tile, &inner, err);
  }
  return apply_spikes(system, file_cursor(file, cores), err);
}

nt_status_t nt_system_restore(nt_system_t *system, const char *path, nt_error_t *err) {
  state_file_t file;
  nt_status_t status = file_open(&file, system, path, err);
  if (status != NT_OK)
    return status;
  core_access_t access;
  status = access_open(&access, &system->params, err);
  if (status == NT_OK)
    status = check_all(system, &access, &file, err);
  if (status == NT_OK)
    status = apply_all(system, &access, &file, err);
  access_close(&access);
  file_close(&file);
  return status;
}
