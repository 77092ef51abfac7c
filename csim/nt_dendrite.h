// SPDX-License-Identifier: Apache-2.0
// nt_dendrite: accumulators and activity of a core, coming and current, and what is known about
// their overflow.
//
// Row = dendrite * lines + line, `lanes` accumulators each. A row that is not active is zero by
// definition, whatever its memory holds (docs/spec/timestep.md).
//
// Accumulators are kept modulo 2^32. That is exact as long as the bound B(r) of
// docs/spec/arithmetic.md stays below 2^(ACC_BITS-1); a row whose bound reaches it also keeps exact
// 64-bit sums until the swap. So the usual case pays for one 32-bit addition per synapse, and the
// verdict on ACC_OVERFLOW is still right.
#ifndef NT_DENDRITE_H
#define NT_DENDRITE_H

#include "nt_dev.h"
#include "nt_golden.h"

/// What is known of one coming row's sums.
typedef struct nt_dendrite_row {
  uint64_t base;  ///< largest magnitude the host wrote into the row
  uint64_t added; ///< sum of the bounds of everything added, saturating; B(r) = base + added
  bool exact;     ///< the row's exact sums are kept
  bool unjudged;  ///< whether the row's sums must have set the flag is not specified
} nt_dendrite_row_t;

typedef struct nt_dendrite {
  uint32_t lines, lanes; ///< LINES, WORD_BITS/2
  unsigned acc_bits;
  uint32_t *coming, *current;                  ///< [row][lane], modulo 2^32
  uint8_t *coming_activity, *current_activity; ///< [line], one bit per dendrite
  nt_dendrite_row_t *row;                      ///< [row], of the coming rows
  uint64_t *exact;     ///< [row][lane], two's complement; valid where row.exact
  uint32_t exact_rows; ///< number of rows with row.exact
  bool exceeded;       ///< some bound reached 2^(ACC_BITS-1) since ACC_OVERFLOW was cleared
  bool overflowed;     ///< some exact sum was seen outside the ACC_BITS range since then
} nt_dendrite_t;

/// Allocates all rows, inactive; NT_ERR_MEMORY. Freed by nt_dendrite_free(), also after a failure.
nt_status_t nt_dendrite_init(nt_dendrite_t *dendrite, const nt_params_t *params, nt_error_t *err);
void nt_dendrite_free(nt_dendrite_t *dendrite);

/// Number of the row `which` of line `line`, both wrapped to what exists.
static inline uint32_t nt_dendrite_row(const nt_dendrite_t *dendrite, uint32_t which,
                                       uint32_t line) {
  return which % NT_DENDRITES * dendrite->lines + line % dendrite->lines;
}

/// Announces one addition to every accumulator of a coming row, `bound` being the page's
/// |p| * m * 2^e, and marks the row active. True when the caller must also report the terms to
/// nt_dendrite_add_exact().
bool nt_dendrite_charge(nt_dendrite_t *dendrite, uint32_t row, uint64_t bound);
/// The accumulators of a coming row that nt_dendrite_charge() was called for.
static inline uint32_t *nt_dendrite_lanes(nt_dendrite_t *dendrite, uint32_t row) {
  return dendrite->coming + (size_t)row * dendrite->lanes;
}
void nt_dendrite_add_exact(nt_dendrite_t *dendrite, uint32_t row, uint32_t lane, int64_t term);

/// The coming rows become the current ones, wrapped to ACC_BITS; the new coming ones are inactive.
void nt_dendrite_swap(nt_dendrite_t *dendrite);
/// All coming rows become inactive (CLEAR_STATE).
void nt_dendrite_clear(nt_dendrite_t *dendrite);
/// True when a coming row is active.
bool nt_dendrite_pending(const nt_dendrite_t *dendrite);
/// RDC: the current accumulator of dendrite `which` modulo DENDRITES, 0 if the row is not active.
int32_t nt_dendrite_current(const nt_dendrite_t *dendrite, uint32_t which, uint32_t line,
                            uint32_t lane);

/// Host access to the coming rows: spaces ACC and ACT (docs/spec/tables.md). Addresses are in
/// range.
uint32_t nt_dendrite_read_acc(const nt_dendrite_t *dendrite, uint32_t addr);
void nt_dendrite_write_acc(nt_dendrite_t *dendrite, uint32_t addr, uint32_t value);
void nt_dendrite_write_act(nt_dendrite_t *dendrite, uint32_t line, uint32_t value);

/// Wraps the coming accumulators to ACC_BITS in place, for readers of the memory itself.
void nt_dendrite_settle(nt_dendrite_t *dendrite);
/// What ACC_OVERFLOW may be now.
nt_golden_verdict_t nt_dendrite_judge(nt_dendrite_t *dendrite);
/// The host clears ACC_OVERFLOW: sums that may have set it already say nothing about additions from
/// now on.
void nt_dendrite_acknowledge(nt_dendrite_t *dendrite);

#endif
