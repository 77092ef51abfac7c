// SPDX-License-Identifier: Apache-2.0
#include "nt_suite_show.h"

#include "nt_json_file.h"
#include "nt_suite_version.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const params_names[8] = {"cores",    "word_bits",  "pool_words",  "lines",
                                            "acc_bits", "prog_words", "table_words", "groups"};

/// A difference weighs more than a crash, and that more than a hang: it says most.
static nt_status_t status_of(const nt_suite_result_t *result) {
  switch (result->verdict) {
  case NT_SUITE_PASS:
  case NT_SUITE_SKIPPED: return NT_OK;
  case NT_SUITE_DIFFERS:
  case NT_SUITE_NOTHING: return NT_ERR_MISMATCH;
  case NT_SUITE_CRASHED: return NT_ERR_DEVICE;
  case NT_SUITE_HANGS: return NT_ERR_TIMEOUT;
  case NT_SUITE_REFUSED: return (nt_status_t)result->refusal;
  }
  return NT_ERR_INTERNAL;
}

static int weight(nt_status_t status) {
  static const nt_status_t order[] = {NT_OK, NT_ERR_TIMEOUT, NT_ERR_DEVICE, NT_ERR_MISMATCH};
  for (int i = 0; i < 4; i++)
    if (order[i] == status)
      return i;
  return 4; // the back end could not be had: nothing else matters
}

nt_suite_total_t nt_suite_sum(const nt_suite_result_t *results, size_t count) {
  nt_suite_total_t total = {.status = NT_OK};
  for (size_t i = 0; i < count; i++) {
    const nt_status_t status = status_of(&results[i]);
    total.groups++;
    total.failed += status != NT_OK;
    total.skipped += results[i].verdict == NT_SUITE_SKIPPED;
    total.cases += results[i].cases;
    total.values += results[i].values;
    if (weight(status) > weight(total.status))
      total.status = status;
  }
  if (total.status == NT_OK && total.values == 0)
    total.status = NT_ERR_MISMATCH;
  return total;
}

void nt_suite_show_head(const nt_suite_setup_t *setup, const nt_suite_result_t *r) {
  const uint32_t *p = r->params;
  (void)printf("neurotile conformance suite %s\n", NT_SUITE_VERSION);
  if (r->back_end[0] == '\0') // it did not come so far
    return;
  const bool file = strchr(setup->back_end, '/') != NULL;
  (void)printf("back end %s%s%s%s, shape %s: %" PRIu32 " cores, %" PRIu32 "-bit words, %" PRIu32
               " pool words, %" PRIu32 " lines, %" PRIu32 "-bit accumulators, %" PRIu32
               " instructions, %" PRIu32 " constants, %" PRIu32 " groups\n\n",
               r->back_end, file ? " (" : "", file ? setup->back_end : "", file ? ")" : "",
               r->shape, p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7]);
  (void)printf("%-13s %-54s %5s %10s %7s  %s\n", "group", "what is compared", "cases", "values",
               "seconds", "verdict");
}

void nt_suite_show_row(const nt_suite_result_t *r) {
  (void)printf("%-13s %-54s %5" PRIu32 " %10" PRIu64 " %7.1f  %s\n", r->group->name,
               r->group->about, r->cases, r->values, r->seconds, nt_suite_verdict_str(r->verdict));
  (void)fflush(stdout);
}

static void show_trouble(const nt_suite_setup_t *setup, const nt_suite_result_t *r) {
  const nt_suite_case_t *fault = nt_suite_result_fault(r);
  if (r->verdict == NT_SUITE_PASS)
    return;
  (void)printf("\n%s %s", r->group->name, nt_suite_verdict_str(r->verdict));
  if (r->text[0] != '\0')
    (void)printf(": %s", r->text);
  (void)printf("\n");
  if (r->verdict == NT_SUITE_SKIPPED || r->verdict == NT_SUITE_REFUSED)
    return;
  uint32_t shown = 0;
  enum { MOST = 4 };
  for (uint32_t i = 0; i < r->cases && fault != NULL; i++) {
    const nt_suite_case_t *c = &r->item[i];
    if (c->ok || !c->ended)
      continue;
    if (shown++ < MOST)
      (void)printf("  %s\n    %s\n", c->name,
                   c->fault[0] != '\0' ? c->fault : "failed without a comparison: see the log");
  }
  if (shown > MOST)
    (void)printf("  and %" PRIu32 " more\n", shown - MOST);
  (void)printf("  specified in %s", r->group->page);
  if (setup->log[0] != '\0')
    (void)printf("; log: %s/%s.log", setup->log, r->group->name);
  (void)printf("\n");
}

void nt_suite_show_verdict(const nt_suite_setup_t *setup, const nt_suite_result_t *results,
                           size_t count) {
  const nt_suite_total_t total = nt_suite_sum(results, count);
  const nt_suite_result_t *first = &results[0];
  for (size_t i = 0; i < count; i++)
    show_trouble(setup, &results[i]);
  (void)printf("\n%s: suite %s, back end %s, shape %s: ", total.status == NT_OK ? "PASS" : "FAIL",
               NT_SUITE_VERSION, first->back_end[0] != '\0' ? first->back_end : setup->back_end,
               first->shape[0] != '\0' ? first->shape : "unknown");
  if (total.failed > 0)
    (void)printf("%" PRIu32 " of ", total.failed);
  (void)printf("%" PRIu32 " groups%s", total.groups, total.failed > 0 ? " failed" : "");
  if (total.skipped > 0)
    (void)printf(" (%" PRIu32 " not run)", total.skipped);
  (void)printf(", %" PRIu32 " cases, %" PRIu64 " values compared\n", total.cases, total.values);
}

// ---- JSON ---------------------------------------------------------------------------------------

static cJSON *group_json(const nt_suite_result_t *r) {
  cJSON *group = cJSON_CreateObject();
  cJSON *cases = cJSON_CreateArray();
  (void)cJSON_AddStringToObject(group, "group", r->group->name);
  (void)cJSON_AddStringToObject(group, "verdict", nt_suite_verdict_str(r->verdict));
  (void)cJSON_AddNumberToObject(group, "values", (double)r->values);
  (void)cJSON_AddNumberToObject(group, "seconds", r->seconds);
  if (r->text[0] != '\0')
    (void)cJSON_AddStringToObject(group, "reason", r->text);
  (void)cJSON_AddStringToObject(group, "page", r->group->page);
  for (uint32_t i = 0; i < r->cases; i++) {
    const nt_suite_case_t *c = &r->item[i];
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "case", c->name);
    (void)cJSON_AddBoolToObject(item, "pass", c->ok);
    (void)cJSON_AddNumberToObject(item, "values", (double)c->values);
    if (c->fault[0] != '\0')
      (void)cJSON_AddStringToObject(item, "difference", c->fault);
    (void)cJSON_AddItemToArray(cases, item);
  }
  (void)cJSON_AddItemToObject(group, "cases", cases);
  return group;
}

nt_status_t nt_suite_save(const char *path, const nt_suite_setup_t *setup,
                          const nt_suite_result_t *results, size_t count, nt_error_t *err) {
  const nt_suite_total_t total = nt_suite_sum(results, count);
  cJSON *root = cJSON_CreateObject();
  cJSON *params = cJSON_CreateObject();
  cJSON *groups = cJSON_CreateArray();
  (void)cJSON_AddStringToObject(root, "suite", NT_SUITE_VERSION);
  (void)cJSON_AddStringToObject(root, "asked_for", setup->back_end);
  (void)cJSON_AddStringToObject(root, "back_end", results[0].back_end);
  (void)cJSON_AddStringToObject(root, "shape", results[0].shape);
  for (size_t i = 0; i < 8; i++)
    (void)cJSON_AddNumberToObject(params, params_names[i], results[0].params[i]);
  (void)cJSON_AddItemToObject(root, "parameters", params);
  (void)cJSON_AddBoolToObject(root, "pass", total.status == NT_OK);
  (void)cJSON_AddNumberToObject(root, "status", total.status);
  (void)cJSON_AddNumberToObject(root, "cases", total.cases);
  (void)cJSON_AddNumberToObject(root, "values", (double)total.values);
  for (size_t i = 0; i < count; i++)
    (void)cJSON_AddItemToArray(groups, group_json(&results[i]));
  (void)cJSON_AddItemToObject(root, "groups", groups);
  return nt_json_file_write(path, root, err);
}
