// SPDX-License-Identifier: Apache-2.0
// tb_nt_clock_gate: which rising edges pass, and that none is shortened.
`default_nettype none

module tb_nt_clock_gate;
  localparam Unit = "nt_clock_gate";
  localparam integer CycleLimit = 5000;
  `include "nt_check.vh"

  reg  en;
  wire gated;

  nt_clock_gate u_dut (.clk_i(clk), .rst_ni(rst_n), .en_i(en), .clk_o(gated));

  // A cycle passes if it, or the one before it, asked for the clock, and in reset.
  reg     was_needed, want;
  integer rise;

  always @(posedge clk) begin
    want       = en || was_needed || !rst_n;
    was_needed = en || !rst_n;
    #1 `NT_EQ("clk_o while clk_i is high", gated, want)
    #3 `NT_EQ("clk_o at the end of the high phase", gated, want)
    #2 `NT_EQ("clk_o while clk_i is low", gated, 1'b0)
  end

  // en_i may change at any time in the low phase, and behind the rising edge.
  always @(posedge gated) rise = $time;
  always @(negedge gated) if ($time > 5) `NT_EQ("length of a pulse", $time - rise, 5)

  initial begin
    en         = 1'b1;
    was_needed = 1'b1;
    rise       = 0;
    nt_begin;
    repeat (1000) begin
      @(posedge clk);
      #2 en = rnd(3) == 0;
      @(negedge clk);
      if (rnd(2) != 0) #1 en = rnd(3) == 0;
    end
    en = 1'b0;
    nt_reset;
    nt_end;
  end
endmodule

`default_nettype wire
