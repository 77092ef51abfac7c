// SPDX-License-Identifier: Apache-2.0
// Generated from docs/spec/nt_definitions.def by nt_gendefs; do not edit.
#ifndef NT_DEFS_H
#define NT_DEFS_H

#define NT_DEFS_HASH 0x490d839fu

#define NT_CORES_DEFAULT 4u ///< neurocores around one router (any number)
#define NT_CORES_MIN 1u
#define NT_CORES_MAX 8u
#define NT_WORD_BITS_DEFAULT 256u ///< pool word: WORD_BITS/2 ternary synapses, WORD_BITS/32 engine lanes
#define NT_WORD_BITS_MIN 64u
#define NT_WORD_BITS_MAX 512u
#define NT_POOL_WORDS_DEFAULT 8192u ///< words in a core's memory pool
#define NT_POOL_WORDS_MIN 256u
#define NT_POOL_WORDS_MAX 65536u
#define NT_LINES_DEFAULT 8u ///< lines of WORD_BITS/2 neurons in a core
#define NT_LINES_MIN 2u
#define NT_LINES_MAX 64u
#define NT_ACC_BITS_DEFAULT 32u ///< bits of a dendrite accumulator (24 or 32)
#define NT_ACC_BITS_MIN 24u
#define NT_ACC_BITS_MAX 32u
#define NT_PROG_WORDS_DEFAULT 1024u ///< microcode instructions in a core
#define NT_PROG_WORDS_MIN 64u
#define NT_PROG_WORDS_MAX 4096u
#define NT_TABLE_WORDS_DEFAULT 512u ///< constant table entries in a core
#define NT_TABLE_WORDS_MIN 64u
#define NT_TABLE_WORDS_MAX 512u
#define NT_GROUPS_DEFAULT 16u ///< neuron groups in a core
#define NT_GROUPS_MIN 8u
#define NT_GROUPS_MAX 32u
#define NT_CORE_NEURONS_MAX 8192u ///< most neurons of a core: LINES * WORD_BITS/2
#define NT_DENDRITES 4u ///< dendrites per neuron
#define NT_PORTS 8u ///< spike output ports per neuron group
#define NT_BEATS_PER_LINE 16u ///< engine beats in a line
#define NT_BEATS_PER_STRIP 4u ///< engine beats that share control flow
#define NT_REGISTERS 16u ///< engine registers per neuron
#define NT_PAYLOAD_BITS 24u ///< signed graded payload
#define NT_GROUP_WORDS 16u ///< 32-bit words of a group descriptor (words 12 to 15 are not used)
#define NT_STRIP_INSTR_LIMIT 4096u ///< instructions after which a strip is a runaway
#define NT_HOST_TILE 4095u ///< tile number that stands for the host
#define NT_SPARSE_PER_DWORD 3u ///< sparse synapses in 64 bits
#define NT_SPIKE_PAYLOAD_LSB 0u ///< signed graded payload
#define NT_SPIKE_PAYLOAD_W 24u
#define NT_SPIKE_AXON_LSB 24u ///< input axon of the destination cores
#define NT_SPIKE_AXON_W 16u
#define NT_SPIKE_TILE_LSB 40u ///< destination tile, HOST_TILE for the host
#define NT_SPIKE_TILE_W 12u
#define NT_SPIKE_CORES_LSB 52u ///< destination cores of that tile, one bit each (multicast)
#define NT_SPIKE_CORES_W 8u
#define NT_SPIKE_TYPE_LSB 60u ///< message type
#define NT_SPIKE_TYPE_W 2u
#define NT_SPIKE_TYPE_BINARY 0u ///< no payload on the wire: always +1
#define NT_SPIKE_TYPE_GRADED8 1u ///< signed 8-bit payload
#define NT_SPIKE_TYPE_GRADED16 2u ///< signed 16-bit payload
#define NT_SPIKE_TYPE_GRADED24 3u ///< signed 24-bit payload
#define NT_HOST_DATA_LSB 0u ///< value written or read
#define NT_HOST_DATA_W 32u
#define NT_HOST_ADDR_LSB 32u ///< 32-bit word address inside the space; group and neuron for a probe
#define NT_HOST_ADDR_W 20u
#define NT_HOST_SPACE_LSB 52u ///< address space
#define NT_HOST_SPACE_W 3u
#define NT_HOST_CORE_LSB 55u ///< core
#define NT_HOST_CORE_W 3u
#define NT_HOST_KIND_LSB 58u ///< request or response kind
#define NT_HOST_KIND_W 2u
#define NT_REQ_WRITE 0u ///< write DATA at ADDR; no response unless refused
#define NT_REQ_READ 1u ///< read ADDR; answered by RDATA or ERROR
#define NT_RSP_RDATA 0u ///< the word read
#define NT_RSP_PROBE 1u ///< a PRB instruction's value
#define NT_RSP_ERROR 2u ///< the request named a core, space or address that does not exist
#define NT_PROBE_NEURON_LSB 0u ///< neuron index in its group (inside HOST.ADDR)
#define NT_PROBE_NEURON_W 13u
#define NT_PROBE_GROUP_LSB 13u ///< group (inside HOST.ADDR)
#define NT_PROBE_GROUP_W 5u
#define NT_SPACE_POOL 0u ///< memory pool: word * (WORD_BITS/32) + lane
#define NT_SPACE_PROG 1u ///< microcode, one instruction per address
#define NT_SPACE_TABLE 2u ///< constant table
#define NT_SPACE_GROUP 3u ///< group descriptors: group * GROUP_WORDS + word
#define NT_SPACE_ACC 4u ///< accumulators of the coming timestep: (dendrite * LINES + line) * (WORD_BITS/2) + lane
#define NT_SPACE_ACT 5u ///< activity of the coming timestep: one address per line, one bit per dendrite
#define NT_SPACE_CREG 6u ///< core registers
#define NT_AXON_FORMAT_LSB 0u ///< synapse list format
#define NT_AXON_FORMAT_W 3u
#define NT_AXON_DENDRITE_LSB 4u ///< first dendrite
#define NT_AXON_DENDRITE_W 2u
#define NT_AXON_DENDRITES_LSB 6u ///< number of dendrites minus 1
#define NT_AXON_DENDRITES_W 2u
#define NT_AXON_DIGITS_LSB 8u ///< DENSE: radix-4 digits per weight minus 1 (2, 4, 6 or 8 bit weights)
#define NT_AXON_DIGITS_W 2u
#define NT_AXON_EXP_LSB 10u ///< weight exponent: left shift of every weight
#define NT_AXON_EXP_W 4u
#define NT_AXON_LINE_LSB 16u ///< first line (DENSE, SPARSE, UNIFORM)
#define NT_AXON_LINE_W 6u
#define NT_AXON_LINES_LSB 24u ///< number of lines minus 1 (DENSE, UNIFORM)
#define NT_AXON_LINES_W 6u
#define NT_AXON_NEURON_LSB 16u ///< target neuron (SINGLE)
#define NT_AXON_NEURON_W 13u
#define NT_AXON_PTR_LSB 32u ///< pool word of the list (DENSE, SPARSE)
#define NT_AXON_PTR_W 16u
#define NT_AXON_WEIGHT_LSB 32u ///< signed weight (UNIFORM, SINGLE)
#define NT_AXON_WEIGHT_W 8u
#define NT_AXON_COUNT_LSB 48u ///< number of synapses (SPARSE)
#define NT_AXON_COUNT_W 16u
#define NT_FORMAT_NONE 0u ///< no list: the spike is dropped and BAD_AXON is set
#define NT_FORMAT_DENSE 1u ///< index-free list of 2, 4, 6 or 8 bit weights
#define NT_FORMAT_SPARSE 2u ///< indexed list of 8 bit weights
#define NT_FORMAT_UNIFORM 3u ///< the same weight for all neurons of some lines, no list
#define NT_FORMAT_SINGLE 4u ///< one synapse, no list
#define NT_SPARSE_INDEX_LSB 0u ///< target neuron minus the first neuron of AXON.LINE
#define NT_SPARSE_INDEX_W 12u
#define NT_SPARSE_WEIGHT_LSB 12u ///< signed weight
#define NT_SPARSE_WEIGHT_W 8u
#define NT_DEST_TILE_LSB 0u ///< destination tile
#define NT_DEST_TILE_W 12u
#define NT_DEST_CORES_LSB 12u ///< destination cores
#define NT_DEST_CORES_W 8u
#define NT_DEST_AXON_LSB 20u ///< first axon
#define NT_DEST_AXON_W 16u
#define NT_DEST_TYPE_LSB 36u ///< message type
#define NT_DEST_TYPE_W 2u
#define NT_DEST_VECTOR_LSB 38u ///< 1: axon + neuron index in the group; 0: the same axon for all neurons
#define NT_DEST_VECTOR_W 1u
#define NT_GROUP0_ENABLE_LSB 0u ///< group exists
#define NT_GROUP0_ENABLE_W 1u
#define NT_GROUP0_ALWAYS_LSB 1u ///< run in every timestep, not only on lines with input
#define NT_GROUP0_ALWAYS_W 1u
#define NT_GROUP0_LINE_LSB 8u ///< first line
#define NT_GROUP0_LINE_W 6u
#define NT_GROUP0_LINES_LSB 16u ///< number of lines
#define NT_GROUP0_LINES_W 7u
#define NT_GROUP1_NEURONS_LSB 0u ///< number of neurons
#define NT_GROUP1_NEURONS_W 14u
#define NT_GROUP2_ENTRY_LSB 0u ///< first instruction of the program
#define NT_GROUP2_ENTRY_W 12u
#define NT_GROUP2_CONST_BASE_LSB 16u ///< first constant in the table
#define NT_GROUP2_CONST_BASE_W 9u
#define NT_GROUP3_STATE_BASE_LSB 0u ///< pool word of the state of beat 0
#define NT_GROUP3_STATE_BASE_W 16u
#define NT_GROUP3_STATE_WORDS_LSB 16u ///< state words per beat
#define NT_GROUP3_STATE_WORDS_W 8u
#define NT_GROUP3_CLEAR_WORDS_LSB 24u ///< leading state words that a state reset clears
#define NT_GROUP3_CLEAR_WORDS_W 8u
#define NT_GROUP_PORT_PTR_LSB 0u ///< pool word of the port's destination list (words 4 to 11, one per port)
#define NT_GROUP_PORT_PTR_W 16u
#define NT_GROUP_PORT_COUNT_LSB 16u ///< number of destinations
#define NT_GROUP_PORT_COUNT_W 8u
#define NT_INSTR_OP_LSB 26u ///< opcode
#define NT_INSTR_OP_W 6u
#define NT_INSTR_RD_LSB 22u ///< destination register
#define NT_INSTR_RD_W 4u
#define NT_INSTR_RA_LSB 18u ///< first source register
#define NT_INSTR_RA_W 4u
#define NT_INSTR_RB_LSB 14u ///< second source register, or low bits of a constant's number
#define NT_INSTR_RB_W 4u
#define NT_INSTR_BCONST_LSB 13u ///< 1: second operand is a constant
#define NT_INSTR_BCONST_W 1u
#define NT_INSTR_CONST_HI_LSB 11u ///< high bits of a constant's number
#define NT_INSTR_CONST_HI_W 2u
#define NT_INSTR_SAT_LSB 6u ///< saturate to this many bits; 0: wrap to 32
#define NT_INSTR_SAT_W 5u
#define NT_INSTR_SHIFT_LSB 0u ///< right shift of MULS
#define NT_INSTR_SHIFT_W 6u
#define NT_INSTR_K_LSB 0u ///< state word of LD and ST
#define NT_INSTR_K_W 8u
#define NT_INSTR_WHICH_LSB 0u ///< dendrite of RDC (its low two bits), port of SPK, source of SPC
#define NT_INSTR_WHICH_W 3u
#define NT_INSTR_SKIP_LSB 0u ///< number of instructions SKP skips
#define NT_INSTR_SKIP_W 4u
#define NT_INSTR_INVERT_LSB 4u ///< SKP: skip where the predicate is 0
#define NT_INSTR_INVERT_W 1u
#define NT_INSTR_TARGET_LSB 0u ///< JMP target
#define NT_INSTR_TARGET_W 12u
#define NT_INSTR_TBASE_LSB 0u ///< LUT, LERP: first table entry
#define NT_INSTR_TBASE_W 9u
#define NT_INSTR_FRAC_LSB 9u ///< LERP: fraction bits
#define NT_INSTR_FRAC_W 5u
#define NT_OP_END 0u ///< end of the program for this strip
#define NT_OP_LD 1u ///< rd = state word K
#define NT_OP_ST 2u ///< state word K = ra
#define NT_OP_RDC 3u ///< rd = accumulator of dendrite WHICH (read and clear)
#define NT_OP_SPC 4u ///< rd = special value WHICH
#define NT_OP_MOV 5u ///< rd = B
#define NT_OP_ADD 6u ///< rd = ra + B
#define NT_OP_SUB 7u ///< rd = ra - B
#define NT_OP_NEG 8u ///< rd = -B
#define NT_OP_MIN 9u ///< rd = min(ra, B)
#define NT_OP_MAX 10u ///< rd = max(ra, B)
#define NT_OP_AND 11u ///< rd = ra and B
#define NT_OP_OR 12u ///< rd = ra or B
#define NT_OP_XOR 13u ///< rd = ra xor B
#define NT_OP_SHF 14u ///< rd = ra shifted left by B, right if B is negative
#define NT_OP_MULS 15u ///< rd = ra * B, shifted right by SHIFT with rounding
#define NT_OP_CLZ 16u ///< rd = leading zeros of B
#define NT_OP_SEL 17u ///< rd = predicate ? ra : B
#define NT_OP_CLT 18u ///< predicate = ra < B
#define NT_OP_CGE 19u ///< predicate = ra >= B
#define NT_OP_CEQ 20u ///< predicate = ra == B
#define NT_OP_SKP 21u ///< skip the next SKIP instructions where the predicate is set
#define NT_OP_JMP 22u ///< jump of the whole strip; condition in RA, activity mask in RB
#define NT_OP_LUT 23u ///< rd = table[TBASE + clamp(ra)]
#define NT_OP_LERP 24u ///< rd = piecewise linear table function of ra
#define NT_OP_SPK 25u ///< send ra as a spike on port WHICH unless it is zero
#define NT_OP_PRB 26u ///< report ra to the host
#define NT_SPC_TIMESTEP 0u ///< number of the current timestep
#define NT_SPC_NEURON 1u ///< neuron index in the group
#define NT_SPC_ACTIVITY 2u ///< activity mask of the line, one bit per dendrite
#define NT_JMP_ALWAYS 0u ///< jump
#define NT_JMP_ACT 1u ///< jump if any dendrite of mask RB was active
#define NT_JMP_NACT 2u ///< jump if no dendrite of mask RB was active
#define NT_JMP_ANY 3u ///< jump if any neuron's predicate is set
#define NT_JMP_NONE 4u ///< jump if no neuron's predicate is set
#define NT_REG_ID 0x000u ///< "NTIL"
#define NT_REG_VERSION 0x004u ///< hash of nt_definitions.def
#define NT_REG_PARAM_CORES 0x008u ///< parameter CORES
#define NT_REG_PARAM_WORD_BITS 0x00cu ///< parameter WORD_BITS
#define NT_REG_PARAM_POOL_WORDS 0x010u ///< parameter POOL_WORDS
#define NT_REG_PARAM_LINES 0x014u ///< parameter LINES
#define NT_REG_PARAM_ACC_BITS 0x018u ///< parameter ACC_BITS
#define NT_REG_PARAM_PROG_WORDS 0x01cu ///< parameter PROG_WORDS
#define NT_REG_PARAM_TABLE_WORDS 0x020u ///< parameter TABLE_WORDS
#define NT_REG_PARAM_GROUPS 0x024u ///< parameter GROUPS
#define NT_REG_TILE_ID 0x040u ///< number of this tile (bits 11:0)
#define NT_REG_CTRL 0x044u ///< commands, see CTRL fields
#define NT_REG_STATUS 0x048u ///< see STATUS fields
#define NT_REG_TIMESTEP 0x04cu ///< number of the timestep that START runs; incremented when the step ends
#define NT_REG_ERROR 0x050u ///< sticky, see ERROR fields
#define NT_REG_CYCLES_LO 0x054u ///< clock cycles spent not idle, low word
#define NT_REG_CYCLES_HI 0x058u ///< high word
#define NT_REG_STEPS 0x05cu ///< timesteps completed since reset
#define NT_REG_QUEUE0 0x080u ///< queue levels of core 0 (core n at 0x080 + 4n), see QUEUE fields
#define NT_CTRL_START_LSB 0u ///< run one timestep
#define NT_CTRL_START_W 1u
#define NT_CTRL_CLEAR_STATE_LSB 1u ///< bulk state reset
#define NT_CTRL_CLEAR_STATE_W 1u
#define NT_STATUS_BUSY_LSB 0u ///< not quiescent
#define NT_STATUS_BUSY_W 1u
#define NT_STATUS_PENDING_LSB 1u ///< the next timestep has work: accumulators written, or an ALWAYS group
#define NT_STATUS_PENDING_W 1u
#define NT_STATUS_PHASE_LSB 2u ///< phase
#define NT_STATUS_PHASE_W 3u
#define NT_STATUS_ERROR_LSB 8u ///< ERROR is not zero
#define NT_STATUS_ERROR_W 1u
#define NT_PHASE_IDLE 0u ///< quiescent: host access allowed
#define NT_PHASE_DRAIN 1u ///< spikes received before START are being consumed
#define NT_PHASE_NEURON 2u ///< neuron engines run
#define NT_PHASE_FLUSH 3u ///< engines done, messages still on their way
#define NT_PHASE_CLEAR 4u ///< bulk state reset
#define NT_ERROR_MISROUTE_LSB 0u ///< a spike arrived for another tile or for no existing core; dropped
#define NT_ERROR_MISROUTE_W 1u
#define NT_ERROR_BAD_ADDR_LSB 1u ///< a host request was refused
#define NT_ERROR_BAD_ADDR_W 1u
#define NT_ERROR_BUSY_WRITE_LSB 2u ///< a register write or command came while not idle; ignored
#define NT_ERROR_BUSY_WRITE_W 1u
#define NT_ERROR_CORE_LSB 8u ///< one bit per core: its FLAGS are not zero
#define NT_ERROR_CORE_W 8u
#define NT_QUEUE_IN_LSB 0u ///< spikes waiting for the synapse stage
#define NT_QUEUE_IN_W 8u
#define NT_QUEUE_OUT_LSB 8u ///< spike vectors waiting for the output stage
#define NT_QUEUE_OUT_W 8u
#define NT_QUEUE_SYNAPSE_BUSY_LSB 16u ///< a synapse list is being served
#define NT_QUEUE_SYNAPSE_BUSY_W 1u
#define NT_QUEUE_ENGINE_BUSY_LSB 17u ///< the neuron engine runs
#define NT_QUEUE_ENGINE_BUSY_W 1u
#define NT_CREG_AXON_BASE 0u ///< pool word of the input axon table
#define NT_CREG_AXON_COUNT 1u ///< number of input axons (17 bits)
#define NT_CREG_FLAGS 2u ///< sticky, see FLAGS fields
#define NT_CREG_PROBE_ENABLE 3u ///< 1: PRB sends probes
#define NT_CREG_COUNTERS 8u ///< counter n: low word at 8+2n, high word at 9+2n; writable for restore
#define NT_FLAGS_ACC_OVERFLOW_LSB 0u ///< an accumulator addition overflowed
#define NT_FLAGS_ACC_OVERFLOW_W 1u
#define NT_FLAGS_BAD_AXON_LSB 1u ///< a spike named an axon without entry; dropped
#define NT_FLAGS_BAD_AXON_W 1u
#define NT_FLAGS_PAYLOAD_CLIPPED_LSB 2u ///< a payload did not fit its message type; wrapped
#define NT_FLAGS_PAYLOAD_CLIPPED_W 1u
#define NT_FLAGS_RUNAWAY_LSB 3u ///< a strip exceeded STRIP_INSTR_LIMIT; ended
#define NT_FLAGS_RUNAWAY_W 1u
#define NT_FLAGS_BAD_INSTR_LSB 4u ///< an undefined instruction was met; strip ended
#define NT_FLAGS_BAD_INSTR_W 1u
#define NT_COUNTER_MSG_IN 0u ///< spikes received
#define NT_COUNTER_SYNOPS 1u ///< synaptic operations
#define NT_COUNTER_WORDS 2u ///< synapse list words read
#define NT_COUNTER_NEURONS 3u ///< neurons updated
#define NT_COUNTER_INSTRS 4u ///< instructions issued, once per strip
#define NT_COUNTER_MSG_OUT 5u ///< messages sent (a multicast counts once)
#define NT_COUNTER_CYC_SYNAPSE 6u ///< cycles in which a list word (or inline row) was accumulated
#define NT_COUNTER_CYC_NEURON 7u ///< cycles with the neuron engine busy
#define NT_COUNTER_CYC_STALL 8u ///< cycles with spikes waiting and nothing accumulated
#define NT_COUNTER_CYC_OUT_STALL 9u ///< cycles with the engine stopped by a full output stage
#define NT_COUNTERS 10u ///< counters per core
#define NT_COUNTERS_EXACT 6u ///< the first so many counters are architectural and compared; the rest measure time

#endif
