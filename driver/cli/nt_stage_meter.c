// SPDX-License-Identifier: Apache-2.0
#include "nt_stage_meter.h"

#include "nt_clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#define SHOW_SECONDS 0.1 // at least between two notes

enum { PERCENT = 100, COUNT_MAX = 100000 }; // larger totals are shown in percent

// Processor time of the process.
static double cpu_time(void) {
  struct rusage usage;
  if (getrusage(RUSAGE_SELF, &usage) != 0) {
    return 0;
  }
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static uint64_t peak_memory(void) {
  struct rusage usage;
  return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

void nt_stage_meter_start(nt_stage_meter_t *meter, bool lines) {
  *meter = (nt_stage_meter_t){.lines = lines};
  nt_progress_start(&meter->line);
}

void nt_stage_meter_begin(nt_stage_meter_t *meter, const char *name) {
  nt_stage_meter_end(meter);
  meter->open_name = name;
  meter->started = nt_clock_now();
  meter->cpu_started = cpu_time();
  meter->shown = NULL;
}

void nt_stage_meter_end(nt_stage_meter_t *meter) {
  if (meter->open_name == NULL || meter->stages == NT_STAGES_MAX) {
    return;
  }
  nt_stage_cost_t *stage = &meter->stage[meter->stages++];
  *stage = (nt_stage_cost_t){.name = meter->open_name,
                             .seconds = nt_clock_now() - meter->started,
                             .cpu = cpu_time() - meter->cpu_started,
                             .peak = peak_memory()};
  meter->open_name = NULL;
  nt_progress_clear(&meter->line);
  if (meter->lines) {
    (void)printf("%-14s %8.2f s, peak memory %7.1f MiB\n", stage->name, stage->seconds,
                 (double)stage->peak / 1048576);
    (void)fflush(stdout);
  }
}

// A phrase not shown before starts an estimate of its own.
static void report(void *user, const char *stage, uint64_t done, uint64_t total) {
  nt_stage_meter_t *meter = user;
  const double now = nt_clock_now();
  if (meter->shown == NULL || strcmp(meter->shown, stage) != 0) {
    nt_progress_clear(&meter->line);
    nt_progress_start(&meter->line);
    meter->shown = stage;
  } else if (now - meter->shown_at < SHOW_SECONDS) {
    return;
  }
  meter->shown_at = now;
  if (total > COUNT_MAX) {
    done = done / (total / PERCENT);
    total = PERCENT;
  }
  nt_progress_note(&meter->line, stage, (size_t)done, (size_t)total);
}

nt_listener_t nt_stage_meter_listener(nt_stage_meter_t *meter) {
  return (nt_listener_t){report, meter};
}

void nt_stage_meter_report(const nt_stage_meter_t *meter, cJSON *root) {
  cJSON *stages = cJSON_AddArrayToObject(root, "stages");
  for (uint32_t k = 0; k < meter->stages; k++) {
    cJSON *stage = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(stage, "name", meter->stage[k].name);
    (void)cJSON_AddNumberToObject(stage, "seconds", meter->stage[k].seconds);
    (void)cJSON_AddNumberToObject(stage, "cpu_seconds", meter->stage[k].cpu);
    (void)cJSON_AddNumberToObject(stage, "peak_bytes", (double)meter->stage[k].peak);
    (void)cJSON_AddItemToArray(stages, stage);
  }
}
