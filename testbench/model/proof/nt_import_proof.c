// SPDX-License-Identifier: Apache-2.0
// nt_import_proof: prints the proof of import as a table, and with --json writes it to a file too.
// Exit code: 0 all comparisons passed; NT_ERR_MISMATCH one did not; NT_ERR_ARG wrong arguments;
// NT_ERR_IO the file cannot be written; 255 a recording cannot be read (the message names it).
#include <stdio.h>
#include <string.h>

#include "nt_proof.h"
#include "nt_status.h"

static nt_status_t write_json(const nt_proof_t *proof, const char *path) {
  cJSON *root = nt_proof_json(proof);
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  FILE *file = text != NULL ? fopen(path, "w") : NULL;
  const bool written = file != NULL && fprintf(file, "%s\n", text) > 0;
  const bool closed = file != NULL && fclose(file) == 0;
  cJSON_free(text);
  if (written && closed)
    return NT_OK;
  (void)fprintf(stderr, "%s: cannot write\n", path);
  return NT_ERR_IO;
}

int main(int argc, char **argv) {
  const bool json = argc == 4 && strcmp(argv[1], "--json") == 0;
  if (argc != 2 && !json) {
    (void)fprintf(stderr, "usage: nt_import_proof [--json FILE] FOLDER\n");
    return NT_ERR_ARG;
  }
  static nt_proof_t proof;
  nt_proof_all(&proof, argv[argc - 1]);
  nt_proof_print(&proof);
  const nt_status_t status = json ? write_json(&proof, argv[2]) : NT_OK;
  if (status != NT_OK)
    return (int)status;
  return (int)(nt_proof_passed(&proof) ? NT_OK : NT_ERR_MISMATCH);
}
