// SPDX-License-Identifier: Apache-2.0
#include "nt_liar.h"

#include <stdlib.h>
#include <string.h>

typedef struct liar_dev {
  nt_dev_t dev;
  nt_dev_t *inner;
  const nt_liar_t *liar;
  bool lies;
  uint64_t *seen; // messages shown
} liar_dev_t;

static liar_dev_t *of(nt_dev_t *dev) {
  return (liar_dev_t *)dev;
}

static nt_dev_t *inner(nt_dev_t *dev) {
  return of(dev)->inner;
}

static const nt_lie_t *lie_of(nt_dev_t *dev, uint32_t core) {
  static const nt_lie_t none = {.word = false};
  return of(dev)->lies && core == 0 ? &of(dev)->liar->lie : &none;
}

static void liar_close(nt_dev_t *dev) {
  nt_dev_close(inner(dev));
  free(of(dev)->seen);
  free(dev);
}

static nt_status_t liar_reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  return inner(dev)->ops->reg_read(inner(dev), offset, value, err);
}

static nt_status_t liar_reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  return inner(dev)->ops->reg_write(inner(dev), offset, value, err);
}

static nt_status_t liar_mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                 uint32_t count, uint32_t *words, nt_error_t *err) {
  const nt_lie_t *lie = lie_of(dev, core);
  const nt_status_t status =
      inner(dev)->ops->mem_read(inner(dev), core, space, addr, count, words, err);
  if (lie->word && space == NT_SPACE_POOL && lie->address - addr < count) {
    words[lie->address - addr] = lie->value;
  }
  return status;
}

static nt_status_t liar_mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                  uint32_t count, const uint32_t *words, nt_error_t *err) {
  return inner(dev)->ops->mem_write(inner(dev), core, space, addr, count, words, err);
}

static nt_status_t liar_inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count,
                               nt_error_t *err) {
  return inner(dev)->ops->inject(inner(dev), spikes, count, err);
}

static nt_status_t liar_step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles,
                             nt_error_t *err) {
  return inner(dev)->ops->step(inner(dev), timestep, max_cycles, err);
}

static void liar_drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  inner(dev)->ops->drain(inner(dev), spikes, count);
}

static bool liar_pending(nt_dev_t *dev) {
  return inner(dev)->ops->pending(inner(dev));
}

static uint64_t liar_cycles(nt_dev_t *dev) {
  return inner(dev)->ops->cycles(inner(dev));
}

static void liar_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  inner(dev)->ops->current_activity(inner(dev), core, activity);
}

static void liar_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  const nt_lie_t *lie = lie_of(dev, core);
  inner(dev)->ops->current_row(inner(dev), core, row, values);
  if (lie->sum && row == lie->row) {
    values[lie->lane] = lie->amount;
  }
}

static void liar_set_tap(nt_dev_t *dev, bool on) {
  inner(dev)->ops->set_tap(inner(dev), on);
}

static void liar_tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count) {
  const nt_lie_t *lie = lie_of(dev, core);
  inner(dev)->ops->tap(inner(dev), core, wire, count);
  free(of(dev)->seen);
  uint64_t *seen = of(dev)->seen = malloc((*count + 2) * sizeof *seen);
  if (seen == NULL) {
    abort();
  }
  size_t shown = 0;
  for (size_t i = 0; i < *count; i++) {
    if (i > 0 || !lie->drop) {
      seen[shown++] =
          (*wire)[i] ^ (nt_spike_unpack((*wire)[i]).axon == lie->flip_axon ? lie->flip : 0);
    }
    if (i == 0 && lie->repeat) {
      seen[shown++] = (*wire)[i];
    }
  }
  if (lie->extra) {
    seen[shown++] = lie->wire;
  }
  *wire = seen;
  *count = shown;
}

// What a lockstep run needs; the other operations stay NULL.
static const nt_dev_ops_t liar_ops = {.name = "liar",
                                      .close = liar_close,
                                      .reg_read = liar_reg_read,
                                      .reg_write = liar_reg_write,
                                      .mem_read = liar_mem_read,
                                      .mem_write = liar_mem_write,
                                      .inject = liar_inject,
                                      .step = liar_step,
                                      .drain = liar_drain,
                                      .pending = liar_pending,
                                      .cycles = liar_cycles,
                                      .current_activity = liar_activity,
                                      .current_row = liar_row,
                                      .set_tap = liar_set_tap,
                                      .tap = liar_tap};

nt_status_t nt_liar_open_tile(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                              nt_error_t *err) {
  nt_liar_t *liar = user;
  liar_dev_t *opened = calloc(1, sizeof *opened);
  *dev = NULL;
  if (opened == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "liar: out of memory");
  }
  const nt_status_t status =
      nt_backend_open_tile(&liar->backend, tile, params, &opened->inner, err);
  if (status != NT_OK) {
    free(opened);
    return status;
  }
  opened->dev = (nt_dev_t){.ops = &liar_ops, .params = *params};
  opened->liar = liar;
  opened->lies = tile == 0;
  *dev = &opened->dev;
  return NT_OK;
}
