// SPDX-License-Identifier: Apache-2.0
#include "nt_tile_sc.h"

#include "nt_rtl.h"
#include "nt_tile_map.h"

#include <cstring>
#include <vector>

namespace {

constexpr uint64_t kPatience = 10000000; // cycles; no access to a healthy tile takes longer
constexpr unsigned kResetCycles = 8;     // after so many the state cannot change any more
constexpr unsigned kWord = 4, kMessage = 8;

uint32_t field(uint64_t word, unsigned lsb, unsigned width) {
  return static_cast<uint32_t>(word >> lsb & ((UINT64_C(1) << width) - 1));
}

// Core, space and word of an address in the memory window (nt_tile_map_word).
uint32_t core_of(uint64_t address) {
  return field(address, 25, 3);
}
uint32_t space_of(uint64_t address) {
  return field(address, 22, 3);
}
uint32_t word_of(uint64_t address) {
  return field(address, 2, 20);
}

} // namespace

nt_tile_sc::nt_tile_sc(const sc_core::sc_module_name &name, size_t depth)
    : sc_module(name), depth_(depth) {
  host.register_b_transport(this, &nt_tile_sc::b_transport);
  host.register_transport_dbg(this, &nt_tile_sc::transport_dbg);
  SC_METHOD(on_clock);
  sensitive << clk_i.pos();
  dont_initialize();
  power_cycle();
}

nt_tile_sc::~nt_tile_sc() {
  nt_dev_close(model_);
}

void nt_tile_sc::power_cycle() {
  const nt_params_t params = nt_rtl_params();
  nt_dev_close(model_);
  error_ = {};
  if (nt_rtl_open(&params, &model_, &error_) != NT_OK)
    SC_REPORT_FATAL(name(), error_.text);
  out_ = {};
  forget_messages();
}

const char *nt_tile_sc::failure() const {
  return error_.status == NT_OK ? nullptr : error_.text;
}

void nt_tile_sc::forget_messages() {
  spike_in_.clear();
  spike_out_.clear();
  request_.clear();
  response_.clear();
  register_.active = false;
  resets_++;
}

// ---- the clock ----

void nt_tile_sc::on_clock() {
  const sc_core::sc_time now = sc_core::sc_time_stamp();
  period_ = now - edge_time_;
  edge_time_ = now;
  cycles_++;
  if (rst_ni.read()) {
    reset_cycles_ = 0;
  } else {
    forget_messages();
    reset_cycles_ += reset_cycles_ < kResetCycles;
  }
  if (error_.status == NT_OK && reset_cycles_ < kResetCycles) {
    nt_rtl_pins_in_t in = {};
    in.rst_n = rst_ni.read();
    in.axi_awaddr = in.axi_araddr = register_.offset;
    in.axi_wdata = register_.value;
    in.axi_wstrb = 0xf;
    in.axi_awvalid = register_.active && register_.write && register_.address;
    in.axi_wvalid = register_.active && register_.write && register_.data;
    in.axi_arvalid = register_.active && !register_.write && register_.address;
    in.req_valid = !request_.empty();
    in.req_data = request_.empty() ? 0 : request_.front();
    in.rsp_ready = response_.size() < depth_ || capture_;
    in.spk_in_valid = !spike_in_.empty();
    in.spk_in_data = spike_in_.empty() ? 0 : spike_in_.front();
    in.spk_out_ready = spike_out_.size() < depth_;
    nt_error_t error = {};
    error.status = nt_rtl_pins_cycle(model_, &in, &out_, &error);
    error_ = error;
    after_edge(in);
  }
  busy_o.write(out_.busy || !spike_in_.empty() || !request_.empty());
  data_o.write(!spike_out_.empty() || !response_.empty());
  if (waiting_ > 0)
    changed_.notify(sc_core::SC_ZERO_TIME);
}

// What the edge transferred.
void nt_tile_sc::after_edge(const nt_rtl_pins_in_t &in) {
  if (in.spk_in_valid && out_.spk_in_ready)
    spike_in_.pop_front();
  if (in.req_valid && out_.req_ready)
    request_.pop_front();
  if (in.spk_out_ready && out_.spk_out_valid)
    spike_out_.push_back(out_.spk_out_data);
  if (in.rsp_ready && out_.rsp_valid)
    take_response(out_.rsp_data);
  if (register_.active)
    serve_register();
}

void nt_tile_sc::serve_register() {
  Register &r = register_;
  if (r.write) {
    r.address = r.address && !out_.axi_awready;
    r.data = r.data && !out_.axi_wready;
    if (out_.axi_bvalid) {
      r.refused = out_.axi_bresp != 0;
      r.active = false;
    }
  } else {
    r.address = r.address && !out_.axi_arready;
    if (out_.axi_rvalid) {
      r.value = out_.axi_rdata;
      r.refused = out_.axi_rresp != 0;
      r.active = false;
    }
  }
}

void nt_tile_sc::take_response(uint64_t message) {
  if (capture_ && field(message, NT_HOST_KIND_LSB, NT_HOST_KIND_W) != NT_RSP_PROBE) {
    captured_ = true;
    capture_message_ = message;
  } else {
    response_.push_back(message);
  }
}

// False when the tile was reset meanwhile, has failed, or does not get there.
template <typename Condition> bool nt_tile_sc::wait_until(Condition condition) {
  const uint64_t end = cycles_ + kPatience;
  const uint64_t resets = resets_;
  waiting_++;
  while (!condition() && resets_ == resets && error_.status == NT_OK && cycles_ < end)
    wait(changed_);
  waiting_--;
  return resets_ == resets && error_.status == NT_OK && condition();
}

// ---- transactions ----

void nt_tile_sc::b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay) {
  const uint64_t address = trans.get_address();
  trans.set_dmi_allowed(false);
  if (trans.get_byte_enable_ptr() != nullptr) {
    trans.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
    return;
  }
  if (trans.get_command() == tlm::TLM_IGNORE_COMMAND) {
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
    return;
  }
  // The tile lives in cycles: it takes part when the initiator's time has come.
  if (delay != sc_core::SC_ZERO_TIME) {
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  if (address < NT_TILE_MAP_STREAMS)
    trans.set_response_status(access_register(trans));
  else if (address < NT_TILE_MAP_LEVEL_SPIKE_IN)
    trans.set_response_status(access_stream(trans, delay));
  else if (address < NT_TILE_MAP_STREAMS_END) {
    trans.set_response_status(access_level(trans));
    delay += period_;
  } else
    trans.set_response_status(access_memory(trans));
}

tlm::tlm_response_status nt_tile_sc::access_register(tlm::tlm_generic_payload &trans) {
  const uint64_t offset = trans.get_address();
  const bool exists =
      offset % kWord == 0 &&
      (offset <= NT_REG_PARAM_GROUPS || (offset >= NT_REG_TILE_ID && offset <= NT_REG_STEPS) ||
       (offset >= NT_REG_QUEUE0 && offset < NT_REG_QUEUE0 + kWord * model_->params.cores));
  if (trans.get_data_length() != kWord || trans.get_streaming_width() < kWord)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (!exists)
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  register_lock_.lock();
  Register r;
  r.active = r.address = r.data = true;
  r.write = trans.is_write();
  r.offset = static_cast<uint16_t>(offset);
  if (r.write)
    std::memcpy(&r.value, trans.get_data_ptr(), kWord);
  register_ = r;
  const bool answered = wait_until([this] { return !register_.active; });
  register_.active = false;
  r = register_;
  register_lock_.unlock();
  if (!answered)
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  if (r.refused)
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (trans.is_read())
    std::memcpy(trans.get_data_ptr(), &r.value, kWord);
  return tlm::TLM_OK_RESPONSE;
}

bool nt_tile_sc::level(uint64_t address, uint32_t &value) const {
  const Stream *stream = nullptr;
  switch (address) {
  case NT_TILE_MAP_LEVEL_SPIKE_IN: stream = &spike_in_; break;
  case NT_TILE_MAP_LEVEL_SPIKE_OUT: stream = &spike_out_; break;
  case NT_TILE_MAP_LEVEL_REQUEST: stream = &request_; break;
  case NT_TILE_MAP_LEVEL_RESPONSE: stream = &response_; break;
  default: return false;
  }
  value = static_cast<uint32_t>(stream->size());
  return true;
}

tlm::tlm_response_status nt_tile_sc::access_level(tlm::tlm_generic_payload &trans) const {
  uint32_t value = 0;
  if (trans.get_data_length() != kWord || trans.get_streaming_width() < kWord)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (!level(trans.get_address(), value))
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!trans.is_read())
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  std::memcpy(trans.get_data_ptr(), &value, kWord);
  return tlm::TLM_OK_RESPONSE;
}

tlm::tlm_response_status nt_tile_sc::access_stream(tlm::tlm_generic_payload &trans,
                                                   sc_core::sc_time &delay) {
  const uint64_t stream = trans.get_address() & ~UINT64_C(7);
  const unsigned length = trans.get_data_length();
  const bool half = length == kWord && trans.get_streaming_width() >= kWord;
  const bool whole = length >= kMessage && length % kMessage == 0 &&
                     (length == kMessage ? trans.get_streaming_width() >= kMessage
                                         : trans.get_streaming_width() == kMessage);
  const bool output = stream == NT_TILE_MAP_SPIKE_OUT || stream == NT_TILE_MAP_RESPONSE;
  if (trans.get_address() % (half ? kWord : kMessage) != 0)
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (!half && !whole)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (trans.is_read() != output)
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (output) {
    delay += length / kWord * period_;
    return pop(stream == NT_TILE_MAP_SPIKE_OUT ? spike_out_ : response_, trans);
  }
  return stream == NT_TILE_MAP_SPIKE_IN ? push(spike_in_, spike_lock_, spike_in_low_, trans)
                                        : push(request_, request_lock_, request_low_, trans);
}

// Returns when the tile has taken the messages.
tlm::tlm_response_status nt_tile_sc::push(Stream &stream, sc_core::sc_mutex &lock, uint32_t &low,
                                          const tlm::tlm_generic_payload &trans) {
  const unsigned char *data = trans.get_data_ptr();
  if (trans.get_data_length() == kWord) {
    uint32_t half = 0;
    std::memcpy(&half, data, kWord);
    if (trans.get_address() % kMessage == 0) {
      low = half;
      return tlm::TLM_OK_RESPONSE;
    }
    lock.lock();
    stream.push_back(static_cast<uint64_t>(half) << 32 | low);
  } else {
    lock.lock();
    for (unsigned k = 0; k < trans.get_data_length(); k += kMessage) {
      uint64_t message = 0;
      std::memcpy(&message, data + k, kMessage);
      stream.push_back(message);
    }
  }
  const bool taken = wait_until([&stream] { return stream.empty(); });
  stream.clear();
  lock.unlock();
  return taken ? tlm::TLM_OK_RESPONSE : tlm::TLM_GENERIC_ERROR_RESPONSE;
}

// All that was asked for, or nothing. The first half of a message leaves it where it is.
tlm::tlm_response_status nt_tile_sc::pop(Stream &stream, const tlm::tlm_generic_payload &trans) {
  const unsigned length = trans.get_data_length();
  unsigned char *data = trans.get_data_ptr();
  if (stream.size() < (length + kMessage - 1) / kMessage)
    return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (length == kWord) {
    const bool high = trans.get_address() % kMessage != 0;
    const uint32_t half = static_cast<uint32_t>(stream.front() >> (high ? 32 : 0));
    std::memcpy(data, &half, kWord);
    if (high)
      stream.pop_front();
    return tlm::TLM_OK_RESPONSE;
  }
  for (unsigned k = 0; k < length; k += kMessage) {
    std::memcpy(data + k, &stream.front(), kMessage);
    stream.pop_front();
  }
  return tlm::TLM_OK_RESPONSE;
}

// ---- memories of the cores ----

bool nt_tile_sc::in_memory(uint64_t address, uint64_t words) const {
  return address >= NT_TILE_MAP_MEMORY && address < NT_TILE_MAP_SIZE &&
         core_of(address) < model_->params.cores &&
         word_of(address) + words <= nt_dev_space_words(&model_->params, space_of(address));
}

// Word by word with requests of its own, in order with those that were written to REQUEST.
tlm::tlm_response_status nt_tile_sc::access_memory(tlm::tlm_generic_payload &trans) {
  const uint64_t address = trans.get_address();
  const unsigned length = trans.get_data_length();
  if (length == 0 || length % kWord != 0 || trans.get_streaming_width() < length)
    return tlm::TLM_BURST_ERROR_RESPONSE;
  if (address % kWord != 0 || !in_memory(address, length / kWord))
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  request_lock_.lock();
  tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
  for (unsigned k = 0; k < length && status == tlm::TLM_OK_RESPONSE; k += kWord) {
    uint32_t word = 0;
    std::memcpy(&word, trans.get_data_ptr() + k, kWord);
    status = one_word(trans.is_write(), address + k, word);
    if (trans.is_read() && status == tlm::TLM_OK_RESPONSE)
      std::memcpy(trans.get_data_ptr() + k, &word, kWord);
  }
  request_lock_.unlock();
  return status;
}

tlm::tlm_response_status nt_tile_sc::one_word(bool write, uint64_t address, uint32_t &word) {
  const uint64_t message = nt_request_pack(write ? NT_REQ_WRITE : NT_REQ_READ, core_of(address),
                                           space_of(address), word_of(address), write ? word : 0);
  bool done = wait_until([this] { return !out_.busy; });
  capture_ = done;
  captured_ = false;
  if (done)
    request_.push_back(message);
  done = done && wait_until([this] { return request_.empty() && !out_.busy; });
  capture_ = false;
  if (!done) {
    request_.clear();
    return tlm::TLM_GENERIC_ERROR_RESPONSE;
  }
  const bool read =
      captured_ && field(capture_message_, NT_HOST_KIND_LSB, NT_HOST_KIND_W) == NT_RSP_RDATA;
  if (write ? captured_ : !read)
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  if (read)
    word = field(capture_message_, NT_HOST_DATA_LSB, NT_HOST_DATA_W);
  return tlm::TLM_OK_RESPONSE;
}

// ---- debug transport ----

// Registers whose value is known without asking the tile.
bool nt_tile_sc::debug_register(uint64_t offset, uint32_t &value) const {
  const nt_params_t &p = model_->params;
  switch (offset) {
  case NT_REG_VERSION: value = NT_DEFS_HASH; return true;
  case NT_REG_PARAM_CORES: value = p.cores; return true;
  case NT_REG_PARAM_WORD_BITS: value = p.word_bits; return true;
  case NT_REG_PARAM_POOL_WORDS: value = p.pool_words; return true;
  case NT_REG_PARAM_LINES: value = p.lines; return true;
  case NT_REG_PARAM_ACC_BITS: value = p.acc_bits; return true;
  case NT_REG_PARAM_PROG_WORDS: value = p.prog_words; return true;
  case NT_REG_PARAM_TABLE_WORDS: value = p.table_words; return true;
  case NT_REG_PARAM_GROUPS: value = p.groups; return true;
  case NT_REG_TIMESTEP: value = out_.timestep; return true;
  default: return false;
  }
}

unsigned nt_tile_sc::transport_dbg(tlm::tlm_generic_payload &trans) {
  const uint64_t address = trans.get_address();
  const unsigned length = trans.get_data_length();
  unsigned char *data = trans.get_data_ptr();
  if (length == 0 || length % kWord != 0 || address % kWord != 0)
    return 0;
  if (address < NT_TILE_MAP_STREAMS_END) {
    uint32_t value = 0;
    if (!trans.is_read() || length != kWord ||
        !(debug_register(address, value) || level(address, value)))
      return 0;
    std::memcpy(data, &value, kWord);
    return kWord;
  }
  if (!in_memory(address, length / kWord) || trans.get_command() == tlm::TLM_IGNORE_COMMAND)
    return 0;
  const uint32_t core = core_of(address), space = space_of(address), word = word_of(address);
  std::vector<uint32_t> words(length / kWord);
  const uint32_t count = static_cast<uint32_t>(words.size());
  if (trans.is_write())
    std::memcpy(words.data(), data, length);
  const uint32_t moved = trans.is_read()
                             ? nt_rtl_peek(model_, core, space, word, count, words.data())
                             : nt_rtl_poke(model_, core, space, word, count, words.data());
  if (trans.is_read())
    std::memcpy(data, words.data(), moved * kWord);
  return moved * kWord;
}
