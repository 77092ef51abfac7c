// SPDX-License-Identifier: Apache-2.0
// nt_host: the tile registers as AXI4-Lite shows them (docs/spec/registers.md).
#ifndef NT_HOST_H
#define NT_HOST_H

#include "nt_tile.h"

/// Reads or writes the register at a byte offset. Where AXI answers SLVERR the result is
/// NT_ERR_DEVICE; a refused read gives 0, a refused write changes nothing. A write of CTRL
/// completes its command before it returns.
nt_status_t nt_host_read(nt_tile_t *tile, uint32_t offset, uint32_t *value, nt_error_t *err);
nt_status_t nt_host_write(nt_tile_t *tile, uint32_t offset, uint32_t value, nt_error_t *err);

#endif
