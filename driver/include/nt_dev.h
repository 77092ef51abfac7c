// SPDX-License-Identifier: Apache-2.0
// nt_dev: one tile, whatever is behind it. Back ends: golden tile (csim), verilated tile, SystemC
// platform (testbench).
//
// Semantics: docs/spec/timestep.md. A device is used by one thread at a time; different devices are
// independent.
#ifndef NT_DEV_H
#define NT_DEV_H

#include "nt_defs.h"
#include "nt_status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Tile parameters (docs/spec/tables.md). Part of every image; a device refuses an image made for
/// others.
typedef struct nt_params {
  uint32_t cores, word_bits, pool_words, lines, acc_bits, prog_words, table_words, groups;
} nt_params_t;

/// The default parameter set.
nt_params_t nt_params_default(void);
/// Checks ranges and powers of two; the error names the parameter, its value and the range.
nt_status_t nt_params_check(const nt_params_t *params, nt_error_t *err);
/// Derived shape: lanes of a line (WORD_BITS/2), engine lanes and 32-bit words per pool word
/// (WORD_BITS/32).
static inline uint32_t nt_params_line_lanes(const nt_params_t *p) {
  return p->word_bits / 2;
}
static inline uint32_t nt_params_word_lanes(const nt_params_t *p) {
  return p->word_bits / 32;
}

/// A spike message, unpacked (docs/spec/memory.md). `payload` is in [-2^23, 2^23).
typedef struct nt_spike {
  uint16_t tile; ///< destination tile, NT_HOST_TILE for the host
  uint8_t cores; ///< destination cores, one bit each
  uint8_t type;  ///< NT_SPIKE_TYPE_*
  uint16_t axon; ///< input axon
  int32_t payload;
} nt_spike_t;

/// The 64-bit wire form of a spike, and back.
uint64_t nt_spike_pack(const nt_spike_t *spike);
nt_spike_t nt_spike_unpack(uint64_t wire);

/// A request through the host port in wire form; core, space and addr must pass nt_request_check().
uint64_t nt_request_pack(uint32_t kind, uint32_t core, uint32_t space, uint32_t addr,
                         uint32_t data);
/// NT_ERR_ARG if a request cannot name them, whether they exist or not.
nt_status_t nt_request_check(uint32_t core, uint32_t space, uint32_t addr, nt_error_t *err);

/// A PRB instruction's report.
typedef struct nt_probe {
  uint8_t core, group;
  uint16_t neuron;
  int32_t value;
} nt_probe_t;

/// A probe from its wire form, a response of kind NT_RSP_PROBE.
nt_probe_t nt_probe_unpack(uint64_t wire);

/// What a tile waits for; filled when a step exceeds its cycle limit and by nt_dev_progress().
typedef struct nt_progress {
  uint32_t phase;    ///< NT_PHASE_*
  uint32_t queue[8]; ///< QUEUE register of each core
} nt_progress_t;

typedef struct nt_dev nt_dev_t;

/// What a back end implements. All functions fill `err` (may be NULL) when they fail.
typedef struct nt_dev_ops {
  const char *name; ///< "golden", "rtl" or "systemc"
  void (*close)(nt_dev_t *dev);
  /// Tile registers by byte offset (NT_REG_*), exactly the AXI4-Lite view.
  nt_status_t (*reg_read)(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err);
  nt_status_t (*reg_write)(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err);
  /// `count` consecutive 32-bit words of a space (NT_SPACE_*) of a core. The back door when the
  /// back end has one. A refused access (NT_ERR_DEVICE) transfers nothing and sets no ERROR bit.
  nt_status_t (*mem_read)(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                          uint32_t count, uint32_t *words, nt_error_t *err);
  nt_status_t (*mem_write)(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                           uint32_t count, const uint32_t *words, nt_error_t *err);
  /// The same by request/response messages through the host port, one word at a time; a test proves
  /// both equal.
  nt_status_t (*msg_read)(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                          uint32_t *word, nt_error_t *err);
  nt_status_t (*msg_write)(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                           uint32_t word, nt_error_t *err);
  /// Spikes into the spike-in port, consumed when the call returns; they act in the next step run.
  /// NT_ERR_ARG if a tile, type or payload has no wire form; then none is injected.
  nt_status_t (*inject)(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err);
  /// Runs timestep `timestep` (writes TIMESTEP, START, waits). NT_OK whatever FLAGS and ERROR say.
  /// NT_ERR_TIMEOUT after `max_cycles` with phase and queues in the text.
  nt_status_t (*step)(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err);
  /// Spikes that left the tile since the last drain, in any order; valid until the next inject,
  /// step or drain.
  void (*drain)(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count);
  /// Probes since the last call, same rules.
  void (*drain_probes)(nt_dev_t *dev, const nt_probe_t **probes, size_t *count);
  /// STATUS.PENDING, without cost.
  bool (*pending)(nt_dev_t *dev);
  /// Phase and queue levels now.
  void (*progress)(nt_dev_t *dev, nt_progress_t *progress);
  /// Clock cycles simulated so far; 0 for a back end without a clock.
  uint64_t (*cycles)(nt_dev_t *dev);

  // Observation of the step run last, for a checker. A back end without it leaves all four NULL,
  // one that cannot listen to its cores `tap`.

  /// Activity the step worked on: bit d of activity[line]; LINES bytes.
  void (*current_activity)(nt_dev_t *dev, uint32_t core, uint8_t *activity);
  /// Accumulators the step worked on, sign-extended: WORD_BITS/2 values of row dendrite * LINES +
  /// line, which must have been active.
  void (*current_row)(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values);
  /// Switches recording of what these functions show on or off (off after open).
  void (*set_tap)(nt_dev_t *dev, bool on);
  /// Every message the core sent in the step, wire form, any order, also those that stayed in the
  /// tile or were dropped as misrouted.
  void (*tap)(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count);

  /// Pulls the tile's reset (docs/spec/timestep.md, "Host access"): memories keep their contents,
  /// and what left the tile before and was not drained is forgotten. NULL: the back end has none.
  nt_status_t (*reset)(nt_dev_t *dev, nt_error_t *err);
} nt_dev_ops_t;

/// Base of every back end's device structure.
struct nt_dev {
  const nt_dev_ops_t *ops;
  nt_params_t params;
};

/// Thin calls through the table.
void nt_dev_close(nt_dev_t *dev); ///< NULL is allowed
nt_status_t nt_dev_reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err);
nt_status_t nt_dev_reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err);
nt_status_t nt_dev_mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t count, uint32_t *words, nt_error_t *err);
nt_status_t nt_dev_mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                             uint32_t count, const uint32_t *words, nt_error_t *err);
nt_status_t nt_dev_inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err);
nt_status_t nt_dev_step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err);
void nt_dev_drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count);
bool nt_dev_pending(nt_dev_t *dev);
uint64_t nt_dev_cycles(nt_dev_t *dev);
/// NT_ERR_UNSUPPORTED for a back end without reset.
nt_status_t nt_dev_reset(nt_dev_t *dev, nt_error_t *err);
/// Number of 32-bit words in a space of a core with these parameters; 0 if there is no such space.
uint32_t nt_dev_space_words(const nt_params_t *params, uint32_t space);
/// Name of space NT_SPACE_*, as in "POOL"; "?" if there is no such space.
const char *nt_space_str(uint32_t space);
/// Reads the 64-bit counter NT_COUNTER_*.
nt_status_t nt_dev_counter(nt_dev_t *dev, uint32_t core, uint32_t counter, uint64_t *value,
                           nt_error_t *err);

/// NT_ERR_TIMEOUT for back ends: `what` was not done in `limit` cycles; the text names phase and
/// queues.
nt_status_t nt_dev_fail_timeout(nt_dev_t *dev, const char *what, uint64_t limit, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
