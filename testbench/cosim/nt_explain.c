// SPDX-License-Identifier: Apache-2.0
#include "nt_explain.h"

#include "nt_group_view.h"
#include "nt_scene.h"

static const char *suspects_of_counter(uint32_t counter) {
  switch (counter) {
  case NT_COUNTER_MSG_IN:
  case NT_COUNTER_SYNOPS:
  case NT_COUNTER_WORDS:
    return "rtl/nt_router.v, rtl/nt_axon_in.v, rtl/nt_synapse.v, rtl/nt_creg.v: spikes served in "
           "this step, which act in the next";
  case NT_COUNTER_NEURONS:
  case NT_COUNTER_INSTRS: return "rtl/nt_engine.v, rtl/nt_engine_walk.v, rtl/nt_creg.v";
  case NT_COUNTER_MSG_OUT: return "rtl/nt_axon_out.v, rtl/nt_creg.v";
  default: return "rtl/nt_creg.v, and the module that raises the flag";
  }
}

// Where a fault of a stage can be; docs/debugging.md has the same table with reasons.
static const char *suspects_of(const nt_mismatch_t *m) {
  switch (m->stage) {
  case NT_STAGE_RECEIVED: return "driver/nt_system.c, what the host injected";
  case NT_STAGE_SCHEDULE: return "rtl/nt_router.v, rtl/nt_dendrite.v (pending), driver/nt_system.c";
  case NT_STAGE_ACCUMULATOR:
    return "rtl/nt_axon_in.v, rtl/nt_synapse.v, rtl/nt_dendrite.v, rtl/nt_dendrite_bank.v, "
           "rtl/nt_router.v";
  case NT_STAGE_STATE:
    return "rtl/nt_engine.v, rtl/nt_engine_decode.v, rtl/nt_engine_lanes.v, rtl/nt_engine_walk.v, "
           "rtl/nt_pool.v";
  case NT_STAGE_SPIKE:
    return "rtl/nt_axon_out.v, rtl/nt_engine.v (SPK), and where the value came from "
           "rtl/nt_engine_lanes.v";
  case NT_STAGE_COUNTER: return suspects_of_counter(m->index);
  case NT_STAGE_MEMORY: return "rtl/nt_pool.v, rtl/nt_host.v, whatever writes that space";
  case NT_STAGE_LEVEL:
    return "model/nt_mapper.c, model/nt_wiring.c, model/nt_microcode.c, "
           "model/nt_integer_model.c; no RTL";
  }
  return "unknown";
}

void nt_explain_counter(nt_scene_t *s) {
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  static const char *const flags[] = {"ACC_OVERFLOW", "BAD_AXON", "PAYLOAD_CLIPPED", "RUNAWAY",
                                      "BAD_INSTR"};
  nt_scene_compare_memories(s);
  if (m->index == NT_COUNTERS_EXACT) {
    for (unsigned f = 0; f < sizeof flags / sizeof flags[0]; f++) {
      if (((m->expected ^ m->got) >> f & 1) != 0) {
        nt_notes_add(&s->report->operands, "flag %s: expected %d, got %d", flags[f],
                     (int)(m->expected >> f & 1), (int)(m->got >> f & 1));
      }
    }
    return;
  }
  if (m->index == NT_COUNTER_MSG_IN && m->got != m->expected) {
    nt_hints_add(hints, m->got < m->expected ? "lost-spike" : "extra-spike", NT_CONFIDENCE_FITS,
                 "the core took %lld spikes %s, and they changed no sum",
                 (long long)(m->got < m->expected ? m->expected - m->got : m->got - m->expected),
                 m->got < m->expected ? "fewer" : "more");
  }
  nt_hints_relate(hints, m->expected, m->got, 64);
}

void nt_explain_memory(nt_scene_t *s) {
  const nt_mismatch_t *m = &s->report->first;
  nt_scene_compare_memories(s);
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
    case NT_STAGE_COUNTER: nt_explain_counter(&scene); break;
    default: nt_explain_memory(&scene); break;
    }
  }
  nt_scene_close(&scene);
  return status;
}

static void explain_tile(nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  if (m->stage == NT_STAGE_SCHEDULE) {
    nt_hints_add(&r->hints, m->expected > m->got ? "lost-spike" : "extra-spike", NT_CONFIDENCE_LIKE,
                 "the tile has work in the %s system only",
                 m->expected > m->got ? "golden" : "device's");
  } else if (m->has_missing && !m->has_unexpected) {
    nt_hints_add(&r->hints, "lost-spike", NT_CONFIDENCE_FITS, "the spike did not arrive");
  } else if (!m->has_missing) {
    nt_hints_add(&r->hints, "extra-spike", NT_CONFIDENCE_FITS,
                 "the spike arrived without being sent, or twice");
  } else {
    nt_hints_add(&r->hints, "altered-spike", NT_CONFIDENCE_FITS, "the spike changed on its way");
  }
}

void nt_explain_level(const nt_mismatch_t *mismatch, nt_mismatch_report_t *r) {
  *r = (nt_mismatch_report_t){.first = *mismatch, .suspects = suspects_of(mismatch)};
}

nt_status_t nt_explain(const nt_lockstep_t *lockstep, nt_mismatch_report_t *r, nt_error_t *err) {
  *r = (nt_mismatch_report_t){.first = *nt_lockstep_mismatch(lockstep)};
  r->suspects = suspects_of(&r->first);
  if (r->first.stage == NT_STAGE_RECEIVED || r->first.stage == NT_STAGE_SCHEDULE) {
    explain_tile(r);
    return NT_OK;
  }
  return explain_core(lockstep, r, err);
}
