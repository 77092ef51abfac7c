// SPDX-License-Identifier: Apache-2.0
// Runs a target over files without libFuzzer: nt_fuzz_replay [-v] [-a] FOLDER ...
//   -v  prints the verdict over every file
//   -a  every file of the next folder must be accepted
// Prints how many files it ran and how many were accepted. Fails where there were none, where a
// file ended the process or took longer than allowed; then it names the file.
#include "nt_fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 30, NAMES_MAX = 1 << 14 };

typedef struct replay {
  bool verbose;
  FILE *progress; // name of the file being read, seen by the parent after a crash
  size_t inputs, accepted;
} replay_t;

static void run_file(replay_t *replay, const char *path, bool must_pass) {
  rewind(replay->progress);
  (void)fprintf(replay->progress, "%s\n", path);
  (void)fflush(replay->progress);
  FILE *file = fopen(path, "rb");
  nt_fuzz_require(file != NULL && fseek(file, 0, SEEK_END) == 0, "cannot open an input");
  const long length = ftell(file);
  nt_fuzz_require(length >= 0 && fseek(file, 0, SEEK_SET) == 0, "cannot read an input");
  const size_t size = (size_t)length;
  uint8_t *data = malloc(size > 0 ? size : 1); // exact, so that reading too far is seen
  nt_fuzz_require(data != NULL && fread(data, 1, size, file) == size, "cannot read an input");
  (void)fclose(file);
  (void)alarm(SECONDS_MAX);
  (void)LLVMFuzzerTestOneInput(data, size);
  (void)alarm(0);
  free(data);
  const nt_error_t *verdict = nt_fuzz_last();
  replay->inputs++;
  replay->accepted += verdict->status == NT_OK;
  const char *text = verdict->status == NT_OK ? "accepted" : verdict->text;
  if (replay->verbose)
    (void)printf("%s: %s\n", path, text);
  if (must_pass && verdict->status != NT_OK)
    (void)fprintf(stderr, "%s: must be accepted, but: %s\n", path, text);
  nt_fuzz_require(!must_pass || verdict->status == NT_OK, "a sound file is refused");
}

static int compare(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

static void run_folder(replay_t *replay, const char *folder, bool must_pass) {
  DIR *dir = opendir(folder);
  if (dir == NULL)
    (void)fprintf(stderr, "%s: cannot open\n", folder);
  nt_fuzz_require(dir != NULL, "no such folder");
  static char *names[NAMES_MAX];
  size_t count = 0;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    if (entry->d_name[0] == '.')
      continue;
    nt_fuzz_require(count < NAMES_MAX, "too many inputs");
    names[count++] = strdup(entry->d_name);
  }
  (void)closedir(dir);
  qsort(names, count, sizeof names[0], compare);
  nt_fuzz_require(count > 0, "a folder without inputs");
  for (size_t k = 0; k < count; k++) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[k]);
    run_file(replay, path, must_pass);
    free(names[k]);
  }
}

static int run_all(replay_t *replay, int count, char **arguments) {
  bool must_pass = false;
  for (int k = 1; k < count; k++) {
    if (strcmp(arguments[k], "-v") == 0) {
      replay->verbose = true;
    } else if (strcmp(arguments[k], "-a") == 0) {
      must_pass = true;
    } else {
      run_folder(replay, arguments[k], must_pass);
      must_pass = false;
    }
  }
  (void)printf("%zu inputs read, %zu accepted, %zu refused\n", replay->inputs, replay->accepted,
               replay->inputs - replay->accepted);
  return replay->inputs > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int count, char **arguments) {
  replay_t replay = {.progress = tmpfile()};
  nt_fuzz_require(replay.progress != NULL, "no temporary file");
  const pid_t child = fork();
  nt_fuzz_require(child >= 0, "cannot fork");
  if (child == 0)
    return run_all(&replay, count, arguments);
  int status = 0;
  nt_fuzz_require(waitpid(child, &status, 0) == child, "cannot wait");
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
    return EXIT_SUCCESS;
  char path[4096] = "no input";
  rewind(replay.progress);
  if (fgets(path, sizeof path, replay.progress) != NULL)
    path[strcspn(path, "\n")] = '\0';
  (void)fprintf(stderr, "FAIL at or after %s: %s %d\n", path,
                WIFSIGNALED(status) ? "signal" : "exit status",
                WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return EXIT_FAILURE;
}
