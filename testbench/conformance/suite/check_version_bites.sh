#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_version.sh must refuse every kind of drift: usage: check_version_bites.sh ROOT WORK.
set -eu
root="$1" work="$2"
here="$root/testbench/conformance"
# fresh: a copy of what is looked at.
fresh() {
  rm -rf "$work"
  mkdir -p "$work/docs/spec" "$work/driver/include" "$work/testbench/conformance" "$work/testbench/rtl"
  cp "$root/docs/conformance.md" "$work/docs/"
  cp "$root/docs/spec/tables.md" "$work/docs/spec/"
  cp "$root/driver/include/nt_defs.h" "$work/driver/include/"
  cp "$root/testbench/rtl/shapes.txt" "$work/testbench/rtl/"
  cp -r "$here/suite" "$here/vectors" "$work/testbench/conformance/"
}
# refused WHAT WORD: the check fails and says so.
refused() {
  if "$here/suite/check_version.sh" "$work" "$work/made" >"$work/said.txt" 2>&1; then
    echo "not found: $1" >&2
    exit 1
  fi
  grep -q "$2" "$work/said.txt" || {
    echo "$1: the message is another one:" >&2
    cat "$work/said.txt" >&2
    exit 1
  }
  echo "found: $1"
}
fresh
"$here/suite/check_version.sh" "$work" "$work/made"
copy="$work/testbench/conformance"
sed -i '$d' "$copy/vectors/default/lists.txt"
refused "a vector file changed" "not the one of SHA256SUMS"
fresh
sed -i '1s/^./x/' "$copy/vectors/SHA256SUMS"
refused "the list of sums changed" "nt_suite_version.h says"
fresh
sed -i 's/NT_SUITE_VERSION "[^"]*"/NT_SUITE_VERSION "99.9"/' "$copy/suite/nt_suite_version.h"
refused "another version in the header" "does not name suite 99.9"
fresh
sed -i 's/min(a, b)/max(a, b)/' "$copy/vectors/nt_tile.py"
refused "the model changed" "make_vectors.py writes another"
