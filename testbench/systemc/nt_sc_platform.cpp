// SPDX-License-Identifier: Apache-2.0
#include "nt_sc_platform.h"

#include "nt_sc.h"
#include "nt_sc_device.h"
#include "nt_tile_map.h"

#include <utility>

namespace {

const sc_core::sc_time kPeriod(10, sc_core::SC_NS);
constexpr unsigned kResetPeriods = 6;
constexpr size_t kStackBytes = 16u << 20; // the driver and test programs are ordinary C

} // namespace

// ---- host ----

nt_sc_host::nt_sc_host(const sc_core::sc_module_name &name, uint32_t tiles,
                       std::function<void()> program)
    : sc_module(name), busy("busy", tiles), data("data", tiles), reset_n("reset_n", tiles),
      program_(std::move(program)) {
  SC_THREAD(run);
  set_stack_size(kStackBytes);
}

void nt_sc_host::run() {
  program_();
  sc_core::sc_stop();
}

nt_status_t nt_sc_host::transfer(tlm::tlm_command command, uint64_t address, void *data_ptr,
                                 size_t size, nt_error_t *err) {
  tlm::tlm_generic_payload trans;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  trans.set_command(command);
  trans.set_address(address);
  trans.set_data_ptr(static_cast<unsigned char *>(data_ptr));
  trans.set_data_length(static_cast<unsigned>(size));
  trans.set_streaming_width(static_cast<unsigned>(size));
  bus->b_transport(trans, delay);
  wait(delay);
  if (!trans.is_response_ok())
    return nt_fail(err, NT_ERR_DEVICE, "bus address 0x%llx: %s",
                   static_cast<unsigned long long>(address), trans.get_response_string().c_str());
  return NT_OK;
}

// ---- platform ----

nt_sc_platform::nt_sc_platform(const sc_core::sc_module_name &name, uint32_t tiles,
                               std::function<void()> program)
    : sc_module(name), clk_("clk", kPeriod), busy_("busy", tiles), data_("data", tiles),
      reset_n_("reset_n", tiles), host_("host", tiles, std::move(program)),
      bus_("bus", 2 * kPeriod), memory_("memory", NT_SC_MEMORY_SIZE, kPeriod),
      tiles_("tile", tiles), claimed_(tiles) {
  host_.bus.bind(bus_.initiator);
  bus_.map(0, NT_SC_MEMORY_SIZE, memory_.bus);
  for (uint32_t n = 0; n < tiles; n++) {
    bus_.map(NT_SC_TILES + n * NT_TILE_MAP_SIZE, NT_TILE_MAP_SIZE, tiles_[n].host);
    tiles_[n].clk_i(clk_);
    tiles_[n].rst_ni(reset_n_[n]);
    tiles_[n].busy_o(busy_[n]);
    tiles_[n].data_o(data_[n]);
    host_.busy[n](busy_[n]);
    host_.data[n](data_[n]);
    host_.reset_n[n](reset_n_[n]);
  }
}

nt_status_t nt_sc_platform::open(const nt_params_t &params, nt_dev_t **dev, nt_error_t *err) {
  *dev = nullptr;
  uint32_t n = 0;
  while (n < claimed_.size() && claimed_[n])
    n++;
  if (n == claimed_.size())
    return nt_fail(err, NT_ERR_RANGE, "the SystemC platform has %u tiles: all are claimed", n);
  nt_status_t status = nt_params_match(&params, &tiles_[n].model()->params, err);
  if (status != NT_OK)
    return status;
  tiles_[n].power_cycle();
  host_.reset_n[n].write(true);
  wait(2 * kPeriod); // out of reset
  nt_sc_link link;
  link.bus = &host_.bus;
  link.base = NT_SC_TILES + n * NT_TILE_MAP_SIZE;
  link.busy = &host_.busy[n];
  link.data = &host_.data[n];
  link.period = kPeriod;
  link.tile = &tiles_[n];
  link.reset = [this, n] {
    host_.reset_n[n].write(false);
    wait(kResetPeriods * kPeriod);
    host_.reset_n[n].write(true);
    wait(2 * kPeriod);
  };
  link.closed = [this, n] {
    host_.reset_n[n].write(false);
    wait(2 * kPeriod);
    claimed_[n] = false;
  };
  status = nt_sc_device_open(link, &params, dev, err);
  claimed_[n] = status == NT_OK;
  return status;
}
