// SPDX-License-Identifier: Apache-2.0
// nt_prompt: a prompt from a file or from standard input.
#ifndef NT_PROMPT_H
#define NT_PROMPT_H

#include <stddef.h>

#include "nt_status.h"

/// Reads `path` to its end; "-" is standard input, and a pipe will do. `*text` [*length] is
/// followed by a zero byte and released with free; NULL on failure. One line end at the very end is
/// dropped: editors and echo add it, and a model would take it as the end of a line. Errors:
/// NT_ERR_IO cannot be read; NT_ERR_RANGE longer than NT_PROMPT_MAX bytes, or a zero byte;
/// NT_ERR_MEMORY.
nt_status_t nt_prompt_read(const char *path, char **text, size_t *length, nt_error_t *err);

#define NT_PROMPT_MAX ((size_t)1 << 24)

#endif
