// SPDX-License-Identifier: Apache-2.0
// nt_case_shrink: cuts a failing case down to what its failure needs.
//
// Delta debugging over the case's own data: actions are left out; groups, axon tables, ports,
// instructions, constants and pool words become 0 (an instruction: END, or one without effect);
// neurons and payloads become small. A cut stays if the case still fails.
#ifndef NT_CASE_SHRINK_H
#define NT_CASE_SHRINK_H

#include "nt_listener.h"
#include "nt_random_case.h"

/// An instruction that changes nothing: MOV r0, r0.
#define NT_CASE_NO_OP ((uint32_t)NT_OP_MOV << NT_INSTR_OP_LSB)

typedef struct nt_case_size {
  uint32_t actions, steps, spikes;
  uint32_t groups, neurons, instructions; ///< of all cores; instructions that are not 0 or no-ops
  uint32_t words;                         ///< of the image that are not 0
} nt_case_size_t;

nt_case_size_t nt_case_size(const nt_random_case_t *measured);

/// True if the case fails in the way that is being looked for.
typedef bool (*nt_case_fails_fn)(void *user, const nt_random_case_t *tried);

/// Cuts `*shrunk`, which fails, with at most `trials` calls of `fails`; returns how many it took.
uint32_t nt_case_shrink(nt_random_case_t *shrunk, nt_case_fails_fn fails, void *user,
                        uint32_t trials, const nt_listener_t *listener);

#endif
