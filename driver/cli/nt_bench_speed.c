// SPDX-License-Identifier: Apache-2.0
#include "nt_bench_speed.h"
#include "nt_price.h"
#include "nt_session.h"

#include <stdio.h>
#include <stdlib.h>

enum { WAY_NONE, WAY_OUTPUTS, WAY_STATE, WAY_STAGES, WAY_GOLDEN, WAYS };
static const struct {
  const char *name;
  nt_session_options_t options;
} ways[WAYS] = {
    [WAY_NONE] = {"no check", {.backend = NT_BACKEND_RTL}},
    [WAY_OUTPUTS] = {"outputs",
                     {.backend = NT_BACKEND_RTL, .check = true, .level = NT_LEVEL_OUTPUTS}},
    [WAY_STATE] = {"state", {.backend = NT_BACKEND_RTL, .check = true, .level = NT_LEVEL_STATE}},
    [WAY_STAGES] = {"stages", {.backend = NT_BACKEND_RTL, .check = true, .level = NT_LEVEL_STAGES}},
    [WAY_GOLDEN] = {"golden tiles alone", {.backend = NT_BACKEND_GOLDEN}},
};

typedef struct race {
  nt_session_t *session[WAYS];
  size_t tokens;
  int32_t *logits;
} race_t;

// The same text from its beginning, whatever ran before.
static nt_status_t run_way(void *user, size_t way, double *seconds, nt_error_t *err) {
  race_t *race = user;
  nt_session_t *session = race->session[way];
  const double before = nt_session_stats(session).seconds;
  nt_status_t status = nt_session_reset(session, err);
  for (size_t i = 0; i < race->tokens && status == NT_OK; i++) {
    const uint32_t token = (uint32_t)(i % nt_session_layout(session)->vocab);
    status = nt_session_token(session, token, race->logits, err);
  }
  *seconds = nt_session_stats(session).seconds - before;
  return status;
}

static void report(const nt_bench_speed_t *bench, const race_t *race, const nt_price_t *price,
                   cJSON *json) {
  const double runs = (double)bench->turns + 1; // with the one that does not count
  const nt_session_stats_t plain = nt_session_stats(race->session[WAY_NONE]),
                           state = nt_session_stats(race->session[WAY_STATE]);
  const double macs = (double)state.synapse_macs / runs, cycles = (double)plain.tile_cycles / runs;
  const double alone = nt_price_seconds(price, WAY_NONE);
  const struct {
    const char *name, *key;
    double share;
  } parts[] = {
      {"RTL", "rtl", state.dut_seconds / state.seconds},
      {"golden tiles", "golden", state.golden_seconds / state.seconds},
      {"reading and comparing", "compare", state.compare_seconds / state.seconds},
      {"integer reference and rest", "rest",
       1 - (state.dut_seconds + state.golden_seconds + state.compare_seconds) / state.seconds}};
  enum { PARTS = sizeof parts / sizeof parts[0] };

  nt_price_print(price);
  cJSON *item = nt_price_json(price, json, bench->name);
  (void)printf("    of the time of state:");
  cJSON *shares = cJSON_AddObjectToObject(item, "shares_of_state");
  for (int i = 0; i < PARTS; i++) {
    (void)printf(" %s %.3f%s", parts[i].name, parts[i].share, i + 1 < PARTS ? "," : "\n");
    (void)cJSON_AddNumberToObject(shares, parts[i].key, parts[i].share);
  }
  const double checked = nt_price_seconds(price, WAY_STATE),
               golden = nt_price_seconds(price, WAY_GOLDEN);
  (void)printf("    %.3g MACs/s RTL alone, %.3g MACs/s at level state, golden tiles alone %.3g; "
               "%.3g tile cycles/s\n",
               macs / alone, macs / checked, macs / golden, cycles / alone);
  (void)cJSON_AddNumberToObject(item, "macs", macs);
  (void)cJSON_AddNumberToObject(item, "rtl_macs_per_second", macs / alone);
  (void)cJSON_AddNumberToObject(item, "checked_macs_per_second", macs / checked);
  (void)cJSON_AddNumberToObject(item, "golden_macs_per_second", macs / golden);
  (void)cJSON_AddNumberToObject(item, "tile_cycles_per_second", cycles / alone);
}

nt_status_t nt_bench_speed(const nt_bench_speed_t *bench, const nt_image_t *image, cJSON *json,
                           nt_error_t *err) {
  race_t race = {.tokens = bench->tokens};
  nt_price_t *price = calloc(1, sizeof *price);
  if (price == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "bench: out of memory");
  }
  price->what = bench->name;
  price->ways = WAYS;
  price->turns = bench->turns;
  price->listener = bench->listener;
  nt_status_t status = NT_OK;
  for (size_t way = 0; way < WAYS && status == NT_OK; way++) {
    nt_session_options_t options = ways[way].options;
    options.max_cycles = bench->max_cycles;
    price->name[way] = ways[way].name;
    status = nt_session_open(image, &options, &race.session[way], err);
  }
  if (status == NT_OK) {
    race.logits = calloc(nt_session_layout(race.session[0])->vocab, sizeof *race.logits);
    status = race.logits != NULL ? nt_price_measure(price, run_way, &race, err)
                                 : nt_fail(err, NT_ERR_MEMORY, "bench: out of memory");
  }
  if (status == NT_OK) {
    report(bench, &race, price, json);
  }
  for (size_t way = 0; way < WAYS; way++) {
    nt_session_close(race.session[way]);
  }
  free(race.logits);
  free(price);
  return status;
}
