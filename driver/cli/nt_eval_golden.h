// SPDX-License-Identifier: Apache-2.0
// nt_eval_golden: golden tiles (L2) predict a text, every logit compared with the integer reference
// (L1).
#ifndef NT_EVAL_GOLDEN_H
#define NT_EVAL_GOLDEN_H

#include "nt_image.h"
#include "nt_listener.h"
#include "nt_perplexity.h"
#include "nt_qmodel.h"

/// Feeds tokens[0 .. predictions - 1] to `image` on golden tiles and to `qmodel`, adds the tiles'
/// prediction of tokens[1 .. predictions] to `*sum` and counts the logits compared.
/// NT_ERR_MISMATCH at the first that differs, NT_ERR_INTERNAL if none was compared.
nt_status_t nt_eval_golden(const nt_image_t *image, const nt_qmodel_t *qmodel,
                           const uint32_t *tokens, size_t predictions, uint64_t max_cycles,
                           const nt_listener_t *listener, nt_perplexity_t *sum, uint64_t *compared,
                           nt_error_t *err);

#endif
