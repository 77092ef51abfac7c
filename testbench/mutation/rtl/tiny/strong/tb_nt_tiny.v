// SPDX-License-Identifier: Apache-2.0
// tb_nt_tiny, strong: random steps against a count kept here.
`default_nettype none

module tb_nt_tiny;
  localparam Unit = "nt_tiny";
  localparam integer CycleLimit = 1000;
  `include "nt_check.vh"

  reg        up, down;
  wire [1:0] count;
  wire       full;
  integer    want, n;

  nt_tiny u_dut (.clk_i(clk), .rst_ni(rst_n), .up_i(up), .down_i(down), .count_o(count), .full_o(full));

  initial begin
    up   = 1'b0;
    down = 1'b0;
    nt_begin;
    want = 0;
    for (n = 0; n < 200; n = n + 1) begin
      `NT_EQ("count_o", count, want[1:0])
      `NT_EQ("full_o", full, want == 3)
      up   = rnd(2);
      down = rnd(2);
      if (up && want < 3) want = want + 1;
      else if (down && !up && want > 0) want = want - 1;
      @(negedge clk);
    end
    nt_end;
  end
endmodule

`default_nettype wire
