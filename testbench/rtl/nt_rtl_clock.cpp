// SPDX-License-Identifier: Apache-2.0
// The clock of the verilated tile, and what ends a run: assertions and timeouts.
#include "nt_rtl.h"
#include "nt_rtl_tile.h"

#include <cstring>

namespace nt_rtl_detail {

namespace {

constexpr uint64_t kHalfPeriod = 5; // ns

// The tile whose clock this thread runs: Verilator's hooks do not say for whom they are called, and
// its own notion of the current context is neither per tile nor safe between threads.
thread_local Rtl *t_running = nullptr;

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

} // namespace

bool pauses(Rtl *rtl) {
  if (rtl->jitter == 0)
    return false;
  rtl->jitter_state =
      rtl->jitter_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return rtl->jitter_state >> 56 < rtl->jitter;
}

void clock_low(Rtl *rtl) {
  t_running = rtl;
  Vnt_tile *top = rtl->top.get();
  top->spk_out_ready_i = !rtl->stall_spk_out && !pauses(rtl);
  top->rsp_ready_i = !rtl->stall_rsp && !pauses(rtl);
  top->clk_i = 0;
  top->eval();
}

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

nt_status_t check_asserts(Rtl *rtl, nt_error_t *err) {
  if (!asserted(rtl))
    return NT_OK;
  return nt_fail(err, NT_ERR_RTL_ASSERT, "cycle %llu: RTL assertion at %s",
                 static_cast<unsigned long long>(rtl->cycles), rtl->assertion.c_str());
}

nt_status_t fail_timeout(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err) {
  return nt_dev_fail_timeout(&rtl->base, what, limit, err);
}

nt_status_t settle(Rtl *rtl, const char *what, uint64_t limit, nt_error_t *err) {
  const uint64_t end = rtl->cycles + limit;
  while (rtl->top->busy_o && rtl->cycles < end && !asserted(rtl))
    cycle(rtl);
  const nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && rtl->top->busy_o)
    return fail_timeout(rtl, what, limit, err);
  return status;
}

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

// Verilator's hook for $error and $stop, in place of ending the program. The first one counts.
void vl_stop(const char *filename, int linenum, const char *hier) {
  if (!asserted(t_running))
    t_running->assertion = std::string(filename) + ":" + std::to_string(linenum) +
                           (hier[0] == '\0' ? "" : std::string(" in ") + hier);
}

extern "C" {

nt_status_t nt_rtl_clock(nt_dev_t *dev, uint64_t count, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  for (uint64_t k = 0; k < count && !asserted(rtl); k++)
    cycle(rtl);
  return check_asserts(rtl, err);
}

void nt_rtl_stall(nt_dev_t *dev, bool spk_out, bool rsp) {
  rtl_of(dev)->stall_spk_out = spk_out;
  rtl_of(dev)->stall_rsp = rsp;
}

void nt_rtl_jitter(nt_dev_t *dev, uint32_t pauses_in_256, uint64_t seed) {
  rtl_of(dev)->jitter = pauses_in_256;
  rtl_of(dev)->jitter_state = seed;
}

} // extern "C"
