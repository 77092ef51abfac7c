// SPDX-License-Identifier: Apache-2.0
// nt_eval_source: what an evaluation needs: a model at every level, and a text as tokens.
#ifndef NT_EVAL_SOURCE_H
#define NT_EVAL_SOURCE_H

#include "nt_float_model.h"
#include "nt_image.h"
#include "nt_options.h"
#include "nt_qmodel.h"
#include "nt_tokenizer.h"

#include <stdbool.h>

typedef struct nt_eval_model {
  nt_image_t *image;
  nt_tokenizer_t *tokenizer;
  nt_qmodel_t *qmodel;
  nt_float_model_t *reference; ///< NULL where not asked for
} nt_eval_model_t;

/// Opens options->model, a checkpoint folder or, without `reference`, an image file. Closed with
/// nt_eval_model_close, also on failure.
nt_status_t nt_eval_model_open(const nt_options_t *options, bool reference, nt_eval_model_t *model,
                               nt_error_t *err);
void nt_eval_model_close(nt_eval_model_t *model);

/// A text file as tokens, the begin mark first. The text's own tokens are those that are predicted.
typedef struct nt_eval_text {
  uint32_t *tokens; ///< [count + 1]
  size_t count;     ///< tokens of the text
  size_t bytes;     ///< bytes of the text that they stand for
} nt_eval_text_t;

/// Reads the first `limit` tokens of a text file. Where that is all of it, `bytes` is the size of
/// the file, otherwise (nt_eval_text_bytes) that of what the tokens decode to. NT_ERR_RANGE for a
/// text without tokens. Freed with nt_eval_text_free, also on failure.
nt_status_t nt_eval_text_read(const nt_tokenizer_t *tokenizer, const char *path, size_t limit,
                              nt_eval_text_t *text, nt_error_t *err);
void nt_eval_text_free(nt_eval_text_t *text);
/// Bytes of the first `count` tokens of a text.
nt_status_t nt_eval_text_bytes(const nt_tokenizer_t *tokenizer, const nt_eval_text_t *text,
                               size_t count, size_t *bytes, nt_error_t *err);

#endif
