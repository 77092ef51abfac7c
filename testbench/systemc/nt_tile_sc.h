// SPDX-License-Identifier: Apache-2.0
// nt_tile_sc: the verilated tile as a SystemC module with a TLM-2.0 socket for the host.
//
// The address map is nt_tile_map.h, the guide docs/systemc.md. The module needs no other part of
// the test platform. It wraps the C++ model that the plain RTL device uses, at its pins.
#ifndef NT_TILE_SC_H
#define NT_TILE_SC_H

#include "nt_rtl_pins.h"

#include <cstdint>
#include <deque>
#include <string>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

class nt_tile_sc : public sc_core::sc_module {
public:
  sc_core::sc_in<bool> clk_i{"clk_i"};    ///< every rising edge is a cycle of the tile
  sc_core::sc_in<bool> rst_ni{"rst_ni"};  ///< synchronous, active low; memories keep their contents
  sc_core::sc_out<bool> busy_o{"busy_o"}; ///< STATUS.BUSY, or a message waits to enter
  sc_core::sc_out<bool> data_o{"data_o"}; ///< SPIKE_OUT or RESPONSE holds messages
  tlm_utils::simple_target_socket<nt_tile_sc> host{"host"};

  /// SPIKE_OUT and RESPONSE hold `depth` messages each; when one is full the tile has to wait.
  explicit nt_tile_sc(const sc_core::sc_module_name &name, size_t depth = 256);
  ~nt_tile_sc() override;
  SC_HAS_PROCESS(nt_tile_sc);
  nt_tile_sc(const nt_tile_sc &) = delete;
  nt_tile_sc &operator=(const nt_tile_sc &) = delete;

  /// Power off and on: all memories are zero again, the streams empty.
  void power_cycle();
  /// Why the tile answers nothing any more (an assertion of the RTL); NULL while it does.
  const char *failure() const;
  /// The device inside, for its parameters and the four observation functions; as in nt_rtl_pins.h.
  nt_dev_t *model() {
    return model_;
  }

private:
  using Stream = std::deque<uint64_t>;
  struct Register { // an access under way
    bool active = false, write = false, address = false, data = false, refused = false;
    uint16_t offset = 0;
    uint32_t value = 0;
  };

  void on_clock();
  void after_edge(const nt_rtl_pins_in_t &in);
  void serve_register();
  void take_response(uint64_t message);
  void forget_messages();
  template <typename Condition> bool wait_until(Condition condition);

  void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
  unsigned transport_dbg(tlm::tlm_generic_payload &trans);
  tlm::tlm_response_status access_register(tlm::tlm_generic_payload &trans);
  tlm::tlm_response_status access_level(tlm::tlm_generic_payload &trans) const;
  tlm::tlm_response_status access_stream(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
  tlm::tlm_response_status push(Stream &stream, sc_core::sc_mutex &lock, uint32_t &low,
                                const tlm::tlm_generic_payload &trans);
  tlm::tlm_response_status pop(Stream &stream, const tlm::tlm_generic_payload &trans);
  tlm::tlm_response_status access_memory(tlm::tlm_generic_payload &trans);
  tlm::tlm_response_status one_word(bool write, uint64_t address, uint32_t &word);
  bool in_memory(uint64_t address, uint64_t words) const;
  bool debug_register(uint64_t offset, uint32_t &value) const;
  bool level(uint64_t address, uint32_t &value) const;

  const size_t depth_;
  nt_dev_t *model_ = nullptr;
  nt_error_t error_ = {};
  nt_rtl_pins_out_t out_ = {}; // of the last cycle
  uint64_t cycles_ = 0;
  unsigned reset_cycles_ = 0;
  uint64_t resets_ = 0; // waits that a reset has ended fail
  sc_core::sc_time edge_time_, period_;

  Stream spike_in_, spike_out_, request_, response_;
  uint32_t spike_in_low_ = 0, request_low_ = 0; // first half of a message written in two
  Register register_;
  bool capture_ = false, captured_ = false; // a response belongs to access_memory
  uint64_t capture_message_ = 0;
  sc_core::sc_mutex register_lock_, spike_lock_, request_lock_;
  unsigned waiting_ = 0;
  sc_core::sc_event changed_; // after a cycle, while someone waits
};

#endif
