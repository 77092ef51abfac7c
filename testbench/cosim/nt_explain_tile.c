// SPDX-License-Identifier: Apache-2.0
// Stages that know a tile but no core: spikes received, schedule.
#include "nt_scene.h"

#include <inttypes.h>
#include <string.h>

// Who sent the message in the step before.
static void note_sender(const nt_lockstep_view_t *view, nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  const uint32_t cores = view->image->params.cores;
  for (uint32_t i = 0; m->has_missing && i < view->image->tiles * cores; i++) {
    const nt_history_step_t *last = nt_history_step(view->history, i / cores, i % cores, 0);
    for (size_t k = 0;
         last != NULL && last->stepped && last->timestep + 1 == m->timestep && k < last->sent_count;
         k++) {
      if (last->sent[k] == m->missing) {
        nt_notes_add(&r->operands, "the missing spike was sent by tile %u core %u in timestep %u",
                     i / cores, i % cores, last->timestep);
        return;
      }
    }
  }
}

static void explain_received(const nt_lockstep_view_t *view, nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  nt_hints_t *hints = &r->hints;
  note_sender(view, r);
  if (m->has_missing && !m->has_unexpected) {
    nt_hints_add(hints, "lost-spike", NT_CONFIDENCE_FITS, "the spike did not arrive");
    return;
  }
  if (!m->has_missing) {
    nt_hints_add(hints, "extra-spike", NT_CONFIDENCE_FITS,
                 "the spike arrived without being sent, or twice");
    return;
  }
  const nt_spike_t e = nt_spike_unpack(m->missing), g = nt_spike_unpack(m->unexpected);
  if (e.payload != g.payload && e.axon == g.axon && e.cores == g.cores) {
    nt_hints_add(hints, "altered-spike", NT_CONFIDENCE_FITS,
                 "the spike's payload changed on its way, from %" PRId32 " to %" PRId32, e.payload,
                 g.payload);
    nt_hints_relate(hints, e.payload, g.payload, NT_PAYLOAD_BITS);
  } else {
    nt_hints_add(hints, "altered-spike", NT_CONFIDENCE_FITS, "the spike changed on its way");
  }
}

// A row that waits in the device although the device had no work: the device did not run.
static nt_status_t explain_pending(const nt_lockstep_view_t *view, nt_mismatch_report_t *r,
                                   nt_error_t *err) {
  const nt_params_t *p = &view->image->params;
  nt_dev_t *dut = nt_system_tile(view->dut, r->first.tile);
  uint32_t masks[NT_LINES_MAX];
  for (uint32_t c = 0; c < p->cores; c++) {
    const nt_status_t status = nt_dev_mem_read(dut, c, NT_SPACE_ACT, 0, p->lines, masks, err);
    if (status != NT_OK) {
      return status;
    }
    for (uint32_t row = 0; row < NT_DENDRITES * p->lines; row++) {
      const uint32_t line = row / NT_DENDRITES, dendrite = row % NT_DENDRITES;
      if ((masks[line] >> dendrite & 1) != 0) {
        nt_hints_add(
            &r->hints, "pending", NT_CONFIDENCE_FITS,
            "core %u: dendrite %u line %u is active in the device, which does not say that "
            "it has work",
            c, dendrite, line);
        return NT_OK;
      }
    }
  }
  return NT_OK;
}

nt_status_t nt_explain_tile(const nt_lockstep_t *lockstep, nt_mismatch_report_t *r,
                            nt_error_t *err) {
  const nt_lockstep_view_t view = nt_lockstep_view(lockstep);
  nt_status_t status = NT_OK;
  if (r->first.stage == NT_STAGE_RECEIVED) {
    explain_received(&view, r);
    return NT_OK;
  }
  if (r->first.expected > r->first.got) {
    status = explain_pending(&view, r, err);
    nt_hints_add(&r->hints, "lost-spike", NT_CONFIDENCE_LIKE,
                 "the tile has work in the golden system only");
  } else {
    nt_hints_add(&r->hints, "extra-spike", NT_CONFIDENCE_LIKE,
                 "the tile has work in the device's system only");
  }
  return status;
}
