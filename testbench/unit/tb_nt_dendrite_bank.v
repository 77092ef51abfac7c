// SPDX-License-Identifier: Apache-2.0
// tb_nt_dendrite_bank: every digit with boundary terms on boundary accumulators, rows back to back
// with forwarding, both memories, overflow; against sums formed here in 40 bits.
`default_nettype none

module tb_nt_dendrite_bank;
  localparam Unit = "nt_dendrite_bank";
  localparam integer CycleLimit = 60000;
  parameter integer AccBits  = 24;
  parameter integer Lanes    = 4;
  localparam integer Rows    = 8;
  localparam integer Beat    = 5;
  localparam integer Corners = 6;
  `include "nt_check.vh"

  reg                      fill_sel, fill_ren, zero, fwd, add_en, cur_ren;
  reg  [2:0]               fill_row, cur_row, add_row;
  reg  [2*Lanes-1:0]       digits;
  reg  [AccBits-1:0]       t1, t2, t3;
  reg  [3:0]               cur_beat;
  wire                     overflow;
  wire [Lanes*AccBits-1:0] rdata0, rdata1;

  nt_dendrite_bank #(.Lanes(Lanes), .AccBits(AccBits), .Rows(Rows), .Beat(Beat)) u_dut (
    .clk_i(clk), .fill_sel_i(fill_sel),
    .row0_i(fill_sel ? cur_row : fill_row), .row1_i(fill_sel ? fill_row : cur_row),
    .fill_ren_i(fill_ren), .zero0_i(zero && !fill_sel), .zero1_i(zero && fill_sel),
    .fwd0_i(fwd && !fill_sel), .fwd1_i(fwd && fill_sel),
    .add_en_i(add_en), .add_row_i(add_row), .digits_i(digits),
    .t1_i(t1), .t2_i(t2), .t3_i(t3), .overflow_o(overflow),
    .cur_ren_i(cur_ren), .cur_beat_i(cur_beat), .rdata0_o(rdata0), .rdata1_o(rdata1));

  // The expectation: both memories, and whether the last addition left the range in some lane.
  reg signed [AccBits-1:0] mem [0:1][0:Rows-1][0:Lanes-1];
  reg                      want_overflow, check_overflow;
  reg [Lanes*AccBits-1:0]  held;          // row read last from the filled memory
  reg                      check_held;    // an addition without a read leaves it as it is

  function signed [AccBits-1:0] corner(input integer n);
    case (n)
      0:       corner = '0;
      1:       corner = 1;
      2:       corner = -1;
      3:       corner = {1'b0, {(AccBits-1){1'b1}}};
      4:       corner = {1'b1, {(AccBits-1){1'b0}}};
      default: corner = $random(seed);
    endcase
  endfunction

  // One cycle: the row named here is read, the row named in the call before gets its addition.
  integer lane;
  reg signed [39:0] sum, term;

  task step(input ren, input [2:0] row, input from_zero, input [2*Lanes-1:0] d,
            input [AccBits-1:0] a, input [AccBits-1:0] b, input [AccBits-1:0] c);
    begin
      @(negedge clk);
      if (check_overflow) `NT_EQ("overflow_o", overflow, want_overflow)
      if (check_held) `NT_EQ("data held beside an addition", fill_sel ? rdata1 : rdata0, held)
      add_en  = fill_ren;
      add_row = fill_row;
      check_overflow = add_en;
      digits   = d;
      t1       = a;
      t2       = b;
      t3       = c;
      fill_ren = ren;
      fill_row = row;
      zero     = ren && from_zero;
      fwd      = ren && add_en && (row == add_row);
      want_overflow = 1'b0;
      check_held    = add_en && !ren;
      for (lane = 0; lane < Lanes; lane = lane + 1) begin
        held[AccBits*lane +: AccBits] = mem[fill_sel][add_row][lane];
      end
      if (add_en) begin
        for (lane = 0; lane < Lanes; lane = lane + 1) begin
          term = 40'sd0;
          if (d[2*lane +: 2] == 2'd1) term = $signed(a);
          if (d[2*lane +: 2] == 2'd2) term = $signed(b);
          if (d[2*lane +: 2] == 2'd3) term = $signed(c);
          sum = mem[fill_sel][add_row][lane] + term;
          mem[fill_sel][add_row][lane] = sum[AccBits-1:0];
          if (sum !== 40'($signed(sum[AccBits-1:0]))) want_overflow = 1'b1;
        end
      end
      if (zero) begin
        for (lane = 0; lane < Lanes; lane = lane + 1) mem[fill_sel][row][lane] = '0;
      end
    end
  endtask

  task settle;
    repeat (3) step(1'b0, 3'd0, 1'b0, '0, '0, '0, '0);
  endtask

  // Exchanges the memories and reads all rows of the one just filled.
  integer r;

  task read_back;
    begin
      settle;
      fill_sel = ~fill_sel;
      for (r = 0; r < Rows; r = r + 1) begin
        cur_ren  = 1'b1;
        cur_row  = r;
        cur_beat = Beat;
        @(negedge clk);
        for (lane = 0; lane < Lanes; lane = lane + 1) begin
          `NT_EQ_AT("accumulator of row*16+lane", 16 * r + lane,
                    (fill_sel ? rdata0[AccBits*lane +: AccBits] : rdata1[AccBits*lane +: AccBits]),
                    mem[!fill_sel][r][lane])
        end
        // Another bank's beat leaves the data as they are.
        cur_beat = Beat + 1;
        cur_row  = r + 1;
        @(negedge clk);
        `NT_EQ_AT("data held, row", r,
                  (fill_sel ? rdata0[AccBits-1:0] : rdata1[AccBits-1:0]), mem[!fill_sel][r][0])
      end
      cur_ren = 1'b0;
    end
  endtask

  integer o, p, q, n;

  initial begin
    fill_sel = 1'b0;  fill_ren = 1'b0;  zero = 1'b0;  fwd = 1'b0;  add_en = 1'b0;
    cur_ren = 1'b0;  cur_row = '0;  cur_beat = '0;  fill_row = '0;  add_row = '0;
    digits = '0;  t1 = '0;  t2 = '0;  t3 = '0;  check_overflow = 1'b0;  check_held = 1'b0;
    nt_begin;
    repeat (2) begin
      // All rows from zero.
      for (n = 0; n < Rows; n = n + 1) step(1'b1, n, 1'b1, '0, '0, '0, '0);
      settle;
      // Boundary accumulators, then every digit with boundary terms, on the same row at once.
      for (o = 0; o < Corners; o = o + 1) begin
        for (p = 0; p < Corners; p = p + 1) begin
          for (q = 0; q < 4; q = q + 1) begin
            step(1'b1, o, 1'b1, {Lanes{2'd0}}, '0, '0, '0);
            step(1'b1, o, 1'b0, {Lanes{2'd1}}, corner(o), '0, '0);
            step(1'b1, o, 1'b0, {Lanes{q[1:0]}}, corner(p), corner(p + 1), corner(p + 2));
            step(1'b0, o, 1'b0, {Lanes{~q[1:0]}}, corner(p + 2), corner(p), corner(p + 1));
          end
        end
      end
      read_back;
    end
    // Random rows, half of them the same as before, lanes with different digits.
    for (n = 0; n < 12; n = n + 1) begin
      for (o = 0; o < Rows; o = o + 1) step(1'b1, o, 1'b1, '0, '0, '0, '0);
      repeat (100) begin
        step(rnd(8) != 0, (rnd(2) != 0) ? fill_row : rnd(Rows), rnd(16) == 0, $random(seed),
             $random(seed) >>> rnd(24), $random(seed) >>> rnd(24), corner(rnd(6)));
      end
      read_back;
    end
    nt_end;
  end
endmodule

`default_nettype wire
