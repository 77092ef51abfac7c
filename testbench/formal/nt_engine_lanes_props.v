// SPDX-License-Identifier: Apache-2.0
// nt_engine_lanes_props: one instruction on one beat, against docs/spec/arithmetic.md.
//
// From any state, the pipeline is emptied; the old rd, the operand rb, then the instruction enter,
// and four cycles later rd is read back. Registers, fields, constants, predicates, memory data and
// live lanes are free. A live lane has the specified result, another lane keeps its old value.
// Where the lanes multiply, nt_engine_lanes.cut puts factor beside factor, here and there: 32-bit
// products are beyond the solvers. So MULS and LERP are shown right but for the multiplier itself.
// Meanwhile other instructions may run on other beats (Others 1).
// Kind chooses the instructions: 0 sums, comparisons, logic; 1 SHF, CLZ; 2 MULS; 3 LERP; 4 LD,
// RDC, SPC; 5 CLT, CGE, CEQ; 6 LUT.
`default_nettype none

module nt_engine_lanes_props #(
  parameter integer Kind     = 0,
  parameter integer Others   = 0,
  parameter integer Shift    = 0,  // SHIFT of MULS, FRAC of LERP
  parameter integer Pieces   = 5,  // K of LERP
  localparam integer WordBits = 64,
  localparam integer L        = WordBits / 32
) (
  input wire logic                clk_i,
  input wire logic [31:0]         instr_i,
  input wire logic [1:0]          beat_i,
  input wire logic                en_i,
  input wire logic                writes_i,
  input wire logic [L-1:0]        live_i,
  input wire logic [31:0]         const_i,
  input wire logic [31:0]         timestep_i,
  input wire logic [13:0]         neuron_i,
  input wire logic [3:0]          act_i,
  input wire logic [WordBits-1:0] table_i,
  input wire logic [WordBits-1:0] pool_i,
  input wire logic [WordBits-1:0] acc_i
);
  `include "nt_defs.vh"

  // Cycle 2 reads the old rd, 3 reads rb, 4 is the instruction, 8 reads rd back.
  logic [3:0] cycle_q = 4'd0;
  always_ff @(posedge clk_i) if (cycle_q != 4'd15) cycle_q <= cycle_q + 4'd1;

  (* anyconst *) logic [31:0]  any;
  logic [31:0]                 instr;
  (* anyconst *) logic [1:0]   beat;
  (* anyconst *) logic [L-1:0] live;
  (* anyconst *) logic         lane;

  logic [INSTR_OP_W-1:0]  op;
  logic [INSTR_RA_W-1:0]  rd, rb;
  logic [INSTR_SAT_W-1:0] sat;
  logic [4:0]             frac;

  // MULS and LERP are proved shift by shift: what decides about shifters is wired.
  always_comb begin
    instr = any;
    if (Kind == 2) begin
      instr[INSTR_OP_LSB +: INSTR_OP_W]       = INSTR_OP_W'(OP_MULS);
      instr[INSTR_SHIFT_LSB +: INSTR_SHIFT_W] = INSTR_SHIFT_W'(Shift);
    end else if (Kind == 3) begin
      instr[INSTR_OP_LSB +: INSTR_OP_W]     = INSTR_OP_W'(OP_LERP);
      instr[INSTR_FRAC_LSB +: INSTR_FRAC_W] = INSTR_FRAC_W'(Shift);
      instr[INSTR_RB_LSB +: INSTR_RB_W]     = INSTR_RB_W'(Pieces);
    end else if (Kind == 6) begin
      instr[INSTR_OP_LSB +: INSTR_OP_W] = INSTR_OP_W'(OP_LUT);
    end
  end

  assign op   = instr[INSTR_OP_LSB +: INSTR_OP_W];
  assign rd   = instr[INSTR_RD_LSB +: INSTR_RD_W];
  assign rb   = instr[INSTR_RB_LSB +: INSTR_RB_W];
  assign sat  = instr[INSTR_SAT_LSB +: INSTR_SAT_W];
  assign frac = instr[INSTR_FRAC_LSB +: INSTR_FRAC_W];

  always_comb begin
    case (Kind)
      0: assume (op >= OP_MOV && op <= OP_XOR || op == OP_SEL);
      1: assume (op == OP_SHF || op == OP_CLZ);
      4: assume (op == OP_LD || op == OP_RDC || op == OP_SPC);
      5: assume (op == OP_CLT || op == OP_CGE || op == OP_CEQ);
      default: ;
    endcase
  end

  // What enters.
  logic         en, writes, other;
  logic [31:0]  s0_instr;
  logic [1:0]   s0_beat;
  logic [L-1:0] s0_live;

  assign other = (Others != 0) && en_i && beat_i != beat;

  always_comb begin
    en       = other;
    writes   = writes_i;
    s0_instr = instr_i;
    s0_beat  = beat_i;
    s0_live  = live_i;
    if (cycle_q == 4'd2 || cycle_q == 4'd3 || cycle_q == 4'd8) begin
      en       = 1'b1;
      writes   = 1'b0;
      s0_instr = '0;
      s0_instr[INSTR_RA_LSB +: INSTR_RA_W] = (cycle_q == 4'd3) ? rb : rd;
      s0_beat  = beat;
      s0_live  = '0;
    end
    if (cycle_q == 4'd4) begin
      en       = 1'b1;
      writes   = (Kind != 5);
      s0_instr = instr;
      s0_beat  = beat;
      s0_live  = live;
    end
  end

  logic         s1_valid_q = 1'b0;
  logic [31:0]  s1_instr_q;
  logic [1:0]   s1_beat_q;
  logic [L-1:0] s1_live_q;

  always_ff @(posedge clk_i) begin
    s1_valid_q <= en;
    s1_instr_q <= s0_instr;
    s1_beat_q  <= s0_beat;
    s1_live_q  <= s0_live;
  end

  logic [4*L-1:0]      pred;
  logic [WordBits-1:0] ra;
  logic [L-1:0]        spk;
  logic                lookup;
  logic [16*L-1:0]     index;

  nt_engine_lanes #(.WordBits(WordBits)) u_dut (
    .clk_i,
    .strip_start_i (1'b0),
    .pred_o        (pred),
    .s0_en_i       (en),
    .s0_instr_i    (s0_instr),
    .s0_writes_i   (writes),
    .s0_beat_i     (s0_beat),
    .s1_valid_i    (s1_valid_q),
    .s1_stall_i    (1'b0),
    .s1_instr_i    (s1_instr_q),
    .s1_beat_i     (s1_beat_q),
    .s1_live_i     (s1_live_q),
    .s1_const_i    (const_i),
    .s1_timestep_i (timestep_i),
    .s1_neuron_i   (neuron_i),
    .s1_act_i      (act_i),
    .s1_ra_o       (ra),
    .s1_spk_o      (spk),
    .s1_lookup_o   (lookup),
    .s1_index_o    (index),
    .s2_table_i    (table_i),
    .s2_pool_i     (pool_i),
    .s2_acc_i      (acc_i)
  );

  // ---------------------------------------------------------------------------------------------
  // The specification, a line each.
  // ---------------------------------------------------------------------------------------------
  function automatic logic signed [31:0] narrow(input logic signed [66:0] x, input logic [4:0] n);
    logic signed [66:0] hi;
    hi = (67'sd1 <<< (n - 5'd1)) - 67'sd1;
    if (n == '0)          narrow = x[31:0];
    else if (x > hi)      narrow = hi[31:0];
    else if (x < ~hi)     narrow = ~hi[31:0];
    else                  narrow = x[31:0];
  endfunction

  function automatic logic signed [66:0] rshift(input logic signed [66:0] x, input logic [5:0] s);
    logic signed [66:0] half;
    half   = x >>> (s - 6'd1);
    rshift = (s == '0) ? x : (x >>> s) + $signed({66'd0, half[0]});
  endfunction

  function automatic logic [31:0] leading(input logic [31:0] b);
    leading = 32'd32;
    for (int i = 0; i < 32; i++) if (b[i]) leading = 31 - i;
  endfunction

  logic signed [31:0] old_q, b_q, a, b, want, want_q, c_q;
  logic signed [66:0] x, u, a_wide, b_wide, limit;
  logic signed [63:0] product;
  logic signed [63:0] product_q, lerp_product;
  logic signed [31:0] rest_q;
  logic [31:0]        entry;
  logic               p, p_want, p_q;
  logic [15:0]        index_want;
  logic [5:0]         shift;

  assign a      = ra[32*lane +: 32];
  assign b      = instr[INSTR_BCONST_LSB] ? const_i : b_q;
  assign a_wide = a;
  assign b_wide = b;
  assign p      = pred[{beat, lane}];
  assign shift  = (instr[5:0] == 6'd63) ? 6'd62 : instr[5:0];
  assign product = $signed({a, b});

  // In cycle 5: operands are there, memory data is not.
  always_comb begin
    x = '0;
    case (op)
      OP_MOV:  x = b_wide;
      OP_ADD:  x = a_wide + b_wide;
      OP_SUB:  x = a_wide - b_wide;
      OP_NEG:  x = -b_wide;
      OP_MIN:  x = (a_wide < b_wide) ? a_wide : b_wide;
      OP_MAX:  x = (a_wide > b_wide) ? a_wide : b_wide;
      OP_AND:  x = a_wide & b_wide;
      OP_OR:   x = a_wide | b_wide;
      OP_XOR:  x = a_wide ^ b_wide;
      OP_SEL:  x = p ? a_wide : b_wide;
      OP_CLZ:  x = {35'd0, leading(b)};
      OP_SHF: begin
        if (b >= 32)       x = '0;
        else if (b >= 0)   x = $signed(a << b[4:0]);
        else if (b <= -32) x = a_wide >>> 31;
        else               x = a_wide >>> -b[5:0];
      end
      default: ;
    endcase
    want = narrow(x, sat);
    if (op == OP_SPC) begin
      case (instr[2:0])
        3'd0:    want = timestep_i;
        3'd1:    want = {18'd0, neuron_i} + {31'd0, lane};
        3'd2:    want = {28'd0, act_i};
        default: want = '0;
      endcase
    end
    // LUT and LERP: u, the entry's number, the fraction.
    limit = '0;
    u     = a_wide;
    if (op == OP_LERP) begin
      limit = (67'sd1 <<< ({2'd0, rb} + {1'b0, frac} - 6'd1)) - 67'sd1;
      if (u < ~limit) u = ~limit;
    end else begin
      limit = (67'sd1 <<< rb) - 67'sd1;
      if (u < 0) u = '0;
    end
    if (u > limit) u = limit;
    index_want = {7'd0, instr[INSTR_TBASE_LSB +: INSTR_TBASE_W]} + u[15:0];
    if (op == OP_LERP) begin
      x          = (u >>> frac) + (67'sd1 <<< (rb - 4'd1));
      index_want = {7'd0, instr[INSTR_TBASE_LSB +: INSTR_TBASE_W]} + x[15:0];
    end
    p_want = (op == OP_CLT) ? (a < b) : (op == OP_CGE) ? (a >= b) : (a == b);
  end

  assign entry        = table_i[32*lane +: 32];
  assign lerp_product = $signed({{16{entry[31]}}, entry[31:16], rest_q});

  logic live_lane;
  assign live_lane = live[lane];

  always_ff @(posedge clk_i) begin
    if (cycle_q == 4'd3) old_q <= a;
    if (cycle_q == 4'd4) b_q <= a;
    if (cycle_q == 4'd5) begin
      want_q    <= want;
      product_q <= product;
      rest_q    <= u[31:0] & ~(32'hFFFF_FFFF << frac);
      p_q       <= live_lane ? p_want : p;
    end
    if (cycle_q == 4'd6) begin
      case (op)
        OP_LD:   want_q <= pool_i[32*lane +: 32];
        OP_RDC:  want_q <= acc_i[32*lane +: 32];
        OP_LUT:  want_q <= entry;
        OP_LERP: begin
          product_q <= lerp_product;
          c_q       <= {{16{entry[15]}}, entry[15:0]};
        end
        default: ;
      endcase
    end
  end

  logic signed [66:0] product_wide, c_wide;
  logic signed [31:0] final_want;

  assign product_wide = product_q;
  assign c_wide       = c_q;

  always_comb begin
    final_want = want_q;
    if (Kind == 2) final_want = narrow(rshift(product_wide, shift), sat);
    if (Kind == 3) final_want = narrow(c_wide + rshift(product_wide, {1'b0, frac}),
                                                        5'd0);
  end

  always_comb begin
    if (cycle_q == 4'd5 && (Kind == 3 || Kind == 6)) begin
      assert (lookup);
      assert (index[16*lane +: 9] == index_want[8:0]);
    end
    if (cycle_q == 4'd9 && Kind != 5) assert (a == (live_lane ? final_want : old_q));
    if (cycle_q == 4'd6 && Kind == 5) assert (p == p_q);
    if (cycle_q == 4'd9 && Kind == 5) assert (a == old_q && p == p_q);
  end

  always_ff @(posedge clk_i) begin
    cover (cycle_q == 4'd9 && live_lane && (Kind == 5 ? p_q : a != old_q));
    cover (cycle_q == 4'd9 && !live_lane && a != '0);
  end
endmodule

`default_nettype wire
