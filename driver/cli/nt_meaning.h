// SPDX-License-Identifier: Apache-2.0
// nt_meaning: what a place on the tiles stands for in the language model.
#ifndef NT_MEANING_H
#define NT_MEANING_H

#include "nt_layout.h"
#include "nt_mismatch_report.h"

/// Fills report->meaning; `token` is the number of the token at hand.
void nt_meaning_find(const nt_layout_t *layout, const nt_params_t *params, uint64_t token,
                     nt_mismatch_report_t *report);
/// Appends it to the one-line error text.
void nt_meaning_append(const nt_mismatch_report_t *report, nt_error_t *err);

#endif
