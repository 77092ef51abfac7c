// SPDX-License-Identifier: Apache-2.0
// nt_import: from a checkpoint folder to an image: open and check, calibrate, quantise, map. Every
// stage is measured.
#ifndef NT_IMPORT_H
#define NT_IMPORT_H

#include "nt_checkpoint.h"
#include "nt_image.h"
#include "nt_map_report.h"
#include "nt_quantise.h"
#include "nt_stage_meter.h"
#include "nt_tokenizer.h"

/// What an import may vary.
typedef struct nt_import_settings {
  const char *text; ///< calibration text; NULL: calibration.txt of the folder, else the sample text
  size_t tokens;    ///< calibration tokens at most
  int spread;       ///< nt_mapper_options_t
} nt_import_settings_t;

/// The folder's own calibration text or the sample text, NT_CALIBRATION_TOKENS, automatic.
nt_import_settings_t nt_import_default(void);

/// An import in its stages. The fields belong to it and are valid until nt_import_close.
typedef struct nt_import {
  const char *folder; ///< the caller's string
  nt_import_settings_t settings;
  nt_checkpoint_t *checkpoint;
  nt_tokenizer_t *tokenizer;
  char *tokenizer_model; ///< content of tokenizer.model
  size_t tokenizer_size;
  char *text; ///< calibration text
  size_t text_length;
  const char *text_name; ///< where it comes from
  char text_path[1024];
  uint32_t *tokens; ///< of the calibration text
  size_t token_count;
  nt_quantise_report_t *report; ///< by nt_import_run, like the following
  nt_map_report_t map;
  nt_image_t *image;
} nt_import_t;

/// Opens the folder and checks everything that can be checked without reading the weights:
/// configuration, names, shapes and types of all tensors, tokenizer, calibration text. Release with
/// nt_import_close, also after a failure. Errors: those of nt_checkpoint_open and
/// nt_tokenizer_open_memory; NT_ERR_UNSUPPORTED the folder has a tokenizer.json only;
/// NT_ERR_FORMAT the tokenizer has another number of pieces than the checkpoint's vocabulary.
nt_status_t nt_import_open(nt_import_t *import, const char *folder,
                           const nt_import_settings_t *settings, nt_error_t *err);
/// Reads, quantises, maps. `import->image` then holds layout, embedding, qmodel and tokenizer.
nt_status_t nt_import_run(nt_import_t *import, nt_stage_meter_t *meter, nt_error_t *err);
void nt_import_close(nt_import_t *import);

#endif
