// SPDX-License-Identifier: Apache-2.0
// nt_test_file: whole files and temporary folders for tests. Every failure fails the test.
#ifndef NT_TEST_FILE_H
#define NT_TEST_FILE_H

#include <stddef.h>

/// Reads "folder/name" whole; `*size` receives its length. A zero byte follows the content.
/// Released with free.
char *nt_test_file_read(const char *folder, const char *name, size_t *size);

/// Writes "folder/name".
void nt_test_file_write(const char *folder, const char *name, const void *data, size_t size);

/// Makes an empty folder below TMPDIR; remove it with nt_test_folder_delete.
char *nt_test_folder_make(void);

/// Removes the folder with the files in it and releases the string.
void nt_test_folder_delete(char *folder);

#endif
