// SPDX-License-Identifier: Apache-2.0
// nt_asm: words of programs, group descriptors, axon entries, lists and destinations, built from
// the field positions of nt_defs.h. Pure functions: nothing here knows a device.
#ifndef NT_ASM_H
#define NT_ASM_H

#include "nt_image.h"

// ---- instructions -------------------------------------------------------------------------------

/// Operand B, as the bits of an instruction word: a register or constant number `n` (0..63).
uint32_t nt_asm_reg(uint32_t n);
uint32_t nt_asm_const(uint32_t n);

/// An instruction whose result is narrowed to `sat` bits (0: wrapped to 32); MULS takes a shift
/// too.
uint32_t nt_asm_alu(uint32_t op, uint32_t rd, uint32_t ra, uint32_t b, uint32_t sat);
uint32_t nt_asm_muls(uint32_t rd, uint32_t ra, uint32_t b, uint32_t sat, uint32_t shift);
/// CLT, CGE, CEQ.
uint32_t nt_asm_compare(uint32_t op, uint32_t ra, uint32_t b);
uint32_t nt_asm_ld(uint32_t rd, uint32_t k);
uint32_t nt_asm_st(uint32_t ra, uint32_t k);
uint32_t nt_asm_rdc(uint32_t rd, uint32_t dendrite);
uint32_t nt_asm_spc(uint32_t rd, uint32_t which);
uint32_t nt_asm_skp(uint32_t count, bool invert);
uint32_t nt_asm_jmp(uint32_t condition, uint32_t mask, uint32_t target);
uint32_t nt_asm_lut(uint32_t rd, uint32_t ra, uint32_t k, uint32_t base);
uint32_t nt_asm_lerp(uint32_t rd, uint32_t ra, uint32_t k, uint32_t fraction, uint32_t base);
uint32_t nt_asm_spk(uint32_t port, uint32_t ra);
uint32_t nt_asm_prb(uint32_t ra);
uint32_t nt_asm_end(void);

/// A program under construction. Emitting into a full one is a bug in the caller and asserts.
typedef struct nt_asm_program {
  uint32_t word[1024];
  uint32_t count;
} nt_asm_program_t;

/// Appends an instruction and returns its number.
uint32_t nt_asm_emit(nt_asm_program_t *program, uint32_t word);

// ---- records ------------------------------------------------------------------------------------

/// A group descriptor, unpacked. `lines` is a count.
typedef struct nt_asm_group {
  bool always;
  uint32_t line, lines, neurons;
  uint32_t entry, const_base;
  uint32_t state_base, state_words, clear_words;
  uint32_t port_ptr[NT_PORTS], port_count[NT_PORTS];
} nt_asm_group_t;

/// The descriptor's words, ENABLE set.
void nt_asm_group_words(const nt_asm_group_t *group, uint32_t words[NT_GROUP_WORDS]);

/// Axon entries. Dendrites, lines and digits are counts, as people count (1..4, 1..64, 1..4).
uint64_t nt_asm_dense(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                      uint32_t digits, uint32_t exponent, uint32_t ptr);
uint64_t nt_asm_sparse(uint32_t dendrite, uint32_t line, uint32_t exponent, uint32_t count,
                       uint32_t ptr);
uint64_t nt_asm_uniform(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                        uint32_t exponent, int32_t weight);
uint64_t nt_asm_single(uint32_t dendrite, uint32_t neuron, uint32_t exponent, int32_t weight);

/// A destination entry.
uint64_t nt_asm_dest(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type, bool vector);

/// One SPARSE synapse (20 bits).
uint32_t nt_asm_synapse(uint32_t index, int32_t weight);

// ---- into pool words ----------------------------------------------------------------------------

/// A pool as an array of 32-bit words in host-port order, or the part of it that a test builds.
typedef struct nt_asm_pool {
  uint32_t *lane; ///< [words * word_lanes]
  uint32_t words, word_lanes;
} nt_asm_pool_t;

/// The pool of an image's core.
nt_asm_pool_t nt_asm_pool_of(const nt_image_t *image, uint32_t tile, uint32_t core);
/// Dword `index` of a table of dwords that begins at pool word `base`; addresses wrap.
void nt_asm_put_dword(const nt_asm_pool_t *pool, uint32_t base, uint32_t index, uint64_t dword);
/// Puts the `digits`-digit weight of line lane `lane` into the row whose first list word is `word`.
void nt_asm_put_weight(const nt_asm_pool_t *pool, uint32_t word, uint32_t digits, uint32_t lane,
                       int32_t weight);
/// Puts synapse `n` of the SPARSE list at pool word `ptr`.
void nt_asm_put_synapse(const nt_asm_pool_t *pool, uint32_t ptr, uint32_t n, uint32_t index,
                        int32_t weight);

#endif
