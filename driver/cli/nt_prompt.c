// SPDX-License-Identifier: Apache-2.0
#include "nt_prompt.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096 };

// Everything up to the end of the file, in memory that grows.
static nt_status_t read_all(FILE *file, const char *name, char **text, size_t *length,
                            nt_error_t *err) {
  size_t capacity = FIRST_CAPACITY, used = 0;
  char *data = malloc(capacity + 1);
  while (data != NULL) {
    used += fread(data + used, 1, capacity - used, file);
    if (used < capacity || used > NT_PROMPT_MAX) {
      break;
    }
    capacity *= 2;
    char *grown = realloc(data, capacity + 1);
    if (grown == NULL) {
      free(data);
    }
    data = grown;
  }
  if (data == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "%s: out of memory", name);
  }
  *text = data;
  *length = used;
  return ferror(file) ? nt_fail(err, NT_ERR_IO, "%s: cannot read: %s", name, strerror(errno))
                      : NT_OK;
}

static nt_status_t check(const char *text, size_t length, const char *name, nt_error_t *err) {
  const char *zero = memchr(text, '\0', length);
  if (length > NT_PROMPT_MAX) {
    return nt_fail(err, NT_ERR_RANGE, "%s: longer than %zu bytes", name, NT_PROMPT_MAX);
  }
  if (zero != NULL) {
    return nt_fail(err, NT_ERR_RANGE, "%s: byte 0x00 at offset %zu, allowed is text", name,
                   (size_t)(zero - text));
  }
  return NT_OK;
}

static void drop_line_end(char *text, size_t *length) {
  if (*length > 0 && text[*length - 1] == '\n') {
    --*length;
    *length -= *length > 0 && text[*length - 1] == '\r';
  }
  text[*length] = '\0';
}

nt_status_t nt_prompt_read(const char *path, char **text, size_t *length, nt_error_t *err) {
  const bool standard = strcmp(path, "-") == 0;
  const char *name = standard ? "standard input" : path;
  *text = NULL;
  FILE *file = standard ? stdin : fopen(path, "rb");
  if (file == NULL) {
    return nt_fail(err, NT_ERR_IO, "%s: %s", name, strerror(errno));
  }
  nt_status_t status = read_all(file, name, text, length, err);
  if (!standard) {
    (void)fclose(file);
  }
  if (status == NT_OK) {
    status = check(*text, *length, name, err);
  }
  if (status != NT_OK) {
    free(*text);
    *text = NULL;
    return status;
  }
  drop_line_end(*text, length);
  return NT_OK;
}
