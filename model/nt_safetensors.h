// SPDX-License-Identifier: Apache-2.0
// nt_safetensors: one file in the safetensors format (private to the library).
//
// The format: 8 bytes little-endian header length, a JSON header that gives each tensor's dtype,
// shape and [begin, end) byte range, then the data. The ranges must cover the data exactly:
// no overlap, no hole, no byte left over.
#ifndef NT_SAFETENSORS_H
#define NT_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "nt_dtype.h"
#include "nt_status.h"

/// Highest number of dimensions a tensor may have.
#define NT_TENSOR_RANK_MAX 8

/// One tensor of a file. The name lives as long as the file is open.
typedef struct nt_tensor {
  const char *name;
  nt_dtype_t dtype;
  size_t rank;
  uint64_t shape[NT_TENSOR_RANK_MAX];
  uint64_t count; ///< number of values
  uint64_t begin; ///< first byte, counted from the start of the data
  uint64_t end;   ///< one past the last byte
} nt_tensor_t;

typedef struct nt_safetensors nt_safetensors_t;

/// Opens the file and checks its header. `*out` is released with nt_safetensors_close.
nt_status_t nt_safetensors_open(const char *path, nt_safetensors_t **out, nt_error_t *err);

/// Closes `file` (may be NULL).
void nt_safetensors_close(nt_safetensors_t *file);

/// The path it was opened with.
const char *nt_safetensors_path(const nt_safetensors_t *file);

/// All tensors, sorted by name; `*count` receives how many.
const nt_tensor_t *nt_safetensors_list(const nt_safetensors_t *file, size_t *count);

/// The tensor called `name`, or NULL.
const nt_tensor_t *nt_safetensors_find(const nt_safetensors_t *file, const char *name);

/// Reads all values of `tensor` (of this file) into `dst` [tensor->count]; refuses infinities
/// and NaNs with NT_ERR_RANGE.
nt_status_t nt_safetensors_read(const nt_safetensors_t *file, const nt_tensor_t *tensor, float *dst,
                                nt_error_t *err);

#endif
