#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Opens every layout of the folder $1 with a real GTKWave, from another folder and by its name alone. It must show every row, and
# must not complain. Exit code 77 where there is no GTKWave or no Xvfb.
set -eu
for program in gtkwave xvfb-run; do
  if ! command -v "$program" >/dev/null; then
    echo "skipped: $program is not installed"
    exit 77
  fi
done
folder=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'splash_disable 1\n' >rc
printf 'puts "ROWS [gtkwave::getTotalNumTraces]"\ngtkwave::/File/Quit\n' >count.tcl
opened=0
for layout in "$folder"/*.gtkw; do
  wanted=$(grep -c '^[-+#]' "$layout")
  if ! timeout 60 xvfb-run -a gtkwave --rcfile rc -S count.tcl "$layout" >log 2>&1; then
    cat log
    echo "FAILED: gtkwave $layout"
    exit 1
  fi
  if grep -iE "could not|not found|no such|unable|cannot|error|fail" log || ! grep -qx "ROWS $wanted" log; then
    cat log
    echo "FAILED: $layout has $wanted rows"
    exit 1
  fi
  echo "$layout: $wanted rows"
  opened=$((opened + 1))
done
[ "$opened" -ge 2 ]
