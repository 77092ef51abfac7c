// SPDX-License-Identifier: Apache-2.0
#include "nt_price.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

nt_status_t nt_price_measure(nt_price_t *price, nt_price_fn run, void *user, nt_error_t *err) {
  const size_t total = (price->turns + 1) * price->ways;
  for (size_t i = 0; i < total; i++) {
    const size_t turn = i / price->ways, at = i % price->ways;
    const size_t way = turn % 2 == 0 ? at : price->ways - 1 - at;
    double seconds = 0;
    const nt_status_t status = run(user, way, &seconds, err);
    if (status != NT_OK) {
      return status;
    }
    if (seconds <= 0) {
      return nt_fail(err, NT_ERR_INTERNAL, "%s: way %s took %g s", price->what, price->name[way],
                     seconds);
    }
    if (turn > 0) {
      price->seconds[way][turn - 1] = seconds;
    }
    nt_listener_tell(price->listener, price->what, i + 1, total);
  }
  return NT_OK;
}

static int by_value(const void *left, const void *right) {
  const double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static nt_ratio_t summarise(double *value, size_t count) {
  qsort(value, count, sizeof *value, by_value);
  return (nt_ratio_t){.median = (value[(count - 1) / 2] + value[count / 2]) / 2,
                      .least = value[0],
                      .most = value[count - 1]};
}

nt_ratio_t nt_price_ratio(const nt_price_t *price, size_t way) {
  double ratio[NT_PRICE_TURNS_MAX];
  for (size_t i = 0; i < price->turns; i++) {
    ratio[i] = price->seconds[way][i] / price->seconds[0][i];
  }
  return summarise(ratio, price->turns);
}

double nt_price_seconds(const nt_price_t *price, size_t way) {
  double seconds[NT_PRICE_TURNS_MAX];
  memcpy(seconds, price->seconds[way], price->turns * sizeof *seconds);
  return summarise(seconds, price->turns).median;
}

void nt_price_print(const nt_price_t *price) {
  (void)printf("  %s: times as a ratio to %s (%.3f s), median, least and most of %zu turns\n",
               price->what, price->name[0], nt_price_seconds(price, 0), price->turns);
  for (size_t way = 1; way < price->ways; way++) {
    const nt_ratio_t r = nt_price_ratio(price, way);
    (void)printf("    %-20s %7.3f  (%.3f to %.3f)\n", price->name[way], r.median, r.least, r.most);
  }
}

cJSON *nt_price_json(const nt_price_t *price, cJSON *json, const char *key) {
  cJSON *item = cJSON_AddObjectToObject(json, key);
  (void)cJSON_AddNumberToObject(item, "turns", (double)price->turns);
  (void)cJSON_AddStringToObject(item, "ratio_to", price->name[0]);
  for (size_t way = 1; way < price->ways; way++) {
    const nt_ratio_t r = nt_price_ratio(price, way);
    cJSON *row = cJSON_AddObjectToObject(item, price->name[way]);
    (void)cJSON_AddNumberToObject(row, "ratio", r.median);
    (void)cJSON_AddNumberToObject(row, "least", r.least);
    (void)cJSON_AddNumberToObject(row, "most", r.most);
  }
  return item;
}
