// SPDX-License-Identifier: Apache-2.0
#include "nt_failure.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void put_quoted(FILE *out, const char *word) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "-_=+./:,@%";
  if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
    (void)fputs(word, out);
    return;
  }
  (void)fputc('\'', out);
  for (; *word != '\0'; word++) {
    (void)fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
  }
  (void)fputc('\'', out);
}

char *nt_command_line(int argc, char **argv) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) {
    return NULL;
  }
  (void)fputs("neurotile", out);
  for (int i = 0; i < argc; i++) {
    (void)fputc(' ', out);
    put_quoted(out, argv[i]);
  }
  return fclose(out) == 0 ? text : NULL;
}

nt_status_t nt_failure_prepare(const char *dir, nt_error_t *err) {
  if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
    return nt_fail(err, NT_ERR_IO, "option --failure: %s: cannot make the folder: %s", dir,
                   strerror(errno));
  }
  static const char *const names[] = {"report.txt", "report.json"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, names[i]) < sizeof path) {
      (void)remove(path);
    }
  }
  return NT_OK;
}

static nt_status_t write_text(const char *dir, const char *name, char *text, nt_error_t *err) {
  char path[4096];
  const int length = snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *file = text != NULL && length > 0 && (size_t)length < sizeof path ? fopen(path, "w") : NULL;
  const bool written = file != NULL && fputs(text, file) >= 0 && fputc('\n', file) != EOF;
  const bool closed = file == NULL || fclose(file) == 0;
  free(text);
  return written && closed
             ? NT_OK
             : nt_fail(err, NT_ERR_IO, "option --failure: %s/%s: cannot write", dir, name);
}

static char *plain_text(const nt_error_t *failed, const nt_failure_place_t *place,
                        const char *command) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) {
    return NULL;
  }
  (void)fprintf(out, "%s: %s\n", nt_status_str(failed->status), failed->text);
  if (place->known) {
    (void)fprintf(out, "  place     tile %u, timestep %u (token %u, step %u in it)\n", place->tile,
                  place->timestep, place->token, place->step);
  }
  (void)fprintf(out, "  command   %s", command);
  return fclose(out) == 0 ? text : NULL;
}

static char *plain_json(const nt_error_t *failed, const nt_failure_place_t *place,
                        const char *command) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(root, "result", nt_status_str(failed->status));
  (void)cJSON_AddStringToObject(root, "text", failed->text);
  if (place->known) {
    (void)cJSON_AddNumberToObject(root, "timestep", place->timestep);
    (void)cJSON_AddNumberToObject(root, "token", place->token);
    (void)cJSON_AddNumberToObject(root, "step", place->step);
    (void)cJSON_AddNumberToObject(root, "tile", place->tile);
  }
  (void)cJSON_AddStringToObject(root, "command", command);
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}

nt_status_t nt_failure_write(const char *dir, const nt_mismatch_report_t *report,
                             const nt_error_t *failed, const nt_failure_place_t *place,
                             const char *command, nt_error_t *err) {
  const nt_status_t status = write_text(
      dir, "report.txt",
      report != NULL ? nt_mismatch_report_text(report) : plain_text(failed, place, command), err);
  return status == NT_OK ? write_text(dir, "report.json",
                                      report != NULL ? nt_mismatch_report_json(report)
                                                     : plain_json(failed, place, command),
                                      err)
                         : status;
}
