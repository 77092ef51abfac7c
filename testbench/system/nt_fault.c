// SPDX-License-Identifier: Apache-2.0
#include "nt_fault.h"

static const nt_image_core_t *core_of(const nt_talk_t *talk, const nt_chunk_t *chunk) {
  return nt_image_core(talk->image, chunk->tile, chunk->core);
}

static uint32_t group_word(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t word) {
  return core_of(talk, chunk)->group[chunk->group * NT_GROUP_WORDS + word];
}

static uint32_t field(uint64_t word, unsigned lsb, unsigned width) {
  return (uint32_t)(word >> lsb & ((UINT64_C(1) << width) - 1));
}

static uint64_t dword(const uint32_t *pool, uint64_t number) {
  return pool[2 * number] | (uint64_t)pool[2 * number + 1] << 32;
}

void nt_fault_inject(const nt_talk_t *talk, const nt_fault_t *fault) {
  nt_error_t err;
  nt_dev_t *dev = nt_talk_tile(talk, fault->tile);
  uint32_t word = 0;
  NT_OK_CALL(nt_dev_mem_read(dev, fault->core, fault->space, fault->address, 1, &word, &err), err);
  word ^= UINT32_C(1) << fault->bit;
  NT_OK_CALL(nt_dev_mem_write(dev, fault->core, fault->space, fault->address, 1, &word, &err), err);
}

// Dword in the pool of the `input`th axon whose DENSE list begins at dendrite 0 of the chunk's
// lines.
static uint64_t find_axon(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t input) {
  const nt_image_core_t *core = core_of(talk, chunk);
  const uint64_t base = (uint64_t)core->axon_base * talk->image->params.word_bits / 64;
  uint32_t found = 0;
  for (uint32_t a = 0; a < core->axon_count; a++) {
    const uint64_t entry = dword(core->pool, base + a);
    if (field(entry, NT_AXON_FORMAT_LSB, NT_AXON_FORMAT_W) != NT_FORMAT_DENSE ||
        field(entry, NT_AXON_LINE_LSB, NT_AXON_LINE_W) != chunk->line ||
        field(entry, NT_AXON_DENDRITE_LSB, NT_AXON_DENDRITE_W) != 0) {
      continue;
    }
    if (found++ == input) {
      return base + a;
    }
  }
  fail_msg("tile %u core %u: no list for input %u", chunk->tile, chunk->core, input);
  return 0;
}

// Its list.
static uint32_t find_list(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t input) {
  const uint64_t entry = dword(core_of(talk, chunk)->pool, find_axon(talk, chunk, input));
  assert_int_equal(field(entry, NT_AXON_DIGITS_LSB, NT_AXON_DIGITS_W), 0); // ternary: one digit
  return field(entry, NT_AXON_PTR_LSB, NT_AXON_PTR_W);
}

nt_fault_t nt_fault_weight(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t input,
                           uint32_t neuron) {
  const nt_params_t *p = &talk->image->params;
  const uint32_t lane = neuron % nt_params_line_lanes(p);
  const uint32_t word = find_list(talk, chunk, input) + neuron / nt_params_line_lanes(p);
  return (nt_fault_t){.tile = chunk->tile,
                      .core = chunk->core,
                      .space = NT_SPACE_POOL,
                      .address = word * nt_params_word_lanes(p) + lane / 16,
                      .bit = 2 * (lane % 16)};
}

nt_fault_t nt_fault_first_instruction(const nt_talk_t *talk, const nt_chunk_t *chunk) {
  return (nt_fault_t){.tile = chunk->tile,
                      .core = chunk->core,
                      .space = NT_SPACE_PROG,
                      .address =
                          field(group_word(talk, chunk, 2), NT_GROUP2_ENTRY_LSB, NT_GROUP2_ENTRY_W),
                      .bit = NT_INSTR_OP_LSB + NT_INSTR_OP_W - 1};
}

nt_fault_t nt_fault_operand(const nt_talk_t *talk, const nt_chunk_t *chunk) {
  const uint32_t *prog = core_of(talk, chunk)->prog;
  nt_fault_t fault = nt_fault_first_instruction(talk, chunk);
  while (field(prog[fault.address + 1], NT_INSTR_OP_LSB, NT_INSTR_OP_W) != NT_OP_ST ||
         field(prog[fault.address + 1], NT_INSTR_K_LSB, NT_INSTR_K_W) != 0) {
    fault.address++;
  }
  fault.bit = NT_INSTR_RB_LSB;
  return fault;
}

nt_fault_t nt_fault_dendrites(const nt_talk_t *talk, const nt_chunk_t *chunk) {
  return (nt_fault_t){.tile = chunk->tile,
                      .core = chunk->core,
                      .space = NT_SPACE_POOL,
                      .address = (uint32_t)(2 * find_axon(talk, chunk, 0)),
                      .bit = NT_AXON_DENDRITES_LSB};
}

nt_fault_t nt_fault_state(const nt_talk_t *talk, const nt_chunk_t *chunk, uint32_t word,
                          uint32_t neuron, unsigned bit) {
  const uint32_t lanes = nt_params_word_lanes(&talk->image->params);
  const uint32_t descriptor = group_word(talk, chunk, 3);
  const uint32_t base = field(descriptor, NT_GROUP3_STATE_BASE_LSB, NT_GROUP3_STATE_BASE_W);
  const uint32_t words = field(descriptor, NT_GROUP3_STATE_WORDS_LSB, NT_GROUP3_STATE_WORDS_W);
  return (nt_fault_t){.tile = chunk->tile,
                      .core = chunk->core,
                      .space = NT_SPACE_POOL,
                      .address = (base + neuron / lanes * words + word) * lanes + neuron % lanes,
                      .bit = bit};
}

nt_fault_t nt_fault_host_axon(const nt_talk_t *talk, const nt_chunk_t *chunk, unsigned bit) {
  const uint32_t per_word = talk->image->params.word_bits / 64;
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    const uint32_t descriptor = group_word(talk, chunk, 4 + port);
    const uint64_t first =
        (uint64_t)field(descriptor, NT_GROUP_PORT_PTR_LSB, NT_GROUP_PORT_PTR_W) * per_word;
    const uint32_t count = field(descriptor, NT_GROUP_PORT_COUNT_LSB, NT_GROUP_PORT_COUNT_W);
    for (uint64_t at = first; at < first + count; at++) {
      const uint64_t entry = dword(core_of(talk, chunk)->pool, at);
      if (field(entry, NT_DEST_TILE_LSB, NT_DEST_TILE_W) == NT_HOST_TILE) {
        const unsigned place = NT_DEST_AXON_LSB + bit;
        return (nt_fault_t){.tile = chunk->tile,
                            .core = chunk->core,
                            .space = NT_SPACE_POOL,
                            .address = (uint32_t)(2 * at) + place / 32,
                            .bit = place % 32};
      }
    }
  }
  fail_msg("tile %u core %u group %u: sends nothing to the host", chunk->tile, chunk->core,
           chunk->group);
  return (nt_fault_t){0};
}
