// SPDX-License-Identifier: Apache-2.0
// The verilated tile behind nt_rtl.h: what its files share.
#ifndef NT_RTL_TILE_H
#define NT_RTL_TILE_H

#include "nt_dev.h"

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
#endif
#pragma GCC diagnostic pop

#include <memory>
#include <string>
#include <vector>

namespace nt_rtl_detail {

#if VM_TRACE_FST
using Trace = VerilatedFstC;
#elif VM_TRACE_VCD
using Trace = VerilatedVcdC;
#else
/// Stands in where the model has no wave support; never opened.
struct Trace {
  void dump(uint64_t) {}
  void close() {}
};
#endif

constexpr uint32_t kBanks = NT_BEATS_PER_LINE;
constexpr uint64_t kSettleCycles = 10000000; // no queue of a healthy tile takes longer to empty

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

/// The tile behind a device.
inline Rtl *rtl_of(nt_dev_t *dev) {
  return reinterpret_cast<Rtl *>(dev);
}

/// `width` bits of a word from bit `lsb` on.
inline uint32_t field(uint64_t word, unsigned lsb, unsigned width) {
  return static_cast<uint32_t>(word >> lsb & ((UINT64_C(1) << width) - 1));
}

/// Whether an RTL assertion has fired.
inline bool asserted(const Rtl *rtl) {
  return !rtl->assertion.empty();
}

// nt_rtl_clock.cpp

/// True when the far side of some port pauses this cycle.
bool pauses(Rtl *rtl);
/// The low half of a cycle: combinational outputs settle with the inputs set.
void clock_low(Rtl *rtl);
/// The rising edge.
void clock_edge(Rtl *rtl);
/// The high half: takes what leaves the tile, then the rising edge.
void clock_high(Rtl *rtl);
/// One whole cycle.
void cycle(Rtl *rtl);
/// NT_OK unless an RTL assertion fired.
nt_status_t check_asserts(Rtl *rtl, nt_error_t *err);
/// NT_ERR_TIMEOUT: `what` did not end within `limit` cycles.
nt_status_t fail_timeout(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err);
/// Clocks until the tile is quiescent.
nt_status_t settle(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err);

// nt_rtl_ports.cpp

/// Reads a register at the AXI port; returns the AXI response, or 3 when none came.
uint32_t axi_read(Rtl *rtl, uint32_t offset, uint32_t *value);
/// nt_dev_ops_t.reg_read.
nt_status_t reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err);
/// nt_dev_ops_t.reg_write.
nt_status_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err);
/// nt_dev_ops_t.msg_read.
nt_status_t msg_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t *word,
                     nt_error_t *err);
/// nt_dev_ops_t.msg_write.
nt_status_t msg_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word,
                      nt_error_t *err);

// nt_rtl_backdoor.cpp

/// The accumulator of a lane of a row in one of the two buffers, sign-extended.
int32_t acc_get(const nt_params_t &p, const Core &core, uint32_t buffer, uint32_t row,
                uint32_t lane);
/// A memory of plain 32-bit words, or NULL.
const Signal *plain_space(const Core &core, uint32_t space);
/// nt_dev_ops_t.mem_read.
nt_status_t mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words, nt_error_t *err);
/// nt_dev_ops_t.mem_write.
nt_status_t mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                      const uint32_t *words, nt_error_t *err);

// nt_rtl_step.cpp

/// nt_dev_ops_t.inject.
nt_status_t inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err);
/// nt_dev_ops_t.step.
nt_status_t step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err);
/// nt_dev_ops_t.drain.
void drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count);
/// nt_dev_ops_t.drain_probes.
void drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count);
/// nt_dev_ops_t.pending.
bool pending(nt_dev_t *dev);
/// nt_dev_ops_t.progress.
void progress(nt_dev_t *dev, nt_progress_t *progress);
/// nt_dev_ops_t.cycles.
uint64_t cycles(nt_dev_t *dev);

// nt_rtl_observe.cpp

/// nt_dev_ops_t.current_activity.
void current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity);
/// nt_dev_ops_t.current_row.
void current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values);
/// nt_dev_ops_t.set_tap.
void set_tap(nt_dev_t *dev, bool on);
/// nt_dev_ops_t.tap.
void tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count);

// nt_rtl_coverage.cpp, in builds that count coverage

/// Keeps the coverage of a tile that is to be closed; may take its model and context away.
void take_coverage(Rtl *rtl);

} // namespace nt_rtl_detail

#endif
