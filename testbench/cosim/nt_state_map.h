// SPDX-License-Identifier: Apache-2.0
// nt_state_map: where the state words of a core's groups lie in its pool; groups never change after
// loading.
#ifndef NT_STATE_MAP_H
#define NT_STATE_MAP_H

#include "nt_image.h"

/// State words of one group, as a range of pool words that does not wrap.
typedef struct nt_state_range {
  uint32_t word, words; ///< pool words
  uint32_t first;       ///< place of `word` among the group's state words
  uint32_t copy;        ///< place of `word` among all pool words of the core's ranges
  uint32_t group;       ///< number of the group
  uint32_t line;        ///< its first line
  uint32_t state_words; ///< per beat
} nt_state_range_t;

typedef struct nt_state_map {
  nt_state_range_t *range;
  uint32_t count;
  uint32_t words; ///< pool words in all ranges
} nt_state_map_t;

/// Finds the ranges of core `index` = tile * CORES + core of the image. NT_ERR_MEMORY.
nt_status_t nt_state_map_find(const nt_image_t *image, uint32_t index, nt_state_map_t *map,
                              nt_error_t *err);
void nt_state_map_free(nt_state_map_t *map);

#endif
