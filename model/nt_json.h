// SPDX-License-Identifier: Apache-2.0
// nt_json: strict reading of the small JSON documents of a checkpoint (private to the library).
#ifndef NT_JSON_H
#define NT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

#include "nt_status.h"

/// Parses `length` bytes at `text` as one JSON object with unique keys in every object and nothing
/// but blanks after it. `path` is for messages. The caller releases `*out` with cJSON_Delete.
nt_status_t nt_json_parse(const char *path, const char *text, size_t length, cJSON **out,
                          nt_error_t *err);

/// Reads and parses the regular file at `path`, of at most `max_bytes`.
nt_status_t nt_json_load(const char *path, size_t max_bytes, cJSON **out, nt_error_t *err);

/// Number as an unsigned integer: false unless it is integral and 0 <= value <= 2^53.
bool nt_json_as_uint(const cJSON *item, uint64_t *value);

/// Renders `item` (may be NULL) on one line for a message, shortened to fit `size`; returns `text`.
const char *nt_json_show(const cJSON *item, char *text, size_t size);

#endif
