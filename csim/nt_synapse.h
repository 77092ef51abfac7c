// SPDX-License-Identifier: Apache-2.0
// nt_synapse: adds one spike's synapse list into the coming accumulators (docs/spec/memory.md).
#ifndef NT_SYNAPSE_H
#define NT_SYNAPSE_H

#include "nt_core.h"

/// Serves a spike of payload `payload` through axon entry `entry`, whose FORMAT is DENSE, SPARSE,
/// UNIFORM or SINGLE. Counts SYNOPS and WORDS.
void nt_synapse_serve(nt_core_t *core, uint64_t entry, int32_t payload);

/// Adds one digit of all neurons of a row: lane i of `acc` gains `low` if bit 2i of the list word
/// is set, and `high` if bit 2i+1 is. `word` and `acc` hold `word_lanes` words and 16 * word_lanes
/// accumulators.
void nt_synapse_add_word(uint32_t *restrict acc, const uint32_t *restrict word, uint32_t word_lanes,
                         uint32_t low, uint32_t high);

#endif
