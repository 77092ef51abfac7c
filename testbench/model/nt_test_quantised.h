// SPDX-License-Identifier: Apache-2.0
// nt_test_quantised: float and integer versions of a checkpoint for tests. Failures fail the test.
#ifndef NT_TEST_QUANTISED_H
#define NT_TEST_QUANTISED_H

#include <stddef.h>
#include <stdint.h>

#include "nt_float_model.h"
#include "nt_quantise.h"

typedef struct nt_test_quantised {
  nt_float_model_t *model;
  nt_qmodel_t *qmodel;
  nt_quantise_report_t *report;
  uint32_t *calibration; ///< [calibration_count] tokens it was calibrated on
  size_t calibration_count;
} nt_test_quantised_t;

/// The small random checkpoint, calibrated on its recorded tokens.
nt_test_quantised_t nt_test_quantised_fixture(void);

/// The same with `options` (NULL: the usual ones).
nt_test_quantised_t nt_test_quantised_fixture_with(const nt_quantise_options_t *options);

/// The shipped checkpoint, calibrated on the first NT_CALIBRATION_TOKENS of its calibration text.
nt_test_quantised_t nt_test_quantised_pretrained(void);

void nt_test_quantised_free(nt_test_quantised_t *quantised);

/// The tokens of file `name` of the shipped checkpoint, begin mark first. Released with free.
uint32_t *nt_test_pretrained_tokens(const char *name, size_t *count);

#endif
