// SPDX-License-Identifier: Apache-2.0
#include "nt_progress_line.h"

#include "nt_clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

// NOTE_COLUMNS holds the longest note and the rest of a word.
enum { USUAL_COLUMNS = 80, LEAST_COLUMNS = 20, NOTE_COLUMNS = 40 };

// Columns for text, of as many as the terminal has.
static size_t text_columns(void) {
  struct winsize size = {.ws_col = 0};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const size_t columns = known ? size.ws_col : USUAL_COLUMNS;
  return columns >= LEAST_COLUMNS + NOTE_COLUMNS ? columns - NOTE_COLUMNS : LEAST_COLUMNS;
}

void nt_progress_start(nt_progress_line_t *line) {
  *line = (nt_progress_line_t){
      .terminal = isatty(STDOUT_FILENO) != 0, .start = nt_clock_now(), .width = text_columns()};
}

double nt_progress_seconds(const nt_progress_line_t *line) {
  return nt_clock_now() - line->start;
}

void nt_progress_clear(nt_progress_line_t *line) {
  if (line->shown > 0) {
    (void)printf("\033[%zuD\033[K", line->shown);
    line->shown = 0;
  }
}

void nt_progress_text(nt_progress_line_t *line, const char *text) {
  nt_progress_clear(line);
  for (const char *at = text; *at != '\0'; at++) {
    const bool break_here = line->terminal && *at == ' ' && line->column >= line->width;
    const char ch = break_here ? '\n' : *at;
    (void)putchar(ch);
    const bool continues = ((unsigned char)ch & 0xC0) == 0x80; // a later byte of a character
    line->column = ch == '\n' ? 0 : line->column + !continues;
  }
  (void)fflush(stdout);
}

void nt_progress_note(nt_progress_line_t *line, const char *what, size_t done, size_t total) {
  if (!line->terminal || done == 0) {
    return;
  }
  nt_progress_clear(line);
  char note[NOTE_COLUMNS - 4];
  const double left = nt_progress_seconds(line) / (double)done * (double)(total - done);
  (void)snprintf(note, sizeof note, " [%s %zu/%zu, %.0f s left]", what, done, total, left);
  (void)printf("\033[2m%s\033[0m", note);
  (void)fflush(stdout);
  line->shown = strlen(note);
}
