// SPDX-License-Identifier: Apache-2.0
#include "nt_sc_memory.h"

#include <cstring>
#include <new>

nt_sc_memory::nt_sc_memory(const sc_core::sc_module_name &name, size_t size,
                           const sc_core::sc_time &beat)
    : sc_module(name), size_(size), bytes_(static_cast<unsigned char *>(std::calloc(size, 1))),
      beat_(beat) {
  if (bytes_ == nullptr)
    throw std::bad_alloc();
  bus.register_b_transport(this, &nt_sc_memory::b_transport);
  bus.register_transport_dbg(this, &nt_sc_memory::transport_dbg);
}

void nt_sc_memory::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) {
  const unsigned length = trans.get_data_length();
  trans.set_dmi_allowed(false);
  if (trans.get_byte_enable_ptr() != nullptr) {
    trans.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  } else if (trans.get_streaming_width() < length) {
    trans.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
  } else if (transport_dbg(trans) != length) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
  } else {
    delay += (length + 7) / 8 * beat_;
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
}

unsigned nt_sc_memory::transport_dbg(tlm::tlm_generic_payload &trans) {
  const uint64_t address = trans.get_address();
  const unsigned length = trans.get_data_length();
  if (address > size_ || length > size_ - address)
    return 0;
  unsigned char *at = bytes_.get() + address;
  if (trans.is_read())
    std::memcpy(trans.get_data_ptr(), at, length);
  else if (trans.is_write())
    std::memcpy(at, trans.get_data_ptr(), length);
  return length;
}
