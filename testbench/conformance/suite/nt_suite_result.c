// SPDX-License-Identifier: Apache-2.0
#include "nt_suite_result.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *nt_suite_verdict_str(nt_suite_verdict_t verdict) {
  switch (verdict) {
  case NT_SUITE_PASS: return "pass";
  case NT_SUITE_DIFFERS: return "DIFFERS";
  case NT_SUITE_CRASHED: return "CRASHED";
  case NT_SUITE_HANGS: return "HANGS";
  case NT_SUITE_NOTHING: return "NOTHING COMPARED";
  case NT_SUITE_SKIPPED: return "not run";
  case NT_SUITE_REFUSED: return "REFUSED";
  }
  return "unknown";
}

static nt_suite_case_t *add_case(nt_suite_result_t *result) {
  nt_suite_case_t *grown = realloc(result->item, (result->cases + 1) * sizeof *grown);
  if (grown == NULL)
    abort();
  result->item = grown;
  nt_suite_case_t *item = &grown[result->cases++];
  memset(item, 0, sizeof *item);
  result->failed++; // until it ends well
  return item;
}

static void copy(char *to, size_t size, const char *from) {
  (void)snprintf(to, size, "%s", from);
}

/// The rest of the line if it begins with this word, else NULL.
static const char *after(const char *line, const char *word) {
  const size_t length = strlen(word);
  return strncmp(line, word, length) == 0 && line[length] == ' ' ? line + length + 1 : NULL;
}

static void take_begin(nt_suite_result_t *r, const char *rest) {
  int used = 0;
  if (sscanf(rest, "%79s %79s%n", r->back_end, r->shape, &used) != 2)
    return;
  for (size_t i = 0; i < 8; i++) {
    int more = 0;
    if (sscanf(rest + used, "%" SCNu32 "%n", &r->params[i], &more) != 1)
      return;
    used += more;
  }
}

static void take_done(nt_suite_result_t *r, const char *rest) {
  char word[8] = "";
  uint64_t values = 0;
  if (r->cases == 0 || sscanf(rest, "%7s %" SCNu64, word, &values) != 2)
    return;
  nt_suite_case_t *item = &r->item[r->cases - 1];
  item->ended = true;
  item->ok = strcmp(word, "ok") == 0;
  item->values = values;
  r->failed -= item->ok;
  r->values += values;
}

void nt_suite_result_line(nt_suite_result_t *r, const char *line) {
  const char *rest = NULL;
  if ((rest = after(line, "begin")) != NULL) {
    take_begin(r, rest);
  } else if ((rest = after(line, "case")) != NULL) {
    copy(add_case(r)->name, NT_SUITE_NAME, rest);
  } else if ((rest = after(line, "fault")) != NULL && r->cases > 0) {
    copy(r->item[r->cases - 1].fault, NT_SUITE_TEXT, rest);
  } else if ((rest = after(line, "done")) != NULL) {
    take_done(r, rest);
  } else if ((rest = after(line, "skip")) != NULL) {
    r->verdict = NT_SUITE_SKIPPED;
    copy(r->text, sizeof r->text, rest);
  } else if ((rest = after(line, "refused")) != NULL) {
    int used = 0;
    r->verdict = NT_SUITE_REFUSED;
    if (sscanf(rest, "%d %n", &r->refusal, &used) == 1)
      copy(r->text, sizeof r->text, rest + used);
  }
}

const nt_suite_case_t *nt_suite_result_last(const nt_suite_result_t *r) {
  return r->cases > 0 ? &r->item[r->cases - 1] : NULL;
}

const nt_suite_case_t *nt_suite_result_fault(const nt_suite_result_t *r) {
  for (uint32_t i = 0; i < r->cases; i++)
    if (!r->item[i].ok)
      return &r->item[i];
  return NULL;
}

void nt_suite_result_free(nt_suite_result_t *r) {
  free(r->item);
  r->item = NULL;
  r->cases = 0;
}
