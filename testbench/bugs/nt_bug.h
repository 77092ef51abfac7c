// SPDX-License-Identifier: Apache-2.0
// nt_bug: a bug planted in the RTL as a variant (bugs.json), a run of the script with it, and what
// was reported.
#ifndef NT_BUG_H
#define NT_BUG_H

#include "nt_status.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

/// The list, an array of objects; each has, beside what testbench/variants/instrument.py reads:
///   name    of the test, bug_NAME
///   what    what is wrong, for people
///   ending  "mismatch", "assertion" or "timeout"
///   report  with "mismatch": keys of the report's JSON and their values; of texts a part
///   hint    with "mismatch": name of the best hint; "says": a part of its text
///   error   with the other endings: parts of the error's text
/// The caller deletes it. NT_ERR_IO, NT_ERR_FORMAT (name the file).
nt_status_t nt_bug_list(const char *path, cJSON **list, nt_error_t *err);
/// The entry of this name, NULL if there is none.
const cJSON *nt_bug_find(const cJSON *list, const char *name);
/// A text of the entry, "" if it has none.
const char *nt_bug_text(const cJSON *bug, const char *key);

/// How a run ended.
typedef struct nt_bug_run {
  nt_status_t status; ///< NT_OK: no difference was found
  char error[512];
  cJSON *report;     ///< with NT_ERR_MISMATCH, else NULL
  char *text;        ///< the same as text
  double seconds;    ///< from the opening of the systems to the finished report
  uint64_t compared; ///< values
} nt_bug_run_t;

/// Runs the script with variant `number`; 0 is the tile as it is. False, with `err`, if not even
/// that was possible. Freed by nt_bug_run_free() either way.
bool nt_bug_run(uint32_t number, nt_bug_run_t *run, nt_error_t *err);
void nt_bug_run_free(nt_bug_run_t *run);
/// True if the run ended as the entry says; else `what` says how not.
bool nt_bug_is_reported(const cJSON *bug, const nt_bug_run_t *run, char what[512]);

#endif
