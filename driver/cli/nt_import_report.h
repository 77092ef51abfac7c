// SPDX-License-Identifier: Apache-2.0
// nt_import_report: what an import found, as text and as JSON (docs/import.md, "The report").
#ifndef NT_IMPORT_REPORT_H
#define NT_IMPORT_REPORT_H

#include "nt_import.h"

/// The network: parameters, types, shape. Right after nt_import_open.
void nt_import_report_network(const nt_import_t *import);
/// Tiles, memory, spikes and the overflow proof. After nt_import_run.
void nt_import_report_map(const nt_import_t *import);
/// Everything, with the stages of `meter`, to the file `path`. NT_ERR_IO.
nt_status_t nt_import_report_write(const nt_import_t *import, const nt_stage_meter_t *meter,
                                   const char *path, nt_error_t *err);

#endif
