// SPDX-License-Identifier: Apache-2.0
#include "nt_meaning.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Layer of a population by its name (docs/spec/network.md, "Layout"): G, M and their norms have the
// layer's number, X and its norm the stage's; -1 for those outside of layers.
static int32_t layer_of(const nt_layout_t *layout, const char *name) {
  const char *at = name[0] == 'N' ? name + 1 : name;
  if (strchr("XGM", at[0]) == NULL || at[0] == '\0') {
    return -1;
  }
  const unsigned long number = strtoul(at + 1, NULL, 10);
  const unsigned long layer = at[0] == 'X' ? number / 2 : number;
  return layer < layout->layers ? (int32_t)layer : -1;
}

static const char *tensor_of(const nt_layout_t *layout, const nt_population_t *population,
                             const nt_mismatch_t *m) {
  const nt_observable_kind_t kind =
      m->space == NT_SPACE_POOL ? NT_OBSERVABLE_STATE : NT_OBSERVABLE_ACC;
  const char *name = "without a name";
  for (uint32_t i = 0; i < layout->observables; i++) {
    const nt_observable_t *o = &layout->observable[i];
    if (m->stage != NT_STAGE_SPIKE && &layout->population[o->population] == population &&
        o->kind == kind && o->index == m->index) {
      name = o->name;
    }
  }
  return name;
}

void nt_meaning_find(const nt_layout_t *layout, const nt_params_t *params, uint64_t token,
                     nt_mismatch_report_t *report) {
  const nt_mismatch_t *m = &report->first;
  nt_meaning_t *meaning = &report->meaning;
  *meaning = (nt_meaning_t){.has_token = true,
                            .token = token,
                            .step = m->stage == NT_STAGE_MEMORY // after the last step
                                        ? layout->steps_per_token
                                        : m->timestep % layout->steps_per_token,
                            .layer = -1};
  const nt_population_t *population = NULL;
  const nt_chunk_t *chunk = NULL;
  if (!m->has_neuron || !nt_layout_find(layout, m->tile, m->core, m->line, &population, &chunk)) {
    return;
  }
  meaning->has_tensor = true;
  (void)snprintf(meaning->population, sizeof meaning->population, "%s", population->name);
  (void)snprintf(meaning->tensor, sizeof meaning->tensor, "%s", tensor_of(layout, population, m));
  meaning->layer = layer_of(layout, population->name);
  meaning->channel =
      chunk->first + (m->line - chunk->line) * nt_params_line_lanes(params) + m->lane;
}

void nt_meaning_append(const nt_mismatch_report_t *report, nt_error_t *err) {
  const nt_meaning_t *meaning = &report->meaning;
  if (err == NULL || !meaning->has_tensor) {
    return;
  }
  char text[sizeof err->text];
  (void)snprintf(text, sizeof text, "%s", err->text);
  (void)snprintf(err->text, sizeof err->text,
                 "%.360s; token %" PRIu64
                 ", population %s group %u neuron %u, tensor %s channel %u",
                 text, meaning->token, meaning->population, report->group, report->neuron,
                 meaning->tensor, meaning->channel);
}
