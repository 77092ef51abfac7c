// SPDX-License-Identifier: Apache-2.0
#include "nt_evaluate.h"

#include <inttypes.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "nt_integer_model.h"

// The levels run BLOCK tokens, each on its own, noting their state every STATE_EVERY tokens; then
// predictions and states are compared.
enum { BLOCK = 128, STATE_EVERY = 32, STATES = BLOCK / STATE_EVERY };
enum { LEVELS = 2, LEVEL_FLOAT = 0, LEVEL_INTEGER };
_Static_assert(NT_EVALUATE_WINDOW % BLOCK == 0, "a window is made of whole blocks");

// One level on its way through the text.
typedef struct level {
  nt_float_run_t *run;         // of the float level
  nt_integer_model_t *integer; // of the integer level
  int32_t *logits;             // [V] of the integer level
  double *natural;             // [V] in natural units
  uint32_t best[BLOCK];        // most likely next token
  double *states;              // [STATES][layers x H] in natural units
  size_t noted;                // of these, from this block
  nt_perplexity_t all, first;
  nt_status_t status;
  nt_error_t err;
} level_t;

typedef struct work {
  const nt_qmodel_t *qmodel;
  const uint32_t *tokens;
  size_t vocab, first;
  size_t state; // values of a state; 0: not compared
  uint32_t crc;
  level_t level[LEVELS];
} work_t;

static size_t smaller(size_t left, size_t right) {
  return left < right ? left : right;
}

static nt_status_t open_level(work_t *w, int n, const nt_float_model_t *model,
                              nt_float_precision_t precision, nt_error_t *err) {
  level_t *level = &w->level[n];
  nt_status_t status = n == LEVEL_FLOAT ? nt_float_run_init(model, precision, &level->run, err)
                                        : nt_integer_model_open(w->qmodel, &level->integer, err);
  level->natural = malloc(w->vocab * sizeof *level->natural);
  level->logits = malloc(w->vocab * sizeof *level->logits);
  level->states = malloc((STATES * w->state + 1) * sizeof *level->states);
  if (status == NT_OK && (level->natural == NULL || level->logits == NULL || level->states == NULL))
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for the logits of %zu tokens", w->vocab);
  return status;
}

static void close_level(level_t *level) {
  nt_float_run_free(level->run);
  nt_integer_model_close(level->integer);
  free(level->logits);
  free(level->natural);
  free(level->states);
}

static uint32_t most_likely(const double *logits, size_t count) {
  size_t best = 0;
  for (size_t v = 1; v < count; v++)
    best = logits[v] > logits[best] ? v : best;
  return (uint32_t)best;
}

/// The little-endian bytes of `logits` added to `crc`.
static uint32_t add_crc(uint32_t crc, const int32_t *logits, size_t count) {
  for (size_t v = 0; v < count; v++) {
    const uint32_t value = (uint32_t)logits[v];
    const uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24)};
    crc = (uint32_t)crc32(crc, bytes, sizeof bytes);
  }
  return crc;
}

/// Token `at` through one level: its logits in natural units.
static nt_status_t step(work_t *w, level_t *level, size_t at) {
  if (level->run != NULL)
    return nt_float_run_step(level->run, w->tokens[at], level->natural, &level->err);
  const nt_status_t status =
      nt_integer_model_step(level->integer, w->tokens[at], level->logits, &level->err);
  if (status != NT_OK)
    return status;
  for (size_t v = 0; v < w->vocab; v++)
    level->natural[v] = level->logits[v] * w->qmodel->logit_scale;
  if (at < w->first)
    w->crc = add_crc(w->crc, level->logits, w->vocab);
  return NT_OK;
}

static void note_state(const work_t *w, level_t *level) {
  double *to = level->states + level->noted++ * w->state;
  if (level->run != NULL) {
    memcpy(to, nt_float_run_state(level->run), w->state * sizeof *to);
    return;
  }
  for (size_t k = 0; k < w->state; k++)
    to[k] = ldexp(nt_integer_model_state(level->integer)[k],
                  -(int)w->qmodel->layer[k / w->qmodel->hidden].frac_h);
}

static void run_block(work_t *w, level_t *level, size_t begin, size_t end) {
  level->noted = 0;
  for (size_t at = begin; at < end; at++) {
    level->status = step(w, level, at);
    if (level->status != NT_OK)
      return;
    level->best[at - begin] = most_likely(level->natural, w->vocab);
    nt_perplexity_add(&level->all, level->natural, w->vocab, w->tokens[at + 1]);
    if (at + 1 == w->first)
      level->first = level->all;
    if (w->state > 0 && (at + 1) % STATE_EVERY == 0)
      note_state(w, level);
  }
}

/// Adds the squared difference of the noted states, and the squared float states.
static void compare_states(const work_t *w, double *difference, double *size) {
  const double *exact = w->level[LEVEL_FLOAT].states;
  const double *found = w->level[LEVEL_INTEGER].states;
  for (size_t k = 0; k < w->level[LEVEL_FLOAT].noted * w->state; k++) {
    *difference += (found[k] - exact[k]) * (found[k] - exact[k]);
    *size += exact[k] * exact[k];
  }
}

static nt_status_t run_blocks(work_t *w, size_t predictions, const nt_listener_t *listener,
                              nt_evaluation_t *out, nt_error_t *err) {
  const bool active[LEVELS] = {w->level[LEVEL_FLOAT].run != NULL,
                               w->level[LEVEL_INTEGER].integer != NULL};
  const bool both = active[LEVEL_FLOAT] && active[LEVEL_INTEGER];
  const int threads = both && omp_get_max_threads() > 1 ? LEVELS : 1;
  double difference = 0, size = 0;
  for (size_t begin = 0; begin < predictions; begin += BLOCK) {
    const size_t end = smaller(begin + BLOCK, predictions);
#pragma omp parallel for schedule(static, 1) num_threads(threads)
    for (int n = 0; n < LEVELS; n++)
      if (active[n])
        run_block(w, &w->level[n], begin, end);
    for (int n = 0; n < LEVELS; n++)
      if (w->level[n].status != NT_OK)
        return nt_fail(err, w->level[n].status, "tokens from %zu on: %s", begin,
                       w->level[n].err.text);
    if (both) {
      if (begin % NT_EVALUATE_WINDOW == 0)
        difference = size = 0;
      out->window_count = begin / NT_EVALUATE_WINDOW + 1;
      nt_evaluate_window_t *window = &out->window[out->window_count - 1];
      for (size_t k = 0; k < end - begin; k++)
        window->same += w->level[LEVEL_FLOAT].best[k] == w->level[LEVEL_INTEGER].best[k];
      window->tokens += end - begin;
      compare_states(w, &difference, &size);
      window->state_error = size > 0 ? sqrt(difference / size) : 0;
    }
    nt_listener_tell(listener, "tokens", end, predictions);
  }
  return NT_OK;
}

static nt_status_t check_tokens(const uint32_t *tokens, size_t count, size_t vocab,
                                nt_error_t *err) {
  if (count < 2)
    return nt_fail(err, NT_ERR_ARG, "%zu tokens, at least 2 are needed to predict one", count);
  for (size_t n = 0; n < count; n++)
    if (tokens[n] >= vocab)
      return nt_fail(err, NT_ERR_RANGE, "token %zu is %" PRIu32 ", allowed below %zu", n, tokens[n],
                     vocab);
  return NT_OK;
}

static bool same_shape(const nt_float_model_t *model, const nt_qmodel_t *qmodel) {
  const nt_model_config_t *config = &nt_float_model_params(model)->config;
  return config->vocab_size == qmodel->vocab && config->hidden_size == qmodel->hidden &&
         config->num_hidden_layers == qmodel->layers;
}

nt_status_t nt_evaluate(const nt_float_model_t *model, const nt_qmodel_t *qmodel,
                        const uint32_t *tokens, size_t count, const nt_evaluate_options_t *options,
                        nt_evaluation_t *out, nt_error_t *err) {
  *out = (nt_evaluation_t){.window = NULL};
  if (model == NULL && qmodel == NULL)
    return nt_fail(err, NT_ERR_ARG, "neither a float model nor an integer model to evaluate");
  if (model != NULL && qmodel != NULL && !same_shape(model, qmodel))
    return nt_fail(err, NT_ERR_ARG,
                   "float and integer model differ in vocabulary, layers or width");
  work_t w = {.qmodel = qmodel,
              .tokens = tokens,
              .vocab =
                  qmodel != NULL ? qmodel->vocab : nt_float_model_params(model)->config.vocab_size,
              .first = count > 0 ? smaller(options->first, count - 1) : 0};
  nt_status_t status = check_tokens(tokens, count, w.vocab, err);
  if (status == NT_OK) {
    out->window = calloc(count / NT_EVALUATE_WINDOW + 1, sizeof *out->window);
    if (out->window == NULL)
      status = nt_fail(err, NT_ERR_MEMORY, "no memory to compare %zu tokens", count);
  }
  if (model != NULL && qmodel != NULL)
    w.state = (size_t)qmodel->layers * qmodel->hidden;
  if (status == NT_OK && model != NULL)
    status = open_level(&w, LEVEL_FLOAT, model, options->precision, err);
  if (status == NT_OK && qmodel != NULL)
    status = open_level(&w, LEVEL_INTEGER, model, options->precision, err);
  if (status == NT_OK)
    status = run_blocks(&w, count - 1, options->listener, out, err);
  out->reference = w.level[LEVEL_FLOAT].all;
  out->reference_first = w.level[LEVEL_FLOAT].first;
  out->integer = w.level[LEVEL_INTEGER].all;
  out->integer_first = w.level[LEVEL_INTEGER].first;
  out->first_crc = w.crc;
  for (int n = 0; n < LEVELS; n++)
    close_level(&w.level[n]);
  return status;
}

void nt_evaluation_free(nt_evaluation_t *evaluation) {
  free(evaluation->window);
  *evaluation = (nt_evaluation_t){.window = NULL};
}

/// Mean of values [count] and the squared standard error of that mean.
static void mean_of(const double *values, size_t count, double *mean, double *error) {
  double sum = 0, spread = 0;
  for (size_t n = 0; n < count; n++)
    sum += values[n];
  *mean = sum / (double)count;
  for (size_t n = 0; n < count; n++)
    spread += (values[n] - *mean) * (values[n] - *mean);
  *error = spread / (double)(count - 1) / (double)count;
}

/// `sign` is +1 where more is worse.
static void trend_of(const double *first, const double *last, size_t quarter, int sign,
                     nt_evaluate_trend_t *trend) {
  double early, late;
  mean_of(first, quarter, &trend->first, &early);
  mean_of(last, quarter, &trend->last, &late);
  trend->error = sqrt(early + late);
  trend->worse = sign * (trend->last - trend->first) > 2 * trend->error;
}

nt_status_t nt_evaluate_trends(const nt_evaluate_window_t *windows, size_t count,
                               nt_evaluate_trend_t *same, nt_evaluate_trend_t *state_error,
                               nt_error_t *err) {
  const size_t quarter = count / 4;
  if (quarter < 2)
    return nt_fail(err, NT_ERR_ARG, "%zu windows of %d tokens, a trend needs at least 8", count,
                   NT_EVALUATE_WINDOW);
  double *values = malloc(4 * quarter * sizeof *values);
  if (values == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "no memory for %zu windows", count);
  for (size_t n = 0; n < quarter; n++) {
    const nt_evaluate_window_t *early = &windows[n], *late = &windows[count - quarter + n];
    values[n] = (double)early->same / (double)early->tokens;
    values[quarter + n] = (double)late->same / (double)late->tokens;
    values[2 * quarter + n] = early->state_error;
    values[3 * quarter + n] = late->state_error;
  }
  trend_of(values, values + quarter, quarter, -1, same);
  trend_of(values + 2 * quarter, values + 3 * quarter, quarter, 1, state_error);
  free(values);
  return NT_OK;
}
