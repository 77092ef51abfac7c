// SPDX-License-Identifier: Apache-2.0
#include "nt_outbox.h"

#include <stdlib.h>
#include <string.h>

void nt_outbox_free(nt_outbox_t *box) {
  free(box->items);
  *box = nt_outbox_make(box->item_size);
}

static bool grow(nt_outbox_t *box) {
  const size_t capacity = box->capacity == 0 ? 1024 : 2 * box->capacity;
  void *items = realloc(box->items, capacity * box->item_size);
  if (items == NULL)
    return false;
  box->items = items;
  box->capacity = capacity;
  return true;
}

bool nt_outbox_post(nt_outbox_t *box, const void *item) {
  if (box->handed)
    box->count = 0;
  box->handed = false;
  if (box->count == box->capacity && !grow(box))
    return false;
  memcpy((unsigned char *)box->items + box->count * box->item_size, item, box->item_size);
  box->count++;
  return true;
}

const void *nt_outbox_take(nt_outbox_t *box, size_t *count) {
  *count = box->handed ? 0 : box->count;
  box->handed = true;
  return box->items;
}
