#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs a short text on the tiles and writes a window of it, with its layouts, to a folder that GTKWave opens as it is.
# Usage: waves/make_waves.sh NEUROTILE IMAGE FOLDER [TILE [FROM [STEPS [CORE [SHOW]]]]]
# Without the last five: one layer of the second token on tile 0, core 0 of it in the layouts, opened at the timestep in
# which that core sends its codes to the MLP and receives them.
set -eu
if [ $# -lt 3 ]; then
  sed -n '3,6s/^# //p' "$0" >&2
  exit 2
fi
neurotile="$1"
image="$2"
folder="$3"
here=$(dirname "$0")
per_token=$("$neurotile" info --model "$image" | sed -n '1s/.* \([0-9]*\) timesteps a token.*/\1/p')
tile="${4:-0}"
from="${5:-$per_token}"
steps="${6:-13}"
core="${7:-0}"
show="${8:-$((steps > 8 ? from + 8 : from))}"
tokens=$(((from + steps + per_token - 1) / per_token))

mkdir -p "$folder"
vcd="$folder/token.vcd"
rm -f "$vcd"
"$neurotile" generate --model "$image" --prompt "Once upon a time" --tokens "$tokens" --quiet \
  --trace "$vcd" --trace-tile "$tile" --trace-from "$from" --trace-steps "$steps" >"$folder/token.txt"
if ! [ -s "$vcd" ]; then
  echo "make_waves: $vcd was not written: is timestep $from before the end of the text?" >&2
  exit 1
fi

"$here/put_layouts.sh" "$vcd" "$tile" "$core" "$show"

size=$(wc -c <"$vcd")
echo "trace       $vcd, $((size / 1000)) kB"
echo "holds       tile $tile, timesteps $from to $((from + steps - 1)), $((size / 1000 / steps)) kB a timestep"
echo "look with   gtkwave $folder/token.gtkw      (one neuron: $folder/neuron.gtkw)"
echo "keep with   $here/to_fst.sh $folder"
