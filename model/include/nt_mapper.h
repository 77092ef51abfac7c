// SPDX-License-Identifier: Apache-2.0
// nt_mapper: compiles a quantised network to an image (docs/spec/network.md, "Layout" and
// "Mapping").
#ifndef NT_MAPPER_H
#define NT_MAPPER_H

#include "nt_layout.h"
#include "nt_listener.h"
#include "nt_qmodel.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nt_mapper_options {
  nt_params_t params;
  int spread; ///< 1: a new tile for every layer; 0: pack tiles full; -1: spread when a layer fits
              ///< one tile
  const nt_listener_t *listener; ///< NULL: nobody listens
} nt_mapper_options_t;

/// Proves the model (nt_qmodel_prove), places it, and writes programs, lists and routes.
/// `image` receives all cores plus the sections "layout" and "embedding"; `layout` (may be NULL)
/// the placement. The caller frees both. NT_ERR_RANGE when a single line does not fit a core; the
/// error names population and sizes.
nt_status_t nt_mapper_compile(const nt_qmodel_t *model, const nt_mapper_options_t *options,
                              nt_image_t **image, nt_layout_t **layout, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
