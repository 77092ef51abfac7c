// SPDX-License-Identifier: Apache-2.0
// nt_core_builder: hands out the resources of one core while the mapper fills it: pool words,
// lines, axons, groups, constants, microcode.
#ifndef NT_CORE_BUILDER_H
#define NT_CORE_BUILDER_H

#include "nt_image.h"

typedef struct nt_core_builder {
  nt_params_t params;
  nt_image_core_t *core; // contents being written; NULL while only planning
  uint32_t tile, index;
  uint32_t pool_used, lines_used, groups_used, prog_used, table_used;
  uint64_t *axon; // input axon entries by number
  uint32_t axons, axon_capacity;
  uint32_t const_base; // first constant of the group being built
} nt_core_builder_t;

/// Takes `words` pool words; NT_ERR_RANGE names what they are for.
nt_status_t nt_core_builder_pool(nt_core_builder_t *builder, uint32_t words, const char *what,
                                 uint32_t *base, nt_error_t *err);
/// Takes `lines` lines.
nt_status_t nt_core_builder_lines(nt_core_builder_t *builder, uint32_t lines, const char *what,
                                  uint32_t *line, nt_error_t *err);
/// Makes axons [base, base + count) exist (format NONE where nothing was put).
nt_status_t nt_core_builder_axons(nt_core_builder_t *builder, uint32_t base, uint32_t count,
                                  nt_error_t *err);
/// Opens the next group; its constants start at a fresh place of the table.
nt_status_t nt_core_builder_group(nt_core_builder_t *builder, uint32_t *group, nt_error_t *err);
/// Number of the constant `value` in the open group, adding it if new; NT_ERR_RANGE beyond 64 or
/// when the table is full.
nt_status_t nt_core_builder_constant(nt_core_builder_t *builder, int32_t value, uint32_t *number,
                                     nt_error_t *err);
/// Appends an instruction.
nt_status_t nt_core_builder_instruction(nt_core_builder_t *builder, uint32_t word, nt_error_t *err);
/// Writes a 64-bit dword of the pool.
void nt_core_builder_dword(nt_core_builder_t *builder, uint32_t word, uint32_t dword,
                           uint64_t value);
/// Places the axon table and sets AXON_BASE and AXON_COUNT.
nt_status_t nt_core_builder_finish(nt_core_builder_t *builder, nt_error_t *err);
void nt_core_builder_free(nt_core_builder_t *builder);

#endif
