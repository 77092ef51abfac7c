// SPDX-License-Identifier: Apache-2.0
// nt_rows: the group on top of a layout: the signals of the failing neuron.
#ifndef NT_ROWS_H
#define NT_ROWS_H

#include "nt_find.h"

#include <stdio.h>

/// Writes the group in GTKWave's form. NT_ERR_FORMAT names a signal that the trace does not hold.
nt_status_t nt_rows_write(FILE *out, const nt_vcd_t *vcd, const nt_facts_t *facts,
                          const nt_found_t *found, nt_error_t *err);

#endif
