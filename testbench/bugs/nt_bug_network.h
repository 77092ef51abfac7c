// SPDX-License-Identifier: Apache-2.0
// nt_bug_network: the network and the script that planted bugs are run with. Each part of the tile
// is used by one place of the network and in one timestep first, so that a report can be judged.
//
// Tile 0, core 0, group 0 "sums": 40 neurons in lines 0 and 1 store their four accumulators, the
//                 first with the timestep added, and send the last to core 2.
//                 group 1 "countdown": neuron 0 of line 3 sends itself its accumulator less one.
//         core 1, group 0 "arithmetic" (line 0), 1 "tables" (line 1), 2 "flow" (line 2, sends to
//                 tile 1), 3 "constants" (line 3).
//         core 2, group 0 "messages": 32 neurons send to the host, to cores 0 and 1, to tile 1 and
//                 the host, and on a port without destinations.
// Tile 1, core 0, group 0: 32 neurons store what they receive.
//
// Axons of tile 0:
//   core 0   0: ternary, dendrite 0, lines 0 and 1      1, 2: ternary, dendrite 1, line 0
//            3, 9: 8 bits, dendrites 0 and 1 (9: all), lines 0 and 1
//            4: ternary * 2^3, dendrite 2, line 1       5: 7 synapses, dendrite 2, lines 0 and 1
//            6: -2 to dendrites 2 and 3, lines 0 and 1  7: 100 to neuron 2, dendrite 3
//            8: 1 to neuron 0 of line 3, dendrite 3     10, the last: ternary, dendrite 0, line 0
//   core 1   0, 1, 2: 8 bits, dendrite 0, lines 0, 1, 2 3: touches line 3      9: touches line 3
//   core 2   0: 8 bits, dendrite 0, line 0             1, 2: touch line 3
//
// Timestep: what the host sends
//   0: core 0 axon 0   1: axons 1 and 2   2: axon 3   3: axon 4   4: axon 5   5: axons 6 and 7
//   6: axon 10         7: axon 7 twice, which overflows
//   8, 9: core 1 axon 0, up and down      10: axon 1   11: axon 2   12: axon 3
//   13: core 2 axon 0 (its messages act in 14)          14: core 1 axon 2 and core 2 axon 0
//   16: core 0 axon 8, which comes again in 17 and 18   19: CLEAR_STATE, all memories compared
// Part of the list of axon 10 is written through the host port before timestep 0.
#ifndef NT_BUG_NETWORK_H
#define NT_BUG_NETWORK_H

#include "nt_lockstep.h"

/// The network, for a tile of the small shape; the caller frees it. NT_ERR_UNSUPPORTED for others.
nt_status_t nt_bug_network(const nt_params_t *params, nt_image_t **image, nt_error_t *err);
/// Runs the script. NT_ERR_MISMATCH as nt_lockstep_step; any other error comes from a back end.
nt_status_t nt_bug_script(nt_lockstep_t *lockstep, nt_error_t *err);

#endif
