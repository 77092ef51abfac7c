// SPDX-License-Identifier: Apache-2.0
// nt_case_run: plays a case in a process of its own, so that a failure, a crash or a hang of it is
// a result.
#ifndef NT_CASE_RUN_H
#define NT_CASE_RUN_H

#include "nt_random_case.h"

#include <stdio.h>
#include <sys/types.h>

typedef struct nt_case_outcome {
  bool failed;
  uint64_t compared; ///< values; 0 if it failed
  char text[512];    ///< what the checker said, one line
  char kind[96];     ///< what failures of one cause have in common: the text without its numbers
} nt_case_outcome_t;

typedef struct nt_case_job {
  pid_t pid;
  FILE *log;          ///< the process's standard error
  uint64_t *compared; ///< shared with the process
} nt_case_job_t;

/// Starts a process that calls `work` and ends well if `work` returns and has compared something.
/// What the system refuses ends the program.
nt_case_job_t nt_job_start(void (*work)(void *user), void *user);
/// Starts playing; the case may be freed at once.
nt_case_job_t nt_case_start(nt_random_case_t *played);
/// After the process `job->pid` ended with wait status `status`: what came of it. Frees the job.
nt_case_outcome_t nt_case_finish(nt_case_job_t *job, int status);
/// Waits for the process, and nt_case_finish.
nt_case_outcome_t nt_job_wait(nt_case_job_t *job);
/// Plays and waits.
nt_case_outcome_t nt_case_run(const nt_random_case_t *played);

#endif
