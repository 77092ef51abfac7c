// SPDX-License-Identifier: Apache-2.0
// nt_engine_lanes: registers, predicates and arithmetic of the engine's L lanes.
//
// Contract   One beat of an instruction enters per cycle with its live lanes; only they change. A
//            register not written since strip_start_i reads 0.
// Timing     S0 reads registers; S1 forms operand B, the sum, the comparison, the table index;
//            S2 multiplies, saturates, takes memory data; S3 shifts and writes. A beat entered at
//            cycle t is written for a beat entered at t+4. S0 and S1 hold while s1_stall_i.
// Numbers    Signed 32-bit lanes, 33-bit sums, 64-bit products; narrowing as in SAT: 0 truncates,
//            n saturates to n bits.
// Parameters WordBits 64..512, a power of two; L = WordBits/32.
`default_nettype none

module nt_engine_lanes #(
  parameter integer WordBits = 256,
  localparam integer L       = WordBits / 32
) (
  input  wire logic                clk_i,          // clock
  input  wire logic                strip_start_i,  // forget registers and predicates
  output logic [4*L-1:0]           pred_o,         // predicates, beat*L + lane
  // S0: a beat enters
  input  wire logic                s0_en_i,        // it has a live lane, and S1 can take it
  input  wire logic [31:0]         s0_instr_i,     // instruction
  input  wire logic                s0_writes_i,    // it writes rd
  input  wire logic [1:0]          s0_beat_i,      // beat of the strip
  // S1: execution
  input  wire logic                s1_valid_i,     // a beat is in S1
  input  wire logic                s1_stall_i,     // it stays there
  input  wire logic [31:0]         s1_instr_i,     // its instruction
  input  wire logic [1:0]          s1_beat_i,      // its beat
  input  wire logic [L-1:0]        s1_live_i,      // its live lanes
  input  wire logic [31:0]         s1_const_i,     // its constant
  input  wire logic [31:0]         s1_timestep_i,  // number of the timestep
  input  wire logic [13:0]         s1_neuron_i,    // index in the group of its lane 0
  input  wire logic [3:0]          s1_act_i,       // activity of the line
  output logic [WordBits-1:0]      s1_ra_o,        // register ra
  output logic [L-1:0]             s1_spk_o,       // SPK: live lanes whose ra is not 0
  output logic                     s1_lookup_o,    // read the table for every lane
  output logic [16*L-1:0]          s1_index_o,     // table entries, before the modulo
  // S2: data of the table, the pool and the accumulators asked for in S1
  input  wire logic [WordBits-1:0] s2_table_i,     // table entries
  input  wire logic [WordBits-1:0] s2_pool_i,      // pool word
  input  wire logic [WordBits-1:0] s2_acc_i        // accumulators
);
  `include "nt_defs.vh"

  // -------------------------------------------------------------------------------------------
  // S0: register read. written_q tells which registers of which beat belong to this strip; the
  // first write of a register in a strip also zeroes the lanes that are not live.
  // -------------------------------------------------------------------------------------------
  localparam integer RegAddrW = 6;
  localparam integer LaneBits = $clog2(L);

  logic [WordBits-1:0] regs_q [0:63];  // register*4 + beat
  logic [63:0]         written_q;
  logic [WordBits-1:0] s1_ra_q;
  logic [WordBits-1:0] s1_rb_q;
  logic                s1_writes_q;
  logic                s1_first_q;
  logic [RegAddrW-1:0] s0_ra, s0_rb, s0_rd;

  assign s0_ra = {s0_instr_i[INSTR_RA_LSB +: INSTR_RA_W], s0_beat_i};
  assign s0_rb = {s0_instr_i[INSTR_RB_LSB +: INSTR_RB_W], s0_beat_i};
  assign s0_rd = {s0_instr_i[INSTR_RD_LSB +: INSTR_RD_W], s0_beat_i};

  always_ff @(posedge clk_i) begin
    if (strip_start_i) begin
      written_q <= '0;
    end else if (s0_en_i && s0_writes_i) begin
      written_q[s0_rd] <= 1'b1;
    end
    if (s0_en_i) begin
      s1_writes_q <= s0_writes_i;
      s1_first_q  <= !written_q[s0_rd];
      if (written_q[s0_ra]) begin
        s1_ra_q <= regs_q[s0_ra];
      end else begin
        s1_ra_q <= '0;
      end
      if (written_q[s0_rb]) begin
        s1_rb_q <= regs_q[s0_rb];
      end else begin
        s1_rb_q <= '0;
      end
    end
  end

  assign s1_ra_o = s1_ra_q;

  // -------------------------------------------------------------------------------------------
  // S1
  // -------------------------------------------------------------------------------------------
  logic [INSTR_OP_W-1:0]  s1_op;
  logic [INSTR_SAT_W-1:0] s1_sat;
  logic                   s1_en;
  logic [L-1:0]           s1_pred;
  logic [4*L-1:0]         pred_q;
  logic [WordBits-1:0]    s1_frac;

  assign s1_op   = s1_instr_i[INSTR_OP_LSB +: INSTR_OP_W];
  assign s1_sat  = s1_instr_i[INSTR_SAT_LSB +: INSTR_SAT_W];
  assign s1_en   = s1_valid_i && !s1_stall_i;
  assign s1_pred = pred_q[{s1_beat_i, {LaneBits{1'b0}}} +: L];
  assign pred_o  = pred_q;

  // Lanes that send a spike.
  always_comb begin
    s1_spk_o = '0;
    if (s1_valid_i && (s1_op == INSTR_OP_W'(OP_SPK))) begin
      for (int l = 0; l < L; l++) begin
        s1_spk_o[l] = s1_live_i[l] && (s1_ra_q[32*l +: 32] != 32'd0);
      end
    end
  end

  // LUT and LERP: clamp ra, cut it into table entry and fraction.
  logic [3:0]         lk_k;
  logic [4:0]         lk_f;
  logic [5:0]         lk_bits;
  logic signed [31:0] lk_hi, lk_lo;
  logic [15:0]        lk_base;

  assign s1_lookup_o = s1_valid_i && ((s1_op == INSTR_OP_W'(OP_LUT)) ||
                                      (s1_op == INSTR_OP_W'(OP_LERP)));
  always_comb begin : lookup
    logic signed [31:0] u;
    lk_k       = s1_instr_i[INSTR_RB_LSB +: INSTR_RB_W];
    lk_f       = 5'd0;
    lk_bits    = 6'd0;
    lk_hi      = 32'sd0;
    lk_lo      = 32'sd0;
    lk_base    = 16'(s1_instr_i[INSTR_TBASE_LSB +: INSTR_TBASE_W]);
    s1_index_o = '0;
    s1_frac    = '0;
    u          = 32'sd0;
    if (s1_lookup_o) begin
      if (s1_op == INSTR_OP_W'(OP_LERP)) begin
        lk_f    = s1_instr_i[INSTR_FRAC_LSB +: INSTR_FRAC_W];
        lk_bits = 6'(lk_k) + 6'(lk_f);
        lk_lo   = $signed(32'hFFFF_FFFF << (lk_bits - 6'd1));
        lk_hi   = ~lk_lo;
        lk_base = lk_base + (16'd1 << (lk_k - 4'd1));
      end else begin
        lk_hi   = $signed(~(32'hFFFF_FFFF << lk_k));
      end
      for (int l = 0; l < L; l++) begin
        u = $signed(s1_ra_q[32*l +: 32]);
        u = (u > lk_hi) ? lk_hi : u;
        u = (u < lk_lo) ? lk_lo : u;
        s1_index_o[16*l +: 16] = 16'(u >>> lk_f) + lk_base;
        s1_frac[32*l +: 32]    = u & ~(32'hFFFF_FFFF << lk_f);
      end
    end
  end

  // Shift of one lane: left by b, right if b is negative.
  function automatic logic [31:0] shf(input logic [31:0] a, input logic [31:0] b);
    logic [31:0] n;
    n = -b;
    if (b[31]) begin
      shf = $signed(a) >>> ((n > 32'd31) ? 5'd31 : n[4:0]);
    end else begin
      shf = (b > 32'd31) ? 32'd0 : (a << b[4:0]);
    end
  endfunction

  // Leading zeros by halving; 32 for zero.
  function automatic logic [31:0] clz(input logic [31:0] b);
    logic [31:0] v;
    logic [5:0]  n;
    v = b;
    n = 6'd0;
    if (v[31:16] == 16'd0) begin
      n = n + 6'd16;
      v = v << 16;
    end
    if (v[31:24] == 8'd0) begin
      n = n + 6'd8;
      v = v << 8;
    end
    if (v[31:28] == 4'd0) begin
      n = n + 6'd4;
      v = v << 4;
    end
    if (v[31:30] == 2'd0) begin
      n = n + 6'd2;
      v = v << 2;
    end
    if (!v[31]) begin
      n = n + 6'd1;
      v = v << 1;
    end
    clz = {26'd0, v[31] ? n : 6'd32};
  endfunction

  // A 33-bit sum to 32 bits: truncated (SAT 0) or saturated, to be saturated further in S2.
  function automatic logic [31:0] sum32(input logic [32:0] x, input logic saturate);
    logic out;
    out   = saturate && (x[32] != x[31]);
    sum32 = out ? {x[32], {31{!x[32]}}} : x[31:0];
  endfunction

  // Operand B, and the cases outside the lane loops: one decision per beat, not per lane.
  logic                s2_valid_q;
  logic [31:0]         s2_instr_q;
  logic                s2_first_q;
  logic [1:0]          s2_beat_q;
  logic [L-1:0]        s2_live_q;
  logic [WordBits-1:0] s2_x_q;  // result to be saturated, or the factor ra
  logic [WordBits-1:0] s2_b_q;  // factor B, or the fraction of LERP

  always_ff @(posedge clk_i) begin
    s2_valid_q <= s1_en && s1_writes_q;
    if (strip_start_i) begin
      pred_q <= '0;
    end
    if (s1_en) begin : execute
      logic [WordBits-1:0] b;
      logic [WordBits-1:0] x;
      logic [L-1:0]        cmp;
      s2_instr_q  <= s1_instr_i;
      s2_first_q  <= s1_first_q;
      s2_beat_q   <= s1_beat_i;
      s2_live_q   <= s1_live_i;
      b   = s1_instr_i[INSTR_BCONST_LSB] ? {L{s1_const_i}} : s1_rb_q;
      x   = s1_ra_q;
      cmp = '0;
      case (s1_op)
        INSTR_OP_W'(OP_SPC): begin
          for (int l = 0; l < L; l++) begin
            case (s1_instr_i[INSTR_WHICH_LSB +: INSTR_WHICH_W])
              INSTR_WHICH_W'(SPC_TIMESTEP): x[32*l +: 32] = s1_timestep_i;
              INSTR_WHICH_W'(SPC_NEURON):   x[32*l +: 32] = 32'(s1_neuron_i) + 32'(l);
              INSTR_WHICH_W'(SPC_ACTIVITY): x[32*l +: 32] = 32'(s1_act_i);
              default:                      x[32*l +: 32] = 32'd0;
            endcase
          end
        end
        INSTR_OP_W'(OP_MOV): x = b;
        INSTR_OP_W'(OP_ADD): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = sum32({s1_ra_q[32*l + 31], s1_ra_q[32*l +: 32]} +
                                  {b[32*l + 31], b[32*l +: 32]}, s1_sat != '0);
          end
        end
        INSTR_OP_W'(OP_SUB): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = sum32({s1_ra_q[32*l + 31], s1_ra_q[32*l +: 32]} -
                                  {b[32*l + 31], b[32*l +: 32]}, s1_sat != '0);
          end
        end
        INSTR_OP_W'(OP_NEG): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = sum32(-{b[32*l + 31], b[32*l +: 32]}, s1_sat != '0);
          end
        end
        INSTR_OP_W'(OP_MIN): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = ($signed(b[32*l +: 32]) < $signed(s1_ra_q[32*l +: 32])) ?
                            b[32*l +: 32] : s1_ra_q[32*l +: 32];
          end
        end
        INSTR_OP_W'(OP_MAX): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = ($signed(b[32*l +: 32]) > $signed(s1_ra_q[32*l +: 32])) ?
                            b[32*l +: 32] : s1_ra_q[32*l +: 32];
          end
        end
        INSTR_OP_W'(OP_AND): x = s1_ra_q & b;
        INSTR_OP_W'(OP_OR):  x = s1_ra_q | b;
        INSTR_OP_W'(OP_XOR): x = s1_ra_q ^ b;
        INSTR_OP_W'(OP_SHF): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = shf(s1_ra_q[32*l +: 32], b[32*l +: 32]);
          end
        end
        INSTR_OP_W'(OP_CLZ): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = clz(b[32*l +: 32]);
          end
        end
        INSTR_OP_W'(OP_SEL): begin
          for (int l = 0; l < L; l++) begin
            x[32*l +: 32] = s1_pred[l] ? s1_ra_q[32*l +: 32] : b[32*l +: 32];
          end
        end
        INSTR_OP_W'(OP_CLT): begin
          for (int l = 0; l < L; l++) begin
            cmp[l] = $signed(s1_ra_q[32*l +: 32]) < $signed(b[32*l +: 32]);
          end
        end
        INSTR_OP_W'(OP_CGE): begin
          for (int l = 0; l < L; l++) begin
            cmp[l] = $signed(s1_ra_q[32*l +: 32]) >= $signed(b[32*l +: 32]);
          end
        end
        INSTR_OP_W'(OP_CEQ): begin
          for (int l = 0; l < L; l++) begin
            cmp[l] = s1_ra_q[32*l +: 32] == b[32*l +: 32];
          end
        end
        default: ;
      endcase
      if (s1_writes_q) begin
        s2_x_q <= x;
      end else if (!strip_start_i && ((s1_op == INSTR_OP_W'(OP_CLT)) ||
                                      (s1_op == INSTR_OP_W'(OP_CGE)) ||
                                      (s1_op == INSTR_OP_W'(OP_CEQ)))) begin
        pred_q[{s1_beat_i, {LaneBits{1'b0}}} +: L] <= (cmp & s1_live_i) | (s1_pred & ~s1_live_i);
      end
      if (s1_op == INSTR_OP_W'(OP_MULS)) begin
        s2_b_q <= b;
      end else if (s1_op == INSTR_OP_W'(OP_LERP)) begin
        s2_b_q <= s1_frac;
      end
    end
  end

  // -------------------------------------------------------------------------------------------
  // S2: products, memory data, saturation of the other results
  // -------------------------------------------------------------------------------------------
  logic [INSTR_OP_W-1:0]  s2_op;
  logic [INSTR_SAT_W-1:0] s2_sat;
  logic                   s3_valid_q;
  logic                   s3_product_q;  // result comes from s3_p_q
  logic [RegAddrW-1:0]    s3_rd_q;
  logic [L-1:0]           s3_write_q;    // lanes to write
  logic [L-1:0]           s3_live_q;     // lanes with a value; the others written get 0
  logic [5:0]             s3_shift_q;
  logic [INSTR_SAT_W-1:0] s3_sat_q;
  logic [WordBits-1:0]    s3_x_q;
  logic [2*WordBits-1:0]  s3_p_q;

  assign s2_op  = s2_instr_q[INSTR_OP_LSB +: INSTR_OP_W];
  assign s2_sat = s2_instr_q[INSTR_SAT_LSB +: INSTR_SAT_W];

  // Fields of other stages.
  logic unused_fields;
  assign unused_fields = ^{s0_instr_i, s2_instr_q};

  always_ff @(posedge clk_i) begin
    s3_valid_q <= s2_valid_q;
    if (s2_valid_q) begin : finish
      logic [WordBits-1:0] f1;
      logic [WordBits-1:0] f2;
      logic [WordBits-1:0] x;
      logic signed [63:0]  add;
      logic signed [31:0]  hi;
      logic signed [31:0]  lo;
      s3_product_q <= 1'b0;
      s3_rd_q      <= {s2_instr_q[INSTR_RD_LSB +: INSTR_RD_W], s2_beat_q};
      s3_write_q   <= s2_first_q ? '1 : s2_live_q;
      s3_live_q    <= s2_live_q;
      f1  = s2_x_q;
      f2  = s2_b_q;
      x   = s2_x_q;
      add = 64'sd0;
      hi  = ~$signed(32'hFFFF_FFFF << (s2_sat - 5'd1));
      lo  = ~hi;
      case (s2_op)
        INSTR_OP_W'(OP_LD):  s3_x_q <= s2_pool_i;
        INSTR_OP_W'(OP_RDC): s3_x_q <= s2_acc_i;
        INSTR_OP_W'(OP_LUT): s3_x_q <= s2_table_i;
        INSTR_OP_W'(OP_SPC): s3_x_q <= s2_x_q;
        INSTR_OP_W'(OP_MULS), INSTR_OP_W'(OP_LERP): begin
          // LERP adds its base before the shift: rounding is not disturbed by a whole number.
          s3_product_q <= 1'b1;
          s3_sat_q     <= s2_sat;
          s3_shift_q   <= s2_instr_q[INSTR_SHIFT_LSB +: INSTR_SHIFT_W];
          if (s2_instr_q[INSTR_SHIFT_LSB +: INSTR_SHIFT_W] == 6'd63) begin
            s3_shift_q <= 6'd62;
          end
          if (s2_op == INSTR_OP_W'(OP_LERP)) begin
            s3_sat_q   <= '0;
            s3_shift_q <= 6'(s2_instr_q[INSTR_FRAC_LSB +: INSTR_FRAC_W]);
            for (int l = 0; l < L; l++) begin
              f1[32*l +: 32] = {{16{s2_table_i[32*l + 31]}}, s2_table_i[32*l + 16 +: 16]};
            end
          end
          for (int l = 0; l < L; l++) begin
            if (s2_op == INSTR_OP_W'(OP_LERP)) begin
              add = $signed({{48{s2_table_i[32*l + 15]}}, s2_table_i[32*l +: 16]}) <<
                    s2_instr_q[INSTR_FRAC_LSB +: INSTR_FRAC_W];
            end
            s3_p_q[64*l +: 64] <= $signed(f1[32*l +: 32]) * $signed(f2[32*l +: 32]) + add;
          end
        end
        default: begin
          if (s2_sat != '0) begin
            for (int l = 0; l < L; l++) begin
              x[32*l +: 32] = ($signed(x[32*l +: 32]) > hi) ? hi : x[32*l +: 32];
              x[32*l +: 32] = ($signed(x[32*l +: 32]) < lo) ? lo : x[32*l +: 32];
            end
          end
          s3_x_q <= x;
        end
      endcase
    end
  end

  // -------------------------------------------------------------------------------------------
  // S3: rounding shift, narrowing, register write
  // -------------------------------------------------------------------------------------------
  always_ff @(posedge clk_i) begin
    if (s3_valid_q) begin : write
      logic signed [63:0]  y;
      logic signed [63:0]  hi;
      logic signed [63:0]  lo;
      logic [WordBits-1:0] x;
      hi = ~$signed(64'hFFFF_FFFF_FFFF_FFFF << (s3_sat_q - 5'd1));
      lo = ~hi;
      y  = 64'sd0;
      x  = s3_x_q;
      if (s3_product_q) begin
        for (int l = 0; l < L; l++) begin
          y = $signed(s3_p_q[64*l +: 64]);
          if (s3_shift_q != 6'd0) begin
            y = y >>> (s3_shift_q - 6'd1);
            y = (y >>> 1) + $signed({63'd0, y[0]});
          end
          if (s3_sat_q != '0) begin
            y = (y > hi) ? hi : y;
            y = (y < lo) ? lo : y;
          end
          x[32*l +: 32] = y[31:0];
        end
      end
      for (int l = 0; l < L; l++) begin
        if (s3_write_q[l]) begin
          regs_q[s3_rd_q][32*l +: 32] <= x[32*l +: 32] & {32{s3_live_q[l]}};
        end
      end
    end
  end

endmodule

`default_nettype wire
