#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Records what the tests of the waves look at. Usage: record.sh NEUROTILE MODEL WAVES FOLDER
# FOLDER/plain: a run without a trace. FOLDER/traced: the same run with one. FOLDER/window: timesteps 59 to 61 by make_waves.sh.
# FOLDER/kept: the same by to_fst.sh.
set -eu
neurotile="$1"
model="$2"
waves="$3"
folder="$4"
image="$folder/model.nti"
rm -rf "$folder"
mkdir -p "$folder/plain" "$folder/traced"
"$neurotile" import "$model" --out "$image" --quiet
run() {
  "$neurotile" generate --model "$image" --prompt Once --tokens 1 --quiet "$@"
}
(cd "$folder/plain" && run --summary summary.json)
(cd "$folder/traced" && run --summary summary.json --trace token.vcd --trace-from 59 --trace-steps 3)
"$waves/make_waves.sh" "$neurotile" "$image" "$folder/window" 0 59 3
cp -r "$folder/window" "$folder/kept"
"$waves/to_fst.sh" "$folder/kept"
