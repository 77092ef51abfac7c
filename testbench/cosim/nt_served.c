// SPDX-License-Identifier: Apache-2.0
#include "nt_served.h"

#include <stdlib.h>

static nt_status_t add(nt_served_list_t *list, nt_spike_t spike, int32_t source, nt_error_t *err) {
  if ((list->count & (list->count - 1)) == 0) { // grows at every power of two
    const size_t capacity = list->count == 0 ? 1 : 2 * list->count;
    nt_served_t *grown = realloc(list->spike, capacity * sizeof *grown);
    if (grown == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "explain: out of memory");
    }
    list->spike = grown;
  }
  list->spike[list->count++] = (nt_served_t){spike, source};
  return NT_OK;
}

static nt_status_t add_from_outside(const nt_scene_t *s, nt_served_list_t *list, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_status_t status = NT_OK;
  nt_system_received(s->view.golden, m->tile, &spikes, &count);
  for (size_t i = 0; i < count && status == NT_OK; i++) {
    if ((spikes[i].cores >> m->core & 1) != 0) {
      status = add(list, spikes[i], -1, err);
    }
  }
  return status;
}

static nt_status_t add_of_core(const nt_scene_t *s, uint32_t core, const uint64_t *wire,
                               size_t count, nt_served_list_t *list, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < count && status == NT_OK; i++) {
    const nt_spike_t spike = nt_spike_unpack(wire[i]);
    if (spike.tile == m->tile && (spike.cores >> m->core & 1) != 0) {
      status = add(list, spike, (int32_t)core, err);
    }
  }
  return status;
}

nt_status_t nt_served_now(const nt_scene_t *s, nt_served_list_t *list, nt_error_t *err) {
  const nt_mismatch_t *m = &s->report->first;
  *list = (nt_served_list_t){.count = 0};
  nt_status_t status = add_from_outside(s, list, err);
  for (uint32_t c = 0; c < s->params->cores && status == NT_OK; c++) {
    const nt_history_step_t *last = nt_history_step(s->view.history, m->tile, c, 0);
    if (last != NULL && last->stepped && last->timestep + 1 == m->timestep) {
      status = add_of_core(s, c, last->sent, last->sent_count, list, err);
    }
  }
  return status;
}

nt_status_t nt_served_meanwhile(const nt_scene_t *s, nt_served_list_t *list, nt_error_t *err) {
  *list = (nt_served_list_t){.count = 0};
  nt_status_t status = add_from_outside(s, list, err);
  for (uint32_t c = 0; c < s->params->cores && status == NT_OK; c++) {
    const uint64_t *sent = NULL;
    size_t count = 0;
    s->golden->ops->tap(s->golden, c, &sent, &count);
    status = add_of_core(s, c, sent, count, list, err);
  }
  return status;
}

nt_axon_table_t nt_served_axons(const nt_scene_t *s, int side) {
  return (nt_axon_table_t){s->params, s->pool[side], s->axon_base[side], s->axon_count[side]};
}
