#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Random cases on every verilated tile shape, the seeds shared out among the shapes, and a table. Shrunk cases go to
# BUILD/random. Exit status 1 if a case failed. Usage: run.sh BUILD SEEDS FIRST
set -eu
build=$1
seeds=$2
first=$3
for number in "$seeds" "$first"; do
  case $number in
    '' | *[!0-9]*)
      echo "SEEDS=$seeds FIRST=$first: must be numbers" >&2
      exit 2
      ;;
  esac
done
programs=$build/testbench/random
shapes="default $(sed -n 's/^\([a-z][a-z]*\) .*/\1/p' testbench/rtl/shapes.txt | paste -s -d ' ')"
count=$(echo "$shapes" | wc -w)
if [ "$seeds" -lt "$count" ]; then
  echo "SEEDS=$seeds: must be at least $count, one for each shape" >&2
  exit 2
fi
work=$build/random
mkdir -p "$work"
bad=0
left=$count
for shape in $shapes; do
  part=$((seeds / left))
  # A table row at the end; failures before it. On a terminal the program shows how far it is.
  "$programs/random_$shape" rtl --first "$first" --seeds "$part" --jobs 2 --folder "$work" || bad=1
  first=$((first + part))
  seeds=$((seeds - part))
  left=$((left - 1))
done
if [ "$bad" -eq 0 ]; then
  echo "PASS: all agree"
else
  echo "FAIL: shrunk cases are in $work"
fi
exit $bad
