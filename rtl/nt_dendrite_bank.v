// SPDX-License-Identifier: Apache-2.0
// nt_dendrite_bank: the accumulators of one beat of every row, double buffered.
//
// Contract   One memory is filled (fill_*, add_*), the other read by the engine (cur_*); fill_sel_i
//            says which: 0 fills mem0_q. A lane adds 0, t1, t2 or t3 as its two-bit digit says.
//            Each memory has one read port (row0_i, row1_i) and one write port.
// Timing     fill_ren_i reads the row's old value, add_en_i writes the sum one cycle later. Rows
//            follow each other in every cycle, also the same row again: fwd0_i and fwd1_i take
//            the new sum then. Reads have one cycle of latency and hold their value.
// Numbers    Accumulators wrap modulo 2^AccBits. overflow_o: in some lane the last addition, taken
//            as signed, left the range.
// Parameters Lanes 2, 4, 8 or 16; AccBits 24 or 32; Rows a power of two; Beat 0..15.
`default_nettype none

module nt_dendrite_bank #(
  parameter integer Lanes   = 8,
  parameter integer AccBits = 32,
  parameter integer Rows    = 32,
  parameter integer Beat    = 0,
  localparam integer RowBits = $clog2(Rows)
) (
  input  wire logic                     clk_i,         // clock
  input  wire logic                     fill_sel_i,    // 0: mem0_q is filled, 1: mem1_q is filled
  input  wire logic [RowBits-1:0]       row0_i,        // row to read in mem0_q
  input  wire logic [RowBits-1:0]       row1_i,        // row to read in mem1_q
  // old value of a row of the filled memory
  input  wire logic                     fill_ren_i,    // read
  input  wire logic                     zero0_i,       // read zero instead, from mem0_q
  input  wire logic                     zero1_i,       // read zero instead, from mem1_q
  input  wire logic                     fwd0_i,        // row0_i is the row being written to mem0_q
  input  wire logic                     fwd1_i,        // row1_i is the row being written to mem1_q
  // addition to the row read in the last cycle
  input  wire logic                     add_en_i,      // add and write back
  input  wire logic [RowBits-1:0]       add_row_i,     // row
  input  wire logic [2*Lanes-1:0]       digits_i,      // one two-bit digit per lane
  input  wire logic [AccBits-1:0]       t1_i,          // term of digit 1
  input  wire logic [AccBits-1:0]       t2_i,          // term of digit 2
  input  wire logic [AccBits-1:0]       t3_i,          // term of digit 3
  output logic                          overflow_o,    // the last addition overflowed
  // row of the memory that is not being filled
  input  wire logic                     cur_ren_i,     // read in one bank
  input  wire logic [3:0]               cur_beat_i,    // the bank
  output logic [Lanes*AccBits-1:0]      rdata0_o,      // last row read from mem0_q
  output logic [Lanes*AccBits-1:0]      rdata1_o       // last row read from mem1_q
);

  logic [Lanes*AccBits-1:0] mem0_q [0:Rows-1];
  logic [Lanes*AccBits-1:0] mem1_q [0:Rows-1];
  logic [Lanes*AccBits-1:0] rdata0_q, rdata1_q;
  logic                     overflow_q;
  logic                     cur_ren;

  assign cur_ren = cur_ren_i & (cur_beat_i == 4'(Beat));

  // The lane loops are written once per memory, on its read register and without branches or lane
  // temporaries: so a compiled simulation turns them into vector instructions. All wide work
  // stands under an enable: an idle bank costs a few branches.
  always_ff @(posedge clk_i) begin
    if (add_en_i) begin : add
      logic [Lanes*AccBits-1:0] sum;
      logic [AccBits-1:0]       over;
      over = '0;
      if (fill_sel_i) begin
        for (int i = 0; i < Lanes; i++) begin
          sum[AccBits*i +: AccBits] = rdata1_q[AccBits*i +: AccBits]
              + (({AccBits{digits_i[2*i] & ~digits_i[2*i+1]}} & t1_i)
               | ({AccBits{~digits_i[2*i] & digits_i[2*i+1]}} & t2_i)
               | ({AccBits{digits_i[2*i] & digits_i[2*i+1]}} & t3_i));
          over = over | ((sum[AccBits*i +: AccBits] ^ rdata1_q[AccBits*i +: AccBits])
              & (sum[AccBits*i +: AccBits]
               ^ (({AccBits{digits_i[2*i] & ~digits_i[2*i+1]}} & t1_i)
                | ({AccBits{~digits_i[2*i] & digits_i[2*i+1]}} & t2_i)
                | ({AccBits{digits_i[2*i] & digits_i[2*i+1]}} & t3_i))));
        end
        mem1_q[add_row_i] <= sum;
        if (fwd1_i) rdata1_q <= sum;
      end else begin
        for (int i = 0; i < Lanes; i++) begin
          sum[AccBits*i +: AccBits] = rdata0_q[AccBits*i +: AccBits]
              + (({AccBits{digits_i[2*i] & ~digits_i[2*i+1]}} & t1_i)
               | ({AccBits{~digits_i[2*i] & digits_i[2*i+1]}} & t2_i)
               | ({AccBits{digits_i[2*i] & digits_i[2*i+1]}} & t3_i));
          over = over | ((sum[AccBits*i +: AccBits] ^ rdata0_q[AccBits*i +: AccBits])
              & (sum[AccBits*i +: AccBits]
               ^ (({AccBits{digits_i[2*i] & ~digits_i[2*i+1]}} & t1_i)
                | ({AccBits{~digits_i[2*i] & digits_i[2*i+1]}} & t2_i)
                | ({AccBits{digits_i[2*i] & digits_i[2*i+1]}} & t3_i))));
        end
        mem0_q[add_row_i] <= sum;
        if (fwd0_i) rdata0_q <= sum;
      end
      overflow_q <= over[AccBits-1];
    end
    if ((fill_sel_i ? cur_ren : fill_ren_i) && !fwd0_i) rdata0_q <= mem0_q[row0_i];
    if ((fill_sel_i ? fill_ren_i : cur_ren) && !fwd1_i) rdata1_q <= mem1_q[row1_i];
    if (zero0_i) rdata0_q <= '0;
    if (zero1_i) rdata1_q <= '0;
  end

  assign rdata0_o   = rdata0_q;
  assign rdata1_o   = rdata1_q;
  assign overflow_o = overflow_q;

endmodule

`default_nettype wire
