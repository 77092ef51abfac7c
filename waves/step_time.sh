#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints when, in ns, timestep $2 begins in the trace $1; nothing and exit 1 if the trace does not hold it.
set -eu
awk -v step="$2" '
  /^ *\$scope/ { depth++; if (depth == 2) tile = $3 }
  /^ *\$upscope/ { depth-- }
  /^ *\$var/ && depth == 2 && tile == "nt_tile" && $5 == "timestep_o" { id = $4 }
  /^#/ { time = substr($1, 2) }
  /^b/ && $2 == id {
    value = 0
    for (k = 2; k <= length($1); k++) value = 2 * value + substr($1, k, 1)
    if (value == step) { print time; found = 1; exit }
  }
  END { exit !found }' "$1"
