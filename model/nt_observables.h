// SPDX-License-Identifier: Apache-2.0
// nt_observables: the table of docs/spec/network.md, "Observables", for a network whose populations
// are placed.
#ifndef NT_OBSERVABLES_H
#define NT_OBSERVABLES_H

#include "nt_layout.h"

/// Fills layout->observable. NT_ERR_MEMORY.
nt_status_t nt_observables_list(nt_layout_t *layout, nt_error_t *err);

#endif
