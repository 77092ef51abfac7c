// SPDX-License-Identifier: Apache-2.0
// nt_progress_listener: shows what a library reports as a progress line, every stage with an
// estimate of its own.
#ifndef NT_PROGRESS_LISTENER_H
#define NT_PROGRESS_LISTENER_H

#include "nt_listener.h"
#include "nt_progress_line.h"

typedef struct nt_progress_listener {
  nt_progress_line_t line;
  const char *stage; // being shown
  nt_listener_t listener;
} nt_progress_listener_t;

/// Prepares `progress`, which must stay where it is while `progress->listener` is in use.
void nt_progress_listen(nt_progress_listener_t *progress);
/// Removes the note.
void nt_progress_listen_end(nt_progress_listener_t *progress);

#endif
