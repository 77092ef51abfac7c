#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The suite on tiles of someone else, right and wrong ones: usage: test_suite.sh NT_CONFORMANCE SAMPLES VECTORS IMAGE WORK
# Every line below is a run with the exit status and the lines of output that it must have.
set -u
suite="$1" samples="$2" vectors="$3" image="$4" work="$5"
sample="$samples/nt_sample_tile.so"
rm -rf "$work"
mkdir -p "$work"
failures=0

# expect NAME STATUS PATTERNS ARGUMENT...: PATTERNS are basic regular expressions, one a line, that some line of output must match.
expect() {
  name="$1" status="$2" patterns="$3"
  shift 3
  "$suite" --log "$work/log" "$@" >"$work/$name.txt" 2>&1 </dev/null
  found=$?
  bad=""
  [ "$found" -eq "$status" ] || bad="exit status $found, expected $status"
  while IFS= read -r pattern; do
    grep -q -e "$pattern" "$work/$name.txt" || bad="$bad; no line matches: $pattern"
  done <<END
$patterns
END
  if [ -n "$bad" ]; then
    echo "FAIL $name: $bad"
    sed 's/^/    /' "$work/$name.txt"
    failures=$((failures + 1))
  else
    echo "ok   $name"
  fi
}

expect right 0 '^PASS: suite [0-9.]*, back end sample, shape default: 14 groups, [1-9][0-9]* cases, [1-9][0-9]* values compared$
^tokens .* pass$' --backend "$sample" --image "$image" --json "$work/right.json"
grep -q '"pass":[[:space:]]*true' "$work/right.json" && ! grep -q '"values":[[:space:]]*0,' "$work/right.json" || {
  echo "FAIL right.json"
  failures=$((failures + 1))
}
expect right_shape 0 '^PASS: suite [0-9.]*, back end sample, shape small: ' --backend "$sample" --shape small --group vectors

# A difference: the group, the case, what was found and expected, the page.
NT_SAMPLE_FAULT=minmax expect minmax 1 '^arithmetic .* DIFFERS$
^  test_minimum_and_maximum$
MIN r3, r1, r2 with r1 = 0, r2 = 1: found is 1 .*, expected 0 
^  arithmetic: max$
specified in docs/spec/arithmetic.md
^counters .* pass$
^FAIL: suite [0-9.]*, back end sample, shape default: 2 of 3 groups failed' \
  --backend "$sample" --group arithmetic --group vectors --group counters
NT_SAMPLE_FAULT=sign expect sign 1 '^lists .* DIFFERS$
^  test_dense_by_hand$
is 33554420 .*, expected -12 
specified in docs/spec/memory.md' --backend "$sample" --group lists
NT_SAMPLE_FAULT=late expect late 1 '^messages .* DIFFERS$
^  test_types_and_clipping$
count is 0 .*, expected 1 ' --backend "$sample" --group messages --group barrier
# Every group finds something.
for pair in skip:instructions clear:schedule drop:barrier count:counters reset:reset accept:host minmax:programs minmax:networks sign:layers \
  sign:tokens; do
  group="${pair#*:}"
  NT_SAMPLE_FAULT="${pair%:*}" expect "$group" 1 "^$group .* DIFFERS\$" --backend "$sample" --group "$group" --image "$image"
done
expect empty 1 '^arithmetic .* DIFFERS$
^reset .* DIFFERS$
^programs .* DIFFERS$
ID) is 0 .*, expected 1314146636 
^FAIL: .* 13 of 14 groups failed (1 not run)' --backend "$samples/nt_empty_tile.so"

# Hangs and crashes: told within the limit, the other groups run all the same.
NT_SAMPLE_FAULT=hang expect hang 4 '^barrier HANGS: in test_empty_steps: not done within 2 s$
^counters .* pass$
1 of 2 groups failed' --backend "$sample" --group barrier --group counters --timeout 2
NT_SAMPLE_FAULT=crash expect crash 10 '^barrier CRASHED: in test_empty_steps: signal 6 
^counters .* pass$
1 of 2 groups failed' --backend "$sample" --group barrier --group counters
NT_SAMPLE_FAULT=child expect child 0 '^counters .* pass$' --backend "$sample" --group counters --timeout 20

# What is no back end.
NT_SAMPLE_FAULT=version expect version 9 'made for version 2 of nt_conformance_device.h, allowed is 1' --backend "$sample"
NT_SAMPLE_FAULT=table expect table 7 'nt_conformance_device() gives no step' --backend "$sample"
expect no_function 7 'function nt_conformance_device not found' --backend "$samples/nt_no_tile.so"
expect no_object 7 'no shared object that can be loaded' --backend "$0"
expect no_file 6 'cannot be read' --backend "$work/nowhere.so"
expect no_shape 2 'nosuch' --backend csim --shape nosuch
expect no_group 2 'found nosuch, allowed are those of --list' --group nosuch
expect no_option 2 '^usage: ' --nosuch

# Nothing compared is no pass.
expect nothing 1 '^tokens not run: no image of a model was given$
^FAIL: .*, 0 values compared$' --group tokens

# Vectors: one digit of an expectation changed; first the sum finds it, then, with the sum made anew, the tile.
cp -r "$vectors" "$work/vectors"
file="$work/vectors/default/lists.txt"
line=$(grep -n '^read 0 4 0 ' "$file" | head -n 1 | cut -d: -f1)
sed -i "${line}s/^read 0 4 0 \(.\)/read 0 4 0 1\1/" "$file"
expect vector_sum 1 'lists.txt: SHA-256 is [0-9a-f]*, SHA256SUMS says' --group vectors --vectors "$work/vectors"
(cd "$work/vectors" && sha256sum */*.txt >SHA256SUMS)
expect vector_changed 1 "^  lists: dense_1_digits\$
line $line (docs/spec/memory.md), core 0, space ACC, word 0x0: found is " --group vectors --vectors "$work/vectors"
sed -i 's/^neurotile-vectors .*/neurotile-vectors 0.0/' "$file"
(cd "$work/vectors" && sha256sum */*.txt >SHA256SUMS)
expect vector_version 1 'lists.txt:[0-9]*: not for suite' --group vectors --vectors "$work/vectors"
head -n 2000 "$vectors/default/networks.txt" >"$work/vectors/default/networks.txt"
cp "$vectors/default/lists.txt" "$file"
(cd "$work/vectors" && sha256sum */*.txt >SHA256SUMS)
expect vector_cut 1 'networks.txt:[0-9]*: the file is cut off' --group vectors --vectors "$work/vectors"

[ "$failures" -eq 0 ] || exit 1
