#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lints the tile with Verilator (-Wall, warnings are errors), Icarus and Yosys, for the same list of files.
# Usage: rtl/lint.sh [-GName=value ...]   parameters for Verilator's run, such as -GWordBits=64
set -eu
cd "$(dirname "$0")"
files=$(grep '\.v$' nt_tile.f)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "verilator"
# shellcheck disable=SC2086
verilator --lint-only -sv -Wall --assert --unroll-count 4096 --unroll-stmts 400000 -Iinclude --top-module nt_tile \
  "$@" nt_waivers.vlt $files

# Icarus announces that it widens the sensitivity of always_comb blocks; that is harmless, all else is an error.
echo "iverilog"
# shellcheck disable=SC2086
if ! iverilog -g2012 -Wall -Iinclude -s nt_tile -o "$work/tile.vvp" $files >"$work/icarus.log" 2>&1; then
  cat "$work/icarus.log"
  exit 1
fi
if grep -v -e 'sorry: constant selects in always_' -e 'warning: @\* is sensitive to all' \
  -e 'warning: Some design elements have no explicit time' -e '^ *: ' "$work/icarus.log"; then
  exit 1
fi

echo "yosys"
# shellcheck disable=SC2086
yosys -q -p "read_verilog -sv -Iinclude $(echo $files); hierarchy -check -top nt_tile; proc; check -assert" \
  >"$work/yosys.log" 2>&1 || { cat "$work/yosys.log"; exit 1; }
if grep -i -e latch "$work/yosys.log"; then
  exit 1
fi
