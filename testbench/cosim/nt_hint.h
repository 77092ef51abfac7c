// SPDX-License-Identifier: Apache-2.0
// nt_hint: computed guesses at what went wrong. A hint is only given where an alternative was
// worked out and gives the value that the device under test shows.
#ifndef NT_HINT_H
#define NT_HINT_H

#include "nt_status.h"

#include <stdbool.h>
#include <stdint.h>

/// How sure a hint is, best first.
typedef enum nt_confidence {
  NT_CONFIDENCE_STORED, ///< the device's own memory holds another operand
  NT_CONFIDENCE_FITS,   ///< one changed operation or spike gives the value exactly
  NT_CONFIDENCE_LIKE    ///< the value stands in a simple relation to another one
} nt_confidence_t;

const char *nt_confidence_str(nt_confidence_t confidence);

enum { NT_HINTS_MAX = 8, NT_HINT_TEXT = 224 };

typedef struct nt_hint {
  const char *name; ///< stable key, e.g. "lost-spike"; docs/debugging.md lists them
  nt_confidence_t confidence;
  char text[NT_HINT_TEXT];
} nt_hint_t;

/// Hints, best first; equally sure ones in the order they came.
typedef struct nt_hints {
  nt_hint_t hint[NT_HINTS_MAX];
  uint32_t count;
} nt_hints_t;

/// Adds a hint, unless there are too many surer ones. Of two of the same name the surer one stays,
/// else the first.
void nt_hints_add(nt_hints_t *hints, const char *name, nt_confidence_t confidence,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));
/// Relations of a value to the expected one alone: sign, off by one, swapped halves, one bit,
/// sign extension, a factor of two. `bits` is the width both are held in.
void nt_hints_relate(nt_hints_t *hints, int64_t expected, int64_t got, unsigned bits);
/// `got` equals `other`, which is called `what`; says nothing where `other` is too small to be
/// telling or equals `expected`.
void nt_hints_equal(nt_hints_t *hints, const char *name, int64_t expected, int64_t got,
                    int64_t other, const char *what);

#endif
