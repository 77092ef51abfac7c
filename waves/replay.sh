#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the failing token of a failure folder once more from the state before it, with waves of the failing timestep and
# the one before, and layouts opened there. Usage: waves/replay.sh NEUROTILE FOLDER
# Exit code: 1 the failure came again (waves written), 3 it came as an RTL assertion, 4 as a timeout, 0 it did not come,
# not even from the start of the text, 2 wrong use.
set -eu
if [ $# -ne 2 ] || ! [ -s "$2/report.json" ]; then
  sed -n '3,6s/^# //p' "$0" >&2
  exit 2
fi
neurotile="$1"
folder="$2"
here=$(dirname "$0")
number() { sed -n "s/^[[:space:]]*\"$1\":[[:space:]]*\([0-9]*\).*/\1/p" "$folder/report.json"; }
command=$(sed -nE "s/ --failure ('[^']*'|[^ ]*)//; s/^ *command *neurotile *//p" "$folder/report.txt")
timestep=$(number timestep)
tile=$(number tile)
core=$(number core)
step=$(number step)
if [ -z "$timestep" ]; then
  echo "replay: $folder/report.json names no timestep: run again with waves: neurotile $command --trace bad.vcd" >&2
  exit 2
fi
from=$((step > 0 ? timestep - 1 : timestep))
vcd="$folder/token.vcd"
window="--trace $vcd --trace-tile $tile --trace-from $from --trace-steps 2"

# Options of the failed run that belong to the fault, not to the text.
kept=$(printf '%s\n' "$command" | sed -n 's/.*\(--plant [^ ]*\).*/\1/p')
level=$(printf '%s\n' "$command" | sed -n 's/.*\(--check [^ ]*\).*/\1/p')

rm -rf "$vcd" "$folder/replay"
code=0
# shellcheck disable=SC2086
"$neurotile" generate --model "$folder/image.nti" --state-in "$folder/before.nts" --tokens 2 --quiet $kept $level $window \
  --failure "$folder/replay" >"$folder/replay.txt" 2>&1 || code=$?
facts() { sed -n 's/^[[:space:]]*\("\(stage\|field\|timestep\|expected\|got\)":.*\)/\1/p' "$1/report.json"; }
case "$code" in
0)
  echo "replay      passes: state that is not architectural is involved, or a fault that came once"
  echo "            from the start of the text, with waves of timesteps $from and $((from + 1)):"
  eval "\"$neurotile\" $command $window" >"$folder/replay.txt" 2>&1 || code=$?
  [ "$code" -eq 0 ] && echo "again       passes too" ;;
1)
  if [ "$(facts "$folder")" = "$(facts "$folder/replay")" ]; then
    echo "replay      the same mismatch"
  else
    echo "replay      a different mismatch, which hints at state that is not architectural:"
    head -1 "$folder/replay/report.txt"
  fi ;;
esac
sed -n '/^MISMATCH/,/differs by/p' "$folder/replay.txt"
if [ -s "$vcd" ]; then
  # A wrong message is marked where it leaves the core; everything else where the timestep begins.
  begin=$("$here/step_time.sh" "$vcd" "$timestep" || echo 0)
  message=$(sed -n 's/.*unexpected \[tile [0-9]* cores [^ ]* axon \([0-9]*\) type [0-9]* payload \([-0-9]*\)\].*/\1 \2/p' \
    "$folder/report.json")
  # shellcheck disable=SC2086
  marker=$([ -n "$message" ] && "$here/spike_time.sh" "$vcd" "$core" $message "$begin" || echo "$begin")
  "$here/put_layouts.sh" "$vcd" "$tile" "${core:-0}" "$timestep" "$marker"
  echo "look with   gtkwave $folder/token.gtkw      (one neuron: $folder/neuron.gtkw)"
fi
exit "$code"
