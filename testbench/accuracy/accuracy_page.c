// SPDX-License-Identifier: Apache-2.0
// accuracy_page write|check PAGE FOLDER: writes or checks the generated parts of PAGE.
// accuracy_page plot FOLDER: the data of the plot of the first sweep in FOLDER.
#include "nt_accuracy_page.h"

#include "nt_bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static nt_status_t write_page(const char *path, const char *text, nt_error_t *err) {
  FILE *file = fopen(path, "w");
  const int written = file != NULL ? fputs(text, file) : EOF;
  const int closed = file != NULL ? fclose(file) : EOF;
  return written >= 0 && closed == 0 ? NT_OK : nt_fail(err, NT_ERR_IO, "%s: cannot write", path);
}

static nt_status_t run(int argc, char **argv, nt_error_t *err) {
  const bool plot = argc == 3 && strcmp(argv[1], "plot") == 0;
  const bool check = argc == 4 && strcmp(argv[1], "check") == 0;
  if (!plot && !check && !(argc == 4 && strcmp(argv[1], "write") == 0)) {
    return nt_fail(err, NT_ERR_ARG, "usage: accuracy_page write|check PAGE FOLDER, plot FOLDER");
  }
  nt_accuracy_t accuracy;
  char *page = NULL, *made = NULL;
  size_t length = 0;
  nt_status_t status = nt_accuracy_read(argv[argc - 1], &accuracy, err);
  if (status == NT_OK && plot) {
    status = accuracy.sweeps > 0 ? nt_accuracy_plot(accuracy.sweep[0], &made, err)
                                 : nt_fail(err, NT_ERR_FORMAT, "%s: no sweep", argv[2]);
    (void)fputs(made != NULL ? made : "", stdout);
  } else if (status == NT_OK) {
    status = nt_bundle_read_text(argv[2], &page, &length, err);
    if (status == NT_OK && check) {
      status = nt_accuracy_check(&accuracy, page, err);
    } else if (status == NT_OK) {
      status = nt_accuracy_render(&accuracy, page, &made, err);
      if (status == NT_OK) {
        status = write_page(argv[2], made, err);
      }
    }
  }
  free(page);
  free(made);
  nt_accuracy_free(&accuracy);
  return status;
}

int main(int argc, char **argv) {
  nt_error_t err = {NT_OK, ""};
  const nt_status_t status = run(argc, argv, &err);
  if (status != NT_OK) {
    (void)fprintf(stderr, "accuracy_page: %s\n", err.text);
  }
  return (int)status;
}
