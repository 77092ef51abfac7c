// SPDX-License-Identifier: Apache-2.0
// The report while it is made: formats as they are chosen, the ternary matrices, and the integer
// run over the calibration text. Internal to nt_model.
#ifndef NT_QUANTISE_REPORT_H
#define NT_QUANTISE_REPORT_H

#include "nt_quantise.h"

/// An empty report for a model of `layers` layers, NULL without memory.
nt_quantise_report_t *nt_quantise_report_new(size_t layers);

/// Adds the format of tensor "`place`.`index`.`tensor`", with `fraction` fraction bits.
void nt_quantise_report_format(nt_quantise_report_t *report, const char *place, size_t index,
                               const char *tensor, uint32_t width, int fraction, double largest);

/// Adds the format of the embedding.
void nt_quantise_report_embedding(nt_quantise_report_t *report, uint32_t width, int fraction,
                                  double largest);

/// Adds the format of code vector `vector` of a site.
void nt_quantise_report_codes(nt_quantise_report_t *report, const char *place, size_t index,
                              uint32_t vector, uint32_t width, double step, double largest);

/// Adds all ternary matrices.
void nt_quantise_report_matrices(nt_quantise_report_t *report, const nt_float_params_t *params);

/// Runs `model` over `tokens` [count] and adds the counters. Errors: NT_ERR_RANGE a tensor
/// saturates in more than the accepted share of its values; NT_ERR_MEMORY; those of
/// nt_integer_model_open and nt_integer_model_tokens.
nt_status_t nt_quantise_report_check(nt_quantise_report_t *report, const nt_qmodel_t *model,
                                     const uint32_t *tokens, size_t count,
                                     const nt_quantise_options_t *options, nt_error_t *err);

#endif
