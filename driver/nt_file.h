// SPDX-License-Identifier: Apache-2.0
// nt_file: reading regular files, and replacing a file in one stroke.
#ifndef NT_FILE_H
#define NT_FILE_H

#include "nt_status.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/// A file being read.
typedef struct nt_file_in {
  FILE *stream;
  const char *path; ///< the caller's string
  uint64_t size;    ///< length when it was opened
} nt_file_in_t;

/// NT_ERR_IO unless `path` is a readable regular file.
nt_status_t nt_file_in_open(nt_file_in_t *in, const char *path, nt_error_t *err);
void nt_file_in_close(nt_file_in_t *in);
/// Reads exactly `size` bytes at `offset`; NT_ERR_IO when it cannot.
nt_status_t nt_file_in_read(nt_file_in_t *in, uint64_t offset, void *data, size_t size,
                            nt_error_t *err);

/// A file being written under a temporary name in the same folder.
typedef struct nt_file_out {
  FILE *stream;
  const char *path; ///< the caller's string
  char *temporary;
} nt_file_out_t;

/// NT_ERR_IO when the folder cannot be written or `path` exists and is not a regular file.
nt_status_t nt_file_out_open(nt_file_out_t *out, const char *path, nt_error_t *err);
nt_status_t nt_file_out_write(nt_file_out_t *out, uint64_t offset, const void *data, size_t size,
                              nt_error_t *err);
/// Flushes to the disk and takes the place of `path`. On failure the old file stays as it was.
nt_status_t nt_file_out_commit(nt_file_out_t *out, nt_error_t *err);
/// Forgets what was written. Does nothing after a commit, successful or not.
void nt_file_out_abort(nt_file_out_t *out);

#endif
