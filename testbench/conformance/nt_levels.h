// SPDX-License-Identifier: Apache-2.0
// nt_levels: a compiled network on the back end under test against the integer reference (L1):
// every observable of docs/spec/network.md that the back end can show, and every logit. No golden
// tile takes part.
#ifndef NT_LEVELS_H
#define NT_LEVELS_H

#include "nt_check.h"
#include "nt_integer_model.h"
#include "nt_layout.h"

typedef struct nt_levels {
  const nt_image_t *image; ///< stays the caller's
  nt_qmodel_t *qmodel;
  nt_layout_t *layout;
  nt_system_t *system; ///< of the back end under test
  nt_integer_model_t *integer;
  int32_t **expected; ///< by observable, what L1 showed for the token at hand
  uint32_t tokens;    ///< run so far
} nt_levels_t;

/// Opens both sides of `image`, which must hold a language model. A failure ends the test.
void nt_levels_open(nt_levels_t *levels, const nt_image_t *image);
/// Runs one token on both sides and compares; returns the likeliest next one.
uint32_t nt_levels_token(nt_levels_t *levels, uint32_t token);
void nt_levels_close(nt_levels_t *levels);

#endif
