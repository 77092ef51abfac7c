// SPDX-License-Identifier: Apache-2.0
#include "nt_dendrite.h"

#include "nt_arith.h"

#include <stdlib.h>
#include <string.h>

/// Bounds saturate here.
static const uint64_t bound_max = UINT64_C(1) << 62;

static uint64_t acc_limit(const nt_dendrite_t *dendrite) {
  return UINT64_C(1) << (dendrite->acc_bits - 1);
}

static uint64_t magnitude(int64_t x) {
  return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

static bool row_active(const nt_dendrite_t *dendrite, uint32_t row) {
  return (dendrite->coming_activity[row % dendrite->lines] >> row / dendrite->lines & 1) != 0;
}

static int32_t wrapped(const nt_dendrite_t *dendrite, uint32_t value) {
  return nt_arith_wrap(value, dendrite->acc_bits);
}

nt_status_t nt_dendrite_init(nt_dendrite_t *dendrite, const nt_params_t *params, nt_error_t *err) {
  const uint32_t lanes = nt_params_line_lanes(params);
  const size_t rows = (size_t)NT_DENDRITES * params->lines;
  *dendrite = (nt_dendrite_t){.lines = params->lines, .lanes = lanes, .acc_bits = params->acc_bits};
  dendrite->coming = calloc(rows * lanes, sizeof *dendrite->coming);
  dendrite->current = calloc(rows * lanes, sizeof *dendrite->current);
  dendrite->coming_activity = calloc(params->lines, sizeof *dendrite->coming_activity);
  dendrite->current_activity = calloc(params->lines, sizeof *dendrite->current_activity);
  dendrite->row = calloc(rows, sizeof *dendrite->row);
  dendrite->exact = calloc(rows * lanes, sizeof *dendrite->exact);
  if (dendrite->coming == NULL || dendrite->current == NULL || dendrite->coming_activity == NULL ||
      dendrite->current_activity == NULL || dendrite->row == NULL || dendrite->exact == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "golden tile: no memory for the accumulators of %u lines",
                   params->lines);
  return NT_OK;
}

void nt_dendrite_free(nt_dendrite_t *dendrite) {
  free(dendrite->coming);
  free(dendrite->current);
  free(dendrite->coming_activity);
  free(dendrite->current_activity);
  free(dendrite->row);
  free(dendrite->exact);
  *dendrite = (nt_dendrite_t){0};
}

/// The row becomes active and zero.
static void activate(nt_dendrite_t *dendrite, uint32_t row) {
  const uint32_t line = row % dendrite->lines;
  dendrite->coming_activity[line] =
      (uint8_t)(dendrite->coming_activity[line] | 1U << row / dendrite->lines);
  memset(nt_dendrite_lanes(dendrite, row), 0, dendrite->lanes * sizeof *dendrite->coming);
  dendrite->row[row] = (nt_dendrite_row_t){0};
}

/// Starts a row's exact sums. Until now its accumulators were exact: no addition had brought the
/// bound to the limit.
static void keep_exact(nt_dendrite_t *dendrite, uint32_t row) {
  const uint32_t *acc = nt_dendrite_lanes(dendrite, row);
  uint64_t *exact = dendrite->exact + (size_t)row * dendrite->lanes;
  for (uint32_t lane = 0; lane < dendrite->lanes; lane++)
    exact[lane] = (uint64_t)(int64_t)wrapped(dendrite, acc[lane]);
  dendrite->row[row].exact = true;
  dendrite->exact_rows++;
}

bool nt_dendrite_charge(nt_dendrite_t *dendrite, uint32_t row, uint64_t bound) {
  if (!row_active(dendrite, row))
    activate(dendrite, row);
  nt_dendrite_row_t *known = &dendrite->row[row];
  known->added = bound < bound_max - known->added ? known->added + bound : bound_max;
  if (known->base + known->added < acc_limit(dendrite))
    return false;
  known->unjudged |= bound >= acc_limit(dendrite);
  dendrite->exceeded = true;
  if (!known->exact)
    keep_exact(dendrite, row);
  return true;
}

void nt_dendrite_add_exact(nt_dendrite_t *dendrite, uint32_t row, uint32_t lane, int64_t term) {
  dendrite->exact[(size_t)row * dendrite->lanes + lane] += (uint64_t)term;
}

/// True when an exact sum of the row is outside the ACC_BITS range.
static bool row_overflowed(const nt_dendrite_t *dendrite, uint32_t row) {
  const uint64_t limit = acc_limit(dendrite);
  const uint64_t *exact = dendrite->exact + (size_t)row * dendrite->lanes;
  for (uint32_t lane = 0; lane < dendrite->lanes; lane++)
    if (exact[lane] + limit >= 2 * limit)
      return true;
  return false;
}

nt_golden_verdict_t nt_dendrite_judge(nt_dendrite_t *dendrite) {
  const uint32_t rows = NT_DENDRITES * dendrite->lines;
  if (dendrite->exact_rows > 0 && !dendrite->overflowed)
    for (uint32_t row = 0; row < rows && !dendrite->overflowed; row++)
      if (dendrite->row[row].exact && !dendrite->row[row].unjudged)
        dendrite->overflowed = row_overflowed(dendrite, row);
  if (dendrite->overflowed)
    return NT_GOLDEN_MUST_BE_1;
  return dendrite->exceeded ? NT_GOLDEN_UNSPECIFIED : NT_GOLDEN_MUST_BE_0;
}

void nt_dendrite_acknowledge(nt_dendrite_t *dendrite) {
  const uint32_t rows = NT_DENDRITES * dendrite->lines;
  for (uint32_t row = 0; row < rows; row++)
    dendrite->row[row].unjudged |= dendrite->row[row].exact;
  dendrite->exceeded = false;
  dendrite->overflowed = false;
}

void nt_dendrite_settle(nt_dendrite_t *dendrite) {
  const uint32_t rows = NT_DENDRITES * dendrite->lines;
  if (dendrite->acc_bits == 32)
    return;
  for (uint32_t row = 0; row < rows; row++) {
    if (!row_active(dendrite, row))
      continue;
    uint32_t *acc = nt_dendrite_lanes(dendrite, row);
    for (uint32_t lane = 0; lane < dendrite->lanes; lane++)
      acc[lane] = (uint32_t)wrapped(dendrite, acc[lane]);
  }
}

void nt_dendrite_clear(nt_dendrite_t *dendrite) {
  (void)nt_dendrite_judge(dendrite);
  memset(dendrite->coming_activity, 0, dendrite->lines);
  if (dendrite->exact_rows > 0)
    memset(dendrite->row, 0, NT_DENDRITES * dendrite->lines * sizeof *dendrite->row);
  dendrite->exact_rows = 0;
}

void nt_dendrite_swap(nt_dendrite_t *dendrite) {
  nt_dendrite_settle(dendrite);
  memcpy(dendrite->current_activity, dendrite->coming_activity, dendrite->lines);
  uint32_t *const filled = dendrite->coming;
  dendrite->coming = dendrite->current;
  dendrite->current = filled;
  nt_dendrite_clear(dendrite);
}

bool nt_dendrite_pending(const nt_dendrite_t *dendrite) {
  for (uint32_t line = 0; line < dendrite->lines; line++)
    if (dendrite->coming_activity[line] != 0)
      return true;
  return false;
}

int32_t nt_dendrite_current(const nt_dendrite_t *dendrite, uint32_t which, uint32_t line,
                            uint32_t lane) {
  const uint32_t row = nt_dendrite_row(dendrite, which, line);
  if ((dendrite->current_activity[line] >> row / dendrite->lines & 1) == 0)
    return 0;
  return nt_arith_wrap(dendrite->current[(size_t)row * dendrite->lanes + lane], 32);
}

uint32_t nt_dendrite_read_acc(const nt_dendrite_t *dendrite, uint32_t addr) {
  return row_active(dendrite, addr / dendrite->lanes)
             ? (uint32_t)wrapped(dendrite, dendrite->coming[addr])
             : 0;
}

/// Notes a value that reached an accumulator other than by addition.
static void note_written(nt_dendrite_row_t *known, int32_t value) {
  if (known->base < magnitude(value))
    known->base = magnitude(value);
}

void nt_dendrite_write_acc(nt_dendrite_t *dendrite, uint32_t addr, uint32_t value) {
  nt_dendrite_row_t *known = &dendrite->row[addr / dendrite->lanes];
  const int32_t kept = wrapped(dendrite, value);
  (void)nt_dendrite_judge(dendrite);
  dendrite->coming[addr] = (uint32_t)kept;
  dendrite->exact[addr] = (uint64_t)(int64_t)kept;
  note_written(known, kept);
}

void nt_dendrite_write_act(nt_dendrite_t *dendrite, uint32_t line, uint32_t value) {
  (void)nt_dendrite_judge(dendrite);
  for (uint32_t which = 0; which < NT_DENDRITES; which++) {
    const uint32_t row = nt_dendrite_row(dendrite, which, line);
    const bool active = (value >> which & 1) != 0;
    if (active == row_active(dendrite, row))
      continue;
    dendrite->exact_rows -= dendrite->row[row].exact ? 1 : 0;
    dendrite->row[row] = (nt_dendrite_row_t){0};
    const uint32_t *acc = nt_dendrite_lanes(dendrite, row);
    for (uint32_t lane = 0; active && lane < dendrite->lanes; lane++)
      note_written(&dendrite->row[row], wrapped(dendrite, acc[lane]));
  }
  dendrite->coming_activity[line] = (uint8_t)(value & ((1U << NT_DENDRITES) - 1));
}
