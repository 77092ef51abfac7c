// SPDX-License-Identifier: Apache-2.0
// nt_dendrite: double-buffered accumulators of all rows, their activity, overflow detection.
//
// Contract   Rows from the synapse stage are added to the coming accumulators; the engine reads the
//            current ones; swap_i exchanges them and makes all coming rows inactive. A row that is
//            not active counts as zero, whatever its memory holds. The host reads and writes
//            coming accumulators and activity when no row is on its way; it writes an accumulator
//            by adding the difference, which the synapse stage brings in (poke_*).
// Timing     row_* names a row, digits_i and t1_i..t3_i follow one cycle later; one row per cycle.
//            Engine and host reads: data one cycle after the enable. poke_valid_o comes one cycle
//            after a host write, its digits and term are expected in the next cycle.
// Numbers    Row = dendrite * Lines + line. Activity bit = line * 4 + dendrite. Accumulators wrap.
// Parameters WordBits 64..512 and Lines 2..64, powers of two; AccBits 24 or 32.
`default_nettype none

module nt_dendrite #(
  parameter integer WordBits = 256,
  parameter integer Lines    = 8,
  parameter integer AccBits  = 32,
  localparam integer LineBits = $clog2(Lines),
  localparam integer Lanes    = WordBits / 32,
  localparam integer LaneBits = $clog2(Lanes)
) (
  input  wire logic                 clk_i,             // clock
  input  wire logic                 rst_ni,            // reset, active low
  input  wire logic                 swap_i,            // pulse: coming becomes current
  input  wire logic                 clear_i,           // pulse: all rows inactive
  // synapse side
  input  wire logic                 row_valid_i,       // a row is touched
  input  wire logic [1:0]           row_dendrite_i,    // its dendrite
  input  wire logic [LineBits-1:0]  row_line_i,        // its line
  input  wire logic [WordBits-1:0]  digits_i,          // digits of the row touched one cycle before
  input  wire logic [AccBits-1:0]   t1_i,              // term of digit 1
  input  wire logic [AccBits-1:0]   t2_i,              // term of digit 2
  input  wire logic [AccBits-1:0]   t3_i,              // term of digit 3
  // engine side
  input  wire logic                 acc_en_i,          // read a beat of the current accumulators
  input  wire logic [1:0]           acc_dendrite_i,    // dendrite
  input  wire logic [5:0]           acc_line_i,        // line
  input  wire logic [3:0]           acc_beat_i,        // beat
  output logic [32*Lanes-1:0]       acc_rdata_o,       // values, sign-extended
  output logic [4*Lines-1:0]        act_current_o,     // activity of the current accumulators
  // host, spaces ACC and ACT
  input  wire logic                 host_en_i,         // access
  input  wire logic                 host_we_i,         // 1: write
  input  wire logic                 host_act_i,        // 1: space ACT, 0: space ACC
  input  wire logic [19:0]          host_addr_i,       // address in the space
  input  wire logic [31:0]          host_wdata_i,      // value to write
  output logic                      host_bad_addr_o,   // the address is outside the space
  output logic [31:0]               host_rdata_o,      // value, one cycle after the access
  output logic                      poke_valid_o,      // add a term to one lane
  output logic [LaneBits+3:0]       poke_lane_o,       // lane in the row
  output logic [AccBits-1:0]        poke_term_o,       // term
  // state
  output logic                      pending_o,         // a coming row is active
  output logic                      overflow_o,        // pulse: an addition overflowed
  output logic                      busy_o             // an addition is under way
);

  `include "nt_defs.vh"

  localparam integer Rows      = DENDRITES * Lines;
  localparam integer RowBits   = 2 + LineBits;
  localparam integer IndexBits = 4 + LaneBits;             // accumulator in a row: beat, lane
  localparam integer AccAddrBits = RowBits + IndexBits;

  logic             fill_sel_q;
  logic [Rows-1:0]  act_coming_q, act_current_q;

  // ---------------------------------------------------------------------------------------------
  // Host: an access stands alone, no row is on its way.
  // ---------------------------------------------------------------------------------------------
  logic [IndexBits-1:0] host_index;
  logic [RowBits-1:0]   host_row;
  logic [LineBits-1:0]  host_line;
  logic                 host_acc, host_acc_we, host_act_we;
  logic                 host_acc_bad, host_act_bad;

  assign host_index   = host_addr_i[IndexBits-1:0];
  assign host_row     = host_addr_i[IndexBits +: RowBits];
  assign host_line    = host_addr_i[LineBits-1:0];
  assign host_act_bad = |host_addr_i[19:LineBits];

  generate
    if (AccAddrBits < 20) begin : g_acc_bad
      assign host_acc_bad = |host_addr_i[19:AccAddrBits];
    end else begin : g_no_acc_bad
      assign host_acc_bad = 1'b0;
    end
  endgenerate

  assign host_bad_addr_o = host_act_i ? host_act_bad : host_acc_bad;
  assign host_acc        = host_en_i & ~host_act_i & ~host_acc_bad;
  assign host_acc_we     = host_acc & host_we_i;
  assign host_act_we     = host_en_i & host_we_i & host_act_i & ~host_act_bad;

  // ---------------------------------------------------------------------------------------------
  // Rows and activity.
  // ---------------------------------------------------------------------------------------------
  logic [RowBits-1:0] row, row_act;
  logic [RowBits-1:0] add_row_q;
  logic               add_en_q, added_q, poke_q, poked_q;
  logic               fill_ren, fill_zero;
  logic [RowBits-1:0] fill_row, fill_row_act;

  assign row          = {row_dendrite_i, row_line_i};
  assign row_act      = {row_line_i, row_dendrite_i};
  assign fill_ren     = row_valid_i | host_acc;
  assign fill_row     = host_acc ? host_row : row;
  assign fill_row_act = {fill_row[LineBits-1:0], fill_row[RowBits-1:LineBits]};
  assign fill_zero    = ~act_coming_q[fill_row_act] & ~host_acc_we;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_sel_q    <= 1'b0;
      act_coming_q  <= '0;
      act_current_q <= '0;
      poke_q        <= 1'b0;
      poked_q       <= 1'b0;
      add_en_q      <= 1'b0;
      added_q       <= 1'b0;
    end else begin
      poke_q   <= host_acc_we;
      poked_q  <= poke_q;
      add_en_q <= row_valid_i | poke_q;
      added_q  <= add_en_q & ~poked_q;
      if (row_valid_i) act_coming_q[row_act] <= 1'b1;
      if (host_act_we) act_coming_q[DENDRITES*host_line +: DENDRITES] <= host_wdata_i[3:0];
      if (swap_i) begin
        fill_sel_q    <= ~fill_sel_q;
        act_current_q <= act_coming_q;
        act_coming_q  <= '0;
      end
      if (clear_i) begin
        act_current_q <= '0;
        act_coming_q  <= '0;
      end
    end
    if (fill_ren) add_row_q <= fill_row;
  end

  // ---------------------------------------------------------------------------------------------
  // Read-out: the beat read last, from the memory read last.
  // ---------------------------------------------------------------------------------------------
  logic                     read_sel_q, read_zero_q, read_en_q;
  logic [3:0]               read_beat_q;
  logic [LaneBits-1:0]      read_lane_q;
  logic [3:0]               host_act_q;
  logic                     host_is_act_q;
  logic [RowBits-1:0]       acc_row;
  logic [RowBits-1:0]       acc_row_act, row0, row1;
  logic                     fwd0, fwd1, zero0, zero1;
  logic [Lanes*AccBits-1:0] beat;

  assign acc_row     = {acc_dendrite_i, acc_line_i[LineBits-1:0]};
  assign acc_row_act = {acc_line_i[LineBits-1:0], acc_dendrite_i};
  assign row0        = fill_sel_q ? acc_row : fill_row;
  assign row1        = fill_sel_q ? fill_row : acc_row;
  assign zero0       = ~fill_sel_q & fill_ren & fill_zero;
  assign zero1       = fill_sel_q & fill_ren & fill_zero;
  assign fwd0        = add_en_q & ~fill_sel_q & fill_ren & (row0 == add_row_q);
  assign fwd1        = add_en_q & fill_sel_q & fill_ren & (row1 == add_row_q);

  always_ff @(posedge clk_i) begin
    read_en_q <= acc_en_i | host_acc;
    if (acc_en_i || host_acc) begin
      read_sel_q  <= host_acc ? fill_sel_q : ~fill_sel_q;
      read_zero_q <= host_acc ? fill_zero : ~act_current_q[acc_row_act];
      read_beat_q <= host_acc ? host_index[IndexBits-1:LaneBits] : acc_beat_i;
      read_lane_q <= host_index[LaneBits-1:0];
    end
    if (host_en_i) begin
      host_is_act_q <= host_act_i;
      host_act_q    <= act_coming_q[DENDRITES*host_line +: DENDRITES];
    end
  end

  generate
    genvar b;
    for (b = 0; b < BEATS_PER_LINE; b++) begin : g_bank
      logic [Lanes*AccBits-1:0] rdata0, rdata1;
      logic                     overflow;

      nt_dendrite_bank #(
        .Lanes   (Lanes),
        .AccBits (AccBits),
        .Rows    (Rows),
        .Beat    (b)
      ) u_bank (
        .clk_i,
        .fill_sel_i  (fill_sel_q),
        .row0_i      (row0),
        .row1_i      (row1),
        .fill_ren_i  (fill_ren),
        .zero0_i     (zero0),
        .zero1_i     (zero1),
        .fwd0_i      (fwd0),
        .fwd1_i      (fwd1),
        .add_en_i    (add_en_q),
        .add_row_i   (add_row_q),
        .digits_i    (digits_i[2*Lanes*b +: 2*Lanes]),
        .t1_i,
        .t2_i,
        .t3_i,
        .overflow_o  (overflow),
        .cur_ren_i   (acc_en_i),
        .cur_beat_i  (acc_beat_i),
        .rdata0_o    (rdata0),
        .rdata1_o    (rdata1)
      );
    end
  endgenerate

  // A selection by name: a bank's data is copied only when it is asked for.
  always_comb begin
    beat = '0;
    if (read_en_q && !read_zero_q) begin
      case ({read_sel_q, read_beat_q})
        5'd0:    beat = g_bank[0].rdata0;
        5'd1:    beat = g_bank[1].rdata0;
        5'd2:    beat = g_bank[2].rdata0;
        5'd3:    beat = g_bank[3].rdata0;
        5'd4:    beat = g_bank[4].rdata0;
        5'd5:    beat = g_bank[5].rdata0;
        5'd6:    beat = g_bank[6].rdata0;
        5'd7:    beat = g_bank[7].rdata0;
        5'd8:    beat = g_bank[8].rdata0;
        5'd9:    beat = g_bank[9].rdata0;
        5'd10:   beat = g_bank[10].rdata0;
        5'd11:   beat = g_bank[11].rdata0;
        5'd12:   beat = g_bank[12].rdata0;
        5'd13:   beat = g_bank[13].rdata0;
        5'd14:   beat = g_bank[14].rdata0;
        5'd15:   beat = g_bank[15].rdata0;
        5'd16:   beat = g_bank[0].rdata1;
        5'd17:   beat = g_bank[1].rdata1;
        5'd18:   beat = g_bank[2].rdata1;
        5'd19:   beat = g_bank[3].rdata1;
        5'd20:   beat = g_bank[4].rdata1;
        5'd21:   beat = g_bank[5].rdata1;
        5'd22:   beat = g_bank[6].rdata1;
        5'd23:   beat = g_bank[7].rdata1;
        5'd24:   beat = g_bank[8].rdata1;
        5'd25:   beat = g_bank[9].rdata1;
        5'd26:   beat = g_bank[10].rdata1;
        5'd27:   beat = g_bank[11].rdata1;
        5'd28:   beat = g_bank[12].rdata1;
        5'd29:   beat = g_bank[13].rdata1;
        5'd30:   beat = g_bank[14].rdata1;
        default: beat = g_bank[15].rdata1;
      endcase
    end
  end

  generate
    if (AccBits == 32) begin : g_acc_full
      assign acc_rdata_o = beat;
    end else begin : g_acc_extend
      always_comb begin
        acc_rdata_o = '0;
        for (int i = 0; i < Lanes; i++) begin
          acc_rdata_o[32*i +: 32] = {{(32-AccBits){beat[AccBits*i+AccBits-1]}},
                                     beat[AccBits*i +: AccBits]};
        end
      end
    end
  endgenerate

  // A write of the host: the difference to the value read.
  logic [AccBits-1:0] poke_old;

  assign poke_old     = beat[AccBits*read_lane_q +: AccBits];
  assign poke_valid_o = poke_q;
  assign poke_lane_o  = {read_beat_q, read_lane_q};
  assign poke_term_o  = host_wdata_i[AccBits-1:0] - poke_old;

  assign host_rdata_o = host_is_act_q ? {28'd0, host_act_q} : acc_rdata_o[32*read_lane_q +: 32];

  // ---------------------------------------------------------------------------------------------
  // State.
  // ---------------------------------------------------------------------------------------------
  assign act_current_o = act_current_q;
  assign pending_o     = |act_coming_q;
  assign busy_o        = poke_q | add_en_q | added_q;
  assign overflow_o    = added_q
    & (g_bank[0].overflow | g_bank[1].overflow | g_bank[2].overflow | g_bank[3].overflow
     | g_bank[4].overflow | g_bank[5].overflow | g_bank[6].overflow | g_bank[7].overflow
     | g_bank[8].overflow | g_bank[9].overflow | g_bank[10].overflow | g_bank[11].overflow
     | g_bank[12].overflow | g_bank[13].overflow | g_bank[14].overflow | g_bank[15].overflow);

  generate
    if (WordBits < WORD_BITS_MIN || WordBits > WORD_BITS_MAX || 2 ** LaneBits != Lanes
        || Lines < LINES_MIN || Lines > LINES_MAX || 2 ** LineBits != Lines
        || (AccBits != ACC_BITS_MIN && AccBits != ACC_BITS_MAX)) begin : g_range
      nt_parameter_out_of_range u_bad ();
    end
  endgenerate

  `include "nt_assert.vh"
  `NT_ASSERT(swap_when_quiet, !(swap_i && (row_valid_i || add_en_q)))
  `NT_ASSERT(host_alone, !(host_en_i && (row_valid_i || add_en_q || acc_en_i)))

endmodule

`default_nettype wire
