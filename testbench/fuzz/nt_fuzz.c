// SPDX-License-Identifier: Apache-2.0
#include "nt_fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[NT_FUZZ_PATH_MAX / 2];
static nt_error_t last;

void nt_fuzz_require(bool holds, const char *what) {
  if (holds)
    return;
  (void)fprintf(stderr, "fuzz: %s\n", what);
  abort();
}

static void remove_folder(void) {
  DIR *dir = opendir(folder);
  if (dir == NULL)
    return;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    char path[NT_FUZZ_PATH_MAX];
    if (entry->d_name[0] == '.')
      continue;
    nt_fuzz_path(path, entry->d_name);
    (void)unlink(path);
  }
  (void)closedir(dir);
  (void)rmdir(folder);
}

void nt_fuzz_path(char path[NT_FUZZ_PATH_MAX], const char *name) {
  if (folder[0] == '\0') {
    const char *parent = getenv("TMPDIR");
    const int length =
        snprintf(folder, sizeof folder, "%s/nt_fuzz_XXXXXX", parent != NULL ? parent : "/tmp");
    nt_fuzz_require(length > 0 && (size_t)length < sizeof folder, "TMPDIR is too long");
    nt_fuzz_require(mkdtemp(folder) != NULL, "cannot make a folder below TMPDIR");
    nt_fuzz_require(atexit(remove_folder) == 0, "no atexit");
  }
  const int length =
      snprintf(path, NT_FUZZ_PATH_MAX, name[0] != '\0' ? "%s/%.100s" : "%s%.100s", folder, name);
  nt_fuzz_require(length > 0 && length < NT_FUZZ_PATH_MAX, "path is too long");
}

void nt_fuzz_write(const char *name, const void *data, size_t size) {
  char path[NT_FUZZ_PATH_MAX];
  nt_fuzz_path(path, name);
  FILE *file = fopen(path, "wb");
  nt_fuzz_require(file != NULL, "cannot create the file to read");
  nt_fuzz_require(fwrite(data, 1, size, file) == size, "cannot write the file to read");
  nt_fuzz_require(fclose(file) == 0, "cannot write the file to read");
}

static bool is_one_line(const char *text) {
  if (text[0] == '\0')
    return false;
  for (; *text != '\0'; text++) {
    if ((unsigned char)*text < ' ' || *text == '\x7f')
      return false;
  }
  return true;
}

bool nt_fuzz_answer(nt_status_t status, const nt_error_t *err, const char *named) {
  if (status == NT_OK)
    return true;
  const bool blames_input = status == NT_ERR_FORMAT || status == NT_ERR_RANGE ||
                            status == NT_ERR_UNSUPPORTED || status == NT_ERR_IO;
  if (!blames_input || err->status != status || memchr(err->text, '\0', sizeof err->text) == NULL ||
      !is_one_line(err->text) || strstr(err->text, named) == NULL) {
    (void)fprintf(stderr, "fuzz: returned %d (%s), reported %d: \"%.*s\", must name \"%s\"\n",
                  (int)status, nt_status_str(status), (int)err->status, (int)sizeof err->text,
                  err->text, named);
    abort();
  }
  return false;
}

bool nt_fuzz_verdict(nt_status_t status, const nt_error_t *err, const char *named) {
  if (nt_fuzz_answer(status, err, named))
    return true;
  if (last.status == NT_OK)
    last = *err;
  return false;
}

const nt_error_t *nt_fuzz_last(void) {
  return &last;
}

void nt_fuzz_begin(void) {
  last = (nt_error_t){.status = NT_OK};
}
