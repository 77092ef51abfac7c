// SPDX-License-Identifier: Apache-2.0
// nt_served: the spikes that the golden core of a mismatch received; inside of nt_explain.
#ifndef NT_SERVED_H
#define NT_SERVED_H

#include "nt_contribution.h"
#include "nt_scene.h"

typedef struct nt_served {
  nt_spike_t spike;
  int32_t source; ///< core of the tile that sent it, -1: it came from outside
} nt_served_t;

typedef struct nt_served_list {
  nt_served_t *spike; ///< free() it
  size_t count;
} nt_served_list_t;

/// The spikes that act in the step: from outside the tile before it, from its cores in the step
/// before, as far as that is known. NT_ERR_MEMORY.
nt_status_t nt_served_now(const nt_scene_t *scene, nt_served_list_t *list, nt_error_t *err);
/// The spikes that the core received while the step ran: from outside before it, and from the
/// cores of the tile in it, which act in the next one. NT_ERR_MEMORY.
nt_status_t nt_served_meanwhile(const nt_scene_t *scene, nt_served_list_t *list, nt_error_t *err);
/// Axons of the core, in the golden system (side 0) or the device.
nt_axon_table_t nt_served_axons(const nt_scene_t *scene, int side);

#endif
