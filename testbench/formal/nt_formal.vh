// SPDX-License-Identifier: Apache-2.0
// nt_formal.vh: reset of a formal top. The first cycle is the reset; before it all is unknown.
  logic rst_ni = 1'b0;
  always_ff @(posedge clk_i) rst_ni <= 1'b1;
