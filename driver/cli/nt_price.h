// SPDX-License-Identifier: Apache-2.0
// nt_price: what something costs, as a ratio of times within one run. Several ways of doing the
// same work run in turn, over and over; each turn gives one ratio of every way to the first, and
// the median of these is the price. What slows the machine down for a while slows all ways of a
// turn.
#ifndef NT_PRICE_H
#define NT_PRICE_H

#include "nt_listener.h"
#include "nt_status.h"

#include <cjson/cJSON.h>

enum { NT_PRICE_WAYS_MAX = 8, NT_PRICE_TURNS_MAX = 99 };

typedef struct nt_price {
  const char *what;                    ///< of the progress; static storage
  size_t ways, turns;                  ///< at most the maxima above
  const nt_listener_t *listener;       ///< NULL: none
  const char *name[NT_PRICE_WAYS_MAX]; ///< way 0 is what the others are compared with
  double seconds[NT_PRICE_WAYS_MAX][NT_PRICE_TURNS_MAX]; ///< by nt_price_measure
} nt_price_t;

/// Seconds of a way / seconds of way 0 in the same turn: median, least and most of all turns.
typedef struct nt_ratio {
  double median, least, most;
} nt_ratio_t;

/// Does the work in way `way` and says how long it took.
typedef nt_status_t (*nt_price_fn)(void *user, size_t way, double *seconds, nt_error_t *err);

/// One turn that does not count, then `turns`; every second turn goes backwards. The first failure
/// of `run` ends it.
nt_status_t nt_price_measure(nt_price_t *price, nt_price_fn run, void *user, nt_error_t *err);
nt_ratio_t nt_price_ratio(const nt_price_t *price, size_t way);
/// Median of the seconds of a way.
double nt_price_seconds(const nt_price_t *price, size_t way);
/// A line for each way but the first.
void nt_price_print(const nt_price_t *price);
/// Adds to `json` under `key` an object with the number of turns, the name of way 0, and
/// for every other way an object of its name with "ratio" (the median), "least" and "most".
cJSON *nt_price_json(const nt_price_t *price, cJSON *json, const char *key);

#endif
