// SPDX-License-Identifier: Apache-2.0
// nt_suite_result: what became of a group of the suite.
#ifndef NT_SUITE_RESULT_H
#define NT_SUITE_RESULT_H

#include "nt_suite_group.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum nt_suite_verdict {
  NT_SUITE_PASS,
  NT_SUITE_DIFFERS, ///< some case found a difference
  NT_SUITE_CRASHED, ///< the program died
  NT_SUITE_HANGS,   ///< the program was ended at the limit of time
  NT_SUITE_NOTHING, ///< no value was compared, and no reason given
  NT_SUITE_SKIPPED, ///< there is nothing to compare on this back end
  NT_SUITE_REFUSED  ///< the back end cannot be had
} nt_suite_verdict_t;

/// One word for the table.
const char *nt_suite_verdict_str(nt_suite_verdict_t verdict);

enum { NT_SUITE_NAME = 80, NT_SUITE_TEXT = 1024 };

typedef struct nt_suite_case {
  char name[NT_SUITE_NAME];
  bool ended, ok;
  uint64_t values;
  char fault[NT_SUITE_TEXT]; ///< its first difference, "" if none was told
} nt_suite_case_t;

typedef struct nt_suite_result {
  const nt_suite_group_t *group;
  nt_suite_verdict_t verdict;
  nt_suite_case_t *item;  ///< [cases], owned
  uint32_t cases, failed; ///< `failed`: cases that did not end well
  uint64_t values;
  double seconds;
  int refusal;              ///< NT_SUITE_REFUSED: nt_status_t of the reason
  char text[NT_SUITE_TEXT]; ///< reason of a skip, a refusal, a crash or a hang
  char back_end[NT_SUITE_NAME],
      shape[NT_SUITE_NAME]; ///< as the program named them; "" if it did not
  uint32_t params[8];       ///< in the order of nt_params_t
} nt_suite_result_t;

/// Takes one line of the program's record (nt_record.h), without its end.
void nt_suite_result_line(nt_suite_result_t *result, const char *line);
/// The case that ran last, or NULL.
const nt_suite_case_t *nt_suite_result_last(const nt_suite_result_t *result);
/// The first case that did not end well, or NULL.
const nt_suite_case_t *nt_suite_result_fault(const nt_suite_result_t *result);
void nt_suite_result_free(nt_suite_result_t *result);

#endif
