// SPDX-License-Identifier: Apache-2.0
// nt_report_print: what quantisation did, as a table and as JSON.
#ifndef NT_REPORT_PRINT_H
#define NT_REPORT_PRINT_H

#include "nt_quantise.h"

#include <cjson/cJSON.h>
#include <stdio.h>

/// Writes the report as a table: a line per tensor, a line per ternary matrix, sums behind them.
void nt_report_print(FILE *out, const nt_quantise_report_t *report);

/// The report as a JSON object, to be added to another one or deleted by the caller; NULL without
/// memory. Members: calibration_tokens, weight_zeros, spike_zeros (shares), tensors and matrices,
/// arrays of objects with the fields of nt_quantise_row_t.
cJSON *nt_report_json(const nt_quantise_report_t *report);

#endif
