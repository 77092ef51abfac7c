// SPDX-License-Identifier: Apache-2.0
#include "nt_threads.h"

#include <stddef.h>
#include <stdlib.h>

// In clang's run time library only, with the milliseconds that a thread stays awake.
extern void kmp_set_blocktime(int milliseconds) __attribute__((weak));

void nt_threads_yield_when_idle(void) {
  if (kmp_set_blocktime != NULL && getenv("OMP_WAIT_POLICY") == NULL)
    kmp_set_blocktime(0);
}
