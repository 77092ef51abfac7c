// SPDX-License-Identifier: Apache-2.0
// nt_fifo_props: what nt_fifo promises, for all time.
//
// Order    Any one entry may be watched. It leaves after exactly the entries that were in the queue
//          before it, with its own data: so none is lost, doubled or overtaken.
// Levels   Ready, valid and level_o say how many entries came and have not left. An entry offered
//          at the output stays until it is taken.
`default_nettype none

module nt_fifo_props #(
  parameter integer Width = 3,
  parameter integer Depth = 4,
  localparam integer PtrBits = $clog2(Depth)
) (
  input wire logic             clk_i,
  input wire logic             in_valid_i,
  input wire logic [Width-1:0] in_data_i,
  input wire logic             out_ready_i,
  input wire logic             watch_i       // watch the entry that comes in now
);
  `include "nt_formal.vh"

  logic             in_ready, out_valid;
  logic [Width-1:0] out_data;
  logic [PtrBits:0] level;

  nt_fifo #(.Width(Width), .Depth(Depth)) u_dut (
    .clk_i,
    .rst_ni,
    .in_valid_i,
    .in_ready_o  (in_ready),
    .in_data_i,
    .out_valid_o (out_valid),
    .out_ready_i,
    .out_data_o  (out_data),
    .level_o     (level)
  );

  // A producer that is not served keeps its entry.
  logic             offered_q;
  logic [Width-1:0] offer_q;

  always_ff @(posedge clk_i) begin
    offered_q <= rst_ni & in_valid_i & ~in_ready;
    offer_q   <= in_data_i;
  end

  always_comb assume (!rst_ni || !offered_q || (in_valid_i && in_data_i == offer_q));

  // The model: a count, and the place of the entry watched.
  logic             push, pop;
  logic [PtrBits:0] count_q, ahead_q;
  logic             watching_q, stalled_q;
  logic [Width-1:0] watched_q, stalled_data_q;

  assign push = in_valid_i & in_ready;
  assign pop  = out_valid & out_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q    <= '0;
      watching_q <= 1'b0;
      stalled_q  <= 1'b0;
    end else begin
      count_q <= count_q + (PtrBits + 1)'(push) - (PtrBits + 1)'(pop);
      if (push && watch_i && !watching_q) begin
        watching_q <= 1'b1;
        watched_q  <= in_data_i;
        ahead_q    <= count_q - (PtrBits + 1)'(pop);
      end else if (pop && watching_q) begin
        ahead_q <= ahead_q - 1'b1;
        if (ahead_q == '0) watching_q <= 1'b0;
      end
      stalled_q      <= out_valid & ~out_ready_i;
      stalled_data_q <= out_data;
    end
  end

  always_comb begin
    if (rst_ni) begin
      assert (level == count_q);
      assert (in_ready == (count_q != (PtrBits + 1)'(Depth)));
      assert (out_valid == (count_q != '0));
      if (watching_q) assert (count_q > ahead_q);
      if (watching_q && ahead_q == '0) assert (out_data == watched_q);
      if (stalled_q) assert (out_valid && out_data == stalled_data_q);
    end
  end

  // An entry that came when the queue was otherwise full leaves it.
  logic last_q;

  always_ff @(posedge clk_i) begin
    if (push && watch_i && !watching_q) last_q <= (count_q == (PtrBits + 1)'(Depth - 1));
    cover (rst_ni && pop && watching_q && ahead_q == '0 && last_q);
    cover (rst_ni && push && pop && count_q == (PtrBits + 1)'(Depth - 1));
  end
endmodule

`default_nettype wire
