// SPDX-License-Identifier: Apache-2.0
// nt_edges: signals of a traced tile at its clock edges.
#ifndef NT_EDGES_H
#define NT_EDGES_H

#include "nt_status.h"
#include "nt_vcd.h"

/// A rising clock edge: what the registers saw, and what they hold behind it.
typedef struct nt_edge {
  uint64_t time; ///< ns
  const nt_vcd_moment_t *before, *after;
} nt_edge_t;

/// Number of a signal; NT_ERR_FORMAT names it if the trace does not hold it. `name` is without a
/// range; one that begins with "." is of the tile, any other of core `core`.
nt_status_t nt_edges_find(const nt_vcd_t *vcd, uint32_t core, const char *name, int *signal,
                          nt_error_t *err);
/// Calls `see` for every rising edge of the trace. Values of names[i] are edge->before->value[i]
/// and edge->after->value[i]; at most NT_EDGES_MAX names. Errors as nt_edges_find().
enum { NT_EDGES_MAX = NT_VCD_WATCH_MAX - 1 };
nt_status_t nt_edges_watch(const nt_vcd_t *vcd, uint32_t core, const char *const *names,
                           size_t count, void (*see)(void *user, const nt_edge_t *), void *user,
                           nt_error_t *err);

#endif
