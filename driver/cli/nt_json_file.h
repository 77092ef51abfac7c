// SPDX-License-Identifier: Apache-2.0
// nt_json_file: writes the JSON summaries of the sub-commands.
#ifndef NT_JSON_FILE_H
#define NT_JSON_FILE_H

#include "nt_status.h"

#include <cjson/cJSON.h>

/// Writes `root` to `path` and deletes it, also when that fails. NT_ERR_IO names the file.
nt_status_t nt_json_file_write(const char *path, cJSON *root, nt_error_t *err);

#endif
