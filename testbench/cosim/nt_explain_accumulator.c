// SPDX-License-Identifier: Apache-2.0
// The accumulator stage: which spikes were added, and which change of one of them gives the sum of
// the device.
#include "nt_arith.h"
#include "nt_contribution.h"
#include "nt_scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const formats[] = {"NONE", "DENSE", "SPARSE", "UNIFORM", "SINGLE"};

typedef struct sum {
  nt_scene_t *scene;
  uint32_t dendrite;
  nt_contribution_t *item; // of the golden system
  size_t count, capacity;
  uint32_t received; // spikes for the core
  int64_t total;     // golden
  int64_t device;    // with what the device's pool holds
  bool failed;
} sum_t;

static void add_spike(sum_t *sum, const nt_spike_t *spike) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  nt_contribution_t c;
  sum->received++;
  for (int side = 0; side < 2; side++) {
    const nt_axon_table_t axons = {s->params, s->pool[side], s->axon_base[side],
                                   s->axon_count[side]};
    if (!nt_contribution_find(&axons, spike->axon, spike->payload, sum->dendrite, m->line, m->lane,
                              &c)) {
      continue;
    }
    if (side == 1) {
      sum->device += c.product;
      continue;
    }
    sum->total += c.product;
    if (sum->count == sum->capacity) {
      const size_t capacity = 2 * sum->capacity + 256;
      nt_contribution_t *grown = realloc(sum->item, capacity * sizeof *grown);
      if (grown == NULL) {
        sum->failed = true;
        return;
      }
      sum->item = grown;
      sum->capacity = capacity;
    }
    sum->item[sum->count++] = c;
  }
}

// The spikes that act in this step: from outside the tile before it, from its cores in the step
// before.
static void collect(sum_t *sum) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_system_received(s->view.golden, m->tile, &spikes, &count);
  for (size_t i = 0; i < count; i++) {
    if ((spikes[i].cores >> m->core & 1) != 0) {
      add_spike(sum, &spikes[i]);
    }
  }
  for (uint32_t c = 0; c < s->params->cores; c++) {
    const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, c, 0);
    if (last == NULL || !last->stepped || last->timestep + 1 != m->timestep) {
      continue;
    }
    for (size_t i = 0; i < last->sent_count; i++) {
      const nt_spike_t spike = nt_spike_unpack(last->sent[i]);
      if (spike.tile == m->tile && (spike.cores >> m->core & 1) != 0) {
        add_spike(sum, &spike);
      }
    }
  }
}

static void note_operands(const sum_t *sum) {
  nt_notes_t *notes = &sum->scene->report->operands;
  uint32_t nonzero = 0;
  for (size_t i = 0; i < sum->count; i++) {
    nonzero += sum->item[i].product != 0;
  }
  nt_notes_add(
      notes,
      "%u spikes received by the core, %zu touch this neuron, %u with a product, sum %" PRId64,
      sum->received, sum->count, nonzero, sum->total);
  for (size_t i = 0; i < sum->count; i++) {
    const nt_contribution_t *c = &sum->item[i];
    if (c->product != 0) {
      nt_notes_add(notes,
                   "axon %u %s: payload %" PRId32 " * weight %" PRId32 " * 2^%u = %" PRId64
                   " (pool address %" PRIu64 ")",
                   c->axon, formats[c->format], c->payload, c->weight, c->exp, c->product,
                   c->address);
    }
  }
}

// One spike changed gives the device's sum.
static void hint_spikes(const sum_t *sum) {
  const nt_mismatch_t *m = &sum->scene->report->first;
  nt_hints_t *hints = &sum->scene->report->hints;
  const int64_t difference = nt_arith_wrap(m->got - m->expected, sum->scene->params->acc_bits);
  uint32_t lost = 0, doubled = 0;
  for (size_t i = 0; i < sum->count; i++) {
    lost += sum->item[i].product == -difference;
    doubled += sum->item[i].product == difference;
  }
  for (size_t i = 0; i < sum->count; i++) {
    const nt_contribution_t *c = &sum->item[i];
    if (c->product == -difference) {
      nt_hints_add(hints, "lost-spike", NT_CONFIDENCE_FITS,
                   "the sum without the spike of axon %u, payload %" PRId32 " (%u spikes fit)",
                   c->axon, c->payload, lost);
    }
    if (c->product == difference) {
      nt_hints_add(hints, "doubled-spike", NT_CONFIDENCE_FITS,
                   "the sum with the spike of axon %u, payload %" PRId32 ", twice (%u spikes fit)",
                   c->axon, c->payload, doubled);
    }
    if (2 * c->product == -difference && c->product != 0) {
      nt_hints_add(hints, "spike-sign", NT_CONFIDENCE_FITS,
                   "the sum with the product of axon %u, payload %" PRId32 ", negated", c->axon,
                   c->payload);
    }
    for (unsigned bit = 0; bit < NT_PAYLOAD_BITS && c->weight != 0; bit++) {
      const int32_t payload = nt_arith_wrap(c->payload ^ INT32_C(1) << bit, NT_PAYLOAD_BITS);
      if (nt_arith_product(payload, c->weight, c->exp) - c->product == difference) {
        nt_hints_add(hints, "payload-bit", NT_CONFIDENCE_FITS,
                     "the sum with bit %u of the payload of axon %u flipped: %" PRId32
                     " in place of %" PRId32,
                     bit, c->axon, payload, c->payload);
      }
    }
  }
}

static void hint_relations(const sum_t *sum) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  const nt_golden_rows_t rows = nt_golden_current(s->golden, m->core);
  const size_t row = (size_t)sum->dendrite * rows.lines + m->line;
  const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, m->core, 0);
  char what[64];
  if (last != NULL && last->stepped && (last->activity[m->line] >> sum->dendrite & 1) != 0) {
    (void)snprintf(what, sizeof what, "the accumulator of timestep %u", last->timestep);
    nt_hints_equal(hints, "late", m->expected, m->got, last->rows[row * rows.lanes + m->lane],
                   what);
  }
  for (int side = -1; side <= 1; side += 2) {
    const int64_t lane = (int64_t)m->lane + side;
    if (lane >= 0 && lane < rows.lanes) {
      (void)snprintf(what, sizeof what, "the neighbour's, lane %d", (int)lane);
      nt_hints_equal(hints, "neighbour", m->expected, m->got,
                     rows.values[row * rows.lanes + (size_t)lane], what);
    }
  }
  for (uint32_t d = 0; d < NT_DENDRITES; d++) {
    if (d != sum->dendrite && (rows.activity[m->line] >> d & 1) != 0) {
      (void)snprintf(what, sizeof what, "dendrite %u of the same neuron", d);
      nt_hints_equal(hints, "other-dendrite", m->expected, m->got,
                     rows.values[((size_t)d * rows.lines + m->line) * rows.lanes + m->lane], what);
    }
  }
  nt_hints_relate(hints, m->expected, m->got, s->params->acc_bits);
}

static void note_history(const nt_scene_t *s, uint32_t dendrite) {
  const nt_mismatch_t *m = &s->report->first;
  for (uint32_t age = NT_HISTORY_STEPS; age-- > 0;) {
    const nt_history_step_t *step = nt_history_step(s->view.history, m->tile, m->core, age);
    if (step == NULL || !step->stepped) {
      continue;
    }
    if ((step->activity[m->line] >> dendrite & 1) != 0) {
      const size_t row = (size_t)dendrite * s->params->lines + m->line;
      nt_notes_add(&s->report->history, "timestep %u: %" PRId32, step->timestep,
                   step->rows[row * nt_params_line_lanes(s->params) + m->lane]);
    } else {
      nt_notes_add(&s->report->history, "timestep %u: not active", step->timestep);
    }
  }
}

nt_status_t nt_explain_accumulator(nt_scene_t *s, nt_error_t *err) {
  nt_mismatch_report_t *r = s->report;
  sum_t sum = {.scene = s, .dendrite = r->first.index};
  if (r->first.activity) { // the mask is compared, not a value: look at the first dendrite of it
    const uint64_t differing = (uint64_t)(r->first.expected ^ r->first.got);
    while ((differing >> sum.dendrite & 1) == 0) {
      sum.dendrite++;
    }
  }
  collect(&sum);
  const bool whole =
      r->first.activity || nt_arith_wrap(sum.total, s->params->acc_bits) == r->first.expected;
  (void)snprintf(r->formula, sizeof r->formula, "%s",
                 r->first.activity ? "bit d is set if a spike's list names the line and dendrite d"
                                   : "sum over the spikes received of payload * weight * 2^exp");
  if (whole) {
    note_operands(&sum);
  } else {
    nt_notes_add(&r->operands, "the spikes of the step before are not at hand");
  }
  nt_scene_compare_memories(s);
  if (!r->first.activity) {
    if (whole && sum.device != sum.total &&
        nt_arith_wrap(sum.device, s->params->acc_bits) == r->first.got) {
      nt_hints_add(&r->hints, "stored-sum", NT_CONFIDENCE_STORED,
                   "the device added up rightly what it holds");
    }
    if (whole) {
      hint_spikes(&sum);
    }
    hint_relations(&sum);
  }
  note_history(s, sum.dendrite);
  free(sum.item);
  return sum.failed ? nt_fail(err, NT_ERR_MEMORY, "explain: out of memory") : NT_OK;
}
