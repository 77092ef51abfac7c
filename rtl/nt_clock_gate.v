// SPDX-License-Identifier: Apache-2.0
// nt_clock_gate: a clock that only runs while it is needed.
//
// Contract   A cycle of clk_i with en_i or hold on passes, others do not. The hold lasts one cycle
//            after en_i, for state that follows its cause by a cycle. Always runs in reset.
// Timing     en_i of a cycle decides about the rising edge that ends it.
// Numbers    None.
// Parameters None. Synthesis takes clk_i itself: what gates a clock there belongs to the target.
`default_nettype none

module nt_clock_gate (
  input  wire logic clk_i,   // clock
  input  wire logic rst_ni,  // reset
  input  wire logic en_i,    // the clock is needed in this cycle
  output logic      clk_o    // gated clock
);

`ifdef SYNTHESIS
  logic unused_control;
  assign unused_control = ^{rst_ni, en_i};
  assign clk_o = clk_i;
`else
  logic hold_q;
  logic pass;

  always_ff @(posedge clk_i) begin
    hold_q <= en_i || !rst_ni;
  end

  always_latch begin
    if (!clk_i) begin
      pass = en_i || hold_q || !rst_ni;
    end
  end

  assign clk_o = clk_i & pass;
`endif

endmodule

`default_nettype wire
