// SPDX-License-Identifier: Apache-2.0
// nt_duel: a golden system and a system of the back end under test, driven alike and compared:
// nt_lockstep's comparisons, and those that a timestep does not see: probes, ERROR, host access,
// state files. A difference ends the test.
#ifndef NT_DUEL_H
#define NT_DUEL_H

#include "nt_check.h"
#include "nt_lockstep.h"
#include "nt_random.h"

typedef struct nt_duel {
  nt_image_t *image; ///< owned
  nt_backend_t golden_backend;
  nt_system_t *golden, *dut;
  nt_lockstep_t *lockstep;
  bool flags_open; ///< a state file restored brought an ACC_OVERFLOW that may be either
} nt_duel_t;

/// Takes the image over. Both systems are verified against it.
void nt_duel_open(nt_duel_t *duel, nt_image_t *image);
void nt_duel_close(nt_duel_t *duel);
void nt_duel_inject(nt_duel_t *duel, const nt_spike_t *spikes, uint32_t count);
void nt_duel_step(nt_duel_t *duel);
/// Every memory of every tile.
void nt_duel_sweep(nt_duel_t *duel);
/// Writes one word in both: by message or through the back door, the other way round in the other.
void nt_duel_write(nt_duel_t *duel, uint32_t tile, uint32_t core, uint32_t space, uint32_t addr,
                   uint32_t word, bool by_message);
/// Reads the word in both ways in both systems.
void nt_duel_read(nt_duel_t *duel, uint32_t tile, uint32_t core, uint32_t space, uint32_t addr);
void nt_duel_clear_state(nt_duel_t *duel);
/// Saves both, compares the files, opens both anew and restores each from the other's file.
void nt_duel_exchange(nt_duel_t *duel);
/// Prints what all duels of the program compared. False if nt_lockstep had no accumulator, no state
/// word, no spike or no counter to compare: the run then shows nothing.
bool nt_duel_report(const char *name);

#endif
