// SPDX-License-Identifier: Apache-2.0
// nt_system: many tiles and the fabric between them. Runs system timesteps (docs/spec/timestep.md),
// whatever the back end.
#ifndef NT_SYSTEM_H
#define NT_SYSTEM_H

#include "nt_image.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nt_system nt_system_t;

/// Opens one device; `tile` is its number. nt_golden_open and nt_rtl_open are wrapped into this
/// form.
typedef nt_status_t (*nt_dev_open_fn)(void *user, uint32_t tile, const nt_params_t *params,
                                      nt_dev_t **dev, nt_error_t *err);

/// Opens image->tiles devices, checks parameters, loads the image through the devices' mem_write,
/// sets TILE_ID. The image may be freed afterwards. `max_cycles` limits each tile's step.
nt_status_t nt_system_open(const nt_image_t *image, nt_dev_open_fn open, void *user,
                           uint64_t max_cycles, nt_system_t **system, nt_error_t *err);
void nt_system_close(nt_system_t *system); ///< NULL is allowed
/// Reads every word of every space back from the devices and compares with the image;
/// NT_ERR_MISMATCH names the first difference. `compared` receives the number of 32-bit words
/// compared. Only meaningful before the first step.
nt_status_t nt_system_verify(nt_system_t *system, const nt_image_t *image, uint64_t *compared,
                             nt_error_t *err);

uint32_t nt_system_tiles(const nt_system_t *system);
nt_dev_t *nt_system_tile(nt_system_t *system, uint32_t tile);
/// Number of the timestep that the next nt_system_step runs (0 after open).
uint32_t nt_system_timestep(const nt_system_t *system);
/// Spikes from the host; they act in the next step. `spike.tile` says where; NT_ERR_RANGE if there
/// is no such tile.
nt_status_t nt_system_inject(nt_system_t *system, const nt_spike_t *spikes, size_t count,
                             nt_error_t *err);
/// Runs one timestep in all tiles that have work; then moves spikes between tiles. Errors name tile
/// and timestep; after one, the system can be looked at and closed, or restored from a state file,
/// but not stepped.
nt_status_t nt_system_step(nt_system_t *system, nt_error_t *err);
/// True if the last step failed in a tile; that tile.
bool nt_system_failed(const nt_system_t *system, uint32_t *tile);
/// Tiles that ran in the last step, ascending; valid until the next step.
void nt_system_ran(const nt_system_t *system, const uint32_t **tiles, size_t *count);
/// Spikes that entered tile `tile` before the last step, and those that left it in the last step;
/// valid until the next step.
void nt_system_received(const nt_system_t *system, uint32_t tile, const nt_spike_t **spikes,
                        size_t *count);
void nt_system_sent(const nt_system_t *system, uint32_t tile, const nt_spike_t **spikes,
                    size_t *count);
/// Spikes for the host sent in the last step.
void nt_system_host_spikes(const nt_system_t *system, const nt_spike_t **spikes, size_t *count);
/// FLAGS of a core, together with the flags that a state file brought along.
nt_status_t nt_system_flags(nt_system_t *system, uint32_t tile, uint32_t core, uint32_t *flags,
                            nt_error_t *err);
/// NT_ERR_DEVICE, naming tile, core and flags, if any tile has an error or a flag set. A step does
/// not look at them.
nt_status_t nt_system_check(nt_system_t *system, nt_error_t *err);
/// Bulk state reset of all tiles; pending spikes are dropped; the timestep count goes on.
nt_status_t nt_system_clear_state(nt_system_t *system, nt_error_t *err);

/// A number of the host's own that is saved and restored with the state (0 after open).
void nt_system_set_note(nt_system_t *system, uint32_t note);
uint32_t nt_system_note(const nt_system_t *system);

/// Writes all recurrent state: state words of all groups, coming accumulators and activity, flags,
/// exact counters, timestep, spikes on their way between tiles. docs/spec/image.md, "State file".
/// Same file for every back end.
nt_status_t nt_system_save(nt_system_t *system, const char *path, nt_error_t *err);
/// Restores such a file into a system opened with the same image (checked by image crc and
/// parameters).
nt_status_t nt_system_restore(nt_system_t *system, const char *path, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
