#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random programs and networks from the tile in Python on the golden and the verilated tile: usage: vectors_long.sh FOLDER WORK SEED CASES.
# FOLDER has the test programs.
set -eu
folder="$1" work="$2" seed="$3" cases="$4"
here="$(dirname "$0")"
rm -rf "$work"
/usr/bin/python3 -B "$here/vectors/make_vectors.py" --seed "$seed" --cases "$cases" --out "$work"
for run in "test_vectors golden default" "test_vectors golden small" "test_vectors rtl" "test_vectors_small rtl"; do
  program="${run%% *}"
  [ -x "$folder/$program" ] || continue
  NT_VECTORS="$work" "$folder/$program" ${run#* } >"$work/log.txt" 2>&1 || {
    grep -a -e expected -e FAILED "$work/log.txt" >&2
    exit 1
  }
  tail -n 1 "$work/log.txt"
done
