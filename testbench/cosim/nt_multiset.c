// SPDX-License-Identifier: Apache-2.0
#include "nt_multiset.h"

#include <stdlib.h>
#include <string.h>

void nt_multiset_free(nt_multiset_t *set) {
  free(set->key);
  free(set->count);
  free(set->used);
  memset(set, 0, sizeof *set);
}

static bool reserve(nt_multiset_t *set, size_t entries) {
  size_t capacity = 64;
  while (capacity < 2 * entries) {
    capacity *= 2;
  }
  if (capacity > set->capacity) {
    nt_multiset_free(set);
    set->key = malloc(capacity * sizeof *set->key);
    set->count = malloc(capacity * sizeof *set->count);
    set->used = malloc(capacity * sizeof *set->used);
    if (set->key == NULL || set->count == NULL || set->used == NULL) {
      nt_multiset_free(set);
      return false;
    }
    set->capacity = capacity;
  }
  memset(set->used, 0, set->capacity * sizeof *set->used);
  return true;
}

static void add(nt_multiset_t *set, uint64_t key, int32_t amount) {
  size_t at = (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (set->capacity - 1);
  while (set->used[at] && set->key[at] != key) {
    at = (at + 1) & (set->capacity - 1);
  }
  if (!set->used[at]) {
    set->used[at] = true;
    set->key[at] = key;
    set->count[at] = 0;
  }
  set->count[at] += amount;
}

bool nt_multiset_equal(nt_multiset_t *set, const uint64_t *expected, size_t expected_count,
                       const uint64_t *got, size_t got_count, bool *has_expected,
                       uint64_t *only_expected, bool *has_got, uint64_t *only_got) {
  *has_expected = *has_got = false;
  if (expected_count == got_count &&
      (expected_count == 0 || memcmp(expected, got, expected_count * sizeof *got) == 0)) {
    return true;
  }
  if (!reserve(set, expected_count + got_count)) {
    return false;
  }
  for (size_t i = 0; i < expected_count; i++) {
    add(set, expected[i], 1);
  }
  for (size_t i = 0; i < got_count; i++) {
    add(set, got[i], -1);
  }
  for (size_t i = 0; i < expected_count && !*has_expected; i++) {
    size_t at = (size_t)((expected[i] * 0x9E3779B97F4A7C15u) >> 20) & (set->capacity - 1);
    while (set->key[at] != expected[i]) {
      at = (at + 1) & (set->capacity - 1);
    }
    if (set->count[at] > 0) {
      *has_expected = true;
      *only_expected = expected[i];
    }
  }
  for (size_t i = 0; i < got_count && !*has_got; i++) {
    size_t at = (size_t)((got[i] * 0x9E3779B97F4A7C15u) >> 20) & (set->capacity - 1);
    while (set->key[at] != got[i]) {
      at = (at + 1) & (set->capacity - 1);
    }
    if (set->count[at] < 0) {
      *has_got = true;
      *only_got = got[i];
    }
  }
  return !*has_expected && !*has_got;
}
