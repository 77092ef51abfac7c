// SPDX-License-Identifier: Apache-2.0
// The accumulator stage where an activity mask differs: which rows do, and whose lists name them.
#include "nt_served.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_SHOWN = 6 };

typedef struct activity {
  nt_scene_t *scene;
  nt_served_list_t served;
  uint8_t expected[NT_LINES_MAX], got[NT_LINES_MAX];
  uint8_t (*named)[NT_LINES_MAX];             // rows that a spike's list names
  uint32_t times[NT_LINES_MAX][NT_DENDRITES]; // spikes that name a row
} activity_t;

// The rows that the list of the axon names.
static void find_rows(const activity_t *a, uint32_t axon, uint8_t *mask) {
  const nt_axon_table_t axons = nt_served_axons(a->scene, 0);
  nt_contribution_t c;
  for (uint32_t line = 0; line < a->scene->params->lines; line++) {
    mask[line] = 0;
    for (uint32_t d = 0; d < NT_DENDRITES; d++) {
      bool named = false;
      for (uint32_t n = 0; n < nt_params_line_lanes(a->scene->params) && !named; n++) {
        named = nt_contribution_find(&axons, axon, 1, d, line, n, &c);
      }
      mask[line] |= (uint8_t)(named ? 1u << d : 0);
    }
  }
}

// Rows of all spikes; false if they do not give the golden mask, because not all are known.
static bool find_all_rows(activity_t *a) {
  const uint32_t lines = a->scene->params->lines;
  a->named = calloc(a->served.count + 1, sizeof *a->named);
  if (a->named == NULL) {
    return false;
  }
  uint8_t all[NT_LINES_MAX] = {0};
  for (size_t i = 0; i < a->served.count; i++) {
    find_rows(a, a->served.spike[i].spike.axon, a->named[i]);
    for (uint32_t line = 0; line < lines; line++) {
      all[line] |= a->named[i][line];
      for (uint32_t d = 0; d < NT_DENDRITES; d++) {
        a->times[line][d] += a->named[i][line] >> d & 1;
      }
    }
  }
  return memcmp(all, a->expected, lines) == 0;
}

// Rows of `mask` that are not in `other`, as text; their number.
static uint32_t rows_text(const activity_t *a, const uint8_t *mask, const uint8_t *other,
                          char *text, size_t size) {
  uint32_t count = 0;
  size_t length = 0;
  text[0] = '\0';
  for (uint32_t line = 0; line < a->scene->params->lines; line++) {
    for (uint32_t d = 0; d < NT_DENDRITES; d++) {
      if (((mask[line] & ~other[line]) >> d & 1) == 0) {
        continue;
      }
      if (count++ < ROWS_SHOWN && length < size) {
        const int added = snprintf(text + length, size - length, "%sdendrite %u line %u",
                                   count == 1 ? "" : ", ", d, line);
        length += added > 0 ? (size_t)added : 0;
      }
    }
  }
  return count;
}

// True if the device's mask is that of all spikes but one.
static bool is_mask_without(const activity_t *a, size_t without) {
  for (uint32_t line = 0; line < a->scene->params->lines; line++) {
    for (uint32_t d = 0; d < NT_DENDRITES; d++) {
      const uint32_t times = a->times[line][d] - (a->named[without][line] >> d & 1u);
      if ((times > 0) != ((a->got[line] >> d & 1) != 0)) {
        return false;
      }
    }
  }
  return true;
}

static void hint_lost(const activity_t *a) {
  nt_hints_t *hints = &a->scene->report->hints;
  const nt_axon_table_t axons = nt_served_axons(a->scene, 0);
  for (size_t i = 0; i < a->served.count; i++) {
    const nt_spike_t *spike = &a->served.spike[i].spike;
    if (!is_mask_without(a, i)) {
      continue;
    }
    if (nt_scene_refuses(a->scene)) {
      nt_hints_add(hints, "refused-spike", NT_CONFIDENCE_FITS,
                   "the device has BAD_AXON set: it refused axon %u (of %u), payload %" PRId32,
                   spike->axon, axons.count, spike->payload);
    }
    nt_hints_add(hints, "lost-spike", NT_CONFIDENCE_FITS,
                 "the spike of axon %u, payload %" PRId32 ", lost: gives the rows that are active",
                 spike->axon, spike->payload);
    return;
  }
}

// All spikes whose lists name a row that is missing name all that are, and went to others.
static void hint_row(const activity_t *a, const char *missing, const char *extra) {
  const nt_scene_t *s = a->scene;
  const nt_served_t *first = NULL;
  uint32_t count = 0;
  for (size_t i = 0; i < a->served.count; i++) {
    bool any = false, all = true;
    for (uint32_t line = 0; line < s->params->lines; line++) {
      const unsigned lost = a->expected[line] & ~a->got[line];
      any = any || (lost & a->named[i][line]) != 0;
      all = all && (lost & ~a->named[i][line]) == 0;
    }
    if (any && !all) {
      return;
    }
    first = any && first == NULL ? &a->served.spike[i] : first;
    count += any;
  }
  if (first != NULL) {
    nt_hints_add(&s->report->hints, "wrong-row", NT_CONFIDENCE_FITS,
                 "axon %u%s names %s; active is %s", first->spike.axon,
                 count == 1 ? "" : ", like others,", missing, extra);
  }
}

static void hint_late(const activity_t *a) {
  const nt_scene_t *s = a->scene;
  const nt_mismatch_t *m = &s->report->first;
  const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, m->core, 0);
  if (last != NULL && last->stepped && last->activity[m->line] != 0 &&
      m->got == (m->expected | last->activity[m->line])) {
    nt_hints_add(&s->report->hints, "late", NT_CONFIDENCE_FITS,
                 "the rows active in timestep %u still are", last->timestep);
  }
}

nt_status_t nt_explain_activity(nt_scene_t *s, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  nt_hints_t *hints = &s->report->hints;
  activity_t a = {.scene = s};
  char missing[ROWS_SHOWN * 24], extra[ROWS_SHOWN * 24];
  nt_status_t status = nt_served_now(s, &a.served, err);
  s->golden->ops->current_activity(s->golden, m->core, a.expected);
  s->dut->ops->current_activity(s->dut, m->core, a.got);
  const uint32_t lost = rows_text(&a, a.expected, a.got, missing, sizeof missing);
  const uint32_t more = rows_text(&a, a.got, a.expected, extra, sizeof extra);
  nt_notes_add(&s->report->operands, "%zu spikes received by the core", a.served.count);
  if (lost > 0) {
    nt_notes_add(&s->report->operands, "%u rows should be active: %s", lost, missing);
  }
  if (more > 0) {
    nt_notes_add(&s->report->operands, "%u rows should not be active: %s", more, extra);
  }
  hint_late(&a);
  if (status == NT_OK && lost > 0 && find_all_rows(&a)) {
    hint_lost(&a);
    if (more > 0) {
      hint_row(&a, missing, extra);
    }
  }
  if (lost > 0) {
    nt_hints_add(hints, "lost-spike", NT_CONFIDENCE_LIKE,
                 "no spike reached a row that should be active");
  }
  if (more > 0) {
    nt_hints_add(hints, "extra-spike", NT_CONFIDENCE_LIKE,
                 "a spike, or what is left of one, reached a row that should not be active");
  }
  free(a.named);
  free(a.served.spike);
  return status;
}
