// SPDX-License-Identifier: Apache-2.0
// Writes sound files for every target: nt_fuzz_seeds FOLDER makes FOLDER/TARGET/*.
#include "nt_fuzz.h"
#include "nt_fuzz_container.h"
#include "nt_fuzz_tiny.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *root;

static void target_path(char path[NT_FUZZ_PATH_MAX], const char *target, const char *name) {
  const int length = snprintf(path, NT_FUZZ_PATH_MAX, "%s/%s", root, target);
  nt_fuzz_require(length > 0 && length < NT_FUZZ_PATH_MAX, "the folder's name is too long");
  (void)mkdir(root, 0777);
  (void)mkdir(path, 0777);
  const int whole = snprintf(path, NT_FUZZ_PATH_MAX, "%s/%s/%s", root, target, name);
  nt_fuzz_require(whole > 0 && whole < NT_FUZZ_PATH_MAX, "the folder's name is too long");
}

static void write_bytes(const char *target, const char *name, const void *data, size_t size) {
  char path[NT_FUZZ_PATH_MAX];
  target_path(path, target, name);
  FILE *file = fopen(path, "wb");
  nt_fuzz_require(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0,
                  "cannot write a seed");
  (void)printf("%s: %zu bytes\n", path, size);
}

static void write_seed(const char *target, const char *name, nt_fuzz_bytes_t bytes) {
  write_bytes(target, name, bytes.data, bytes.size);
  free(bytes.data);
}

static nt_fuzz_bytes_t read_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  nt_fuzz_require(file != NULL && fseek(file, 0, SEEK_END) == 0, "cannot read a seed");
  const long size = ftell(file);
  nt_fuzz_require(size > 0 && fseek(file, 0, SEEK_SET) == 0, "cannot read a seed");
  nt_fuzz_bytes_t bytes = {.data = malloc((size_t)size), .size = (size_t)size};
  nt_fuzz_require(bytes.data != NULL && fread(bytes.data, 1, bytes.size, file) == bytes.size,
                  "cannot read a seed");
  (void)fclose(file);
  return bytes;
}

/// The container that was saved at `path`, unsealed, as seed.
static void write_container(const char *target, const char *name, const char *path) {
  nt_fuzz_bytes_t bytes = read_whole(path);
  nt_fuzz_unseal(bytes.data, bytes.size);
  write_seed(target, name, bytes);
}

static void write_image(const char *name, bool distinct_codes, bool outer_weights) {
  char path[NT_FUZZ_PATH_MAX];
  nt_error_t err = {.status = NT_OK};
  nt_image_t *image = nt_fuzz_tiny_image(distinct_codes, outer_weights);
  nt_fuzz_path(path, "seed.nti");
  nt_fuzz_require(nt_image_save(image, path, &err) == NT_OK, err.text);
  nt_image_free(image);
  write_container("image", name, path);
}

static void write_state(nt_system_t *system, const char *name, uint32_t steps) {
  char path[NT_FUZZ_PATH_MAX];
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_require(nt_fuzz_tiny_run(system, steps, &err) == NT_OK, err.text);
  nt_fuzz_path(path, "seed.nts");
  nt_fuzz_require(nt_system_save(system, path, &err) == NT_OK, err.text);
  write_container("state", name, path);
}

int main(int count, char **arguments) {
  if (count != 2) {
    (void)fprintf(stderr, "usage: nt_fuzz_seeds FOLDER\n");
    return 2;
  }
  root = arguments[1];
  write_bytes("config", "tiny", nt_fuzz_tiny_config(), strlen(nt_fuzz_tiny_config()));
  write_seed("safetensors", "f32", nt_fuzz_tiny_safetensors("F32", 0, 1, false));
  write_seed("safetensors", "bf16", nt_fuzz_tiny_safetensors("BF16", 0, 1, true));
  write_seed("safetensors", "f16", nt_fuzz_tiny_safetensors("F16", 0, 1, false));
  static const char *const shards[] = {"a", "b"};
  write_seed("index", "two", nt_fuzz_tiny_index(shards, 2));
  write_seed("tokenizer", "unigram", nt_fuzz_tiny_tokenizer(false, false));
  write_seed("tokenizer", "bpe", nt_fuzz_tiny_tokenizer(true, false));
  write_seed("tokenizer", "bytes", nt_fuzz_tiny_tokenizer(false, true));
  write_image("plain", false, false);
  write_image("full", true, true);
  uint32_t image_crc = 0;
  nt_system_t *system = nt_fuzz_tiny_system(&image_crc);
  write_state(system, "fresh", 0);
  write_state(system, "used", 5);
  nt_system_close(system);
  return 0;
}
