// SPDX-License-Identifier: Apache-2.0
// nt_suite_show: the suite's table, its verdict, and both as JSON.
#ifndef NT_SUITE_SHOW_H
#define NT_SUITE_SHOW_H

#include "nt_suite_run.h"

/// What the groups run so far come to.
typedef struct nt_suite_total {
  uint32_t groups, failed, skipped, cases;
  uint64_t values;
  nt_status_t status; ///< exit status of the suite
} nt_suite_total_t;

nt_suite_total_t nt_suite_sum(const nt_suite_result_t *results, size_t count);
/// The head of the table, once the first group has named the back end.
void nt_suite_show_head(const nt_suite_setup_t *setup, const nt_suite_result_t *result);
void nt_suite_show_row(const nt_suite_result_t *result);
/// What went wrong, group by group, and the last line.
void nt_suite_show_verdict(const nt_suite_setup_t *setup, const nt_suite_result_t *results,
                           size_t count);
/// Writes all of it. NT_ERR_IO.
nt_status_t nt_suite_save(const char *path, const nt_suite_setup_t *setup,
                          const nt_suite_result_t *results, size_t count, nt_error_t *err);

#endif
