// SPDX-License-Identifier: Apache-2.0
// The tile at its pins, and its memories while another simulator has the clock.
#include "nt_rtl_pins.h"
#include "nt_rtl.h"
#include "nt_rtl_tile.h"

using namespace nt_rtl_detail;

extern "C" {

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

} // extern "C"
