#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the layouts for core CORE beside a trace token.vcd of tile TILE, opened at timestep SHOW with the marker there, or at
# MARKER ns. Usage: waves/put_layouts.sh VCD TILE CORE SHOW [MARKER]
set -eu
if [ $# -lt 4 ]; then
  sed -n '3,4s/^# //p' "$0" >&2
  exit 2
fi
vcd="$1"
core="$3"
folder=$(dirname "$vcd")
here=$(dirname "$0")
if ! begin=$("$here/step_time.sh" "$vcd" "$4"); then
  echo "put_layouts: tile $2 did not run timestep $4; the layouts open at the start of the trace" >&2
  begin=0
fi
marker="${5:-$begin}"
mkdir -p "$folder/filters"
cp "$here"/filters/*.txt "$folder/filters"
for layout in token neuron; do
  sed -e "s/g_core\[0\]/g_core[$core]/g" -e "s/^-core 0:/-core $core:/" -e "s/^\[timestart\].*/[timestart] $begin/" \
    -e "s/^\*\(-[0-9.]*\) [0-9]*/*\1 $marker/" "$here/$layout.gtkw" >"$folder/$layout.gtkw"
done
echo "opens at    timestep $4, $begin ns, marker at $marker ns"
