#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Benchmarks with the build in folder $1 on the image $2. For the price of waves, neurotile is built twice more: without wave support, and
# writing FST, which must open and hold what the VCD holds. Further arguments go to neurotile bench.
set -eu
build="$1"
image="$2"
shift 2
NT_TARGET=neurotile testbench/scripts/build.sh "$build-notrace" -DNT_TRACE=OFF -DNT_SHAPES=
NT_TARGET=neurotile testbench/scripts/build.sh "$build-fst" -DNT_TRACE=FST -DNT_SHAPES=

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/neurotile" generate --model "$image" --tokens 1 --no-check --quiet --trace "$work/a.vcd" --trace-steps 3 >/dev/null
"$build-fst/neurotile" generate --model "$image" --tokens 1 --no-check --quiet --trace "$work/b.fst" --trace-steps 3 >/dev/null
vcd2fst "$work/a.vcd" "$work/a.fst" # both through the same reader
for name in a b; do
  fst2vcd "$work/$name.fst" >"$work/$name.txt"
  { waves/step_time.sh "$work/$name.txt" 1 && wc -l <"$work/$name.txt"; } >"$work/$name.facts"
done
if ! cmp "$work/a.facts" "$work/b.facts"; then
  echo "bench: the waves written as FST are not those written as VCD" >&2
  exit 1
fi

"$build/neurotile" bench --model "$image" --summary "$build/bench.json" --no-waves "$build-notrace/neurotile" \
  --other-waves "$build-fst/neurotile" "$@"
