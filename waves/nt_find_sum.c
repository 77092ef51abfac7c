// SPDX-License-Identifier: Apache-2.0
// The additions to one accumulator, one by one.
#include "nt_edges.h"
#include "nt_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  TIMESTEP,
  START,
  FILL_SEL,
  ADD_EN,
  ADD_ROW,
  ACT_COMING,
  DIGITS,
  TERM1,
  TERM2,
  TERM3,
  ACC0,
  ACC1,
  NAMES
};
static const char *const names[NAMES] = {[TIMESTEP] = ".nt_tile.timestep_o",
                                         [START] = "start_i",
                                         [FILL_SEL] = "u_dendrite.fill_sel_q",
                                         [ADD_EN] = "u_dendrite.add_en_q",
                                         [ADD_ROW] = "u_dendrite.add_row_q",
                                         [ACT_COMING] = "u_dendrite.act_coming_q",
                                         [DIGITS] = "digits",
                                         [TERM1] = "t1",
                                         [TERM2] = "t2",
                                         [TERM3] = "t3",
                                         [ACC0] = ".watch.acc0",
                                         [ACC1] = ".watch.acc1"};

typedef struct additions {
  const nt_facts_t *facts;
  unsigned bits;     // of an accumulator
  uint32_t row, act; // row, and number of its activity bit
  bool begun, done;
  int64_t sum;     // as the additions so far should have left it in the memory
  bool *used;      // [facts->products] products seen since the buffers were exchanged
  bool added, odd; // an addition, and a wrong one, was seen since then
  uint64_t last;   // time of the last addition that changed the sum
  nt_found_t *found;
} additions_t;

static int64_t wrap(int64_t value, unsigned bits) {
  const uint64_t sign = UINT64_C(1) << (bits - 1);
  const uint64_t kept = (uint64_t)value & (2 * sign - 1);
  return (int64_t)(kept ^ sign) - (int64_t)sign;
}

static int64_t accumulator(const nt_vcd_moment_t *moment, unsigned buffer) {
  return wrap((int64_t)nt_vcd_number(moment->value[buffer == 0 ? ACC0 : ACC1]), 32);
}

// Takes one product of this value away; false if there is none.
static bool take_product(additions_t *a, int64_t value) {
  for (size_t i = 0; i < a->facts->products; i++) {
    if (!a->used[i] && wrap(a->facts->product[i], a->bits) == value) {
      a->used[i] = true;
      return true;
    }
  }
  return false;
}

static void see_addition(additions_t *a, const nt_edge_t *edge) {
  const unsigned buffer = nt_vcd_number(edge->before->value[FILL_SEL]) != 0;
  const unsigned digit = (unsigned)nt_vcd_bits(edge->before->value[DIGITS], 2 * a->facts->lane, 2);
  const int64_t term =
      digit == 0 ? 0
                 : wrap((int64_t)nt_vcd_number(edge->before->value[TERM1 + digit - 1]), a->bits);
  const int64_t now = accumulator(edge->after, buffer), change = wrap(now - a->sum, a->bits);
  const bool sum = change == term;
  const bool product = !a->facts->has_products || change == 0 || take_product(a, change);
  if (!a->odd && !(sum && product)) {
    a->odd = true;
    a->found->time = edge->time;
    (void)snprintf(a->found->what, sizeof a->found->what,
                   sum ? "adds %" PRId64 ", which no spike's product is"
                       : "changes the sum by %" PRId64 ", digit %u says %" PRId64,
                   change, digit, term);
  }
  if (!a->added || change != 0) {
    a->last = edge->time;
  }
  a->added = true;
  a->sum = now;
}

static void see_exchange(additions_t *a, const nt_edge_t *edge) {
  if (nt_vcd_number(edge->before->value[TIMESTEP]) != a->facts->timestep) {
    a->added = a->odd = false;
    a->sum = 0;
    memset(a->used, 0, a->facts->products * sizeof *a->used);
    return;
  }
  a->done = true;
  a->found->buffer = nt_vcd_number(edge->before->value[FILL_SEL]) != 0;
  a->found->got_time = a->added ? a->last : edge->time;
  if (!a->odd) {
    a->found->time = a->found->got_time;
    (void)snprintf(a->found->what, sizeof a->found->what, "%s",
                   !a->added                ? "the buffers are exchanged: nothing was added before"
                   : a->facts->has_products ? "the last addition: what is missing did not come"
                                            : "the last addition");
  }
}

static void see_edge(void *user, const nt_edge_t *edge) {
  additions_t *a = user;
  const nt_vcd_moment_t *before = edge->before;
  if (a->done) {
    return;
  }
  if (!a->begun) { // what the row held when the trace began counts only if it was active
    a->begun = true;
    a->sum = nt_vcd_bits(before->value[ACT_COMING], a->act, 1) != 0
                 ? accumulator(before, nt_vcd_number(before->value[FILL_SEL]) != 0)
                 : 0;
  }
  if (nt_vcd_number(before->value[ADD_EN]) != 0 &&
      nt_vcd_number(before->value[ADD_ROW]) == a->row) {
    see_addition(a, edge);
  }
  if (nt_vcd_number(before->value[START]) != 0) {
    see_exchange(a, edge);
  }
}

nt_status_t nt_find_sum(const nt_vcd_t *vcd, const nt_facts_t *facts, nt_found_t *found,
                        nt_error_t *err) {
  int activity = -1, term = -1;
  nt_status_t status = nt_edges_find(vcd, facts->core, names[ACT_COMING], &activity, err);
  if (status == NT_OK) {
    status = nt_edges_find(vcd, facts->core, names[TERM1], &term, err);
  }
  if (status != NT_OK) {
    return status;
  }
  const uint32_t lines = nt_vcd_width(vcd, activity) / NT_DENDRITES;
  additions_t a = {.facts = facts,
                   .bits = nt_vcd_width(vcd, term),
                   .row = facts->index * lines + facts->line,
                   .act = facts->line * NT_DENDRITES + facts->index,
                   .used = calloc(facts->products + 1, sizeof *a.used),
                   .found = found};
  if (a.used == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "additions: out of memory");
  }
  status = nt_edges_watch(vcd, facts->core, names, NAMES, see_edge, &a, err);
  free(a.used);
  if (status == NT_OK && !a.done) {
    status = nt_fail(err, NT_ERR_FORMAT, "the trace does not hold the start of timestep %u",
                     facts->timestep);
  }
  return status;
}
