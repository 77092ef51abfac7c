// SPDX-License-Identifier: Apache-2.0
// nt_session: a language model running on a system of tiles, token by token, with or without the
// checks.
//
// With checks, three levels run side by side: the integer reference (L1), a golden system (L2) and
// the system under test (L3, or a second golden system). L2 = L3 at every timestep (nt_lockstep),
// L1 = L2 at every observable of the layout.
#ifndef NT_SESSION_H
#define NT_SESSION_H

#include "nt_integer_model.h"
#include "nt_layout.h"
#include "nt_mismatch_report.h"
#include "nt_tokenizer.h"
#include "nt_word.h"

typedef enum nt_backend { NT_BACKEND_GOLDEN, NT_BACKEND_RTL } nt_backend_t;

typedef struct nt_session_options {
  nt_backend_t backend;
  nt_dev_open_fn open; ///< opens the tiles under test in place of `backend`'s; NULL: none
  bool check;
  nt_check_level_t level; ///< with `check`: how much of each timestep is compared
  uint64_t max_cycles;    ///< per tile and timestep
  const char *trace_path; ///< waves of one tile, NULL: none; only with NT_BACKEND_RTL
  uint32_t trace_tile, trace_from, trace_steps; ///< window in timesteps
  bool trace_has_word; ///< the trace shows this word of the tile's memories too
  nt_word_t trace_word;
} nt_session_options_t;

/// Work done so far. Zero compared values with `check` on would mean that nothing was checked.
typedef struct nt_session_stats {
  uint64_t tokens, timesteps;
  uint64_t mismatches;   ///< 0 or 1: the first one ends the run
  uint64_t observables;  ///< values of L1 compared with L2
  uint64_t host_spikes;  ///< logits received
  uint64_t synapse_macs; ///< ternary multiply-accumulates of non-zero codes with all matrix rows
  uint64_t dense_macs;   ///< the same if no code were zero
  uint64_t path_cycles;  ///< sum over timesteps of the slowest tile: what the hardware would need
  uint64_t tile_cycles;  ///< clock cycles simulated, all tiles
  double seconds;        ///< wall time in nt_session_token
  double first_seconds;  ///< of it, the first token
  double golden_seconds, dut_seconds, compare_seconds;
  nt_lockstep_stats_t lockstep;
} nt_session_stats_t;

typedef struct nt_session nt_session_t;

/// Opens systems for `image`, which must hold a language model and outlive the session.
nt_status_t nt_session_open(const nt_image_t *image, const nt_session_options_t *options,
                            nt_session_t **session, nt_error_t *err);
void nt_session_close(nt_session_t *session); ///< NULL is allowed
const nt_layout_t *nt_session_layout(const nt_session_t *session);
const nt_qmodel_t *nt_session_qmodel(const nt_session_t *session);
/// The system under test.
nt_system_t *nt_session_system(nt_session_t *session);
/// Runs one token through all timesteps; `logits` [vocab] receives the tile's.
nt_status_t nt_session_token(nt_session_t *session, uint32_t token, int32_t *logits,
                             nt_error_t *err);
/// Forgets the text: bulk state reset everywhere.
nt_status_t nt_session_reset(nt_session_t *session, nt_error_t *err);
/// Saves the system under test, with the token that is to run next; restores every level from the
/// file. NT_ERR_FORMAT when the file's next token is outside the vocabulary.
nt_status_t nt_session_save(nt_session_t *session, const char *path, uint32_t next,
                            nt_error_t *err);
/// The same of the golden system, which a fault cannot have touched; only with checks.
nt_status_t nt_session_save_golden(nt_session_t *session, const char *path, uint32_t next,
                                   nt_error_t *err);
nt_status_t nt_session_restore(nt_session_t *session, const char *path, uint32_t *next,
                               nt_error_t *err);
/// The report of the mismatch that ended the run, without a command; NULL if neither the golden
/// system and the system under test differed, nor the integer reference and the golden system.
/// Valid until the session is closed.
const nt_mismatch_report_t *nt_session_report(const nt_session_t *session);
nt_session_stats_t nt_session_stats(const nt_session_t *session);
/// Sum of counter NT_COUNTER_* over all cores of the system under test.
nt_status_t nt_session_counter(nt_session_t *session, uint32_t counter, uint64_t *sum,
                               nt_error_t *err);

#endif
