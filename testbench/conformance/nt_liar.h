// SPDX-License-Identifier: Apache-2.0
// nt_liar: a device around another one that shows one thing wrongly to whoever observes it, as a
// tile with a fault in its logic would.
#ifndef NT_LIAR_H
#define NT_LIAR_H

#include "nt_backend.h"

/// What is shown wrongly, in core 0 of tile 0.
typedef struct nt_lie {
  bool word; ///< 32-bit word `address` of the pool reads as `value`
  uint32_t address, value;
  bool sum; ///< accumulator `lane` of `row` is `amount`
  uint32_t row, lane;
  int32_t amount;
  bool drop;   ///< the first message sent is not seen
  bool repeat; ///< the first message sent is seen twice
  bool extra;  ///< message `wire` is seen too
  uint64_t wire;
  uint64_t flip; ///< bits of the message for axon `flip_axon` that are flipped
  uint32_t flip_axon;
} nt_lie_t;

/// The back end below, and what its tile 0 shows wrongly from now on.
typedef struct nt_liar {
  nt_backend_t backend;
  nt_lie_t lie;
} nt_liar_t;

/// nt_dev_open_fn; `user` is the nt_liar_t, which outlives the device.
nt_status_t nt_liar_open_tile(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                              nt_error_t *err);

#endif
