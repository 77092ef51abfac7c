// SPDX-License-Identifier: Apache-2.0
// nt_case_text: a random case as a text that people can read and the campaign can play again
// (docs/random-testing.md). Words that are 0 are left out; comments explain the others.
#ifndef NT_CASE_TEXT_H
#define NT_CASE_TEXT_H

#include "nt_random_case.h"

/// Writes the case to `path`, `heading` (lines of text) as a comment first. NT_ERR_IO.
nt_status_t nt_case_write(const nt_random_case_t *written, const char *heading, const char *path,
                          nt_error_t *err);
/// Reads such a file into `*made`, for tiles of `params`. NT_ERR_IO; NT_ERR_FORMAT with the line.
nt_status_t nt_case_read(const char *path, const nt_params_t *params, nt_random_case_t *made,
                         nt_error_t *err);

#endif
