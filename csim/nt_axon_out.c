// SPDX-License-Identifier: Apache-2.0
#include "nt_axon_out.h"

#include "nt_arith.h"
#include "nt_tile.h"

/// First of a group descriptor's port words.
enum { PORT_WORD = 4 };

/// The payload as message type `type` carries it.
static int32_t wire_payload(nt_core_t *core, uint32_t type, int32_t payload) {
  if (type == NT_SPIKE_TYPE_BINARY)
    return 1;
  const int32_t sent = nt_arith_wrap(payload, 8 * type); // GRADED8, GRADED16, GRADED24 are 1, 2, 3
  if (sent != payload)
    nt_core_raise(core, NT_FLAGS_PAYLOAD_CLIPPED_LSB);
  return sent;
}

void nt_axon_out_send(nt_core_t *core, uint32_t group, uint32_t port, uint32_t neuron,
                      int32_t payload) {
  const uint32_t word = core->group[group * NT_GROUP_WORDS + PORT_WORD + port];
  const uint32_t count = NT_BITS_GET(word, GROUP_PORT_COUNT);
  for (uint32_t k = 0; k < count; k++) {
    const uint64_t dest = nt_pool_dword(&core->pool, NT_BITS_GET(word, GROUP_PORT_PTR), k);
    const uint32_t type = NT_BITS_GET(dest, DEST_TYPE);
    const uint32_t offset = NT_BITS_GET(dest, DEST_VECTOR) != 0 ? neuron : 0;
    const nt_spike_t spike = {.tile = (uint16_t)NT_BITS_GET(dest, DEST_TILE),
                              .cores = (uint8_t)NT_BITS_GET(dest, DEST_CORES),
                              .type = (uint8_t)type,
                              .axon = (uint16_t)(NT_BITS_GET(dest, DEST_AXON) + offset),
                              .payload = wire_payload(core, type, payload)};
    core->counter[NT_COUNTER_MSG_OUT]++;
    nt_tile_send(core->tile, core, &spike);
  }
}
