// SPDX-License-Identifier: Apache-2.0
#include "nt_status.h"

#include <stdarg.h>
#include <stdio.h>

const char *nt_status_str(nt_status_t status) {
  switch (status) {
  case NT_OK: return "ok";
  case NT_ERR_MISMATCH: return "mismatch";
  case NT_ERR_ARG: return "bad argument";
  case NT_ERR_RTL_ASSERT: return "rtl assertion";
  case NT_ERR_TIMEOUT: return "timeout";
  case NT_ERR_INTERNAL: return "internal error";
  case NT_ERR_IO: return "input/output error";
  case NT_ERR_FORMAT: return "bad format";
  case NT_ERR_RANGE: return "out of range";
  case NT_ERR_UNSUPPORTED: return "unsupported";
  case NT_ERR_DEVICE: return "device error";
  case NT_ERR_MEMORY: return "out of memory";
  }
  return "unknown status";
}

/// Names from files may hold anything; a message is one line and commands no terminal.
static void blank_controls(char *text) {
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ' || *text == '\x7f')
      *text = '?';
  }
}

nt_status_t nt_fail(nt_error_t *err, nt_status_t status, const char *format, ...) {
  if (err != NULL) {
    va_list args;
    va_start(args, format);
    err->status = status;
    (void)vsnprintf(err->text, sizeof err->text, format, args);
    va_end(args);
    blank_controls(err->text);
  }
  return status;
}
