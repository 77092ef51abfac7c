// SPDX-License-Identifier: Apache-2.0
// nt_sc_platform: host, bus, memory and tiles. The host's thread runs a program; the spike fabric
// between the tiles is the driver's (docs/decisions/0005).
#ifndef NT_SC_PLATFORM_H
#define NT_SC_PLATFORM_H

#include "nt_sc_bus.h"
#include "nt_sc_memory.h"
#include "nt_tile_sc.h"

#include <functional>

/// Addresses on the bus: the memory from 0 on, tile n at NT_SC_TILES + n * NT_TILE_MAP_SIZE.
#define NT_SC_MEMORY_SIZE UINT64_C(0x10000000)
#define NT_SC_TILES UINT64_C(0x100000000)

/// What runs the driver: an initiator with the tiles' signals as interrupts.
class nt_sc_host : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<nt_sc_host> bus{"bus"};
  sc_core::sc_vector<sc_core::sc_in<bool>> busy, data;
  sc_core::sc_vector<sc_core::sc_out<bool>> reset_n; ///< of every tile, low while nobody uses it

  nt_sc_host(const sc_core::sc_module_name &name, uint32_t tiles, std::function<void()> program);
  SC_HAS_PROCESS(nt_sc_host);
  /// One transaction of `size` bytes; NT_ERR_DEVICE unless the response is OK.
  nt_status_t transfer(tlm::tlm_command command, uint64_t address, void *data_ptr, size_t size,
                       nt_error_t *err);

private:
  void run();

  std::function<void()> program_;
};

class nt_sc_platform : public sc_core::sc_module {
public:
  nt_sc_platform(const sc_core::sc_module_name &name, uint32_t tiles,
                 std::function<void()> program);
  /// nt_sc_open (nt_sc.h).
  nt_status_t open(const nt_params_t &params, nt_dev_t **dev, nt_error_t *err);
  nt_sc_host &host() {
    return host_;
  }
  const nt_sc_bus &bus() const {
    return bus_;
  }

private:
  sc_core::sc_clock clk_;
  sc_core::sc_vector<sc_core::sc_signal<bool>> busy_, data_, reset_n_;
  nt_sc_host host_;
  nt_sc_bus bus_;
  nt_sc_memory memory_;
  sc_core::sc_vector<nt_tile_sc> tiles_;
  std::vector<bool> claimed_;
};

#endif
