// SPDX-License-Identifier: Apache-2.0
// nt_bench_waves: the price of waves, and how large they are.
#ifndef NT_BENCH_WAVES_H
#define NT_BENCH_WAVES_H

#include "nt_image.h"
#include "nt_listener.h"

#include <cjson/cJSON.h>

typedef struct nt_bench_waves {
  const char *none; ///< program built without wave support; NULL: not at hand
  const char
      *other; ///< program built for the format that this one does not write; NULL: not at hand
  size_t turns;
  const nt_listener_t *listener; ///< NULL: none
} nt_bench_waves_t;

/// NT_ERR_IO when a program named is none that can be run.
nt_status_t nt_bench_waves_check(const nt_bench_waves_t *bench, nt_error_t *err);

/// Generates a short text with each program, as a process of its own, without checks: waves off,
/// waves of a window, waves of the whole run, always of tile 0. `image` must hold a tokenizer; it
/// is saved to a temporary file. Prints and adds to `json` under "waves" the ratios of their times
/// to `none`, or to this program with waves off, and bytes per timestep of the files. A build
/// without wave support measures nothing.
nt_status_t nt_bench_waves(const nt_bench_waves_t *bench, nt_image_t *image, cJSON *json,
                           nt_error_t *err);

#endif
