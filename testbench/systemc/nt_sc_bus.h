// SPDX-License-Identifier: Apache-2.0
// nt_sc_bus: sends a transaction to the target that owns its address, with the address counted from
// that target's first byte. Outside all targets: TLM_ADDRESS_ERROR_RESPONSE.
#ifndef NT_SC_BUS_H
#define NT_SC_BUS_H

#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

class nt_sc_bus : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<nt_sc_bus> initiator{"initiator"};

  /// Every transaction takes `latency` on its way.
  nt_sc_bus(const sc_core::sc_module_name &name, const sc_core::sc_time &latency);
  /// Maps `size` bytes from `base` on; before the simulation starts.
  void map(uint64_t base, uint64_t size, tlm::tlm_target_socket<> &target);
  /// Blocking transactions carried so far.
  uint64_t transactions() const {
    return transactions_;
  }

private:
  using Socket = tlm_utils::simple_initiator_socket<nt_sc_bus>;
  struct Region {
    uint64_t base, size;
    std::unique_ptr<Socket> socket;
  };

  void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
  unsigned transport_dbg(tlm::tlm_generic_payload &trans);
  const Region *find(const tlm::tlm_generic_payload &trans) const;

  const sc_core::sc_time latency_;
  std::vector<Region> regions_;
  uint64_t transactions_ = 0;
};

#endif
