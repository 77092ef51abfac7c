// SPDX-License-Identifier: Apache-2.0
#include "nt_rtl.h"
#include "nt_rtl_pins.h"

// The model's headers are not ours to keep free of warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wpedantic"
#include "Vnt_tile.h"
#include "verilated.h"
#include "verilated_sym_props.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#elif VM_TRACE_VCD
#include "verilated_vcd_c.h"
#endif
#if VM_COVERAGE
#include "Vnt_tile__Syms.h"
#include "verilated_cov.h"
#include <cstdlib>
#include <mutex>
#include <unistd.h>
#endif
#pragma GCC diagnostic pop

#include <cstdio>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

namespace {

#if VM_TRACE_FST
using Trace = VerilatedFstC;
using TraceFile = VerilatedFst;
constexpr const char *kTraceFormat = "fst";
#elif VM_TRACE_VCD
using Trace = VerilatedVcdC;
using TraceFile = VerilatedVcd;
constexpr const char *kTraceFormat = "vcd";
#else
constexpr const char *kTraceFormat = nullptr;
/// Stands in where the model has no wave support; never opened.
struct Trace {
  void dump(uint64_t) {}
  void close() {}
};
#endif

constexpr uint32_t kBanks = NT_BEATS_PER_LINE;
constexpr uint64_t kSettleCycles = 10000000; // no queue of a healthy tile takes longer to empty
constexpr uint64_t kAxiCycles = 10000;       // no register access takes longer
constexpr uint32_t kNoAnswer = 3;            // in place of an AXI response
constexpr uint64_t kHalfPeriod = 5;          // ns

// A signal or memory of the model, found by name when the device is opened.
struct Signal {
  uint8_t *data = nullptr;
  size_t bytes = 0; // of the whole variable
};

struct Core {
  Signal pool, prog, table, group, enable, always;
  Signal acc[kBanks][2]; // [bank][buffer]
  Signal fill_sel, act_coming, act_current;
  Signal counters, flags;
  std::vector<uint64_t> sent; // tap
};

// A word that traces show.
struct Watch {
  bool on = false;
  uint32_t core = 0, space = 0, address = 0;
  uint32_t code = 0; // of its first signal in the trace
};

struct Rtl {
  nt_dev_t base; // first, so that a nt_dev_t * is also a Rtl *
  std::unique_ptr<VerilatedContext> context;
  std::unique_ptr<Vnt_tile> top;
  std::unique_ptr<Trace> trace;
  Watch watch;
  std::vector<Core> cores;
  Signal msg_valid, msg_ready, msg_data;
  uint64_t cycles = 0;
  bool tapping = false;
  std::string assertion; // the one that fired; empty while none has

  // Streams.
  std::vector<nt_spike_t> spikes; // left the tile
  std::vector<nt_probe_t> probes;
  bool spikes_read = false; // handed out by drain: to be forgotten at the next change
  bool probes_read = false;
  bool answered = false; // RDATA or ERROR arrived
  uint64_t answer = 0;
  bool stall_spk_out = false;
  bool stall_rsp = false;
  std::vector<nt_spike_t> in_step; // to be sent while the next step runs
  uint32_t jitter = 0;             // probability of each pause, in 256ths
  uint64_t jitter_state = 0;
  bool corrupt = false;
  uint64_t corrupt_after = 0;
  uint64_t corrupt_mask = 0;
};

// The tile whose clock this thread runs: Verilator's hooks do not say for whom they are called, and
// its own notion of the current context is neither per tile nor safe between threads.
thread_local Rtl *t_running = nullptr;

Rtl *rtl_of(nt_dev_t *dev) {
  return reinterpret_cast<Rtl *>(dev);
}

uint32_t field(uint64_t word, unsigned lsb, unsigned width) {
  return static_cast<uint32_t>(word >> lsb & ((UINT64_C(1) << width) - 1));
}

bool asserted(const Rtl *rtl) {
  return !rtl->assertion.empty();
}

// ---- the clock ----

// True when the far side of some port pauses this cycle.
bool pauses(Rtl *rtl) {
  if (rtl->jitter == 0)
    return false;
  rtl->jitter_state =
      rtl->jitter_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return rtl->jitter_state >> 56 < rtl->jitter;
}

void take_response(Rtl *rtl, uint64_t data) {
  if (field(data, NT_HOST_KIND_LSB, NT_HOST_KIND_W) != NT_RSP_PROBE) {
    rtl->answered = true;
    rtl->answer = data;
    return;
  }
  rtl->probes.push_back(nt_probe_unpack(data));
}

void take_messages(Rtl *rtl) {
  const uint32_t fire = static_cast<uint32_t>(*rtl->msg_valid.data & *rtl->msg_ready.data);
  for (uint32_t c = 0; fire >> c != 0; c++) {
    if ((fire >> c & 1) != 0) {
      uint64_t wire = 0;
      std::memcpy(&wire, rtl->msg_data.data + 8 * c, sizeof wire);
      rtl->cores[c].sent.push_back(wire);
    }
  }
}

// The low half of a cycle: combinational outputs settle with the inputs set.
void clock_low(Rtl *rtl) {
  t_running = rtl;
  Vnt_tile *top = rtl->top.get();
  top->spk_out_ready_i = !rtl->stall_spk_out && !pauses(rtl);
  top->rsp_ready_i = !rtl->stall_rsp && !pauses(rtl);
  top->clk_i = 0;
  top->eval();
}

// The rising edge.
void clock_edge(Rtl *rtl) {
  Vnt_tile *top = rtl->top.get();
  if (rtl->trace)
    rtl->trace->dump(rtl->cycles * 2 * kHalfPeriod);
  if (rtl->tapping)
    take_messages(rtl);
  top->clk_i = 1;
  top->eval();
  if (rtl->trace)
    rtl->trace->dump(rtl->cycles * 2 * kHalfPeriod + kHalfPeriod);
  rtl->cycles++;
}

// The high half: takes what leaves the tile, then the rising edge.
void clock_high(Rtl *rtl) {
  Vnt_tile *top = rtl->top.get();
  if (top->spk_out_valid_o && top->spk_out_ready_i)
    rtl->spikes.push_back(nt_spike_unpack(top->spk_out_data_o));
  if (top->rsp_valid_o && top->rsp_ready_i)
    take_response(rtl, top->rsp_data_o);
  clock_edge(rtl);
}

void cycle(Rtl *rtl) {
  clock_low(rtl);
  clock_high(rtl);
}

// ---- errors ----

// NT_OK unless an RTL assertion fired.
nt_status_t check_asserts(Rtl *rtl, nt_error_t *err) {
  if (!asserted(rtl))
    return NT_OK;
  return nt_fail(err, NT_ERR_RTL_ASSERT, "cycle %llu: RTL assertion at %s",
                 static_cast<unsigned long long>(rtl->cycles), rtl->assertion.c_str());
}

nt_status_t fail_timeout(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err) {
  return nt_dev_fail_timeout(&rtl->base, what, limit, err);
}

// Clocks until the tile is quiescent.
nt_status_t settle(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err) {
  const uint64_t end = rtl->cycles + limit;
  while (rtl->top->busy_o && rtl->cycles < end && !asserted(rtl))
    cycle(rtl);
  const nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && rtl->top->busy_o)
    return fail_timeout(rtl, what, limit, err);
  return status;
}

// ---- registers ----

// Raises a valid signal that is due, now or after a pause; it then stays until it is taken.
void raise_valid(Rtl *rtl, uint8_t *valid, bool *due) {
  if (*due && !pauses(rtl)) {
    *valid = 1;
    *due = false;
  }
}

// Both halves of a write at once, unless the port pauses; returns when the response has come.
uint32_t axi_write(Rtl *rtl, uint32_t offset, uint32_t value) {
  Vnt_tile *top = rtl->top.get();
  top->s_axi_awaddr_i = static_cast<uint16_t>(offset & 0xfff);
  top->s_axi_wdata_i = value;
  top->s_axi_wstrb_i = 0xf;
  bool address_due = true, data_due = true;
  const uint64_t end = rtl->cycles + kAxiCycles;
  while (rtl->cycles < end && !asserted(rtl)) {
    raise_valid(rtl, &top->s_axi_awvalid_i, &address_due);
    raise_valid(rtl, &top->s_axi_wvalid_i, &data_due);
    top->s_axi_bready_i = !pauses(rtl);
    clock_low(rtl);
    const bool address = top->s_axi_awvalid_i && top->s_axi_awready_o;
    const bool data = top->s_axi_wvalid_i && top->s_axi_wready_o;
    const bool answered = top->s_axi_bvalid_o && top->s_axi_bready_i;
    const uint32_t resp = top->s_axi_bresp_o;
    clock_high(rtl);
    if (address)
      top->s_axi_awvalid_i = 0;
    if (data)
      top->s_axi_wvalid_i = 0;
    if (answered)
      return resp;
  }
  return kNoAnswer;
}

uint32_t axi_read(Rtl *rtl, uint32_t offset, uint32_t *value) {
  Vnt_tile *top = rtl->top.get();
  top->s_axi_araddr_i = static_cast<uint16_t>(offset & 0xfff);
  bool address_due = true;
  *value = 0;
  const uint64_t end = rtl->cycles + kAxiCycles;
  while (rtl->cycles < end && !asserted(rtl)) {
    raise_valid(rtl, &top->s_axi_arvalid_i, &address_due);
    top->s_axi_rready_i = !pauses(rtl);
    clock_low(rtl);
    const bool address = top->s_axi_arvalid_i && top->s_axi_arready_o;
    const bool answered = top->s_axi_rvalid_o && top->s_axi_rready_i;
    const uint32_t resp = top->s_axi_rresp_o;
    const uint32_t data = top->s_axi_rdata_o;
    clock_high(rtl);
    if (address)
      top->s_axi_arvalid_i = 0;
    if (answered) {
      *value = data;
      return resp;
    }
  }
  return kNoAnswer;
}

nt_status_t reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const uint32_t resp = offset > 0xfff ? kNoAnswer : axi_read(rtl, offset, value);
  const nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && resp != 0)
    return nt_fail(err, NT_ERR_DEVICE, "register 0x%03x: no such register", offset);
  return status;
}

nt_status_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const uint32_t resp = offset > 0xfff ? kNoAnswer : axi_write(rtl, offset, value);
  nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && resp != 0)
    return nt_fail(err, NT_ERR_DEVICE, "register 0x%03x: write of 0x%08x refused", offset, value);
  if (status == NT_OK && offset == NT_REG_CTRL && value == 1u << NT_CTRL_CLEAR_STATE_LSB)
    status = settle(rtl, "CLEAR_STATE", kSettleCycles, err);
  return status;
}

// ---- the host port ----

nt_status_t request(Rtl *rtl, uint64_t wire, nt_error_t *err) {
  Vnt_tile *top = rtl->top.get();
  const uint64_t end = rtl->cycles + kSettleCycles;
  bool taken = false;
  rtl->answered = false;
  while (pauses(rtl))
    cycle(rtl);
  top->req_valid_i = 1;
  top->req_data_i = wire;
  while (!taken && rtl->cycles < end && !asserted(rtl)) {
    clock_low(rtl);
    taken = top->req_ready_o != 0;
    clock_high(rtl);
  }
  top->req_valid_i = 0;
  if (!taken && !asserted(rtl))
    return fail_timeout(rtl, "request", kSettleCycles, err);
  return settle(rtl, "request", kSettleCycles, err);
}

nt_status_t msg_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t *word,
                     nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  nt_status_t status = nt_request_check(core, space, addr, err);
  if (status == NT_OK)
    status = request(rtl, nt_request_pack(NT_REQ_READ, core, space, addr, 0), err);
  if (status != NT_OK)
    return status;
  if (!rtl->answered || field(rtl->answer, NT_HOST_KIND_LSB, NT_HOST_KIND_W) != NT_RSP_RDATA)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, word %u: read refused", core, space,
                   addr);
  const uint64_t expected = nt_request_pack(NT_RSP_RDATA, core, space, addr, 0);
  if (rtl->answer >> NT_HOST_ADDR_LSB != expected >> NT_HOST_ADDR_LSB)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, word %u: answered 0x%016llx", core,
                   space, addr, static_cast<unsigned long long>(rtl->answer));
  *word = field(rtl->answer, NT_HOST_DATA_LSB, NT_HOST_DATA_W);
  return NT_OK;
}

nt_status_t msg_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word,
                      nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  nt_status_t status = nt_request_check(core, space, addr, err);
  if (status == NT_OK)
    status = request(rtl, nt_request_pack(NT_REQ_WRITE, core, space, addr, word), err);
  if (status == NT_OK && rtl->answered)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, word %u: write refused", core, space,
                   addr);
  return status;
}

// ---- the back door ----

bool bit_at(const Signal &signal, uint32_t n) {
  return (signal.data[n / 8] >> (n % 8) & 1) != 0;
}

void set_bit(const Signal &signal, uint32_t n, bool value) {
  const unsigned mask = 1u << (n % 8);
  const unsigned old = signal.data[n / 8];
  signal.data[n / 8] = static_cast<uint8_t>(value ? old | mask : old & ~mask);
}

// Where an accumulator is: bank, and byte inside the bank's memory.
struct Place {
  uint32_t bank;
  size_t byte;
};

Place acc_place(const nt_params_t &p, const Signal &bank_memory, uint32_t row, uint32_t lane) {
  const uint32_t lanes = nt_params_word_lanes(&p);
  const size_t row_bytes = bank_memory.bytes / (NT_DENDRITES * p.lines);
  return {lane / lanes, row * row_bytes + lane % lanes * (p.acc_bits / 8)};
}

int32_t acc_get(const nt_params_t &p, const Core &core, uint32_t buffer, uint32_t row,
                uint32_t lane) {
  const Place at = acc_place(p, core.acc[0][buffer], row, lane);
  const uint8_t *data = core.acc[at.bank][buffer].data + at.byte;
  uint32_t value =
      data[0] | static_cast<uint32_t>(data[1]) << 8 | static_cast<uint32_t>(data[2]) << 16;
  if (p.acc_bits == 32)
    return static_cast<int32_t>(value | static_cast<uint32_t>(data[3]) << 24);
  return static_cast<int32_t>(value ^ 0x800000u) - 0x800000;
}

void acc_set(const nt_params_t &p, const Core &core, uint32_t buffer, uint32_t row, uint32_t lane,
             uint32_t value) {
  const Place at = acc_place(p, core.acc[0][buffer], row, lane);
  uint8_t *data = core.acc[at.bank][buffer].data + at.byte;
  for (uint32_t k = 0; k < p.acc_bits / 8; k++)
    data[k] = static_cast<uint8_t>(value >> (8 * k) & 0xff);
}

// Number of the activity bit of a row.
uint32_t act_bit(const nt_params_t &p, uint32_t row) {
  return row % p.lines * NT_DENDRITES + row / p.lines;
}

// A memory of plain 32-bit words, or NULL.
const Signal *plain_space(const Core &core, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return &core.pool;
  case NT_SPACE_PROG: return &core.prog;
  case NT_SPACE_TABLE: return &core.table;
  case NT_SPACE_GROUP: return &core.group;
  default: return nullptr;
  }
}

nt_status_t check_access(Rtl *rtl, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                         nt_error_t *err) {
  const uint32_t words = nt_dev_space_words(&rtl->base.params, space);
  if (core >= rtl->base.params.cores || addr > words || count > words - addr)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, words %u to %u: do not exist", core,
                   space, addr, addr + count);
  return settle(rtl, "memory access", kSettleCycles, err);
}

nt_status_t mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const nt_params_t &p = dev->params;
  nt_status_t status = check_access(rtl, core, space, addr, count, err);
  if (status != NT_OK)
    return status;
  const Core &c = rtl->cores[core];
  const Signal *plain = plain_space(c, space);
  if (plain != nullptr) {
    std::memcpy(words, plain->data + 4 * static_cast<size_t>(addr), 4 * static_cast<size_t>(count));
    return NT_OK;
  }
  for (uint32_t k = 0; k < count && status == NT_OK; k++) {
    const uint32_t at = addr + k;
    if (space == NT_SPACE_ACC) {
      const uint32_t lanes = nt_params_line_lanes(&p);
      const bool active = bit_at(c.act_coming, act_bit(p, at / lanes));
      words[k] =
          active ? static_cast<uint32_t>(acc_get(p, c, *c.fill_sel.data, at / lanes, at % lanes))
                 : 0;
    } else if (space == NT_SPACE_ACT) {
      words[k] = 0;
      for (uint32_t d = 0; d < NT_DENDRITES; d++)
        words[k] |= static_cast<uint32_t>(bit_at(c.act_coming, at * NT_DENDRITES + d)) << d;
    } else if (at >= NT_CREG_COUNTERS && at < NT_CREG_COUNTERS + 2 * NT_COUNTERS) {
      std::memcpy(&words[k], c.counters.data + 4 * static_cast<size_t>(at - NT_CREG_COUNTERS), 4);
    } else if (at == NT_CREG_FLAGS) {
      words[k] = *c.flags.data;
    } else {
      status = msg_read(dev, core, space, at, &words[k], err);
    }
  }
  return status;
}

nt_status_t mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                      const uint32_t *words, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const nt_params_t &p = dev->params;
  nt_status_t status = check_access(rtl, core, space, addr, count, err);
  if (status != NT_OK)
    return status;
  const Core &c = rtl->cores[core];
  const Signal *plain = plain_space(c, space);
  bool access_due = space == NT_SPACE_POOL;
  if (plain != nullptr)
    std::memcpy(plain->data + 4 * static_cast<size_t>(addr), words, 4 * static_cast<size_t>(count));
  for (uint32_t k = 0; k < count && status == NT_OK; k++) {
    const uint32_t at = addr + k;
    const uint32_t lanes = nt_params_line_lanes(&p);
    if (space == NT_SPACE_GROUP && at % NT_GROUP_WORDS == 0) {
      set_bit(c.enable, at / NT_GROUP_WORDS, (words[k] >> NT_GROUP0_ENABLE_LSB & 1) != 0);
      set_bit(c.always, at / NT_GROUP_WORDS, (words[k] >> NT_GROUP0_ALWAYS_LSB & 1) != 0);
      access_due = true;
    } else if (plain != nullptr) {
      continue;
    } else if (space == NT_SPACE_ACC) {
      acc_set(p, c, *c.fill_sel.data, at / lanes, at % lanes, words[k]);
    } else {
      status = msg_write(dev, core, space, at, words[k], err);
    }
  }
  // A core at rest has no clock: an access wakes it, PENDING follows the new groups, and the axon
  // table's pool word read last is forgotten.
  uint32_t ignored = 0;
  if (status == NT_OK && access_due)
    status = msg_read(dev, core, NT_SPACE_GROUP, 0, &ignored, err);
  return status;
}

// ---- spikes and steps ----

// Forgets what drain and drain_probes handed out.
void forget_read(Rtl *rtl) {
  if (rtl->spikes_read)
    rtl->spikes.clear();
  if (rtl->probes_read)
    rtl->probes.clear();
  rtl->spikes_read = false;
  rtl->probes_read = false;
}

nt_status_t inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  Vnt_tile *top = rtl->top.get();
  forget_read(rtl);
  uint64_t end = rtl->cycles + kSettleCycles;
  size_t sent = 0;
  top->spk_in_valid_i = 0;
  while (sent < count && rtl->cycles < end && !asserted(rtl)) {
    if (!top->spk_in_valid_i && !pauses(rtl)) {
      uint64_t wire = nt_spike_pack(&spikes[sent]);
      if (rtl->corrupt && rtl->corrupt_after-- == 0) {
        wire ^= rtl->corrupt_mask;
        rtl->corrupt = false;
      }
      top->spk_in_data_i = wire;
      top->spk_in_valid_i = 1;
    }
    clock_low(rtl);
    const bool taken = top->spk_in_valid_i && top->spk_in_ready_o;
    clock_high(rtl);
    if (taken) {
      sent++;
      top->spk_in_valid_i = 0;
      end = rtl->cycles + kSettleCycles;
    }
  }
  top->spk_in_valid_i = 0;
  const nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && sent < count)
    return fail_timeout(rtl, "spike-in", kSettleCycles, err);
  return status;
}

nt_status_t step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const uint64_t begin = rtl->cycles;
  forget_read(rtl);
  nt_rtl_tap_clear(dev);
  nt_status_t status = NT_OK;
  if (rtl->top->timestep_o != timestep)
    status = reg_write(dev, NT_REG_TIMESTEP, timestep, err);
  if (status == NT_OK)
    status = reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_START_LSB, err);
  if (status == NT_OK)
    status = inject(dev, rtl->in_step.data(), rtl->in_step.size(), err);
  rtl->in_step.clear();
  const uint64_t used = rtl->cycles - begin;
  if (status == NT_OK)
    status = settle(rtl, "timestep", max_cycles > used ? max_cycles - used : 0, err);
  return status;
}

void drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  Rtl *rtl = rtl_of(dev);
  if (rtl->spikes_read)
    rtl->spikes.clear();
  rtl->spikes_read = true;
  *spikes = rtl->spikes.data();
  *count = rtl->spikes.size();
}

void drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count) {
  Rtl *rtl = rtl_of(dev);
  if (rtl->probes_read)
    rtl->probes.clear();
  rtl->probes_read = true;
  *probes = rtl->probes.data();
  *count = rtl->probes.size();
}

bool pending(nt_dev_t *dev) {
  Rtl *rtl = rtl_of(dev);
  // Spikes under way count once they have been added; an error shows at the next call that can
  // report it.
  return settle(rtl, "spikes", kSettleCycles, nullptr) != NT_OK || rtl->top->pending_o;
}

void progress(nt_dev_t *dev, nt_progress_t *progress) {
  Rtl *rtl = rtl_of(dev);
  uint32_t value = 0;
  *progress = {};
  axi_read(rtl, NT_REG_STATUS, &value);
  progress->phase = field(value, NT_STATUS_PHASE_LSB, NT_STATUS_PHASE_W);
  for (uint32_t c = 0; c < dev->params.cores; c++)
    axi_read(rtl, NT_REG_QUEUE0 + 4 * c, &progress->queue[c]);
}

uint64_t cycles(nt_dev_t *dev) {
  return rtl_of(dev)->cycles;
}

// ---- observation ----

void current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  const Core &c = rtl_of(dev)->cores[core];
  for (uint32_t line = 0; line < dev->params.lines; line++)
    activity[line] = static_cast<uint8_t>(c.act_current.data[line / 2] >> (line % 2 * 4) & 0xf);
}

void current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  const Core &c = rtl_of(dev)->cores[core];
  const nt_params_t &p = dev->params;
  const uint32_t buffer = *c.fill_sel.data ^ 1u;
  if (p.acc_bits == 32) { // a bank's row is its values
    const size_t bytes = 4 * static_cast<size_t>(nt_params_word_lanes(&p));
    for (uint32_t b = 0; b < kBanks; b++)
      std::memcpy(values + b * nt_params_word_lanes(&p), c.acc[b][buffer].data + row * bytes,
                  bytes);
    return;
  }
  for (uint32_t lane = 0; lane < nt_params_line_lanes(&p); lane++)
    values[lane] = acc_get(p, c, buffer, row, lane);
}

void set_tap(nt_dev_t *dev, bool on) {
  rtl_of(dev)->tapping = on;
}

void tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count) {
  const Core &c = rtl_of(dev)->cores[core];
  *wire = c.sent.data();
  *count = c.sent.size();
}

// ---- a watched word in a trace, in the way the model adds its own signals ----

#if VM_TRACE
uint32_t watched(const Rtl *rtl, uint32_t buffer) {
  const Watch &w = rtl->watch;
  const Core &core = rtl->cores[w.core];
  const nt_params_t &p = rtl->base.params;
  if (w.space == NT_SPACE_ACC) {
    const uint32_t lanes = nt_params_line_lanes(&p);
    return static_cast<uint32_t>(acc_get(p, core, buffer, w.address / lanes, w.address % lanes));
  }
  uint32_t value = 0;
  std::memcpy(&value, plain_space(core, w.space)->data + 4 * static_cast<size_t>(w.address), 4);
  return value;
}

void declare_word(TraceFile *file, uint32_t code, const char *name) {
#if VM_TRACE_FST
  file->declBus(code, name, -1, FST_VD_IMPLICIT, FST_VT_VCD_WIRE, false, -1, 31, 0);
#else
  file->declBus(code, name, false, -1, 31, 0);
#endif
}

void watch_declare(void *user, TraceFile *file, uint32_t code) {
  Watch &w = static_cast<Rtl *>(user)->watch;
  w.code = code;
  file->scopeEscape(' ');
  file->pushNamePrefix("TOP watch ");
  if (w.space == NT_SPACE_ACC) {
    declare_word(file, code, "acc0");
    declare_word(file, code + 1, "acc1");
  } else {
    declare_word(file, code, "word");
  }
  file->popNamePrefix(1);
  file->scopeEscape('.');
}

void watch_full(void *user, TraceFile::Buffer *out) {
  const Rtl *rtl = static_cast<Rtl *>(user);
  for (uint32_t k = 0; k < (rtl->watch.space == NT_SPACE_ACC ? 2u : 1u); k++)
    out->fullIData(out->oldp(rtl->watch.code + k), watched(rtl, k), 32);
}

void watch_change(void *user, TraceFile::Buffer *out) {
  const Rtl *rtl = static_cast<Rtl *>(user);
  for (uint32_t k = 0; k < (rtl->watch.space == NT_SPACE_ACC ? 2u : 1u); k++)
    out->chgIData(out->oldp(rtl->watch.code + k), watched(rtl, k), 32);
}
#endif

// ---- reset, open and close ----

// Inputs may have begun with random values, and what left the tile before it was reset is nothing.
void pull_reset(Rtl *rtl) {
  Vnt_tile *top = rtl->top.get();
  top->s_axi_awvalid_i = 0;
  top->s_axi_wvalid_i = 0;
  top->s_axi_bready_i = 0;
  top->s_axi_arvalid_i = 0;
  top->s_axi_rready_i = 0;
  top->spk_in_valid_i = 0;
  top->req_valid_i = 0;
  top->rst_ni = 0;
  for (int k = 0; k < 4; k++)
    cycle(rtl);
  top->rst_ni = 1;
  cycle(rtl);
  rtl->spikes.clear();
  rtl->probes.clear();
}

nt_status_t reset(nt_dev_t *dev, nt_error_t *err) {
  pull_reset(rtl_of(dev));
  nt_rtl_tap_clear(dev);
  return check_asserts(rtl_of(dev), err);
}

#if VM_COVERAGE
// The coverage of all tiles of this process (docs/coverage.md). The first tile closed is kept; the
// counts of those after it are added to its own. At exit they are written to the folder
// NT_COVERAGE_DIR, in a file of this process.
std::mutex g_coverage_mutex;
Vnt_tile *g_coverage = nullptr;

void write_coverage() {
  const char *folder = std::getenv("NT_COVERAGE_DIR");
  if (folder == nullptr)
    return;
  const std::string path = std::string(folder) + "/" + std::to_string(getpid()) + ".dat";
  g_coverage->contextp()->coveragep()->write(path.c_str());
}

void take_coverage(Rtl *rtl) {
  const std::lock_guard<std::mutex> lock(g_coverage_mutex);
  if (g_coverage == nullptr) {
    g_coverage = rtl->top.release();
    (void)rtl->context.release(); // the model refers to it
    (void)std::atexit(write_coverage);
    return;
  }
  auto &sum = g_coverage->rootp->vlSymsp->__Vcoverage;
  const auto &more = rtl->top->rootp->vlSymsp->__Vcoverage;
  for (size_t k = 0; k < sizeof sum / sizeof sum[0]; k++)
    sum[k] += more[k];
}
#endif

void close(nt_dev_t *dev) {
  Rtl *rtl = rtl_of(dev);
  nt_rtl_trace_close(dev);
  rtl->top->final();
  // The model's destructor leaves the thread's current context, which must not be one that is gone.
  Verilated::threadContextp(rtl->context.get());
#if VM_COVERAGE
  take_coverage(rtl);
#endif
  delete rtl;
}

constexpr nt_dev_ops_t kOps = {
    "rtl",       close,   reg_read, reg_write,    mem_read, mem_write, msg_read, msg_write,
    inject,      step,    drain,    drain_probes, pending,  progress,  cycles,   current_activity,
    current_row, set_tap, tap,      reset};

// Finds signals of the model by name; the first one missing stays in `missing`.
struct Finder {
  VerilatedContext *context;
  std::string missing;

  Signal find(const std::string &scope, const char *name) {
    const VerilatedScope *at = context->scopeFind(scope.c_str());
    const VerilatedVar *var = at != nullptr ? at->varFind(name) : nullptr;
    if (var == nullptr) {
      if (missing.empty())
        missing = scope + "." + name;
      return {};
    }
    return {static_cast<uint8_t *>(var->datap()), var->totalSize()};
  }
};

nt_status_t find_signals(Rtl *rtl, nt_error_t *err) {
  Finder finder = {rtl->context.get(), ""};
  rtl->msg_valid = finder.find("TOP.nt_tile", "msg_valid");
  rtl->msg_ready = finder.find("TOP.nt_tile", "msg_ready");
  rtl->msg_data = finder.find("TOP.nt_tile", "msg_data");
  rtl->cores.resize(rtl->base.params.cores);
  for (uint32_t n = 0; n < rtl->base.params.cores; n++) {
    Core &c = rtl->cores[n];
    const std::string core = "TOP.nt_tile.g_core[" + std::to_string(n) + "].u_core";
    c.pool = finder.find(core + ".u_pool", "mem_q");
    c.prog = finder.find(core + ".u_engine", "prog_q");
    c.table = finder.find(core + ".u_engine", "table_q");
    c.group = finder.find(core + ".u_engine", "group_q");
    c.enable = finder.find(core + ".u_engine", "group_enable_q");
    c.always = finder.find(core + ".u_engine", "group_always_q");
    for (uint32_t b = 0; b < kBanks; b++) {
      const std::string bank = core + ".u_dendrite.g_bank[" + std::to_string(b) + "].u_bank";
      c.acc[b][0] = finder.find(bank, "mem0_q");
      c.acc[b][1] = finder.find(bank, "mem1_q");
    }
    c.fill_sel = finder.find(core + ".u_dendrite", "fill_sel_q");
    c.act_coming = finder.find(core + ".u_dendrite", "act_coming_q");
    c.act_current = finder.find(core + ".u_dendrite", "act_current_q");
    c.counters = finder.find(core + ".u_creg", "counter_q");
    c.flags = finder.find(core + ".u_creg", "flags_q");
  }
  if (!finder.missing.empty())
    return nt_fail(err, NT_ERR_INTERNAL, "%s: not public in the model", finder.missing.c_str());
  return NT_OK;
}

nt_status_t check_params(const nt_params_t &wanted, nt_error_t *err) {
  const nt_params_t built = nt_rtl_params();
  const struct {
    const char *name;
    uint32_t wanted, built;
  } list[] = {
      {"CORES", wanted.cores, built.cores},
      {"WORD_BITS", wanted.word_bits, built.word_bits},
      {"POOL_WORDS", wanted.pool_words, built.pool_words},
      {"LINES", wanted.lines, built.lines},
      {"ACC_BITS", wanted.acc_bits, built.acc_bits},
      {"PROG_WORDS", wanted.prog_words, built.prog_words},
      {"TABLE_WORDS", wanted.table_words, built.table_words},
      {"GROUPS", wanted.groups, built.groups},
  };
  std::string text;
  for (const auto &entry : list) {
    if (entry.wanted != entry.built)
      text += std::string(text.empty() ? "" : ", ") + entry.name + " = " +
              std::to_string(entry.wanted) + " (built for " + std::to_string(entry.built) + ")";
  }
  return text.empty() ? NT_OK
                      : nt_fail(err, NT_ERR_UNSUPPORTED,
                                "the verilated tile has other parameters: %s", text.c_str());
}

} // namespace

// Verilator's hook for $error and $stop, in place of ending the program. The first one counts.
void vl_stop(const char *filename, int linenum, const char *hier) {
  if (!asserted(t_running))
    t_running->assertion = std::string(filename) + ":" + std::to_string(linenum) +
                           (hier[0] == '\0' ? "" : std::string(" in ") + hier);
}

extern "C" {

nt_params_t nt_rtl_params(void) {
  return {NT_RTL_CORES,    NT_RTL_WORD_BITS,  NT_RTL_POOL_WORDS,  NT_RTL_LINES,
          NT_RTL_ACC_BITS, NT_RTL_PROG_WORDS, NT_RTL_TABLE_WORDS, NT_RTL_GROUPS};
}

nt_status_t nt_rtl_open(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err) {
  return nt_rtl_open_shaken(params, 0, dev, err);
}

nt_status_t nt_rtl_open_shaken(const nt_params_t *params, uint32_t seed, nt_dev_t **dev,
                               nt_error_t *err) {
  *dev = nullptr;
  nt_status_t status = check_params(*params, err);
  if (status != NT_OK)
    return status;
  try {
    std::unique_ptr<Rtl> rtl(new Rtl());
    rtl->base.ops = &kOps;
    rtl->base.params = *params;
    rtl->context.reset(new VerilatedContext);
    // Coverage is not to count what random contents do.
    rtl->context->randReset(seed == 0 || VM_COVERAGE ? 0 : 2);
    rtl->context->randSeed(static_cast<int>(seed & 0x7fffffff));
    rtl->context->threads(1); // else Verilator keeps idle threads for every tile
    rtl->context->traceEverOn(true);
    rtl->context->timeunit(-9);
    rtl->context->timeprecision(-9);
    rtl->top.reset(new Vnt_tile(rtl->context.get(), "TOP"));
    // Verilator counts errors in the context last made, in whichever thread; that one must not end
    // with a tile.
    Verilated::threadContextp(Verilated::defaultContextp());
    status = find_signals(rtl.get(), err);
    if (status == NT_OK) {
      status = reset(&rtl->base, err);
    }
    if (status == NT_OK)
      *dev = &rtl.release()->base;
    return status;
  } catch (const std::bad_alloc &) {
    return nt_fail(err, NT_ERR_MEMORY, "no memory for a verilated tile");
  }
}

const char *nt_rtl_trace_format(void) {
  return kTraceFormat;
}

nt_status_t nt_rtl_trace_check(const char *path, nt_error_t *err) {
  if (kTraceFormat == nullptr)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "%s: this build has no wave support (NT_TRACE=OFF)",
                   path);
  const std::string name = path;
  const std::string other = std::strcmp(kTraceFormat, "vcd") == 0 ? ".fst" : ".vcd";
  if (name.size() >= other.size() &&
      name.compare(name.size() - other.size(), other.size(), other) == 0)
    return nt_fail(
        err, NT_ERR_UNSUPPORTED,
        "%s: found a name that ends in %s, this build writes .%s (build option NT_TRACE)", path,
        other.c_str(), kTraceFormat);
  return NT_OK;
}

nt_status_t nt_rtl_trace_open(nt_dev_t *dev, const char *path, nt_error_t *err) {
  const nt_status_t status = nt_rtl_trace_check(path, err);
#if VM_TRACE
  if (status != NT_OK)
    return status;
  Rtl *rtl = rtl_of(dev);
  nt_rtl_trace_close(dev);
  rtl->trace.reset(new Trace);
  rtl->top->trace(rtl->trace.get(), 99);
  if (rtl->watch.on) {
    rtl->trace->spTrace()->addInitCb(watch_declare, rtl);
    rtl->trace->spTrace()->addFullCb(watch_full, rtl);
    rtl->trace->spTrace()->addChgCb(watch_change, rtl);
  }
  rtl->trace->set_time_unit("1ns");
  rtl->trace->set_time_resolution("1ns");
  rtl->trace->open(path);
  if (!rtl->trace->isOpen()) {
    rtl->trace.reset();
    return nt_fail(err, NT_ERR_IO, "%s: cannot write", path);
  }
#else
  (void)dev;
#endif
  return status;
}

void nt_rtl_trace_close(nt_dev_t *dev) {
  Rtl *rtl = rtl_of(dev);
  if (rtl->trace)
    rtl->trace->close();
  rtl->trace.reset();
}

void nt_rtl_trace_word(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t address) {
  Rtl *rtl = rtl_of(dev);
  rtl->watch.on = true;
  rtl->watch.core = core;
  rtl->watch.space = space;
  rtl->watch.address = address;
}

void nt_rtl_stall(nt_dev_t *dev, bool spk_out, bool rsp) {
  rtl_of(dev)->stall_spk_out = spk_out;
  rtl_of(dev)->stall_rsp = rsp;
}

void nt_rtl_jitter(nt_dev_t *dev, uint32_t pauses_in_256, uint64_t seed) {
  rtl_of(dev)->jitter = pauses_in_256;
  rtl_of(dev)->jitter_state = seed;
}

void nt_rtl_send_in_step(nt_dev_t *dev, const nt_spike_t *spikes, size_t count) {
  rtl_of(dev)->in_step.assign(spikes, spikes + count);
}

void nt_rtl_corrupt_spike(nt_dev_t *dev, uint64_t nth, uint64_t xor_mask) {
  Rtl *rtl = rtl_of(dev);
  rtl->corrupt = true;
  rtl->corrupt_after = nth;
  rtl->corrupt_mask = xor_mask;
}

nt_status_t nt_rtl_clock(nt_dev_t *dev, uint64_t count, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  for (uint64_t k = 0; k < count && !asserted(rtl); k++)
    cycle(rtl);
  return check_asserts(rtl, err);
}

const uint32_t *nt_rtl_pool(nt_dev_t *dev, uint32_t core) {
  return reinterpret_cast<const uint32_t *>(rtl_of(dev)->cores[core].pool.data);
}

nt_status_t nt_rtl_pins_cycle(nt_dev_t *dev, const nt_rtl_pins_in_t *in, nt_rtl_pins_out_t *out,
                              nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  Vnt_tile *top = rtl->top.get();
  top->rst_ni = in->rst_n;
  top->s_axi_awvalid_i = in->axi_awvalid;
  top->s_axi_awaddr_i = in->axi_awaddr & 0xfff;
  top->s_axi_wvalid_i = in->axi_wvalid;
  top->s_axi_wdata_i = in->axi_wdata;
  top->s_axi_wstrb_i = in->axi_wstrb & 0xf;
  top->s_axi_bready_i = 1;
  top->s_axi_arvalid_i = in->axi_arvalid;
  top->s_axi_araddr_i = in->axi_araddr & 0xfff;
  top->s_axi_rready_i = 1;
  top->req_valid_i = in->req_valid;
  top->req_data_i = in->req_data;
  top->spk_in_valid_i = in->spk_in_valid;
  top->spk_in_data_i = in->spk_in_data;
  nt_rtl_stall(dev, !in->spk_out_ready, !in->rsp_ready);
  clock_low(rtl);
  out->axi_awready = top->s_axi_awready_o;
  out->axi_wready = top->s_axi_wready_o;
  out->axi_bvalid = top->s_axi_bvalid_o;
  out->axi_bresp = top->s_axi_bresp_o;
  out->axi_arready = top->s_axi_arready_o;
  out->axi_rvalid = top->s_axi_rvalid_o;
  out->axi_rdata = top->s_axi_rdata_o;
  out->axi_rresp = top->s_axi_rresp_o;
  out->req_ready = top->req_ready_o;
  out->rsp_valid = top->rsp_valid_o;
  out->rsp_data = top->rsp_data_o;
  out->spk_in_ready = top->spk_in_ready_o;
  out->spk_out_valid = top->spk_out_valid_o;
  out->spk_out_data = top->spk_out_data_o;
  clock_edge(rtl);
  out->busy = top->busy_o;
  out->pending = top->pending_o;
  out->timestep = top->timestep_o;
  return check_asserts(rtl, err);
}

// Counters and flags are the core registers that the back door reads without the hardware's help.
uint32_t nt_rtl_peek(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words) {
  const bool counters =
      addr >= NT_CREG_COUNTERS && addr + count <= NT_CREG_COUNTERS + 2 * NT_COUNTERS;
  const bool flags = addr == NT_CREG_FLAGS && count == 1;
  if (rtl_of(dev)->top->busy_o || (space == NT_SPACE_CREG && !counters && !flags))
    return 0;
  return mem_read(dev, core, space, addr, count, words, nullptr) == NT_OK ? count : 0;
}

uint32_t nt_rtl_poke(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     const uint32_t *words) {
  const bool plain = space == NT_SPACE_POOL || space == NT_SPACE_PROG || space == NT_SPACE_TABLE ||
                     space == NT_SPACE_ACC;
  if (rtl_of(dev)->top->busy_o || !plain)
    return 0;
  return mem_write(dev, core, space, addr, count, words, nullptr) == NT_OK ? count : 0;
}

void nt_rtl_tap_clear(nt_dev_t *dev) {
  for (Core &core : rtl_of(dev)->cores)
    core.sent.clear();
}

} // extern "C"
