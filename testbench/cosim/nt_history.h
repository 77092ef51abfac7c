// SPDX-License-Identifier: Apache-2.0
// nt_history: what a golden system held in its last timesteps, for the report of a mismatch. Kept
// per core: state words after a step, the accumulators it worked on, the messages it sent.
#ifndef NT_HISTORY_H
#define NT_HISTORY_H

#include "nt_state_map.h"
#include "nt_system.h"

/// Steps kept per core.
enum { NT_HISTORY_STEPS = 4 };

/// One step of one core.
typedef struct nt_history_step {
  bool stepped;      ///< false: the state before the first step seen; nothing else is known
  uint32_t timestep; ///< that of the step
  uint32_t *state; ///< state words after it, map.words pool words in the order of the map's ranges
  int32_t *rows;   ///< accumulators it worked on, [NT_DENDRITES * LINES][lanes]
  uint8_t *activity; ///< [LINES]
  uint64_t *sent;    ///< messages it sent, wire form
  size_t sent_count, sent_capacity;
} nt_history_step_t;

typedef struct nt_history nt_history_t;

/// `maps` [tiles * cores] and both systems outlive the object. Notes the state as it is.
nt_status_t nt_history_open(const nt_image_t *image, nt_system_t *golden,
                            const nt_state_map_t *maps, nt_history_t **history, nt_error_t *err);
void nt_history_close(nt_history_t *history); ///< NULL is allowed
/// The golden system was changed from outside: forgets all steps and notes the state as it is.
void nt_history_restart(nt_history_t *history);
/// Notes a core's step that the golden system ran last. NT_ERR_MEMORY.
nt_status_t nt_history_note(nt_history_t *history, uint32_t timestep, uint32_t tile, uint32_t core,
                            nt_error_t *err);
/// The `age`th last step noted of a core, 0 being the last; NULL if it is not known. The oldest may
/// be the state before the first (`stepped` false).
const nt_history_step_t *nt_history_step(const nt_history_t *history, uint32_t tile, uint32_t core,
                                         uint32_t age);

#endif
