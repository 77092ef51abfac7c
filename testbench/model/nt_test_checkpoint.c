// SPDX-License-Identifier: Apache-2.0
#include "nt_test_checkpoint.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "nt_test.h"
#include "nt_test_file.h"

nt_test_checkpoint_t nt_test_checkpoint_read(const char *folder) {
  nt_test_checkpoint_t ckpt = {0};
  size_t size = 0;
  char *text = nt_test_file_read(folder, "config.json", &size);
  ckpt.config = cJSON_Parse(text);
  assert_non_null(ckpt.config);
  free(text);
  unsigned char *file = (unsigned char *)nt_test_file_read(folder, "model.safetensors", &size);
  uint64_t length = 0;
  memcpy(&length, file, sizeof length);
  assert_true(length < size - sizeof length);
  ckpt.header = cJSON_ParseWithLength((const char *)file + sizeof length, (size_t)length);
  assert_non_null(ckpt.header);
  ckpt.data_size = size - sizeof length - (size_t)length;
  ckpt.data = malloc(ckpt.data_size);
  assert_non_null(ckpt.data);
  memcpy(ckpt.data, file + sizeof length + length, ckpt.data_size);
  free(file);
  return ckpt;
}

void nt_test_checkpoint_free(nt_test_checkpoint_t *ckpt) {
  cJSON_Delete(ckpt->config);
  cJSON_Delete(ckpt->header);
  free(ckpt->data);
  *ckpt = (nt_test_checkpoint_t){0};
}

cJSON *nt_test_checkpoint_entry(const nt_test_checkpoint_t *ckpt, const char *tensor) {
  cJSON *entry = cJSON_GetObjectItemCaseSensitive(ckpt->header, tensor);
  if (entry == NULL)
    fail_msg("no tensor %s", tensor);
  return entry;
}

static size_t offset(const cJSON *entry, int which) {
  const cJSON *range = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  return (size_t)cJSON_GetArrayItem(range, which)->valuedouble;
}

static void set_offset(cJSON *entry, int which, size_t value) {
  cJSON *range = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  (void)cJSON_SetNumberValue(cJSON_GetArrayItem(range, which), (double)value);
}

unsigned char *nt_test_checkpoint_values(const nt_test_checkpoint_t *ckpt, const char *tensor,
                                         size_t *count) {
  const cJSON *entry = nt_test_checkpoint_entry(ckpt, tensor);
  *count = (offset(entry, 1) - offset(entry, 0)) / sizeof(float);
  return ckpt->data + offset(entry, 0);
}

void nt_test_checkpoint_poke(nt_test_checkpoint_t *ckpt, const char *tensor, size_t index,
                             float value) {
  size_t count = 0;
  unsigned char *values = nt_test_checkpoint_values(ckpt, tensor, &count);
  assert_true(index < count);
  memcpy(values + index * sizeof value, &value, sizeof value);
}

void nt_test_checkpoint_drop(nt_test_checkpoint_t *ckpt, const char *tensor) {
  const cJSON *gone = nt_test_checkpoint_entry(ckpt, tensor);
  const size_t begin = offset(gone, 0);
  const size_t end = offset(gone, 1);
  memmove(ckpt->data + begin, ckpt->data + end, ckpt->data_size - end);
  ckpt->data_size -= end - begin;
  cJSON_DeleteItemFromObjectCaseSensitive(ckpt->header, tensor);
  cJSON *entry = NULL;
  cJSON_ArrayForEach(entry, ckpt->header) {
    for (int which = 0; which < 2; which++) {
      if (cJSON_GetObjectItemCaseSensitive(entry, "data_offsets") != NULL &&
          offset(entry, which) >= end)
        set_offset(entry, which, offset(entry, which) - (end - begin));
    }
  }
}

void nt_test_checkpoint_append(nt_test_checkpoint_t *ckpt, const char *tensor, size_t count) {
  const size_t bytes = count * sizeof(float);
  unsigned char *grown = realloc(ckpt->data, ckpt->data_size + bytes);
  assert_non_null(grown);
  ckpt->data = grown;
  memset(grown + ckpt->data_size, 0, bytes);
  const double range[2] = {(double)ckpt->data_size, (double)(ckpt->data_size + bytes)};
  const double shape[1] = {(double)count};
  cJSON *entry = cJSON_AddObjectToObject(ckpt->header, tensor);
  (void)cJSON_AddStringToObject(entry, "dtype", "F32");
  (void)cJSON_AddItemToObject(entry, "shape", cJSON_CreateDoubleArray(shape, 1));
  (void)cJSON_AddItemToObject(entry, "data_offsets", cJSON_CreateDoubleArray(range, 2));
  ckpt->data_size += bytes;
}

void nt_test_checkpoint_narrow(nt_test_checkpoint_t *ckpt, const char *dtype,
                               uint16_t (*narrow)(float value)) {
  for (size_t k = 0; k < ckpt->data_size / 4; k++) {
    float value = 0;
    memcpy(&value, ckpt->data + 4 * k, sizeof value);
    const uint16_t half = narrow(value);
    memcpy(ckpt->data + 2 * k, &half, sizeof half);
  }
  ckpt->data_size /= 2;
  cJSON *entry = NULL;
  cJSON_ArrayForEach(entry, ckpt->header) {
    if (cJSON_GetObjectItemCaseSensitive(entry, "data_offsets") == NULL)
      continue;
    set_offset(entry, 0, offset(entry, 0) / 2);
    set_offset(entry, 1, offset(entry, 1) / 2);
    assert_non_null(cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(entry, "dtype"), dtype));
  }
}

void nt_test_checkpoint_write(const nt_test_checkpoint_t *ckpt, const char *folder,
                              const char *name) {
  char *config = cJSON_Print(ckpt->config);
  assert_non_null(config);
  nt_test_file_write(folder, "config.json", config, strlen(config));
  cJSON_free(config);
  char *header = cJSON_PrintUnformatted(ckpt->header);
  assert_non_null(header);
  const uint64_t length = strlen(header);
  const size_t size = sizeof length + (size_t)length + ckpt->data_size;
  unsigned char *file = malloc(size);
  assert_non_null(file);
  memcpy(file, &length, sizeof length);
  memcpy(file + sizeof length, header, (size_t)length);
  memcpy(file + sizeof length + length, ckpt->data, ckpt->data_size);
  nt_test_file_write(folder, name, file, size);
  free(file);
  cJSON_free(header);
}

static bool is_head(const char *tensor) {
  return strncmp(tensor, "lm_head", 7) == 0;
}

cJSON *nt_test_checkpoint_write_shards(const char *source, const char *folder) {
  cJSON *index = cJSON_CreateObject();
  cJSON *map = cJSON_AddObjectToObject(index, "weight_map");
  static const char *const names[2] = {"model-1.safetensors", "model-2.safetensors"};
  for (size_t shard = 0; shard < 2; shard++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(source);
    cJSON *entry = ckpt.header->child;
    while (entry != NULL) {
      cJSON *next = entry->next;
      if (strcmp(entry->string, "__metadata__") != 0) {
        if (is_head(entry->string) == (shard == 1))
          (void)cJSON_AddStringToObject(map, entry->string, names[shard]);
        else
          nt_test_checkpoint_drop(&ckpt, entry->string);
      }
      entry = next;
    }
    nt_test_checkpoint_write(&ckpt, folder, names[shard]);
    nt_test_checkpoint_free(&ckpt);
  }
  return index;
}

void nt_test_checkpoint_write_index(const char *folder, const cJSON *index) {
  char *text = cJSON_Print(index);
  assert_non_null(text);
  nt_test_file_write(folder, "model.safetensors.index.json", text, strlen(text));
  cJSON_free(text);
}
