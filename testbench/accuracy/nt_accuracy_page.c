// SPDX-License-Identifier: Apache-2.0
#include "nt_accuracy_page.h"

#include "nt_bundle.h"

#include <dirent.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRIFT_ROWS = 8 };

// ---- reading ----

static int is_json(const struct dirent *entry) {
  const size_t length = strlen(entry->d_name);
  return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

static nt_status_t read_one(nt_accuracy_t *a, const char *folder, const char *name,
                            nt_error_t *err) {
  char path[4096], *text = NULL;
  size_t length = 0;
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  const nt_status_t status = nt_bundle_read_text(path, &text, &length, err);
  cJSON *root = status == NT_OK ? cJSON_ParseWithLength(text, length) : NULL;
  free(text);
  if (status != NT_OK) {
    return status;
  }
  if (root == NULL || !cJSON_IsString(cJSON_GetObjectItemCaseSensitive(root, "model"))) {
    cJSON_Delete(root);
    return nt_fail(err, NT_ERR_FORMAT, "%s: not a summary of neurotile eval or sweep", path);
  }
  if (cJSON_HasObjectItem(root, "sweep")) {
    a->sweep[a->sweeps++] = root;
  } else {
    a->eval[a->evals++] = root;
  }
  return NT_OK;
}

nt_status_t nt_accuracy_read(const char *folder, nt_accuracy_t *a, nt_error_t *err) {
  *a = (nt_accuracy_t){.eval = NULL};
  struct dirent **list = NULL;
  const int count = scandir(folder, &list, is_json, alphasort);
  nt_status_t status = NT_OK;
  if (count <= 0) {
    status = nt_fail(err, NT_ERR_IO, "%s: no *.json there, run make accuracy", folder);
  }
  if (status == NT_OK) {
    a->eval = calloc((size_t)count, sizeof *a->eval);
    a->sweep = calloc((size_t)count, sizeof *a->sweep);
    if (a->eval == NULL || a->sweep == NULL) {
      status = nt_fail(err, NT_ERR_MEMORY, "%s: no memory for %d files", folder, count);
    }
  }
  for (int i = 0; i < count; i++) {
    if (status == NT_OK) {
      status = read_one(a, folder, list[i]->d_name, err);
    }
    free(list[i]);
  }
  free(list);
  return status;
}

void nt_accuracy_free(nt_accuracy_t *a) {
  for (size_t i = 0; i < a->evals; i++) {
    cJSON_Delete(a->eval[i]);
  }
  for (size_t i = 0; i < a->sweeps; i++) {
    cJSON_Delete(a->sweep[i]);
  }
  free(a->eval);
  free(a->sweep);
  *a = (nt_accuracy_t){.eval = NULL};
}

nt_status_t nt_accuracy_number(const cJSON *object, const char *name, double *value,
                               nt_error_t *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  if (!cJSON_IsNumber(item)) {
    return nt_fail(err, NT_ERR_FORMAT, "summary: %s of \"%s\" is not a number", name,
                   object != NULL && object->string != NULL ? object->string : "the document");
  }
  *value = item->valuedouble;
  return NT_OK;
}

static const char *text_of(const cJSON *object, const char *name) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
  return text != NULL ? text : "?";
}

static const char *model_name(const cJSON *root) {
  const char *path = text_of(root, "model"), *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

// ---- writing ----

// A whole number with commas between thousands.
static void put_whole(FILE *out, double value) {
  char digits[32];
  const int length = snprintf(digits, sizeof digits, "%.0f", value);
  for (int i = 0; i < length; i++) {
    (void)fprintf(out, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
  }
}

static nt_status_t put_level(FILE *out, const cJSON *stretch, const char *level, nt_error_t *err) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(stretch, level);
  const cJSON *reference = cJSON_GetObjectItemCaseSensitive(stretch, "float");
  double tokens = 0, bytes = 0, nll = 0, reference_nll = 0, compared = 0;
  nt_status_t status = nt_accuracy_number(stretch, "tokens", &tokens, err);
  if (status == NT_OK) {
    status = nt_accuracy_number(stretch, "bytes", &bytes, err);
  }
  if (status == NT_OK) {
    status = nt_accuracy_number(item, "nll", &nll, err);
  }
  if (status == NT_OK) {
    status = nt_accuracy_number(reference, "nll", &reference_nll, err);
  }
  if (status == NT_OK && strcmp(level, "golden") == 0) {
    status = nt_accuracy_number(item, "logits_compared", &compared, err);
  }
  if (status != NT_OK) {
    return status;
  }
  (void)fprintf(out, "| %s | ", level);
  put_whole(out, tokens);
  (void)fprintf(out, " | ");
  put_whole(out, bytes);
  (void)fprintf(out, " | %.4f | %.4f |", exp(nll / tokens), nll / log(2) / bytes);
  if (item != reference) {
    (void)fprintf(out, " %+.3f %% |", 100 * (exp((nll - reference_nll) / tokens) - 1));
  } else {
    (void)fprintf(out, " |");
  }
  if (compared > 0) {
    (void)fprintf(out, " ");
    put_whole(out, compared);
  }
  (void)fprintf(out, " |\n");
  return NT_OK;
}

static nt_status_t put_accuracy(FILE *out, const nt_accuracy_t *a, nt_error_t *err) {
  static const char *const rows[][2] = {{"whole", "float"},
                                        {"whole", "integer"},
                                        {"first", "float"},
                                        {"first", "integer"},
                                        {"first", "golden"}};
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < a->evals && status == NT_OK; i++) {
    double bits = 0;
    status = nt_accuracy_number(a->eval[i], "precision", &bits, err);
    (void)fprintf(out,
                  "\n**%s** on `%s`, float in %.0f bits:\n\n"
                  "| level | tokens | bytes | perplexity | bits per byte | against float | logits "
                  "equal to integer |\n|---|---|---|---|---|---|---|\n",
                  model_name(a->eval[i]), text_of(a->eval[i], "text"), bits);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0] && status == NT_OK; r++) {
      status =
          put_level(out, cJSON_GetObjectItemCaseSensitive(a->eval[i], rows[r][0]), rows[r][1], err);
    }
  }
  return status;
}

// Windows [begin, end) as one row.
static nt_status_t put_windows(FILE *out, const cJSON *windows, int begin, int end, double *at,
                               nt_error_t *err) {
  double tokens = 0, same = 0, squares = 0;
  for (int i = begin; i < end; i++) {
    const cJSON *window = cJSON_GetArrayItem(windows, i);
    double values[3];
    static const char *const names[3] = {"tokens", "same", "state_error"};
    for (int n = 0; n < 3; n++) {
      const nt_status_t status = nt_accuracy_number(window, names[n], &values[n], err);
      if (status != NT_OK) {
        return status;
      }
    }
    tokens += values[0];
    same += values[1];
    squares += values[2] * values[2];
  }
  (void)fprintf(out, "| ");
  put_whole(out, *at);
  *at += tokens;
  (void)fprintf(out, " to ");
  put_whole(out, *at - 1);
  (void)fprintf(out, " | ");
  put_whole(out, same);
  (void)fprintf(out, " of ");
  put_whole(out, tokens);
  (void)fprintf(out, " | %.1f %% | %.4f |\n", 100 * same / tokens, sqrt(squares / (end - begin)));
  return NT_OK;
}

static nt_status_t put_trend(FILE *out, const cJSON *agreement, const char *name, const char *what,
                             double scale, const char *unit, int digits, nt_error_t *err) {
  static const char *const names[3] = {"first_quarter", "last_quarter", "standard_error"};
  const cJSON *trend = cJSON_GetObjectItemCaseSensitive(agreement, name);
  double values[3] = {0};
  for (int n = 0; n < 3; n++) {
    const nt_status_t status = nt_accuracy_number(trend, names[n], &values[n], err);
    if (status != NT_OK) {
      return status;
    }
  }
  const bool worse = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(trend, "worse"));
  (void)fprintf(out, "| %s | %.*f%s | %.*f%s | %.*f%s | %s |\n", what, digits, scale * values[0],
                unit, digits, scale * values[1], unit, digits, scale * values[2], unit,
                worse ? "yes" : "no");
  return NT_OK;
}

static nt_status_t put_drift(FILE *out, const nt_accuracy_t *a, nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < a->evals && status == NT_OK; i++) {
    const cJSON *agreement = cJSON_GetObjectItemCaseSensitive(a->eval[i], "agreement");
    const cJSON *windows = cJSON_GetObjectItemCaseSensitive(agreement, "windows");
    const int count = cJSON_GetArraySize(windows);
    const int group = (count + DRIFT_ROWS - 1) / DRIFT_ROWS;
    double at = 0;
    if (count == 0) {
      return nt_fail(err, NT_ERR_FORMAT, "summary of %s: no agreement", model_name(a->eval[i]));
    }
    (void)fprintf(out,
                  "\n**%s** along `%s`:\n\n| tokens | same next token | share | state error "
                  "|\n|---|---|---|---|\n",
                  model_name(a->eval[i]), text_of(agreement, "text"));
    for (int w = 0; w < count && status == NT_OK; w += group) {
      status = put_windows(out, windows, w, w + group < count ? w + group : count, &at, err);
    }
    (void)fprintf(out, "\n| | first quarter | last quarter | standard error of the difference | "
                       "worse |\n|---|---|---|---|---|\n");
    if (status == NT_OK) {
      status = put_trend(out, agreement, "same", "same next token", 100, " %", 1, err);
    }
    if (status == NT_OK) {
      status = put_trend(out, agreement, "state_error", "state error", 1, "", 4, err);
    }
  }
  return status;
}

static nt_status_t change_of(const cJSON *sweep, const cJSON *row, double *percent,
                             nt_error_t *err) {
  double tokens = 0, reference = 0, nll = 0;
  nt_status_t status = nt_accuracy_number(sweep, "tokens", &tokens, err);
  if (status == NT_OK) {
    status = nt_accuracy_number(sweep, "float_nll", &reference, err);
  }
  if (status == NT_OK) {
    status = nt_accuracy_number(row, "nll", &nll, err);
  }
  *percent = 100 * (exp((nll - reference) / tokens) - 1);
  return status;
}

static nt_status_t put_cell(FILE *out, const cJSON *sweep, const cJSON *row, nt_error_t *err) {
  double to = 0, percent = 0;
  nt_status_t status = nt_accuracy_number(row, "to", &to, err);
  if (status == NT_OK && cJSON_HasObjectItem(row, "not_representable")) {
    (void)fprintf(out, " %g: not representable |", to);
    return NT_OK;
  }
  if (status == NT_OK) {
    status = change_of(sweep, row, &percent, err);
  }
  const char *bold = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "default")) ? "**" : "";
  (void)fprintf(out, " %s%g: %+.3f %%%s |", bold, to, percent, bold);
  return status;
}

// Settings of the longest series.
static int longest_series(const cJSON *rows) {
  const char *varied = "";
  const cJSON *row = NULL;
  int longest = 0, length = 0;
  cJSON_ArrayForEach(row, rows) {
    length = strcmp(varied, text_of(row, "varied")) == 0 ? length + 1 : 1;
    varied = text_of(row, "varied");
    longest = length > longest ? length : longest;
  }
  return longest;
}

static nt_status_t put_sweep(FILE *out, const nt_accuracy_t *a, nt_error_t *err) {
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < a->sweeps && status == NT_OK; i++) {
    const cJSON *rows = cJSON_GetObjectItemCaseSensitive(a->sweep[i], "sweep"), *row = NULL;
    const char *varied = "";
    const int cells = longest_series(rows);
    int missing = 0;
    double tokens = 0;
    status = nt_accuracy_number(a->sweep[i], "tokens", &tokens, err);
    (void)fprintf(out, "\n**%s** on the first ", model_name(a->sweep[i]));
    put_whole(out, tokens);
    (void)fprintf(out, " tokens of `%s`:\n\n| varied |%.*s\n|---|%.*s",
                  text_of(a->sweep[i], "text"), 3 * cells, "  |  |  |  |  |  |  |  |  |  |",
                  4 * cells, "---|---|---|---|---|---|---|---|---|---|");
    cJSON_ArrayForEach(row, rows) {
      if (status == NT_OK && strcmp(varied, text_of(row, "varied")) != 0) {
        varied = text_of(row, "varied");
        (void)fprintf(out, "%.*s\n| %s |", missing, "||||||||||", varied);
        missing = cells;
      }
      if (status == NT_OK) {
        status = put_cell(out, a->sweep[i], row, err);
        missing--;
      }
    }
    (void)fprintf(out, "%.*s\n", missing, "||||||||||");
  }
  return status;
}

// Copies `*page` up to and with the line of the begin mark, writes the part, and moves `*page` to
// the end mark.
static nt_status_t put_part(FILE *out, const char **page, const char *name,
                            nt_status_t (*put)(FILE *, const nt_accuracy_t *, nt_error_t *),
                            const nt_accuracy_t *a, nt_error_t *err) {
  char begin[64], end[64];
  (void)snprintf(begin, sizeof begin, "<!-- %s:begin -->\n", name);
  (void)snprintf(end, sizeof end, "<!-- %s:end -->\n", name);
  const char *from = strstr(*page, begin);
  const char *to = from != NULL ? strstr(from, end) : NULL;
  if (to == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "page: no marks %s:begin and %s:end, in this order", name,
                   name);
  }
  (void)fwrite(*page, 1, (size_t)(from - *page) + strlen(begin), out);
  *page = to;
  const nt_status_t status = put(out, a, err);
  (void)fprintf(out, "\n");
  return status;
}

nt_status_t nt_accuracy_render(const nt_accuracy_t *a, const char *page, char **out,
                               nt_error_t *err) {
  size_t size = 0;
  *out = NULL;
  if (a->evals == 0 || a->sweeps == 0) {
    return nt_fail(err, NT_ERR_FORMAT, "%zu summaries of eval and %zu of sweep, at least 1 each",
                   a->evals, a->sweeps);
  }
  FILE *file = open_memstream(out, &size);
  if (file == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "no memory for the page");
  }
  nt_status_t status = put_part(file, &page, "accuracy", put_accuracy, a, err);
  if (status == NT_OK) {
    status = put_part(file, &page, "drift", put_drift, a, err);
  }
  if (status == NT_OK) {
    status = put_part(file, &page, "sweep", put_sweep, a, err);
  }
  (void)fputs(page, file);
  if (fclose(file) != 0 && status == NT_OK) {
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for the page");
  }
  if (status != NT_OK) {
    free(*out);
    *out = NULL;
  }
  return status;
}

nt_status_t nt_accuracy_check(const nt_accuracy_t *a, const char *page, nt_error_t *err) {
  char *expected = NULL;
  nt_status_t status = nt_accuracy_render(a, page, &expected, err);
  if (status == NT_OK && strcmp(expected, page) != 0) {
    size_t at = 0, line = 1, start = 0;
    while (expected[at] == page[at]) {
      if (page[at++] == '\n') {
        line++;
        start = at;
      }
    }
    status = nt_fail(err, NT_ERR_MISMATCH,
                     "line %zu says \"%.*s\", the summaries say \"%.*s\"; run make accuracy", line,
                     (int)strcspn(page + start, "\n"), page + start,
                     (int)strcspn(expected + start, "\n"), expected + start);
  }
  free(expected);
  return status;
}

nt_status_t nt_accuracy_plot(const cJSON *sweep, char **out, nt_error_t *err) {
  size_t size = 0;
  *out = NULL;
  FILE *file = open_memstream(out, &size);
  if (file == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "no memory for the plot");
  }
  nt_status_t status = NT_OK;
  const char *varied = "";
  const cJSON *row = NULL;
  cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(sweep, "sweep")) {
    double to = 0, percent = 0;
    if (status != NT_OK || strcmp(text_of(row, "varied"), "margin") == 0) {
      continue;
    }
    if (strcmp(varied, text_of(row, "varied")) != 0) {
      (void)fprintf(file, "%s\"%s\"\n", *varied != '\0' ? "\n\n" : "", text_of(row, "varied"));
      varied = text_of(row, "varied");
    }
    if (!cJSON_HasObjectItem(row, "not_representable")) {
      status = nt_accuracy_number(row, "to", &to, err);
      if (status == NT_OK) {
        status = change_of(sweep, row, &percent, err);
      }
      (void)fprintf(file, "%g %.6g\n", to, percent);
    }
  }
  (void)fclose(file);
  if (status != NT_OK) {
    free(*out);
    *out = NULL;
  }
  return status;
}
