// SPDX-License-Identifier: Apache-2.0
#include "nt_hint.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *nt_confidence_str(nt_confidence_t confidence) {
  switch (confidence) {
  case NT_CONFIDENCE_STORED: return "stored";
  case NT_CONFIDENCE_FITS: return "fits";
  case NT_CONFIDENCE_LIKE: return "like";
  }
  return "unknown";
}

void nt_hints_add(nt_hints_t *hints, const char *name, nt_confidence_t confidence,
                  const char *format, ...) {
  uint32_t at = 0, kept = 0;
  for (uint32_t i = 0; i < hints->count; i++) {
    const bool same = strcmp(hints->hint[i].name, name) == 0;
    if (same && hints->hint[i].confidence <= confidence) {
      return;
    }
    at += !same && hints->hint[i].confidence <= confidence;
    if (!same) {
      hints->hint[kept++] = hints->hint[i];
    }
  }
  hints->count = kept;
  if (at == NT_HINTS_MAX) {
    return;
  }
  const uint32_t last = hints->count < NT_HINTS_MAX ? hints->count++ : NT_HINTS_MAX - 1;
  memmove(&hints->hint[at + 1], &hints->hint[at], (last - at) * sizeof hints->hint[0]);
  hints->hint[at].name = name;
  hints->hint[at].confidence = confidence;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(hints->hint[at].text, NT_HINT_TEXT, format, arguments);
  va_end(arguments);
}

static bool one_bit(uint64_t word, unsigned *bit) {
  for (*bit = 0; *bit < 64; (*bit)++) {
    if (word == UINT64_C(1) << *bit) {
      return true;
    }
  }
  return false;
}

void nt_hints_relate(nt_hints_t *hints, int64_t expected, int64_t got, unsigned bits) {
  const uint64_t mask = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
  const uint64_t e = (uint64_t)expected & mask, g = (uint64_t)got & mask;
  const unsigned half = bits / 2;
  unsigned bit = 0;
  if (expected != 0 && got == -expected) {
    nt_hints_add(hints, "sign", NT_CONFIDENCE_LIKE, "the expected value with the other sign");
  }
  if (got == expected + 1 || got == expected - 1) {
    nt_hints_add(hints, "off-by-one", NT_CONFIDENCE_LIKE, "%s by one: rounding, or a carry",
                 got > expected ? "too large" : "too small");
  }
  if (e != g && bits % 2 == 0 && ((e << half | e >> half) & mask) == g) {
    nt_hints_add(hints, "swapped-halves", NT_CONFIDENCE_LIKE,
                 "the expected value with its upper and lower %u bits exchanged", half);
  }
  if (one_bit(e ^ g, &bit)) {
    nt_hints_add(hints, "bit", NT_CONFIDENCE_LIKE, "only bit %u differs", bit);
  }
  for (unsigned field = 8; field < bits; field += 8) {
    if (expected < 0 && got == expected + (INT64_C(1) << field)) {
      nt_hints_add(hints, "sign-extension", NT_CONFIDENCE_LIKE,
                   "the low %u bits of the expected value, without its sign", field);
    }
  }
  for (unsigned shift = 1; shift < 16 && expected != 0; shift++) {
    const int64_t factor = INT64_C(1) << shift;
    if (got == expected * factor || (got * factor == expected && got != 0)) {
      nt_hints_add(hints, "shift", NT_CONFIDENCE_LIKE, "the expected value %s by %u bits",
                   got == expected * factor ? "shifted left" : "shifted right", shift);
      break;
    }
  }
}

void nt_hints_equal(nt_hints_t *hints, const char *name, int64_t expected, int64_t got,
                    int64_t other, const char *what) {
  enum { TELLING = 4 }; // smaller values meet by chance
  if (got == other && other != expected && (got >= TELLING || got <= -TELLING)) {
    nt_hints_add(hints, name, NT_CONFIDENCE_LIKE, "equals %s, %" PRId64, what, other);
  }
}
