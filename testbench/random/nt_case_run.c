// SPDX-License-Identifier: Apache-2.0
#define _DEFAULT_SOURCE // MAP_ANONYMOUS
#include "nt_case_run.h"

#include "nt_check.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 300 }; // no case takes so long

static void insist(bool fine, const char *what) {
  if (!fine) {
    perror(what);
    exit(2);
  }
}

static void play(void *user) {
  nt_random_case_t copy = *(const nt_random_case_t *)user;
  nt_random_case_play(&copy);
}

nt_case_job_t nt_case_start(nt_random_case_t *played) {
  return nt_job_start(play, played);
}

nt_case_job_t nt_job_start(void (*work)(void *user), void *user) {
  nt_case_job_t job = {.log = tmpfile()};
  insist(job.log != NULL, "temporary file");
  job.compared =
      mmap(NULL, sizeof *job.compared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  insist(job.compared != MAP_FAILED, "shared memory");
  (void)fflush(NULL);
  job.pid = fork();
  insist(job.pid >= 0, "new process");
  if (job.pid == 0) {
    (void)alarm(SECONDS);
    insist(dup2(fileno(job.log), STDERR_FILENO) >= 0, "standard error");
    insist(freopen("/dev/null", "w", stdout) != NULL, "standard output");
    work(user);
    *job.compared = nt_check_counted();
    exit(0); // with the handlers that write what coverage builds have counted
  }
  return job;
}

static void describe(nt_case_outcome_t *outcome, FILE *log, int status) {
  rewind(log);
  if (fgets(outcome->text, sizeof outcome->text, log) == NULL)
    (void)snprintf(outcome->text, sizeof outcome->text, "ended by %s %d",
                   WIFSIGNALED(status) ? "signal" : "exit code",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  outcome->text[strcspn(outcome->text, "\n")] = '\0';
  size_t length = 0;
  uint32_t colons = 0;
  for (const char *at = outcome->text; *at != '\0' && length + 1 < sizeof outcome->kind; at++) {
    colons += *at == ':';
    if (colons == 2 || strncmp(at, " is ", 4) == 0)
      break;
    if (!isdigit((unsigned char)*at))
      outcome->kind[length++] = *at;
  }
}

nt_case_outcome_t nt_case_finish(nt_case_job_t *job, int status) {
  nt_case_outcome_t outcome = {.compared = *job->compared};
  outcome.failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0 || outcome.compared == 0;
  if (outcome.failed)
    describe(&outcome, job->log, status);
  (void)fclose(job->log);
  (void)munmap(job->compared, sizeof *job->compared);
  return outcome;
}

nt_case_outcome_t nt_job_wait(nt_case_job_t *job) {
  int status = 0;
  while (waitpid(job->pid, &status, 0) < 0)
    insist(errno == EINTR, "waiting");
  return nt_case_finish(job, status);
}

nt_case_outcome_t nt_case_run(const nt_random_case_t *played) {
  nt_random_case_t copy = *played;
  nt_case_job_t job = nt_case_start(&copy);
  return nt_job_wait(&job);
}
