// SPDX-License-Identifier: Apache-2.0
#include "nt_history.h"

#include "nt_golden.h"

#include <stdlib.h>
#include <string.h>

typedef struct core_history {
  nt_history_step_t step[NT_HISTORY_STEPS];
  uint32_t next;  // place of the next step in the ring
  uint32_t known; // steps in the ring
} core_history_t;

struct nt_history {
  const nt_image_t *image;
  nt_system_t *golden;
  const nt_state_map_t *maps;
  core_history_t *core; // [tiles * cores]
};

static size_t row_count(const nt_params_t *p) {
  return (size_t)NT_DENDRITES * p->lines;
}

static bool open_step(const nt_params_t *p, const nt_state_map_t *map, nt_history_step_t *step) {
  step->state = calloc((size_t)map->words * nt_params_word_lanes(p) + 1, sizeof *step->state);
  step->rows = calloc(row_count(p) * nt_params_line_lanes(p), sizeof *step->rows);
  step->activity = calloc(p->lines, sizeof *step->activity);
  return step->state != NULL && step->rows != NULL && step->activity != NULL;
}

nt_status_t nt_history_open(const nt_image_t *image, nt_system_t *golden,
                            const nt_state_map_t *maps, nt_history_t **history, nt_error_t *err) {
  const uint32_t cores = image->tiles * image->params.cores;
  nt_history_t *h = calloc(1, sizeof *h);
  bool ok = h != NULL;
  if (ok) {
    *h = (nt_history_t){.image = image, .golden = golden, .maps = maps};
    h->core = calloc(cores, sizeof *h->core);
    ok = h->core != NULL;
  }
  for (uint32_t i = 0; i < cores && ok; i++) {
    for (uint32_t s = 0; s < NT_HISTORY_STEPS && ok; s++) {
      ok = open_step(&image->params, &maps[i], &h->core[i].step[s]);
    }
  }
  if (!ok) {
    nt_history_close(h);
    return nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
  }
  nt_history_restart(h);
  *history = h;
  return NT_OK;
}

void nt_history_close(nt_history_t *h) {
  if (h == NULL) {
    return;
  }
  for (uint32_t i = 0; h->core != NULL && i < h->image->tiles * h->image->params.cores; i++) {
    for (uint32_t s = 0; s < NT_HISTORY_STEPS; s++) {
      nt_history_step_t *step = &h->core[i].step[s];
      free(step->state);
      free(step->rows);
      free(step->activity);
      free(step->sent);
    }
  }
  free(h->core);
  free(h);
}

static nt_history_step_t *begin(core_history_t *core) {
  nt_history_step_t *step = &core->step[core->next];
  core->next = (core->next + 1) % NT_HISTORY_STEPS;
  core->known += core->known < NT_HISTORY_STEPS;
  step->sent_count = 0;
  return step;
}

static void copy_state(const nt_history_t *h, uint32_t tile, uint32_t core, uint32_t *state) {
  const nt_params_t *p = &h->image->params;
  const nt_state_map_t *map = &h->maps[tile * p->cores + core];
  const uint32_t *pool = nt_golden_pool(nt_system_tile(h->golden, tile), core);
  const size_t lanes = nt_params_word_lanes(p);
  for (uint32_t r = 0; r < map->count; r++) {
    const nt_state_range_t *range = &map->range[r];
    memcpy(state + range->copy * lanes, pool + range->word * lanes,
           range->words * lanes * sizeof *state);
  }
}

void nt_history_restart(nt_history_t *h) {
  const uint32_t cores = h->image->params.cores;
  for (uint32_t i = 0; i < h->image->tiles * cores; i++) {
    h->core[i].known = 0;
    nt_history_step_t *step = begin(&h->core[i]);
    step->stepped = false;
    copy_state(h, i / cores, i % cores, step->state);
  }
}

nt_status_t nt_history_note(nt_history_t *h, uint32_t timestep, uint32_t tile, uint32_t core,
                            nt_error_t *err) {
  const nt_params_t *p = &h->image->params;
  nt_history_step_t *step = begin(&h->core[tile * p->cores + core]);
  nt_dev_t *dev = nt_system_tile(h->golden, tile);
  step->stepped = true;
  step->timestep = timestep;
  copy_state(h, tile, core, step->state);
  const nt_golden_rows_t rows = nt_golden_current(dev, core);
  memcpy(step->activity, rows.activity, p->lines);
  for (uint32_t line = 0; line < p->lines; line++) {
    for (uint32_t d = 0; d < NT_DENDRITES; d++) {
      if ((rows.activity[line] >> d & 1) != 0) {
        const size_t at = ((size_t)d * p->lines + line) * rows.lanes;
        memcpy(step->rows + at, rows.values + at, rows.lanes * sizeof *step->rows);
      }
    }
  }
  const uint64_t *sent = NULL;
  size_t count = 0;
  dev->ops->tap(dev, core, &sent, &count);
  if (count > step->sent_capacity) {
    uint64_t *grown = realloc(step->sent, 2 * count * sizeof *grown);
    if (grown == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "lockstep: out of memory");
    }
    step->sent = grown;
    step->sent_capacity = 2 * count;
  }
  if (count > 0) {
    memcpy(step->sent, sent, count * sizeof *sent);
  }
  step->sent_count = count;
  return NT_OK;
}

const nt_history_step_t *nt_history_step(const nt_history_t *h, uint32_t tile, uint32_t core,
                                         uint32_t age) {
  const core_history_t *at = &h->core[tile * h->image->params.cores + core];
  return age < at->known ? &at->step[(at->next + NT_HISTORY_STEPS - 1 - age) % NT_HISTORY_STEPS]
                         : NULL;
}
