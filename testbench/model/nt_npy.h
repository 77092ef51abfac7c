// SPDX-License-Identifier: Apache-2.0
// nt_npy: reads NumPy array files (version 1, little-endian f4, f8, i8, C order) for tests.
#ifndef NT_NPY_H
#define NT_NPY_H

#include <stddef.h>

/// Reads "folder/name" as doubles; fails the test if the file is damaged or does not hold exactly
/// `count` values. Released with free.
double *nt_npy_load(const char *folder, const char *name, size_t count);

#endif
