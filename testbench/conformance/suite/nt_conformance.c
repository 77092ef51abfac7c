// SPDX-License-Identifier: Apache-2.0
// nt_conformance: the conformance suite on one back end; see the usage text and
// docs/conformance.md. The exit status is a nt_status_t.
#include "nt_progress_line.h"
#include "nt_suite_show.h"
#include "nt_suite_version.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: nt_conformance [OPTION...]\n"
    "Runs the conformance suite (docs/conformance.md) and prints a table and a verdict.\n"
    "  --backend NAME  csim (the golden tile), rtl, systemc, or a shared object's file (csim)\n"
    "  --shape NAME    shape of the tile: default, or one of testbench/rtl/shapes.txt\n"
    "  --group NAME    this group only; may be given several times\n"
    "  --image FILE    an imported model, for the group tokens\n"
    "  --vectors DIR   vector files other than those of the suite\n"
    "  --timeout SEC   limit for every group (600)\n"
    "  --json FILE     writes the results there too\n"
    "  --log DIR       keeps what every group prints, in DIR/GROUP.log\n"
    "  --list          prints the groups\n"
    "  --version       prints the suite's version\n"
    "exit status: 0 all agree; 1 a difference, or nothing compared; 10 a crash; 4 a hang; 2 wrong\n"
    "arguments; 6, 7, 9 a shared object that is not there, is no back end, or is one for another\n"
    "version of the interface or another shape\n";

enum { GROUPS_MAX = 32, PATH_ROOM = 1024 };

typedef struct choice {
  nt_suite_setup_t setup;
  const nt_suite_group_t *group[GROUPS_MAX];
  size_t groups;
  const char *json;
  char file[PATH_ROOM]; ///< the back end's, with a slash
} choice_t;

static void list_groups(void) {
  size_t count = 0;
  const nt_suite_group_t *group = nt_suite_groups(&count);
  for (size_t i = 0; i < count; i++)
    (void)printf("%-13s %-54s %s\n", group[i].name, group[i].about, group[i].page);
}

/// "csim" is the golden tile; what is none of the names is a file.
static void choose_back_end(choice_t *choice, const char *name) {
  const bool known =
      strcmp(name, "golden") == 0 || strcmp(name, "rtl") == 0 || strcmp(name, "systemc") == 0;
  if (strcmp(name, "csim") == 0 || known) {
    choice->setup.back_end = known ? name : "golden";
    return;
  }
  (void)snprintf(choice->file, sizeof choice->file, "%s%s", strchr(name, '/') != NULL ? "" : "./",
                 name);
  choice->setup.back_end = choice->file;
}

static bool choose_group(choice_t *choice, const char *name) {
  const nt_suite_group_t *group = nt_suite_group(name);
  if (group == NULL || choice->groups == GROUPS_MAX) {
    (void)fprintf(stderr, "--group: found %s, allowed are those of --list\n", name);
    return false;
  }
  choice->group[choice->groups++] = group;
  return true;
}

static bool choose_limit(choice_t *choice, const char *text) {
  char *end = NULL;
  choice->setup.limit = strtod(text, &end);
  if (*text != '\0' && *end == '\0' && choice->setup.limit >= 0.1 && choice->setup.limit <= 1e6)
    return true;
  (void)fprintf(stderr, "--timeout: found %s, allowed is 0.1 to 1000000 seconds\n", text);
  return false;
}

/// NT_OK to go on; the exit status otherwise in `*done`.
static bool choose(int argc, char **argv, choice_t *choice, int *done) {
  static const struct option options[] = {
      {"backend", 1, NULL, 'b'}, {"shape", 1, NULL, 's'},   {"group", 1, NULL, 'g'},
      {"image", 1, NULL, 'i'},   {"vectors", 1, NULL, 'v'}, {"timeout", 1, NULL, 't'},
      {"json", 1, NULL, 'j'},    {"log", 1, NULL, 'o'},     {"list", 0, NULL, 'l'},
      {"version", 0, NULL, 'V'}, {"help", 0, NULL, 'h'},    {NULL, 0, NULL, 0}};
  bool good = true;
  *done = NT_OK;
  for (int option = 0; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
    switch (option) {
    case 'b': choose_back_end(choice, optarg); break;
    case 's': choice->setup.shape = optarg; break;
    case 'g': good = choose_group(choice, optarg); break;
    case 'i': choice->setup.image = optarg; break;
    case 'v': choice->setup.vectors = optarg; break;
    case 't': good = choose_limit(choice, optarg); break;
    case 'j': choice->json = optarg; break;
    case 'o': choice->setup.log = optarg; break;
    case 'l': list_groups(); return false;
    case 'V': (void)printf("suite %s\n", NT_SUITE_VERSION); return false;
    case 'h': (void)printf("%s", usage); return false;
    default: good = false; break;
    }
  if (good && optind == argc)
    return true;
  (void)fprintf(stderr, "%s", usage);
  *done = NT_ERR_ARG;
  return false;
}

/// The folder of this program: the groups' programs lie beside it.
static bool own_folder(char *folder, size_t size) {
  const ssize_t length = readlink("/proc/self/exe", folder, size - 1);
  if (length <= 0)
    return false;
  folder[length] = '\0';
  *strrchr(folder, '/') = '\0';
  return true;
}

typedef struct progress {
  nt_progress_line_t line;
  size_t done, total;
} progress_t;

static void tell(void *user, const nt_suite_result_t *result) {
  progress_t *progress = user;
  char what[2 * NT_SUITE_NAME];
  (void)snprintf(what, sizeof what, "%s, %s, groups", result->group->name,
                 nt_suite_result_last(result)->name);
  nt_progress_note(&progress->line, what, progress->done, progress->total);
}

/// Runs the groups in turn; a back end that cannot be had ends the run. Returns how many ran.
static size_t run_groups(const choice_t *choice, nt_suite_result_t *results) {
  progress_t progress = {.total = choice->groups};
  nt_progress_start(&progress.line);
  for (size_t i = 0; i < choice->groups; i++) {
    progress.done = i;
    results[i] = nt_suite_run(&choice->setup, choice->group[i], tell, &progress);
    nt_progress_clear(&progress.line);
    if (i == 0)
      nt_suite_show_head(&choice->setup, &results[i]);
    if (results[i].verdict == NT_SUITE_REFUSED)
      return i + 1;
    nt_suite_show_row(&results[i]);
  }
  return choice->groups;
}

int main(int argc, char **argv) {
  choice_t choice = {.setup = {.back_end = "golden",
                               .shape = "",
                               .image = "",
                               .log = "",
                               .vectors = NT_SUITE_VECTORS,
                               .limit = 600}};
  nt_suite_result_t results[GROUPS_MAX];
  nt_error_t err = {0};
  int done = NT_OK;
  if (!choose(argc, argv, &choice, &done))
    return done;
  if (!own_folder(choice.setup.folder, sizeof choice.setup.folder)) {
    (void)fprintf(stderr, "the folder of this program cannot be found\n");
    return NT_ERR_INTERNAL;
  }
  if (choice.setup.log[0] != '\0' && mkdir(choice.setup.log, 0777) != 0 && errno != EEXIST) {
    (void)fprintf(stderr, "%s: cannot be made: %s\n", choice.setup.log, strerror(errno));
    return NT_ERR_IO;
  }
  if (choice.groups == 0) {
    const nt_suite_group_t *all = nt_suite_groups(&choice.groups);
    for (size_t i = 0; i < choice.groups; i++)
      choice.group[i] = &all[i];
  }
  const size_t count = run_groups(&choice, results);
  nt_suite_show_verdict(&choice.setup, results, count);
  int status = (int)nt_suite_sum(results, count).status;
  if (choice.json != NULL &&
      nt_suite_save(choice.json, &choice.setup, results, count, &err) != NT_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    status = status == NT_OK ? (int)err.status : status;
  }
  for (size_t i = 0; i < count; i++)
    nt_suite_result_free(&results[i]);
  return status;
}
