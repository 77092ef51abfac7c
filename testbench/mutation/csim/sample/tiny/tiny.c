// SPDX-License-Identifier: Apache-2.0
#include "tiny.h"

int tiny_clamp(int x, int limit) {
  if (x > limit)
    return limit;
  return x;
}

unsigned tiny_count(unsigned n) {
  unsigned k = 0;
  while (k < n)
    k++;
  return k;
}

unsigned tiny_bit(unsigned k) {
  return k < 32 ? 1U << k & 0xFFFFFFFE : 0;
}

int tiny_choose(int x) {
  switch (x) {
  case 0: return 1;
  default: return 2;
  }
}
