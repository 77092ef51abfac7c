// SPDX-License-Identifier: Apache-2.0
#include "nt_fake_dev.h"

#include <stdlib.h>
#include <string.h>

static nt_fake_plan_t *current_plan;

static nt_fake_dev_t *fake_of(nt_dev_t *dev) {
  return (nt_fake_dev_t *)dev;
}

static void fake_close(nt_dev_t *dev) {
  nt_fake_dev_t *fake = fake_of(dev);
  for (uint32_t core = 0; core < NT_CORES_MAX; core++) {
    for (uint32_t space = 0; space < NT_FAKE_SPACES; space++)
      free(fake->space[core][space]);
  }
  free(fake);
  current_plan->closed++;
}

static nt_status_t fake_reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  nt_fake_dev_t *fake = fake_of(dev);
  const nt_params_t *p = &dev->params;
  const uint32_t params[] = {p->cores,    p->word_bits,  p->pool_words,  p->lines,
                             p->acc_bits, p->prog_words, p->table_words, p->groups};
  if (offset >= NT_REG_PARAM_CORES && offset <= NT_REG_PARAM_GROUPS) {
    *value = params[(offset - NT_REG_PARAM_CORES) / 4];
    return NT_OK;
  }
  switch (offset) {
  case NT_REG_ID: *value = 0x4E54494C; return NT_OK;
  case NT_REG_VERSION: *value = fake->version; return NT_OK;
  case NT_REG_ERROR: *value = fake->error; return NT_OK;
  case NT_REG_STATUS:
    *value = fake->busy_looks > 0;
    fake->busy_looks -= *value;
    return NT_OK;
  default: return nt_fail(err, NT_ERR_DEVICE, "no register 0x%x", offset);
  }
}

static nt_status_t fake_reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  nt_fake_dev_t *fake = fake_of(dev);
  switch (offset) {
  case NT_REG_TILE_ID: fake->tile_id = value; return NT_OK;
  case NT_REG_ERROR: fake->error &= ~value; return NT_OK;
  case NT_REG_CTRL:
    NT_EQUAL(value, 2);
    fake->clears++;
    return NT_OK;
  default: return nt_fail(err, NT_ERR_DEVICE, "no register 0x%x to write", offset);
  }
}

static uint32_t *fake_words(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t count) {
  assert_true(core < dev->params.cores);
  const uint32_t size = nt_dev_space_words(&dev->params, space);
  assert_true(count > 0 && addr < size && count <= size - addr);
  return fake_of(dev)->space[core][space] + addr;
}

static nt_status_t fake_mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                 uint32_t count, uint32_t *words, nt_error_t *err) {
  (void)err;
  memcpy(words, fake_words(dev, core, space, addr, count), 4 * (size_t)count);
  return NT_OK;
}

static nt_status_t fake_mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                                  uint32_t count, const uint32_t *words, nt_error_t *err) {
  (void)err;
  memcpy(fake_words(dev, core, space, addr, count), words, 4 * (size_t)count);
  return NT_OK;
}

static nt_status_t fake_inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count,
                               nt_error_t *err) {
  (void)err;
  nt_fake_dev_t *fake = fake_of(dev);
  assert_true(count > 0 && fake->in_count + count <= NT_FAKE_SPIKES_MAX);
  memcpy(fake->in + fake->in_count, spikes, count * sizeof *spikes);
  fake->in_count += count;
  return NT_OK;
}

static nt_status_t fake_step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles,
                             nt_error_t *err) {
  nt_fake_dev_t *fake = fake_of(dev);
  NT_EQUAL(max_cycles, 1000);
  if (fake->step_fails != NT_OK)
    return nt_fail(err, fake->step_fails, "waits in phase NEURON");
  fake->last_timestep = timestep;
  fake->steps++;
  fake->out_count = 0;
  for (size_t i = 0; i < fake->in_count; i++) {
    nt_spike_t spike = fake->in[i];
    NT_EQUAL(spike.tile, fake->tile_id);
    if (spike.payload == 0)
      continue;
    spike.tile = spike.axon;
    spike.payload--;
    fake->out[fake->out_count++] = spike;
  }
  fake->in_count = 0;
  return NT_OK;
}

static void fake_drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  *spikes = fake_of(dev)->out;
  *count = fake_of(dev)->out_count;
}

static bool fake_pending(nt_dev_t *dev) {
  return fake_of(dev)->pending;
}

static const nt_dev_ops_t FAKE_OPS = {
    .name = "fake",
    .close = fake_close,
    .reg_read = fake_reg_read,
    .reg_write = fake_reg_write,
    .mem_read = fake_mem_read,
    .mem_write = fake_mem_write,
    .inject = fake_inject,
    .step = fake_step,
    .drain = fake_drain,
    .pending = fake_pending,
};

nt_fake_plan_t nt_fake_plan(void) {
  return (nt_fake_plan_t){.fail_at_tile = UINT32_MAX, .version = NT_DEFS_HASH};
}

nt_status_t nt_fake_open(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                         nt_error_t *err) {
  nt_fake_plan_t *plan = user;
  current_plan = plan;
  if (tile == plan->fail_at_tile)
    return nt_fail(err, NT_ERR_MEMORY, "nothing there");
  nt_fake_dev_t *fake = calloc(1, sizeof *fake);
  assert_non_null(fake);
  fake->dev =
      (nt_dev_t){.ops = &FAKE_OPS, .params = plan->params != NULL ? *plan->params : *params};
  fake->version = plan->version;
  fake->tile_id = UINT32_MAX;
  for (uint32_t core = 0; core < fake->dev.params.cores; core++) {
    for (uint32_t space = 0; space < NT_FAKE_SPACES; space++) {
      fake->space[core][space] = calloc(nt_dev_space_words(&fake->dev.params, space), 4);
      assert_non_null(fake->space[core][space]);
    }
  }
  plan->opened++;
  *dev = &fake->dev;
  return NT_OK;
}
