// SPDX-License-Identifier: Apache-2.0
// nt_fake_dev: a device without cores that run: memories, registers and a relay. What it does in a
// step is simple enough to predict, and everything a system asks of it can be counted or made fail.
#ifndef NT_FAKE_DEV_H
#define NT_FAKE_DEV_H

#include "nt_test_support.h"

enum { NT_FAKE_SPIKES_MAX = 4096, NT_FAKE_SPACES = 7 };

/// In a step, each spike received with payload p leaves again with payload p - 1 for the tile that
/// its axon names, until p is 0.
typedef struct nt_fake_dev {
  nt_dev_t dev;
  uint32_t *space[NT_CORES_MAX][NT_FAKE_SPACES];
  uint32_t version, tile_id, error, last_timestep;
  bool pending;
  unsigned steps, clears; ///< how often
  unsigned busy_looks;    ///< STATUS reads that still say BUSY after a clear
  nt_status_t step_fails; ///< what step returns unless NT_OK
  nt_spike_t in[NT_FAKE_SPIKES_MAX], out[NT_FAKE_SPIKES_MAX];
  size_t in_count, out_count;
} nt_fake_dev_t;

/// What nt_fake_open is given as `user`.
typedef struct nt_fake_plan {
  unsigned opened, closed;
  uint32_t fail_at_tile;     ///< open fails for this tile; UINT32_MAX for none
  uint32_t version;          ///< of every tile
  const nt_params_t *params; ///< of every tile; NULL: as asked
} nt_fake_plan_t;

nt_fake_plan_t nt_fake_plan(void);
/// A nt_dev_open_fn. Plans count in a variable of this file until the next nt_fake_plan.
nt_status_t nt_fake_open(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                         nt_error_t *err);

#endif
