// SPDX-License-Identifier: Apache-2.0
#include "nt_import.h"

#include "nt_bundle.h"
#include "nt_calibration_text.h"
#include "nt_float_model.h"
#include "nt_mapper.h"
#include "nt_qmodel_section.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 1024 };

nt_import_settings_t nt_import_default(void) {
  return (nt_import_settings_t){.text = NULL, .tokens = NT_CALIBRATION_TOKENS, .spread = -1};
}

static nt_status_t join(char path[PATH_SIZE], const char *folder, const char *name,
                        nt_error_t *err) {
  if (snprintf(path, PATH_SIZE, "%s/%s", folder, name) >= PATH_SIZE) {
    return nt_fail(err, NT_ERR_ARG, "%s/%s: the path is longer than %d characters", folder, name,
                   PATH_SIZE - 1);
  }
  return NT_OK;
}

// ---- opening ------------------------------------------------------------------------------------

// A folder with the other form of the tokenizer gets advice.
static nt_status_t check_tokenizer_present(const nt_import_t *import, const char *path,
                                           nt_error_t *err) {
  char other[PATH_SIZE];
  if (access(path, F_OK) == 0) {
    return NT_OK;
  }
  const nt_status_t status = join(other, import->folder, "tokenizer.json", err);
  if (status == NT_OK && access(other, F_OK) == 0) {
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "%s: found tokenizer.json, allowed is tokenizer.model (SentencePiece); the "
                   "published MMfreeLM repositories hold both, download tokenizer.model beside "
                   "it, or use the one of the model that the tokenizer was taken from",
                   import->folder);
  }
  return status == NT_OK ? nt_fail(err, NT_ERR_IO, "%s: no such file", path) : status;
}

// The begin and end marks of config.json are used; the tokenizer must know them as such.
static nt_status_t check_marks(const nt_import_t *import, nt_error_t *err) {
  const nt_model_config_t *config = nt_checkpoint_config(import->checkpoint);
  char path[PATH_SIZE];
  const nt_status_t status = join(path, import->folder, "config.json", err);
  return status == NT_OK ? nt_tokenizer_check_marks(import->tokenizer, path, config->bos_token_id,
                                                    config->eos_token_id, err)
                         : status;
}

static nt_status_t open_tokenizer(nt_import_t *import, nt_error_t *err) {
  char path[PATH_SIZE];
  nt_status_t status = join(path, import->folder, "tokenizer.model", err);
  if (status == NT_OK) {
    status = check_tokenizer_present(import, path, err);
  }
  if (status == NT_OK) {
    status = nt_bundle_read_text(path, &import->tokenizer_model, &import->tokenizer_size, err);
  }
  if (status == NT_OK) {
    status = nt_tokenizer_open_memory(import->tokenizer_model, import->tokenizer_size, path,
                                      &import->tokenizer, err);
  }
  const uint32_t vocab = nt_checkpoint_config(import->checkpoint)->vocab_size;
  if (status == NT_OK && nt_tokenizer_vocab_size(import->tokenizer) != vocab) {
    status = nt_fail(err, NT_ERR_FORMAT,
                     "%s: found %u pieces, allowed are %u, the checkpoint's "
                     "vocab_size",
                     path, nt_tokenizer_vocab_size(import->tokenizer), vocab);
  }
  if (status == NT_OK) {
    status = check_marks(import, err);
  }
  return status;
}

static nt_status_t open_text(nt_import_t *import, nt_error_t *err) {
  const nt_status_t status = join(import->text_path, import->folder, "calibration.txt", err);
  if (status != NT_OK) {
    return status;
  }
  if (import->settings.text != NULL || access(import->text_path, F_OK) == 0) {
    import->text_name = import->settings.text != NULL ? import->settings.text : import->text_path;
    return nt_bundle_read_text(import->text_name, &import->text, &import->text_length, err);
  }
  import->text_name = "the sample text";
  import->text_length = nt_calibration_text_size;
  import->text = malloc(nt_calibration_text_size);
  if (import->text == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "calibration text: no memory");
  }
  memcpy(import->text, nt_calibration_text, nt_calibration_text_size);
  return NT_OK;
}

// The begin mark and the first tokens of the text.
static nt_status_t encode_text(nt_import_t *import, nt_error_t *err) {
  nt_error_t inner = {NT_OK, ""};
  const nt_status_t status =
      nt_tokenizer_encode(import->tokenizer, import->text, import->text_length, true,
                          &import->tokens, &import->token_count, &inner);
  if (status != NT_OK) {
    return nt_fail(err, status, "calibration on %.200s: %.280s", import->text_name, inner.text);
  }
  if (import->token_count > import->settings.tokens) {
    import->token_count = import->settings.tokens;
  }
  return NT_OK;
}

nt_status_t nt_import_open(nt_import_t *import, const char *folder,
                           const nt_import_settings_t *settings, nt_error_t *err) {
  *import = (nt_import_t){.folder = folder, .settings = *settings};
  nt_status_t status = nt_checkpoint_open(folder, &import->checkpoint, err);
  if (status == NT_OK) {
    status = open_tokenizer(import, err);
  }
  if (status == NT_OK) {
    status = open_text(import, err);
  }
  return status == NT_OK ? encode_text(import, err) : status;
}

// ---- running ------------------------------------------------------------------------------------

static nt_status_t quantise(nt_import_t *import, nt_stage_meter_t *meter, nt_qmodel_t **qmodel,
                            nt_error_t *err) {
  const nt_listener_t listener = nt_stage_meter_listener(meter);
  nt_float_model_t *model = NULL;
  nt_stage_meter_begin(meter, "read");
  nt_checkpoint_listen(import->checkpoint, &listener);
  nt_status_t status = nt_float_model_load(import->checkpoint, &model, err);
  nt_checkpoint_listen(import->checkpoint, NULL);
  if (status == NT_OK) {
    nt_stage_meter_begin(meter, "quantise");
    nt_quantise_options_t options = nt_quantise_default();
    options.listener = &listener;
    status = nt_quantise(model, import->tokens, import->token_count, &options, qmodel,
                         &import->report, err);
  }
  nt_float_model_free(model);
  return status;
}

static nt_status_t map(nt_import_t *import, nt_stage_meter_t *meter, nt_qmodel_t *qmodel,
                       nt_error_t *err) {
  const nt_listener_t listener = nt_stage_meter_listener(meter);
  const nt_mapper_options_t options = {
      .params = nt_params_default(), .spread = import->settings.spread, .listener = &listener};
  nt_layout_t *layout = NULL;
  nt_stage_meter_begin(meter, "map");
  nt_status_t status = nt_mapper_compile(qmodel, &options, &import->image, &layout, err);
  if (status == NT_OK) {
    nt_map_report_make(import->image, layout, qmodel, import->report->counters,
                       import->report->counter_count, &import->map);
  }
  nt_layout_free(layout);
  if (status == NT_OK) {
    status = nt_qmodel_store(qmodel, import->image, err);
  }
  if (status == NT_OK) {
    status = nt_image_add_section(import->image, NT_SECTION_TOKENIZER, import->tokenizer_model,
                                  import->tokenizer_size, err);
  }
  return status;
}

nt_status_t nt_import_run(nt_import_t *import, nt_stage_meter_t *meter, nt_error_t *err) {
  nt_qmodel_t *qmodel = NULL;
  nt_status_t status = quantise(import, meter, &qmodel, err);
  if (status == NT_OK) {
    status = map(import, meter, qmodel, err);
  }
  nt_qmodel_free(qmodel);
  nt_stage_meter_end(meter);
  return status;
}

void nt_import_close(nt_import_t *import) {
  nt_image_free(import->image);
  nt_quantise_report_free(import->report);
  nt_tokenizer_close(import->tokenizer);
  nt_checkpoint_close(import->checkpoint);
  free(import->tokens);
  free(import->text);
  free(import->tokenizer_model);
  *import = (nt_import_t){.folder = NULL};
}
