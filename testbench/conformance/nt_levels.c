// SPDX-License-Identifier: Apache-2.0
#include "nt_levels.h"

#include "nt_qmodel_section.h"

#include <stdlib.h>
#include <string.h>

enum { STEP_CYCLES = 20000000 };

/// L1 shows a named vector.
static void expect(void *user, const char *name, const int32_t *values, size_t count) {
  nt_levels_t *l = user;
  for (uint32_t i = 0; i < l->layout->observables; i++)
    if (strcmp(l->layout->observable[i].name, name) == 0) {
      NT_CHECK(count, l->layout->observable[i].count);
      memcpy(l->expected[i], values, count * sizeof *values);
      return;
    }
  nt_check_context("%s", name);
  NT_CHECK_FAIL("the layout of the image has no such observable");
}

void nt_levels_open(nt_levels_t *l, const nt_image_t *image) {
  nt_error_t err = {0};
  nt_backend_t backend = *nt_check_backend();
  *l = (nt_levels_t){.image = image};
  NT_CHECK_OK(nt_qmodel_load(image, &l->qmodel, &err), &err);
  NT_CHECK_OK(nt_layout_load(image, &l->layout, &err), &err);
  NT_CHECK_OK(nt_integer_model_open(l->qmodel, &l->integer, &err), &err);
  NT_CHECK_OK(nt_system_open(image, nt_backend_open_tile, &backend, STEP_CYCLES, &l->system, &err),
              &err);
  l->expected = calloc(l->layout->observables, sizeof *l->expected);
  assert_non_null(l->expected);
  for (uint32_t i = 0; i < l->layout->observables; i++) {
    l->expected[i] = calloc(l->layout->observable[i].count, sizeof **l->expected);
    assert_non_null(l->expected[i]);
  }
  nt_integer_model_observe(l->integer, expect, l);
  for (uint32_t t = 0; t < image->tiles; t++) {
    nt_dev_t *dev = nt_system_tile(l->system, t);
    if (dev->ops->set_tap != NULL)
      dev->ops->set_tap(dev, true);
  }
}

void nt_levels_close(nt_levels_t *l) {
  for (uint32_t i = 0; i < l->layout->observables; i++)
    free(l->expected[i]);
  free(l->expected);
  nt_integer_model_close(l->integer);
  nt_system_close(l->system);
  nt_layout_free(l->layout);
  nt_qmodel_free(l->qmodel);
}

/// The accumulators of `dendrite` of a chunk's neurons that the step worked on.
static void read_accumulators(nt_dev_t *dev, const nt_chunk_t *chunk, uint32_t dendrite,
                              int32_t *values) {
  const nt_params_t *p = &dev->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  uint8_t activity[NT_LINES_MAX];
  int32_t row[NT_WORD_BITS_MAX / 2];
  dev->ops->current_activity(dev, chunk->core, activity);
  for (uint32_t n = 0; n < chunk->count; n++) {
    const uint32_t line = chunk->line + n / lanes;
    if (n % lanes == 0) {
      memset(row, 0, sizeof row);
      if ((activity[line] >> dendrite & 1) != 0)
        dev->ops->current_row(dev, chunk->core, dendrite * p->lines + line, row);
    }
    values[n] = row[n % lanes];
  }
}

/// State word `index` of a chunk's neurons, through the device's memory access.
static void read_state(nt_dev_t *dev, const nt_chunk_t *chunk, uint32_t index, int32_t *values) {
  const uint32_t lanes = nt_params_word_lanes(&dev->params);
  uint32_t word[NT_WORD_BITS_MAX / 32];
  nt_error_t err = {0};
  for (uint32_t n = 0; n < chunk->count; n++) {
    const uint32_t addr = (chunk->state_base + n / lanes * chunk->state_words + index) * lanes;
    if (n % lanes == 0)
      NT_CHECK_OK(nt_dev_mem_read(dev, chunk->core, NT_SPACE_POOL, addr, lanes, word, &err), &err);
    values[n] = (int32_t)word[n % lanes];
  }
}

static void compare_observable(nt_levels_t *l, uint32_t number) {
  const nt_observable_t *o = &l->layout->observable[number];
  const nt_population_t *population = &l->layout->population[o->population];
  for (uint32_t c = 0; c < population->chunks; c++) {
    const nt_chunk_t *chunk = &population->chunk[c];
    nt_dev_t *dev = nt_system_tile(l->system, chunk->tile);
    int32_t values[NT_CORE_NEURONS_MAX];
    if (o->kind == NT_OBSERVABLE_STATE)
      read_state(dev, chunk, o->index, values);
    else if (dev->ops->current_row != NULL)
      read_accumulators(dev, chunk, o->index, values);
    else
      continue;
    for (uint32_t n = 0; n < chunk->count; n++) {
      const int32_t found = values[n];
      const int32_t expected = l->expected[number][o->broadcast ? 0 : chunk->first + n];
      if (found != expected)
        nt_check_context("token %u, step %u, %s channel %u (population %s, tile %u core %u)",
                         l->tokens, o->step, o->name, chunk->first + n, population->name,
                         chunk->tile, chunk->core);
      NT_CHECK(found, expected);
    }
  }
}

uint32_t nt_levels_token(nt_levels_t *l, uint32_t token) {
  nt_error_t err = {0};
  const uint32_t vocab = l->layout->vocab;
  int32_t *logits = calloc(vocab, sizeof *logits), *received = calloc(vocab, sizeof *received);
  nt_spike_t *spikes = calloc(nt_layout_token_spikes_max(l->layout), sizeof *spikes);
  size_t count = 0;
  assert_true(logits != NULL && received != NULL && spikes != NULL);
  NT_CHECK_OK(nt_integer_model_step(l->integer, token, logits, &err), &err);
  NT_CHECK_OK(nt_layout_token_spikes(l->layout, token, spikes, &count, &err), &err);
  NT_CHECK_OK(nt_system_inject(l->system, spikes, count, &err), &err);
  for (uint32_t step = 0; step < l->layout->steps_per_token; step++) {
    const nt_spike_t *host = NULL;
    NT_CHECK_OK(nt_system_step(l->system, &err), &err);
    for (uint32_t i = 0; i < l->layout->observables; i++)
      if (l->layout->observable[i].step == step)
        compare_observable(l, i);
    nt_system_host_spikes(l->system, &host, &count);
    for (size_t i = 0; i < count; i++) {
      NT_CHECK(host[i].axon < vocab, true);
      received[host[i].axon] = host[i].payload;
    }
  }
  for (uint32_t v = 0; v < vocab; v++) {
    if (received[v] != logits[v])
      nt_check_context("token %u, logit %u", l->tokens, v);
    NT_CHECK(received[v], logits[v]);
  }
  NT_CHECK_OK(nt_system_check(l->system, &err), &err);
  const uint32_t next = nt_integer_model_greedy(logits, vocab);
  free(logits);
  free(received);
  free(spikes);
  l->tokens++;
  return next;
}
