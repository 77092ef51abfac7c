#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Synthesises one core with Yosys and prints its cells, its memories and its longest path; fails on latches.
# Usage: rtl/synth.sh [Name value ...]   core parameters, such as WordBits 64
set -eu
cd "$(dirname "$0")"
files=$(grep '\.v$' nt_tile.f)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
parameters=""
while [ $# -ge 2 ]; do
  parameters="$parameters -chparam $1 $2"
  shift 2
done

# shellcheck disable=SC2086
cat >"$work/core.ys" <<YS
read_verilog -sv -Iinclude $(echo $files)
hierarchy -check -top nt_core $parameters
proc
check -assert
select -assert-none t:\$dlatch t:\$adlatch t:\$dlatchsr
flatten
opt
wreduce
alumacc
opt
memory -nomap
opt_clean
tee -o $work/memories.txt select -list t:\$mem_v2
tee -o $work/word.txt stat
techmap
opt
abc -fast -g AND,XOR,MUX
opt_clean
tee -o $work/gates.txt stat
tee -o $work/path.txt ltp -noff
YS
if ! yosys -q -s "$work/core.ys" >"$work/log.txt" 2>&1; then
  tail -n 20 "$work/log.txt"
  exit 1
fi
echo "== word level"
cat "$work/word.txt"
echo "== gates (AND, XOR, MUX; memories kept)"
cat "$work/gates.txt"
echo "== memories"
cat "$work/memories.txt"
echo "== longest path"
grep -i 'longest topological path' "$work/path.txt"
