// SPDX-License-Identifier: Apache-2.0
// nt_group_view: a group descriptor, and the pool's 64-bit words, unpacked (docs/spec/memory.md).
#ifndef NT_GROUP_VIEW_H
#define NT_GROUP_VIEW_H

#include "nt_dev.h"

/// Field of a packed record, e.g. NT_VIEW_FIELD(entry, AXON_FORMAT).
#define NT_VIEW_FIELD(word, name)                                                                  \
  ((uint32_t)((uint64_t)(word) >> NT_##name##_LSB & ((UINT64_C(1) << NT_##name##_W) - 1)))

typedef struct nt_group_view {
  bool enable, always;
  uint32_t line, lines, neurons, entry, const_base, state_base, state_words;
  uint32_t port_ptr[NT_PORTS], port_count[NT_PORTS];
} nt_group_view_t;

/// Group `number` of the descriptors of a core.
nt_group_view_t nt_group_view(const uint32_t *groups, uint32_t number);
/// The enabled group that covers `line`, and the number in it of the line's first neuron; false if
/// there is none.
bool nt_group_of_line(const nt_params_t *params, const uint32_t *groups, uint32_t line,
                      uint32_t *number, uint32_t *first);
/// Dword `index` of a table of dwords from pool word `base` on; addresses wrap.
uint64_t nt_pool_view_dword(const nt_params_t *params, const uint32_t *pool, uint32_t base,
                            uint64_t index);

#endif
