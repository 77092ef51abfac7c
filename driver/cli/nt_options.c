// SPDX-License-Identifier: Apache-2.0
#include "nt_options.h"
#include "nt_price.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPTION_MAX = 32 };

// One row per option: where it goes, and what numbers it allows (text options have max 0).
typedef struct option_row {
  const char *name, *value, *help;
  size_t offset;
  uint64_t min, max;
  bool written; // a file to be written
  bool real;    // a number that need not be whole
} option_row_t;

#define TEXT(field, name, value, help)                                                             \
  { name, value, help, offsetof(nt_options_t, field), 0, 0, false, false }
#define OUTPUT(field, name, help)                                                                  \
  { name, "FILE", help, offsetof(nt_options_t, field), 0, 0, true, false }
#define NUMBER(field, name, min, max, help)                                                        \
  { name, "N", help, offsetof(nt_options_t, field), min, max, false, false }
#define REAL(field, name, value, max, help)                                                        \
  { name, value, help, offsetof(nt_options_t, field), 0, max, false, true }

static const option_row_t rows[] = {
    TEXT(model, "model", "PATH", "checkpoint folder or image file"),
    OUTPUT(out, "out", "file to write"),
    TEXT(prompt, "prompt", "TEXT", "text to continue"),
    TEXT(prompt_file, "prompt-file", "FILE", "the same from a file, or from standard input (-)"),
    TEXT(text, "text", "FILE", "text file"),
    TEXT(backend, "backend", "NAME", "rtl (verilated tiles) or golden (golden tiles)"),
    OUTPUT(summary, "summary", "write the facts of the run as JSON"),
    TEXT(state_in, "state-in", "FILE",
         "continue from a saved state; the prompt then follows the saved text"),
    OUTPUT(state_out, "state-out", "save the state at the end"),
    OUTPUT(trace, "trace", "write waves of one tile, VCD or as built (rtl only)"),
    TEXT(like, "like", "NAME", "shape: small, 370m, 1.3b or 2.7b"),
    TEXT(cache, "cache", "DIR", "folder of imported checkpoints (default: ~/.cache/neurotile)"),
    OUTPUT(report, "report", "write the facts of the import as JSON"),
    NUMBER(tokens, "tokens", 0, 1000000, "tokens to generate or to evaluate"),
    REAL(temperature, "temperature", "T", 100, "draw tokens at this temperature; 0: greedy"),
    NUMBER(top_k, "top-k", 0, UINT32_MAX, "draw among the N most likely tokens; 0: all"),
    REAL(top_p, "top-p", "P", 1, "draw among the most likely tokens with this share together"),
    TEXT(ignore_eos, "ignore-eos", NULL, "write on behind the end of a text"),
    NUMBER(trace_tile, "trace-tile", 0, NT_HOST_TILE - 1, "tile to trace"),
    NUMBER(trace_from, "trace-from", 0, UINT32_MAX, "first timestep of the trace"),
    NUMBER(trace_steps, "trace-steps", 1, 1000000, "timesteps to trace"),
    TEXT(trace_word, "trace-word", "WORD",
         "show a word of the tile's memories in the trace, CORE:SPACE:ADDRESS"),
    NUMBER(max_cycles, "max-cycles", 1, UINT64_MAX / 2,
           "clock cycles a tile may take for one timestep"),
    NUMBER(seed, "seed", 0, UINT32_MAX, "seed of random draws and data"),
    NUMBER(turns, "turns", 1, NT_PRICE_TURNS_MAX, "times that everything timed is run"),
    TEXT(no_waves, "no-waves", "PROGRAM", "neurotile built without wave support, to compare with"),
    TEXT(other_waves, "other-waves", "PROGRAM", "neurotile built for the other format of waves"),
    TEXT(levels, "levels", "LIST", "of float, integer and golden; default all three"),
    NUMBER(golden_tokens, "golden-tokens", 1, 1000000, "tokens for the golden tiles"),
    NUMBER(precision, "precision", 32, 64, "bits of the float reference, 32 or 64"),
    TEXT(max_change, "max-change", "PERCENT",
         "fail where integer perplexity is worse than float by more"),
    NUMBER(agree, "agree", 4096, 1000000,
           "follow float and integer for N tokens and compare predictions and states"),
    TEXT(agree_text, "agree-text", "FILE", "text to follow, if not the evaluated one"),
    TEXT(level, "check", "LEVEL",
         "what is compared: outputs, state (default) or stages, each more than the one before"),
    TEXT(failure, "failure", "DIR", "folder to leave when the run fails, for make replay"),
    TEXT(
        plant, "plant", "FAULT",
        "flip a bit of the system under test, TILE:CORE:SPACE:ADDRESS:BIT (see docs/debugging.md)"),
    TEXT(check, "no-check", NULL, "run without the golden system and the integer reference"),
    TEXT(quiet, "quiet", NULL, "print results only"),
    TEXT(no_cache, "no-cache", NULL, "import anew and keep no image"),
    TEXT(spread, "pack", NULL, "fill tiles completely instead of one layer per tile"),
    TEXT(spread, "spread", NULL, "a new tile for every layer"),
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

// True if the space-separated list holds the word.
static bool listed(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)) != NULL; at += length) {
    if ((at == list || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
      return true;
    }
  }
  return false;
}

static nt_status_t parse_number(const option_row_t *row, const char *text, uint64_t *value,
                                nt_error_t *err) {
  char *end = NULL;
  errno = 0;
  *value = strtoull(text, &end, 10);
  if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || *value < row->min ||
      *value > row->max) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --%s: found \"%s\", allowed is a whole number from %" PRIu64
                   " to %" PRIu64,
                   row->name, text, row->min, row->max);
  }
  return NT_OK;
}

static nt_status_t parse_real(const option_row_t *row, const char *text, double *value,
                              nt_error_t *err) {
  char *end = NULL;
  *value = strtod(text, &end);
  if (text[0] == '\0' || strspn(text, "0123456789.e-") != strlen(text) || *end != '\0' ||
      !(*value >= 0 && *value <= (double)row->max)) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --%s: found \"%s\", allowed is a number from 0 to %" PRIu64, row->name,
                   text, row->max);
  }
  return NT_OK;
}

// Before any work is done: the folder a result will go to takes files.
static nt_status_t check_folder(const option_row_t *row, const char *path, nt_error_t *err) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  const size_t length = slash == NULL ? 0 : slash == path ? 1 : (size_t)(slash - path);
  if (length >= sizeof folder) {
    return nt_fail(err, NT_ERR_ARG, "option --%s: the path is longer than %zu characters",
                   row->name, sizeof folder - 1);
  }
  memcpy(folder, path, length);
  folder[length] = '\0';
  if (access(length == 0 ? "." : folder, W_OK | X_OK) != 0) {
    return nt_fail(err, NT_ERR_IO, "option --%s: %s: cannot write: %s", row->name, path,
                   strerror(errno));
  }
  return NT_OK;
}

static nt_status_t store(const option_row_t *row, const char *text, nt_options_t *options,
                         nt_error_t *err) {
  char *base = (char *)options;
  if (row->value == NULL) {
    if (row->offset == offsetof(nt_options_t, check)) {
      options->check = false;
    } else if (row->offset == offsetof(nt_options_t, quiet)) {
      options->quiet = true;
    } else if (row->offset == offsetof(nt_options_t, ignore_eos)) {
      options->ignore_eos = true;
    } else if (row->offset == offsetof(nt_options_t, no_cache)) {
      options->no_cache = true;
    } else {
      options->spread = strcmp(row->name, "spread") == 0;
    }
    return NT_OK;
  }
  if (row->real) {
    return parse_real(row, text, (double *)(void *)(base + row->offset), err);
  }
  if (row->max != 0) {
    return parse_number(row, text, (uint64_t *)(void *)(base + row->offset), err);
  }
  *(const char **)(void *)(base + row->offset) = text;
  return row->written ? check_folder(row, text, err) : NT_OK;
}

// Combinations that cannot be meant.
static nt_status_t check_together(const nt_options_t *options, nt_error_t *err) {
  if (strcmp(options->backend, "rtl") != 0 && strcmp(options->backend, "golden") != 0) {
    return nt_fail(err, NT_ERR_ARG, "option --backend: found \"%s\", allowed are rtl and golden",
                   options->backend);
  }
  if (options->trace != NULL && strcmp(options->backend, "rtl") != 0) {
    return nt_fail(
        err, NT_ERR_ARG,
        "options --trace and --backend golden contradict each other: only rtl has waves");
  }
  if (options->trace == NULL && (options->trace_tile != 0 || options->trace_from != 0 ||
                                 options->trace_steps != 0 || options->trace_word != NULL)) {
    return nt_fail(
        err, NT_ERR_ARG,
        "options --trace-tile, --trace-from, --trace-steps and --trace-word need --trace");
  }
  if (strcmp(options->level, "outputs") != 0 && strcmp(options->level, "state") != 0 &&
      strcmp(options->level, "stages") != 0) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --check: found \"%s\", allowed are outputs, state and stages",
                   options->level);
  }
  if (!options->check && (strcmp(options->level, "state") != 0 || options->failure != NULL)) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --no-check contradicts --check and --failure: nothing would be found");
  }
  if (options->prompt != NULL && options->prompt_file != NULL) {
    return nt_fail(err, NT_ERR_ARG, "options --prompt and --prompt-file contradict each other");
  }
  if (options->temperature == NT_TEMPERATURE_UNSAID &&
      (options->top_k != 0 || options->top_p != 1)) {
    return nt_fail(err, NT_ERR_ARG,
                   "options --top-k and --top-p need --temperature: without it, text is greedy");
  }
  return NT_OK;
}

nt_status_t nt_options_parse(const char *command, const char *accepted, int argc, char **argv,
                             nt_options_t *options, bool *help, nt_error_t *err) {
  struct option table[OPTION_MAX] = {{0}};
  int count = 0;
  int row_of[OPTION_MAX];
  for (int i = 0; i < ROW_COUNT; i++) {
    if (listed(accepted, rows[i].name)) {
      row_of[count] = i;
      table[count++] = (struct option){
          rows[i].name, rows[i].value != NULL ? required_argument : no_argument, NULL, 0};
    }
  }
  table[count] = (struct option){"help", no_argument, NULL, 'h'};
  *help = false;
  options->argc = argc;
  options->argv = argv;
  opterr = 0;
  optind = 1;
  for (;;) {
    int index = -1;
    const int found = getopt_long(argc, argv, ":h", table, &index);
    if (found == -1) {
      break;
    }
    if (found == 'h') {
      *help = true;
      return NT_OK;
    }
    if (found == ':') {
      return nt_fail(err, NT_ERR_ARG, "%s: option %s needs a value", command, argv[optind - 1]);
    }
    if (found == '?' && optopt != 0) {
      return nt_fail(err, NT_ERR_ARG, "%s: unknown option -%c (see neurotile %s --help)", command,
                     optopt, command);
    }
    if (found == '?') {
      return nt_fail(err, NT_ERR_ARG, "%s: unknown option %s (see neurotile %s --help)", command,
                     argv[optind - 1], command);
    }
    const nt_status_t status = store(&rows[row_of[index]], optarg, options, err);
    if (status != NT_OK) {
      return status;
    }
  }
  if (optind < argc && listed(accepted, "DIR")) {
    options->model = argv[optind++];
  }
  if (optind < argc) {
    return nt_fail(err, NT_ERR_ARG, "%s: unexpected argument \"%s\"", command, argv[optind]);
  }
  return check_together(options, err);
}

void nt_options_help(const char *accepted) {
  for (int i = 0; i < ROW_COUNT; i++) {
    if (listed(accepted, rows[i].name)) {
      char left[40];
      (void)snprintf(left, sizeof left, "--%s %s", rows[i].name,
                     rows[i].value != NULL ? rows[i].value : "");
      (void)printf("  %-20s %s\n", left, rows[i].help);
    }
  }
}
