// SPDX-License-Identifier: Apache-2.0
// nt_engine_decode: one microcode word to the control signals of the engine.
//
// Contract   Exactly one of undef_o and the class of a defined opcode is set. Fields that an
//            instruction does not name have no influence.
// Timing     Combinational.
// Numbers    None.
// Parameters None.
`default_nettype none

module nt_engine_decode (
  input  wire logic [31:0] instr_i,    // microcode word
  output logic             undef_o,    // undefined instruction
  output logic             is_end_o,   // END: the strip ends
  output logic             is_jmp_o,   // JMP: executed by the strip
  output logic             is_skp_o,   // SKP: sets skip counts
  output logic             is_spk_o,   // SPK: reads the port word of the group
  output logic             lanes_o,    // executed by lanes that are live (not END, JMP, SKP)
  output logic             writes_o    // writes register rd
);
  `include "nt_defs.vh"

  logic [INSTR_OP_W-1:0] op;
  logic [INSTR_RA_W-1:0] ra;
  logic [6:0]            lerp_bits;
  logic                  lerp_bad;
  logic                  unused_fields;

  assign op        = instr_i[INSTR_OP_LSB +: INSTR_OP_W];
  assign ra        = instr_i[INSTR_RA_LSB +: INSTR_RA_W];
  assign lerp_bits = 7'(instr_i[INSTR_RB_LSB +: INSTR_RB_W]) +
                     7'(instr_i[INSTR_FRAC_LSB +: INSTR_FRAC_W]);
  assign lerp_bad  = (instr_i[INSTR_RB_LSB +: INSTR_RB_W] == 4'd0) ||
                     (instr_i[INSTR_RB_LSB +: INSTR_RB_W] > 4'd9) || (lerp_bits > 7'd32);

  assign is_end_o = op == INSTR_OP_W'(OP_END);
  assign is_jmp_o = op == INSTR_OP_W'(OP_JMP);
  assign is_skp_o = op == INSTR_OP_W'(OP_SKP);
  assign is_spk_o = op == INSTR_OP_W'(OP_SPK);
  assign lanes_o  = !is_end_o && !is_jmp_o && !is_skp_o;

  assign undef_o = (op > INSTR_OP_W'(OP_PRB)) ||
                   (is_jmp_o && (ra > INSTR_RA_W'(JMP_NONE))) ||
                   ((op == INSTR_OP_W'(OP_LERP)) && lerp_bad);

  always_comb begin
    case (op)
      INSTR_OP_W'(OP_ST), INSTR_OP_W'(OP_CLT), INSTR_OP_W'(OP_CGE), INSTR_OP_W'(OP_CEQ),
      INSTR_OP_W'(OP_SPK), INSTR_OP_W'(OP_PRB): writes_o = 1'b0;
      default: writes_o = lanes_o;
    endcase
  end

  // The remaining fields belong to the lanes.
  assign unused_fields = ^instr_i[31:0];

endmodule

`default_nettype wire
