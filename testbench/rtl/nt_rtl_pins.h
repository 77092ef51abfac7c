// SPDX-License-Identifier: Apache-2.0
// nt_rtl_pins: the verilated tile at its pins, for a simulator that has a clock of its own.
//
// The tile is one that nt_rtl_open gave. Between calls of nt_rtl_pins_cycle no function that runs
// the clock itself may be used on it; the four observation functions of its table may.
#ifndef NT_RTL_PINS_H
#define NT_RTL_PINS_H

#include "nt_dev.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Inputs during one cycle (docs/spec/registers.md). Register responses are always taken.
typedef struct nt_rtl_pins_in {
  bool rst_n;
  bool axi_awvalid, axi_wvalid, axi_arvalid;
  uint16_t axi_awaddr, axi_araddr; ///< byte offsets below 0x1000
  uint32_t axi_wdata;
  uint8_t axi_wstrb; ///< 0xF: all bytes
  bool req_valid, rsp_ready, spk_in_valid, spk_out_ready;
  uint64_t req_data, spk_in_data;
} nt_rtl_pins_in_t;

/// Outputs: of the handshakes as they are just before the rising edge, so that valid and ready
/// together say what the edge transfers; of the status as it is after the edge.
typedef struct nt_rtl_pins_out {
  bool axi_awready, axi_wready, axi_bvalid, axi_arready, axi_rvalid;
  uint8_t axi_bresp, axi_rresp; ///< 0: OKAY
  uint32_t axi_rdata;
  bool req_ready, rsp_valid, spk_in_ready, spk_out_valid;
  uint64_t rsp_data, spk_out_data;
  bool busy, pending;
  uint32_t timestep;
} nt_rtl_pins_out_t;

/// One clock cycle. NT_ERR_RTL_ASSERT, also in all later cycles, when an assertion fired.
nt_status_t nt_rtl_pins_cycle(nt_dev_t *dev, const nt_rtl_pins_in_t *in, nt_rtl_pins_out_t *out,
                              nt_error_t *err);
/// Words of a space through the back door without a clock cycle: `count`, or 0 if nothing was
/// transferred, because the tile is busy, there are no such words, or the hardware has to take part
/// (writes of GROUP, ACT and CREG; reads of CREG other than counters and FLAGS).
uint32_t nt_rtl_peek(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words);
uint32_t nt_rtl_poke(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     const uint32_t *words);
/// Forgets the messages that the tap recorded.
void nt_rtl_tap_clear(nt_dev_t *dev);

#ifdef __cplusplus
}
#endif
#endif
