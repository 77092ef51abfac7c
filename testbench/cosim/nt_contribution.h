// SPDX-License-Identifier: Apache-2.0
// nt_contribution: what one spike adds to one accumulator (docs/spec/memory.md, "From spike to
// accumulator").
#ifndef NT_CONTRIBUTION_H
#define NT_CONTRIBUTION_H

#include "nt_dev.h"

typedef struct nt_contribution {
  uint32_t axon;
  int32_t payload;
  uint32_t format; ///< NT_FORMAT_*
  int32_t weight;  ///< sum over synapses if a SPARSE list names the neuron more than once
  uint32_t exp;
  int64_t product;  ///< payload * weight * 2^exp
  uint64_t address; ///< 32-bit word of the pool that holds the weight
} nt_contribution_t;

/// Where a core's axons are.
typedef struct nt_axon_table {
  const nt_params_t *params;
  const uint32_t *pool;
  uint32_t base, count;
} nt_axon_table_t;

/// What a spike adds to accumulator (dendrite, line, lane). False if its list does not touch it.
bool nt_contribution_find(const nt_axon_table_t *axons, uint32_t axon, int32_t payload,
                          uint32_t dendrite, uint32_t line, uint32_t lane,
                          nt_contribution_t *contribution);

#endif
