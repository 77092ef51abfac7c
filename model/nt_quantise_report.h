// SPDX-License-Identifier: Apache-2.0
// The integer run over the calibration text. Internal to nt_model.
#ifndef NT_QUANTISE_REPORT_H
#define NT_QUANTISE_REPORT_H

#include "nt_calibrate.h"
#include "nt_quantise.h"

/// Runs `model` over `tokens` [count] and fills `*out`, released with nt_quantise_report_free; NULL
/// on failure. Errors: NT_ERR_RANGE a tensor saturates in more than NT_SATURATION_MAX of its
/// values; NT_ERR_MEMORY; those of nt_integer_model_open and nt_integer_model_step.
nt_status_t nt_quantise_report_make(const nt_qmodel_t *model, const nt_calibration_t *calibration,
                                    const uint32_t *tokens, size_t count,
                                    nt_quantise_report_t **out, nt_error_t *err);

#endif
