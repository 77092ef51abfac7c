// SPDX-License-Identifier: Apache-2.0
// The accumulator stage: which spikes were added, and which change of one of them gives the sum of
// the device.
#include "nt_arith.h"
#include "nt_served.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const formats[] = {"NONE", "DENSE", "SPARSE", "UNIFORM", "SINGLE"};

typedef struct sum {
  nt_scene_t *scene;
  uint32_t dendrite;
  nt_contribution_t *item; // of the golden system
  size_t count, capacity;
  nt_served_list_t served;                  // spikes for the core
  int64_t total;                            // golden
  int64_t device;                           // with what the device's pool holds
  int32_t device_row[NT_WORD_BITS_MAX / 2]; // sums the device worked on
} sum_t;

// The device's own memory gives the spike another product.
static void hint_weight(const sum_t *sum, const nt_contribution_t *c, int64_t golden) {
  if (c->product != golden) {
    nt_hints_add(&sum->scene->report->hints, "stored-weight", NT_CONFIDENCE_STORED,
                 "the device holds weight %" PRId32 " for axon %u, pool address %" PRIu64
                 ": payload %" PRId32 " adds %" PRId64 ", golden %" PRId64,
                 c->weight, c->axon, c->address, c->payload, c->product, golden);
  }
}

static nt_status_t add_spike(sum_t *sum, const nt_spike_t *spike, nt_error_t *err) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  nt_contribution_t c;
  int64_t golden = 0;
  for (int side = 0; side < 2; side++) {
    const nt_axon_table_t axons = nt_served_axons(s, side);
    if (!nt_contribution_find(&axons, spike->axon, spike->payload, sum->dendrite, m->line, m->lane,
                              &c)) {
      continue;
    }
    if (side == 1) {
      sum->device += c.product;
      hint_weight(sum, &c, golden);
      continue;
    }
    golden = c.product;
    sum->total += c.product;
    if (sum->count == sum->capacity) {
      const size_t capacity = 2 * sum->capacity + 256;
      nt_contribution_t *grown = realloc(sum->item, capacity * sizeof *grown);
      if (grown == NULL) {
        return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
      }
      sum->item = grown;
      sum->capacity = capacity;
    }
    sum->item[sum->count++] = c;
  }
  return NT_OK;
}

static nt_status_t collect(sum_t *sum, nt_error_t *err) {
  nt_status_t status = nt_served_now(sum->scene, &sum->served, err);
  for (size_t i = 0; i < sum->served.count && status == NT_OK; i++) {
    status = add_spike(sum, &sum->served.spike[i].spike, err);
  }
  return status;
}

static void note_operands(const sum_t *sum) {
  nt_notes_t *notes = &sum->scene->report->operands;
  uint32_t nonzero = 0;
  for (size_t i = 0; i < sum->count; i++) {
    nonzero += sum->item[i].product != 0;
  }
  nt_notes_add(
      notes,
      "%zu spikes received by the core, %zu touch this neuron, %u with a product, sum %" PRId64,
      sum->served.count, sum->count, nonzero, sum->total);
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

// Keeps the products for who looks for the addition that is not among them.
static nt_status_t keep_products(const sum_t *sum, nt_error_t *err) {
  nt_mismatch_report_t *r = sum->scene->report;
  r->product = malloc((sum->count + 1) * sizeof *r->product);
  if (r->product == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  r->has_products = true;
  for (size_t i = 0; i < sum->count; i++) {
    if (sum->item[i].product != 0) {
      r->product[r->products++] = sum->item[i].product;
    }
  }
  return NT_OK;
}

// True if the device's row is the golden one, less what spike `less` adds and with what spike
// `more` adds.
static bool explains_row(const sum_t *sum, const nt_spike_t *less, const nt_spike_t *more) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_axon_table_t axons = nt_served_axons(s, 0);
  const nt_golden_rows_t rows = nt_golden_current(s->golden, m->core);
  const int32_t *row = rows.values + ((size_t)sum->dendrite * rows.lines + m->line) * rows.lanes;
  for (uint32_t lane = 0; lane < rows.lanes; lane++) {
    nt_contribution_t c;
    int64_t total = row[lane];
    if (nt_contribution_find(&axons, less->axon, less->payload, sum->dendrite, m->line, lane, &c)) {
      total -= c.product;
    }
    if (nt_contribution_find(&axons, more->axon, more->payload, sum->dendrite, m->line, lane, &c)) {
      total += c.product;
    }
    if (nt_arith_wrap(total, s->params->acc_bits) != sum->device_row[lane]) {
      return false;
    }
  }
  return true;
}

// A spike with another payload: certain if the whole row of sums follows.
static void try_payload(const sum_t *sum, const nt_contribution_t *c, int32_t payload,
                        const char *name, const char *what) {
  const nt_mismatch_t *m = &sum->scene->report->first;
  const int64_t change = nt_arith_product(payload - c->payload, c->weight, c->exp);
  if (c->weight == 0 || change == 0 ||
      nt_arith_wrap(m->expected + change, sum->scene->params->acc_bits) != m->got) {
    return;
  }
  const nt_spike_t less = {.axon = (uint16_t)c->axon, .payload = c->payload};
  const nt_spike_t more = {.axon = (uint16_t)c->axon, .payload = payload};
  const bool row = explains_row(sum, &less, &more);
  nt_hints_add(&sum->scene->report->hints, name, row ? NT_CONFIDENCE_FITS : NT_CONFIDENCE_LIKE,
               "the spike of axon %u, payload %" PRId32 ", %s: gives %s", c->axon, c->payload, what,
               row ? "all sums of the row" : "this sum, not those of the whole row");
}

// True if counting `times` more often what spikes add through this weight gives the device's row.
static bool weight_explains_row(const sum_t *sum, int32_t weight, int32_t times) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_axon_table_t axons = nt_served_axons(s, 0);
  const nt_golden_rows_t rows = nt_golden_current(s->golden, m->core);
  const int32_t *row = rows.values + ((size_t)sum->dendrite * rows.lines + m->line) * rows.lanes;
  for (uint32_t lane = 0; lane < rows.lanes; lane++) {
    int64_t total = row[lane];
    for (size_t i = 0; i < sum->count; i++) {
      nt_contribution_t c;
      if (nt_contribution_find(&axons, sum->item[i].axon, sum->item[i].payload, sum->dendrite,
                               m->line, lane, &c) &&
          c.weight == weight) {
        total += times * c.product;
      }
    }
    if (nt_arith_wrap(total, s->params->acc_bits) != sum->device_row[lane]) {
      return false;
    }
  }
  return true;
}

// One weight is handled wrongly, whatever the spike.
static void try_weights(const sum_t *sum) {
  static const struct {
    int32_t times;
    const char *what;
  } changes[] = {{1, "counted twice"}, {-1, "left out"}, {-2, "with the other sign"}};
  const nt_mismatch_t *m = &sum->scene->report->first;
  for (size_t i = 0; i < sum->count; i++) {
    int64_t total = 0;
    for (size_t k = 0; k < sum->count; k++) {
      total += sum->item[k].weight == sum->item[i].weight ? sum->item[k].product : 0;
    }
    for (size_t c = 0; c < sizeof changes / sizeof changes[0] && total != 0; c++) {
      if (nt_arith_wrap(m->expected + changes[c].times * total, sum->scene->params->acc_bits) ==
              m->got &&
          weight_explains_row(sum, sum->item[i].weight, changes[c].times)) {
        nt_hints_add(&sum->scene->report->hints, "one-weight", NT_CONFIDENCE_FITS,
                     "every product with weight %" PRId32 " %s: gives all sums of the row",
                     sum->item[i].weight, changes[c].what);
        return;
      }
    }
  }
}

// True if the device's row is the sum of all lists read with this mistake.
static bool reading_explains_row(const sum_t *sum, nt_reading_t reading) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_axon_table_t axons = nt_served_axons(s, 0);
  for (uint32_t lane = 0; lane < nt_params_line_lanes(s->params); lane++) {
    int64_t total = 0;
    for (size_t i = 0; i < sum->served.count; i++) {
      const nt_spike_t *spike = &sum->served.spike[i].spike;
      nt_contribution_t c;
      if (nt_contribution_read(&axons, reading, spike->axon, spike->payload, sum->dendrite, m->line,
                               lane, &c)) {
        total += c.product;
      }
    }
    if (nt_arith_wrap(total, s->params->acc_bits) != sum->device_row[lane]) {
      return false;
    }
  }
  return true;
}

static void try_readings(const sum_t *sum) {
  for (nt_reading_t reading = NT_READING_RIGHT + 1; reading < NT_READINGS; reading++) {
    if (reading_explains_row(sum, reading)) {
      nt_hints_add(&sum->scene->report->hints, "wrong-weight", NT_CONFIDENCE_FITS,
                   "lists read %s: gives all sums of the row", nt_reading_str(reading));
    }
  }
}

// A spike served with the list of another axon of the step.
static bool try_axons(const sum_t *sum) {
  enum { PAIRS = 1 << 16 }; // enough: it is the neighbours in time that are mixed up
  const nt_served_list_t *served = &sum->served;
  size_t pairs = 0;
  for (size_t apart = 1; apart < served->count; apart++) {
    for (size_t i = 0; i < served->count && pairs < PAIRS; i++, pairs++) {
      const nt_spike_t *less = &served->spike[i].spike;
      const nt_spike_t *other = &served->spike[(i + served->count - apart) % served->count].spike;
      nt_spike_t more = *less;
      more.axon = other->axon;
      if (more.axon != less->axon && explains_row(sum, less, &more)) {
        nt_hints_add(&sum->scene->report->hints, "other-axon", NT_CONFIDENCE_FITS,
                     "the spike of axon %u, payload %" PRId32
                     ", served as axon %u: gives all sums of the row",
                     less->axon, less->payload, more.axon);
        return true;
      }
    }
  }
  return false;
}

// True if the device's row is the sum of all spikes, each taking its entry from one word.
static bool word_explains_row(const sum_t *sum, uint32_t word) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_axon_table_t axons = nt_served_axons(s, 0);
  const uint32_t in_word = s->params->word_bits / 64;
  for (uint32_t lane = 0; lane < nt_params_line_lanes(s->params); lane++) {
    int64_t total = 0;
    for (size_t i = 0; i < sum->served.count; i++) {
      const nt_spike_t *spike = &sum->served.spike[i].spike;
      const uint32_t axon = word * in_word + spike->axon % in_word;
      nt_contribution_t c;
      if (nt_contribution_find(&axons, axon, spike->payload, sum->dendrite, m->line, lane, &c)) {
        total += c.product;
      }
    }
    if (nt_arith_wrap(total, s->params->acc_bits) != sum->device_row[lane]) {
      return false;
    }
  }
  return true;
}

// All spikes served from one pool word of the axon table.
static void try_words(const sum_t *sum) {
  const uint32_t in_word = sum->scene->params->word_bits / 64;
  for (size_t i = 0; i < sum->served.count; i++) {
    const uint32_t word = sum->served.spike[i].spike.axon / in_word;
    if ((i == 0 || word != sum->served.spike[i - 1].spike.axon / in_word) &&
        word_explains_row(sum, word)) {
      nt_hints_add(&sum->scene->report->hints, "other-axon", NT_CONFIDENCE_FITS,
                   "every spike served with an entry of word %u of the axon table, axons %u to %u: "
                   "gives all sums of the row",
                   word, word * in_word, (word + 1) * in_word - 1);
      return;
    }
  }
}

static void try_all_payloads(const sum_t *sum, bool flips) {
  for (size_t i = 0; i < sum->count; i++) {
    const nt_contribution_t *c = &sum->item[i];
    for (unsigned bit = 0; flips && bit < NT_PAYLOAD_BITS; bit++) {
      char what[32];
      (void)snprintf(what, sizeof what, "with bit %u flipped", bit);
      try_payload(sum, c, nt_arith_wrap(c->payload ^ INT32_C(1) << bit, NT_PAYLOAD_BITS),
                  "payload-bit", what);
    }
    if (!flips) {
      if (nt_scene_refuses(sum->scene)) {
        try_payload(sum, c, 0, "refused-spike", "refused: the device has BAD_AXON set");
      }
      try_payload(sum, c, 0, "lost-spike", "lost");
      try_payload(sum, c, 2 * c->payload, "doubled-spike", "added twice");
      try_payload(sum, c, -c->payload, "spike-sign", "with the other sign");
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

// Every lane that differs lacks exactly one spike, and no other lane lacks any of them.
static nt_status_t try_lost(const sum_t *sum, nt_error_t *err) {
  const nt_scene_t *s = sum->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_served_list_t *served = &sum->served;
  const nt_axon_table_t axons = nt_served_axons(s, 0);
  const nt_golden_rows_t rows = nt_golden_current(s->golden, m->core);
  const int32_t *row = rows.values + ((size_t)sum->dendrite * rows.lines + m->line) * rows.lanes;
  bool *lost = calloc(served->count + 1, sizeof *lost), all = true;
  uint32_t count = 0;
  size_t first = 0;
  if (lost == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
  }
  for (int pass = 0; pass < 2; pass++) { // the spikes are found, then tried on all lanes
    for (uint32_t lane = 0; lane < rows.lanes && all; lane++) {
      int64_t total = row[lane];
      bool found = total == sum->device_row[lane];
      for (size_t i = 0; i < served->count; i++) {
        nt_contribution_t c;
        if ((pass == 1 && !lost[i]) || !nt_contribution_find(&axons, served->spike[i].spike.axon,
                                                             served->spike[i].spike.payload,
                                                             sum->dendrite, m->line, lane, &c)) {
          continue;
        }
        if (pass == 1) {
          total -= c.product;
        } else if (!found && nt_arith_wrap(row[lane] - c.product, s->params->acc_bits) ==
                                 sum->device_row[lane]) {
          first = count == 0 ? i : first;
          count += !lost[i];
          lost[i] = found = true;
        }
      }
      all = pass == 0 ? found : nt_arith_wrap(total, s->params->acc_bits) == sum->device_row[lane];
    }
  }
  if (all && count > 1) {
    nt_hints_add(&s->report->hints, "lost-spike", NT_CONFIDENCE_FITS,
                 "%u spikes lost, the first of axon %u, payload %" PRId32
                 ": gives all sums of the row",
                 count, served->spike[first].spike.axon, served->spike[first].spike.payload);
  }
  free(lost);
  return NT_OK;
}

// What was done to one spike, or to all, gives the device's sums.
static nt_status_t try_all(const sum_t *sum, nt_error_t *err) {
  try_all_payloads(sum, false);
  if (!try_axons(sum)) {
    try_words(sum);
  }
  try_readings(sum);
  const nt_status_t status = try_lost(sum, err);
  try_all_payloads(sum, true);
  try_weights(sum);
  return status;
}

nt_status_t nt_explain_accumulator(nt_scene_t *s, nt_error_t *err) {
  nt_mismatch_report_t *r = s->report;
  const nt_mismatch_t *m = &r->first;
  sum_t sum = {.scene = s, .dendrite = m->index};
  if (m->activity) { // the mask is compared, not a value: look at the first dendrite of it
    const uint64_t differing = (uint64_t)(m->expected ^ m->got);
    while ((differing >> sum.dendrite & 1) == 0) {
      sum.dendrite++;
    }
    (void)snprintf(r->formula, sizeof r->formula,
                   "bit d is set if a spike's list names the line and dendrite d");
    nt_scene_compare_memories(s);
    note_history(s, sum.dendrite);
    return nt_explain_activity(s, err);
  }
  s->dut->ops->current_row(s->dut, m->core, sum.dendrite * s->params->lines + m->line,
                           sum.device_row);
  nt_status_t status = collect(&sum, err);
  const bool whole = nt_arith_wrap(sum.total, s->params->acc_bits) == m->expected;
  (void)snprintf(r->formula, sizeof r->formula,
                 "sum over the spikes received of payload * weight * 2^exp");
  if (whole) {
    note_operands(&sum);
    status = status == NT_OK ? keep_products(&sum, err) : status;
  } else {
    nt_notes_add(&r->operands, "the spikes of the step before are not at hand");
  }
  nt_scene_compare_memories(s);
  if (whole && sum.device != sum.total &&
      nt_arith_wrap(sum.device, s->params->acc_bits) == m->got) {
    nt_hints_add(&r->hints, "stored-sum", NT_CONFIDENCE_STORED,
                 "the device added up rightly what it holds");
  } else if (whole && status == NT_OK) {
    status = try_all(&sum, err);
  }
  hint_relations(&sum);
  note_history(s, sum.dendrite);
  free(sum.item);
  free(sum.served.spike);
  return status;
}
