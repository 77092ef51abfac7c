// SPDX-License-Identifier: Apache-2.0
// tb_nt_tiny, weak: counts up to full and one down, and looks at full_o at the end only.
`default_nettype none

module tb_nt_tiny;
  localparam Unit = "nt_tiny";
  localparam integer CycleLimit = 1000;
  `include "nt_check.vh"

  reg        up, down;
  wire [1:0] count;
  wire       full;
  integer    n;

  nt_tiny u_dut (.clk_i(clk), .rst_ni(rst_n), .up_i(up), .down_i(down), .count_o(count), .full_o(full));

  initial begin
    up   = 1'b0;
    down = 1'b0;
    nt_begin;
    up = 1'b1;
    for (n = 0; n < 3; n = n + 1) begin
      `NT_EQ("count_o", count, n[1:0])
      @(negedge clk);
    end
    `NT_EQ("full_o", full, 1'b1)
    up   = 1'b0;
    down = 1'b1;
    @(negedge clk);
    `NT_EQ("count_o", count, 2'd2)
    nt_end;
  end
endmodule

`default_nettype wire
