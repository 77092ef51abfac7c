#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A failure folder and its replay: a fault that stays comes again, at the same place; one in hidden state comes in a run
# from the start only; one that came once does not come, and the replay says so. Usage: testbench/system/replay_test.sh NEUROTILE IMAGE FOLDER
set -eu
neurotile="$1"
image="$2"
folder="$3"
waves=$(dirname "$0")/../../waves
fail() {
  echo "replay_test: $1" >&2
  cat "$folder/said.txt" >&2
  exit 1
}
# ends CODE TEXT COMMAND...: the command ends with this exit code and says this.
ends() {
  wanted="$1" text="$2" code=0
  shift 2
  "$@" >"$folder/said.txt" 2>&1 || code=$?
  [ "$code" -eq "$wanted" ] || fail "exit code $code, not $wanted: $*"
  grep -q "$text" "$folder/said.txt" || fail "\"$text\" is not said by: $*"
}
rm -rf "$folder"
mkdir -p "$folder"

# Bit 31 of the first instruction makes it undefined, whatever the image is.
ends 1 "stored-instruction" "$neurotile" generate --model "$image" --prompt "Once upon" --tokens 1 \
  --plant 0:0:PROG:0:31 --failure "$folder/fail"
for file in report.txt report.json image.nti before.nts; do
  [ -s "$folder/fail/$file" ] || fail "$file was not left"
done
grep -q '"hints":' "$folder/fail/report.json" || fail "report.json has no hints"

ends 1 "the same mismatch" "$waves/replay.sh" "$neurotile" "$folder/fail"
# What the layouts show is the business of test_marker.c.
for layout in token neuron; do
  grep -q "^-missing: payload" "$folder/fail/$layout.gtkw" || fail "$layout.gtkw does not say what is missing"
done

# The same folder, as if the fault were in state that is not in the file: only a run from the start has it.
cp "$folder/fail/report.txt" "$folder/report.txt"
sed -i 's/ --plant / "--plant" /' "$folder/fail/report.txt"
rm "$folder/fail/token.gtkw"
ends 1 "replay      passes" "$waves/replay.sh" "$neurotile" "$folder/fail"
grep -q "^-missing: payload" "$folder/fail/token.gtkw" || fail "the run from the start left no layout"
cp "$folder/report.txt" "$folder/fail/report.txt"

# The same folder, as if the fault had come only once.
sed -i 's/ --plant 0:0:PROG:0:31//' "$folder/fail/report.txt"
ends 0 "replay      passes" "$waves/replay.sh" "$neurotile" "$folder/fail"
ends 0 "again       passes too" "$waves/replay.sh" "$neurotile" "$folder/fail"

# The report is of this run: no fault, no report.
ends 0 "PASS" "$neurotile" generate --model "$image" --prompt "Once upon" --tokens 1 --check stages \
  --failure "$folder/none"
[ ! -e "$folder/none/report.txt" ] || fail "a run that passes left a report"
ends 0 "PASS" "$neurotile" generate --model "$image" --prompt "Once upon" --tokens 1 --check outputs
echo "replay: 4 replays as expected"
