#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that the unit testbenches can fail: plants one fault at a time in a copy of the RTL and requires that the
# module's testbench reports it, without the help of the RTL's own assertions. Prints fault and check that found it.
# Usage: bites.sh folder [rtl]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
rtl=${2:-$here/../../rtl}
missed=0
planted=0

# bite FILE MODULE FAULT SED-COMMAND: MODULE's testbench must find FAULT in FILE.
bite() {
  rm -rf "$work/rtl"
  mkdir -p "$work/rtl"
  cp -r "$rtl/include" "$rtl"/*.v "$rtl/nt_tile.f" "$work/rtl"
  sed "$4" "$rtl/$1.v" >"$work/rtl/$1.v"
  planted=$((planted + 1))
  if cmp -s "$rtl/$1.v" "$work/rtl/$1.v"; then
    found="NOT PLANTED: the line is no longer there"
    missed=$((missed + 1))
  elif "$here/run.sh" -o "$work/run" -r "$work/rtl" -D NT_ASSERT_OFF "$2" >"$work/log" 2>&1; then
    found="NOT FOUND"
    missed=$((missed + 1))
  elif grep -q 'does not compile' "$work/log"; then
    found="DOES NOT COMPILE"
    missed=$((missed + 1))
  else
    found=$(sed -n "s/^FAIL $2: //p" "$work/log" | head -n 1)
    case $found in
      *expected*got*) ;;
      *)
        found="NO COMPARISON FAILED: $found"
        missed=$((missed + 1))
        ;;
    esac
  fi
  printf '%-18s %-52s %s\n' "$1" "$3" "$found"
}

printf '%-18s %-52s %s\n' file fault "found by"
bite nt_fifo nt_fifo "full one entry too early" \
  "s/level_q != (PtrBits + 1)'(Depth))/level_q != (PtrBits + 1)'(Depth - 1))/"
bite nt_pool nt_pool "axon_in served beside axon_out" \
  '/assign axon_in_gnt_o/s/ & ~axon_out_req_i//'
bite nt_pool nt_pool "lane enable of lane 0 for all lanes" \
  's/if (engine_wlane_i\[i\])/if (engine_wlane_i[0])/'
bite nt_axon_in nt_axon_in "pool word not forgotten" \
  "s/end else if (invalidate_i) begin/end else if (1'b0) begin/"
bite nt_axon_in nt_axon_in "last axon refused" \
  's/{1.b0, head_axon} >= axon_count_i/{1'"'"'b0, head_axon} + 17'"'"'d1 >= axon_count_i/'
bite nt_synapse nt_synapse "digit 3 of the last digit is -2" \
  's/row_signed_q ? -row_base :/row_signed_q ? -(row_base << 1) :/'
bite nt_synapse nt_synapse "a gap after every job" \
  's/job_ready_o  = ~active_q | last;/job_ready_o  = ~active_q;/'
bite nt_dendrite nt_dendrite "no forwarding to the same row" \
  "s/assign fwd0 .*= add_en_q/assign fwd0 = 1'b0/"
bite nt_dendrite nt_dendrite "activity kept by a swap" \
  '/act_current_q <= act_coming_q;/{n;d;}'
bite nt_dendrite_bank nt_dendrite_bank "no overflow" \
  "s/overflow_q <= over\[AccBits-1\];/overflow_q <= 1'b0;/"
bite nt_engine_lanes nt_engine "floor instead of rounding" \
  's/y = (y >>> 1) + .*;/y = y >>> 1;/'
bite nt_engine_lanes nt_engine "no saturation at the lower end" \
  's/(\$signed(x\[32\*l +: 32\]) < lo) ? lo/(1'"'"'b0) ? lo/'
bite nt_engine_walk nt_engine "a strip too many in a full line" \
  "s/left_q <= 14'(StripNeurons))/left_q < 14'(StripNeurons))/"
bite nt_engine_decode nt_engine "LERP of 2^10 pieces" \
  "s/INSTR_RB_W\] > 4'd9/INSTR_RB_W] > 4'd10/"
bite nt_engine nt_engine "limit of instructions one too high" \
  "s/issued_q == 13'(STRIP_INSTR_LIMIT)/issued_q == 13'(STRIP_INSTR_LIMIT + 1)/"
bite nt_axon_out nt_axon_out "8-bit payload without sign" \
  "s/{{16{value\[7\]}}, value\[7:0\]}/{16'd0, value[7:0]}/"
bite nt_creg nt_creg "clearing a flag wins over its event" \
  's/(flags_q & ~flags_clear) | flags_set/(flags_q | flags_set) \& ~flags_clear/'
bite nt_router nt_router "multicast to the lowest core only" \
  's/\(granted\[.*\] = \)\(targets\[.*\]\);/\1\2 \& -\2;/'
bite nt_router nt_router "fixed priority" \
  's/if (grant != .0) mask_q <= .*/mask_q <= mask_q;/'
bite nt_barrier nt_barrier "spikes enter in DRAIN" \
  's/(state_q != StDrain) && //'
bite nt_host nt_host "partial register writes accepted" \
  "s/w_strb_q == 4'hF/w_strb_q != 4'h0/"
bite nt_clock_gate nt_clock_gate "no hold" \
  's/pass = en_i || hold_q/pass = en_i/'
bite nt_core nt_core "accumulators not exchanged" \
  "s/\.swap_i          (start_i)/.swap_i          (1'b0)/"
bite nt_tile nt_tile "all cores number 0" \
  "s/\.core_id_i     (3'(c))/.core_id_i     (3'd0)/"
bite nt_synapse smoke "digit 3 of the last digit is +3" \
  's/t3_q <= row_signed_q ? -row_base :/t3_q <= 1'"'"'b0 ? -row_base :/'
bite nt_engine_lanes smoke "ties downwards" \
  's/y = (y >>> 1) + .*;/y = y >>> 1;/'
bite nt_host smoke "a refusal answers with the data read last" \
  "s/refused_q ? 32'd0 : answer_q/answer_q/"

echo "$((planted - missed)) of $planted faults found"
[ "$missed" -eq 0 ]
