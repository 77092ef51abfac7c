#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Puts the layouts for core CORE beside a trace token.vcd of tile TILE, opened at timestep SHOW with the marker there. Or
# opened around MARKER ns with the marker there, the named marker A at A ns, and the rows of file ROWS on top.
# Usage: waves/put_layouts.sh VCD TILE CORE SHOW [MARKER A ROWS]
set -eu
if [ $# -ne 4 ] && [ $# -ne 7 ]; then
  sed -n '3,5s/^# //p' "$0" >&2
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
second="${6:--1}"
rows="${7:-/dev/null}"
zoom=
width='&'
if [ $# -eq 7 ]; then # some sixty cycles, the marker in the middle
  begin=$((marker > 300 ? marker - 300 : 0))
  zoom=-4.0
  width='[signals_width] 380'
fi
mkdir -p "$folder/filters"
cp "$here"/filters/*.txt "$folder/filters"
for layout in token neuron; do
  sed -e "s/g_core\[0\]/g_core[$core]/g" -e "s/^-core 0:/-core $core:/" -e "s/^\[timestart\].*/[timestart] $begin/" \
    -e "s/^\[signals_width\].*/$width/" -e "s/^\*\(-[0-9.]*\) [-0-9]* [-0-9]*/*${zoom:-\1} $marker $second/" "$here/$layout.gtkw" |
    awk -v rows="$rows" '/^@/ && !put { while ((getline line <rows) > 0) print line; put = 1 } { print }' \
      >"$folder/$layout.gtkw"
done
echo "opens at    timestep $4, $begin ns, marker at $marker ns"
