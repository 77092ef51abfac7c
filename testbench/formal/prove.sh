#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# One proof: prints its row of the table; fails unless it is proved and all its cover points are reached.
# Usage: prove.sh folder rtl block group method depth seconds [parameter=value ...]
#   pdr     for all time after reset: property directed reachability (yosys-abc)
#   window  for all time: nothing is assumed of the state at the start, and no property looks back further than depth
#           cycles, so that bounded model checking of depth cycles covers every window (yosys-abc)
#   words   as window, on words and arrays (yosys-smtbmc, z3)
#   bmc     the first depth cycles after reset (yosys-abc)
# Where BLOCK.cut exists, the proof is of the block after that substitution (sed), which BLOCK_props.v explains.
# The top module is BLOCK_props of BLOCK_props.v. A cover point is written cover (...) and must be reached within depth cycles.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$1 rtl=$2 block=$3 group=$4 method=$5 depth=$6 limit=$7
shift 7
work=$out/$block.$group
rm -rf "$work"
mkdir -p "$work"
began=$(date +%s)
property=$(sed -n "s/^$block  *$group .*| *//p" "$here/proofs.txt")

# row RESULT: the line of the table.
row() {
  case $method in
    pdr) words="all time, PDR" ;;
    window | words) words="all time, window $depth" ;;
    *) words="BMC $depth" ;;
  esac
  printf '%-18s %-10s %-22s %6d  %s\n' "$block" "$group" "$words" $(($(date +%s) - began)) "$1"
}

# fail RESULT [LOG]: the row, and what helps; ends.
fail() {
  row "$1"
  if [ -s "$work/trace.vcd" ]; then
    printf '    trace: %s\n    open:  gtkwave %s\n' "$work/trace.vcd" "$work/trace.vcd"
  fi
  [ $# -lt 2 ] || printf '    log:   %s\n' "$2"
  exit 1
}

parameters=
for parameter; do
  parameters="$parameters -chparam ${parameter%%=*} ${parameter#*=}"
done
sources=
for file in $(grep '\.v$' "$rtl/nt_tile.f"); do
  source=$rtl/$file
  if [ "$file" = "$block.v" ] && [ -f "$here/$block.cut" ]; then
    source=$work/$file
    sed -f "$here/$block.cut" "$rtl/$file" >"$source"
    ! cmp -s "$rtl/$file" "$source" || fail "$block.cut changes nothing"
  fi
  sources="$sources $source"
done
# Small memories become registers for the bit-level engine; the word-level one keeps them.
memories=memory_map
[ "$method" != words ] || memories=memory_nordff

cat >"$work/model.ys" <<YS
read_verilog -formal -sv -I$rtl/include -I$here $sources $here/${block}_props.v
hierarchy -check -top ${block}_props $parameters
prep -top ${block}_props -flatten
$memories
opt -keepdc -fast
async2sync
dffunmap
opt_clean
write_smt2 -wires $work/model.smt2
YS
[ "$method" = words ] || cat >>"$work/model.ys" <<YS
techmap
simplemap
setundef -undriven -anyseq
aigmap
design -save bits
chformal -cover -remove
opt_clean
write_aiger -I -B -zinit -no-startoffset -map $work/model.aim $work/model.aig
design -load bits
chformal -assert -remove
techmap -map $here/cover.v t:\$cover
aigmap
opt_clean
write_aiger -I -B -zinit -no-startoffset $work/cover.aig
YS
yosys -q "$work/model.ys" >"$work/model.log" 2>&1 || fail "no model" "$work/model.log"

status=0
if [ "$method" = words ]; then
  timeout "$limit" yosys-smtbmc -s z3 --unroll --noprogress -t "$depth" --dump-vcd "$work/trace.vcd" \
    "$work/model.smt2" >"$work/prove.log" 2>&1 || status=$?
  [ $status -ne 1 ] || fail "FAILED: $(sed -n 's/.*Assert failed in [^:]*: *//p' "$work/prove.log" | head -n 1)" "$work/prove.log"
  grep -q 'Status: PASSED' "$work/prove.log" || fail "NOT PROVED within $limit s" "$work/prove.log"
else
  engine="pdr -T $limit"
  [ "$method" = pdr ] || engine="bmc3 -F $depth -T $limit"
  yosys-abc -c "read_aiger $work/model.aig; fold; strash; $engine; print_status; write_cex -a $work/trace.aiw" \
    >"$work/prove.log" 2>&1 || fail "engine stopped" "$work/prove.log"
  if grep -q 'was asserted in frame' "$work/prove.log"; then
    # The engine found inputs; replaying them names the assertion and gives the trace.
    frame=$(sed -n 's/.*was asserted in frame \([0-9]*\).*/\1/p' "$work/prove.log" | head -n 1)
    timeout 120 yosys-smtbmc -s z3 --unroll --noprogress --aig "$work/model.aim:$work/trace.aiw" --aig-noheader \
      --dump-vcd "$work/trace.vcd" "$work/model.smt2" >"$work/replay.log" 2>&1 || true
    fail "FAILED in cycle $frame: $(sed -n 's/.*Assert failed in [^:]*: *//p' "$work/replay.log" | head -n 1)" "$work/prove.log"
  fi
  if [ "$method" = pdr ]; then
    grep -q 'Property proved' "$work/prove.log" || fail "NOT PROVED within $limit s" "$work/prove.log"
  else
    grep -q "No output asserted in $depth frames" "$work/prove.log" || fail "NOT PROVED within $limit s" "$work/prove.log"
  fi
fi

# Not by vacuity: every cover point is reached.
points=$(grep -c '^ *cover (' "$here/${block}_props.v")
if [ "$method" = words ]; then
  timeout "$limit" yosys-smtbmc -s z3 --unroll --noprogress -c -t "$depth" "$work/model.smt2" >"$work/cover.log" 2>&1 || true
  reached=$(grep -c 'Reached cover statement' "$work/cover.log" || true)
else
  yosys-abc -c "read_aiger $work/cover.aig; fold; strash; bmc3 -a -F $depth -T $limit; print_status" \
    >"$work/cover.log" 2>&1 || true
  reached=$(grep -c 'was asserted in frame' "$work/cover.log" || true)
fi
[ "$reached" -eq "$points" ] || fail "$((points - reached)) of $points COVER POINTS NOT REACHED" "$work/cover.log"
row "proved, $reached cover points: $property"
