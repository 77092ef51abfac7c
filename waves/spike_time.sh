#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints when, in ns, core $2 sends a message with axon $3 and payload $4 in the trace $1, at or after $5 ns; nothing and
# exit 1 if it does not.
set -eu
awk -v core="$2" -v axon="$3" -v payload="$4" -v from="$5" '
  function bits(value, width,   text) {
    for (text = ""; width > 0; width--) { text = value % 2 text; value = int(value / 2) }
    return text
  }
  BEGIN { wanted = bits(axon, 16) bits(payload < 0 ? payload + 16777216 : payload, 24) }
  /^ *\$scope/ { depth++; name[depth] = $3 }
  /^ *\$upscope/ { depth-- }
  /^ *\$var/ && name[depth] == "u_core" && name[depth - 1] == "g_core[" core "]" && depth == 4 {
    if ($5 ~ /^msg_data_o/) data = $4
    if ($5 ~ /^msg_valid_o/) valid = $4
  }
  /^#/ { if (is_valid && matches && time >= from) { print time; found = 1; exit }; time = substr($1, 2) + 0 }
  /^b/ && $2 == data { text = substr($1, 2); while (length(text) < 40) text = "0" text; matches = substr(text, length(text) - 39) == wanted }
  /^[01]/ && substr($1, 2) == valid { is_valid = substr($1, 1, 1) == 1 }
  END { exit !found }' "$1"
