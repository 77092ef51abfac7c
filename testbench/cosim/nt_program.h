// SPDX-License-Identifier: Apache-2.0
// nt_program: a value that a neuron's program makes, a state word or a message: the instructions it
// came from, and which change of one of them gives the device's value; inside of nt_explain.
#ifndef NT_PROGRAM_H
#define NT_PROGRAM_H

#include "nt_scene.h"

typedef struct nt_program {
  nt_scene_t *scene;
  uint32_t group, neuron;
  bool sends;                           ///< a message of SPK at `pc`, not a state word
  uint32_t word;                        ///< state word
  uint32_t pc;                          ///< of the SPK
  uint32_t type;                        ///< of the message, NT_SPIKE_TYPE_*
  uint32_t ptr;                         ///< destination list of its port,
  uint32_t entry;                       ///< and the number in it
  bool absent;                          ///< the device sent no message
  int64_t got;                          ///< what the device has
  int32_t device[NT_RETRACE_LANES_MAX]; ///< the word of all neurons of the strip, in the device
  nt_retrace_t trace;                   ///< as the golden system ran it
  nt_retrace_t other;                   ///< with a change
} nt_program_t;

/// What a register sent as a message of this type shows as payload.
int32_t nt_program_payload(int32_t value, uint32_t type);
/// The message that destination `entry` of the list at `ptr` makes of a spike, wire form.
uint64_t nt_program_message(const nt_scene_t *scene, uint32_t ptr, uint32_t entry,
                            const nt_retrace_spike_t *spike);
/// Runs the program as the golden system did, into `trace`.
void nt_program_run(nt_program_t *program);
/// True if the device's word of every neuron of the strip that differs is the one before the step.
bool nt_program_is_old(const nt_program_t *program);
/// How far away the neurons are whose words the differing ones of the strip, two at least, hold in
/// the device; 0 if that is not so.
int32_t nt_program_moved(const nt_program_t *program);
/// Notes the instruction of event `last` of the trace and those its operands came from, and adds
/// hints for every change up to it that gives the device's value: first those that give all words
/// of the strip, then those that give the differing ones. What gives this neuron's alone comes
/// last, and is no more than like the fault.
void nt_program_explain(nt_program_t *program, int32_t last);
void nt_program_free(nt_program_t *program);

#endif
