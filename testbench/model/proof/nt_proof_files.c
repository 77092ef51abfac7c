// SPDX-License-Identifier: Apache-2.0
// The recordings are the ones that were recorded: coreutils' sha256sum reads them.
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_proof.h"
#include "nt_test.h"

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
