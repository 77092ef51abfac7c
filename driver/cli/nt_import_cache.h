// SPDX-License-Identifier: Apache-2.0
// nt_import_cache: images of imported checkpoint folders, kept by content.
//
// An entry is the file <key>.nti in the cache folder. The key is the SHA-256 of everything the
// image depends on: the program itself, the settings, config.json, the weight files, the tokenizer,
// the calibration text. So an entry is never out of date, only not used any more.
#ifndef NT_IMPORT_CACHE_H
#define NT_IMPORT_CACHE_H

#include "nt_import.h"

enum {
  NT_CACHE_KEY_SIZE = 65, ///< 64 hexadecimal digits and a zero
  NT_CACHE_PATH_SIZE = 4096,
  NT_CACHE_ENTRIES_MAX = 8 ///< kept when a new one is stored
};

/// Reads all files and forms the key. `listener` is told of the bytes. NT_ERR_IO.
nt_status_t nt_import_cache_key(const nt_import_t *import, const nt_listener_t *listener,
                                char key[NT_CACHE_KEY_SIZE], nt_error_t *err);

/// Path of the entry in `folder` (NULL: neurotile in $XDG_CACHE_HOME or ~/.cache), which is made if
/// it is not there. NT_ERR_IO when it cannot be made or neither variable is set.
nt_status_t nt_import_cache_path(const char *folder, const char key[NT_CACHE_KEY_SIZE],
                                 char path[NT_CACHE_PATH_SIZE], nt_error_t *err);

/// Removes the entries stored longest ago beside `path`, so that at most NT_CACHE_ENTRIES_MAX stay;
/// `path` stays. Other files are left alone.
void nt_import_cache_trim(const char *path);

#endif
