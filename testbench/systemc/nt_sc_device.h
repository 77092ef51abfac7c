// SPDX-License-Identifier: Apache-2.0
// nt_sc_device: a tile on a TLM bus as the driver's device (nt_dev.h).
//
// Every operation is made of blocking transactions and waits on simulated time, so the driver has
// to run in an SC_THREAD. Memories are loaded and read by debug transport where the tile offers it.
#ifndef NT_SC_DEVICE_H
#define NT_SC_DEVICE_H

#include "nt_dev.h"

#include <functional>

#include <systemc>
#include <tlm>

class nt_tile_sc;

/// How the driver reaches a tile.
struct nt_sc_link {
  tlm::tlm_initiator_socket<> *bus = nullptr;
  uint64_t base = 0;                          ///< address of the tile on the bus
  const sc_core::sc_in<bool> *busy = nullptr; ///< the tile's busy_o
  const sc_core::sc_in<bool> *data = nullptr; ///< the tile's data_o
  sc_core::sc_time period;                    ///< of the tile's clock
  /// The tile itself, for the observation functions of a checker; NULL: the device has none.
  nt_tile_sc *tile = nullptr;
  std::function<void()> reset;  ///< pulls the tile's rst_ni and waits; empty: cannot be reset
  std::function<void()> closed; ///< called by close; may be empty
};

/// Opens a tile that is out of reset. `params` must be the tile's, as nt_system_open checks.
nt_status_t nt_sc_device_open(const nt_sc_link &link, const nt_params_t *params, nt_dev_t **dev,
                              nt_error_t *err);

#endif
