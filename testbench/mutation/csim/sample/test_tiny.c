// SPDX-License-Identifier: Apache-2.0
// Checks tiny.c: with the word "strong" all of it, with "weak" only what the test of the campaign
// needs.
#include "tiny.h"

#include <stdbool.h>
#include <string.h>

static bool weak(void) {
  return tiny_clamp(7, 5) == 5;
}

static bool strong(void) {
  return tiny_bit(0) == 0 && tiny_bit(3) == 8 && tiny_bit(31) == 0x80000000 && tiny_bit(32) == 0 &&
         tiny_clamp(3, 5) == 3 && tiny_clamp(-1, 5) == -1 && tiny_count(0) == 0 &&
         tiny_count(3) == 3 && tiny_choose(0) == 1 && tiny_choose(5) == 2;
}

int main(int argc, char **argv) {
  return weak() && (argc < 2 || strcmp(argv[1], "strong") != 0 || strong()) ? 0 : 1;
}
