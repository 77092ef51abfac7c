// SPDX-License-Identifier: Apache-2.0
// nt_plant: flips a bit of a system, to see what the checker says.
#ifndef NT_PLANT_H
#define NT_PLANT_H

#include "nt_system.h"

/// Flips what `text` names, "TILE:CORE:SPACE:ADDRESS:BIT", SPACE being POOL, PROG, TABLE or GROUP.
/// NT_ERR_ARG says what is wrong with it.
nt_status_t nt_plant(nt_system_t *system, const nt_params_t *params, const char *text,
                     nt_error_t *err);

#endif
