// SPDX-License-Identifier: Apache-2.0
// nt_spike_list: a growing list of spikes. Starts as {0}; emptied by count = 0; released with free.
#ifndef NT_SPIKE_LIST_H
#define NT_SPIKE_LIST_H

#include "nt_dev.h"

typedef struct nt_spike_list {
  nt_spike_t *spike;
  size_t count, capacity;
} nt_spike_list_t;

/// Appends copies; on failure (no memory) the list is as before.
bool nt_spike_list_append(nt_spike_list_t *list, const nt_spike_t *spikes, size_t count);

#endif
