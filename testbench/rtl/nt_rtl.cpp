// SPDX-License-Identifier: Apache-2.0
// Opening, resetting and closing the verilated tile.
#include "nt_rtl.h"
#include "nt_rtl_pins.h"
#include "nt_rtl_tile.h"

#include <new>

namespace nt_rtl_detail {

namespace {

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

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

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

} // extern "C"
