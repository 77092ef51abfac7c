// SPDX-License-Identifier: Apache-2.0
#include "nt_find.h"

#include "nt_edges.h"

#include <stdio.h>
#include <string.h>

static const char TIMESTEP[] = ".nt_tile.timestep_o";

// What a search knows while it goes through the edges.
typedef struct search {
  const nt_facts_t *facts;
  nt_found_t *found;
  bool hit;           // found->time is set
  bool stays;         // the value is got at the last edge seen
  bool access;        // a write to the word was seen in the timestep
  uint64_t begin;     // the edge at which the cores start the timestep; 0: they do not
  uint64_t accessed;  // time of the last such write
  uint64_t last;      // the last edge of the trace, or the last change of the value
  bool past;          // the counter has passed what is expected
  uint32_t pool_word; // of the word searched
  unsigned lanes;     // of an engine beat
} search_t;

static uint64_t after(const nt_edge_t *edge, int value) {
  return nt_vcd_number(edge->after->value[value]);
}

static uint64_t before(const nt_edge_t *edge, int value) {
  return nt_vcd_number(edge->before->value[value]);
}

static void hit(search_t *s, const nt_edge_t *edge, const char *what) {
  s->hit = true;
  s->found->time = s->found->got_time = edge->time;
  (void)snprintf(s->found->what, sizeof s->found->what, "%s", what);
}

// Value 0 of every search is the timestep.
static bool in_step(const search_t *s, const nt_edge_t *edge) {
  return after(edge, 0) == s->facts->timestep;
}

static void see_start(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  s->last = edge->time;
  if (s->begin == 0 && before(edge, 1) != 0 && before(edge, 0) == s->facts->timestep) {
    s->begin = edge->time;
  }
}

// Nothing was found: the start of the timestep, if the trace holds it.
static void fall_back(search_t *s, const char *what) {
  s->found->time = s->found->got_time = s->begin != 0 ? s->begin : s->last;
  (void)snprintf(s->found->what, sizeof s->found->what, "%s: %s",
                 s->begin != 0 ? "start of the timestep" : "end of the trace", what);
}

// ---- activity ----

// A bit too many comes with a row, or an exchange keeps it; one that is missing shows at the
// exchange only.
static void see_activity(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  const unsigned lsb = NT_DENDRITES * s->facts->line;
  const uint64_t extra = (uint64_t)(s->facts->got & ~s->facts->expected);
  const uint64_t now = nt_vcd_bits(edge->after->value[1], lsb, NT_DENDRITES) & extra;
  const uint64_t was = nt_vcd_bits(edge->before->value[1], lsb, NT_DENDRITES) & extra;
  const bool exchange = before(edge, 2) != 0;
  if (edge->time == s->begin && (!s->hit || was == 0)) {
    hit(s, edge, "the buffers are exchanged: the wrong activity becomes the current one");
  } else if (edge->time < s->begin && exchange) {
    s->hit = false; // what came before was for another timestep
    if (now != 0) {
      hit(s, edge, "the buffers are exchanged, and the coming activity is kept");
    }
  } else if (edge->time < s->begin && now != was) {
    hit(s, edge, "a row becomes active that should not");
  }
}

// ---- words ----

static void see_word(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  const uint64_t got = (uint32_t)s->facts->got;
  if (in_step(s, edge) && before(edge, 2) != 0 && before(edge, 3) == s->pool_word) {
    s->access = true;
    s->accessed = edge->time;
  }
  if (after(edge, 1) == got && before(edge, 1) != got) {
    hit(s, edge, "the word becomes the wrong value");
  }
  s->stays = after(edge, 1) == got;
}

static nt_status_t find_word(const nt_vcd_t *vcd, search_t *s, nt_error_t *err) {
  static const char *const names[] = {TIMESTEP, ".watch.word", "engine_pool_we",
                                      "engine_pool_addr"};
  int data = -1;
  nt_status_t status = nt_edges_find(vcd, s->facts->core, "engine_pool_wdata", &data, err);
  if (status != NT_OK) {
    return status;
  }
  s->pool_word = s->facts->address / (nt_vcd_width(vcd, data) / 32);
  status = nt_edges_watch(vcd, s->facts->core, names, 4, see_word, s, err);
  if (status != NT_OK) {
    return status;
  }
  if (s->access && (!s->hit || s->found->time < s->begin)) {
    s->found->time = s->found->got_time = s->accessed;
    (void)snprintf(s->found->what, sizeof s->found->what,
                   "the word is written, and keeps the wrong value");
  } else if (!s->hit) {
    fall_back(s, s->stays ? "the word had the wrong value before the trace"
                          : "the word does not become the wrong value");
  }
  return NT_OK;
}

// ---- messages ----

// Values 1 to 3: valid, ready, data; of a core's output or of the tile's input.
static void see_message(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  const bool now = after(edge, 1) != 0 && after(edge, 3) == s->facts->unexpected;
  const bool waits = before(edge, 1) != 0 && before(edge, 2) == 0;
  // Spikes for a timestep enter the tile before its number is set.
  const bool counts = in_step(s, edge) || s->facts->kind == NT_FACTS_RECEIVED;
  if (counts && now && !waits && (!s->hit || s->facts->doubled)) {
    hit(s, edge, "the message shows");
  }
}

static void see_issue(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  const nt_facts_t *f = s->facts;
  const uint64_t first = after(edge, 4), slot = after(edge, 5);
  if (in_step(s, edge) && !s->hit && after(edge, 1) != 0 && after(edge, 2) == f->pc &&
      after(edge, 3) == f->group && f->neuron >= first && f->neuron - first >= slot * s->lanes &&
      f->neuron - first < (slot + 1) * s->lanes) {
    hit(s, edge, "SPK issues for this neuron: its message should leave a few cycles later");
  }
}

static nt_status_t find_message(const nt_vcd_t *vcd, search_t *s, nt_error_t *err) {
  static const char *const sent[] = {TIMESTEP, "msg_valid_o", "msg_ready_i", "msg_data_o"};
  static const char *const received[] = {TIMESTEP, ".nt_tile.spk_in_valid_i",
                                         ".nt_tile.spk_in_ready_o", ".nt_tile.spk_in_data_i"};
  static const char *const issue[] = {TIMESTEP,
                                      "u_engine.run_q",
                                      "u_engine.pc_q",
                                      "u_engine.strip_group",
                                      "u_engine.strip_neuron",
                                      "u_engine.slot_q"};
  const nt_facts_t *f = s->facts;
  nt_status_t status = NT_OK;
  if (f->has_unexpected) {
    status = nt_edges_watch(vcd, f->core, f->kind == NT_FACTS_RECEIVED ? received : sent, 4,
                            see_message, s, err);
  } else if (f->has_pc) {
    int operand = -1;
    status = nt_edges_find(vcd, f->core, "u_engine.u_lanes.s1_ra_q", &operand, err);
    if (status == NT_OK) {
      s->lanes = nt_vcd_width(vcd, operand) / 32;
      status = nt_edges_watch(vcd, f->core, issue, 6, see_issue, s, err);
    }
  }
  if (status == NT_OK && !s->hit) {
    fall_back(s, f->has_unexpected ? "the message does not show" : "the message is missing");
  }
  return status;
}

// ---- counters ----

static void see_counter(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  const nt_facts_t *f = s->facts;
  const uint64_t now = after(edge, 1), was = before(edge, 1);
  const bool flags = f->index == NT_COUNTERS_EXACT;
  if (now == was) {
    return;
  }
  if (flags ? (now & ~(uint64_t)f->expected & ~was) != 0 : now > (uint64_t)f->expected) {
    if (!s->past) {
      hit(s, edge, flags ? "a flag rises that should not" : "the counter passes what is expected");
      s->past = true;
    }
  } else if (!s->past) {
    hit(s, edge, "it changes for the last time, short of what is expected");
  }
  s->found->got_time = now == (uint64_t)f->got ? edge->time : s->found->got_time;
}

static nt_status_t find_counter(const nt_vcd_t *vcd, search_t *s, nt_error_t *err) {
  char counter[32] = "u_creg.flags_q";
  if (s->facts->index < NT_COUNTERS_EXACT) {
    (void)snprintf(counter, sizeof counter, "u_creg.counter_q[%u]", s->facts->index);
  }
  const char *const names[] = {TIMESTEP, counter};
  const nt_status_t status = nt_edges_watch(vcd, s->facts->core, names, 2, see_counter, s, err);
  if (status == NT_OK && !s->hit) {
    fall_back(s, "it does not change");
  }
  return status;
}

// ---- the whole tile ----

// Signs of progress: any change of these.
static void see_progress(void *user, const nt_edge_t *edge) {
  search_t *s = user;
  for (int i = 1; i <= 8; i++) {
    if (strcmp(edge->after->value[i], edge->before->value[i]) != 0 && edge->time > s->last) {
      s->last = edge->time;
    }
  }
}

// A tile that hangs stood still before it was given up.
static nt_status_t find_end(const nt_vcd_t *vcd, search_t *s, nt_error_t *err) {
  const bool timeout = strcmp(s->facts->stage, nt_status_str(NT_ERR_TIMEOUT)) == 0;
  const bool assertion = strcmp(s->facts->stage, nt_status_str(NT_ERR_RTL_ASSERT)) == 0;
  static const char *const progress[] = {TIMESTEP,          ".nt_tile.phase", "u_engine.pc_q",
                                         "u_engine.slot_q", "u_engine.run_q", "in_level_o",
                                         "list_addr",       "out_level_o",    "msg_data_o"};
  nt_status_t status = NT_OK;
  if (timeout) {
    s->last = 0;
  }
  char name[64];
  for (uint32_t core = 0; timeout && status == NT_OK; core++) {
    (void)snprintf(name, sizeof name, "TOP.nt_tile.g_core[%u].u_core.start_i", core);
    if (nt_vcd_find(vcd, name) < 0) {
      break;
    }
    status = nt_edges_watch(vcd, core, progress, 9, see_progress, s, err);
  }
  s->found->time = s->found->got_time = s->last;
  (void)snprintf(s->found->what, sizeof s->found->what, "%s",
                 timeout     ? "the last sign of progress in any core"
                 : assertion ? "the clock edge at which the assertion fails"
                             : "the end of the trace");
  return status;
}

nt_status_t nt_find(const nt_vcd_t *vcd, const nt_facts_t *facts, nt_found_t *found,
                    nt_error_t *err) {
  static const char *const start[] = {TIMESTEP, "start_i"};
  static const char *const activity[] = {TIMESTEP, "u_dendrite.act_coming_q", "start_i"};
  *found = (nt_found_t){.time = 0};
  search_t s = {.facts = facts, .found = found};
  nt_status_t status = nt_edges_watch(vcd, facts->core, start, 2, see_start, &s, err);
  if (status != NT_OK) {
    return status;
  }
  switch (facts->kind) {
  case NT_FACTS_SUM: return nt_find_sum(vcd, facts, found, err);
  case NT_FACTS_WORD: return find_word(vcd, &s, err);
  case NT_FACTS_MESSAGE:
  case NT_FACTS_RECEIVED: return find_message(vcd, &s, err);
  case NT_FACTS_COUNTER: return find_counter(vcd, &s, err);
  case NT_FACTS_ENDED: return find_end(vcd, &s, err);
  case NT_FACTS_SCHEDULE: fall_back(&s, "the tile's work is compared"); return NT_OK;
  case NT_FACTS_ACTIVITY:
    status = nt_edges_watch(vcd, facts->core, activity, 3, see_activity, &s, err);
    if (status == NT_OK && !s.hit) {
      fall_back(&s, "the activity does not show");
    }
  }
  return status;
}
