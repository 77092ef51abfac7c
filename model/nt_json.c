// SPDX-License-Identifier: Apache-2.0
#include "nt_json.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare_names(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/// A repeated key means different things to different readers, so it is refused.
static nt_status_t check_keys_of(const char *path, const cJSON *object, nt_error_t *err) {
  size_t count = 0;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, object) {
    count++;
  }
  if (count < 2)
    return NT_OK;
  const char **names = malloc(count * sizeof *names);
  if (names == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory for %zu JSON keys", path, count);
  size_t used = 0;
  cJSON_ArrayForEach(item, object) {
    names[used++] = item->string;
  }
  qsort(names, count, sizeof *names, compare_names);
  nt_status_t status = NT_OK;
  for (size_t k = 1; k < count && status == NT_OK; k++) {
    if (strcmp(names[k - 1], names[k]) == 0)
      status = nt_fail(err, NT_ERR_FORMAT, "%s: key \"%.100s\" occurs twice", path, names[k]);
  }
  free(names);
  return status;
}

/// The same for an object or array and everything in it; cJSON limits the depth.
static nt_status_t check_unique_keys(const char *path, const cJSON *root, nt_error_t *err) {
  nt_status_t status = cJSON_IsObject(root) ? check_keys_of(path, root, err) : NT_OK;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, root) {
    if (status == NT_OK && item->child != NULL)
      status = check_unique_keys(path, item, err);
  }
  return status;
}

nt_status_t nt_json_parse(const char *path, const char *text, size_t length, cJSON **out,
                          nt_error_t *err) {
  *out = NULL;
  const char *end = NULL;
  cJSON *root = cJSON_ParseWithLengthOpts(text, length, &end, 0);
  if (root == NULL) {
    const char *at = cJSON_GetErrorPtr();
    const size_t offset = at != NULL && at >= text && at <= text + length ? (size_t)(at - text) : 0;
    return nt_fail(err, NT_ERR_FORMAT, "%s: not valid JSON near byte %zu of the JSON text", path,
                   offset);
  }
  nt_status_t status = NT_OK;
  while (end < text + length && strchr(" \t\r\n", *end) != NULL && *end != '\0')
    end++;
  if (end < text + length)
    status = nt_fail(err, NT_ERR_FORMAT, "%s: text after the JSON object at byte %zu", path,
                     (size_t)(end - text));
  else if (!cJSON_IsObject(root))
    status = nt_fail(err, NT_ERR_FORMAT, "%s: the JSON value is not an object", path);
  else
    status = check_unique_keys(path, root, err);
  if (status != NT_OK) {
    cJSON_Delete(root);
    return status;
  }
  *out = root;
  return NT_OK;
}

static nt_status_t read_text(FILE *file, const char *path, size_t max_bytes, char **text,
                             size_t *length, nt_error_t *err) {
  size_t capacity = 4096;
  size_t used = 0;
  char *buffer = malloc(capacity);
  while (buffer != NULL) {
    used += fread(buffer + used, 1, capacity - used, file);
    if (used < capacity || capacity > max_bytes)
      break;
    capacity *= 2;
    char *grown = realloc(buffer, capacity);
    if (grown == NULL)
      free(buffer);
    buffer = grown;
  }
  if (buffer == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory for %zu bytes", path, capacity);
  nt_status_t status = NT_OK;
  if (ferror(file))
    status = nt_fail(err, NT_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
  else if (used > max_bytes)
    status = nt_fail(err, NT_ERR_FORMAT, "%s: longer than the %zu bytes allowed", path, max_bytes);
  if (status != NT_OK) {
    free(buffer);
    return status;
  }
  *text = buffer;
  *length = used;
  return NT_OK;
}

/// Only a regular file: a FIFO would wait for a writer, a device need not end.
static nt_status_t open_text(const char *path, FILE **file, nt_error_t *err) {
  const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat info;
  if (fd < 0)
    return nt_fail(err, NT_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
  nt_status_t status = NT_OK;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode))
    status = nt_fail(err, NT_ERR_IO, "%s: not a regular file", path);
  else if ((*file = fdopen(fd, "rb")) == NULL)
    status = nt_fail(err, NT_ERR_IO, "%s: cannot open: %s", path, strerror(errno));
  if (status != NT_OK)
    (void)close(fd);
  return status;
}

nt_status_t nt_json_load(const char *path, size_t max_bytes, cJSON **out, nt_error_t *err) {
  *out = NULL;
  FILE *file = NULL;
  nt_status_t status = open_text(path, &file, err);
  if (status != NT_OK)
    return status;
  char *text = NULL;
  size_t length = 0;
  status = read_text(file, path, max_bytes, &text, &length, err);
  (void)fclose(file);
  if (status != NT_OK)
    return status;
  status = nt_json_parse(path, text, length, out, err);
  free(text);
  return status;
}

bool nt_json_as_uint(const cJSON *item, uint64_t *value) {
  const double largest_exact = 9007199254740992.0;
  if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || item->valuedouble > largest_exact ||
      item->valuedouble != floor(item->valuedouble))
    return false;
  *value = (uint64_t)item->valuedouble;
  return true;
}

const char *nt_json_show(const cJSON *item, char *text, size_t size) {
  if (item == NULL) {
    (void)snprintf(text, size, "nothing");
    return text;
  }
  char *printed = cJSON_PrintUnformatted(item);
  (void)snprintf(text, size, "%s", printed != NULL ? printed : "?");
  cJSON_free(printed);
  return text;
}
