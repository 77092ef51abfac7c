// SPDX-License-Identifier: Apache-2.0
// nt_bits: fields of the records in docs/spec/tables.md.
#ifndef NT_BITS_H
#define NT_BITS_H

#include "nt_defs.h"

#include <stdint.h>

/// Field `name` of a record, e.g. NT_BITS_GET(entry, AXON_FORMAT).
#define NT_BITS_GET(word, name) nt_bits_get((word), NT_##name##_LSB, NT_##name##_W)
/// `value` cut to field `name` and moved to its place; fields are combined with |.
#define NT_BITS_PUT(value, name) nt_bits_put((value), NT_##name##_LSB, NT_##name##_W)

/// Bits [lsb +: width] of `word`; width 1..32.
static inline uint32_t nt_bits_get(uint64_t word, unsigned lsb, unsigned width) {
  return (uint32_t)(word >> lsb & ((UINT64_C(1) << width) - 1));
}

/// The low `width` bits of `value` at position `lsb`; width 1..32.
static inline uint64_t nt_bits_put(uint64_t value, unsigned lsb, unsigned width) {
  return (value & ((UINT64_C(1) << width) - 1)) << lsb;
}

#endif
