// SPDX-License-Identifier: Apache-2.0
#include "nt_talk.h"

#include <stdlib.h>
#include <string.h>

nt_image_t *nt_talk_image(void) {
  nt_error_t err;
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_image_load(NT_TEST_IMAGE, &image, &err), err);
  return image;
}

nt_talk_t nt_talk_open(nt_image_t *image, nt_backend_t backend, bool check, uint64_t max_cycles) {
  nt_error_t err;
  const nt_session_options_t options = {
      .backend = backend, .check = check, .max_cycles = max_cycles};
  nt_talk_t talk = {.image = image};
  NT_OK_CALL(nt_session_open(image, &options, &talk.session, &err), err);
  talk.layout = nt_session_layout(talk.session);
  talk.logits = calloc(talk.layout->vocab, sizeof *talk.logits);
  assert_non_null(talk.logits);
  return talk;
}

void nt_talk_close(nt_talk_t *talk) {
  nt_session_close(talk->session);
  nt_image_free(talk->image);
  free(talk->logits);
  *talk = (nt_talk_t){.image = NULL};
}

void nt_talk_say(nt_talk_t *talk, const uint32_t *tokens, size_t count) {
  nt_error_t err;
  for (size_t i = 0; i < count; i++) {
    NT_OK_CALL(nt_session_token(talk->session, tokens[i], talk->logits, &err), err);
  }
}

const nt_population_t *nt_talk_population(const nt_talk_t *talk, const char *name) {
  for (uint32_t p = 0; p < talk->layout->populations; p++) {
    if (strcmp(talk->layout->population[p].name, name) == 0) {
      return &talk->layout->population[p];
    }
  }
  fail_msg("the layout has no population %s", name);
  return NULL;
}

nt_dev_t *nt_talk_tile(const nt_talk_t *talk, uint32_t tile) {
  return nt_system_tile(nt_session_system(talk->session), tile);
}
