// SPDX-License-Identifier: Apache-2.0
#include "nt_mutant.h"

#include <stdio.h>
#include <stdlib.h>

enum { MUTANTS_MAX = 1 << 16 };

int nt_mutant;
static unsigned char reached[MUTANTS_MAX];

int nt_mutant_passed(int number) {
  reached[number] = 1;
  return 0;
}

static void save(void) {
  FILE *file = fopen(getenv("NT_MUTANT_REACHED"), "wb");
  if (file == NULL || fwrite(reached, 1, sizeof reached, file) != sizeof reached ||
      fclose(file) != 0)
    abort();
}

__attribute__((constructor)) static void choose(void) {
  const char *number = getenv("NT_MUTANT");
  nt_mutant = number != NULL ? (int)strtol(number, NULL, 10) : 0;
  if (getenv("NT_MUTANT_REACHED") == NULL)
    return;
  nt_mutant = -1;
  if (atexit(save) != 0)
    abort();
}
