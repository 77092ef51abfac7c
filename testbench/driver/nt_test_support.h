// SPDX-License-Identifier: Apache-2.0
// nt_test_support: what the driver's tests share: counted comparisons, library calls that must
// succeed or fail in a certain way, random numbers, and files in a folder of their own.
#ifndef NT_TEST_SUPPORT_H
#define NT_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "nt_image.h"

/// Fails the test unless both values are equal; counts the comparison.
#define NT_EQUAL(found, expected)                                                                  \
  nt_test_equal((uint64_t)(found), (uint64_t)(expected), #found, __FILE__, __LINE__)
void nt_test_equal(uint64_t found, uint64_t expected, const char *what, const char *file, int line);
/// The same for `size` bytes.
#define NT_SAME(found, expected, size)                                                             \
  nt_test_same(found, expected, size, #found, __FILE__, __LINE__)
void nt_test_same(const void *found, const void *expected, size_t size, const char *what,
                  const char *file, int line);
/// Prints how many values were compared; returns `failed` for main().
int nt_test_report(const char *name, int failed);

/// Fails the test with the library's message unless `call`, which fills `err`, returns NT_OK.
#define NT_OK_CALL(call, err)                                                                      \
  do {                                                                                             \
    if ((call) != NT_OK)                                                                           \
      fail_msg("%s: %s", nt_status_str((err).status), (err).text);                                 \
  } while (0)
/// Fails unless `call` returns `expected`, fills `err` accordingly, and its text contains `part`.
#define NT_FAILS(call, err, expected, part)                                                        \
  do {                                                                                             \
    (err) = (nt_error_t){0};                                                                       \
    const nt_status_t returned_ = (call);                                                          \
    nt_test_failure(returned_, &(err), expected, part, __FILE__, __LINE__);                        \
  } while (0)
void nt_test_failure(nt_status_t returned, const nt_error_t *err, nt_status_t expected,
                     const char *part, const char *file, int line);

/// Next value of the generator (splitmix64).
uint64_t nt_test_random(uint64_t *state);

/// A file's content; released with free.
typedef struct nt_test_file {
  uint8_t *data;
  size_t size;
} nt_test_file_t;
nt_test_file_t nt_test_read(const char *path);
void nt_test_write(const char *path, const void *data, size_t size);
/// Makes a folder; `path` receives "folder/name" of a file that does not exist yet.
#define NT_TEST_PATH_MAX 256
void nt_test_path(char path[NT_TEST_PATH_MAX], const char *name);
/// Number of files in the folder of `path`.
size_t nt_test_folder_count(const char *path);
/// Removes the folder of `path` with the files in it.
void nt_test_folder_remove(const char *path);

/// The smallest tile there is.
nt_params_t nt_test_params_small(void);
/// Fills some words of every space of every core, at random.
void nt_test_image_fill(nt_image_t *image, uint64_t *random);

#endif
