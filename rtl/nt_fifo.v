// SPDX-License-Identifier: Apache-2.0
// nt_fifo: small synchronous FIFO with the oldest entry visible at its output.
//
// Contract   Entries leave in the order they came, none lost, none doubled. Both sides are
//            valid/ready; in_ready_o does not depend on out_ready_i.
// Timing     An entry is at the output in the cycle after it was taken; one in and one out per
//            cycle.
// Numbers    level_o counts the entries held, 0..Depth.
// Parameters Width 1 or more, Depth a power of two, 2 or more.
`default_nettype none

module nt_fifo #(
  parameter integer Width = 32,
  parameter integer Depth = 2,
  localparam integer PtrBits = $clog2(Depth)
) (
  input  wire logic               clk_i,        // clock
  input  wire logic               rst_ni,       // reset, active low
  input  wire logic               in_valid_i,   // entry offered
  output logic                    in_ready_o,   // entry can be taken
  input  wire logic [Width-1:0]   in_data_i,    // entry
  output logic                    out_valid_o,  // oldest entry present
  input  wire logic               out_ready_i,  // oldest entry is taken
  output logic [Width-1:0]        out_data_o,   // oldest entry
  output logic [PtrBits:0]        level_o       // entries held
);

  logic [Width-1:0]   mem_q [0:Depth-1];
  logic [PtrBits-1:0] wptr_q, rptr_q;
  logic [PtrBits:0]   level_q;
  logic               push, pop;

  assign in_ready_o  = (level_q != (PtrBits + 1)'(Depth));
  assign out_valid_o = (level_q != '0);
  assign out_data_o  = mem_q[rptr_q];
  assign level_o     = level_q;
  assign push        = in_valid_i & in_ready_o;
  assign pop         = out_valid_o & out_ready_i;

  always_ff @(posedge clk_i) begin
    if (push) mem_q[wptr_q] <= in_data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wptr_q  <= '0;
      rptr_q  <= '0;
      level_q <= '0;
    end else begin
      if (push) wptr_q <= wptr_q + 1'b1;
      if (pop)  rptr_q <= rptr_q + 1'b1;
      if (push && !pop) level_q <= level_q + 1'b1;
      if (pop && !push) level_q <= level_q - 1'b1;
    end
  end

  generate
    if (Depth < 2 || 2 ** PtrBits != Depth || Width < 1) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(level_in_range, level_q <= (PtrBits + 1)'(Depth))
  `NT_ASSERT(pointers_match_level, level_q[PtrBits-1:0] == wptr_q - rptr_q)

  // A producer that is not served keeps its entry.
`ifdef NT_ASSERT_ON
  logic             stalled_q;
  logic [Width-1:0] stalled_data_q;
  always_ff @(posedge clk_i) begin
    stalled_q <= rst_ni & in_valid_i & ~in_ready_o;
    if (in_valid_i && !in_ready_o) stalled_data_q <= in_data_i;
  end
  `NT_ASSERT(input_stable, !stalled_q || (in_valid_i && in_data_i == stalled_data_q))
`endif

endmodule

`default_nettype wire
