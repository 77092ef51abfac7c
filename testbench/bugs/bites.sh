#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What must be found wrong is: lists that do not fit the RTL, expectations that a report does not meet, a page that says something else.
# Usage: testbench/bugs/bites.sh PYTHON FOLDER_OF_PROGRAMS FOLDER
# shellcheck disable=SC2016 # backticks of Markdown are meant
set -eu
python="$1"
programs="$2"
folder="$3"
root=$(cd "$(dirname "$0")/../.." && pwd)
bugs="$root/testbench/bugs/bugs.json"
page="$root/docs/debugging.md"
rm -rf "$folder"
mkdir -p "$folder"
found=0
# refuses TEXT COMMAND...: the command fails and says this.
refuses() {
  text="$1"
  shift
  if "$@" >"$folder/said.txt" 2>&1; then
    echo "bites: passes: $*" >&2
    exit 1
  fi
  grep -q "$text" "$folder/said.txt" || { echo "bites: \"$text\" is not said by: $*" >&2; cat "$folder/said.txt" >&2; exit 1; }
  found=$((found + 1))
}

# list TEXT LIST: instrument.py refuses the list and says this.
list() {
  printf '%s\n' "$2" >"$folder/list.json"
  refuses "$1" "$python" "$root/testbench/variants/instrument.py" "$root/rtl" "$folder/list.json" "$folder/rtl"
}
bug() { printf '{"number": %s, "file": "%s", "kind": "expression", "old": "%s", "new": "1"}' "$@"; }
fine=$(bug 1 nt_router.v "grant[Cores-1:0]")
list "stands there 0 times" "[$(bug 1 nt_router.v "text of another day")]"
list "stands there [2-9][0-9]* times" "[$(bug 1 nt_router.v "Ports")]"
list "no such file.*nt_gone.v" "[$(bug 1 nt_gone.v "grant")]"
list "number 1 is used twice" "[$fine, $(bug 1 nt_router.v "~out_valid_q | out_ready")]"
list "not 1 to 65535" "[$(bug 0 nt_router.v "grant[Cores-1:0]")]"
list "texts overlap" "[$(bug 1 nt_router.v "~out_valid_q | out_ready"), $(bug 2 nt_router.v "| out_ready;")]"
list "behind the module's ports" "[$(bug 1 nt_router.v "number of this tile")]"

# expects TEXT NAME SED: test_bugs fails with the list so changed.
expects() {
  sed "$3" "$bugs" >"$folder/bugs.json"
  refuses "$1" "$programs/test_bugs" "$folder/bugs.json" "$2"
}
expects "best hint: expected" truncation 's/"hint": "truncated"/"hint": "wrapped"/'
expects "stage: expected" truncation 's/"stage": "neuron state"/"stage": "spikes sent"/'
expects "neuron: expected" truncation 's/"neuron": 1, "index": 1/"neuron": 3, "index": 1/'
expects "hint: expected" truncation 's/"says": "MULS r3, r1, r2"/"says": "LERP"/'
expects "suspects: expected" truncation 's/"file": "nt_engine_lanes.v"/"file": "nt_tile.v"/'
expects "ending: expected" truncation 's/"number": 16,/"number": 0,/'
expects "error: expected" empty-port 's/phase NEURON/phase FLUSH/'
expects "has no bug" truncation 's/"name": "truncation"/"name": "other"/'

# says TEXT SED: bugs_table refuses the page so changed.
says() {
  sed "$2" "$page" >"$folder/page.md"
  refuses "$1" "$programs/bugs_table" "$bugs" "$folder/page.md"
}
says "the page has no row" '/^| `truncation`/s/`truncated`/`wrapped`/'
says "the page has no row" '/^| `truncation`: /d'
says "rows of bugs" 's/^| `truncation`: .*/&\n| `gone`: a bug of another day | `nt_pool.v` | 1 | schedule: tile 0 | `late` | 1.000 |/'
"$programs/bugs_table" "$bugs" "$page" >/dev/null 2>&1
echo "bites: $found faults found"
