// SPDX-License-Identifier: Apache-2.0
#include "nt_bug.h"

#include "nt_backend.h"
#include "nt_bug_network.h"
#include "nt_clock.h"
#include "nt_explain.h"
#include "nt_rtl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CYCLES = 100000 }; // far more than a step of the script takes

nt_status_t nt_bug_list(const char *path, cJSON **list, nt_error_t *err) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  long size = -1;
  if (file != NULL && fseek(file, 0, SEEK_END) == 0) {
    size = ftell(file);
    rewind(file);
  }
  if (size >= 0) {
    text = calloc((size_t)size + 1, 1);
  }
  const bool read = text != NULL && fread(text, 1, (size_t)size, file) == (size_t)size;
  if (file != NULL) {
    (void)fclose(file);
  }
  *list = read ? cJSON_Parse(text) : NULL;
  free(text);
  if (!read) {
    return nt_fail(err, NT_ERR_IO, "%s: cannot be read", path);
  }
  if (!cJSON_IsArray(*list)) {
    cJSON_Delete(*list);
    *list = NULL;
    return nt_fail(err, NT_ERR_FORMAT, "%s: is no JSON array", path);
  }
  return NT_OK;
}

const char *nt_bug_text(const cJSON *bug, const char *key) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(bug, key));
  return text != NULL ? text : "";
}

const cJSON *nt_bug_find(const cJSON *list, const char *name) {
  const cJSON *bug = NULL;
  cJSON_ArrayForEach(bug, list) {
    if (strcmp(nt_bug_text(bug, "name"), name) == 0) {
      return bug;
    }
  }
  return NULL;
}

// ---- a run --------------------------------------------------------------------------------------

typedef struct bench {
  nt_image_t *image;
  nt_backend_t golden_tile, rtl_tile;
  nt_system_t *golden, *dut;
  nt_lockstep_t *lockstep;
} bench_t;

static nt_status_t open_bench(bench_t *b, nt_error_t *err) {
  const nt_params_t params = nt_rtl_params();
  b->golden_tile = nt_backend_golden(&params);
  b->rtl_tile = (nt_backend_t){.name = "rtl", .shape = "", .params = params, .open = nt_rtl_open};
  nt_status_t status = nt_bug_network(&params, &b->image, err);
  if (status == NT_OK) {
    status =
        nt_system_open(b->image, nt_backend_open_tile, &b->golden_tile, CYCLES, &b->golden, err);
  }
  if (status == NT_OK) {
    status = nt_system_open(b->image, nt_backend_open_tile, &b->rtl_tile, CYCLES, &b->dut, err);
  }
  if (status == NT_OK) {
    status = nt_lockstep_open(b->image, b->golden, b->dut, &b->lockstep, err);
  }
  if (status == NT_OK) {
    nt_lockstep_set_level(b->lockstep, NT_LEVEL_STAGES);
  }
  return status;
}

static void close_bench(bench_t *b) {
  nt_lockstep_close(b->lockstep);
  nt_system_close(b->golden);
  nt_system_close(b->dut);
  nt_image_free(b->image);
}

static bool report(const bench_t *b, nt_bug_run_t *run, nt_error_t *err) {
  nt_mismatch_report_t found;
  const nt_status_t status = nt_explain(b->lockstep, &found, err);
  char *json = status == NT_OK ? nt_mismatch_report_json(&found) : NULL;
  run->text = status == NT_OK ? nt_mismatch_report_text(&found) : NULL;
  nt_mismatch_report_free(&found);
  run->report = json != NULL ? cJSON_Parse(json) : NULL;
  free(json);
  if (status == NT_OK && (run->report == NULL || run->text == NULL)) {
    (void)nt_fail(err, NT_ERR_MEMORY, "planted bugs: out of memory");
  }
  return run->report != NULL && run->text != NULL;
}

bool nt_bug_run(uint32_t number, nt_bug_run_t *run, nt_error_t *err) {
  char variant[12];
  bench_t bench = {.image = NULL};
  *run = (nt_bug_run_t){.status = NT_OK};
  (void)snprintf(variant, sizeof variant, "%" PRIu32, number);
  if (setenv("NT_VARIANT", variant, 1) != 0) {
    (void)nt_fail(err, NT_ERR_MEMORY, "planted bugs: out of memory");
    return false;
  }
  const double start = nt_clock_now();
  bool ok = open_bench(&bench, err) == NT_OK;
  if (ok) {
    nt_error_t error = {.text = ""};
    run->status = nt_bug_script(bench.lockstep, &error);
    (void)snprintf(run->error, sizeof run->error, "%s", error.text);
    if (run->status == NT_ERR_MISMATCH) {
      ok = report(&bench, run, err);
    }
    run->seconds = nt_clock_now() - start;
    const nt_lockstep_stats_t s = nt_lockstep_stats(bench.lockstep);
    run->compared = s.accumulators + s.state_words + s.spikes + s.counters + s.swept_words;
  }
  close_bench(&bench);
  return ok;
}

void nt_bug_run_free(nt_bug_run_t *run) {
  cJSON_Delete(run->report);
  free(run->text);
}

// ---- what was expected --------------------------------------------------------------------------

// Says what is wrong about one thing; returns false.
static bool differs(char what[512], const char *key, const char *expected, const char *found) {
  (void)snprintf(what, 512, "%s: expected \"%s\", found \"%s\"", key, expected, found);
  return false;
}

// The value as text.
static void print_item(const cJSON *item, char text[128]) {
  if (cJSON_IsNumber(item)) {
    (void)snprintf(text, 128, "%.0f", cJSON_GetNumberValue(item));
  } else {
    (void)snprintf(text, 128, "%s", cJSON_IsString(item) ? item->valuestring : "nothing");
  }
}

// A number is the same, a text part of the one found.
static bool item_fits(const cJSON *expected, const cJSON *found, char what[512]) {
  char e[128], f[128];
  print_item(expected, e);
  print_item(found, f);
  const bool fits = cJSON_IsNumber(expected) ? strcmp(e, f) == 0 : strstr(f, e) != NULL;
  return fits || differs(what, expected->string, e, f);
}

bool nt_bug_is_reported(const cJSON *bug, const nt_bug_run_t *run, char what[512]) {
  const char *ending = nt_bug_text(bug, "ending");
  const nt_status_t status = strcmp(ending, "mismatch") == 0    ? NT_ERR_MISMATCH
                             : strcmp(ending, "assertion") == 0 ? NT_ERR_RTL_ASSERT
                                                                : NT_ERR_TIMEOUT;
  if (run->status != status) {
    return differs(what, "ending", ending, nt_status_str(run->status));
  }
  if (status != NT_ERR_MISMATCH) {
    const cJSON *part = NULL;
    cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(bug, "error")) {
      if (strstr(run->error, part->valuestring) == NULL) {
        return differs(what, "error", part->valuestring, run->error);
      }
    }
    return true;
  }
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(bug, "report")) {
    if (!item_fits(item, cJSON_GetObjectItemCaseSensitive(run->report, item->string), what)) {
      return false;
    }
  }
  const cJSON *best = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(run->report, "hints"), 0);
  if (strcmp(nt_bug_text(best, "name"), nt_bug_text(bug, "hint")) != 0) {
    return differs(what, "best hint", nt_bug_text(bug, "hint"), nt_bug_text(best, "name"));
  }
  if (strstr(nt_bug_text(best, "text"), nt_bug_text(bug, "says")) == NULL) {
    return differs(what, "hint", nt_bug_text(bug, "says"), nt_bug_text(best, "text"));
  }
  const char *suspects = nt_bug_text(run->report, "suspects"), *file = nt_bug_text(bug, "file");
  return strstr(suspects, file) != NULL || differs(what, "suspects", file, suspects);
}
