#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A picture of a layout, by a real GTKWave on a screen that nobody sees.
# Usage: waves/picture.sh FOLDER LAYOUT FROM_NS TO_NS PICTURE [MARKER_NS [ROWS]]   FOLDER as written by waves/make_waves.sh
# or waves/replay.sh. Without MARKER_NS the layout's marker stays; only the first ROWS rows are shown.
# Needs gtkwave, xvfb-run and ImageMagick's convert; without them it ends with exit code 77.
set -eu
if [ $# -lt 5 ]; then
  sed -n '3,6s/^# //p' "$0" >&2
  exit 2
fi
for program in gtkwave xvfb-run convert; do
  if ! command -v "$program" >/dev/null; then
    echo "picture: $program is not installed" >&2
    exit 77
  fi
done
folder=$(cd "$1" && pwd)
layout="$2"
from="$3"
to="$4"
picture="$5"
marker="${6:-}"
rows="${7:-$(grep -c '^[-+#]' "$folder/$layout.gtkw")}"
height=$((135 + 17 * rows))

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ln -s "$folder/token.vcd" "$folder/filters" "$work"
sed -e "s/^\[size\].*/[size] 1600 $height/" -e 's/^\[signals_width\] 330/[signals_width] 300/' "$folder/$layout.gtkw" \
  >"$work/$layout.gtkw"
cat >"$work/rc" <<EOF
hide_sst 1
splash_disable 1
fontname_signals Monospace 8
fontname_waves Monospace 8
initial_window_x 1600
initial_window_y $height
EOF
{
  echo "after 500"
  echo "gtkwave::setZoomRangeTimes $from $to"
  [ -z "$marker" ] || echo "gtkwave::setMarker $marker"
  echo "after 500"
  echo "gtkwave::/File/Grab_To_File window.png"
  echo "gtkwave::/File/Quit"
} >"$work/grab.tcl"
if ! (cd "$work" && timeout 60 xvfb-run -a -s "-screen 0 1640x$((height + 80))x24" \
  gtkwave --rcfile rc -S grab.tcl -a "$layout.gtkw" -f token.vcd) >"$work/log" 2>&1 || ! [ -s "$work/window.png" ]; then
  cat "$work/log" >&2
  exit 1
fi
mkdir -p "$(dirname "$picture")"
# The rim of the window holds its shadow only.
convert "$work/window.png" -shave 6x5 +repage -dither None -colors 64 -strip "PNG8:$picture"
echo "$picture, $(wc -c <"$picture") bytes"
