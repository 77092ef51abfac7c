// SPDX-License-Identifier: Apache-2.0
// Waves, and the word that they show beside what the model shows.
#include "nt_rtl.h"
#include "nt_rtl_tile.h"

#include <cstring>
#include <string>

namespace nt_rtl_detail {

namespace {

#if VM_TRACE_FST
using TraceFile = VerilatedFst;
constexpr const char *kTraceFormat = "fst";
#elif VM_TRACE_VCD
using TraceFile = VerilatedVcd;
constexpr const char *kTraceFormat = "vcd";
#else
constexpr const char *kTraceFormat = nullptr;
#endif

// A watched word is added in the way the model adds its own signals.
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

} // namespace

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

extern "C" {

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

} // extern "C"
