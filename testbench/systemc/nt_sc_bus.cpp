// SPDX-License-Identifier: Apache-2.0
#include "nt_sc_bus.h"

#include <algorithm>

nt_sc_bus::nt_sc_bus(const sc_core::sc_module_name &name, const sc_core::sc_time &latency)
    : sc_module(name), latency_(latency) {
  initiator.register_b_transport(this, &nt_sc_bus::b_transport);
  initiator.register_transport_dbg(this, &nt_sc_bus::transport_dbg);
}

void nt_sc_bus::map(uint64_t base, uint64_t size, tlm::tlm_target_socket<> &target) {
  const std::string name = "target_" + std::to_string(regions_.size());
  regions_.push_back({base, size, std::make_unique<Socket>(name.c_str())});
  regions_.back().socket->bind(target);
}

// A burst must end in the region it begins in.
const nt_sc_bus::Region *nt_sc_bus::find(const tlm::tlm_generic_payload &trans) const {
  const uint64_t address = trans.get_address();
  const uint64_t span = std::min<uint64_t>(trans.get_data_length(), trans.get_streaming_width());
  for (const Region &region : regions_) {
    if (address >= region.base && address - region.base < region.size &&
        span <= region.size - (address - region.base))
      return &region;
  }
  return nullptr;
}

void nt_sc_bus::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) {
  const Region *region = find(trans);
  delay += latency_;
  transactions_++;
  if (region == nullptr) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  const uint64_t address = trans.get_address();
  trans.set_address(address - region->base);
  (*region->socket)->b_transport(trans, delay);
  trans.set_address(address);
}

unsigned nt_sc_bus::transport_dbg(tlm::tlm_generic_payload &trans) {
  const Region *region = find(trans);
  if (region == nullptr)
    return 0;
  const uint64_t address = trans.get_address();
  trans.set_address(address - region->base);
  const unsigned moved = (*region->socket)->transport_dbg(trans);
  trans.set_address(address);
  return moved;
}
