#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows that random testing finds faults of the RTL: plants one at a time in a copy of it, verilates the shape "small", and
# runs seeds until one fails, which is then shrunk. Prints fault, seeds needed, first report, size before and after.
# Usage: bites.sh FOLDER [SEEDS]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
mkdir -p "$1"
work=$(cd "$1" && pwd)
seeds=${2:-200}
missed=0
planted=0

# bite FILE FAULT SED-COMMAND
bite() {
  rm -rf "$work/new"
  mkdir -p "$work/new" "$work/rtl"
  cp -r "$root/rtl/include" "$root"/rtl/*.v "$root"/rtl/*.vlt "$root/rtl/nt_tile.f" "$work/new"
  sed "$3" "$root/rtl/$1.v" >"$work/new/$1.v"
  planted=$((planted + 1))
  echo "== $1: $2"
  if cmp -s "$root/rtl/$1.v" "$work/new/$1.v"; then
    echo "NOT PLANTED: the line is no longer there"
    missed=$((missed + 1))
    return
  fi
  cp -r "$work/new/." "$work/rtl"
  (cd "$root" && testbench/random/build.sh "$work/build" random_small "-DNT_RTL_DIR=$work/rtl" -DNT_SHAPES=small -DNT_ASSERT=OFF)
  if "$work/build/testbench/random/random_small" rtl --seeds "$seeds" --jobs 1 --stop 1 --shrinks 1 --folder "$work"; then
    echo "NOT FOUND in $seeds seeds"
    missed=$((missed + 1))
  fi
}

bite nt_engine_lanes "floor instead of rounding" 's/y = (y >>> 1) + .*;/y = y >>> 1;/'
bite nt_dendrite "no forwarding to the same row" "s/assign fwd0 .*= add_en_q/assign fwd0 = 1'b0/"
bite nt_axon_out "8-bit payload without sign" "s/{{16{value\[7\]}}, value\[7:0\]}/{16'd0, value[7:0]}/"
bite nt_barrier "spikes enter in DRAIN" 's/(state_q != StDrain) && //'
bite nt_router "spike-out sends without waiting for ready" "s/out_ready = {spk_out_ready_i, /out_ready = {spk_out_ready_i | out_valid_q[Cores], /"
bite nt_creg "flags survive a reset" "/if (!rst_ni) begin/,/end else/s/^ *flags_q .*<= '0;//"

echo "$((planted - missed)) of $planted faults found"
[ "$missed" -eq 0 ]
