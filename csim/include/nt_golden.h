// SPDX-License-Identifier: Apache-2.0
// nt_golden: the golden tile (level L2), the specification of docs/spec/ as plain C.
//
// A back end of nt_dev.h without a clock: a step happens inside the call, cycles() and the timing
// counters stay 0, and the tile is IDLE whenever the caller can look. Every result is defined by
// docs/spec/ and nothing else.
//
// What the specification leaves to the back end:
//  - inject() consumes its spikes before it returns, so the ACC and ACT spaces show them at once;
//  - mem_*() is a back door: a refused access returns NT_ERR_DEVICE, transfers nothing and sets
//    no ERROR bit, while a refused msg_*() sets ERROR.BAD_ADDR;
//  - step() returns NT_OK whatever FLAGS and ERROR say; the caller reads them;
//  - ACC_OVERFLOW is set exactly when it must be;
//  - the tap records a message when the core sends it, so also one that MISROUTE drops.
#ifndef NT_GOLDEN_H
#define NT_GOLDEN_H

#include "nt_dev.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Opens a golden tile of `params` in its reset state, all memories zero, and stores it in `*dev`.
/// The caller owns it and ends it with nt_dev_close(). Allocates everything except room for more
/// leaving spikes and probes than any step before brought; when that cannot grow, the step
/// completes, the message is lost and the call returns NT_ERR_MEMORY. Errors: NT_ERR_RANGE
/// (parameters), NT_ERR_MEMORY; `*dev` is then NULL.
nt_status_t nt_golden_open(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err);

// ---- Views --------------------------------------------------------------------------------------
// Read-only looks into a golden tile without copying. `dev` must come from nt_golden_open() and
// `core` must be below CORES. A view is valid until the next call that changes the tile; none of
// these calls changes anything defined.

/// Accumulator rows of a core (docs/spec/timestep.md). Accumulator of neuron `lane` of row r =
/// dendrite * lines + line: values[r * lanes + lane], wrapped to ACC_BITS; meaningful only where
/// bit `dendrite` of activity[line] is set, otherwise the accumulator is 0 whatever values[] holds.
typedef struct nt_golden_rows {
  const int32_t *values;   ///< [NT_DENDRITES * lines][lanes]
  const uint8_t *activity; ///< [lines]
  uint32_t lines, lanes;   ///< LINES, WORD_BITS/2
} nt_golden_rows_t;

/// The pool: POOL_WORDS * WORD_BITS/32 words in host-port order (docs/spec/memory.md).
const uint32_t *nt_golden_pool(const nt_dev_t *dev, uint32_t core);
/// The coming accumulators and activity.
nt_golden_rows_t nt_golden_coming(nt_dev_t *dev, uint32_t core);
/// The current accumulators and activity: what the step run last (inside an observer: the step
/// running) works on.
nt_golden_rows_t nt_golden_current(const nt_dev_t *dev, uint32_t core);
/// The counters, [NT_COUNTERS].
const uint64_t *nt_golden_counters(const nt_dev_t *dev, uint32_t core);
/// The FLAGS register; ACC_OVERFLOW is set only if it must be.
uint32_t nt_golden_flags(nt_dev_t *dev, uint32_t core);

/// What docs/spec/arithmetic.md says of ACC_OVERFLOW.
typedef enum nt_golden_verdict {
  NT_GOLDEN_MUST_BE_0,  ///< every bound B(r) stayed below 2^(ACC_BITS-1)
  NT_GOLDEN_MUST_BE_1,  ///< an exact sum was outside the ACC_BITS range
  NT_GOLDEN_UNSPECIFIED ///< neither, or a single term did not fit
} nt_golden_verdict_t;

/// The verdict over all additions since the flag was last cleared. A row's sum is looked at when
/// its step begins, and whenever this function, FLAGS or ERROR is read.
nt_golden_verdict_t nt_golden_acc_overflow(nt_dev_t *dev, uint32_t core);

/// Called at the start of every NEURON phase, after the swap: nt_golden_current() shows what the
/// programs will read. It must not change the tile.
typedef void (*nt_golden_observer_t)(void *user, nt_dev_t *dev);
/// Sets the one observer, with its `user` pointer; NULL for none.
void nt_golden_observe(nt_dev_t *dev, nt_golden_observer_t on_accumulators, void *user);

#ifdef __cplusplus
}
#endif
#endif
