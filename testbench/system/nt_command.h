// SPDX-License-Identifier: Apache-2.0
// nt_command: runs the neurotile command as a user would, with a time limit, and keeps what it
// said.
#ifndef NT_COMMAND_H
#define NT_COMMAND_H

#include "nt_test_support.h"

/// What a run left behind; both texts end with a zero byte. Released with nt_command_free.
typedef struct nt_command_result {
  int code; ///< exit code; 128 + signal number when a signal ended it
  char *out, *err;
} nt_command_result_t;

/// Runs the command with `arguments`, which end with NULL. It is killed after `seconds`.
nt_command_result_t nt_command_run(unsigned seconds, const char *const *arguments);
#define NT_COMMAND(seconds, ...) nt_command_run(seconds, (const char *const[]){__VA_ARGS__, NULL})

void nt_command_free(nt_command_result_t *result);

/// Fails the test, with everything the run said, unless it ended with `code` and its error text
/// contains `part`.
void nt_command_expect(const nt_command_result_t *result, int code, const char *part);

#endif
