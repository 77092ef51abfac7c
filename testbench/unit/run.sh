#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles and runs one unit testbench with Icarus Verilog; succeeds if it passes without a complaint.
# Usage: run.sh [-o folder] [-r rtl] [-D macro] [-t folder] [-c | -b folder] module [-Pname=value ...] [+seed=n]
#   -o  where the compiled testbench and its log go (default: a temporary folder)
#   -r  RTL sources (default: the repository's)
#   -t  where the testbench tb_MODULE.v is (default: here)
#   -c  only compile
#   -b  run what -c has compiled into this folder
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rtl=$here/../../rtl
benches=$here
out=
macros=
compiled=
only_compile=
while getopts o:r:D:t:cb: option; do
  case $option in
    t) benches=$OPTARG ;;
    c) only_compile=yes ;;
    b) compiled=$OPTARG ;;
    o) out=$OPTARG ;;
    r) rtl=$OPTARG ;;
    D) macros="$macros -D$OPTARG" ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
module=$1
shift
if [ -z "$out" ]; then
  out=$(mktemp -d)
  trap 'rm -rf "$out"' EXIT
fi

parameters=
arguments=
for argument; do
  case $argument in
    -P*) parameters="$parameters -Ptb_$module.${argument#-P}" ;;
    *) arguments="$arguments $argument" ;;
  esac
done

if [ -z "$compiled" ]; then
  # Icarus 11 wakes always_comb blocks that read nothing of what has changed, and three of them can keep each other
  # awake for ever. always @* is the same hardware and does not suffer from it.
  mkdir -p "$out/rtl"
  sources=
  for file in $(grep '\.v$' "$rtl/nt_tile.f"); do
    sed 's/always_comb/always @*/' "$rtl/$file" >"$out/rtl/$file"
    sources="$sources $out/rtl/$file"
  done

  # shellcheck disable=SC2086
  if ! iverilog -g2012 -I"$rtl/include" -I"$here" $macros $parameters -s "tb_$module" -o "$out/$module.vvp" \
    "$benches/tb_$module.v" $sources >"$out/$module.compile.log" 2>&1; then
    cat "$out/$module.compile.log"
    echo "FAIL $module: does not compile"
    exit 1
  fi
  compiled=$out
  [ -z "$only_compile" ] || exit 0
fi

# The testbench limits the cycles, this the time: a loop without delay ends no cycle.
# shellcheck disable=SC2086
timeout 100 vvp -n "$compiled/$module.vvp" $arguments >"$out/$module.log" 2>&1 ||
  echo "FAIL $module: simulator stopped with status $?" >>"$out/$module.log"
cat "$out/$module.log"
grep -q '^PASS ' "$out/$module.log" && ! grep -q -e '^FAIL' -e '^ERROR' -e '^FATAL' -e NT_ASSERT "$out/$module.log"
