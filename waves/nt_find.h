// SPDX-License-Identifier: Apache-2.0
// nt_find: when a trace shows the wrong value of a report.
#ifndef NT_FIND_H
#define NT_FIND_H

#include "nt_facts.h"
#include "nt_vcd.h"

typedef struct nt_found {
  uint64_t time;     ///< ns: here something is wrong for the first time
  uint64_t got_time; ///< here the value becomes what the report calls got; mostly the same
  char what[160];    ///< what happens at `time`
  unsigned buffer;   ///< sums: the one of the two in which the step's accumulators were filled
} nt_found_t;

/// Looks for it by value, in a trace of the failing tile that holds the failing timestep and the
/// one before. NT_ERR_FORMAT names a signal that is not in the trace.
nt_status_t nt_find(const nt_vcd_t *vcd, const nt_facts_t *facts, nt_found_t *found,
                    nt_error_t *err);
/// The part of it for accumulators: the first addition that is not what the lane's digit says, or
/// not one of the products the sum is made of.
nt_status_t nt_find_sum(const nt_vcd_t *vcd, const nt_facts_t *facts, nt_found_t *found,
                        nt_error_t *err);

#endif
