// SPDX-License-Identifier: Apache-2.0
// nt_facts: what report.json of a failure folder says about the place of a failure.
#ifndef NT_FACTS_H
#define NT_FACTS_H

#include "nt_dev.h"

/// What has to be looked for in the waves.
typedef enum nt_facts_kind {
  NT_FACTS_SUM,      ///< an accumulator of the step
  NT_FACTS_ACTIVITY, ///< the activity mask of a line
  NT_FACTS_WORD,     ///< a word of a memory: neuron state, or found by a sweep
  NT_FACTS_MESSAGE,  ///< a message that a core sends
  NT_FACTS_COUNTER,  ///< a counter, or the flags
  NT_FACTS_RECEIVED, ///< a spike that enters the tile
  NT_FACTS_SCHEDULE, ///< the tile runs, or does not
  NT_FACTS_ENDED     ///< the end of the run: an assertion, a timeout, what only a sweep sees
} nt_facts_kind_t;

typedef struct nt_facts {
  nt_facts_kind_t kind;
  char stage[32], field[200]; ///< as in the report; of an end, its status and text
  uint32_t timestep, tile, core;
  bool has_neuron, has_group, has_pc;
  uint32_t line, lane, index, address, group, neuron, pc;
  int64_t expected, got;
  bool has_missing, has_unexpected, doubled; ///< doubled: the unexpected message was right once
  uint64_t missing, unexpected;              ///< wire form
  bool has_products;
  int64_t *product;
  size_t products;
} nt_facts_t;

/// Reads the file. NT_ERR_IO, NT_ERR_MEMORY; NT_ERR_FORMAT if it names no timestep and tile. Freed
/// with nt_facts_free(), also after a failure.
nt_status_t nt_facts_read(const char *path, nt_facts_t *facts, nt_error_t *err);
void nt_facts_free(nt_facts_t *facts);

#endif
