// SPDX-License-Identifier: Apache-2.0
// nt_fault: single bits in the memories of a tile, and where docs/spec/memory.md puts what a test
// wants to damage.
#ifndef NT_FAULT_H
#define NT_FAULT_H

#include "nt_talk.h"

/// One bit of a memory of one core.
typedef struct nt_fault {
  uint32_t tile, core, space, address; ///< address in 32-bit words, as through the host port
  unsigned bit;
} nt_fault_t;

/// Flips the bit in the system under test.
void nt_fault_inject(const nt_talk_t *talk, const nt_fault_t *fault);

/// Bit 0 of the weight that leads from the `input`th sender to `neuron` of the chunk on dendrite 0,
/// which a DENSE list of each sender serves.
nt_fault_t nt_fault_weight(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t input,
                           uint32_t neuron);
/// Highest bit of the opcode of the first instruction of the chunk's program: no opcode has it set.
nt_fault_t nt_fault_first_instruction(const nt_talk_t *talk, const nt_chunk_t *chunk);
/// Lowest bit of operand B of the instruction before the one that stores state word 0.
nt_fault_t nt_fault_operand(const nt_talk_t *talk, const nt_chunk_t *chunk);
/// Lowest bit of the number of dendrites that the list of the chunk's first sender serves.
nt_fault_t nt_fault_dendrites(const nt_talk_t *talk, const nt_chunk_t *chunk);
/// A bit of a state word of a neuron.
nt_fault_t nt_fault_state(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t word,
                          uint32_t neuron, unsigned bit);
/// A bit of the axon number in the first destination of the chunk that is the host.
nt_fault_t nt_fault_host_axon(const nt_talk_t *talk, const nt_chunk_t *chunk, unsigned bit);

#endif
