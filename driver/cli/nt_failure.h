// SPDX-License-Identifier: Apache-2.0
// nt_failure: the folder that a failed run leaves.
#ifndef NT_FAILURE_H
#define NT_FAILURE_H

#include "nt_mismatch_report.h"

/// The command with its arguments, argv[0] being the sub-command, as one line that a shell takes,
/// quoted where needed; NULL when out of memory. The caller frees it.
char *nt_command_line(int argc, char **argv);
/// Makes folder `dir`, unless it is there, and removes reports of an earlier run from it. NT_ERR_IO
/// names it.
nt_status_t nt_failure_prepare(const char *dir, nt_error_t *err);
/// Where a run was when a tile failed.
typedef struct nt_failure_place {
  bool known;
  uint32_t tile, timestep, token, step; ///< step within the token
} nt_failure_place_t;
/// Writes report.txt and report.json into it. `report` NULL: the failure has no report of its own,
/// then both hold `failed`, the status and its text, `place` and `command`.
nt_status_t nt_failure_write(const char *dir, const nt_mismatch_report_t *report,
                             const nt_error_t *failed, const nt_failure_place_t *place,
                             const char *command, nt_error_t *err);

#endif
