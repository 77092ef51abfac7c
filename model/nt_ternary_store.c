// SPDX-License-Identifier: Apache-2.0
#include "nt_ternary_store.h"

#include <stdatomic.h>
#include <stdlib.h>

struct nt_ternary_store {
  atomic_size_t holders;
  int8_t codes[];
};

nt_ternary_store_t *nt_ternary_store_new(size_t count) {
  nt_ternary_store_t *store = malloc(sizeof *store + count);
  if (store != NULL)
    atomic_init(&store->holders, 1);
  return store;
}

nt_ternary_store_t *nt_ternary_store_share(nt_ternary_store_t *store) {
  (void)atomic_fetch_add(&store->holders, 1);
  return store;
}

void nt_ternary_store_release(nt_ternary_store_t *store) {
  if (store != NULL && atomic_fetch_sub(&store->holders, 1) == 1)
    free(store);
}

int8_t *nt_ternary_store_codes(nt_ternary_store_t *store) {
  return store->codes;
}
