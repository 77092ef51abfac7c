#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that the proofs can fail: plants one fault at a time in a copy of the RTL and requires that the proof named
# finds an input on which a property fails. Prints fault and property.
# Usage: bites.sh [-o folder] [block ...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rtl=$here/../../rtl
work=$here/../../build/formal/bites
while getopts o: option; do
  case $option in
    o) work=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
only=" $* "
missed=0
planted=0

# bite BLOCK:GROUP FAULT SED-COMMAND: the proof must find FAULT in BLOCK.
bite() {
  block=${1%%:*}
  case $only in
    "  " | *" $block "*) ;;
    *) return ;;
  esac
  rm -rf "$work/rtl"
  mkdir -p "$work/rtl"
  cp -r "$rtl/include" "$rtl"/*.v "$rtl/nt_tile.f" "$work/rtl"
  sed "$3" "$rtl/$block.v" >"$work/rtl/$block.v"
  planted=$((planted + 1))
  if cmp -s "$rtl/$block.v" "$work/rtl/$block.v"; then
    found="NOT PLANTED: the line is no longer there"
    missed=$((missed + 1))
  elif "$here/run.sh" -o "$work/run" -r "$work/rtl" -j 1 "$1" >"$work/log" 2>&1; then
    found="NOT FOUND"
    missed=$((missed + 1))
  else
    found=$(sed -n 's/.*\(FAILED.*\)/\1/p' "$work/log" | sed 's|/[^ ]*/||g' | head -n 1)
    if [ -z "$found" ] || [ ! -s "$work/run/$block.${1#*:}/trace.vcd" ]; then
      found="NO PROPERTY FAILED: $(tail -n 1 "$work/log")"
      missed=$((missed + 1))
    fi
  fi
  printf '%-24s %-46s %s\n' "$1" "$2" "$found"
}

printf '%-24s %-46s %s\n' proof fault "found by"
bite nt_fifo:four "taken when full" \
  "s/assign in_ready_o  = .*/assign in_ready_o  = 1'b1;/"
bite nt_fifo:four "two entries leave at once" \
  "s/if (pop)  rptr_q <= rptr_q + 1'b1;/if (pop)  rptr_q <= rptr_q + 1'b1 + push;/"
bite nt_router:control "multicast to the lowest core only" \
  's/\(granted\[.*\] = \)\(targets\[.*\]\);/\1\2 \& -\2;/'
bite nt_router:control "fixed priority" \
  's/if (grant != .0) mask_q <= .*/mask_q <= mask_q;/'
bite nt_router:control "a target that is not free is overwritten" \
  's/(filled | ~free)/filled/'
bite nt_router:data "axon of another source" \
  's/axon_q    <= src_data\[64\*s+SPIKE_AXON_LSB/axon_q    <= src_data[64*0+SPIKE_AXON_LSB/'
bite nt_barrier:all "spikes enter in DRAIN" \
  's/(state_q != StDrain) && //'
bite nt_barrier:all "FLUSH does not wait for the output stages" \
  "s/if (quiet \&\& (out_busy_i == '0)/if (quiet/"
bite nt_barrier:all "the engines are looked at a cycle early" \
  's/if (!told_q \&\& /if (/'
bite nt_pool:all "lane enable of lane 0 for all lanes" \
  's/if (engine_wlane_i\[i\])/if (engine_wlane_i[0])/'
bite nt_pool:all "axon_in served beside axon_out" \
  '/assign axon_in_gnt_o/s/ & ~axon_out_req_i//'
bite nt_dendrite_bank:three "no forwarding to the same row" \
  's/if (fwd0_i) rdata0_q <= sum;//'
bite nt_dendrite_bank:three "overflow not seen" \
  "s/overflow_q <= over\[AccBits-1\];/overflow_q <= 1'b0;/"
bite nt_engine_lanes:sums "no saturation at the lower end" \
  's/(\$signed(x\[32\*l +: 32\]) < lo) ? lo/(1'"'"'b0) ? lo/'
bite nt_engine_lanes:MULS15 "floor instead of rounding" \
  's/y = (y >>> 1) + .*;/y = y >>> 1;/'
bite nt_host:all "a write response is not held" \
  's/end else if (s_axi_bready_i) begin/end else begin/'
bite nt_host:all "a probe overtakes a waiting answer and drops it" \
  's/rsp_free \&\& (state_q != StAnswer)/rsp_free/'

echo "$((planted - missed)) of $planted faults found"
[ "$missed" -eq 0 ]
