// SPDX-License-Identifier: Apache-2.0
// nt_bundle: everything a run needs from --model: the image (imported on the way, or taken from the
// cache, if a checkpoint folder is named) and its tokenizer.
#ifndef NT_BUNDLE_H
#define NT_BUNDLE_H

#include "nt_image.h"
#include "nt_options.h"
#include "nt_tokenizer.h"

/// Name of the image section that holds the content of tokenizer.model.
#define NT_SECTION_TOKENIZER "tokenizer"

/// Loads options->model: an image file, or a checkpoint folder, which is imported with default
/// settings and kept in the cache (options->cache, no_cache; a damaged entry is replaced). Unless
/// `quiet` says on the error output where the image comes from. A cache that cannot be written is
/// no failure.
nt_status_t nt_bundle_open(const nt_options_t *options, nt_image_t **image, nt_error_t *err);
/// The tokenizer inside an image.
nt_status_t nt_bundle_tokenizer(const nt_image_t *image, nt_tokenizer_t **tokenizer,
                                nt_error_t *err);
/// Loads a whole text file; freed by the caller.
nt_status_t nt_bundle_read_text(const char *path, char **text, size_t *length, nt_error_t *err);

#endif
