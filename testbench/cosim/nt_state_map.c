// SPDX-License-Identifier: Apache-2.0
#include "nt_state_map.h"

#include "nt_group_view.h"

#include <stdlib.h>

static void add(nt_state_map_t *map, nt_state_range_t range) {
  range.copy = map->words;
  map->words += range.words;
  map->range[map->count++] = range;
}

nt_status_t nt_state_map_find(const nt_image_t *image, uint32_t index, nt_state_map_t *map,
                              nt_error_t *err) {
  const nt_params_t *p = &image->params;
  map->range = calloc(2 * (size_t)p->groups, sizeof *map->range);
  if (map->range == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
  }
  for (uint32_t g = 0; g < p->groups; g++) {
    const nt_group_view_t group = nt_group_view(image->core[index].group, g);
    const uint32_t lanes = nt_params_word_lanes(p);
    if (!group.enable || group.state_words == 0) {
      continue;
    }
    const uint32_t base = group.state_base % p->pool_words;
    const uint32_t words = (group.neurons + lanes - 1) / lanes * group.state_words;
    const uint32_t before_wrap = words < p->pool_words - base ? words : p->pool_words - base;
    nt_state_range_t range = {.word = base,
                              .words = before_wrap,
                              .group = g,
                              .line = group.line,
                              .state_words = group.state_words};
    add(map, range);
    if (before_wrap < words) {
      range.word = 0;
      range.first = before_wrap;
      range.words = words - before_wrap < base ? words - before_wrap : base;
      add(map, range);
    }
  }
  return NT_OK;
}

void nt_state_map_free(nt_state_map_t *map) {
  free(map->range);
}
