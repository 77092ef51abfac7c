// SPDX-License-Identifier: Apache-2.0
#include "nt_json_file.h"

#include <stdbool.h>
#include <stdio.h>

nt_status_t nt_json_file_write(const char *path, cJSON *root, nt_error_t *err) {
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  FILE *file = text == NULL ? NULL : fopen(path, "w");
  const bool written = file != NULL && fputs(text, file) >= 0 && fputc('\n', file) != EOF;
  const bool closed = file == NULL || fclose(file) == 0;
  cJSON_free(text);
  return written && closed ? NT_OK : nt_fail(err, NT_ERR_IO, "%s: cannot write the summary", path);
}
