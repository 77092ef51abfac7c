// SPDX-License-Identifier: Apache-2.0
#include "nt_bundle.h"

#include "nt_checkpoint.h"
#include "nt_mapper.h"
#include "nt_qmodel_section.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char SECTION_TOKENIZER[] = "tokenizer";
enum { TEXT_MAX = 1 << 28 };

nt_status_t nt_bundle_read_text(const char *path, char **text, size_t *length, nt_error_t *err) {
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (file == NULL || fstat(fileno(file), &info) != 0 || !S_ISREG(info.st_mode)) {
    const nt_status_t status = nt_fail(err, NT_ERR_IO, "%s: %s", path,
                                       file == NULL ? strerror(errno) : "not a regular file");
    if (file != NULL) {
      (void)fclose(file);
    }
    return status;
  }
  nt_status_t status = NT_OK;
  char *data = NULL;
  const size_t size = (size_t)info.st_size;
  if (size == 0 || size > TEXT_MAX) {
    status = nt_fail(err, NT_ERR_RANGE, "%s: %zu bytes, allowed is 1 to %d", path, size, TEXT_MAX);
  } else if ((data = malloc(size + 1)) == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "%s: out of memory", path);
  } else if (fread(data, 1, size, file) != size) {
    status = nt_fail(err, NT_ERR_IO, "%s: cannot read", path);
  }
  (void)fclose(file);
  if (status != NT_OK) {
    free(data);
    return status;
  }
  data[size] = '\0';
  *text = data;
  *length = size;
  return NT_OK;
}

static nt_status_t join(char *path, size_t size, const char *folder, const char *name,
                        nt_error_t *err) {
  if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size) {
    return nt_fail(err, NT_ERR_ARG, "%s/%s: the path is longer than %zu characters", folder, name,
                   size - 1);
  }
  return NT_OK;
}

// Calibration tokens: the begin mark and the first `limit` tokens of the text.
static nt_status_t calibration(const nt_tokenizer_t *tokenizer, const char *path, size_t limit,
                               uint32_t **tokens, size_t *count, nt_error_t *err) {
  char *text = NULL;
  size_t length = 0;
  nt_status_t status = nt_bundle_read_text(path, &text, &length, err);
  if (status == NT_OK) {
    status = nt_tokenizer_encode(tokenizer, text, length, true, tokens, count, err);
  }
  free(text);
  if (status == NT_OK && *count > limit) {
    *count = limit;
  }
  return status;
}

static nt_status_t add_tokenizer(const char *path, nt_image_t *image, nt_error_t *err) {
  char *data = NULL;
  size_t size = 0;
  nt_status_t status = nt_bundle_read_text(path, &data, &size, err);
  if (status == NT_OK) {
    status = nt_image_add_section(image, SECTION_TOKENIZER, data, size, err);
  }
  free(data);
  return status;
}

typedef struct workshop {
  nt_checkpoint_t *checkpoint;
  nt_float_model_t *model;
  nt_tokenizer_t *tokenizer;
  uint32_t *tokens;
  nt_qmodel_t *qmodel;
} workshop_t;

static nt_status_t compile(workshop_t *w, const char *folder, const char *text, size_t limit,
                           int spread, nt_image_t **image, nt_quantise_report_t **report,
                           nt_error_t *err) {
  char tokenizer_path[1024], text_path[1024];
  size_t count = 0;
  nt_status_t status = nt_checkpoint_open(folder, &w->checkpoint, err);
  if (status == NT_OK) {
    status = join(tokenizer_path, sizeof tokenizer_path, folder, "tokenizer.model", err);
  }
  if (status == NT_OK) {
    status = join(text_path, sizeof text_path, folder, "calibration.txt", err);
  }
  if (status == NT_OK) {
    status = nt_tokenizer_open(tokenizer_path, &w->tokenizer, err);
  }
  if (status == NT_OK &&
      nt_tokenizer_vocab_size(w->tokenizer) != nt_checkpoint_config(w->checkpoint)->vocab_size) {
    status = nt_fail(err, NT_ERR_FORMAT, "%s: %u pieces, the checkpoint's vocab_size is %u",
                     tokenizer_path, nt_tokenizer_vocab_size(w->tokenizer),
                     nt_checkpoint_config(w->checkpoint)->vocab_size);
  }
  if (status == NT_OK) {
    status =
        calibration(w->tokenizer, text != NULL ? text : text_path, limit, &w->tokens, &count, err);
  }
  if (status == NT_OK) {
    status = nt_float_model_load(w->checkpoint, &w->model, err);
  }
  if (status == NT_OK) {
    status = nt_quantise(w->model, w->tokens, count, NULL, &w->qmodel, report, err);
  }
  if (status == NT_OK) {
    const nt_mapper_options_t options = {.params = nt_params_default(), .spread = spread};
    status = nt_mapper_compile(w->qmodel, &options, image, NULL, err);
  }
  if (status == NT_OK) {
    status = nt_qmodel_store(w->qmodel, *image, err);
  }
  return status == NT_OK ? add_tokenizer(tokenizer_path, *image, err) : status;
}

nt_status_t nt_bundle_compile(const char *folder, const char *text, size_t tokens, int spread,
                              nt_image_t **image, nt_quantise_report_t **report, nt_error_t *err) {
  workshop_t w = {NULL, NULL, NULL, NULL, NULL};
  *image = NULL;
  const nt_status_t status = compile(&w, folder, text, tokens, spread, image, report, err);
  nt_qmodel_free(w.qmodel);
  nt_float_model_free(w.model);
  free(w.tokens);
  nt_tokenizer_close(w.tokenizer);
  nt_checkpoint_close(w.checkpoint);
  if (status != NT_OK) {
    nt_image_free(*image);
    *image = NULL;
  }
  return status;
}

nt_status_t nt_bundle_open(const char *path, nt_image_t **image, nt_error_t *err) {
  struct stat info;
  if (path == NULL) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --model is missing: a checkpoint folder or an image file");
  }
  if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    return nt_bundle_compile(path, NULL, NT_CALIBRATION_TOKENS, -1, image, NULL, err);
  }
  return nt_image_load(path, image, err);
}

nt_status_t nt_bundle_tokenizer(const nt_image_t *image, nt_tokenizer_t **tokenizer,
                                nt_error_t *err) {
  const nt_image_section_t *section = nt_image_section(image, SECTION_TOKENIZER);
  if (section == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "image: no section tokenizer");
  }
  return nt_tokenizer_open_memory(section->data, section->size, "image section tokenizer",
                                  tokenizer, err);
}
