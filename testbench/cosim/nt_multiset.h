// SPDX-License-Identifier: Apache-2.0
// nt_multiset: exact comparison of two unordered lists of 64-bit words in linear time.
#ifndef NT_MULTISET_H
#define NT_MULTISET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_multiset {
  uint64_t *key;
  int32_t *count; // occurrences in `expected` minus those in `got`; 0 with `used` false means empty
  bool *used;
  size_t capacity; // power of two
} nt_multiset_t;

/// True if both lists hold the same words equally often. Otherwise `*only_expected` / `*only_got`
/// receive a word that one side has more often
/// (`has_*` says whether there is one). False with both `has_*` false: out of memory.
bool nt_multiset_equal(nt_multiset_t *set, const uint64_t *expected, size_t expected_count,
                       const uint64_t *got, size_t got_count, bool *has_expected,
                       uint64_t *only_expected, bool *has_got, uint64_t *only_got);
void nt_multiset_free(nt_multiset_t *set);

#endif
