// SPDX-License-Identifier: Apache-2.0
// nt_word: a 32-bit word of a core's memories on a command line, CORE:SPACE:ADDRESS, as reports
// write it.
#ifndef NT_WORD_H
#define NT_WORD_H

#include "nt_dev.h"

typedef struct nt_word {
  uint32_t core, space, address;
} nt_word_t;

/// Reads a word at the start of `text`; SPACE is POOL, PROG, TABLE, GROUP or ACC. Returns the
/// characters read, 0 if there is no such word in a tile of these parameters.
size_t nt_word_parse(const nt_params_t *params, const char *text, nt_word_t *word);

#endif
