#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Benchmarks with the build in folder $1 on the image $2, and once more with a build without wave support, for its price when off.
set -eu
build="$1"
image="$2"
"$build/neurotile" bench --model "$image" --summary "$build/bench.json"
testbench/scripts/build.sh "$build-notrace" -DNT_TRACE=OFF
echo
echo "price of wave support that is compiled in and off (seconds of 5 runs each, alternating, without checks):"
for run in 1 2 3 4 5; do
  for folder in "$build" "$build-notrace"; do
    "$folder/neurotile" generate --model "$image" --tokens 32 --no-check --quiet --summary "$build/bench-run.json" >/dev/null
    seconds=$(sed -n 's/.*"wall_seconds":[[:space:]]*\([0-9.e+-]*\).*/\1/p' "$build/bench-run.json")
    echo "$folder $seconds"
  done
done | awk -v with="$build" '
  { n[$1]++; t[$1, n[$1]] = $2 }
  END {
    for (i = 1; i <= n[with]; i++) {
      r[i] = t[with, i] / t[with "-notrace", i]
      printf "  run %d: %.3f s with, %.3f s without, ratio %.3f\n", i, t[with, i], t[with "-notrace", i], r[i]
    }
    for (i = 1; i <= n[with]; i++) for (j = i + 1; j <= n[with]; j++) if (r[j] < r[i]) { x = r[i]; r[i] = r[j]; r[j] = x }
    printf "  median ratio %.3f\n", r[int((n[with] + 1) / 2)]
  }'
