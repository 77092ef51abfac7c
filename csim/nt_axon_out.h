// SPDX-License-Identifier: Apache-2.0
// nt_axon_out: turns a neuron's spike into messages (docs/spec/memory.md, "Output ports and
// messages").
#ifndef NT_AXON_OUT_H
#define NT_AXON_OUT_H

#include "nt_core.h"

/// Sends one message per destination entry of port `port` of group `group`; `neuron` is the
/// neuron's number in the group.
void nt_axon_out_send(nt_core_t *core, uint32_t group, uint32_t port, uint32_t neuron,
                      int32_t payload);

#endif
