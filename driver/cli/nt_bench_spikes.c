// SPDX-License-Identifier: Apache-2.0
#include "nt_bench_spikes.h"

#include "nt_rtl.h"

#include <stdlib.h>

enum { AXONS = 1024 };

static nt_status_t write_axons(nt_dev_t *dev, nt_error_t *err) {
  const uint32_t lines = dev->params.lines - 1, lanes = nt_params_word_lanes(&dev->params);
  const uint32_t base = AXONS * lines; // the axon table lies behind the lists
  nt_status_t status = NT_OK;
  for (uint32_t a = 0; a < AXONS && status == NT_OK; a++) {
    const uint64_t entry = (uint64_t)NT_FORMAT_DENSE << NT_AXON_FORMAT_LSB |
                           (uint64_t)(lines - 1) << NT_AXON_LINES_LSB |
                           (uint64_t)(a * lines) << NT_AXON_PTR_LSB;
    const uint32_t words[2] = {(uint32_t)entry, (uint32_t)(entry >> 32)};
    status = nt_dev_mem_write(dev, 0, NT_SPACE_POOL, base * lanes + 2 * a, 2, words, err);
  }
  const uint32_t registers[2] = {base, AXONS};
  return status == NT_OK
             ? nt_dev_mem_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_BASE, 2, registers, err)
             : status;
}

// Injects spikes on every `stride`-th axon and runs the step that consumes them.
static nt_status_t measure(nt_dev_t *dev, uint32_t stride, uint32_t timestep, uint64_t max_cycles,
                           uint64_t *cycles, nt_error_t *err) {
  uint64_t before = 0;
  nt_status_t status = nt_dev_counter(dev, 0, NT_COUNTER_CYC_SYNAPSE, &before, err);
  for (uint32_t a = 0; a < AXONS && status == NT_OK; a += stride) {
    const nt_spike_t spike = {.tile = 0,
                              .cores = 1,
                              .type = NT_SPIKE_TYPE_GRADED8,
                              .axon = (uint16_t)a,
                              .payload = 1 + (int32_t)(a % 100)};
    status = nt_dev_inject(dev, &spike, 1, err);
  }
  if (status == NT_OK) {
    status = nt_dev_step(dev, timestep, max_cycles, err);
  }
  if (status == NT_OK) {
    status = nt_dev_counter(dev, 0, NT_COUNTER_CYC_SYNAPSE, cycles, err);
    *cycles -= before;
  }
  return status;
}

nt_status_t nt_bench_spikes(uint64_t max_cycles, uint64_t *full, uint64_t *half, nt_error_t *err) {
  const nt_params_t params = nt_params_default();
  nt_dev_t *dev = NULL;
  nt_status_t status = nt_rtl_open(&params, &dev, err);
  if (status == NT_OK) {
    status = write_axons(dev, err);
  }
  if (status == NT_OK) {
    status = measure(dev, 1, 0, max_cycles, full, err);
  }
  if (status == NT_OK) {
    status = measure(dev, 2, 1, max_cycles, half, err);
  }
  nt_dev_close(dev);
  return status;
}
