// SPDX-License-Identifier: Apache-2.0
// State files: restored into a system of golden tiles, which then goes on.
#include "nt_fuzz.h"
#include "nt_fuzz_container.h"
#include "nt_fuzz_tiny.h"

#include <stdlib.h>
#include <string.h>

enum { STEPS = 2 };

static nt_status_t go_on(nt_system_t *system, nt_error_t *err) {
  const nt_status_t status = nt_fuzz_tiny_run(system, STEPS, err);
  nt_error_t ignored;
  (void)nt_system_check(system, &ignored); // a flag is no fault of the file
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static nt_system_t *system;
  static uint32_t image_crc;
  char path[NT_FUZZ_PATH_MAX];
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_begin();
  if (system == NULL)
    system = nt_fuzz_tiny_system(&image_crc);
  uint8_t *file = malloc(size + 1);
  nt_fuzz_require(file != NULL, "no memory");
  memcpy(file, data, size);
  (void)nt_fuzz_seal(file, size, image_crc);
  nt_fuzz_write("run.nts", file, size);
  free(file);
  nt_fuzz_path(path, "run.nts");
  if (nt_fuzz_verdict(nt_system_restore(system, path, &err), &err, path))
    nt_fuzz_require(go_on(system, &err) == NT_OK, "a restored system cannot be stepped");
  return 0;
}
