// SPDX-License-Identifier: Apache-2.0
#include "nt_record.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool faulted; // in the case that runs

/// The pipe, or -1.
static int record_fd(void) {
  static int fd = -2;
  if (fd == -2) {
    const char *number = getenv("NT_RECORD_FD");
    fd = number != NULL ? atoi(number) : -1;
  }
  return fd;
}

bool nt_record_is_on(void) {
  return record_fd() >= 0;
}

/// One line in one write: lines of a program that dies are whole.
static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...) {
  char line[1024];
  va_list args;
  if (!nt_record_is_on())
    return;
  va_start(args, format);
  const int length = vsnprintf(line, sizeof line - 1, format, args);
  va_end(args);
  size_t size = length < 0 ? 0 : (size_t)length;
  size = size < sizeof line - 2 ? size : sizeof line - 2;
  for (size_t i = 0; i < size; i++)
    line[i] = line[i] == '\n' ? ' ' : line[i];
  line[size] = '\n';
  if (write(record_fd(), line, size + 1) < 0)
    _exit(2); // the runner has gone
}

void nt_record_begin(const char *name, const char *shape, const nt_params_t *p) {
  tell("begin %s %s %u %u %u %u %u %u %u %u", name, shape, p->cores, p->word_bits, p->pool_words,
       p->lines, p->acc_bits, p->prog_words, p->table_words, p->groups);
}

void nt_record_refused(nt_status_t status, const char *text) {
  tell("refused %d %s", (int)status, text);
}

void nt_record_case(const char *name) {
  faulted = false;
  tell("case %s", name);
}

void nt_record_fault(const char *file, int line, const char *text) {
  const char *slash = strrchr(file, '/');
  if (!faulted)
    tell("fault %s:%d: %s", slash != NULL ? slash + 1 : file, line, text);
  faulted = true;
}

void nt_record_done(bool ok, uint64_t values) {
  tell("done %s %" PRIu64, ok ? "ok" : "failed", values);
}

void nt_record_skip(const char *reason) {
  tell("skip %s", reason);
}

void nt_record_end(uint64_t values) {
  tell("end %" PRIu64, values);
}
