#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the failing token of a failure folder once more from the state before it, with waves of the failing timestep and
# the one before, and layouts opened where the wrong value shows. Usage: waves/replay.sh NEUROTILE FOLDER
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
number() { sed -n "s/^[[:space:]]*\"$1\":[[:space:]]*\([0-9]*\).*/\1/p" "$folder/report.json" | head -1; }
text() { sed -n "s/^[[:space:]]*\"$1\":[[:space:]]*\"\([^\"]*\)\".*/\1/p" "$folder/report.json"; }
command=$(sed -nE "s/ --failure ('[^']*'|[^ ]*)//; s/^ *command *neurotile *//p" "$folder/report.txt")
timestep=$(number timestep)
tile=$(number tile)
step=$(number step)
if [ -z "$timestep" ]; then
  echo "replay: $folder/report.json names no timestep: run again with waves: neurotile $command --trace bad.vcd" >&2
  exit 2
fi
# What only the sweep behind a token saw can have gone wrong anywhere in it.
back=$((step > 0 ? 1 : 0))
[ "$(text stage)" = "memory sweep" ] && back=$step
vcd="$folder/token.vcd"
window="--trace $vcd --trace-tile $tile --trace-from $((timestep - back)) --trace-steps $((back + 1))"
case "$(text space)" in
POOL | PROG | TABLE | GROUP | ACC) window="$window --trace-word $(number core):$(text space):$(number address)" ;;
esac

# Options of the failed run that belong to the fault, not to the text. A tile that hangs is given up early enough for the
# trace to stay small.
option() { printf '%s\n' "$command" | sed -n "s/.*\(--$1[ =][^ ]*\).*/\1/p"; }
limit=$(option max-cycles)
if [ "$(text result)" = "timeout" ] && { [ -z "$limit" ] || [ "${limit#*[ =]}" -gt 100000 ]; }; then
  limit="--max-cycles 100000"
fi
kept="$(option plant) $(option check) $limit"

rm -rf "$vcd" "$folder/replay"
code=0
# shellcheck disable=SC2086
"$neurotile" generate --model "$folder/image.nti" --state-in "$folder/before.nts" --tokens 2 --quiet $kept $window \
  --failure "$folder/replay" >"$folder/replay.txt" 2>&1 || code=$?
facts() { sed -n 's/^[[:space:]]*\("\(result\|stage\|field\|timestep\|expected\|got\)":.*\)/\1/p' "$1/report.json"; }
report="$folder/report.json"
case "$code" in
0)
  echo "replay      passes: state that is not architectural is involved, or a fault that came once"
  echo "            from the start of the text, with waves of timesteps $((timestep - back)) to $timestep:"
  eval "\"$neurotile\" $command $window" >"$folder/replay.txt" 2>&1 || code=$?
  [ "$code" -eq 0 ] && echo "again       passes too" ;;
1 | 3 | 4)
  if [ "$(facts "$folder")" = "$(facts "$folder/replay")" ]; then
    echo "replay      the same $(text result)"
  else
    echo "replay      a different failure, which hints at state that is not architectural:"
    head -1 "$folder/replay/report.txt"
    report="$folder/replay/report.json"
  fi ;;
esac
sed -n '/^MISMATCH/,/differs by/p' "$folder/replay.txt"
[ "$code" -le 1 ] || grep -e 'NT_ASSERT' -e '^neurotile: ' "$folder/replay.txt" || true
if [ -s "$vcd" ]; then
  core=$(sed -n 's/^[[:space:]]*"core":[[:space:]]*\([0-9]*\).*/\1/p; s/.*NT_ASSERT .*g_core\[\([0-9]*\)\].*/\1/p' \
    "$report" "$folder/replay.txt" | head -1)
  set --
  if found=$("$(dirname "$neurotile")/nt_pinpoint" "$report" "$vcd" "$folder/rows.txt"); then
    { read -r marker && read -r got && read -r what; } <<EOF
$found
EOF
    echo "marker      $what"
    [ "$got" -eq "$marker" ] && got=-1 || echo "marker A    at $got ns: the value is the one the report calls got"
    set -- "$marker" "$got" "$folder/rows.txt"
  fi
  "$here/put_layouts.sh" "$vcd" "$tile" "${core:-0}" "$timestep" "$@"
  echo "look with   gtkwave $folder/token.gtkw      (one neuron: $folder/neuron.gtkw)"
fi
exit "$code"
