// SPDX-License-Identifier: Apache-2.0
// nt_dtype: the number formats a checkpoint may store, and their exact widening to float
// (private to the library).
#ifndef NT_DTYPE_H
#define NT_DTYPE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum nt_dtype {
  NT_DTYPE_F32,  ///< IEEE binary32
  NT_DTYPE_BF16, ///< upper half of binary32
  NT_DTYPE_F16   ///< IEEE binary16
} nt_dtype_t;

/// Finds the format by its safetensors name ("F32", "BF16", "F16"); false for any other name.
bool nt_dtype_parse(const char *name, nt_dtype_t *dtype);

/// Bytes per value.
size_t nt_dtype_size(nt_dtype_t dtype);

/// Widens `count` little-endian values at `bytes` to floats. Exact for every bit pattern;
/// infinities and NaNs stay what they are.
void nt_dtype_widen(nt_dtype_t dtype, const unsigned char *bytes, float *dst, size_t count);

#endif
