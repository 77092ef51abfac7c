// SPDX-License-Identifier: Apache-2.0
// nt_test: cmocka with the headers it wants before it, and a check for library calls.
#ifndef NT_TEST_H
#define NT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nt_status.h"

/// Fails the test with the library's own message unless `call`, which fills `err`, returns NT_OK.
#define nt_assert_ok(call, err)                                                                    \
  do {                                                                                             \
    if ((call) != NT_OK)                                                                           \
      fail_msg("%s: %s", nt_status_str((err).status), (err).text);                                 \
  } while (0)

#endif
