// SPDX-License-Identifier: Apache-2.0
#include "nt_safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nt_json.h"

enum {
  LENGTH_BYTES = 8,
  HEADER_MAX = 100 * 1000 * 1000, // the limit of the format's own reader
  CHUNK_BYTES = 1 << 16
};

struct nt_safetensors {
  int fd;
  char *path;
  cJSON *header; // owns the names
  nt_tensor_t *tensors;
  size_t count;
  uint64_t data_start;
  uint64_t data_bytes;
};

/// Reads exactly `size` bytes at `offset`.
static nt_status_t read_at(const nt_safetensors_t *file, uint64_t offset, void *dst, size_t size,
                           nt_error_t *err) {
  unsigned char *next = dst;
  while (size > 0) {
    const ssize_t got = pread(file->fd, next, size, (off_t)offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return nt_fail(err, NT_ERR_IO, "%s: cannot read at byte %llu: %s", file->path,
                     (unsigned long long)offset, strerror(errno));
    if (got == 0)
      return nt_fail(err, NT_ERR_FORMAT, "%s: file ends at byte %llu, %zu bytes too early",
                     file->path, (unsigned long long)offset, size);
    next += got;
    offset += (uint64_t)got;
    size -= (size_t)got;
  }
  return NT_OK;
}

static nt_status_t parse_shape(const char *path, nt_tensor_t *tensor, const cJSON *shape,
                               nt_error_t *err) {
  char text[60];
  if (!cJSON_IsArray(shape))
    return nt_fail(err, NT_ERR_FORMAT, "%s: tensor %.100s: no \"shape\" array: found %s", path,
                   tensor->name, nt_json_show(shape, text, sizeof text));
  tensor->rank = 0;
  tensor->count = 1;
  const cJSON *item = NULL;
  cJSON_ArrayForEach(item, shape) {
    uint64_t dim = 0;
    if (tensor->rank == NT_TENSOR_RANK_MAX)
      return nt_fail(err, NT_ERR_UNSUPPORTED, "%s: tensor %.100s: more than %d dimensions", path,
                     tensor->name, NT_TENSOR_RANK_MAX);
    if (!nt_json_as_uint(item, &dim) || dim == 0)
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: tensor %.100s: dimension %zu is %s, must be an integer of at least 1",
                     path, tensor->name, tensor->rank, nt_json_show(item, text, sizeof text));
    if (dim > (uint64_t)INT64_MAX / 8 / tensor->count)
      return nt_fail(err, NT_ERR_FORMAT, "%s: tensor %.100s: shape overflows 64 bits", path,
                     tensor->name);
    tensor->count *= dim;
    tensor->shape[tensor->rank++] = dim;
  }
  return NT_OK;
}

static nt_status_t parse_tensor(const nt_safetensors_t *file, const cJSON *entry,
                                nt_tensor_t *tensor, nt_error_t *err) {
  const char *path = file->path;
  char text[60];
  tensor->name = entry->string;
  const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(entry, "dtype");
  if (!cJSON_IsString(dtype))
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: tensor %.100s: no \"dtype\": found %s, allowed F32, BF16, F16", path,
                   tensor->name, nt_json_show(dtype, text, sizeof text));
  if (!nt_dtype_parse(dtype->valuestring, &tensor->dtype))
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "%s: tensor %.100s: dtype %.20s, allowed F32, BF16, F16", path, tensor->name,
                   dtype->valuestring);
  nt_status_t status =
      parse_shape(path, tensor, cJSON_GetObjectItemCaseSensitive(entry, "shape"), err);
  if (status != NT_OK)
    return status;
  const cJSON *range = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
  if (!cJSON_IsArray(range) || cJSON_GetArraySize(range) != 2 ||
      !nt_json_as_uint(cJSON_GetArrayItem(range, 0), &tensor->begin) ||
      !nt_json_as_uint(cJSON_GetArrayItem(range, 1), &tensor->end) || tensor->begin > tensor->end)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: tensor %.100s: \"data_offsets\" is not [begin, end]: found %s", path,
                   tensor->name, nt_json_show(range, text, sizeof text));
  if (tensor->end > file->data_bytes)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: tensor %.100s: data_offsets end at %llu, the file holds %llu data bytes",
                   path, tensor->name, (unsigned long long)tensor->end,
                   (unsigned long long)file->data_bytes);
  const uint64_t wanted = tensor->count * nt_dtype_size(tensor->dtype);
  if (tensor->end - tensor->begin != wanted)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: tensor %.100s: data_offsets span %llu bytes, its shape needs %llu", path,
                   tensor->name, (unsigned long long)(tensor->end - tensor->begin),
                   (unsigned long long)wanted);
  return NT_OK;
}

static int compare_begin(const void *left, const void *right) {
  const nt_tensor_t *a = left;
  const nt_tensor_t *b = right;
  return (a->begin > b->begin) - (a->begin < b->begin);
}

static int compare_name(const void *left, const void *right) {
  return strcmp(((const nt_tensor_t *)left)->name, ((const nt_tensor_t *)right)->name);
}

/// The byte ranges must follow each other without overlap or hole up to the end of the file.
static nt_status_t check_cover(nt_safetensors_t *file, nt_error_t *err) {
  qsort(file->tensors, file->count, sizeof *file->tensors, compare_begin);
  uint64_t next = 0;
  for (size_t k = 0; k < file->count; k++) {
    const nt_tensor_t *tensor = &file->tensors[k];
    if (tensor->begin != next)
      return nt_fail(err, NT_ERR_FORMAT,
                     "%s: tensor %.100s: data_offsets begin at %llu, must begin at %llu (%s)",
                     file->path, tensor->name, (unsigned long long)tensor->begin,
                     (unsigned long long)next, tensor->begin < next ? "overlap" : "hole");
    next = tensor->end;
  }
  if (next != file->data_bytes)
    return nt_fail(err, NT_ERR_FORMAT, "%s: %llu bytes after the last tensor, allowed 0",
                   file->path, (unsigned long long)(file->data_bytes - next));
  qsort(file->tensors, file->count, sizeof *file->tensors, compare_name);
  return NT_OK;
}

static nt_status_t parse_header(nt_safetensors_t *file, const char *text, size_t length,
                                nt_error_t *err) {
  nt_status_t status = nt_json_parse(file->path, text, length, &file->header, err);
  if (status != NT_OK)
    return status;
  cJSON_DeleteItemFromObjectCaseSensitive(file->header, "__metadata__");
  const size_t count = (size_t)cJSON_GetArraySize(file->header);
  file->tensors = calloc(count + 1, sizeof *file->tensors);
  if (file->tensors == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory for %zu tensors", file->path, count);
  const cJSON *entry = NULL;
  cJSON_ArrayForEach(entry, file->header) {
    status = parse_tensor(file, entry, &file->tensors[file->count], err);
    if (status != NT_OK)
      return status;
    file->count++;
  }
  return check_cover(file, err);
}

static nt_status_t load_header(nt_safetensors_t *file, nt_error_t *err) {
  file->fd = open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat info;
  if (file->fd < 0 || fstat(file->fd, &info) != 0)
    return nt_fail(err, NT_ERR_IO, "%s: cannot open: %s", file->path, strerror(errno));
  if (!S_ISREG(info.st_mode))
    return nt_fail(err, NT_ERR_IO, "%s: not a regular file", file->path);
  const uint64_t file_bytes = (uint64_t)info.st_size;
  if (file_bytes < LENGTH_BYTES)
    return nt_fail(err, NT_ERR_FORMAT, "%s: %llu bytes, a safetensors file has at least %d",
                   file->path, (unsigned long long)file_bytes, LENGTH_BYTES);
  unsigned char prefix[LENGTH_BYTES];
  nt_status_t status = read_at(file, 0, prefix, sizeof prefix, err);
  if (status != NT_OK)
    return status;
  uint64_t length = 0;
  for (size_t k = LENGTH_BYTES; k-- > 0;)
    length = length << 8 | prefix[k];
  if (length > HEADER_MAX || length > file_bytes - LENGTH_BYTES)
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: header length %llu, allowed at most %llu (file size) and %d", file->path,
                   (unsigned long long)length, (unsigned long long)(file_bytes - LENGTH_BYTES),
                   HEADER_MAX);
  file->data_start = LENGTH_BYTES + length;
  file->data_bytes = file_bytes - file->data_start;
  char *text = malloc((size_t)length + 1);
  if (text == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory for a header of %llu bytes", file->path,
                   (unsigned long long)length);
  status = read_at(file, LENGTH_BYTES, text, (size_t)length, err);
  if (status == NT_OK)
    status = parse_header(file, text, (size_t)length, err);
  free(text);
  return status;
}

nt_status_t nt_safetensors_open(const char *path, nt_safetensors_t **out, nt_error_t *err) {
  *out = NULL;
  nt_safetensors_t *file = calloc(1, sizeof *file);
  char *copy = strdup(path);
  if (file == NULL || copy == NULL) {
    free(file);
    free(copy);
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", path);
  }
  file->path = copy;
  const nt_status_t status = load_header(file, err);
  if (status != NT_OK) {
    nt_safetensors_close(file);
    return status;
  }
  *out = file;
  return NT_OK;
}

void nt_safetensors_close(nt_safetensors_t *file) {
  if (file == NULL)
    return;
  if (file->fd >= 0)
    (void)close(file->fd);
  cJSON_Delete(file->header);
  free(file->tensors);
  free(file->path);
  free(file);
}

const char *nt_safetensors_path(const nt_safetensors_t *file) {
  return file->path;
}

const nt_tensor_t *nt_safetensors_list(const nt_safetensors_t *file, size_t *count) {
  *count = file->count;
  return file->tensors;
}

const nt_tensor_t *nt_safetensors_find(const nt_safetensors_t *file, const char *name) {
  const nt_tensor_t key = {.name = name};
  return bsearch(&key, file->tensors, file->count, sizeof key, compare_name);
}

nt_status_t nt_safetensors_read(const nt_safetensors_t *file, const nt_tensor_t *tensor, float *dst,
                                nt_error_t *err) {
  unsigned char chunk[CHUNK_BYTES];
  const size_t value_bytes = nt_dtype_size(tensor->dtype);
  const uint64_t chunk_values = CHUNK_BYTES / value_bytes;
  for (uint64_t done = 0; done < tensor->count;) {
    const uint64_t left = tensor->count - done;
    const size_t now = (size_t)(left < chunk_values ? left : chunk_values);
    const nt_status_t status = read_at(file, file->data_start + tensor->begin + done * value_bytes,
                                       chunk, now * value_bytes, err);
    if (status != NT_OK)
      return status;
    nt_dtype_widen(tensor->dtype, chunk, dst + done, now);
    for (size_t k = 0; k < now; k++) {
      if (!isfinite(dst[done + k]))
        return nt_fail(err, NT_ERR_RANGE, "%s: tensor %.100s: value %llu is %g, must be finite",
                       file->path, tensor->name, (unsigned long long)(done + k),
                       (double)dst[done + k]);
    }
    done += now;
  }
  return NT_OK;
}
