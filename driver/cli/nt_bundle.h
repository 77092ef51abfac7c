// SPDX-License-Identifier: Apache-2.0
// nt_bundle: everything a run needs from --model: the image (compiled on the way if a checkpoint
// folder is named) and its tokenizer.
#ifndef NT_BUNDLE_H
#define NT_BUNDLE_H

#include "nt_float_model.h"
#include "nt_layout.h"
#include "nt_quantise.h"
#include "nt_tokenizer.h"

/// Compiles a checkpoint folder: calibrates on `text` (NULL: calibration.txt of the folder), up to
/// `tokens` tokens, and maps. The image holds layout, embedding, qmodel and tokenizer. `report` may
/// be NULL.
nt_status_t nt_bundle_compile(const char *folder, const char *text, size_t tokens, int spread,
                              nt_image_t **image, nt_quantise_report_t **report, nt_error_t *err);
/// Loads an image file, or compiles a folder with default settings.
nt_status_t nt_bundle_open(const char *path, nt_image_t **image, nt_error_t *err);
/// The tokenizer inside an image.
nt_status_t nt_bundle_tokenizer(const nt_image_t *image, nt_tokenizer_t **tokenizer,
                                nt_error_t *err);
/// Loads a whole text file; freed by the caller.
nt_status_t nt_bundle_read_text(const char *path, char **text, size_t *length, nt_error_t *err);

#endif
