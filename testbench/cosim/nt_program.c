// SPDX-License-Identifier: Apache-2.0
#include "nt_program.h"

#include "nt_arith.h"
#include "nt_disasm.h"
#include "nt_group_view.h"

#include <inttypes.h>

// Instructions shown: the last one, and those its value came from.
enum { CHAIN_DEPTH = 8 };

int32_t nt_program_payload(int32_t value, uint32_t type) {
  return type == NT_SPIKE_TYPE_BINARY ? 1 : nt_arith_wrap(value, 8 * type);
}

void nt_program_run(nt_program_t *c) {
  const nt_retrace_input_t input = nt_scene_input(c->scene, 0, c->group, c->neuron);
  nt_retrace_run(&input, NULL, &c->trace);
}

void nt_program_free(nt_program_t *c) {
  nt_retrace_free(&c->trace);
  nt_retrace_free(&c->other);
}

static void note_event(const nt_program_t *c, const nt_retrace_event_t *e) {
  char text[NT_DISASM_MAX];
  nt_disasm(e->word, text, sizeof text);
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP);
  if (op == NT_OP_ST || op == NT_OP_SPK) {
    nt_notes_add(&c->scene->report->program, "pc %u: %s   value %" PRId32, e->pc, text, e->a);
  } else if (op >= NT_OP_MOV && op <= NT_OP_SEL) {
    nt_notes_add(&c->scene->report->program,
                 "pc %u: %s   a %" PRId32 ", b %" PRId32 ", result %" PRId32, e->pc, text, e->a,
                 e->b, e->result);
  } else {
    nt_notes_add(&c->scene->report->program, "pc %u: %s   result %" PRId32, e->pc, text, e->result);
  }
}

// Marks the instructions a value came from.
static void mark_chain(const nt_program_t *c, int32_t event, uint32_t depth, bool *marked) {
  if (event < 0 || depth == 0 || marked[event]) {
    return;
  }
  const nt_retrace_event_t *e = &c->trace.event[event];
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP), ra = NT_VIEW_FIELD(e->word, INSTR_RA);
  marked[event] = true;
  const bool b = op >= NT_OP_MOV && op <= NT_OP_SEL && NT_VIEW_FIELD(e->word, INSTR_BCONST) == 0;
  const bool a =
      op == NT_OP_ST || op == NT_OP_SPK || op == NT_OP_LUT || op == NT_OP_LERP ||
      (op >= NT_OP_MOV && op <= NT_OP_SEL && op != NT_OP_MOV && op != NT_OP_NEG && op != NT_OP_CLZ);
  if (a) {
    mark_chain(c, nt_retrace_producer(&c->trace, event, ra), depth - 1, marked);
  }
  if (b) {
    mark_chain(c, nt_retrace_producer(&c->trace, event, NT_VIEW_FIELD(e->word, INSTR_RB)),
               depth - 1, marked);
  }
}

// True if the changed run makes what the device has.
static bool is_got(const nt_program_t *c) {
  if (!c->sends) {
    return c->other.state[c->word] == c->got;
  }
  for (size_t i = 0; i < c->other.spikes; i++) {
    const nt_retrace_spike_t *spike = &c->other.spike[i];
    if (spike->neuron == c->neuron && spike->pc == c->pc) {
      return !c->absent && nt_program_payload(spike->payload, c->type) == c->got;
    }
  }
  return c->absent;
}

// Runs the strip with a change; true if it makes what the device has.
static bool gives_got(nt_program_t *c, int side, const nt_retrace_change_t *change) {
  const nt_retrace_input_t input = nt_scene_input(c->scene, side, c->group, c->neuron);
  nt_retrace_run(&input, change, &c->other);
  return !c->other.lost && is_got(c);
}

static void try_change(nt_program_t *c, const nt_retrace_event_t *e, const char *name,
                       nt_variant_t variant, int32_t amount, const char *what) {
  const nt_retrace_change_t change = {.variant = variant, .pc = e->pc, .amount = amount};
  if (gives_got(c, 0, &change)) {
    char text[NT_DISASM_MAX];
    nt_disasm(e->word, text, sizeof text);
    nt_hints_add(&c->scene->report->hints, name, NT_CONFIDENCE_FITS,
                 "what comes out if pc %u, %s, %s", e->pc, text, what);
  }
}

// Mistakes of a kind that the instruction invites.
static void try_likely(nt_program_t *c, const nt_retrace_event_t *e) {
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP), sat = NT_VIEW_FIELD(e->word, INSTR_SAT);
  const bool alu = op >= NT_OP_MOV && op <= NT_OP_SEL;
  if (op == NT_OP_MULS || op == NT_OP_LERP) {
    try_change(c, e, "truncated", NT_VARIANT_TRUNCATE, 0, "truncates in place of rounding");
  }
  if (alu && sat != 0) {
    try_change(c, e, "not-saturated", NT_VARIANT_NO_SAT, 0, "does not saturate");
    try_change(c, e, "wrapped", NT_VARIANT_WRAP, 0, "wraps in place of saturating");
  }
  if (op == NT_OP_MULS) {
    try_change(c, e, "wrong-shift", NT_VARIANT_SHIFT_ADD, 1, "shifts by one more");
    try_change(c, e, "wrong-shift", NT_VARIANT_SHIFT_ADD, -1, "shifts by one less");
  }
  if (op == NT_OP_ADD || op == NT_OP_SUB) {
    try_change(c, e, "add-sub", NT_VARIANT_OTHER_ALU, op == NT_OP_ADD ? NT_OP_SUB : NT_OP_ADD,
               "has the other sign of operand B");
  }
  if (op == NT_OP_MIN || op == NT_OP_MAX) {
    try_change(c, e, "min-max", NT_VARIANT_OTHER_ALU, op == NT_OP_MIN ? NT_OP_MAX : NT_OP_MIN,
               "takes the other one");
  }
  if (op >= NT_OP_CLT && op <= NT_OP_CEQ) {
    try_change(c, e, "comparison", NT_VARIANT_COMPARE, 0, "decides the other way");
  }
  for (int32_t d = 0; op == NT_OP_RDC && d < (int32_t)NT_DENDRITES; d++) {
    if ((uint32_t)d != NT_VIEW_FIELD(e->word, INSTR_WHICH) % NT_DENDRITES) {
      try_change(c, e, "other-dendrite", NT_VARIANT_DENDRITE, d, "reads another dendrite");
    }
  }
}

// Anything else that could happen to an instruction.
static void try_anything(nt_program_t *c, const nt_retrace_event_t *e) {
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP);
  const bool alu = op >= NT_OP_MOV && op <= NT_OP_SEL;
  if (nt_retrace_writes(e->word)) {
    try_change(c, e, "sign", NT_VARIANT_NEGATE, 0, "has a result of the other sign");
    try_change(c, e, "off-by-one", NT_VARIANT_ADD, 1, "has a result too large by one");
    try_change(c, e, "off-by-one", NT_VARIANT_ADD, -1, "has a result too small by one");
  }
  if (op != NT_OP_END && op != NT_OP_JMP) {
    try_change(c, e, "skipped", NT_VARIANT_SKIPPED, 0, "has no effect");
  }
  for (int32_t reg = 0; alu && reg < (int32_t)NT_REGISTERS; reg++) {
    try_change(c, e, "other-operand", NT_VARIANT_OPERAND, reg, "takes another register as B");
  }
}

// The instructions up to the last, nearest first.
static void try_changes(nt_program_t *c, int32_t last) {
  for (int32_t i = last; i >= 0; i--) {
    if (c->trace.event[i].live) {
      try_likely(c, &c->trace.event[i]);
    }
  }
  for (int32_t i = last; i >= 0; i--) {
    if (c->trace.event[i].live) {
      try_anything(c, &c->trace.event[i]);
    }
  }
}

static void hint_state_before(nt_program_t *c) {
  for (uint32_t k = 0; k < c->trace.state_words; k++) {
    for (unsigned bit = 0; bit < 32; bit++) {
      const nt_retrace_change_t change = {
          .variant = NT_VARIANT_STATE, .pc = k, .amount = (int32_t)(UINT32_C(1) << bit)};
      if (gives_got(c, 0, &change)) {
        nt_hints_add(&c->scene->report->hints, "state-before", NT_CONFIDENCE_FITS,
                     "what comes out if state word %u was 0x%08" PRIx32 " and not 0x%08" PRIx32
                     " before the step: bit %u",
                     k, (uint32_t)(c->trace.before[k] ^ change.amount),
                     (uint32_t)c->trace.before[k], bit);
      }
    }
  }
}

void nt_program_explain(nt_program_t *c, int32_t last) {
  bool marked[NT_RETRACE_EVENTS_MAX] = {false};
  mark_chain(c, last, CHAIN_DEPTH, marked);
  for (int32_t i = last; i >= 0; i--) {
    if (marked[i]) {
      note_event(c, &c->trace.event[i]);
    }
  }
  if (gives_got(c, 1, NULL)) {
    nt_hints_add(&c->scene->report->hints, "stored-program", NT_CONFIDENCE_STORED,
                 "the device ran rightly what it holds");
    return;
  }
  try_changes(c, last);
  hint_state_before(c);
}
