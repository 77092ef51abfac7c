// SPDX-License-Identifier: Apache-2.0
#include "nt_explain.h"

#include "nt_group_view.h"
#include "nt_scene.h"

// The word of the pool is a state word: which one, and whether it is as old as the last step.
static void explain_state_word(nt_scene_t *s) {
  nt_mismatch_report_t *r = s->report;
  const nt_mismatch_t *m = &r->first;
  const nt_state_map_t *map = &s->view.maps[m->tile * s->params->cores + m->core];
  const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, m->core, 0);
  const uint32_t lanes = nt_params_word_lanes(s->params), word = m->index / lanes;
  for (uint32_t i = 0; i < map->count; i++) {
    const nt_state_range_t *range = &map->range[i];
    const uint32_t place = word - range->word;
    if (place >= range->words) {
      continue;
    }
    const uint32_t k = (range->first + place) % range->state_words;
    r->has_group = true;
    r->group = range->group;
    r->neuron = (range->first + place) / range->state_words * lanes + m->index % lanes;
    if (last != NULL &&
        (int32_t)last->state[(range->copy + place) * lanes + m->index % lanes] == m->got) {
      nt_hints_add(&r->hints, "late", NT_CONFIDENCE_FITS,
                   "state word %u of neuron %u is as it was after timestep %u: not cleared, or not "
                   "written",
                   k, r->neuron, last->timestep);
    }
    return;
  }
}

void nt_explain_memory(nt_scene_t *s) {
  const nt_mismatch_t *m = &s->report->first;
  nt_scene_compare_memories(s);
  if (m->space == NT_SPACE_POOL) {
    explain_state_word(s);
  }
  nt_hints_relate(&s->report->hints, m->expected, m->got, 32);
}

static nt_status_t explain_core(const nt_lockstep_t *lockstep, nt_mismatch_report_t *r,
                                nt_error_t *err) {
  nt_scene_t scene;
  uint32_t first = 0;
  nt_status_t status = nt_scene_open(lockstep, r, &scene, err);
  if (status == NT_OK && r->first.has_neuron &&
      nt_group_of_line(scene.params, scene.groups[0], r->first.line, &r->group, &first) &&
      first + r->first.lane < nt_group_view(scene.groups[0], r->group).neurons) {
    r->has_group = true;
    r->neuron = first + r->first.lane;
  }
  if (status == NT_OK) {
    switch (r->first.stage) {
    case NT_STAGE_ACCUMULATOR: status = nt_explain_accumulator(&scene, err); break;
    case NT_STAGE_STATE: status = nt_explain_state(&scene, err); break;
    case NT_STAGE_SPIKE: status = nt_explain_spike(&scene, err); break;
    case NT_STAGE_COUNTER: status = nt_explain_counter(&scene, err); break;
    default: nt_explain_memory(&scene); break;
    }
  }
  nt_scene_close(&scene);
  return status;
}

void nt_explain_level(const nt_mismatch_t *mismatch, nt_mismatch_report_t *r) {
  *r = (nt_mismatch_report_t){.first = *mismatch};
  nt_explain_suspects(r);
}

nt_status_t nt_explain(const nt_lockstep_t *lockstep, nt_mismatch_report_t *r, nt_error_t *err) {
  *r = (nt_mismatch_report_t){.first = *nt_lockstep_mismatch(lockstep)};
  const bool of_tile = r->first.stage == NT_STAGE_RECEIVED || r->first.stage == NT_STAGE_SCHEDULE;
  const nt_status_t status =
      of_tile ? nt_explain_tile(lockstep, r, err) : explain_core(lockstep, r, err);
  nt_explain_suspects(r);
  return status;
}
