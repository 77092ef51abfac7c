// SPDX-License-Identifier: Apache-2.0
// nt_talk: a session of the shipped model for tests. Failures fail the test.
#ifndef NT_TALK_H
#define NT_TALK_H

#include "nt_session.h"
#include "nt_test_support.h"

/// An image, a session on it and room for its logits.
typedef struct nt_talk {
  nt_image_t *image;
  nt_session_t *session;
  const nt_layout_t *layout;
  int32_t *logits; ///< [vocab] of the token run last
} nt_talk_t;

/// The image that ctest's system_image has written.
nt_image_t *nt_talk_image(void);
/// Opens a session; takes the image over.
nt_talk_t nt_talk_open(nt_image_t *image, nt_backend_t backend, bool check, uint64_t max_cycles);
void nt_talk_close(nt_talk_t *talk);
/// Runs tokens that must pass.
void nt_talk_say(nt_talk_t *talk, const uint32_t *tokens, size_t count);
/// Population by name ("X0"), which must exist.
const nt_population_t *nt_talk_population(const nt_talk_t *talk, const char *name);
/// The back end's device of a tile.
nt_dev_t *nt_talk_tile(const nt_talk_t *talk, uint32_t tile);

#endif
