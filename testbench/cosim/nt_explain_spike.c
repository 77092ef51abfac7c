// SPDX-License-Identifier: Apache-2.0
// The spikes-sent stage: who sends the message, and what happened to it.
#include "nt_disasm.h"
#include "nt_group_view.h"
#include "nt_program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

// Where a message comes from.
typedef struct source {
  bool found;
  uint32_t group, neuron, port, entry, pc;
  int32_t value; // of the register sent
} source_t;

static bool same_target(uint64_t a, uint64_t b) {
  const nt_spike_t x = nt_spike_unpack(a), y = nt_spike_unpack(b);
  return x.tile == y.tile && x.cores == y.cores && x.axon == y.axon && x.type == y.type;
}

// How a message is looked for: as it is, as one of any payload to the same target, or as one that
// the word behind a port's destinations would make.
typedef enum match { MATCH_EXACT, MATCH_TARGET, MATCH_BEYOND } match_t;

// Looks through one strip for the sender of `wire`.
static void search_strip(const nt_scene_t *s, uint32_t group, uint32_t neuron, nt_retrace_t *trace,
                         uint64_t wire, match_t match, source_t *source) {
  const nt_retrace_input_t input = nt_scene_input(s, 0, group, neuron);
  const nt_group_view_t view = nt_group_view(s->groups[0], group);
  nt_retrace_run(&input, NULL, trace);
  for (size_t i = 0; i < trace->spikes && !source->found; i++) {
    const nt_retrace_spike_t *spike = &trace->spike[i];
    const uint32_t count = view.port_count[spike->port % NT_PORTS];
    const uint32_t first = match == MATCH_BEYOND ? count : 0;
    for (uint32_t e = first; count > 0 && e < first + count && e <= count; e++) {
      const uint64_t made = nt_program_message(s, view.port_ptr[spike->port % NT_PORTS], e, spike);
      if (match == MATCH_TARGET ? same_target(made, wire) : made == wire) {
        *source = (source_t){.found = true,
                             .group = group,
                             .neuron = spike->neuron,
                             .port = spike->port,
                             .entry = e,
                             .pc = spike->pc,
                             .value = spike->payload};
        return;
      }
    }
  }
}

static source_t search(const nt_scene_t *s, nt_retrace_t *trace, uint64_t wire, match_t match) {
  const nt_params_t *p = s->params;
  const uint32_t strip_lanes = NT_BEATS_PER_STRIP * nt_params_word_lanes(p);
  const nt_golden_rows_t rows = nt_golden_current(s->golden, s->report->first.core);
  source_t source = {.found = false};
  for (uint32_t g = 0; g < p->groups && s->before != NULL; g++) {
    const nt_group_view_t view = nt_group_view(s->groups[0], g);
    for (uint32_t n = 0; view.enable && n < view.neurons && !source.found; n += strip_lanes) {
      const uint32_t line = (view.line + n / nt_params_line_lanes(p)) % p->lines;
      if (view.always || rows.activity[line] != 0) {
        search_strip(s, g, n, trace, wire, match, &source);
      }
    }
  }
  return source;
}

static bool is_among(const uint64_t *list, size_t count, uint64_t wire) {
  for (size_t i = 0; i < count; i++) {
    if (list[i] == wire) {
      return true;
    }
  }
  return false;
}

static void note_source(nt_scene_t *s, const char *which, const source_t *source) {
  if (!source->found) {
    return;
  }
  char text[NT_DISASM_MAX];
  nt_disasm(s->prog[0][source->pc], text, sizeof text);
  nt_notes_add(&s->report->program,
               "%s: pc %u, %s, of group %u neuron %u, value %" PRId32 ", port %u destination %u",
               which, source->pc, text, source->group, source->neuron, source->value, source->port,
               source->entry);
}

// The word behind the destinations of a port was taken for one.
static void hint_beyond(nt_scene_t *s, const source_t *source) {
  if (source->found) {
    note_source(s, "unexpected looks like", source);
    nt_hints_add(&s->report->hints, "destination-count", NT_CONFIDENCE_FITS,
                 "the message that entry %u of port %u, which has %u, would make", source->entry,
                 source->port, nt_group_view(s->groups[0], source->group).port_count[source->port]);
  }
}

// What was sent is what another port of the group would have sent.
static void hint_port(const nt_scene_t *s, const source_t *missing) {
  const nt_mismatch_t *m = &s->report->first;
  const nt_retrace_spike_t spike = {.neuron = missing->neuron, .payload = missing->value};
  if (!missing->found || !m->has_unexpected) {
    return;
  }
  const nt_group_view_t view = nt_group_view(s->groups[0], missing->group);
  for (uint32_t q = 0; q < NT_PORTS; q++) {
    for (uint32_t e = 0; q != missing->port && e < view.port_count[q]; e++) {
      if (nt_program_message(s, view.port_ptr[q], e, &spike) == m->unexpected) {
        nt_hints_add(&s->report->hints, "other-port", NT_CONFIDENCE_FITS,
                     "what port %u would send, in place of port %u", q, missing->port);
      }
    }
  }
}

// The payload is one of the low bits of the expected value, without its sign.
static void hint_sign(nt_hints_t *hints, const nt_spike_t *expected, const nt_spike_t *got) {
  const unsigned bits = 8 * expected->type;
  if (bits > 0 && bits < NT_PAYLOAD_BITS && expected->payload < 0 &&
      got->payload == expected->payload + (INT32_C(1) << bits)) {
    nt_hints_add(hints, "sign-extension", NT_CONFIDENCE_FITS,
                 "the low %u bits of the value, as many as the type has, without its sign", bits);
  }
}

static void hint_altered(const nt_scene_t *s) {
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  const nt_spike_t e = nt_spike_unpack(m->missing), g = nt_spike_unpack(m->unexpected);
  const bool target = e.tile != g.tile || e.cores != g.cores || e.axon != g.axon;
  if (target && e.payload == g.payload) {
    nt_hints_add(hints, "wrong-target", NT_CONFIDENCE_FITS,
                 "the same payload for tile %u cores 0x%02x axon %u, not tile %u cores 0x%02x axon "
                 "%u",
                 g.tile, g.cores, g.axon, e.tile, e.cores, e.axon);
  }
  if (!target && e.payload != g.payload) {
    hint_sign(hints, &e, &g);
    nt_hints_add(hints, "wrong-payload", NT_CONFIDENCE_FITS,
                 "the same target with another payload");
    nt_hints_relate(hints, e.payload, g.payload, NT_PAYLOAD_BITS);
  }
  if (!target && e.payload == g.payload) {
    nt_hints_add(hints, "wrong-type", NT_CONFIDENCE_FITS, "type %u, not %u", g.type, e.type);
  }
}

static void hint_fate(const nt_scene_t *s) {
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  const uint64_t *sent = NULL;
  size_t count = 0;
  s->golden->ops->tap(s->golden, m->core, &sent, &count);
  const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, m->core, 0);
  if (m->has_unexpected && is_among(sent, count, m->unexpected)) {
    nt_hints_add(hints, "doubled-spike", NT_CONFIDENCE_FITS,
                 "the unexpected message was rightly sent before in the same step");
  } else if (m->has_unexpected && last != NULL && last->stepped &&
             is_among(last->sent, last->sent_count, m->unexpected)) {
    nt_hints_add(hints, "late", NT_CONFIDENCE_FITS, "the unexpected message is one of timestep %u",
                 last->timestep);
  }
  if (m->has_missing && !m->has_unexpected) {
    nt_hints_add(hints, "lost-spike", NT_CONFIDENCE_FITS, "the message was not sent");
  }
  if (!m->has_missing && !is_among(sent, count, m->unexpected)) {
    nt_hints_add(hints, "extra-spike", NT_CONFIDENCE_FITS,
                 "a message that the golden system does not send in this step");
  }
  if (m->has_missing && m->has_unexpected) {
    hint_altered(s);
  }
}

// How the sender's program comes to the value, and how it could come to what the device sent.
static nt_status_t explain_program(nt_scene_t *s, const source_t *missing, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  if (!missing->found || (m->has_unexpected && !same_target(m->missing, m->unexpected))) {
    return NT_OK;
  }
  nt_program_t *program = calloc(1, sizeof *program);
  if (program == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  program->scene = s;
  program->group = missing->group;
  program->neuron = missing->neuron;
  program->sends = true;
  program->pc = missing->pc;
  program->type = nt_spike_unpack(m->missing).type;
  program->ptr = nt_group_view(s->groups[0], missing->group).port_ptr[missing->port];
  program->entry = missing->entry;
  program->absent = !m->has_unexpected;
  program->got = nt_spike_unpack(m->unexpected).payload;
  nt_program_run(program);
  for (uint32_t i = 0; i < program->trace.events && !program->trace.lost; i++) {
    const nt_retrace_event_t *event = &program->trace.event[i];
    if (event->live && event->pc == missing->pc) {
      nt_program_explain(program, (int32_t)i);
      break;
    }
  }
  nt_program_free(program);
  free(program);
  return NT_OK;
}

nt_status_t nt_explain_spike(nt_scene_t *s, nt_error_t *err) {
  nt_mismatch_report_t *r = s->report;
  const nt_mismatch_t *m = &r->first;
  nt_retrace_t *trace = calloc(1, sizeof *trace);
  if (trace == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  (void)snprintf(r->formula, sizeof r->formula,
                 "SPK value to every destination of the port: axon + neuron if VECTOR, payload "
                 "fitted to the type");
  source_t missing = {.found = false}, unexpected = {.found = false};
  if (m->has_missing) {
    missing = search(s, trace, m->missing, MATCH_EXACT);
    note_source(s, "missing", &missing);
  }
  if (m->has_unexpected) {
    unexpected = search(s, trace, m->unexpected, MATCH_TARGET);
    note_source(s, "unexpected looks like", &unexpected);
  }
  if (m->has_unexpected && !m->has_missing && !unexpected.found) {
    unexpected = search(s, trace, m->unexpected, MATCH_BEYOND);
    hint_beyond(s, &unexpected);
  }
  hint_port(s, &missing);
  const source_t *place = missing.found ? &missing : &unexpected;
  if (place->found) {
    const uint32_t lanes = nt_params_line_lanes(s->params);
    r->has_group = true;
    r->group = place->group;
    r->neuron = place->neuron;
    r->has_pc = true;
    r->pc = place->pc;
    r->first.has_neuron = true;
    r->first.line =
        (nt_group_view(s->groups[0], place->group).line + place->neuron / lanes) % s->params->lines;
    r->first.lane = place->neuron % lanes;
  }
  nt_scene_compare_memories(s);
  nt_retrace_free(trace);
  free(trace);
  if (!m->has_unexpected) { // lost: that is said first
    hint_fate(s);
  }
  const nt_status_t status = explain_program(s, &missing, err);
  hint_fate(s);
  return status;
}
