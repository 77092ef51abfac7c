// SPDX-License-Identifier: Apache-2.0
#include "nt_spike_list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 16 };

bool nt_spike_list_append(nt_spike_list_t *list, const nt_spike_t *spikes, size_t count) {
  if (count == 0)
    return true;
  if (count > SIZE_MAX / 4 / sizeof *spikes - list->count)
    return false;
  const size_t needed = list->count + count;
  if (needed > list->capacity) {
    size_t capacity = list->capacity > 0 ? list->capacity : FIRST_CAPACITY;
    while (capacity < needed)
      capacity *= 2;
    nt_spike_t *grown = realloc(list->spike, capacity * sizeof *grown);
    if (grown == NULL)
      return false;
    list->spike = grown;
    list->capacity = capacity;
  }
  memcpy(list->spike + list->count, spikes, count * sizeof *spikes);
  list->count = needed;
  return true;
}
