// SPDX-License-Identifier: Apache-2.0
// neurotile info: tiles, cores, populations and memory of an image.
#include "nt_bundle.h"
#include "nt_commands.h"
#include "nt_layout.h"
#include "nt_map_report.h"

#include <stdio.h>

static void print_tile(const nt_image_t *image, const nt_layout_t *layout, uint32_t tile) {
  for (uint32_t c = 0; c < image->params.cores; c++) {
    const nt_map_core_t used = nt_map_core(image, layout, tile, c);
    (void)printf("tile %3u core %u  pool %5.1f %%  instructions %4u  lines %u  axons %5u  ", tile,
                 c, 100.0 * used.pool / image->params.pool_words, used.program, used.lines,
                 used.axons);
    for (uint32_t p = 0; p < layout->populations; p++) {
      for (uint32_t k = 0; k < layout->population[p].chunks; k++) {
        const nt_chunk_t *chunk = &layout->population[p].chunk[k];
        if (chunk->tile == tile && chunk->core == c) {
          (void)printf(" %s[%u..%u]", layout->population[p].name, chunk->first,
                       chunk->first + chunk->count - 1);
        }
      }
    }
    (void)printf("\n");
  }
}

nt_status_t nt_command_info(const nt_options_t *options, nt_error_t *err) {
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  nt_status_t status = nt_bundle_open(options, &image, err);
  if (status == NT_OK) {
    status = nt_layout_load(image, &layout, err);
  }
  if (status == NT_OK) {
    (void)printf("%u tiles of %u cores; hidden %u, layers %u, intermediate %u, vocabulary %u; %u "
                 "timesteps a token\n",
                 image->tiles, image->params.cores, layout->hidden, layout->layers,
                 layout->intermediate, layout->vocab, layout->steps_per_token);
    for (uint32_t t = 0; t < image->tiles; t++) {
      print_tile(image, layout, t);
    }
  }
  nt_layout_free(layout);
  nt_image_free(image);
  return status;
}
