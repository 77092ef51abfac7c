// SPDX-License-Identifier: Apache-2.0
// nt_placement: cuts the populations of a network into chunks and gives every chunk a core
// (docs/spec/network.md, "Mapping").
#ifndef NT_PLACEMENT_H
#define NT_PLACEMENT_H

#include "nt_layout.h"
#include "nt_mapper.h"

/// Indices into nt_layout_t.population, in the order of the data flow.
uint32_t nt_placement_embed(void);
uint32_t nt_placement_stage(uint32_t stage);
uint32_t nt_placement_stage_norm(uint32_t stage);
/// Consumer of stage `stage`: the mixer, the MLP or the head; then its own norm (mixer and MLP
/// only).
uint32_t nt_placement_consumer(uint32_t stage);
uint32_t nt_placement_consumer_norm(uint32_t stage);
uint32_t nt_placement_populations(uint32_t layers);

/// Fills layout->population with chunks: tile, core, first, count, lines (not yet line, group,
/// state). Returns the number of tiles.
nt_status_t nt_placement_make(const nt_qmodel_t *model, const nt_mapper_options_t *options,
                              nt_layout_t *layout, uint32_t *tiles, nt_error_t *err);

#endif
