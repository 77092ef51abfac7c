#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A list of bugs that does not fit the RTL is refused, and says where. Usage: testbench/bugs/list_test.sh PYTHON FOLDER
set -eu
python="$1"
folder="$2"
root=$(cd "$(dirname "$0")/../.." && pwd)
rm -rf "$folder"
mkdir -p "$folder"
refused=0
# refuses TEXT LIST: instrument.py refuses the list and says this.
refuses() {
  printf '%s\n' "$2" >"$folder/list.json"
  if "$python" "$root/testbench/variants/instrument.py" "$root/rtl" "$folder/list.json" "$folder/rtl" 2>"$folder/said.txt"; then
    echo "list_test: not refused: $2" >&2
    exit 1
  fi
  grep -q "$1" "$folder/said.txt" || { echo "list_test: \"$1\" is not said, but: $(cat "$folder/said.txt")" >&2; exit 1; }
  refused=$((refused + 1))
}
bug() { printf '{"number": %s, "file": "%s", "kind": "expression", "old": "%s", "new": "1"}' "$@"; }
fine=$(bug 1 nt_router.v "grant[Cores-1:0]")
refuses "stands there 0 times" "[$(bug 1 nt_router.v "text of another day")]"
refuses "stands there [2-9][0-9]* times" "[$(bug 1 nt_router.v "Ports")]"
refuses "no such file.*nt_gone.v" "[$(bug 1 nt_gone.v "grant")]"
refuses "number 1 is used twice" "[$fine, $(bug 1 nt_router.v "~out_valid_q | out_ready")]"
refuses "not 1 to 65535" "[$(bug 0 nt_router.v "grant[Cores-1:0]")]"
refuses "texts overlap" "[$(bug 1 nt_router.v "~out_valid_q | out_ready"), $(bug 2 nt_router.v "| out_ready;")]"
refuses "behind the module's ports" "[$(bug 1 nt_router.v "number of this tile")]"
"$python" "$root/testbench/variants/instrument.py" "$root/rtl" "$root/testbench/bugs/bugs.json" "$folder/rtl"
echo "list_test: $refused lists refused, bugs.json taken"
