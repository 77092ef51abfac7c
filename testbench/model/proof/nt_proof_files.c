// SPDX-License-Identifier: Apache-2.0
// The recordings are the ones that were recorded (coreutils' sha256sum reads them), and the network
// has the tensors of the published code.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_proof.h"
#include "nt_test.h"
#include "nt_test_file.h"

/// Regular entries of `folder` other than the list itself.
static size_t count_files(const char *folder) {
  DIR *dir = opendir(folder);
  if (dir == NULL)
    fail_msg("%s: cannot open", folder);
  size_t count = 0;
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
    count += entry->d_name[0] != '.' && strcmp(entry->d_name, "SHA256SUMS") != 0;
  (void)closedir(dir);
  return count;
}

void nt_proof_files(nt_proof_t *proof, const char *recorded) {
  const size_t files = count_files(recorded);
  assert_int_equal(setenv("NT_PROOF_FOLDER", recorded, 1), 0);
  FILE *list = popen(
      "cd -- \"$NT_PROOF_FOLDER\" && LC_ALL=C sha256sum --check --strict SHA256SUMS 2>&1", "r");
  assert_non_null(list);
  char line[256];
  size_t good = 0;
  while (fgets(line, sizeof line, list) != NULL)
    good += strstr(line, ": OK\n") != NULL;
  (void)pclose(list); // every file that is not "OK" is counted as differing
  nt_proof_exact(proof, "recordings: files as in SHA256SUMS", files,
                 files > good ? files - good : good - files);
}

void nt_proof_tensors(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  const nt_model_config_t *config = &nt_float_model_params(model)->config;
  const size_t count = nt_checkpoint_tensor_count(config);
  size_t size = 0;
  char *list = nt_test_file_read(recorded, "tensors.txt", &size);
  const char *rest = list;
  size_t differing = 0;
  for (size_t index = 0; index < count; index++) {
    char name[NT_TENSOR_NAME_MAX];
    char line[NT_TENSOR_NAME_MAX + 64];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(config, index, name, &rows, &cols);
    if (cols > 0)
      (void)snprintf(line, sizeof line, "%s [%zu, %zu] float32", name, rows, cols);
    else
      (void)snprintf(line, sizeof line, "%s [%zu] float32", name, rows);
    const size_t length = strcspn(rest, "\n");
    differing += length != strlen(line) || memcmp(rest, line, length) != 0;
    rest += length + (rest[length] == '\n');
  }
  differing += *rest != '\0'; // the published code had more
  free(list);
  nt_proof_exact(proof, "tensor names and shapes", count, differing);
}
