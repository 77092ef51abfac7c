// SPDX-License-Identifier: Apache-2.0
#include "nt_image.h"

#include "nt_container.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// All spaces of a core in one zeroed block, which starts at `pool`.
static bool core_create(nt_image_core_t *core, const nt_params_t *params) {
  const size_t pool = nt_dev_space_words(params, NT_SPACE_POOL);
  const size_t prog = nt_dev_space_words(params, NT_SPACE_PROG);
  const size_t table = nt_dev_space_words(params, NT_SPACE_TABLE);
  const size_t group = nt_dev_space_words(params, NT_SPACE_GROUP);
  uint32_t *block = calloc(pool + prog + table + group, sizeof *block);
  if (block == NULL)
    return false;
  core->pool = block;
  core->prog = block + pool;
  core->table = core->prog + prog;
  core->group = core->table + table;
  return true;
}

nt_status_t nt_image_create(const nt_params_t *params, uint32_t tiles, nt_image_t **image,
                            nt_error_t *err) {
  *image = NULL;
  const nt_status_t status = nt_params_check(params, err);
  if (status != NT_OK)
    return status;
  if (tiles < 1 || tiles > NT_HOST_TILE)
    return nt_fail(err, NT_ERR_RANGE, "tiles: found %" PRIu32 ", allowed 1..%u", tiles,
                   NT_HOST_TILE);
  nt_image_t *created = calloc(1, sizeof *created);
  if (created == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "image: no memory");
  created->params = *params;
  created->tiles = tiles;
  const size_t cores = (size_t)tiles * params->cores;
  created->core = calloc(cores, sizeof *created->core);
  bool complete = created->core != NULL;
  for (size_t i = 0; complete && i < cores; i++)
    complete = core_create(&created->core[i], params);
  if (!complete) {
    nt_image_free(created);
    return nt_fail(err, NT_ERR_MEMORY, "image of %" PRIu32 " tiles: no memory", tiles);
  }
  *image = created;
  return NT_OK;
}

void nt_image_free(nt_image_t *image) {
  if (image == NULL)
    return;
  const size_t cores = image->core != NULL ? (size_t)image->tiles * image->params.cores : 0;
  for (size_t i = 0; i < cores; i++)
    free(image->core[i].pool);
  for (uint32_t i = 0; i < image->sections; i++)
    free(image->section[i].data);
  free(image->core);
  free(image->section);
  free(image);
}

nt_image_core_t *nt_image_core(const nt_image_t *image, uint32_t tile, uint32_t core) {
  return &image->core[(size_t)tile * image->params.cores + core];
}

nt_status_t nt_image_add_section(nt_image_t *image, const char *name, const void *data, size_t size,
                                 nt_error_t *err) {
  nt_image_section_t section = {.size = size};
  const size_t length = strlen(name);
  if (length < 1 || length >= sizeof section.name)
    return nt_fail(err, NT_ERR_RANGE, "section name %.32s: found %zu characters, allowed 1..%zu",
                   name, length, sizeof section.name - 1);
  for (size_t i = 0; i < length; i++) {
    if (name[i] <= ' ' || name[i] > '~')
      return nt_fail(err, NT_ERR_RANGE, "section name: character %zu is 0x%02x, allowed 0x21..0x7e",
                     i, (unsigned)(unsigned char)name[i]);
  }
  if (nt_image_section(image, name) != NULL)
    return nt_fail(err, NT_ERR_ARG, "section %s: already in the image", name);
  if (image->sections == NT_CONTAINER_NAMED_MAX)
    return nt_fail(err, NT_ERR_RANGE, "section %s: the image already has %u, the most allowed",
                   name, NT_CONTAINER_NAMED_MAX);
  memcpy(section.name, name, length);
  nt_image_section_t *grown =
      realloc(image->section, (image->sections + 1) * sizeof *image->section);
  if (grown != NULL)
    image->section = grown;
  section.data = malloc(size > 0 ? size : 1);
  if (grown == NULL || section.data == NULL) {
    free(section.data);
    return nt_fail(err, NT_ERR_MEMORY, "section %s: no memory for %zu bytes", name, size);
  }
  if (size > 0)
    memcpy(section.data, data, size);
  image->section[image->sections++] = section;
  return NT_OK;
}

const nt_image_section_t *nt_image_section(const nt_image_t *image, const char *name) {
  for (uint32_t i = 0; i < image->sections; i++) {
    if (strcmp(image->section[i].name, name) == 0)
      return &image->section[i];
  }
  return NULL;
}

nt_status_t nt_params_match(const nt_params_t *image, const nt_params_t *device, nt_error_t *err) {
  const struct {
    const char *name;
    uint32_t image, device;
  } pairs[] = {
      {"CORES", image->cores, device->cores},
      {"WORD_BITS", image->word_bits, device->word_bits},
      {"POOL_WORDS", image->pool_words, device->pool_words},
      {"LINES", image->lines, device->lines},
      {"ACC_BITS", image->acc_bits, device->acc_bits},
      {"PROG_WORDS", image->prog_words, device->prog_words},
      {"TABLE_WORDS", image->table_words, device->table_words},
      {"GROUPS", image->groups, device->groups},
  };
  char text[400] = "";
  size_t used = 0;
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (pairs[i].image == pairs[i].device)
      continue;
    const int length =
        snprintf(text + used, sizeof text - used, "%s%s: image %" PRIu32 ", device %" PRIu32,
                 used > 0 ? "; " : "", pairs[i].name, pairs[i].image, pairs[i].device);
    used += (size_t)length; // eight of these fit
  }
  if (used > 0)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "parameters differ: %s", text);
  return NT_OK;
}
