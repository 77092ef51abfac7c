// SPDX-License-Identifier: Apache-2.0
// Where a fault can be: what the best hint points at, then the modules of the stage.
// docs/debugging.md has the stages with reasons.
#include "nt_scene.h"

#include <stdio.h>
#include <string.h>

static const char *of_counter(uint32_t counter) {
  switch (counter) {
  case NT_COUNTER_MSG_IN:
  case NT_COUNTER_SYNOPS:
  case NT_COUNTER_WORDS:
    return "rtl/nt_router.v, rtl/nt_axon_in.v, rtl/nt_synapse.v, rtl/nt_creg.v";
  case NT_COUNTER_NEURONS:
  case NT_COUNTER_INSTRS: return "rtl/nt_engine.v, rtl/nt_engine_walk.v, rtl/nt_creg.v";
  case NT_COUNTER_MSG_OUT: return "rtl/nt_axon_out.v, rtl/nt_creg.v";
  default: return "rtl/nt_creg.v";
  }
}

static const char *of_stage(const nt_mismatch_t *m) {
  switch (m->stage) {
  case NT_STAGE_RECEIVED: return "rtl/nt_router.v, rtl/nt_tile.v, driver/nt_system.c, the host";
  case NT_STAGE_SCHEDULE: return "rtl/nt_dendrite.v (pending), rtl/nt_router.v, driver/nt_system.c";
  case NT_STAGE_ACCUMULATOR:
    return "rtl/nt_axon_in.v, rtl/nt_synapse.v, rtl/nt_dendrite.v, rtl/nt_dendrite_bank.v, "
           "rtl/nt_router.v, rtl/nt_barrier.v";
  case NT_STAGE_STATE:
    return "rtl/nt_engine.v, rtl/nt_engine_decode.v, rtl/nt_engine_lanes.v, rtl/nt_engine_walk.v, "
           "rtl/nt_pool.v, rtl/nt_dendrite.v (RDC)";
  case NT_STAGE_SPIKE:
    return "rtl/nt_axon_out.v, rtl/nt_engine.v (SPK), rtl/nt_engine_lanes.v (the value), "
           "rtl/nt_barrier.v";
  case NT_STAGE_COUNTER: return of_counter(m->index);
  case NT_STAGE_MEMORY: return "rtl/nt_pool.v, rtl/nt_host.v, rtl/nt_engine_walk.v (CLEAR_STATE)";
  case NT_STAGE_LEVEL:
    return "model/nt_mapper.c, model/nt_wiring.c, model/nt_microcode.c, "
           "model/nt_integer_model.c; no RTL";
  }
  return "unknown";
}

// The module that the best hint names, where it names one that surely.
static const char *of_hint(const nt_mismatch_t *m, const nt_hint_t *hint) {
  static const struct {
    nt_stage_t stage;
    const char *name, *module;
  } modules[] = {
      {NT_STAGE_ACCUMULATOR, "wrong-weight", "rtl/nt_synapse.v"},
      {NT_STAGE_ACCUMULATOR, "one-weight", "rtl/nt_synapse.v"},
      {NT_STAGE_ACCUMULATOR, "wrong-row", "rtl/nt_synapse.v"},
      {NT_STAGE_ACCUMULATOR, "refused-spike", "rtl/nt_axon_in.v"},
      {NT_STAGE_ACCUMULATOR, "other-axon", "rtl/nt_axon_in.v"},
      {NT_STAGE_STATE, "truncated", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "not-saturated", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "wrapped", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "wrong-width", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "wrong-shift", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "add-sub", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "min-max", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "comparison", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "table-entry", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "interpolation", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_STATE, "stale-sum", "rtl/nt_dendrite.v"},
      {NT_STAGE_STATE, "late", "rtl/nt_pool.v"},
      {NT_STAGE_SPIKE, "other-port", "rtl/nt_engine.v"},
      {NT_STAGE_SPIKE, "truncated", "rtl/nt_engine_lanes.v"},
      {NT_STAGE_COUNTER, "multicast", "rtl/nt_router.v"},
      {NT_STAGE_MEMORY, "late", "rtl/nt_engine_walk.v"},
  };
  if (hint == NULL || hint->confidence == NT_CONFIDENCE_LIKE) {
    return "";
  }
  if (hint->confidence == NT_CONFIDENCE_STORED) {
    return "what wrote that word: the image, rtl/nt_host.v, rtl/nt_core.v, rtl/nt_pool.v";
  }
  for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
    if (m->stage == modules[i].stage && strcmp(hint->name, modules[i].name) == 0) {
      return modules[i].module;
    }
  }
  return "";
}

// The module that raises a flag.
static const char *of_flags(const nt_mismatch_t *m) {
  static const char *const modules[] = {"rtl/nt_dendrite_bank.v, rtl/nt_dendrite.v",
                                        "rtl/nt_axon_in.v", "rtl/nt_axon_out.v", "rtl/nt_engine.v",
                                        "rtl/nt_engine.v, rtl/nt_engine_decode.v"};
  for (unsigned f = 0; f < sizeof modules / sizeof modules[0]; f++) {
    if (((m->expected ^ m->got) >> f & 1) != 0) {
      return modules[f];
    }
  }
  return "";
}

void nt_explain_suspects(nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  const bool flags = m->stage == NT_STAGE_COUNTER && m->index == NT_COUNTERS_EXACT;
  const char *first = flags ? of_flags(m) : of_hint(m, r->hints.count > 0 ? r->hints.hint : NULL);
  size_t length = (size_t)snprintf(r->suspects, sizeof r->suspects, "%s", first);
  const char *separator = first[0] == '\0' ? "" : "; else ";
  for (const char *next = of_stage(m); next[0] != '\0' && length < sizeof r->suspects;) {
    const size_t size = strcspn(next, ",");
    if (first[0] == '\0' || strncmp(next, first, strlen(first)) != 0) {
      length += (size_t)snprintf(r->suspects + length, sizeof r->suspects - length, "%s%.*s",
                                 separator, (int)size, next);
      separator = ", ";
    }
    next += size + strspn(next + size, ", ");
  }
}
