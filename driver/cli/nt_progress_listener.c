// SPDX-License-Identifier: Apache-2.0
#include "nt_progress_listener.h"

static void report(void *user, const char *stage, uint64_t done, uint64_t total) {
  nt_progress_listener_t *progress = user;
  if (progress->stage != stage) {
    nt_progress_clear(&progress->line);
    nt_progress_start(&progress->line);
    progress->stage = stage;
  }
  nt_progress_note(&progress->line, stage, done, total);
  if (done == total) {
    progress->stage = NULL; // the next report starts a stage, even of the same name
  }
}

void nt_progress_listen(nt_progress_listener_t *progress) {
  nt_progress_start(&progress->line);
  progress->stage = NULL;
  progress->listener = (nt_listener_t){.report = report, .user = progress};
}

void nt_progress_listen_end(nt_progress_listener_t *progress) {
  nt_progress_clear(&progress->line);
}
