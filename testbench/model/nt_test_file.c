// SPDX-License-Identifier: Apache-2.0
#include "nt_test_file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nt_test.h"

static char *join(const char *folder, const char *name) {
  const size_t size = strlen(folder) + strlen(name) + 2;
  char *path = malloc(size);
  assert_non_null(path);
  (void)snprintf(path, size, "%s/%s", folder, name);
  return path;
}

char *nt_test_file_read(const char *folder, const char *name, size_t *size) {
  char *path = join(folder, name);
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    fail_msg("%s: cannot open", path);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long end = ftell(file);
  assert_true(end >= 0);
  rewind(file);
  *size = (size_t)end;
  char *data = malloc(*size + 1);
  assert_non_null(data);
  assert_int_equal(fread(data, 1, *size, file), *size);
  data[*size] = '\0';
  (void)fclose(file);
  free(path);
  return data;
}

void nt_test_file_write(const char *folder, const char *name, const void *data, size_t size) {
  char *path = join(folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL)
    fail_msg("%s: cannot create", path);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  free(path);
}

char *nt_test_folder_make(void) {
  const char *parent = getenv("TMPDIR");
  char *folder = join(parent != NULL ? parent : "/tmp", "nt_test_XXXXXX");
  if (mkdtemp(folder) == NULL)
    fail_msg("%s: cannot create", folder);
  return folder;
}

void nt_test_folder_delete(char *folder) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    char *path = join(folder, entry->d_name);
    (void)unlink(path);
    free(path);
  }
  (void)closedir(dir);
  assert_int_equal(rmdir(folder), 0);
  free(folder);
}
