// SPDX-License-Identifier: Apache-2.0
// Runs all planted bugs and prints what is reported as rows of a table. With a page, it compares
// the rows of the page with them in place of printing; times may differ.
// Usage: bugs_table BUGS.json [PAGE.md]
#include "nt_bug.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW = 640 };

// Where the bug shows, as the report says.
static void print_place(const cJSON *report, char *text, size_t size) {
  static const char *const parts[] = {"tile", "core", "group", "neuron"};
  const char *field = nt_bug_text(report, "field"), *stage = nt_bug_text(report, "stage");
  int length = snprintf(text, size, "%s:", stage);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const cJSON *part = cJSON_GetObjectItemCaseSensitive(report, parts[i]);
    if (part != NULL) {
      length += snprintf(text + length, size - (size_t)length, " %s %.0f", parts[i],
                         cJSON_GetNumberValue(part));
    }
  }
  const bool message = strncmp(field, "missing", 7) == 0;
  if (!message && strcmp(stage, "schedule") != 0) {
    (void)snprintf(text + length, size - (size_t)length, ", %.*s", (int)strcspn(field, ","), field);
  }
}

// The row up to the time.
static void print_row(const cJSON *bug, const nt_bug_run_t *run, char row[ROW]) {
  char place[256] = "";
  const char *best = "-";
  int timestep = -1;
  if (run->report != NULL) {
    const cJSON *hint =
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(run->report, "hints"), 0);
    print_place(run->report, place, sizeof place);
    best = nt_bug_text(hint, "name");
    timestep = (int)cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(run->report, "timestep"));
  } else {
    const char *said = strstr(run->error, "timestep ");
    timestep = said != NULL ? (int)strtol(said + strlen("timestep "), NULL, 10) : -1;
    (void)snprintf(place, sizeof place, "%s, exit %d", nt_bug_text(bug, "ending"), run->status);
  }
  (void)snprintf(row, ROW, "| `%s`: %s | `%s` | %d | %s | %s%s%s |", nt_bug_text(bug, "name"),
                 nt_bug_text(bug, "what"), nt_bug_text(bug, "file"), timestep, place,
                 best[0] == '-' ? "" : "`", best, best[0] == '-' ? "" : "`");
}

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t size = 0;
  FILE *out = file != NULL ? open_memstream(&text, &size) : NULL;
  for (int c = out != NULL ? getc(file) : EOF; c != EOF; c = getc(file)) {
    (void)putc(c, out);
  }
  if (out != NULL) {
    (void)fclose(out);
  }
  if (file != NULL) {
    (void)fclose(file);
  }
  return text;
}

// Rows of the page that name a bug: they begin like "| `name`: what".
static uint32_t count_rows(const char *page) {
  uint32_t rows = 0;
  for (const char *line = page; line != NULL; line = strchr(line + 1, '\n')) {
    const char *text = line[0] == '\n' ? line + 1 : line;
    const char *end = strncmp(text, "| `", 3) == 0 ? strchr(text + 3, '`') : NULL;
    rows += end != NULL && strncmp(end, "`: ", 3) == 0;
  }
  return rows;
}

// Prints all rows into `out` or compares them with the page; true if all is as it should be.
static bool run_all(const cJSON *list, const char *page, FILE *out, uint32_t *runs) {
  bool good = true;
  double total = 0;
  const cJSON *bug = NULL;
  if (page == NULL) {
    (void)printf(
        "| Bug | File | Timestep | Reported | Best hint | s |\n|---|---|---|---|---|---|\n");
  }
  cJSON_ArrayForEach(bug, list) {
    nt_error_t err = {.text = ""};
    nt_bug_run_t run = {.status = NT_OK};
    char row[ROW], what[512] = "";
    const double number = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(bug, "number"));
    if (!nt_bug_run((uint32_t)number, &run, &err)) {
      (void)fprintf(stderr, "bugs_table: %s: %s\n", nt_bug_text(bug, "name"), err.text);
      return false;
    }
    if (!nt_bug_is_reported(bug, &run, what)) {
      (void)fprintf(stderr, "bugs_table: %s: %s\n", nt_bug_text(bug, "name"), what);
      good = false;
    }
    print_row(bug, &run, row);
    if (page == NULL) {
      (void)fprintf(out, "%s %.3f |\n", row, run.seconds);
    } else if (strstr(page, row) == NULL) {
      (void)fprintf(stderr, "bugs_table: the page has no row\n%s\n", row);
      good = false;
    }
    total += run.seconds;
    nt_bug_run_free(&run);
    (*runs)++;
  }
  (void)fprintf(stderr, "%" PRIu32 " bugs, %.2f s\n", *runs, total);
  return good && *runs > 0;
}

int main(int argc, char **argv) {
  nt_error_t err = {.text = ""};
  cJSON *list = NULL;
  uint32_t runs = 0;
  if (argc != 2 && argc != 3) {
    (void)fprintf(stderr, "usage: bugs_table BUGS.json [PAGE.md]\n");
    return 2;
  }
  if (nt_bug_list(argv[1], &list, &err) != NT_OK) {
    (void)fprintf(stderr, "bugs_table: %s\n", err.text);
    return (int)err.status;
  }
  char *page = argc == 3 ? read_text(argv[2]) : NULL;
  bool good = argc == 2 || page != NULL;
  if (!good) {
    (void)fprintf(stderr, "bugs_table: %s: cannot be read\n", argv[2]);
  }
  // The table comes in one piece: assertions that fire print a line of their own.
  char *table = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&table, &size);
  good = good && out != NULL && run_all(list, page, out, &runs);
  if (out != NULL && fclose(out) == 0) {
    (void)fputs(table, stdout);
  }
  free(table);
  if (good && page != NULL && count_rows(page) != runs) {
    (void)fprintf(stderr, "bugs_table: %s has %" PRIu32 " rows of bugs, there are %" PRIu32 "\n",
                  argv[2], count_rows(page), runs);
    good = false;
  }
  free(page);
  cJSON_Delete(list);
  return good ? 0 : 1;
}
