// SPDX-License-Identifier: Apache-2.0
// nt_bench_speed: simulation speed of a network, and the price of checking it.
#ifndef NT_BENCH_SPEED_H
#define NT_BENCH_SPEED_H

#include "nt_image.h"
#include "nt_listener.h"

#include <cjson/cJSON.h>

typedef struct nt_bench_speed {
  const char *name;              ///< of the network, in the output
  size_t tokens, turns;          ///< tokens run in a turn
  uint64_t max_cycles;           ///< per tile and timestep
  const nt_listener_t *listener; ///< NULL: none
} nt_bench_speed_t;

/// Runs the same tokens on verilated tiles without checks, at each level of checking, and on golden
/// tiles alone. Prints the ratios of their times, what the time of level `state` is made of, and
/// speeds; adds all of it to `json` under the name.
nt_status_t nt_bench_speed(const nt_bench_speed_t *bench, const nt_image_t *image, cJSON *json,
                           nt_error_t *err);

#endif
