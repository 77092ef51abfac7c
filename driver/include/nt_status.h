// SPDX-License-Identifier: Apache-2.0
// nt_status: the one set of status codes and the error record every library function reports with.
#ifndef NT_STATUS_H
#define NT_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

/// Result of every library call. The value is also the exit code of the `neurotile` command.
typedef enum nt_status {
  NT_OK = 0,              ///< done
  NT_ERR_MISMATCH = 1,    ///< two levels that must agree do not
  NT_ERR_ARG = 2,         ///< a caller's argument or command-line option is wrong
  NT_ERR_RTL_ASSERT = 3,  ///< an assertion inside the RTL fired
  NT_ERR_TIMEOUT = 4,     ///< no progress within the allowed number of cycles
  NT_ERR_INTERNAL = 5,    ///< a bug in neurotile itself
  NT_ERR_IO = 6,          ///< a file cannot be opened, read or written
  NT_ERR_FORMAT = 7,      ///< a file's content is damaged or not of the documented form
  NT_ERR_RANGE = 8,       ///< a value is outside what the tile or the network can hold
  NT_ERR_UNSUPPORTED = 9, ///< well-formed, but not something the tile can run
  NT_ERR_DEVICE = 10,     ///< a tile reported an error flag or refused an access
  NT_ERR_MEMORY = 11      ///< out of memory
} nt_status_t;

/// Why a call failed, for people: names the file, field, value found and value allowed.
typedef struct nt_error {
  nt_status_t status; ///< same value the failing call returned
  char text[512];     ///< one line, no trailing newline
} nt_error_t;

/// Short lower-case name of `status` ("ok", "mismatch", ...). Never NULL.
const char *nt_status_str(nt_status_t status);

/// Fills `err` (may be NULL) with `status` and the formatted text, control characters replaced by
/// '?'; returns `status`, so that `return nt_fail(err, NT_ERR_IO, "%s: cannot open", path);` is the
/// usual form.
nt_status_t nt_fail(nt_error_t *err, nt_status_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __cplusplus
}
#endif
#endif
