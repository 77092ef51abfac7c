// SPDX-License-Identifier: Apache-2.0
// nt_explain: looks at both systems after a mismatch and fills the report.
#ifndef NT_EXPLAIN_H
#define NT_EXPLAIN_H

#include "nt_mismatch_report.h"

/// Explains the mismatch that nt_lockstep_step or nt_lockstep_sweep has just returned; nothing was
/// run since. Fills everything but `meaning` and `command`. NT_ERR_MEMORY, or what a device says.
/// The caller frees the report with nt_mismatch_report_free(), also after a failure.
nt_status_t nt_explain(const nt_lockstep_t *lockstep, nt_mismatch_report_t *report,
                       nt_error_t *err);

/// The report of a value in which the golden system differs from the integer reference; nothing of
/// the device is looked at. `mismatch` is copied.
void nt_explain_level(const nt_mismatch_t *mismatch, nt_mismatch_report_t *report);

#endif
