// SPDX-License-Identifier: Apache-2.0
#include "nt_eval_golden.h"

#include "nt_integer_model.h"
#include "nt_session.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct duel {
  nt_session_t *tiles;
  nt_integer_model_t *integer;
  int32_t *found, *expected; // [vocab]
  double *natural;           // [vocab]
} duel_t;

static nt_status_t open_duel(duel_t *d, const nt_image_t *image, const nt_qmodel_t *qmodel,
                             uint64_t max_cycles, nt_error_t *err) {
  const nt_session_options_t options = {
      .backend = NT_BACKEND_GOLDEN, .check = false, .max_cycles = max_cycles};
  nt_status_t status = nt_session_open(image, &options, &d->tiles, err);
  if (status == NT_OK && nt_session_layout(d->tiles)->vocab != qmodel->vocab) {
    status = nt_fail(err, NT_ERR_RANGE, "the image predicts %u tokens, the integer model %u",
                     nt_session_layout(d->tiles)->vocab, qmodel->vocab);
  }
  if (status == NT_OK) {
    status = nt_integer_model_open(qmodel, &d->integer, err);
  }
  d->found = calloc(qmodel->vocab, sizeof *d->found);
  d->expected = calloc(qmodel->vocab, sizeof *d->expected);
  d->natural = calloc(qmodel->vocab, sizeof *d->natural);
  if (status == NT_OK && (d->found == NULL || d->expected == NULL || d->natural == NULL)) {
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for the logits of %u tokens", qmodel->vocab);
  }
  return status;
}

static void close_duel(duel_t *d) {
  nt_session_close(d->tiles);
  nt_integer_model_close(d->integer);
  free(d->found);
  free(d->expected);
  free(d->natural);
}

static nt_status_t compare(const duel_t *d, size_t token, size_t vocab, uint64_t *compared,
                           nt_error_t *err) {
  for (size_t v = 0; v < vocab; v++) {
    if (d->found[v] != d->expected[v]) {
      return nt_fail(err, NT_ERR_MISMATCH,
                     "MISMATCH at token %zu, level L1 against L2: logit %zu, expected %" PRId32
                     " (integer reference), got %" PRId32 " (golden tiles)",
                     token, v, d->expected[v], d->found[v]);
    }
    ++*compared;
  }
  return NT_OK;
}

nt_status_t nt_eval_golden(const nt_image_t *image, const nt_qmodel_t *qmodel,
                           const uint32_t *tokens, size_t predictions, uint64_t max_cycles,
                           const nt_listener_t *listener, nt_perplexity_t *sum, uint64_t *compared,
                           nt_error_t *err) {
  duel_t d = {.tiles = NULL};
  *compared = 0;
  nt_status_t status = open_duel(&d, image, qmodel, max_cycles, err);
  for (size_t i = 0; i <= predictions && status == NT_OK; i++) {
    if (tokens[i] >= qmodel->vocab) {
      status = nt_fail(err, NT_ERR_RANGE, "token %zu is %" PRIu32 ", allowed below %" PRIu32, i,
                       tokens[i], qmodel->vocab);
    }
  }
  for (size_t i = 0; i < predictions && status == NT_OK; i++) {
    status = nt_session_token(d.tiles, tokens[i], d.found, err);
    if (status == NT_OK) {
      status = nt_integer_model_step(d.integer, tokens[i], d.expected, err);
    }
    if (status == NT_OK) {
      status = compare(&d, i, qmodel->vocab, compared, err);
    }
    if (status == NT_OK) {
      const double scale = nt_session_layout(d.tiles)->logit_scale;
      for (size_t v = 0; v < qmodel->vocab; v++) {
        d.natural[v] = d.found[v] * scale;
      }
      nt_perplexity_add(sum, d.natural, qmodel->vocab, tokens[i + 1]);
      nt_listener_tell(listener, "golden tiles, tokens", i + 1, predictions);
    }
  }
  if (status == NT_OK && *compared == 0) {
    status = nt_fail(err, NT_ERR_INTERNAL, "no logit of the golden tiles was compared");
  }
  close_duel(&d);
  return status;
}
