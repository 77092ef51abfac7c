// SPDX-License-Identifier: Apache-2.0
// nt_fuzz: what all fuzz targets share: a folder for the file that is read, and the verdict over
// what a reader answered.
//
// A target is one fuzz_*.c with LLVMFuzzerTestOneInput, the entry that libFuzzer and the replay
// program (nt_fuzz_replay.c) call. An input that a reader must not answer as it did ends the
// process.
#ifndef NT_FUZZ_H
#define NT_FUZZ_H

#include "nt_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Reads `size` bytes with the target's reader; returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NT_FUZZ_PATH_MAX 256

/// Path of file `name` in a folder of this process below TMPDIR, which is removed at exit. With
/// "" the folder.
void nt_fuzz_path(char path[NT_FUZZ_PATH_MAX], const char *name);

/// Writes such a file.
void nt_fuzz_write(const char *name, const void *data, size_t size);

/// What a reader may answer: NT_OK, or a status that blames the input, with a message of one
/// printable line that contains `named`. Anything else ends the process. Returns whether it was
/// NT_OK.
bool nt_fuzz_answer(nt_status_t status, const nt_error_t *err, const char *named);

/// The same, and part of the verdict over the input.
bool nt_fuzz_verdict(nt_status_t status, const nt_error_t *err, const char *named);

/// Ends the process, saying `what`, unless `holds`.
void nt_fuzz_require(bool holds, const char *what);

/// The verdict over the input read last: NT_OK if every reader of the target took it, else the
/// first refusal.
const nt_error_t *nt_fuzz_last(void);

/// To be called first for every input.
void nt_fuzz_begin(void);

#ifdef __cplusplus
}
#endif
#endif
