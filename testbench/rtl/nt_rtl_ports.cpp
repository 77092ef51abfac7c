// SPDX-License-Identifier: Apache-2.0
// Registers through the AXI port, and memories through the host port.
#include "nt_rtl_tile.h"

namespace nt_rtl_detail {

namespace {

constexpr uint64_t kAxiCycles = 10000; // no register access takes longer
constexpr uint32_t kNoAnswer = 3;      // in place of an AXI response

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

} // namespace

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

} // namespace nt_rtl_detail
