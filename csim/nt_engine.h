// SPDX-License-Identifier: Apache-2.0
// nt_engine: runs the groups' programs on the current accumulators (docs/spec/isa.md).
#ifndef NT_ENGINE_H
#define NT_ENGINE_H

#include "nt_core.h"

/// The core's part of the NEURON phase of timestep `timestep`.
void nt_engine_run(nt_core_t *core, uint32_t timestep);

#endif
