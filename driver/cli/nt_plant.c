// SPDX-License-Identifier: Apache-2.0
#include "nt_plant.h"

#include <stdio.h>
#include <string.h>

nt_status_t nt_plant(nt_system_t *system, const nt_params_t *params, const char *text,
                     nt_error_t *err) {
  static const char *const spaces[] = {[NT_SPACE_POOL] = "POOL",
                                       [NT_SPACE_PROG] = "PROG",
                                       [NT_SPACE_TABLE] = "TABLE",
                                       [NT_SPACE_GROUP] = "GROUP"};
  enum { SPACES = sizeof spaces / sizeof spaces[0] };
  unsigned tile = 0, core = 0, address = 0, bit = 0;
  char name[8], end = 0;
  uint32_t space = 0, word = 0;
  if (sscanf(text, "%u:%u:%7[A-Z]:%u:%u%c", &tile, &core, name, &address, &bit, &end) != 5) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --plant: found \"%s\", allowed is TILE:CORE:SPACE:ADDRESS:BIT", text);
  }
  while (space < SPACES && strcmp(spaces[space], name) != 0) {
    space++;
  }
  if (space == SPACES || tile >= nt_system_tiles(system) || core >= params->cores || bit > 31 ||
      address >= nt_dev_space_words(params, space)) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --plant: found \"%s\", allowed are tiles 0 to %u, cores 0 to %u, spaces "
                   "POOL, PROG, TABLE and GROUP and their addresses, bits 0 to 31",
                   text, nt_system_tiles(system) - 1, params->cores - 1);
  }
  nt_dev_t *dev = nt_system_tile(system, tile);
  nt_status_t status = nt_dev_mem_read(dev, core, space, address, 1, &word, err);
  word ^= UINT32_C(1) << bit;
  return status == NT_OK ? nt_dev_mem_write(dev, core, space, address, 1, &word, err) : status;
}
