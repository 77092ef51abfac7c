// SPDX-License-Identifier: Apache-2.0
// model.safetensors.index.json over the two shards of the tiny checkpoint and one of another.
#include "nt_checkpoint.h"
#include "nt_fuzz.h"
#include "nt_fuzz_tiny.h"

#include <stdlib.h>
#include <string.h>

static void write_shard(const char *name, const char *dtype, size_t part, size_t parts) {
  nt_fuzz_bytes_t shard = nt_fuzz_tiny_safetensors(dtype, part, parts, false);
  nt_fuzz_write(name, shard.data, shard.size);
  free(shard.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool prepared;
  char folder[NT_FUZZ_PATH_MAX];
  nt_checkpoint_t *ckpt = NULL;
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_begin();
  if (!prepared) {
    nt_fuzz_write("config.json", nt_fuzz_tiny_config(), strlen(nt_fuzz_tiny_config()));
    write_shard("a", "F32", 0, 2);
    write_shard("b", "BF16", 1, 2);
    write_shard("c", "F16", 1, 4);
  }
  prepared = true;
  nt_fuzz_write("model.safetensors.index.json", data, size);
  nt_fuzz_path(folder, "");
  if (nt_fuzz_verdict(nt_checkpoint_open(folder, &ckpt, &err), &err, folder))
    nt_checkpoint_close(ckpt);
  return 0;
}
