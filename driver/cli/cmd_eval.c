// SPDX-License-Identifier: Apache-2.0
// neurotile eval: how well the float reference, the integer reference and the golden tiles predict
// a text (docs/accuracy.md), and whether the integer model drifts away from the float model.
#include "nt_commands.h"
#include "nt_eval_golden.h"
#include "nt_eval_source.h"
#include "nt_evaluate.h"
#include "nt_json_file.h"
#include "nt_progress_listener.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEVEL_FLOAT, LEVEL_INTEGER, LEVEL_GOLDEN, LEVELS };
static const char *const level_names[LEVELS] = {"float", "integer", "golden"};

// A stretch of the text: its first tokens, or all that are evaluated.
typedef struct stretch {
  size_t tokens, bytes;
  nt_perplexity_t level[LEVELS]; // without tokens where the level did not run
} stretch_t;

typedef struct eval {
  const nt_options_t *options;
  bool wanted[LEVELS];
  double max_change; // percent; infinite: not asked for
  nt_eval_model_t model;
  nt_eval_text_t text, agree_text;
  stretch_t whole, first;
  uint32_t first_crc;
  uint64_t compared;         // logits of the golden tiles
  nt_evaluation_t agreement; // windows of the text that is followed
  size_t windows;            // of these, reported
  nt_evaluate_trend_t same, state_error;
} eval_t;

// ---- options ----

static nt_status_t parse_levels(const char *list, bool wanted[LEVELS], nt_error_t *err) {
  const char *at = list;
  for (;;) {
    const size_t length = strcspn(at, ",");
    int found = 0;
    while (found < LEVELS &&
           (strlen(level_names[found]) != length || strncmp(at, level_names[found], length) != 0)) {
      found++;
    }
    if (found == LEVELS) {
      return nt_fail(err, NT_ERR_ARG,
                     "option --levels: found \"%s\", allowed are float, integer and golden, with "
                     "commas between them",
                     list);
    }
    wanted[found] = true;
    if (at[length] == '\0') {
      return NT_OK;
    }
    at += length + 1;
  }
}

static nt_status_t parse_percent(const char *text, double *value, nt_error_t *err) {
  char *end = NULL;
  *value = text == NULL ? INFINITY : strtod(text, &end);
  if (text != NULL && (end == text || *end != '\0' || !(*value >= 0 && *value <= 1000))) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --max-change: found \"%s\", allowed is a number of percent from 0 to "
                   "1000",
                   text);
  }
  return NT_OK;
}

static nt_status_t read_options(eval_t *e, nt_error_t *err) {
  const nt_options_t *o = e->options;
  if (o->model == NULL || o->text == NULL) {
    return nt_fail(err, NT_ERR_ARG, "eval needs --model PATH and --text FILE");
  }
  if (o->precision != 32 && o->precision != 64) {
    return nt_fail(err, NT_ERR_ARG, "option --precision: found %" PRIu64 ", allowed are 32 and 64",
                   o->precision);
  }
  nt_status_t status = parse_levels(o->levels, e->wanted, err);
  if (status == NT_OK) {
    status = parse_percent(o->max_change, &e->max_change, err);
  }
  const bool both = e->wanted[LEVEL_FLOAT] && e->wanted[LEVEL_INTEGER];
  if (status == NT_OK && !both && (o->max_change != NULL || o->agree != 0)) {
    status = nt_fail(err, NT_ERR_ARG,
                     "options --max-change and --agree compare float and integer; --levels lacks "
                     "one of them");
  }
  if (status == NT_OK && o->agree == 0 && o->agree_text != NULL) {
    status = nt_fail(err, NT_ERR_ARG, "option --agree-text needs --agree");
  }
  return status;
}

// ---- measuring ----

static nt_status_t open_eval(eval_t *e, nt_error_t *err) {
  const nt_options_t *o = e->options;
  const size_t limit = (size_t)o->tokens;
  nt_status_t status = nt_eval_model_open(o, e->wanted[LEVEL_FLOAT], &e->model, err);
  if (status == NT_OK) {
    status = nt_eval_text_read(e->model.tokenizer, o->text, limit, &e->text, err);
  }
  if (status == NT_OK && o->agree_text != NULL) {
    status =
        nt_eval_text_read(e->model.tokenizer, o->agree_text, (size_t)o->agree, &e->agree_text, err);
  }
  const bool own_text = o->agree_text != NULL;
  const size_t followed = own_text ? e->agree_text.count : e->text.count;
  if (status == NT_OK && o->agree > followed) {
    status = nt_fail(err, NT_ERR_RANGE, "%s: %zu tokens, --agree asks for %" PRIu64,
                     own_text ? o->agree_text : o->text, followed, o->agree);
  }
  e->windows = (size_t)o->agree / NT_EVALUATE_WINDOW;
  e->whole.tokens = e->text.count;
  e->whole.bytes = e->text.bytes;
  e->first.tokens = o->golden_tokens < e->text.count ? (size_t)o->golden_tokens : e->text.count;
  if (status == NT_OK) {
    status =
        nt_eval_text_bytes(e->model.tokenizer, &e->text, e->first.tokens, &e->first.bytes, err);
  }
  if (status == NT_OK && e->first.tokens == e->text.count) {
    e->first.bytes = e->text.bytes;
  }
  return status;
}

static nt_status_t run_references(eval_t *e, const nt_listener_t *listener, nt_error_t *err) {
  const nt_evaluate_options_t options = {.precision =
                                             e->options->precision == 32 ? NT_FLOAT32 : NT_FLOAT64,
                                         .first = e->first.tokens,
                                         .listener = listener};
  const nt_qmodel_t *qmodel = e->wanted[LEVEL_INTEGER] ? e->model.qmodel : NULL;
  nt_evaluation_t found = {.window = NULL};
  nt_status_t status = NT_OK;
  if (qmodel != NULL || e->model.reference != NULL) {
    status = nt_evaluate(e->model.reference, qmodel, e->text.tokens, e->text.count + 1, &options,
                         &found, err);
  }
  e->whole.level[LEVEL_FLOAT] = found.reference;
  e->whole.level[LEVEL_INTEGER] = found.integer;
  e->first.level[LEVEL_FLOAT] = found.reference_first;
  e->first.level[LEVEL_INTEGER] = found.integer_first;
  e->first_crc = found.first_crc;
  if (status == NT_OK && e->agree_text.tokens != NULL) {
    nt_evaluation_free(&found);
    status = nt_evaluate(e->model.reference, qmodel, e->agree_text.tokens, e->agree_text.count + 1,
                         &options, &found, err);
  }
  e->agreement = found;
  return status;
}

static nt_status_t check_change(const eval_t *e, nt_error_t *err) {
  const double reference = nt_perplexity_value(&e->whole.level[LEVEL_FLOAT]);
  const double integer = nt_perplexity_value(&e->whole.level[LEVEL_INTEGER]);
  const double change = 100 * (integer / reference - 1);
  if (isfinite(e->max_change) && !(change <= e->max_change)) {
    return nt_fail(err, NT_ERR_MISMATCH,
                   "perplexity of the integer model is %.4f, of the float model %.4f: %+.3f %%, "
                   "--max-change allows %g %%",
                   integer, reference, change, e->max_change);
  }
  return NT_OK;
}

// ---- report ----

static void print_row(const eval_t *e, const stretch_t *s, int level) {
  const nt_perplexity_t *sum = &s->level[level], *reference = &s->level[LEVEL_FLOAT];
  if (sum->tokens == 0) {
    return;
  }
  char name[24], change[24] = "";
  (void)snprintf(name, sizeof name, level == LEVEL_FLOAT ? "%s, %u bits" : "%s", level_names[level],
                 (unsigned)e->options->precision);
  if (level != LEVEL_FLOAT && reference->tokens != 0) {
    (void)snprintf(change, sizeof change, "%+.3f %%",
                   100 * (nt_perplexity_value(sum) / nt_perplexity_value(reference) - 1));
  }
  (void)printf("%-16s %9zu %9zu %12.4f %11.4f %11s\n", name, sum->tokens, s->bytes,
               nt_perplexity_value(sum), nt_perplexity_bits_per_byte(sum, s->bytes), change);
}

static void print_agreement(const eval_t *e) {
  (void)printf("\n%-16s %9s %9s %12s   integer against float along %s\n", "tokens", "same next",
               "share", "state error",
               e->options->agree_text != NULL ? e->options->agree_text : e->options->text);
  for (size_t i = 0; i < e->windows; i++) {
    const nt_evaluate_window_t *w = &e->agreement.window[i];
    (void)printf("%7zu..%-7zu %9zu %7.1f %% %12.4f\n", i * NT_EVALUATE_WINDOW,
                 i * NT_EVALUATE_WINDOW + w->tokens - 1, w->same,
                 100 * (double)w->same / (double)w->tokens, w->state_error);
  }
  (void)printf("%-16s %9s %7.1f %% %12.4f\n%-16s %9s %7.1f %% %12.4f\n", "first quarter", "",
               100 * e->same.first, e->state_error.first, "last quarter", "", 100 * e->same.last,
               e->state_error.last);
  (void)printf("the last quarter is %s than the first in equal predictions (standard error %.1f "
               "%%), %s in state error (standard error %.4f)\n",
               e->same.worse ? "worse" : "not worse", 100 * e->same.error,
               e->state_error.worse ? "worse" : "not worse", e->state_error.error);
}

static void print_report(const eval_t *e) {
  (void)printf("%s on %s\n\n%-16s %9s %9s %12s %11s %11s\n", e->options->model, e->options->text,
               "level", "tokens", "bytes", "perplexity", "bits/byte", "change");
  for (int level = 0; level < LEVELS; level++) {
    print_row(e, &e->whole, level);
  }
  if (e->compared != 0) {
    (void)printf("\n");
    for (int level = 0; level < LEVELS; level++) {
      print_row(e, &e->first, level);
    }
    (void)printf("%" PRIu64 " logits of the golden tiles compared with the integer reference, all "
                 "equal\n",
                 e->compared);
  }
  if (e->windows != 0) {
    print_agreement(e);
  }
}

static void add_stretch(cJSON *root, const char *name, const eval_t *e, const stretch_t *s) {
  cJSON *object = cJSON_AddObjectToObject(root, name);
  (void)cJSON_AddNumberToObject(object, "tokens", (double)s->tokens);
  (void)cJSON_AddNumberToObject(object, "bytes", (double)s->bytes);
  for (int level = 0; level < LEVELS; level++) {
    const nt_perplexity_t *sum = &s->level[level];
    if (sum->tokens == 0) {
      continue;
    }
    cJSON *item = cJSON_AddObjectToObject(object, level_names[level]);
    (void)cJSON_AddNumberToObject(item, "nll", sum->nll);
    (void)cJSON_AddNumberToObject(item, "perplexity", nt_perplexity_value(sum));
    (void)cJSON_AddNumberToObject(item, "bits_per_byte",
                                  nt_perplexity_bits_per_byte(sum, s->bytes));
    if (level == LEVEL_INTEGER && s == &e->first) {
      (void)cJSON_AddNumberToObject(item, "logits_crc32", e->first_crc);
    }
    if (level == LEVEL_GOLDEN) {
      (void)cJSON_AddNumberToObject(item, "logits_compared", (double)e->compared);
    }
  }
}

static void add_trend(cJSON *root, const char *name, const nt_evaluate_trend_t *trend) {
  cJSON *object = cJSON_AddObjectToObject(root, name);
  (void)cJSON_AddNumberToObject(object, "first_quarter", trend->first);
  (void)cJSON_AddNumberToObject(object, "last_quarter", trend->last);
  (void)cJSON_AddNumberToObject(object, "standard_error", trend->error);
  (void)cJSON_AddBoolToObject(object, "worse", trend->worse);
}

static void add_agreement(cJSON *root, const eval_t *e) {
  cJSON *object = cJSON_AddObjectToObject(root, "agreement");
  (void)cJSON_AddStringToObject(
      object, "text", e->options->agree_text != NULL ? e->options->agree_text : e->options->text);
  cJSON *list = cJSON_AddArrayToObject(object, "windows");
  for (size_t i = 0; i < e->windows; i++) {
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddNumberToObject(item, "tokens", (double)e->agreement.window[i].tokens);
    (void)cJSON_AddNumberToObject(item, "same", (double)e->agreement.window[i].same);
    (void)cJSON_AddNumberToObject(item, "state_error", e->agreement.window[i].state_error);
    (void)cJSON_AddItemToArray(list, item);
  }
  add_trend(object, "same", &e->same);
  add_trend(object, "state_error", &e->state_error);
}

static nt_status_t write_summary(const eval_t *e, nt_error_t *err) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(root, "model", e->options->model);
  (void)cJSON_AddStringToObject(root, "text", e->options->text);
  (void)cJSON_AddNumberToObject(root, "precision", (double)e->options->precision);
  add_stretch(root, "first", e, &e->first);
  add_stretch(root, "whole", e, &e->whole);
  if (e->windows != 0) {
    add_agreement(root, e);
  }
  return nt_json_file_write(e->options->summary, root, err);
}

static nt_status_t run(eval_t *e, nt_error_t *err) {
  nt_progress_listener_t progress;
  nt_progress_listen(&progress);
  const nt_listener_t *listener = e->options->quiet ? NULL : &progress.listener;
  nt_status_t status = run_references(e, listener, err);
  if (status == NT_OK && e->wanted[LEVEL_GOLDEN]) {
    status = nt_eval_golden(e->model.image, e->model.qmodel, e->text.tokens, e->first.tokens,
                            e->options->max_cycles, listener, &e->first.level[LEVEL_GOLDEN],
                            &e->compared, err);
  }
  nt_progress_listen_end(&progress);
  if (status == NT_OK && e->windows != 0) {
    status = nt_evaluate_trends(e->agreement.window, e->windows, &e->same, &e->state_error, err);
  }
  if (status == NT_OK) {
    print_report(e);
  }
  if (status == NT_OK && e->options->summary != NULL) {
    status = write_summary(e, err);
  }
  return status == NT_OK ? check_change(e, err) : status;
}

nt_status_t nt_command_eval(const nt_options_t *options, nt_error_t *err) {
  eval_t e = {.options = options};
  nt_status_t status = read_options(&e, err);
  if (status == NT_OK) {
    status = open_eval(&e, err);
  }
  if (status == NT_OK) {
    status = run(&e, err);
  }
  nt_evaluation_free(&e.agreement);
  nt_eval_text_free(&e.text);
  nt_eval_text_free(&e.agree_text);
  nt_eval_model_close(&e.model);
  return status;
}
