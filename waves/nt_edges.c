// SPDX-License-Identifier: Apache-2.0
#include "nt_edges.h"

#include <stdio.h>
#include <string.h>

enum { NAME_LENGTH = 256 };

nt_status_t nt_edges_find(const nt_vcd_t *vcd, uint32_t core, const char *name, int *signal,
                          nt_error_t *err) {
  char full[NAME_LENGTH];
  if (name[0] == '.') {
    (void)snprintf(full, sizeof full, "TOP%s", name);
  } else {
    (void)snprintf(full, sizeof full, "TOP.nt_tile.g_core[%u].u_core.%s", core, name);
  }
  *signal = nt_vcd_find_any(vcd, full);
  return *signal >= 0 ? NT_OK
                      : nt_fail(err, NT_ERR_FORMAT, "the trace does not hold signal %s", full);
}

typedef struct edges {
  size_t clock; // its place among the values
  bool begun;
  nt_vcd_moment_t before;
  void (*see)(void *user, const nt_edge_t *edge);
  void *user;
} edges_t;

static void see_moment(void *user, const nt_vcd_moment_t *moment) {
  edges_t *e = user;
  if (e->begun && strcmp(e->before.value[e->clock], "0") == 0 &&
      strcmp(moment->value[e->clock], "1") == 0) {
    e->see(e->user, &(nt_edge_t){.time = moment->time, .before = &e->before, .after = moment});
  }
  e->begun = true;
  e->before = *moment;
}

nt_status_t nt_edges_watch(const nt_vcd_t *vcd, uint32_t core, const char *const *names,
                           size_t count, void (*see)(void *user, const nt_edge_t *), void *user,
                           nt_error_t *err) {
  static edges_t edges; // too large for a stack
  int signals[NT_VCD_WATCH_MAX];
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < count && status == NT_OK; i++) {
    status = nt_edges_find(vcd, core, names[i], &signals[i], err);
  }
  if (status == NT_OK) {
    status = nt_edges_find(vcd, core, ".nt_tile.clk_i", &signals[count], err);
  }
  if (status == NT_OK) {
    edges.clock = count;
    edges.begun = false;
    edges.see = see;
    edges.user = user;
    nt_vcd_watch(vcd, signals, count + 1, see_moment, &edges);
  }
  return status;
}
