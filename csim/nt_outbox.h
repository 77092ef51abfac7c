// SPDX-License-Identifier: Apache-2.0
// nt_outbox: what a tile has for its host: grows while filled, starts over after it was handed out.
#ifndef NT_OUTBOX_H
#define NT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

typedef struct nt_outbox {
  void *items;
  size_t item_size, count, capacity;
  bool handed; ///< the items were handed out; the next addition discards them
} nt_outbox_t;

/// An empty outbox for items of `item_size` bytes; holds no memory yet.
static inline nt_outbox_t nt_outbox_make(size_t item_size) {
  return (nt_outbox_t){.item_size = item_size};
}
void nt_outbox_free(nt_outbox_t *box);

/// Adds a copy of `item`; false when there is no memory for it.
bool nt_outbox_post(nt_outbox_t *box, const void *item);
/// Hands out what was added since the last time; valid until the next addition.
const void *nt_outbox_take(nt_outbox_t *box, size_t *count);

#endif
