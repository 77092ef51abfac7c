// SPDX-License-Identifier: Apache-2.0
#include "nt_npy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nt_test.h"
#include "nt_test_file.h"

double *nt_npy_load(const char *folder, const char *name, size_t count) {
  size_t size = 0;
  char *file = nt_test_file_read(folder, name, &size);
  if (size < 10 || memcmp(file, "\x93NUMPY\x01\x00", 8) != 0)
    fail_msg("%s: not a version 1 npy file", name);
  const size_t start = 10 + (size_t)(unsigned char)file[8] + 256 * (size_t)(unsigned char)file[9];
  if (start > size || file[start - 1] != '\n')
    fail_msg("%s: header of %zu bytes in a file of %zu", name, start, size);
  file[start - 1] = '\0';
  const char *header = file + 10;
  if (strstr(header, "'fortran_order': False") == NULL)
    fail_msg("%s: not in C order", name);
  const int is_f4 = strstr(header, "'<f4'") != NULL;
  const int is_f8 = strstr(header, "'<f8'") != NULL;
  const int is_i8 = strstr(header, "'<i8'") != NULL;
  if (is_f4 + is_f8 + is_i8 != 1)
    fail_msg("%s: type is none of f4, f8, i8", name);
  const size_t width = is_f4 ? 4 : 8;
  if (size - start != count * width)
    fail_msg("%s: %zu bytes of data, wanted %zu values of %zu", name, size - start, count, width);
  double *values = malloc((count + 1) * sizeof *values);
  assert_non_null(values);
  for (size_t k = 0; k < count; k++) {
    const char *at = file + start + k * width;
    if (is_f4) {
      float value = 0;
      memcpy(&value, at, sizeof value);
      values[k] = value;
    } else if (is_f8) {
      memcpy(&values[k], at, sizeof values[k]);
    } else {
      int64_t value = 0;
      memcpy(&value, at, sizeof value);
      values[k] = (double)value;
    }
  }
  free(file);
  return values;
}
