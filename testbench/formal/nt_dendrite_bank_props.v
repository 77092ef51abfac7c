// SPDX-License-Identifier: Apache-2.0
// nt_dendrite_bank_props: what nt_dendrite_bank promises, for all time, any rows and any terms.
//
// Driven as nt_dendrite drives it: a row is named in one cycle and added to in the next, also the
// same row again; the first touch of a row after an exchange starts from zero; the engine reads the
// other memory. One accumulator, freely chosen, is followed: the memory, read by either side, is
// the sum of its terms modulo 2^AccBits.
`default_nettype none

module nt_dendrite_bank_props #(
  parameter integer Lanes   = 2,
  parameter integer AccBits = 3,
  parameter integer Rows    = 4,
  localparam integer RowBits  = $clog2(Rows),
  localparam integer LaneBits = $clog2(Lanes)
) (
  input wire logic               clk_i,
  input wire logic               swap_i,    // exchange the memories
  input wire logic               row_en_i,  // touch a row
  input wire logic [RowBits-1:0] row_i,     // this one
  input wire logic               host_i,    // read it only, for the host
  input wire logic [2*Lanes-1:0] digits_i,
  input wire logic [AccBits-1:0] t1_i,
  input wire logic [AccBits-1:0] t2_i,
  input wire logic [AccBits-1:0] t3_i,
  input wire logic               cur_en_i,  // the engine reads
  input wire logic [RowBits-1:0] cur_row_i  // this row
);
  `include "nt_formal.vh"

  // As in nt_dendrite.
  logic               fill_sel_q, add_en_q;
  logic [RowBits-1:0] add_row_q, row0, row1;
  logic [Rows-1:0]    active_q, current_q;
  logic               fill_ren, fill_zero, swap, touch;

  assign touch     = rst_ni && row_en_i && !host_i;
  assign fill_ren  = rst_ni && row_en_i;
  assign fill_zero = !active_q[row_i];
  assign swap      = swap_i && !row_en_i && !add_en_q;
  assign row0      = fill_sel_q ? cur_row_i : row_i;
  assign row1      = fill_sel_q ? row_i : cur_row_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_sel_q <= 1'b0;
      add_en_q   <= 1'b0;
      active_q   <= '0;
      current_q  <= '0;
    end else begin
      add_en_q <= touch;
      if (touch) active_q[row_i] <= 1'b1;
      if (swap) begin
        fill_sel_q <= !fill_sel_q;
        current_q  <= active_q;
        active_q   <= '0;
      end
    end
    if (fill_ren) add_row_q <= row_i;
  end

  // The host comes alone.
  always_comb assume (!(row_en_i && host_i && add_en_q));

  logic [Lanes*AccBits-1:0] rdata0, rdata1;
  logic                     overflow;

  nt_dendrite_bank #(.Lanes(Lanes), .AccBits(AccBits), .Rows(Rows), .Beat(3)) u_dut (
    .clk_i,
    .fill_sel_i (fill_sel_q),
    .row0_i     (row0),
    .row1_i     (row1),
    .fill_ren_i (fill_ren),
    .zero0_i    (~fill_sel_q & fill_ren & fill_zero),
    .zero1_i    (fill_sel_q & fill_ren & fill_zero),
    .fwd0_i     (add_en_q & ~fill_sel_q & fill_ren & (row0 == add_row_q)),
    .fwd1_i     (add_en_q & fill_sel_q & fill_ren & (row1 == add_row_q)),
    .add_en_i   (add_en_q),
    .add_row_i  (add_row_q),
    .digits_i,
    .t1_i,
    .t2_i,
    .t3_i,
    .overflow_o (overflow),
    .cur_ren_i  (cur_en_i),
    .cur_beat_i (4'd3),
    .rdata0_o   (rdata0),
    .rdata1_o   (rdata1)
  );

  // The accumulator followed.
  (* anyconst *) logic [RowBits-1:0]  row;
  (* anyconst *) logic [LaneBits-1:0] lane;
  logic signed [AccBits-1:0] coming_q, now_q, term;
  logic signed [AccBits:0]   sum;
  logic                      added, watched_over_q, host_read_q, cur_read_q, only_q;
  logic [AccBits-1:0]        value0, value1, host_want_q, cur_want_q;

  assign value0 = rdata0[AccBits*lane +: AccBits];
  assign value1 = rdata1[AccBits*lane +: AccBits];
  assign added  = add_en_q && add_row_q == row;
  assign sum    = {coming_q[AccBits-1], coming_q} + {term[AccBits-1], term};

  always_comb begin
    case (digits_i[2*lane +: 2])
      2'd1:    term = t1_i;
      2'd2:    term = t2_i;
      2'd3:    term = t3_i;
      default: term = '0;
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      coming_q       <= '0;
      now_q          <= '0;
      watched_over_q <= 1'b0;
      host_read_q    <= 1'b0;
      cur_read_q     <= 1'b0;
      only_q         <= 1'b0;
    end else begin
      if (added) coming_q <= sum[AccBits-1:0];
      if (swap) begin
        now_q    <= coming_q;
        coming_q <= '0;
      end
      watched_over_q <= added && sum[AccBits] != sum[AccBits-1];
      // In all other lanes nothing is added.
      only_q         <= added && (digits_i & ~((2 * Lanes)'(3) << {lane, 1'b0})) == '0;
      host_read_q    <= row_en_i && host_i && row_i == row;
      host_want_q    <= coming_q;
      cur_read_q     <= cur_en_i && !swap && cur_row_i == row && current_q[row];
      cur_want_q     <= now_q;
    end
  end

  logic sel_q;
  always_ff @(posedge clk_i) sel_q <= fill_sel_q;

  always_comb begin
    if (rst_ni) begin
      if (host_read_q) assert ((sel_q ? value1 : value0) == host_want_q);
      if (cur_read_q) assert ((sel_q ? value0 : value1) == cur_want_q);
      if (watched_over_q) assert (overflow);
      if (only_q && !watched_over_q) assert (!overflow);
    end
  end

  logic again_q;

  always_ff @(posedge clk_i) begin
    again_q <= rst_ni && (again_q || (added && touch && row_i == row));
    cover (rst_ni && cur_read_q && again_q && cur_want_q == AccBits'(3));
    cover (rst_ni && host_read_q && again_q && host_want_q != '0);
    cover (rst_ni && watched_over_q);
  end
endmodule

`default_nettype wire
