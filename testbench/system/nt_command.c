// SPDX-License-Identifier: Apache-2.0
#include "nt_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 32, CODE_NOT_STARTED = 127 };

static char *read_all(FILE *file) {
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long size = ftell(file);
  assert_true(size >= 0);
  rewind(file);
  char *text = malloc((size_t)size + 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, (size_t)size, file), size);
  text[size] = '\0';
  (void)fclose(file);
  return text;
}

// In the child: never returns. The alarm survives exec and ends a run that hangs.
static void become(unsigned seconds, char **argv, FILE *out, FILE *err) {
  (void)alarm(seconds);
  if (dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(err), STDERR_FILENO) >= 0) {
    (void)execv(argv[0], argv);
  }
  _exit(CODE_NOT_STARTED);
}

nt_command_result_t nt_command_run(unsigned seconds, const char *const *arguments) {
  char *argv[ARGUMENTS_MAX + 2] = {NULL};
  argv[0] = strdup(NT_TEST_COMMAND);
  for (int i = 0; arguments[i] != NULL; i++) {
    assert_true(i < ARGUMENTS_MAX);
    argv[i + 1] = strdup(arguments[i]);
  }
  FILE *out = tmpfile(), *err = tmpfile();
  assert_non_null(out);
  assert_non_null(err);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) {
    become(seconds, argv, out, err);
  }
  int status = 0;
  assert_int_equal(waitpid(child, &status, 0), child);
  for (int i = 0; argv[i] != NULL; i++) {
    free(argv[i]);
  }
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return (nt_command_result_t){.code = code, .out = read_all(out), .err = read_all(err)};
}

void nt_command_free(nt_command_result_t *result) {
  free(result->out);
  free(result->err);
  *result = (nt_command_result_t){0, NULL, NULL};
}

void nt_command_expect(const nt_command_result_t *result, int code, const char *part) {
  if (result->code != code || strstr(result->err, part) == NULL) {
    fail_msg("exit code %d, expected %d and an error text with \"%s\"; said:\n%s%s", result->code,
             code, part, result->out, result->err);
  }
  NT_EQUAL(result->code, code); // counts the comparison
}
