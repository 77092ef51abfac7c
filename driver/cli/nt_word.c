// SPDX-License-Identifier: Apache-2.0
#include "nt_word.h"

#include <stdio.h>
#include <string.h>

size_t nt_word_parse(const nt_params_t *params, const char *text, nt_word_t *word) {
  unsigned core = 0, address = 0;
  char name[8];
  int length = 0;
  if (sscanf(text, "%u:%7[A-Z]:%u%n", &core, name, &address, &length) != 3) {
    return 0;
  }
  *word = (nt_word_t){.core = core, .space = NT_SPACE_POOL, .address = address};
  while (word->space <= NT_SPACE_ACC && strcmp(nt_space_str(word->space), name) != 0) {
    word->space++;
  }
  const bool exists = core < params->cores && word->space <= NT_SPACE_ACC &&
                      address < nt_dev_space_words(params, word->space);
  return exists ? (size_t)length : 0;
}
