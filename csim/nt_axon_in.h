// SPDX-License-Identifier: Apache-2.0
// nt_axon_in: takes a spike that reached a core to its synapse list (docs/spec/memory.md, "From
// spike to accumulator").
#ifndef NT_AXON_IN_H
#define NT_AXON_IN_H

#include "nt_core.h"

/// Counts the spike and serves it, or drops it and raises BAD_AXON.
void nt_axon_in_deliver(nt_core_t *core, uint32_t axon, int32_t payload);

#endif
