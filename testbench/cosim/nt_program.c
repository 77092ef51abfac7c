// SPDX-License-Identifier: Apache-2.0
#include "nt_program.h"

#include "nt_arith.h"
#include "nt_disasm.h"
#include "nt_group_view.h"

#include <inttypes.h>
#include <stdio.h>

// Instructions shown: the last one, and those its value came from.
enum { CHAIN_DEPTH = 8 };

int32_t nt_program_payload(int32_t value, uint32_t type) {
  return type == NT_SPIKE_TYPE_BINARY ? 1 : nt_arith_wrap(value, 8 * type);
}

uint64_t nt_program_message(const nt_scene_t *s, uint32_t ptr, uint32_t entry,
                            const nt_retrace_spike_t *spike) {
  const uint64_t dest = nt_pool_view_dword(s->params, s->pool[0], ptr, entry);
  const uint32_t type = NT_VIEW_FIELD(dest, DEST_TYPE);
  const uint32_t offset = NT_VIEW_FIELD(dest, DEST_VECTOR) != 0 ? spike->neuron : 0;
  const nt_spike_t sent = {.tile = (uint16_t)NT_VIEW_FIELD(dest, DEST_TILE),
                           .cores = (uint8_t)NT_VIEW_FIELD(dest, DEST_CORES),
                           .type = (uint8_t)type,
                           .axon = (uint16_t)(NT_VIEW_FIELD(dest, DEST_AXON) + offset),
                           .payload = nt_program_payload(spike->payload, type)};
  return nt_spike_pack(&sent);
}

void nt_program_run(nt_program_t *c) {
  const nt_retrace_input_t input = nt_scene_input(c->scene, 0, c->group, c->neuron);
  c->trace.watch = c->word;
  nt_retrace_run(&input, NULL, &c->trace);
  for (uint32_t i = 0; i < c->trace.neurons && !c->sends; i++) {
    (void)nt_scene_state(c->scene, 1, c->group, (int64_t)c->trace.first + i, c->word,
                         &c->device[i]);
  }
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

// How much of what the device shows a change explains.
typedef enum fit {
  FIT_STRIP,     // the words of all neurons of the strip
  FIT_DIFFERING, // those of the neurons that differ
  FIT_NEURON,    // this neuron's
  FIT_NOT
} fit_t;

// True if the device sent the message that the destination makes of the spike.
static bool is_sent(const nt_program_t *c, const nt_retrace_spike_t *spike) {
  const uint64_t wire = nt_program_message(c->scene, c->ptr, c->entry, spike);
  const uint64_t *sent = NULL;
  size_t count = 0;
  c->scene->dut->ops->tap(c->scene->dut, c->scene->report->first.core, &sent, &count);
  for (size_t i = 0; i < count; i++) {
    if (sent[i] == wire) {
      return true;
    }
  }
  return false;
}

// The spike of a neuron at c->pc, NULL if it sends none there.
static const nt_retrace_spike_t *spike_of(const nt_program_t *c, const nt_retrace_t *trace,
                                          uint32_t neuron) {
  for (size_t i = 0; i < trace->spikes; i++) {
    if (trace->spike[i].neuron == neuron && trace->spike[i].pc == c->pc) {
      return &trace->spike[i];
    }
  }
  return NULL;
}

// How the messages that the SPK at c->pc sends to the destination fit.
static fit_t fit_messages(const nt_program_t *c) {
  bool differing = true, equal = true;
  for (uint32_t n = c->trace.first; n < c->trace.first + c->trace.neurons; n++) {
    const nt_retrace_spike_t *golden = spike_of(c, &c->trace, n),
                             *other = spike_of(c, &c->other, n);
    const bool right = golden == NULL || is_sent(c, golden);
    const bool same = other == NULL ? golden == NULL || !right : is_sent(c, other);
    equal = equal && (same || !right);
    differing = differing && (same || right);
  }
  return !differing ? FIT_NEURON : equal ? FIT_STRIP : FIT_DIFFERING;
}

static fit_t fit(const nt_program_t *c) {
  bool differing = true, equal = true;
  if (!is_got(c) || c->sends) {
    return is_got(c) ? fit_messages(c) : FIT_NOT;
  }
  for (uint32_t i = 0; i < c->trace.neurons; i++) {
    const bool right = c->trace.watched[i] == c->device[i];
    const bool same = c->other.watched[i] == c->device[i];
    equal = equal && (same || !right);
    differing = differing && (same || right);
  }
  return !differing ? FIT_NEURON : equal ? FIT_STRIP : FIT_DIFFERING;
}

// Runs the strip with a change.
static fit_t run_changed(nt_program_t *c, int side, const nt_retrace_change_t *change) {
  const nt_retrace_input_t input = nt_scene_input(c->scene, side, c->group, c->neuron);
  c->other.watch = c->word;
  nt_retrace_run(&input, change, &c->other);
  return c->other.lost ? FIT_NOT : fit(c);
}

// What was found, by fit.
typedef struct search {
  nt_program_t *program;
  nt_hints_t found[FIT_NOT];
} search_t;

// True if the neuron ran another instruction of the same operation.
static bool is_repeated(const nt_retrace_t *trace, const nt_retrace_event_t *e) {
  for (uint32_t i = 0; i < trace->events; i++) {
    if (trace->event[i].pc != e->pc &&
        NT_VIEW_FIELD(trace->event[i].word, INSTR_OP) == NT_VIEW_FIELD(e->word, INSTR_OP)) {
      return true;
    }
  }
  return false;
}

// The change in this instruction, or in all of its operation where that fits better.
static void try_this(search_t *s, const nt_retrace_event_t *e, const char *name,
                     nt_retrace_change_t change, const char *what) {
  fit_t found = run_changed(s->program, 0, &change);
  change.all = found != FIT_STRIP && is_repeated(&s->program->trace, e);
  if (change.all) {
    const fit_t all = run_changed(s->program, 0, &change);
    change.all = all < found;
    found = all < found ? all : found;
  }
  if (found != FIT_NOT) {
    char text[NT_DISASM_MAX];
    nt_disasm(e->word, text, sizeof text);
    nt_hints_add(&s->found[found], name,
                 found == FIT_NEURON ? NT_CONFIDENCE_LIKE : NT_CONFIDENCE_FITS,
                 "what comes out if pc %u, %s, %s%s%s", e->pc, text, what,
                 change.all ? ", and all of that operation" : "",
                 found == FIT_NEURON ? ": here, not in all neurons of the strip" : "");
  }
}

static void try_change(search_t *s, const nt_retrace_event_t *e, const char *name,
                       nt_variant_t variant, int32_t amount, const char *what) {
  const nt_retrace_change_t change = {.variant = variant, .pc = e->pc, .amount = amount};
  try_this(s, e, name, change, what);
}

// RDC of another row: another dendrite, another lane, or what an older timestep left.
static void try_rows(search_t *s, const nt_retrace_event_t *e) {
  const nt_scene_t *scene = s->program->scene;
  const nt_mismatch_t *m = &scene->report->first;
  char what[64];
  for (uint32_t age = 0; age < NT_HISTORY_STEPS; age++) {
    const nt_history_step_t *step = nt_history_step(scene->view.history, m->tile, m->core, age);
    if (step != NULL && step->stepped) {
      nt_retrace_change_t change = {.variant = NT_VARIANT_STALE, .pc = e->pc};
      change.rows = nt_golden_current(scene->golden, m->core);
      change.rows.values = step->rows;
      change.rows.activity = step->activity;
      (void)snprintf(what, sizeof what, "reads the sum of timestep %u, the row not being active",
                     step->timestep);
      try_this(s, e, "stale-sum", change, what);
    }
  }
  for (int32_t d = 0; d < (int32_t)NT_DENDRITES; d++) {
    if ((uint32_t)d != NT_VIEW_FIELD(e->word, INSTR_WHICH) % NT_DENDRITES) {
      try_change(s, e, "other-dendrite", NT_VARIANT_DENDRITE, d, "reads another dendrite");
    }
  }
  const int32_t beat = (int32_t)nt_params_word_lanes(scene->params);
  const int32_t apart[] = {1, beat, 2 * beat, 4 * beat};
  for (size_t i = 0; i < 2 * sizeof apart / sizeof apart[0]; i++) {
    const bool before = i % 2 == 0;
    (void)snprintf(what, sizeof what, "reads the lane %d %s its own", (int)apart[i / 2],
                   before ? "before" : "behind");
    try_change(s, e, "other-lane", NT_VARIANT_LANE, before ? -apart[i / 2] : apart[i / 2], what);
  }
}

static void try_narrowing(search_t *s, const nt_retrace_event_t *e) {
  try_change(s, e, "not-saturated", NT_VARIANT_NO_SAT, 3, "does not saturate, or to more bits");
  try_change(s, e, "not-saturated", NT_VARIANT_NO_SAT, 1, "does not saturate at the upper end");
  try_change(s, e, "not-saturated", NT_VARIANT_NO_SAT, 2, "does not saturate at the lower end");
  try_change(s, e, "wrapped", NT_VARIANT_WRAP, 0, "wraps in place of saturating");
  try_change(s, e, "wrong-width", NT_VARIANT_SAT_ADD, 1, "saturates to one bit more");
  try_change(s, e, "wrong-width", NT_VARIANT_SAT_ADD, -1, "saturates to one bit less");
}

static void try_table(search_t *s, const nt_retrace_event_t *e) {
  try_change(s, e, "table-entry", NT_VARIANT_ENTRY, 1, "reads the next table entry");
  try_change(s, e, "table-entry", NT_VARIANT_ENTRY, -1, "reads the table entry before");
  if (NT_VIEW_FIELD(e->word, INSTR_OP) == NT_OP_LERP) {
    static const char *const what[NT_LERP_FAULTS] = {
        "does not interpolate", "lacks the upper bit of the fraction", "takes no sign of the slope",
        "takes no sign of the base"};
    for (int32_t fault = 0; fault < NT_LERP_FAULTS; fault++) {
      try_change(s, e, "interpolation", NT_VARIANT_LERP, fault, what[fault]);
    }
  }
}

// Mistakes of a kind that the instruction invites.
static void try_likely(search_t *s, const nt_retrace_event_t *e) {
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP), sat = NT_VIEW_FIELD(e->word, INSTR_SAT);
  if (op == NT_OP_MULS || op == NT_OP_LERP) {
    try_change(s, e, "truncated", NT_VARIANT_TRUNCATE, 0, "truncates in place of rounding");
  }
  if (op >= NT_OP_MOV && op <= NT_OP_SEL && sat != 0) {
    try_narrowing(s, e);
  }
  if (op == NT_OP_MULS) {
    try_change(s, e, "wrong-shift", NT_VARIANT_SHIFT_ADD, 1, "shifts by one more");
    try_change(s, e, "wrong-shift", NT_VARIANT_SHIFT_ADD, -1, "shifts by one less");
  }
  if (op == NT_OP_ADD || op == NT_OP_SUB) {
    try_change(s, e, "add-sub", NT_VARIANT_OTHER_ALU, op == NT_OP_ADD ? NT_OP_SUB : NT_OP_ADD,
               "has the other sign of operand B");
  }
  if (op == NT_OP_MIN || op == NT_OP_MAX) {
    try_change(s, e, "min-max", NT_VARIANT_OTHER_ALU, op == NT_OP_MIN ? NT_OP_MAX : NT_OP_MIN,
               "takes the other one");
  }
  if (op >= NT_OP_CLT && op <= NT_OP_CEQ) {
    try_change(s, e, "comparison", NT_VARIANT_COMPARE, 0, "decides the other way");
    try_change(s, e, "comparison", NT_VARIANT_COMPARE, 1,
               "decides the other way of equal operands");
  }
  if (op == NT_OP_SKP) {
    try_change(s, e, "wrong-skip", NT_VARIANT_SKIP, 0, "decides the other way");
    try_change(s, e, "wrong-skip", NT_VARIANT_SKIP, 1, "skips one more");
    try_change(s, e, "wrong-skip", NT_VARIANT_SKIP, -1, "skips one less");
  }
  if (op == NT_OP_LUT || op == NT_OP_LERP) {
    try_table(s, e);
  }
  if (op == NT_OP_RDC) {
    try_rows(s, e);
  }
}

// Operand B from elsewhere.
static void try_operands(search_t *s, const nt_retrace_event_t *e) {
  enum { CONSTANTS = 1 << (NT_INSTR_RB_W + NT_INSTR_CONST_HI_W) };
  const int32_t own = (int32_t)(NT_VIEW_FIELD(e->word, INSTR_CONST_HI) << NT_INSTR_RB_W |
                                NT_VIEW_FIELD(e->word, INSTR_RB));
  char what[64];
  for (int32_t reg = 0; reg < (int32_t)NT_REGISTERS; reg++) {
    try_change(s, e, "other-operand", NT_VARIANT_OPERAND, reg, "takes another register as B");
  }
  for (int32_t c = 0; c < CONSTANTS && NT_VIEW_FIELD(e->word, INSTR_BCONST) != 0; c++) {
    if (c != own) {
      (void)snprintf(what, sizeof what, "takes constant %d, not %d", (int)c, (int)own);
      try_change(s, e, "other-constant", NT_VARIANT_CONSTANT, c, what);
    }
  }
}

// Anything else that could happen to an instruction.
static void try_anything(search_t *s, const nt_retrace_event_t *e) {
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP);
  if (nt_retrace_writes(e->word)) {
    try_change(s, e, "sign", NT_VARIANT_NEGATE, 0, "has a result of the other sign");
    try_change(s, e, "off-by-one", NT_VARIANT_ADD, 1, "has a result too large by one");
    try_change(s, e, "off-by-one", NT_VARIANT_ADD, -1, "has a result too small by one");
  }
  if (op != NT_OP_END && op != NT_OP_JMP) {
    try_change(s, e, "skipped", NT_VARIANT_SKIPPED, 0, "has no effect");
  }
  if (op >= NT_OP_MOV && op <= NT_OP_SEL) {
    try_operands(s, e);
  }
}

// The instructions up to the last, nearest first.
static void try_changes(search_t *s, int32_t last) {
  const nt_retrace_t *trace = &s->program->trace;
  for (int32_t i = last; i >= 0; i--) {
    if (trace->event[i].live) {
      try_likely(s, &trace->event[i]);
    }
  }
  for (int32_t i = last; i >= 0; i--) {
    if (trace->event[i].live) {
      try_anything(s, &trace->event[i]);
    }
  }
}

static void hint_state_before(nt_program_t *c) {
  for (uint32_t k = 0; k < c->trace.state_words; k++) {
    for (unsigned bit = 0; bit < 32; bit++) {
      const nt_retrace_change_t change = {
          .variant = NT_VARIANT_STATE, .pc = k, .amount = (int32_t)(UINT32_C(1) << bit)};
      const fit_t found = run_changed(c, 0, &change);
      if (found != FIT_NOT) {
        nt_hints_add(&c->scene->report->hints, "state-before",
                     found == FIT_NEURON ? NT_CONFIDENCE_LIKE : NT_CONFIDENCE_FITS,
                     "what comes out if state word %u was 0x%08" PRIx32 " and not 0x%08" PRIx32
                     " before the step: bit %u",
                     k, (uint32_t)(c->trace.before[k] ^ change.amount),
                     (uint32_t)c->trace.before[k], bit);
      }
    }
  }
}

bool nt_program_is_old(const nt_program_t *c) {
  for (uint32_t i = 0; i < c->trace.neurons; i++) {
    if (c->device[i] != c->trace.watched[i] && c->device[i] != c->trace.watched_old[i]) {
      return false;
    }
  }
  return true;
}

int32_t nt_program_moved(const nt_program_t *c) {
  const int32_t beat = (int32_t)nt_params_word_lanes(c->scene->params);
  const int32_t beats[] = {1, 2, 4, 8, 16};
  for (size_t k = 0; k < 2 * sizeof beats / sizeof beats[0]; k++) {
    const int32_t distance = beats[k / 2] * (k % 2 == 0 ? beat : -beat);
    uint32_t differing = 0;
    bool all = true;
    for (uint32_t i = 0; i < c->trace.neurons && all; i++) {
      const bool differs = c->device[i] != c->trace.watched[i];
      int32_t value = 0;
      all = !differs || (nt_scene_state(c->scene, 0, c->group,
                                        (int64_t)c->trace.first + i + distance, c->word, &value) &&
                         value == c->device[i]);
      differing += differs;
    }
    if (all && differing > 1) {
      return distance;
    }
  }
  return 0;
}

void nt_program_explain(nt_program_t *c, int32_t last) {
  bool marked[NT_RETRACE_EVENTS_MAX] = {false};
  mark_chain(c, last, CHAIN_DEPTH, marked);
  for (int32_t i = last; i >= 0; i--) {
    if (marked[i]) {
      note_event(c, &c->trace.event[i]);
    }
  }
  if (run_changed(c, 1, NULL) != FIT_NOT) {
    nt_hints_add(&c->scene->report->hints, "stored-program", NT_CONFIDENCE_STORED,
                 "the device ran rightly what it holds");
    return;
  }
  search_t search = {.program = c};
  try_changes(&search, last);
  for (fit_t found = FIT_STRIP; found != FIT_NOT; found++) {
    for (uint32_t i = 0; i < search.found[found].count; i++) {
      const nt_hint_t *hint = &search.found[found].hint[i];
      nt_hints_add(&c->scene->report->hints, hint->name, hint->confidence, "%s", hint->text);
    }
    if (found == FIT_DIFFERING) {
      hint_state_before(c);
    }
  }
}
