// SPDX-License-Identifier: Apache-2.0
// nt_tiny: a counter from 0 to 3, for the test of the mutation campaign.
`default_nettype none

module nt_tiny (
  input  wire logic       clk_i,   // clock
  input  wire logic       rst_ni,  // reset, active low
  input  wire logic       up_i,    // one more, unless full
  input  wire logic       down_i,  // one less, unless empty
  output logic [1:0]      count_o, // the count
  output logic            full_o   // it is 3
);
  logic [1:0] count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= 2'd0;
    end else if (up_i) begin
      if (!full_o) count_q <= count_q + 2'd1;
    end else if (down_i && !up_i && count_q != 2'd0) begin
      count_q <= count_q - 2'd1;
    end
  end

  assign count_o = count_q;
  assign full_o  = count_q >= 2'd3;
endmodule

`default_nettype wire
