// SPDX-License-Identifier: Apache-2.0
// nt_sc_memory: plain memory on a TLM bus.
#ifndef NT_SC_MEMORY_H
#define NT_SC_MEMORY_H

#include <cstdlib>
#include <memory>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

class nt_sc_memory : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<nt_sc_memory> bus{"bus"};

  /// `size` bytes, all zero; each 8 bytes of a transaction take `beat`.
  nt_sc_memory(const sc_core::sc_module_name &name, size_t size, const sc_core::sc_time &beat);

private:
  void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
  unsigned transport_dbg(tlm::tlm_generic_payload &trans);

  struct Free {
    void operator()(unsigned char *bytes) const {
      std::free(bytes);
    }
  };
  const size_t size_;
  std::unique_ptr<unsigned char, Free> bytes_; // calloc: what is never touched costs nothing
  const sc_core::sc_time beat_;
};

#endif
