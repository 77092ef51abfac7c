// SPDX-License-Identifier: Apache-2.0
// The neuron state stage: the instructions that made the word, and which change of one of them
// gives the device's value.
#include "nt_group_view.h"
#include "nt_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void hint_relations(const nt_program_t *c) {
  const nt_scene_t *s = c->scene;
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  const int64_t lanes = nt_params_word_lanes(s->params);
  const int64_t steps[] = {-1, 1, -lanes, lanes};
  int32_t value = 0;
  char what[64];
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    if (nt_scene_state(s, 0, c->group, (int64_t)c->neuron + steps[i], c->word, &value)) {
      (void)snprintf(what, sizeof what, "the word of neuron %" PRId64,
                     (int64_t)c->neuron + steps[i]);
      nt_hints_equal(hints, "neighbour", m->expected, m->got, value, what);
    }
  }
  for (uint32_t k = 0; nt_scene_state(s, 0, c->group, c->neuron, k, &value); k++) {
    if (k != c->word) {
      (void)snprintf(what, sizeof what, "state word %u of the same neuron", k);
      nt_hints_equal(hints, "other-word", m->expected, m->got, value, what);
    }
  }
  nt_hints_relate(hints, m->expected, m->got, 32);
}

static void note_history(const nt_program_t *c) {
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

static void explain(nt_program_t *c) {
  nt_mismatch_report_t *r = c->scene->report;
  nt_program_run(c);
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
    (void)snprintf(r->formula, sizeof r->formula,
                   "the program of group %u, entry pc %u, as traced below (last first)", c->group,
                   nt_group_view(c->scene->groups[0], c->group).entry);
    if (c->trace.before[c->word] == r->first.got) {
      nt_hints_add(&r->hints, "late",
                   nt_program_is_old(c) ? NT_CONFIDENCE_FITS : NT_CONFIDENCE_LIKE,
                   "the value from before the step: not written, or a timestep late");
    }
    const int32_t moved = nt_program_moved(c);
    if (moved != 0) {
      nt_hints_add(&r->hints, "neighbour", NT_CONFIDENCE_FITS,
                   "the value of neuron %" PRId64
                   ", and so for all neurons of the strip that differ",
                   (int64_t)c->neuron + moved);
    }
    nt_program_explain(c, writer);
  }
}

nt_status_t nt_explain_state(nt_scene_t *s, nt_error_t *err) {
  nt_mismatch_report_t *r = s->report;
  nt_scene_compare_memories(s);
  if (!r->has_group) {
    nt_hints_relate(&r->hints, r->first.expected, r->first.got, 32);
    return NT_OK;
  }
  nt_program_t *c = calloc(1, sizeof *c);
  if (c == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  c->scene = s;
  c->group = r->group;
  c->neuron = r->neuron;
  c->word = r->first.index;
  c->got = r->first.got;
  if (s->before != NULL) {
    explain(c);
  } else {
    nt_notes_add(&r->operands, "the state before the step is not at hand");
  }
  hint_relations(c);
  note_history(c);
  nt_program_free(c);
  free(c);
  return NT_OK;
}
