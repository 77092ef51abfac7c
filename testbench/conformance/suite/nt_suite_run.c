// SPDX-License-Identifier: Apache-2.0
#include "nt_suite_run.h"

#include "nt_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t running; // process group of the program, 0: none

nt_status_t nt_suite_find(const nt_suite_setup_t *setup, const nt_suite_group_t *group, char *path,
                          size_t size, nt_error_t *err) {
  const bool systemc = strcmp(setup->back_end, "systemc") == 0;
  const bool other = strcmp(setup->back_end, "rtl") == 0 && setup->shape[0] != '\0' &&
                     strcmp(setup->shape, "default") != 0;
  if (systemc && setup->shape[0] != '\0' && strcmp(setup->shape, "default") != 0)
    return nt_fail(err, NT_ERR_ARG, "shape %s: the SystemC platform has the default shape only",
                   setup->shape);
  (void)snprintf(path, size, "%s%s/%s%s%s%s", setup->folder, systemc ? "/../systemc" : "",
                 group->program, systemc ? "_systemc" : "", other ? "_" : "",
                 other ? setup->shape : "");
  if (access(path, X_OK) != 0)
    return nt_fail(err, NT_ERR_ARG,
                   "%s: no such program: back end %s%s%s is not part of this build", path,
                   setup->back_end, other ? " of shape " : "", other ? setup->shape : "");
  return NT_OK;
}

/// In the child: never returns.
static void become(const nt_suite_setup_t *setup, const nt_suite_group_t *group, const char *path,
                   int record) {
  char number[16], log[1024];
  (void)setpgid(0, 0);
  (void)snprintf(number, sizeof number, "%d", record);
  (void)snprintf(log, sizeof log, "%s/%s.log", setup->log, group->name);
  const int out = setup->log[0] != '\0' ? open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666)
                                        : open("/dev/null", O_WRONLY);
  const int in = open("/dev/null", O_RDONLY);
  if (out < 0 || in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
    _exit(126);
  (void)setenv("NT_RECORD_FD", number, 1);
  (void)setenv("NT_IMAGE", setup->image, 1);
  (void)setenv("NT_VECTORS", setup->vectors, 1);
  (void)setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  const bool shaped = setup->shape[0] != '\0';
  (void)execl(path, path, setup->back_end, shaped ? setup->shape : NULL, (char *)NULL);
  _exit(127);
}

/// Waits for the program, which has closed its record, at most until `end`.
static bool reap(pid_t pid, double end, int *status) {
  const struct timespec pause = {.tv_nsec = 2000000};
  while (waitpid(pid, status, WNOHANG) == 0) {
    if (nt_clock_now() > end)
      return false;
    (void)nanosleep(&pause, NULL);
  }
  return true;
}

/// Reads lines until the program has ended or the time is over; false in that case. What it started
/// itself may hold the pipe for longer.
static bool listen_to(pid_t pid, int fd, double end, int *status, nt_suite_result_t *result,
                      nt_suite_tell_t tell, void *user) {
  enum { LOOK_MS = 200 };
  char line[2 * NT_SUITE_TEXT];
  size_t length = 0;
  for (;;) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    char bytes[4096];
    if (nt_clock_now() > end)
      return false;
    if (poll(&wait, 1, LOOK_MS) <= 0) {
      if (waitpid(pid, status, WNOHANG) == pid)
        return true;
      continue;
    }
    const ssize_t got = read(fd, bytes, sizeof bytes);
    if (got <= 0)
      return reap(pid, end, status);
    for (ssize_t i = 0; i < got; i++) {
      if (bytes[i] != '\n') {
        if (length + 1 < sizeof line)
          line[length++] = bytes[i];
        continue;
      }
      line[length] = '\0';
      length = 0;
      const uint32_t before = result->cases;
      nt_suite_result_line(result, line);
      if (result->cases != before && tell != NULL)
        tell(user, result);
    }
  }
}

/// Ends the program with its user: Ctrl-C must leave nothing behind.
static void on_interrupt(int number) {
  if (running != 0)
    (void)kill(-(pid_t)running, SIGKILL);
  _exit(128 + number);
}

static const char *where(const nt_suite_result_t *result) {
  const nt_suite_case_t *last = nt_suite_result_last(result);
  return last != NULL && !last->ended ? last->name : "no case";
}

static void judge(nt_suite_result_t *r, bool ended, int status, double limit) {
  if (!ended) {
    r->verdict = NT_SUITE_HANGS;
    (void)snprintf(r->text, sizeof r->text, "in %s: not done within %g s", where(r), limit);
  } else if (WIFSIGNALED(status)) {
    r->verdict = NT_SUITE_CRASHED;
    (void)snprintf(r->text, sizeof r->text, "in %s: signal %d (%s)", where(r), WTERMSIG(status),
                   strsignal(WTERMSIG(status)));
  } else if (r->verdict == NT_SUITE_REFUSED || r->verdict == NT_SUITE_SKIPPED) {
    return;
  } else if (r->failed > 0 && nt_suite_result_last(r)->ended) {
    r->verdict = NT_SUITE_DIFFERS;
  } else if (WEXITSTATUS(status) != 0 && r->values > 0 && r->failed == 0) {
    r->verdict = NT_SUITE_NOTHING; // the program itself knows what it should have compared
    (void)snprintf(r->text, sizeof r->text, "exit status %d after all cases passed",
                   WEXITSTATUS(status));
  } else if (WEXITSTATUS(status) != 0) {
    r->verdict = NT_SUITE_CRASHED;
    (void)snprintf(r->text, sizeof r->text, "in %s: exit status %d", where(r), WEXITSTATUS(status));
  } else {
    r->verdict = r->values > 0 ? NT_SUITE_PASS : NT_SUITE_NOTHING;
  }
}

nt_suite_result_t nt_suite_run(const nt_suite_setup_t *setup, const nt_suite_group_t *group,
                               nt_suite_tell_t tell, void *user) {
  nt_suite_result_t result = {.group = group};
  nt_error_t err = {0};
  char path[1024];
  int record[2];
  const double begin = nt_clock_now(), end = begin + setup->limit;
  nt_status_t status = nt_suite_find(setup, group, path, sizeof path, &err);
  if (status == NT_OK && pipe(record) != 0)
    status = nt_fail(&err, NT_ERR_INTERNAL, "no pipe: %s", strerror(errno));
  const pid_t pid = status == NT_OK ? fork() : -1;
  if (status == NT_OK && pid < 0)
    status = nt_fail(&err, NT_ERR_INTERNAL, "no process: %s", strerror(errno));
  if (status != NT_OK) {
    result.verdict = NT_SUITE_REFUSED;
    result.refusal = (int)status;
    (void)snprintf(result.text, sizeof result.text, "%s", err.text);
    return result;
  }
  if (pid == 0) {
    (void)close(record[0]);
    become(setup, group, path, record[1]);
  }
  (void)setpgid(pid, pid);
  running = pid;
  (void)signal(SIGINT, on_interrupt);
  (void)signal(SIGTERM, on_interrupt);
  (void)close(record[1]);
  int exit_status = 0;
  const bool ended = listen_to(pid, record[0], end, &exit_status, &result, tell, user);
  (void)kill(-pid, SIGKILL); // and whatever it left behind
  if (!ended)
    (void)waitpid(pid, &exit_status, 0);
  running = 0;
  (void)close(record[0]);
  judge(&result, ended, exit_status, setup->limit);
  result.seconds = nt_clock_now() - begin;
  return result;
}
