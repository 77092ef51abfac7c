// SPDX-License-Identifier: Apache-2.0
// nt_accuracy_page: the generated parts of docs/accuracy.md, from the summaries of `neurotile eval`
// and `neurotile sweep` in docs/accuracy.
//
// The page has three parts between comments "<!-- NAME:begin -->" and "<!-- NAME:end -->":
// accuracy, drift and sweep. Perplexity and bits per byte are worked out from the summed nll.
#ifndef NT_ACCURACY_PAGE_H
#define NT_ACCURACY_PAGE_H

#include "nt_status.h"

#include <cjson/cJSON.h>
#include <stddef.h>

/// The summaries of a folder, in the order of their file names.
typedef struct nt_accuracy {
  cJSON **eval;  ///< [evals] of `neurotile eval`
  cJSON **sweep; ///< [sweeps] of `neurotile sweep`
  size_t evals, sweeps;
} nt_accuracy_t;

/// Reads every *.json of `folder`. NT_ERR_IO, NT_ERR_FORMAT. Freed with nt_accuracy_free, also on
/// failure.
nt_status_t nt_accuracy_read(const char *folder, nt_accuracy_t *accuracy, nt_error_t *err);
void nt_accuracy_free(nt_accuracy_t *accuracy);

/// The number `name` of `object`. NT_ERR_FORMAT if there is none.
nt_status_t nt_accuracy_number(const cJSON *object, const char *name, double *value,
                               nt_error_t *err);

/// `page` with the generated parts written anew; `*out` is freed by the caller. NT_ERR_FORMAT: a
/// mark or a number is missing.
nt_status_t nt_accuracy_render(const nt_accuracy_t *accuracy, const char *page, char **out,
                               nt_error_t *err);

/// NT_ERR_MISMATCH, with the first line that differs, unless `page` holds what the summaries say.
nt_status_t nt_accuracy_check(const nt_accuracy_t *accuracy, const char *page, nt_error_t *err);

/// Data for the plot: of each width that a sweep varies a block of lines "bits percent", two empty
/// lines between blocks, freed by the caller. Settings that cannot be represented have no line.
nt_status_t nt_accuracy_plot(const cJSON *sweep, char **out, nt_error_t *err);

#endif
