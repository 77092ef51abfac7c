#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles and runs one unit testbench with Icarus Verilog; succeeds if it passes without a complaint.
# Usage: run.sh [-o folder] [-r rtl] [-D macro] module [-Pname=value ...] [+seed=n]
#   -o  where the compiled testbench goes (default: a temporary folder)
#   -r  RTL sources (default: the repository's)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
rtl=$here/../../rtl
out=
macros=
while getopts o:r:D: option; do
  case $option in
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
mkdir -p "$out"

defines=
arguments=
name=$module
for argument; do
  case $argument in
    -P*) defines="$defines -Ptb_$module.${argument#-P}" name=$name.${argument#-P} ;;
    *) arguments="$arguments $argument" ;;
  esac
done

sources=$(sed -n "s|^\(nt_.*\.v\)\$|$rtl/\1|p" "$rtl/nt_tile.f")
# Icarus announces that it widens the sensitivity of always_comb blocks; that is harmless.
# shellcheck disable=SC2086
if ! iverilog -g2012 -I"$rtl/include" -I"$here" $macros $defines -s "tb_$module" -o "$out/$name.vvp" \
  "$here/tb_$module.v" $sources >"$out/$name.compile.log" 2>&1; then
  cat "$out/$name.compile.log"
  echo "FAIL $module: does not compile"
  exit 1
fi
# shellcheck disable=SC2086
vvp -n "$out/$name.vvp" $arguments >"$out/$name.log" 2>&1 || true
cat "$out/$name.log"
grep -q '^PASS ' "$out/$name.log" && ! grep -q -e '^FAIL' -e '^ERROR' -e '^FATAL' -e 'NT_ASSERT' "$out/$name.log"
