// SPDX-License-Identifier: Apache-2.0
// The neuron state stage: the instructions that made the word, and which change of one of them
// gives the device's value.
#include "nt_disasm.h"
#include "nt_group_view.h"
#include "nt_scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// Instructions shown: the one that wrote the word, and those its value came from.
enum { CHAIN_DEPTH = 4 };

typedef struct state_case {
  nt_scene_t *scene;
  uint32_t group, neuron, word;
  nt_retrace_t trace; // as the golden system ran it
  nt_retrace_t other; // with a change
} state_case_t;

static void note_event(const state_case_t *c, const nt_retrace_event_t *e) {
  char text[NT_DISASM_MAX];
  nt_disasm(e->word, text, sizeof text);
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP);
  if (op == NT_OP_ST) {
    nt_notes_add(&c->scene->report->program, "pc %u: %s   value %" PRId32, e->pc, text, e->a);
  } else if (op >= NT_OP_MOV && op <= NT_OP_SEL) {
    nt_notes_add(&c->scene->report->program,
                 "pc %u: %s   a %" PRId32 ", b %" PRId32 ", result %" PRId32, e->pc, text, e->a,
                 e->b, e->result);
  } else {
    nt_notes_add(&c->scene->report->program, "pc %u: %s   result %" PRId32, e->pc, text, e->result);
  }
}

// The instructions a value came from, last first, each once.
static void note_chain(const state_case_t *c, int32_t event, uint32_t depth, bool *shown) {
  if (event < 0 || depth == 0 || shown[event]) {
    return;
  }
  const nt_retrace_event_t *e = &c->trace.event[event];
  const uint32_t op = NT_VIEW_FIELD(e->word, INSTR_OP), ra = NT_VIEW_FIELD(e->word, INSTR_RA);
  shown[event] = true;
  note_event(c, e);
  const bool b = op >= NT_OP_MOV && op <= NT_OP_SEL && NT_VIEW_FIELD(e->word, INSTR_BCONST) == 0;
  const bool a =
      op == NT_OP_ST || op == NT_OP_LUT || op == NT_OP_LERP ||
      (op >= NT_OP_MOV && op <= NT_OP_SEL && op != NT_OP_MOV && op != NT_OP_NEG && op != NT_OP_CLZ);
  if (a) {
    note_chain(c, nt_retrace_producer(&c->trace, event, ra), depth - 1, shown);
  }
  if (b) {
    note_chain(c, nt_retrace_producer(&c->trace, event, NT_VIEW_FIELD(e->word, INSTR_RB)),
               depth - 1, shown);
  }
}

// Runs the strip with a change; true if the word then holds what the device has.
static bool gives_got(state_case_t *c, int side, const nt_retrace_change_t *change) {
  const nt_retrace_input_t input = nt_scene_input(c->scene, side, c->group, c->neuron);
  nt_retrace_run(&input, change, &c->other);
  return !c->other.lost && c->other.state[c->word] == c->scene->report->first.got;
}

static void try_change(state_case_t *c, const nt_retrace_event_t *e, const char *name,
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
static void try_likely(state_case_t *c, const nt_retrace_event_t *e) {
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
static void try_anything(state_case_t *c, const nt_retrace_event_t *e) {
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

// The instructions up to the one that wrote the word, nearest first.
static void try_changes(state_case_t *c, int32_t writer) {
  for (int32_t i = writer; i >= 0; i--) {
    if (c->trace.event[i].live) {
      try_likely(c, &c->trace.event[i]);
    }
  }
  for (int32_t i = writer; i >= 0; i--) {
    if (c->trace.event[i].live) {
      try_anything(c, &c->trace.event[i]);
    }
  }
}

static void hint_state_before(state_case_t *c) {
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

// Golden value of the word in another neuron, or of another word of the same one.
static bool golden_word(const nt_scene_t *s, uint32_t group, int64_t neuron, uint32_t word,
                        int32_t *value) {
  const nt_group_view_t view = nt_group_view(s->groups[0], group);
  const uint32_t lanes = nt_params_word_lanes(s->params);
  if (neuron < 0 || neuron >= view.neurons || word >= view.state_words) {
    return false;
  }
  const uint32_t n = (uint32_t)neuron;
  const size_t at = (view.state_base + n / lanes * view.state_words + word) % s->params->pool_words;
  *value = (int32_t)s->pool[0][at * lanes + n % lanes];
  return true;
}

static void hint_relations(const state_case_t *c) {
  const nt_scene_t *s = c->scene;
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  const int64_t lanes = nt_params_word_lanes(s->params);
  const int64_t steps[] = {-1, 1, -lanes, lanes};
  int32_t value = 0;
  char what[64];
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    if (golden_word(s, c->group, (int64_t)c->neuron + steps[i], c->word, &value)) {
      (void)snprintf(what, sizeof what, "the word of neuron %" PRId64,
                     (int64_t)c->neuron + steps[i]);
      nt_hints_equal(hints, "neighbour", m->expected, m->got, value, what);
    }
  }
  for (uint32_t k = 0; golden_word(s, c->group, c->neuron, k, &value); k++) {
    if (k != c->word) {
      (void)snprintf(what, sizeof what, "state word %u of the same neuron", k);
      nt_hints_equal(hints, "other-word", m->expected, m->got, value, what);
    }
  }
  nt_hints_relate(hints, m->expected, m->got, 32);
}

static void note_history(const state_case_t *c) {
  const nt_scene_t *s = c->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_state_map_t *map = &s->view.maps[m->tile * s->params->cores + m->core];
  const uint32_t lanes = nt_params_word_lanes(s->params);
  const nt_group_view_t view = nt_group_view(s->groups[0], c->group);
  const uint32_t place = c->neuron / lanes * view.state_words + c->word;
  for (uint32_t age = NT_HISTORY_STEPS; age-- > 0;) {
    const nt_history_step_t *step = nt_history_step(s->view.history, m->tile, m->core, age);
    for (uint32_t r = 0; step != NULL && r < map->count; r++) {
      const nt_state_range_t *range = &map->range[r];
      if (range->group != c->group || place - range->first >= range->words) {
        continue;
      }
      const size_t at = (size_t)(range->copy + place - range->first) * lanes + c->neuron % lanes;
      if (step->stepped) {
        nt_notes_add(&s->report->history, "timestep %u: %" PRId32, step->timestep,
                     (int32_t)step->state[at]);
      } else {
        nt_notes_add(&s->report->history, "before: %" PRId32, (int32_t)step->state[at]);
      }
    }
  }
}

static void explain(state_case_t *c) {
  nt_mismatch_report_t *r = c->scene->report;
  const nt_retrace_input_t input = nt_scene_input(c->scene, 0, c->group, c->neuron);
  nt_retrace_run(&input, NULL, &c->trace);
  if (c->trace.lost || c->trace.state[c->word] != r->first.expected) {
    nt_notes_add(&r->operands, "the state before the step is not at hand");
    return;
  }
  for (uint32_t k = 0; k < c->trace.state_words; k++) {
    nt_notes_add(&r->operands, "state word %u before the step: %" PRId32, k, c->trace.before[k]);
  }
  const nt_golden_rows_t rows = nt_golden_current(c->scene->golden, r->first.core);
  for (uint32_t d = 0; d < NT_DENDRITES; d++) {
    if ((rows.activity[r->first.line] >> d & 1) != 0) {
      nt_notes_add(
          &r->operands, "accumulator of dendrite %u: %" PRId32, d,
          rows.values[((size_t)d * rows.lines + r->first.line) * rows.lanes + r->first.lane]);
    }
  }
  const int32_t writer = c->trace.written_by[c->word];
  if (writer < 0) {
    nt_notes_add(&r->program, "no instruction wrote the word in this step");
    nt_hints_add(&r->hints, "stray-write", NT_CONFIDENCE_FITS,
                 "no instruction writes this word in this step: it changed in memory, or something "
                 "else was written there");
  } else {
    bool shown[NT_RETRACE_EVENTS_MAX] = {false};
    note_chain(c, writer, CHAIN_DEPTH, shown);
    (void)snprintf(r->formula, sizeof r->formula,
                   "the program of group %u, entry pc %u, as traced below (last first)", c->group,
                   nt_group_view(c->scene->groups[0], c->group).entry);
  }
  const bool stored = gives_got(c, 1, NULL);
  if (stored) {
    nt_hints_add(&r->hints, "stored-program", NT_CONFIDENCE_STORED,
                 "the device ran rightly what it holds");
  }
  if (writer >= 0 && c->trace.before[c->word] == r->first.got) {
    nt_hints_add(&r->hints, "late", NT_CONFIDENCE_FITS,
                 "the value from before the step: not written, or a timestep late");
  }
  try_changes(c, stored ? -1 : writer);
  if (writer >= 0 && !stored) {
    hint_state_before(c);
  }
}

nt_status_t nt_explain_state(nt_scene_t *s, nt_error_t *err) {
  nt_mismatch_report_t *r = s->report;
  nt_scene_compare_memories(s);
  if (!r->has_group) {
    nt_hints_relate(&r->hints, r->first.expected, r->first.got, 32);
    return NT_OK;
  }
  state_case_t *c = calloc(1, sizeof *c);
  if (c == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  c->scene = s;
  c->group = r->group;
  c->neuron = r->neuron;
  c->word = r->first.index;
  if (s->before != NULL) {
    explain(c);
  } else {
    nt_notes_add(&r->operands, "the state before the step is not at hand");
  }
  hint_relations(c);
  note_history(c);
  nt_retrace_free(&c->trace);
  nt_retrace_free(&c->other);
  free(c);
  return NT_OK;
}
