// SPDX-License-Identifier: Apache-2.0
#include "nt_asm.h"

#include <assert.h>
#include <string.h>

/// A value in a field given by the name of its record and field; a value that does not fit asserts.
#define PUT(value, field) put((value), NT_##field##_LSB, NT_##field##_W)
/// The same for a signed value.
#define PUT_SIGNED(value, field) put_signed((value), NT_##field##_LSB, NT_##field##_W)

static uint64_t put(uint64_t value, unsigned lsb, unsigned width) {
  const uint64_t mask = (UINT64_C(1) << width) - 1;
  assert((value & ~mask) == 0);
  return (value & mask) << lsb;
}

static uint64_t put_signed(int32_t value, unsigned lsb, unsigned width) {
  assert(value >= -(INT32_C(1) << (width - 1)) && value < INT32_C(1) << (width - 1));
  return put((uint32_t)value & ((UINT32_C(1) << width) - 1), lsb, width);
}

// ---- instructions -------------------------------------------------------------------------------

static uint32_t instruction(uint32_t op, uint32_t rd, uint32_t ra) {
  return (uint32_t)(PUT(op, INSTR_OP) | PUT(rd, INSTR_RD) | PUT(ra, INSTR_RA));
}

uint32_t nt_asm_reg(uint32_t n) {
  return (uint32_t)PUT(n, INSTR_RB);
}

uint32_t nt_asm_const(uint32_t n) {
  const uint32_t low = n & ((1u << NT_INSTR_RB_W) - 1);
  return (uint32_t)(PUT(1, INSTR_BCONST) | PUT(low, INSTR_RB) |
                    PUT(n >> NT_INSTR_RB_W, INSTR_CONST_HI));
}

uint32_t nt_asm_alu(uint32_t op, uint32_t rd, uint32_t ra, uint32_t b, uint32_t sat) {
  return instruction(op, rd, ra) | b | (uint32_t)PUT(sat, INSTR_SAT);
}

uint32_t nt_asm_muls(uint32_t rd, uint32_t ra, uint32_t b, uint32_t sat, uint32_t shift) {
  return nt_asm_alu(NT_OP_MULS, rd, ra, b, sat) | (uint32_t)PUT(shift, INSTR_SHIFT);
}

uint32_t nt_asm_compare(uint32_t op, uint32_t ra, uint32_t b) {
  return instruction(op, 0, ra) | b;
}

uint32_t nt_asm_ld(uint32_t rd, uint32_t k) {
  return instruction(NT_OP_LD, rd, 0) | (uint32_t)PUT(k, INSTR_K);
}

uint32_t nt_asm_st(uint32_t ra, uint32_t k) {
  return instruction(NT_OP_ST, 0, ra) | (uint32_t)PUT(k, INSTR_K);
}

uint32_t nt_asm_rdc(uint32_t rd, uint32_t dendrite) {
  return instruction(NT_OP_RDC, rd, 0) | (uint32_t)PUT(dendrite, INSTR_WHICH);
}

uint32_t nt_asm_spc(uint32_t rd, uint32_t which) {
  return instruction(NT_OP_SPC, rd, 0) | (uint32_t)PUT(which, INSTR_WHICH);
}

uint32_t nt_asm_skp(uint32_t count, bool invert) {
  return instruction(NT_OP_SKP, 0, 0) |
         (uint32_t)(PUT(count, INSTR_SKIP) | PUT(invert, INSTR_INVERT));
}

uint32_t nt_asm_jmp(uint32_t condition, uint32_t mask, uint32_t target) {
  return instruction(NT_OP_JMP, 0, condition) |
         (uint32_t)(PUT(mask, INSTR_RB) | PUT(target, INSTR_TARGET));
}

uint32_t nt_asm_lut(uint32_t rd, uint32_t ra, uint32_t k, uint32_t base) {
  return instruction(NT_OP_LUT, rd, ra) | (uint32_t)(PUT(k, INSTR_RB) | PUT(base, INSTR_TBASE));
}

uint32_t nt_asm_lerp(uint32_t rd, uint32_t ra, uint32_t k, uint32_t fraction, uint32_t base) {
  return instruction(NT_OP_LERP, rd, ra) |
         (uint32_t)(PUT(k, INSTR_RB) | PUT(fraction, INSTR_FRAC) | PUT(base, INSTR_TBASE));
}

uint32_t nt_asm_spk(uint32_t port, uint32_t ra) {
  return instruction(NT_OP_SPK, 0, ra) | (uint32_t)PUT(port, INSTR_WHICH);
}

uint32_t nt_asm_prb(uint32_t ra) {
  return instruction(NT_OP_PRB, 0, ra);
}

uint32_t nt_asm_end(void) {
  return instruction(NT_OP_END, 0, 0);
}

uint32_t nt_asm_emit(nt_asm_program_t *program, uint32_t word) {
  assert(program->count < sizeof program->word / sizeof program->word[0]);
  program->word[program->count] = word;
  return program->count++;
}

// ---- records ------------------------------------------------------------------------------------

void nt_asm_group_words(const nt_asm_group_t *group, uint32_t words[NT_GROUP_WORDS]) {
  enum { PORT_WORD = 4 }; // the first port word
  memset(words, 0, NT_GROUP_WORDS * sizeof *words);
  words[0] = (uint32_t)(PUT(1, GROUP0_ENABLE) | PUT(group->always, GROUP0_ALWAYS) |
                        PUT(group->line, GROUP0_LINE) | PUT(group->lines, GROUP0_LINES));
  words[1] = (uint32_t)PUT(group->neurons, GROUP1_NEURONS);
  words[2] =
      (uint32_t)(PUT(group->entry, GROUP2_ENTRY) | PUT(group->const_base, GROUP2_CONST_BASE));
  words[3] = (uint32_t)(PUT(group->state_base, GROUP3_STATE_BASE) |
                        PUT(group->state_words, GROUP3_STATE_WORDS) |
                        PUT(group->clear_words, GROUP3_CLEAR_WORDS));
  for (uint32_t port = 0; port < NT_PORTS; port++)
    words[PORT_WORD + port] = (uint32_t)(PUT(group->port_ptr[port], GROUP_PORT_PTR) |
                                         PUT(group->port_count[port], GROUP_PORT_COUNT));
}

/// What DENSE and UNIFORM share: the rows.
static uint64_t rows(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines) {
  return PUT(dendrite, AXON_DENDRITE) | PUT(dendrites - 1, AXON_DENDRITES) | PUT(line, AXON_LINE) |
         PUT(lines - 1, AXON_LINES);
}

uint64_t nt_asm_dense(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                      uint32_t digits, uint32_t exponent, uint32_t ptr) {
  return PUT(NT_FORMAT_DENSE, AXON_FORMAT) | rows(dendrite, dendrites, line, lines) |
         PUT(digits - 1, AXON_DIGITS) | PUT(exponent, AXON_EXP) | PUT(ptr, AXON_PTR);
}

uint64_t nt_asm_sparse(uint32_t dendrite, uint32_t line, uint32_t exponent, uint32_t count,
                       uint32_t ptr) {
  return PUT(NT_FORMAT_SPARSE, AXON_FORMAT) | PUT(dendrite, AXON_DENDRITE) | PUT(line, AXON_LINE) |
         PUT(exponent, AXON_EXP) | PUT(count, AXON_COUNT) | PUT(ptr, AXON_PTR);
}

uint64_t nt_asm_uniform(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                        uint32_t exponent, int32_t weight) {
  return PUT(NT_FORMAT_UNIFORM, AXON_FORMAT) | rows(dendrite, dendrites, line, lines) |
         PUT(exponent, AXON_EXP) | PUT_SIGNED(weight, AXON_WEIGHT);
}

uint64_t nt_asm_single(uint32_t dendrite, uint32_t neuron, uint32_t exponent, int32_t weight) {
  return PUT(NT_FORMAT_SINGLE, AXON_FORMAT) | PUT(dendrite, AXON_DENDRITE) |
         PUT(exponent, AXON_EXP) | PUT(neuron, AXON_NEURON) | PUT_SIGNED(weight, AXON_WEIGHT);
}

uint64_t nt_asm_dest(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type, bool vector) {
  return PUT(tile, DEST_TILE) | PUT(cores, DEST_CORES) | PUT(axon, DEST_AXON) |
         PUT(type, DEST_TYPE) | PUT(vector, DEST_VECTOR);
}

uint32_t nt_asm_synapse(uint32_t index, int32_t weight) {
  return (uint32_t)(PUT(index, SPARSE_INDEX) | PUT_SIGNED(weight, SPARSE_WEIGHT));
}

// ---- into pool words ----------------------------------------------------------------------------

nt_asm_pool_t nt_asm_pool_of(const nt_image_t *image, uint32_t tile, uint32_t core) {
  return (nt_asm_pool_t){.lane = nt_image_core(image, tile, core)->pool,
                         .words = image->params.pool_words,
                         .word_lanes = nt_params_word_lanes(&image->params)};
}

static uint32_t *pool_lane(const nt_asm_pool_t *pool, uint32_t word, uint32_t lane) {
  return &pool->lane[(size_t)(word % pool->words) * pool->word_lanes + lane];
}

void nt_asm_put_dword(const nt_asm_pool_t *pool, uint32_t base, uint32_t index, uint64_t dword) {
  const uint32_t per_word = pool->word_lanes / 2;
  uint32_t *low = pool_lane(pool, base + index / per_word, 2 * (index % per_word));
  low[0] = (uint32_t)dword;
  low[1] = (uint32_t)(dword >> 32);
}

void nt_asm_put_weight(const nt_asm_pool_t *pool, uint32_t word, uint32_t digits, uint32_t lane,
                       int32_t weight) {
  enum { DIGIT_BITS = 2, PER_LANE = 32 / DIGIT_BITS };
  for (uint32_t j = 0; j < digits; j++) {
    const uint32_t code = (uint32_t)weight >> (DIGIT_BITS * j) & 3u;
    const uint32_t shift = DIGIT_BITS * (lane % PER_LANE);
    uint32_t *at = pool_lane(pool, word + j, lane / PER_LANE);
    *at = (*at & ~(3u << shift)) | code << shift;
  }
}

void nt_asm_put_synapse(const nt_asm_pool_t *pool, uint32_t ptr, uint32_t n, uint32_t index,
                        int32_t weight) {
  const uint32_t bits = NT_SPARSE_INDEX_W + NT_SPARSE_WEIGHT_W;
  const uint32_t shift = bits * (n % NT_SPARSE_PER_DWORD);
  const uint32_t dword = n / NT_SPARSE_PER_DWORD;
  const uint32_t per_word = pool->word_lanes / 2;
  const uint32_t *low = pool_lane(pool, ptr + dword / per_word, 2 * (dword % per_word));
  const uint64_t old = low[0] | (uint64_t)low[1] << 32;
  const uint64_t mask = ((UINT64_C(1) << bits) - 1) << shift;
  nt_asm_put_dword(pool, ptr, dword,
                   (old & ~mask) | (uint64_t)nt_asm_synapse(index, weight) << shift);
}
