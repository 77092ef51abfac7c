// SPDX-License-Identifier: Apache-2.0
// The counter stage. A spike is counted when it is served: those that the tile's cores sent in the
// step are counted in it and change sums in the next one, so that a lost one shows here first.
#include "nt_served.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct count {
  nt_scene_t *scene;
  nt_served_list_t served;
  int64_t spikes, synops, words; // the device's, less the golden ones
} count_t;

static const char *const formats[] = {"NONE", "DENSE", "SPARSE", "UNIFORM", "SINGLE"};

static void explain_flags(nt_scene_t *s) {
  static const struct {
    const char *name, *says;
  } flags[] = {{"ACC_OVERFLOW", "an accumulator left its range"},
               {"BAD_AXON", "a spike was refused: no such axon, or no list"},
               {"PAYLOAD_CLIPPED", "a payload did not fit its type"},
               {"RUNAWAY", "a strip reached the limit of instructions"},
               {"BAD_INSTR", "an undefined instruction, or a pc outside the memory"}};
  const nt_mismatch_t *m = &s->report->first;
  for (unsigned f = 0; f < sizeof flags / sizeof flags[0]; f++) {
    if (((m->expected ^ m->got) >> f & 1) != 0) {
      const bool missed = (m->expected >> f & 1) != 0;
      nt_notes_add(&s->report->operands, "flag %s: expected %d, got %d", flags[f].name, missed,
                   !missed);
      nt_hints_add(&s->report->hints, missed ? "missed-flag" : "stray-flag", NT_CONFIDENCE_FITS,
                   "%s: %s, %s", flags[f].name, flags[f].says,
                   missed ? "and the device does not say so" : "says the device");
    }
  }
}

static nt_status_t read_counter(const nt_scene_t *s, uint32_t counter, int64_t *more,
                                nt_error_t *err) {
  uint64_t got = 0;
  const nt_status_t status = nt_dev_counter(s->dut, s->report->first.core, counter, &got, err);
  *more = (int64_t)(got - nt_golden_counters(s->golden, s->report->first.core)[counter]);
  return status;
}

// ---- spikes -------------------------------------------------------------------------------------

// What some of the spikes count together.
typedef struct part {
  int64_t spikes, synops, words;
} part_t;

static void add(const count_t *c, const nt_served_t *served, part_t *part) {
  const nt_axon_table_t axons = nt_served_axons(c->scene, 0);
  const nt_list_cost_t cost = nt_contribution_cost(&axons, served->spike.axon);
  part->spikes++;
  part->synops += cost.synops;
  part->words += cost.words;
}

// True if the device counts these spikes `times` more often.
static bool is_part(const count_t *c, const part_t *part, int64_t times) {
  return part->spikes > 0 && c->spikes == times * part->spikes &&
         c->synops == times * part->synops && c->words == times * part->words;
}

// Messages to several cores of which this is not the lowest.
static void hint_multicast(const count_t *c) {
  const uint32_t core = c->scene->report->first.core;
  part_t part = {.spikes = 0};
  for (size_t i = 0; i < c->served.count; i++) {
    if ((c->served.spike[i].spike.cores & ((1u << core) - 1)) != 0) {
      add(c, &c->served.spike[i], &part);
    }
  }
  if (is_part(c, &part, -1)) {
    nt_hints_add(&c->scene->report->hints, "multicast", NT_CONFIDENCE_FITS,
                 "all %" PRId64 " spikes for several cores of which core %u is not the lowest are "
                 "missing",
                 part.spikes, core);
  }
}

// All spikes of one sender, -1 being those from outside.
static void hint_sender(const count_t *c) {
  for (int32_t source = -1; source < (int32_t)c->scene->params->cores; source++) {
    part_t part = {.spikes = 0};
    for (size_t i = 0; i < c->served.count; i++) {
      if (c->served.spike[i].source == source) {
        add(c, &c->served.spike[i], &part);
      }
    }
    if (is_part(c, &part, -1) || is_part(c, &part, 1)) {
      const bool lost = c->spikes < 0;
      char from[24] = "outside the tile";
      if (source >= 0) {
        (void)snprintf(from, sizeof from, "core %" PRId32, source);
      }
      nt_hints_add(&c->scene->report->hints, lost ? "lost-spike" : "doubled-spike",
                   NT_CONFIDENCE_FITS, "all %" PRId64 " spikes from %s %s", part.spikes, from,
                   lost ? "are missing" : "came twice");
    }
  }
}

// Spikes of one axon: as many as are missing or too many, each with a list of that cost.
static void hint_axon(const count_t *c) {
  const nt_served_t *found = NULL;
  uint32_t axons = 0;
  for (size_t i = 0; i < c->served.count; i++) {
    part_t part = {.spikes = 0};
    add(c, &c->served.spike[i], &part);
    if (is_part(c, &part, c->spikes)) {
      axons += found == NULL || found->spike.axon != c->served.spike[i].spike.axon;
      found = &c->served.spike[i];
    }
  }
  if (found != NULL) {
    nt_hints_add(&c->scene->report->hints, c->spikes < 0 ? "lost-spike" : "doubled-spike",
                 axons == 1 ? NT_CONFIDENCE_FITS : NT_CONFIDENCE_LIKE,
                 "%" PRId64 " spikes of axon %u%s %s", c->spikes < 0 ? -c->spikes : c->spikes,
                 found->spike.axon, axons == 1 ? "" : ", or of one with as long a list,",
                 c->spikes < 0 ? "are missing" : "came twice");
  }
}

static void hint_spikes(const count_t *c) {
  hint_multicast(c);
  hint_sender(c);
  hint_axon(c);
  nt_hints_add(&c->scene->report->hints, c->spikes < 0 ? "lost-spike" : "extra-spike",
               NT_CONFIDENCE_FITS,
               "the core took %" PRId64 " spikes %s, and no sum of this step shows it: they act in "
               "the next",
               c->spikes < 0 ? -c->spikes : c->spikes, c->spikes < 0 ? "fewer" : "more");
}

// ---- the same spikes, counted otherwise ---------------------------------------------------------

// The spikes of one axon, which were taken and not served.
static void hint_refused(const count_t *c) {
  for (size_t i = 0; i < c->served.count && nt_scene_refuses(c->scene); i++) {
    part_t part = {.spikes = 0};
    for (size_t k = 0; k < c->served.count; k++) {
      if (c->served.spike[k].spike.axon == c->served.spike[i].spike.axon) {
        add(c, &c->served.spike[k], &part);
      }
    }
    if (c->synops == -part.synops && c->words == -part.words) {
      nt_hints_add(&c->scene->report->hints, "refused-spike", NT_CONFIDENCE_FITS,
                   "the device has BAD_AXON set: it refused axon %u (of %u)",
                   c->served.spike[i].spike.axon, c->scene->axon_count[0]);
    }
  }
}

// Lists of one format that count so much more often.
static void hint_format(const count_t *c, uint32_t format) {
  static const struct {
    int64_t times;
    const char *what;
  } ways[] = {{-1, "not at all"}, {1, "twice"}};
  const nt_axon_table_t axons = nt_served_axons(c->scene, 0);
  const bool synops = c->scene->report->first.index == NT_COUNTER_SYNOPS;
  const int64_t more = synops ? c->synops : c->words;
  int64_t all = 0, per_digit = 0;
  for (size_t i = 0; i < c->served.count; i++) {
    const nt_list_cost_t cost = nt_contribution_cost(&axons, c->served.spike[i].spike.axon);
    if (cost.format == format) {
      all += synops ? cost.synops : cost.words;
      per_digit += synops && cost.digits > 0 ? (int64_t)cost.synops * (cost.digits - 1) : 0;
    }
  }
  for (size_t w = 0; w < sizeof ways / sizeof ways[0] && all != 0; w++) {
    if (more == ways[w].times * all) {
      nt_hints_add(&c->scene->report->hints, "miscounted", NT_CONFIDENCE_FITS, "%s lists count %s",
                   formats[format], ways[w].what);
    }
  }
  if (per_digit != 0 && more == per_digit) {
    nt_hints_add(&c->scene->report->hints, "miscounted", NT_CONFIDENCE_FITS,
                 "%s lists count once per digit", formats[format]);
  }
}

nt_status_t nt_explain_counter(nt_scene_t *s, nt_error_t *err) {
  const uint32_t counter = s->report->first.index;
  count_t c = {.scene = s};
  nt_scene_compare_memories(s);
  if (counter == NT_COUNTERS_EXACT) {
    explain_flags(s);
    return NT_OK;
  }
  if (counter != NT_COUNTER_MSG_IN && counter != NT_COUNTER_SYNOPS && counter != NT_COUNTER_WORDS) {
    return NT_OK;
  }
  nt_status_t status = nt_served_meanwhile(s, &c.served, err);
  if (status == NT_OK) {
    status = read_counter(s, NT_COUNTER_MSG_IN, &c.spikes, err);
  }
  if (status == NT_OK) {
    status = read_counter(s, NT_COUNTER_SYNOPS, &c.synops, err);
  }
  if (status == NT_OK) {
    status = read_counter(s, NT_COUNTER_WORDS, &c.words, err);
  }
  if (status == NT_OK) {
    nt_notes_add(&s->report->operands,
                 "%zu spikes served; device less golden: %" PRId64 " spikes, %" PRId64
                 " synaptic operations, %" PRId64 " list words",
                 c.served.count, c.spikes, c.synops, c.words);
    if (c.spikes != 0) {
      hint_spikes(&c);
    } else {
      hint_refused(&c);
      for (uint32_t f = NT_FORMAT_DENSE; f <= NT_FORMAT_SINGLE; f++) {
        hint_format(&c, f);
      }
    }
  }
  free(c.served.spike);
  return status;
}
