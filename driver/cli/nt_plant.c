// SPDX-License-Identifier: Apache-2.0
#include "nt_plant.h"

#include "nt_word.h"

#include <stdio.h>

nt_status_t nt_plant(nt_system_t *system, const nt_params_t *params, const char *text,
                     nt_error_t *err) {
  unsigned tile = 0, bit = 0;
  char end = 0;
  int length = 0;
  nt_word_t at = {.space = NT_SPACE_POOL};
  size_t word = 0;
  if (sscanf(text, "%u:%n", &tile, &length) == 1 && length > 0) {
    word = nt_word_parse(params, text + length, &at);
  }
  if (word == 0 || sscanf(text + length + word, ":%u%c", &bit, &end) != 1 ||
      at.space == NT_SPACE_ACC || tile >= nt_system_tiles(system) || bit > 31) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --plant: found \"%s\", allowed is TILE:CORE:SPACE:ADDRESS:BIT with "
                   "tiles 0 to %u, cores 0 to %u, spaces POOL, PROG, TABLE and GROUP and their "
                   "addresses, bits 0 to 31",
                   text, nt_system_tiles(system) - 1, params->cores - 1);
  }
  nt_dev_t *dev = nt_system_tile(system, tile);
  uint32_t value = 0;
  const nt_status_t status = nt_dev_mem_read(dev, at.core, at.space, at.address, 1, &value, err);
  value ^= UINT32_C(1) << bit;
  return status == NT_OK ? nt_dev_mem_write(dev, at.core, at.space, at.address, 1, &value, err)
                         : status;
}
