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

/// How a list is read: rightly, or with one mistake.
typedef enum nt_reading {
  NT_READING_RIGHT,
  NT_READING_NO_EXPONENT,  ///< the exponent of the entry is taken for 0
  NT_READING_NO_SIGN,      ///< the last digit of a DENSE weight has no sign
  NT_READING_HALF_PLACE,   ///< digit j of a DENSE weight counts 2^j, not 4^j
  NT_READING_DIGIT_LESS,   ///< DENSE weights lack their last digit
  NT_READING_SYNAPSE_LESS, ///< SPARSE lists lack their last synapse
  NT_READINGS
} nt_reading_t;

/// The reading in words, to follow "lists read".
const char *nt_reading_str(nt_reading_t reading);

/// What a list costs (docs/spec/timestep.md, "Counters"), as the entry says.
typedef struct nt_list_cost {
  uint32_t format; ///< NT_FORMAT_*, or anything that a bad entry holds
  uint32_t synops, words, digits;
} nt_list_cost_t;

/// The cost of a spike for `axon`; nothing if there is no such axon.
nt_list_cost_t nt_contribution_cost(const nt_axon_table_t *axons, uint32_t axon);

/// What a spike adds to accumulator (dendrite, line, lane), its list being read so. False if its
/// list does not touch it.
bool nt_contribution_read(const nt_axon_table_t *axons, nt_reading_t reading, uint32_t axon,
                          int32_t payload, uint32_t dendrite, uint32_t line, uint32_t lane,
                          nt_contribution_t *contribution);
/// The same, read rightly.
bool nt_contribution_find(const nt_axon_table_t *axons, uint32_t axon, int32_t payload,
                          uint32_t dendrite, uint32_t line, uint32_t lane,
                          nt_contribution_t *contribution);

#endif
