// SPDX-License-Identifier: Apache-2.0
// nt_plant: a back end with a fault in it, to show that random testing finds and shrinks one.
#ifndef NT_PLANT_H
#define NT_PLANT_H

#include "nt_check.h"

/// From now on the back end under test, the golden tile, takes MIN for MAX and MAX for MIN.
void nt_plant_min_max(void);

#endif
