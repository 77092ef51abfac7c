// SPDX-License-Identifier: Apache-2.0
// neurotile levels: the four levels side by side. For three prompts the text is continued greedily
// on the tiles with every check on, while the float reference predicts the same text; then
// perplexity of float and integer reference on a held-out text.
#include "nt_bundle.h"
#include "nt_checkpoint.h"
#include "nt_commands.h"
#include "nt_eval_source.h"
#include "nt_evaluate.h"
#include "nt_float_model.h"
#include "nt_json_file.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 64, PERPLEXITY_TOKENS = 16384, PERPLEXITY_MIN = 8192, PROMPTS = 3 };
static const char *const prompts[PROMPTS] = {"Once upon a time there was a king",
                                             "The old woman said to the fox",
                                             "In the middle of the forest"};
static const double PERPLEXITY_TOLERANCE = 0.0025;

typedef struct levels {
  nt_image_t *image;
  nt_tokenizer_t *tokenizer;
  nt_session_t *session;
  nt_checkpoint_t *checkpoint;
  nt_float_model_t *model;
  nt_float_run_t *run;
  double *float_logits;
  int32_t *logits;
} levels_t;

static nt_status_t open_levels(levels_t *v, const nt_options_t *options, nt_error_t *err) {
  const nt_session_options_t session = {
      .backend = NT_BACKEND_RTL, .check = true, .max_cycles = options->max_cycles};
  nt_status_t status = nt_bundle_open(options, &v->image, err);
  if (status == NT_OK) {
    status = nt_checkpoint_open(options->model, &v->checkpoint, err);
  }
  if (status == NT_OK) {
    status = nt_float_model_load(v->checkpoint, &v->model, err);
  }
  if (status == NT_OK) {
    status = nt_float_run_init(v->model, NT_FLOAT32, &v->run, err);
  }
  if (status == NT_OK) {
    status = nt_bundle_tokenizer(v->image, &v->tokenizer, err);
  }
  if (status == NT_OK) {
    status = nt_session_open(v->image, &session, &v->session, err);
  }
  if (status == NT_OK) {
    const uint32_t vocab = nt_session_layout(v->session)->vocab;
    v->float_logits = calloc(vocab, sizeof *v->float_logits);
    v->logits = calloc(vocab, sizeof *v->logits);
    if (v->float_logits == NULL || v->logits == NULL) {
      status = nt_fail(err, NT_ERR_MEMORY, "levels: out of memory");
    }
  }
  return status;
}

static void close_levels(levels_t *v) {
  free(v->float_logits);
  free(v->logits);
  nt_session_close(v->session);
  nt_tokenizer_close(v->tokenizer);
  nt_float_run_free(v->run);
  nt_float_model_free(v->model);
  nt_checkpoint_close(v->checkpoint);
  nt_image_free(v->image);
}

static uint32_t float_greedy(const double *logits, uint32_t count) {
  uint32_t best = 0;
  for (uint32_t v = 1; v < count; v++) {
    best = logits[v] > logits[best] ? v : best;
  }
  return best;
}

typedef struct row {
  uint64_t tokens, observables, compared, float_same;
} row_t;

static nt_status_t run_prompt(levels_t *v, const char *prompt, size_t wanted, row_t *row,
                              nt_error_t *err) {
  uint32_t *tokens = NULL;
  size_t count = 0;
  const uint32_t vocab = nt_session_layout(v->session)->vocab;
  const nt_session_stats_t before = nt_session_stats(v->session);
  nt_status_t status = nt_session_reset(v->session, err);
  nt_float_run_reset(v->run);
  if (status == NT_OK) {
    status = nt_tokenizer_encode(v->tokenizer, prompt, strlen(prompt), true, &tokens, &count, err);
  }
  *row = (row_t){0, 0, 0, 0};
  uint32_t next = 0;
  for (size_t i = 0; i < count + wanted && status == NT_OK; i++) {
    const uint32_t token = i < count ? tokens[i] : next;
    status = nt_session_token(v->session, token, v->logits, err);
    if (status == NT_OK) {
      status = nt_float_run_step(v->run, token, v->float_logits, err);
    }
    next = nt_integer_model_greedy(v->logits, vocab);
    row->float_same += status == NT_OK && float_greedy(v->float_logits, vocab) == next;
    row->tokens++;
  }
  free(tokens);
  const nt_session_stats_t after = nt_session_stats(v->session);
  row->observables = after.observables - before.observables;
  row->compared = after.lockstep.accumulators + after.lockstep.state_words + after.lockstep.spikes +
                  after.lockstep.counters - before.lockstep.accumulators -
                  before.lockstep.state_words - before.lockstep.spikes - before.lockstep.counters;
  if (status == NT_OK && (row->observables == 0 || row->compared == 0)) {
    status = nt_fail(err, NT_ERR_INTERNAL, "levels: nothing was compared");
  }
  return status;
}

typedef struct quality {
  size_t tokens;
  double reference, integer, change;
} quality_t;

static nt_status_t measure(levels_t *v, const char *path, quality_t *q, nt_error_t *err) {
  const nt_evaluate_options_t options = {.precision = NT_FLOAT32};
  nt_eval_text_t text;
  nt_evaluation_t found = {.window = NULL};
  nt_status_t status = nt_eval_text_read(v->tokenizer, path, PERPLEXITY_TOKENS, &text, err);
  if (status == NT_OK && text.count < PERPLEXITY_MIN) {
    status = nt_fail(err, NT_ERR_RANGE, "%s: %zu tokens, allowed is at least %d", path, text.count,
                     PERPLEXITY_MIN);
  }
  if (status == NT_OK) {
    status = nt_evaluate(v->model, nt_session_qmodel(v->session), text.tokens, text.count + 1,
                         &options, &found, err);
  }
  nt_eval_text_free(&text);
  q->tokens = found.integer.tokens;
  q->reference = nt_perplexity_value(&found.reference);
  q->integer = nt_perplexity_value(&found.integer);
  q->change = q->integer / q->reference - 1;
  nt_evaluation_free(&found);
  if (status == NT_OK && !(fabs(q->change) <= PERPLEXITY_TOLERANCE)) {
    status = nt_fail(err, NT_ERR_MISMATCH,
                     "perplexity of the integer model is %.4f, of the float model %.4f: %+.3f %%, "
                     "allowed is %.1f %%",
                     q->integer, q->reference, 100 * q->change, 100 * PERPLEXITY_TOLERANCE);
  }
  return status;
}

static nt_status_t write_summary(const char *path, const row_t *rows, const quality_t *q,
                                 nt_error_t *err) {
  cJSON *root = cJSON_CreateObject();
  cJSON *list = cJSON_AddArrayToObject(root, "prompts");
  for (int i = 0; i < PROMPTS; i++) {
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "prompt", prompts[i]);
    (void)cJSON_AddNumberToObject(item, "tokens", (double)rows[i].tokens);
    (void)cJSON_AddNumberToObject(item, "l1_l2_values", (double)rows[i].observables);
    (void)cJSON_AddNumberToObject(item, "l2_l3_values", (double)rows[i].compared);
    (void)cJSON_AddNumberToObject(item, "float_same_argmax", (double)rows[i].float_same);
    (void)cJSON_AddItemToArray(list, item);
  }
  (void)cJSON_AddNumberToObject(root, "perplexity_tokens", (double)q->tokens);
  (void)cJSON_AddNumberToObject(root, "perplexity_float", q->reference);
  (void)cJSON_AddNumberToObject(root, "perplexity_integer", q->integer);
  return nt_json_file_write(path, root, err);
}

nt_status_t nt_command_levels(const nt_options_t *options, nt_error_t *err) {
  if (options->model == NULL || options->text == NULL) {
    return nt_fail(err, NT_ERR_ARG,
                   "levels needs --model FOLDER (a checkpoint) and --text FILE (held-out text)");
  }
  const size_t wanted = options->tokens == UINT64_MAX ? DEFAULT_TOKENS : (size_t)options->tokens;
  levels_t v = {.image = NULL};
  row_t rows[PROMPTS];
  quality_t q = {0, 0, 0, 0};
  nt_status_t status = open_levels(&v, options, err);
  if (status == NT_OK) {
    (void)printf("%-36s %7s %16s %16s %18s\n", "prompt", "tokens", "L1 = L2 values",
                 "L2 = L3 values", "L0 same argmax");
  }
  for (int i = 0; i < PROMPTS && status == NT_OK; i++) {
    status = run_prompt(&v, prompts[i], wanted, &rows[i], err);
    if (status == NT_OK) {
      (void)printf("%-36s %7" PRIu64 " %16" PRIu64 " %16" PRIu64 " %10" PRIu64 " of %" PRIu64 "\n",
                   prompts[i], rows[i].tokens, rows[i].observables, rows[i].compared,
                   rows[i].float_same, rows[i].tokens);
      (void)fflush(stdout);
    }
  }
  if (status == NT_OK) {
    status = measure(&v, options->text, &q, err);
  }
  if (status == NT_OK) {
    (void)printf("\nperplexity on %zu held-out tokens: float %.4f, integer %.4f (%+.3f %%)\n",
                 q.tokens, q.reference, q.integer, 100 * q.change);
    (void)printf("PASS: integer reference, golden tile and RTL agree bit for bit; the integer "
                 "model is within %.1f %% of float\n",
                 100 * PERPLEXITY_TOLERANCE);
  }
  if (status == NT_OK && options->summary != NULL) {
    status = write_summary(options->summary, rows, &q, err);
  }
  close_levels(&v);
  return status;
}
