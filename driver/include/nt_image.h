// SPDX-License-Identifier: Apache-2.0
// nt_image: the memory contents of a system of tiles, and its file form (docs/spec/image.md).
#ifndef NT_IMAGE_H
#define NT_IMAGE_H

#include "nt_dev.h"
#include "nt_listener.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Contents of one core. Arrays have the full size of their space (nt_dev_space_words) and are zero
/// where nothing was put.
typedef struct nt_image_core {
  uint32_t *pool;  ///< [POOL_WORDS * WORD_BITS/32]
  uint32_t *prog;  ///< [PROG_WORDS]
  uint32_t *table; ///< [TABLE_WORDS]
  uint32_t *group; ///< [GROUPS * NT_GROUP_WORDS]
  uint32_t axon_base, axon_count;
} nt_image_core_t;

/// A named blob that travels with the image (model description, embedding, tokenizer, ...).
typedef struct nt_image_section {
  char name[16]; ///< zero-terminated
  uint8_t *data;
  size_t size;
} nt_image_section_t;

typedef struct nt_image {
  nt_params_t params;
  uint32_t tiles;
  nt_image_core_t *core; ///< [tiles * params.cores], tile-major; tile t has TILE_ID t
  nt_image_section_t *section;
  uint32_t sections;
  uint32_t crc; ///< identifies the content; filled by save and load, see nt_image_identify
} nt_image_t;

/// Allocates an image of `tiles` empty tiles (1..NT_HOST_TILE). NT_ERR_MEMORY, NT_ERR_RANGE.
nt_status_t nt_image_create(const nt_params_t *params, uint32_t tiles, nt_image_t **image,
                            nt_error_t *err);
void nt_image_free(nt_image_t *image); ///< NULL is allowed
/// The core's contents; `tile` and `core` must exist.
nt_image_core_t *nt_image_core(const nt_image_t *image, uint32_t tile, uint32_t core);
/// Adds a copy of `data` under `name` (1..15 characters, not yet used).
nt_status_t nt_image_add_section(nt_image_t *image, const char *name, const void *data, size_t size,
                                 nt_error_t *err);
/// The section of that name or NULL.
const nt_image_section_t *nt_image_section(const nt_image_t *image, const char *name);
/// Writes the file atomically (temporary file, then rename). Fills image->crc.
nt_status_t nt_image_save(nt_image_t *image, const char *path, nt_error_t *err);
/// The same, telling `listener` of every section: stage "saving".
nt_status_t nt_image_save_listened(nt_image_t *image, const char *path,
                                   const nt_listener_t *listener, nt_error_t *err);
/// Reads and checks a file: magic, version, definition hash, parameters, sizes, checksums.
nt_status_t nt_image_load(const char *path, nt_image_t **image, nt_error_t *err);
/// The CRC of the content as it is now, the one that save would store; the image does not change.
nt_status_t nt_image_identify(const nt_image_t *image, uint32_t *crc, nt_error_t *err);
/// NT_ERR_UNSUPPORTED, naming every parameter that differs, unless both sets are equal.
nt_status_t nt_params_match(const nt_params_t *image, const nt_params_t *device, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
