// SPDX-License-Identifier: Apache-2.0
#include "nt_microcode.h"

// One program being written. Errors stick: after the first, emitting does nothing, so callers check
// once at the end.
typedef struct program {
  nt_core_builder_t *builder;
  nt_status_t status;
  nt_error_t *err;
} program_t;

// Second operand: a register or a constant.
typedef struct operand {
  bool constant;
  int32_t value; // register number or constant
} operand_t;

static operand_t reg(uint32_t number) {
  return (operand_t){false, (int32_t)number};
}
static operand_t imm(int32_t value) {
  return (operand_t){true, value};
}

// Registers with a fixed meaning; ZERO is never written and therefore reads 0.
enum { ZERO = 15 };

static uint32_t field(uint32_t value, uint32_t lsb) {
  return value << lsb;
}

static void emit(program_t *p, uint32_t word) {
  if (p->status == NT_OK) {
    p->status = nt_core_builder_instruction(p->builder, word, p->err);
  }
}

static uint32_t encode_operand(program_t *p, operand_t b) {
  if (!b.constant) {
    return field((uint32_t)b.value, NT_INSTR_RB_LSB);
  }
  uint32_t number = 0;
  if (p->status == NT_OK) {
    p->status = nt_core_builder_constant(p->builder, b.value, &number, p->err);
  }
  return field(1, NT_INSTR_BCONST_LSB) | field(number & 15u, NT_INSTR_RB_LSB) |
         field(number >> 4, NT_INSTR_CONST_HI_LSB);
}

static void alu(program_t *p, uint32_t op, uint32_t rd, uint32_t ra, operand_t b, uint32_t sat,
                uint32_t shift) {
  emit(p, field(op, NT_INSTR_OP_LSB) | field(rd, NT_INSTR_RD_LSB) | field(ra, NT_INSTR_RA_LSB) |
              encode_operand(p, b) | field(sat, NT_INSTR_SAT_LSB) |
              field(shift, NT_INSTR_SHIFT_LSB));
}

static void muls(program_t *p, uint32_t rd, uint32_t ra, operand_t b, uint32_t shift,
                 uint32_t sat) {
  alu(p, NT_OP_MULS, rd, ra, b, sat, shift);
}
static void add(program_t *p, uint32_t rd, uint32_t ra, operand_t b, uint32_t sat) {
  alu(p, NT_OP_ADD, rd, ra, b, sat, 0);
}
static void load(program_t *p, uint32_t rd, uint32_t word) {
  emit(p,
       field(NT_OP_LD, NT_INSTR_OP_LSB) | field(rd, NT_INSTR_RD_LSB) | field(word, NT_INSTR_K_LSB));
}
static void store(program_t *p, uint32_t ra, uint32_t word) {
  emit(p,
       field(NT_OP_ST, NT_INSTR_OP_LSB) | field(ra, NT_INSTR_RA_LSB) | field(word, NT_INSTR_K_LSB));
}
static void accumulator(program_t *p, uint32_t rd, uint32_t dendrite) {
  emit(p, field(NT_OP_RDC, NT_INSTR_OP_LSB) | field(rd, NT_INSTR_RD_LSB) |
              field(dendrite, NT_INSTR_WHICH_LSB));
}
static void spike(program_t *p, uint32_t port, uint32_t ra) {
  emit(p, field(NT_OP_SPK, NT_INSTR_OP_LSB) | field(ra, NT_INSTR_RA_LSB) |
              field(port, NT_INSTR_WHICH_LSB));
}
static void lerp(program_t *p, uint32_t rd, uint32_t ra, uint32_t pieces_log2, uint32_t fraction,
                 uint32_t base) {
  emit(p, field(NT_OP_LERP, NT_INSTR_OP_LSB) | field(rd, NT_INSTR_RD_LSB) |
              field(ra, NT_INSTR_RA_LSB) | field(pieces_log2, NT_INSTR_RB_LSB) |
              field(fraction, NT_INSTR_FRAC_LSB) | field(base, NT_INSTR_TBASE_LSB));
}
static void sigmoid(program_t *p, uint32_t rd, uint32_t ra, uint32_t fraction_bits) {
  lerp(p, rd, ra, 5, fraction_bits - 1, NT_TABLE_SIGMOID);
}
static void end(program_t *p) {
  emit(p, field(NT_OP_END, NT_INSTR_OP_LSB));
}

// Opens a section that runs only if a dendrite of `mask` was active; returns the jump to be closed.
static uint32_t section_begin(program_t *p, uint32_t mask) {
  const uint32_t at = p->builder->prog_used;
  emit(p, field(NT_OP_JMP, NT_INSTR_OP_LSB) | field(NT_JMP_NACT, NT_INSTR_RA_LSB) |
              field(mask, NT_INSTR_RB_LSB));
  return at;
}
static void section_end(program_t *p, uint32_t at) {
  if (p->status == NT_OK) {
    p->builder->core->prog[at] |= field(p->builder->prog_used, NT_INSTR_TARGET_LSB);
  }
}

// y' and sq of the norm site, from y in `ra`; uses `tmp`. `outer_word` holds wo.
static void square(program_t *p, const nt_qnorm_t *norm, uint32_t ra, uint32_t tmp,
                   uint32_t outer_word, uint32_t port) {
  if (norm->outer != NULL) {
    load(p, tmp, outer_word);
    muls(p, tmp, ra, reg(tmp), norm->outer_shift, 16);
    muls(p, tmp, tmp, reg(tmp), norm->square_shift, nt_qmodel_square_bits(norm->inputs));
  } else {
    muls(p, tmp, ra, reg(ra), norm->square_shift, nt_qmodel_square_bits(norm->inputs));
  }
  alu(p, NT_OP_MAX, tmp, tmp, imm(1), 0, 0);
  spike(p, port, tmp);
}

// code of y in `ra` with R in `scale`, sent on `port`; uses `tmp`.
static void code(program_t *p, const nt_qcodes_t *codes, uint32_t width, uint32_t ra,
                 uint32_t scale, uint32_t tmp, uint32_t q_word, uint32_t port) {
  load(p, tmp, q_word);
  muls(p, tmp, ra, reg(tmp), 0, 0);
  muls(p, tmp, tmp, reg(scale), codes->shift, width);
  spike(p, port, tmp);
}

nt_status_t nt_microcode_embed(nt_core_builder_t *builder, const nt_qnorm_t *next,
                               nt_error_t *err) {
  program_t program = {builder, NT_OK, err}, *p = &program;
  accumulator(p, 1, 0);
  spike(p, NT_PORT_X_NEXT, 1);
  square(p, next, 1, 2, NT_STATE_E_OUTER, NT_PORT_X_SQUARE);
  end(p);
  return p->status;
}

nt_status_t nt_microcode_stage(nt_core_builder_t *builder, const nt_widths_t *widths,
                               const nt_qnorm_t *norm, const nt_qmatrix_t *matrix,
                               const nt_qnorm_t *next, nt_error_t *err) {
  enum { X = 1, SCALE = 2, TMP = 3, OUT = 4 };
  program_t program = {builder, NT_OK, err}, *p = &program;
  uint32_t jump = section_begin(p, 1u << NT_DENDRITE_X_HANDOVER);
  accumulator(p, X, NT_DENDRITE_X_HANDOVER);
  store(p, X, NT_STATE_X);
  section_end(p, jump);
  jump = section_begin(p, 1u << NT_DENDRITE_X_SCALE);
  load(p, X, NT_STATE_X);
  accumulator(p, SCALE, NT_DENDRITE_X_SCALE);
  for (uint32_t c = 0; c < norm->code_count; c++) {
    code(p, &norm->codes[c], widths->codes, X, SCALE, TMP, NT_STATE_X_Q + c, NT_PORT_X_CODES + c);
  }
  if (matrix == NULL) {
    store(p, ZERO, NT_STATE_X);
  }
  section_end(p, jump);
  if (matrix != NULL) {
    jump = section_begin(p, 1u << NT_DENDRITE_X_MATRIX);
    accumulator(p, OUT, NT_DENDRITE_X_MATRIX);
    muls(p, OUT, OUT, imm(matrix->multiplier), matrix->shift, widths->x);
    load(p, X, NT_STATE_X);
    add(p, X, X, reg(OUT), widths->x);
    store(p, ZERO, NT_STATE_X);
    spike(p, NT_PORT_X_NEXT, X);
    square(p, next, X, TMP, NT_STATE_X_Q + norm->code_count, NT_PORT_X_SQUARE);
    section_end(p, jump);
  }
  end(p);
  return p->status;
}

nt_status_t nt_microcode_norm(nt_core_builder_t *builder, const nt_qnorm_t *norm, nt_error_t *err) {
  enum { SUM = 0, EXP = 1, MANT = 2, ROOT = 3, ONE = 4 };
  program_t program = {builder, NT_OK, err}, *p = &program;
  uint32_t jump = section_begin(p, 1u << NT_DENDRITE_N_SELF);
  alu(p, NT_OP_MOV, ONE, 0, imm(1), 0, 0);
  spike(p, NT_PORT_N_PACE, ONE);
  section_end(p, jump);
  jump = section_begin(p, 1u << NT_DENDRITE_N_SQUARE);
  accumulator(p, SUM, NT_DENDRITE_N_SQUARE);
  alu(p, NT_OP_CLZ, EXP, 0, reg(SUM), 0, 0);
  add(p, EXP, EXP, imm(-2), 0);
  alu(p, NT_OP_AND, EXP, EXP, imm(-2), 0, 0); // even: -2 is "not 1"
  alu(p, NT_OP_SHF, MANT, SUM, reg(EXP), 0, 0);
  alu(p, NT_OP_SUB, MANT, MANT, imm(1 << 29), 0, 0);
  lerp(p, ROOT, MANT, 7, 23, NT_TABLE_RSQRT);
  alu(p, NT_OP_SHF, EXP, EXP, imm(-1), 0, 0);
  add(p, EXP, EXP, imm(norm->static_exponent), 0);
  alu(p, NT_OP_SHF, ROOT, ROOT, reg(EXP), 0, 0);
  alu(p, NT_OP_MIN, ROOT, ROOT, imm((1 << 23) - 1), 0, 0);
  alu(p, NT_OP_MAX, ROOT, ROOT, imm(1), 0, 0);
  spike(p, NT_PORT_N_SCALE, ROOT);
  alu(p, NT_OP_MOV, ONE, 0, imm(1), 0, 0);
  spike(p, NT_PORT_N_SELF, ONE);
  section_end(p, jump);
  end(p);
  return p->status;
}

nt_status_t nt_microcode_mixer(nt_core_builder_t *builder, const nt_widths_t *widths,
                               const nt_qlayer_t *layer, nt_error_t *err) {
  enum { I = 0, F = 1, G = 2, SIG = 3, BOUND = 4, TMP = 5, H = 6, V = 7, SCALE = 8 };
  program_t program = {builder, NT_OK, err}, *p = &program;
  uint32_t jump = section_begin(p, 1u << NT_DENDRITE_G_SCALE);
  load(p, V, NT_STATE_G_V);
  accumulator(p, SCALE, NT_DENDRITE_G_SCALE);
  code(p, &layer->o_norm.codes[0], widths->codes, V, SCALE, TMP, NT_STATE_G_Q, NT_PORT_V_CODES);
  section_end(p, jump);
  jump = section_begin(p, 1u << NT_DENDRITE_G_I | 1u << NT_DENDRITE_G_F | 1u << NT_DENDRITE_G_G);
  accumulator(p, I, NT_DENDRITE_G_I);
  muls(p, I, I, imm(layer->i.multiplier), layer->i.shift, widths->pre);
  accumulator(p, F, NT_DENDRITE_G_F);
  muls(p, F, F, imm(layer->f.multiplier), layer->f.shift, widths->pre);
  accumulator(p, G, NT_DENDRITE_G_G);
  muls(p, G, G, imm(layer->g.multiplier), layer->g.shift, widths->pre);
  // F: forget gate fg = lb + sigmoid(f) * (1 - lb)
  sigmoid(p, F, F, layer->frac_f);
  load(p, BOUND, NT_STATE_G_BOUND);
  alu(p, NT_OP_NEG, TMP, 0, reg(BOUND), 0, 0);
  add(p, TMP, TMP, imm(32768), 0);
  muls(p, F, F, reg(TMP), 15, 0);
  add(p, F, F, reg(BOUND), 16);
  // I: input c = silu(i) * (1 - fg)
  sigmoid(p, SIG, I, layer->frac_i);
  muls(p, I, I, reg(SIG), 0, 0);
  alu(p, NT_OP_NEG, TMP, 0, reg(F), 0, 0);
  add(p, TMP, TMP, imm(32768), 0);
  muls(p, I, I, reg(TMP), 30 + layer->frac_i - layer->frac_h, widths->h);
  // H: h = fg * h + c
  load(p, H, NT_STATE_G_H);
  muls(p, H, H, reg(F), 15, 0);
  add(p, H, H, reg(I), widths->h);
  store(p, H, NT_STATE_G_H);
  // V: g * wg * silu(h)
  sigmoid(p, SIG, H, layer->frac_h);
  muls(p, V, H, reg(SIG), 15 + nt_widths_h_extra(widths), 16);
  muls(p, V, V, reg(G), 0, 0);
  load(p, TMP, NT_STATE_G_GNORM);
  muls(p, V, V, reg(TMP), layer->v_shift, widths->v);
  store(p, V, NT_STATE_G_V);
  square(p, &layer->o_norm, V, TMP, 0, NT_PORT_V_SQUARE);
  section_end(p, jump);
  end(p);
  return p->status;
}

nt_status_t nt_microcode_mlp(nt_core_builder_t *builder, const nt_widths_t *widths,
                             const nt_qlayer_t *layer, nt_error_t *err) {
  enum { GATE = 0, UP = 1, SIG = 2, TMP = 3, V = 4, SCALE = 5 };
  program_t program = {builder, NT_OK, err}, *p = &program;
  uint32_t jump = section_begin(p, 1u << NT_DENDRITE_M_SCALE);
  load(p, V, NT_STATE_M_V);
  accumulator(p, SCALE, NT_DENDRITE_M_SCALE);
  code(p, &layer->down_norm.codes[0], widths->codes, V, SCALE, TMP, NT_STATE_M_Q, NT_PORT_V_CODES);
  section_end(p, jump);
  jump = section_begin(p, 1u << NT_DENDRITE_M_GATE | 1u << NT_DENDRITE_M_UP);
  accumulator(p, GATE, NT_DENDRITE_M_GATE);
  muls(p, GATE, GATE, imm(layer->gate_up.multiplier), layer->gate_up.shift, widths->pre);
  accumulator(p, UP, NT_DENDRITE_M_UP);
  muls(p, UP, UP, imm(layer->gate_up.multiplier), layer->gate_up.shift, widths->pre);
  sigmoid(p, SIG, GATE, layer->frac_u);
  muls(p, GATE, GATE, reg(SIG), 15, 16);
  muls(p, V, GATE, reg(UP), layer->w_shift, widths->v);
  store(p, V, NT_STATE_M_V);
  square(p, &layer->down_norm, V, TMP, 0, NT_PORT_V_SQUARE);
  section_end(p, jump);
  end(p);
  return p->status;
}

nt_status_t nt_microcode_head(nt_core_builder_t *builder, nt_error_t *err) {
  program_t program = {builder, NT_OK, err}, *p = &program;
  accumulator(p, 0, NT_DENDRITE_D_LOGITS);
  spike(p, NT_PORT_D_LOGITS, 0);
  end(p);
  return p->status;
}
