#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Takes what fuzzing found new into the kept corpus, and drops inputs that no longer add an edge. Inputs with a dash
# in their name stay: finding-* was a fault that was mended, planted-* finds a fault of bites.sh.
# Usage: merge.sh BUILD [target ...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
shift
targets=${*:-config index safetensors tokenizer image state}
programs=$build/testbench/fuzz
work=$build/fuzz
mkdir -p "$work"
rm -rf "$work/seeds"
"$programs/nt_fuzz_seeds" "$work/seeds" >/dev/null
for target in $targets; do
  kept=$here/corpus/$target
  merged=$work/merged/$target
  rm -rf "$merged"
  mkdir -p "$merged" "$kept" "$work/new/$target" "$work/log"
  # Edges only, not how often each is taken: a corpus that is small enough for the tree.
  if ! nice -n 10 "$programs/fuzz_$target" -merge=1 -use_counters=0 -timeout=5 -rss_limit_mb=1024 -max_len=8192 \
    "$merged" "$work/seeds/$target" "$kept" "$work/new/$target" >"$work/log/merge-$target" 2>&1; then
    echo "FAIL $target: see $work/log/merge-$target"
    exit 1
  fi
  before=$(find "$kept" -type f | wc -l)
  find "$kept" -type f ! -name '*-*' -exec rm {} +
  for input in "$merged"/*; do
    [ -f "$input" ] && cp "$input" "$kept/"
  done
  printf '%-12s %4s inputs before, %4s now, %s\n' "$target" "$before" "$(find "$kept" -type f | wc -l)" \
    "$(du -sh --apparent-size "$kept" | cut -f 1)"
done
