#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lint, then every test of the build in folder $1 (ctest), then the C libraries and their tests once more under sanitizers.
# What CI runs. A failing step prints the command that repeats it.
set -eu
build="$1"
step() {
  echo "== $*"
  if ! "$@"; then
    echo "FAILED. To repeat: $*" >&2
    exit 1
  fi
}
step rtl/lint.sh
step ctest --test-dir "$build" --output-on-failure --no-tests=error
for back_end in csim rtl; do
  step "$build/testbench/conformance/nt_conformance" --backend $back_end --image "$build/testbench/system/tales.nti" \
    --log "$build/conformance"
done
step testbench/scripts/build.sh "$build-sanitize" -DNT_SANITIZE=ON -DCMAKE_BUILD_TYPE=RelWithDebInfo
# Left out: waves (files, not memory), the trainer (Python), and long text evaluations that the smaller model tests cover.
step ctest --test-dir "$build-sanitize" --output-on-failure --no-tests=error -L fast -E 'waves_|train_|perplexity|quantise'
