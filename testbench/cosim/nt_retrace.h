// SPDX-License-Identifier: Apache-2.0
// nt_retrace: runs the strip of one neuron once more (docs/spec/isa.md), notes what happens to this
// neuron, and can do one thing differently, to see whether that explains a wrong value.
#ifndef NT_RETRACE_H
#define NT_RETRACE_H

#include "nt_dev.h"
#include "nt_golden.h"

/// What a strip works with. Pointers are the caller's.
typedef struct nt_retrace_input {
  const nt_params_t *params;
  const uint32_t *pool; ///< as it was before the step
  const uint32_t *prog, *table, *groups;
  nt_golden_rows_t rows; ///< current accumulators and activity
  uint32_t timestep;
  uint32_t group, neuron; ///< the neuron, numbered in its group
} nt_retrace_input_t;

/// What is done differently.
typedef enum nt_variant {
  NT_VARIANT_NONE,
  NT_VARIANT_TRUNCATE,  ///< MULS, LERP: floor in place of rounding
  NT_VARIANT_NO_SAT,    ///< not saturated at the upper end (`amount` 1), the lower (2), any (3)
  NT_VARIANT_WRAP,      ///< the result is wrapped to its SAT bits, not saturated
  NT_VARIANT_SAT_ADD,   ///< SAT is `amount` more
  NT_VARIANT_SHIFT_ADD, ///< MULS shifts by `amount` more
  NT_VARIANT_NEGATE,    ///< the result has the other sign
  NT_VARIANT_ADD,       ///< `amount` is added to the result
  NT_VARIANT_OTHER_ALU, ///< operation `amount` in place of the instruction's
  NT_VARIANT_COMPARE,   ///< the comparison gives the opposite; `amount` 1: of equal operands only
  NT_VARIANT_SKIPPED,   ///< the instruction has no effect
  NT_VARIANT_SKIP,      ///< SKP decides the other way; `amount` not 0: skips so many more
  NT_VARIANT_DENDRITE,  ///< RDC reads dendrite `amount`
  NT_VARIANT_LANE,      ///< RDC reads `amount` lanes further
  NT_VARIANT_STALE,     ///< RDC reads `rows` where its own row is not active
  NT_VARIANT_OPERAND,   ///< register `amount` as operand B
  NT_VARIANT_CONSTANT,  ///< constant `amount` as operand B
  NT_VARIANT_ENTRY,     ///< LUT, LERP: the entry `amount` further
  NT_VARIANT_LERP,      ///< LERP: one of nt_lerp_fault_t in `amount`
  NT_VARIANT_STATE,     ///< state word `pc` began as its value xor `amount`
} nt_variant_t;

/// What LERP can do wrongly.
typedef enum nt_lerp_fault {
  NT_LERP_NO_FRACTION,    ///< the base alone
  NT_LERP_SHORT_FRACTION, ///< the fraction lacks its upper bit
  NT_LERP_UNSIGNED_SLOPE, ///< the slope has no sign
  NT_LERP_UNSIGNED_BASE,  ///< the base has no sign
  NT_LERP_FAULTS
} nt_lerp_fault_t;

typedef struct nt_retrace_change {
  nt_variant_t variant;
  uint32_t pc; ///< instruction, or state word
  bool all;    ///< at every instruction of that operation
  int32_t amount;
  nt_golden_rows_t rows; ///< with NT_VARIANT_STALE: what the memory may still hold
} nt_retrace_change_t;

/// An instruction executed by the neuron.
typedef struct nt_retrace_event {
  uint32_t pc, word;
  bool live;    ///< false: the neuron skipped it
  int32_t a, b; ///< operands, as far as the instruction has them
  int32_t result;
} nt_retrace_event_t;

/// A message of one neuron of the strip.
typedef struct nt_retrace_spike {
  uint32_t neuron, port, pc; ///< neuron in its group
  int32_t payload;           ///< before it is fitted to the message type
} nt_retrace_spike_t;

enum {
  NT_RETRACE_STATE_MAX = 256,
  NT_RETRACE_EVENTS_MAX = 1024,
  NT_RETRACE_LANES_MAX = NT_BEATS_PER_STRIP * NT_WORD_BITS_MAX / 32
};

typedef struct nt_retrace {
  nt_retrace_event_t event[NT_RETRACE_EVENTS_MAX];
  uint32_t events;
  nt_retrace_spike_t *spike;
  size_t spikes, spike_capacity;
  int32_t state[NT_RETRACE_STATE_MAX];      ///< the neuron's state words after the step
  int32_t before[NT_RETRACE_STATE_MAX];     ///< and before it
  int32_t written_by[NT_RETRACE_STATE_MAX]; ///< event of the last ST, -1: not written
  uint32_t state_words;
  uint32_t watch;                            ///< set by the caller: a state word
  uint32_t first, neurons;                   ///< of the strip: first neuron, how many
  int32_t watched[NT_RETRACE_LANES_MAX];     ///< that word of all neurons of the strip, after
  int32_t watched_old[NT_RETRACE_LANES_MAX]; ///< and before the step
  bool lost;                                 ///< out of memory, or more than fits: do not use
} nt_retrace_t;

/// Runs it into `out`, which the caller zeroed once (but for `watch`) and frees with
/// nt_retrace_free(). `change` NULL
/// is the program as it is.
void nt_retrace_run(const nt_retrace_input_t *input, const nt_retrace_change_t *change,
                    nt_retrace_t *out);
void nt_retrace_free(nt_retrace_t *out);
/// The last event before `event` that gave register `reg` its value; -1 if none did.
int32_t nt_retrace_producer(const nt_retrace_t *trace, int32_t event, uint32_t reg);
/// True if the instruction writes register RD.
bool nt_retrace_writes(uint32_t word);

#endif
