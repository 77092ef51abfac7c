// SPDX-License-Identifier: Apache-2.0
// nt_map_report: how full a compiled network makes its tiles, how many spikes a token costs, and
// what the overflow proof of docs/spec/network.md found.
#ifndef NT_MAP_REPORT_H
#define NT_MAP_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "nt_integer_model.h"
#include "nt_layout.h"
#include "nt_qmodel.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Use of one resource of the cores that host a part of the network.
typedef struct nt_map_usage {
  uint32_t min, max, capacity;
  double mean;
} nt_map_usage_t;

/// A bound of the overflow proof: the largest magnitude that any input can cause, over all layers.
typedef struct nt_map_bound {
  const char *name; ///< "row sum of i, f, g, o"; static storage
  uint64_t largest;
  uint64_t limit; ///< must be above `largest`
} nt_map_bound_t;

enum { NT_MAP_BOUNDS = 6 };

typedef struct nt_map_report {
  uint32_t tiles, cores_per_tile, cores_used;
  nt_map_usage_t pool;    ///< pool words of a core
  nt_map_usage_t program; ///< instructions
  nt_map_usage_t lines;
  nt_map_usage_t axons;
  uint32_t steps_per_token;
  uint64_t spikes_most;  ///< messages of a token when nothing is zero, the host's included
  double spikes_typical; ///< with the calibration text's shares of zeros; 0 where not known
  double weight_zeros;   ///< share of ternary codes that are 0
  uint64_t weights;      ///< ternary codes
  uint32_t bounds;       ///< entries of `bound` in use
  nt_map_bound_t bound[NT_MAP_BOUNDS];
} nt_map_report_t;

/// What a core of an image holds.
typedef struct nt_map_core {
  uint32_t pool, program, lines, axons; ///< in use
} nt_map_core_t;

/// Use of one core; all zero where the network has no part.
nt_map_core_t nt_map_core(const nt_image_t *image, const nt_layout_t *layout, uint32_t tile,
                          uint32_t core);

/// Fills `*report` for the image that `qmodel` was compiled to. `counters` [count] are those of
/// nt_quantise_report_t (NULL: spikes_typical stays 0).
void nt_map_report_make(const nt_image_t *image, const nt_layout_t *layout,
                        const nt_qmodel_t *qmodel, const nt_integer_counter_t *counters,
                        size_t count, nt_map_report_t *report);

#ifdef __cplusplus
}
#endif
#endif
