// SPDX-License-Identifier: Apache-2.0
// nt_tile_map: addresses of a tile as nt_tile_sc's host socket shows them (docs/systemc.md).
#ifndef NT_TILE_MAP_H
#define NT_TILE_MAP_H

#include <stdint.h>

/// Bytes of address space of a tile.
#define NT_TILE_MAP_SIZE UINT64_C(0x20000000)
/// Tile registers, NT_REG_* (4 bytes each).
#define NT_TILE_MAP_REGISTERS UINT64_C(0x0000)
/// End of the registers, begin of the message window.
#define NT_TILE_MAP_STREAMS UINT64_C(0x1000)
/// Streams: 8 bytes a message, the low word at the address, the high word 4 bytes further on.
#define NT_TILE_MAP_SPIKE_IN UINT64_C(0x1000)
#define NT_TILE_MAP_SPIKE_OUT UINT64_C(0x1008)
#define NT_TILE_MAP_REQUEST UINT64_C(0x1010)
#define NT_TILE_MAP_RESPONSE UINT64_C(0x1018)
/// Messages waiting in each stream (4 bytes each).
#define NT_TILE_MAP_LEVEL_SPIKE_IN UINT64_C(0x1020)
#define NT_TILE_MAP_LEVEL_SPIKE_OUT UINT64_C(0x1024)
#define NT_TILE_MAP_LEVEL_REQUEST UINT64_C(0x1028)
#define NT_TILE_MAP_LEVEL_RESPONSE UINT64_C(0x102C)
#define NT_TILE_MAP_STREAMS_END UINT64_C(0x1030)
/// Memories of the cores, up to the end of the tile.
#define NT_TILE_MAP_MEMORY UINT64_C(0x10000000)

/// Address of 32-bit word `addr` of space NT_SPACE_* of a core.
static inline uint64_t nt_tile_map_word(uint32_t core, uint32_t space, uint32_t addr) {
  return NT_TILE_MAP_MEMORY + ((uint64_t)core << 25 | (uint64_t)space << 22 | (uint64_t)addr << 2);
}

#endif
