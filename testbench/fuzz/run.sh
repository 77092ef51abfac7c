#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fuzzes every target and prints a table. Usage: run.sh BUILD MINUTES [target ...]
# The minutes are wall time for all targets together. New inputs go to BUILD/fuzz/new/TARGET, findings to
# BUILD/fuzz/findings/TARGET; merge.sh takes the new inputs into the tree. Exit code 1: a finding, or a target that
# ran nothing. NT_FUZZ_WORKERS targets run at the same time (default 1).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
minutes=$2
shift 2
targets=${*:-config index safetensors tokenizer image state}
workers=${NT_FUZZ_WORKERS:-1}
programs=$build/testbench/fuzz
work=$build/fuzz
count=$(echo $targets | wc -w)
seconds=$((minutes * 60 * workers / count))
[ "$seconds" -gt 0 ] || seconds=1

scratch=$(mktemp -d)
if [ -w /dev/shm ]; then
  rm -rf "$scratch"
  scratch=$(mktemp -d -p /dev/shm)
fi
trap 'rm -rf "$scratch"' EXIT INT TERM
mkdir -p "$work"
rm -rf "$work/seeds" "$work/findings"
"$programs/nt_fuzz_seeds" "$work/seeds" >/dev/null

# one TARGET: fuzzes it for $seconds, from the kept corpus, fresh seeds and what earlier runs found.
cat >"$scratch/one.sh" <<EOF
target=\$1
mkdir -p "$work/new/\$target" "$work/findings/\$target" "$work/log"
TMPDIR="$scratch" nice -n 10 "$programs/fuzz_\$target" "-dict=$here/dict/\$target.dict" \\
  "-max_total_time=$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=8192 -print_final_stats=1 \\
  "-artifact_prefix=$work/findings/\$target/" \\
  "$work/new/\$target" "$here/corpus/\$target" "$work/seeds/\$target" >"$work/log/\$target" 2>&1
EOF
echo "fuzzing for $minutes minutes: $count targets, $seconds seconds each, $workers at a time"
# shellcheck disable=SC2086 # a list of words is meant
echo $targets | tr ' ' '\n' | xargs -n 1 -P "$workers" sh "$scratch/one.sh" || true

bad=0
printf '%-12s %12s %8s %8s %8s %9s\n' target runs edges corpus new findings
for target in $targets; do
  log=$work/log/$target
  # Lines of the log may hold bytes of inputs, hence -a.
  runs=$(grep -a '^stat::number_of_executed_units:' "$log" | awk '{print $2}')
  edges=$(grep -ao ' cov: [0-9]*' "$log" | tail -n 1 | awk '{print $2}')
  corpus=$(grep -ao ' corp: [0-9]*' "$log" | tail -n 1 | awk '{print $2}')
  new=$(find "$work/new/$target" -type f | wc -l)
  found=$(find "$work/findings/$target" -type f | wc -l)
  printf '%-12s %12s %8s %8s %8s %9s\n' "$target" "${runs:-0}" "${edges:-0}" "${corpus:-0}" "$new" "$found"
  if [ "${runs:-0}" -eq 0 ] || [ "$found" -gt 0 ] || ! grep -aq 'DONE   cov:' "$log"; then
    bad=1
    echo "FAIL $target: see $log; repeat with $programs/fuzz_$target $work/findings/$target/*"
  fi
done
exit $bad
