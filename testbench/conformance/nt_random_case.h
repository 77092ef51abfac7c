// SPDX-License-Identifier: Apache-2.0
// nt_random_case: a random run as data, an image and what happens to it, so that it can be made
// from a seed, cut down, written as text and played on any back end against the golden tile.
// Whatever is left out of a case, the rest stays inside the contract of docs/spec/.
#ifndef NT_RANDOM_CASE_H
#define NT_RANDOM_CASE_H

#include "nt_random.h"

/// What the host does. Accesses go through the message port of one system and the back door of the
/// other; `by_message` says which way the device under test has it.
typedef enum nt_action_kind {
  NT_ACTION_STEP,     ///< a timestep, compared
  NT_ACTION_BUSY,     ///< a timestep during which `word` spikes from seed `value` enter tile `tile`
  NT_ACTION_SPIKE,    ///< `spike` into its tile
  NT_ACTION_WRITE,    ///< `word` to `addr` of `space`
  NT_ACTION_READ,     ///< `addr` of `space`, compared
  NT_ACTION_AXON,     ///< axon `addr` becomes the entry `value`
  NT_ACTION_ROW,      ///< line `addr` gets activity mask `word`, accumulators from seed `value`
  NT_ACTION_GROUP,    ///< group `addr` of the image: bit 0 of `word` is ENABLE, bit 1 ALWAYS
  NT_ACTION_CLEAR,    ///< bulk state reset
  NT_ACTION_EXCHANGE, ///< both saved, opened anew (a reset) and restored from the other's file
  NT_ACTION_IDLE,     ///< `word` clock cycles without anything
  NT_ACTION_KINDS
} nt_action_kind_t;

typedef struct nt_action {
  nt_action_kind_t kind;
  uint32_t tile, core, space, addr, word;
  uint64_t value;
  bool by_message;
  nt_spike_t spike;
} nt_action_t;

typedef struct nt_random_case {
  nt_image_t *image;   ///< owned
  uint32_t pauses;     ///< of the verilated tile's ports, in 256ths (nt_rtl_jitter)
  uint32_t shake;      ///< seed of the pauses and, unless 0, of register contents before reset
  nt_action_t *action; ///< [actions], owned
  uint32_t actions, room;
} nt_random_case_t;

/// A random program on one tile whose spikes all go to the host.
nt_status_t nt_random_case_program(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                                   nt_error_t *err);
/// A random network of one to three tiles that the host disturbs.
nt_status_t nt_random_case_network(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                                   nt_error_t *err);
/// One or the other, with pauses and random registers in half of the cases each.
nt_status_t nt_random_case_any(uint64_t seed, const nt_params_t *params, nt_random_case_t *made,
                               nt_error_t *err);
void nt_random_case_free(nt_random_case_t *made);
/// Appends an action; out of memory ends the program.
void nt_random_case_add(nt_random_case_t *made, nt_action_t action);

/// Plays the case on the back end under test and the golden tile. A difference fails the test. The
/// image is used up: only nt_random_case_free may follow.
void nt_random_case_play(nt_random_case_t *played);

#endif
