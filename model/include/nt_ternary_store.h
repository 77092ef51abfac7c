// SPDX-License-Identifier: Apache-2.0
// nt_ternary_store: the ternary codes of all matrices of a model, one int8 each, in one block that
// several holders share. The float model and the integer model made from it hold the same block, so
// that the codes are in memory once, whichever of the two is released first.
#ifndef NT_TERNARY_STORE_H
#define NT_TERNARY_STORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nt_ternary_store nt_ternary_store_t;

/// Room for `count` codes, not yet written, with one holder. NULL without memory.
nt_ternary_store_t *nt_ternary_store_new(size_t count);

/// One more holder of `store`; returns it.
nt_ternary_store_t *nt_ternary_store_share(nt_ternary_store_t *store);

/// One holder less; the last one frees the block. `store` may be NULL.
void nt_ternary_store_release(nt_ternary_store_t *store);

/// The codes [count]; valid as long as there is a holder.
int8_t *nt_ternary_store_codes(nt_ternary_store_t *store);

#ifdef __cplusplus
}
#endif
#endif
