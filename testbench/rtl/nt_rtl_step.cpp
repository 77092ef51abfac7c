// SPDX-License-Identifier: Apache-2.0
// Spikes into the tile and out of it, and its timesteps.
#include "nt_rtl.h"
#include "nt_rtl_pins.h"
#include "nt_rtl_tile.h"

namespace nt_rtl_detail {

namespace {

// Forgets what drain and drain_probes handed out.
void forget_read(Rtl *rtl) {
  if (rtl->spikes_read)
    rtl->spikes.clear();
  if (rtl->probes_read)
    rtl->probes.clear();
  rtl->spikes_read = false;
  rtl->probes_read = false;
}

} // namespace

nt_status_t inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  Vnt_tile *top = rtl->top.get();
  forget_read(rtl);
  uint64_t end = rtl->cycles + kSettleCycles;
  size_t sent = 0;
  top->spk_in_valid_i = 0;
  while (sent < count && rtl->cycles < end && !asserted(rtl)) {
    if (!top->spk_in_valid_i && !pauses(rtl)) {
      uint64_t wire = nt_spike_pack(&spikes[sent]);
      if (rtl->corrupt && rtl->corrupt_after-- == 0) {
        wire ^= rtl->corrupt_mask;
        rtl->corrupt = false;
      }
      top->spk_in_data_i = wire;
      top->spk_in_valid_i = 1;
    }
    clock_low(rtl);
    const bool taken = top->spk_in_valid_i && top->spk_in_ready_o;
    clock_high(rtl);
    if (taken) {
      sent++;
      top->spk_in_valid_i = 0;
      end = rtl->cycles + kSettleCycles;
    }
  }
  top->spk_in_valid_i = 0;
  const nt_status_t status = check_asserts(rtl, err);
  if (status == NT_OK && sent < count)
    return fail_timeout(rtl, "spike-in", kSettleCycles, err);
  return status;
}

nt_status_t step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const uint64_t begin = rtl->cycles;
  forget_read(rtl);
  nt_rtl_tap_clear(dev);
  nt_status_t status = NT_OK;
  if (rtl->top->timestep_o != timestep)
    status = reg_write(dev, NT_REG_TIMESTEP, timestep, err);
  if (status == NT_OK)
    status = reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_START_LSB, err);
  if (status == NT_OK)
    status = inject(dev, rtl->in_step.data(), rtl->in_step.size(), err);
  rtl->in_step.clear();
  const uint64_t used = rtl->cycles - begin;
  if (status == NT_OK)
    status = settle(rtl, "timestep", max_cycles > used ? max_cycles - used : 0, err);
  return status;
}

void drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  Rtl *rtl = rtl_of(dev);
  if (rtl->spikes_read)
    rtl->spikes.clear();
  rtl->spikes_read = true;
  *spikes = rtl->spikes.data();
  *count = rtl->spikes.size();
}

void drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count) {
  Rtl *rtl = rtl_of(dev);
  if (rtl->probes_read)
    rtl->probes.clear();
  rtl->probes_read = true;
  *probes = rtl->probes.data();
  *count = rtl->probes.size();
}

bool pending(nt_dev_t *dev) {
  Rtl *rtl = rtl_of(dev);
  // Spikes under way count once they have been added; an error shows at the next call that can
  // report it.
  return settle(rtl, "spikes", kSettleCycles, nullptr) != NT_OK || rtl->top->pending_o;
}

void progress(nt_dev_t *dev, nt_progress_t *progress) {
  Rtl *rtl = rtl_of(dev);
  uint32_t value = 0;
  *progress = {};
  axi_read(rtl, NT_REG_STATUS, &value);
  progress->phase = field(value, NT_STATUS_PHASE_LSB, NT_STATUS_PHASE_W);
  for (uint32_t c = 0; c < dev->params.cores; c++)
    axi_read(rtl, NT_REG_QUEUE0 + 4 * c, &progress->queue[c]);
}

uint64_t cycles(nt_dev_t *dev) {
  return rtl_of(dev)->cycles;
}

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

extern "C" {

void nt_rtl_send_in_step(nt_dev_t *dev, const nt_spike_t *spikes, size_t count) {
  rtl_of(dev)->in_step.assign(spikes, spikes + count);
}

void nt_rtl_corrupt_spike(nt_dev_t *dev, uint64_t nth, uint64_t xor_mask) {
  Rtl *rtl = rtl_of(dev);
  rtl->corrupt = true;
  rtl->corrupt_after = nth;
  rtl->corrupt_mask = xor_mask;
}

} // extern "C"
