// SPDX-License-Identifier: Apache-2.0
#include "nt_axon_in.h"

#include "nt_synapse.h"

void nt_axon_in_deliver(nt_core_t *core, uint32_t axon, int32_t payload) {
  core->counter[NT_COUNTER_MSG_IN]++;
  const uint64_t entry =
      axon < core->axon_count ? nt_pool_dword(&core->pool, core->axon_base, axon) : NT_FORMAT_NONE;
  const uint32_t format = NT_BITS_GET(entry, AXON_FORMAT);
  if (format == NT_FORMAT_NONE || format > NT_FORMAT_SINGLE) {
    nt_core_raise(core, NT_FLAGS_BAD_AXON_LSB);
    return;
  }
  nt_synapse_serve(core, entry, payload);
}
