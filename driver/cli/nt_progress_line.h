// SPDX-License-Identifier: Apache-2.0
// nt_progress_line: progress with an estimate on a terminal, silence in a pipe.
#ifndef NT_PROGRESS_LINE_H
#define NT_PROGRESS_LINE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct nt_progress_line {
  bool terminal; // standard output is a terminal
  double start;
  size_t shown;  // characters of the note on screen
  size_t column; // column of the text
  size_t width;  // columns that the text may use; the note has the rest
} nt_progress_line_t;

void nt_progress_start(nt_progress_line_t *line);
/// Prints text on standard output; on a terminal it wraps the lines itself, so that the note always
/// fits behind it.
void nt_progress_text(nt_progress_line_t *line, const char *text);
/// Shows "[what done/total, N s left]" behind the text.
void nt_progress_note(nt_progress_line_t *line, const char *what, size_t done, size_t total);
/// Removes the note.
void nt_progress_clear(nt_progress_line_t *line);
/// Seconds since nt_progress_start.
double nt_progress_seconds(const nt_progress_line_t *line);

#endif
