// SPDX-License-Identifier: Apache-2.0
#include "nt_eval_source.h"

#include "nt_bundle.h"
#include "nt_checkpoint.h"
#include "nt_qmodel_section.h"

#include <stdlib.h>

nt_status_t nt_eval_model_open(const nt_options_t *options, bool reference, nt_eval_model_t *model,
                               nt_error_t *err) {
  *model = (nt_eval_model_t){.image = NULL};
  nt_checkpoint_t *checkpoint = NULL;
  nt_status_t status = NT_OK;
  if (reference) {
    status = nt_checkpoint_open(options->model, &checkpoint, err);
    if (status == NT_OK) {
      status = nt_float_model_load(checkpoint, &model->reference, err);
    }
    nt_checkpoint_close(checkpoint);
  }
  if (status == NT_OK) {
    status = nt_bundle_open(options, &model->image, err);
  }
  if (status == NT_OK) {
    status = nt_bundle_tokenizer(model->image, &model->tokenizer, err);
  }
  return status == NT_OK ? nt_qmodel_load(model->image, &model->qmodel, err) : status;
}

void nt_eval_model_close(nt_eval_model_t *model) {
  nt_float_model_free(model->reference);
  nt_qmodel_free(model->qmodel);
  nt_tokenizer_close(model->tokenizer);
  nt_image_free(model->image);
}

nt_status_t nt_eval_text_bytes(const nt_tokenizer_t *tokenizer, const nt_eval_text_t *text,
                               size_t count, size_t *bytes, nt_error_t *err) {
  const size_t capacity = nt_tokenizer_text_max(tokenizer);
  char *piece = malloc(capacity);
  nt_detokenizer_t stream = {.pending = 0};
  nt_status_t status =
      piece == NULL ? nt_fail(err, NT_ERR_MEMORY, "no memory for %zu bytes", capacity) : NT_OK;
  *bytes = 0;
  for (size_t i = 1; i <= count && status == NT_OK; i++) {
    size_t length = 0;
    status =
        nt_tokenizer_decode(tokenizer, &stream, text->tokens[i], piece, capacity, &length, err);
    *bytes += length;
  }
  *bytes += stream.pending;
  free(piece);
  return status;
}

nt_status_t nt_eval_text_read(const nt_tokenizer_t *tokenizer, const char *path, size_t limit,
                              nt_eval_text_t *text, nt_error_t *err) {
  *text = (nt_eval_text_t){.tokens = NULL};
  char *content = NULL;
  size_t count = 0;
  nt_status_t status = nt_bundle_read_text(path, &content, &text->bytes, err);
  if (status == NT_OK) {
    status = nt_tokenizer_encode(tokenizer, content, text->bytes, true, &text->tokens, &count, err);
  }
  free(content);
  if (status == NT_OK && (count < 2 || limit < 1)) {
    status = nt_fail(err, NT_ERR_RANGE, "%s: no token to predict", path);
  }
  if (status != NT_OK) {
    return status;
  }
  text->count = count - 1;
  if (text->count > limit) {
    text->count = limit;
    status = nt_eval_text_bytes(tokenizer, text, limit, &text->bytes, err);
  }
  return status;
}

void nt_eval_text_free(nt_eval_text_t *text) {
  free(text->tokens);
  *text = (nt_eval_text_t){.tokens = NULL};
}
