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

#if defined(__SANITIZE_ADDRESS__)
#define NT_LEAKS_ARE_FOUND 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NT_LEAKS_ARE_FOUND 1
#endif
#endif

#ifdef NT_LEAKS_ARE_FOUND
// The leak sanitizer asks for this. Clang's run time library keeps what it gave its threads.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
  return "leak:libomp.so\n";
}
#endif
