// SPDX-License-Identifier: Apache-2.0
// model.safetensors: as a file of its own, every tensor read, and as part of the tiny checkpoint.
#include "nt_checkpoint.h"
#include "nt_fuzz.h"
#include "nt_fuzz_tiny.h"
#include "nt_safetensors.h"

#include <stdlib.h>
#include <string.h>

static void read_file(const char *path) {
  nt_safetensors_t *file = NULL;
  nt_error_t err = {.status = NT_OK};
  if (!nt_fuzz_verdict(nt_safetensors_open(path, &file, &err), &err, path))
    return;
  size_t count = 0;
  const nt_tensor_t *tensors = nt_safetensors_list(file, &count);
  for (size_t k = 0; k < count; k++) {
    nt_fuzz_require(nt_safetensors_find(file, tensors[k].name) != NULL, "a tensor is not found");
    float *values = malloc(tensors[k].count * sizeof *values);
    nt_fuzz_require(values != NULL, "no memory for the values of a small file");
    (void)nt_fuzz_verdict(nt_safetensors_read(file, &tensors[k], values, &err), &err, path);
    free(values);
  }
  nt_safetensors_close(file);
}

static void read_checkpoint(const char *folder) {
  nt_checkpoint_t *ckpt = NULL;
  nt_error_t err = {.status = NT_OK};
  if (!nt_fuzz_verdict(nt_checkpoint_open(folder, &ckpt, &err), &err, folder))
    return;
  const nt_model_config_t *config = nt_checkpoint_config(ckpt);
  for (size_t k = 0; k < nt_checkpoint_tensor_count(config); k++) {
    char name[NT_TENSOR_NAME_MAX];
    float values[64];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(config, k, name, &rows, &cols);
    const size_t count = rows * (cols > 0 ? cols : 1);
    nt_fuzz_require(count <= sizeof values / sizeof values[0], "a tensor of the tiny model is big");
    (void)nt_fuzz_verdict(nt_checkpoint_read(ckpt, name, values, count, &err), &err, folder);
  }
  nt_checkpoint_close(ckpt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static bool prepared;
  char path[NT_FUZZ_PATH_MAX];
  nt_fuzz_begin();
  if (!prepared)
    nt_fuzz_write("config.json", nt_fuzz_tiny_config(), strlen(nt_fuzz_tiny_config()));
  prepared = true;
  nt_fuzz_write("model.safetensors", data, size);
  nt_fuzz_path(path, "model.safetensors");
  read_file(path);
  nt_fuzz_path(path, "");
  read_checkpoint(path);
  return 0;
}
