#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Coverage of the tile and of the C code (docs/coverage.md): builds both with counters in folder $1, runs the tests, prints a table for each, and
# fails if a hole of the RTL has no reason (rtl_holes.txt) or a folder of C code is below its floor (c_rules.txt). With the word "rtl" or "c" behind
# the folder: only that half. With "report": only the tables, of what has been counted before.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$1
half=${2:-both}
case $half in
  both | rtl | c | report) ;;
  *)
    echo "coverage: found \"$half\", allowed is nothing, \"rtl\", \"c\" or \"report\"" >&2
    exit 2
    ;;
esac
mkdir -p "$build"
build=$(cd "$build" && pwd)
bad=0

# tests FOLDER ARGUMENT...: ctest there, quiet unless a test fails.
tests() {
  folder=$1
  shift
  if [ -t 1 ]; then
    ctest --test-dir "$folder" --no-tests=error --output-on-failure "$@"
  elif ! ctest --test-dir "$folder" --no-tests=error --output-on-failure "$@" >"$folder/coverage.log" 2>&1; then
    tail -n 60 "$folder/coverage.log" >&2
    exit 1
  fi
}

count_rtl() {
  testbench/random/build.sh "$build/rtl" coverage_programs -DNT_COVERAGE=rtl -DNT_SHAPES=small -DNT_ASSERT=OFF -DNT_TRACE=OFF
  rm -rf "$build/rtl/counters"
  mkdir -p "$build/rtl/counters"
  export NT_COVERAGE_DIR="$build/rtl/counters"
  tests "$build/rtl" -j 2 -R '^(test_.*_rtl(_small)?|test_rtl_.*|random_campaign_(default|small))$' -E '^test_random_networks_rtl$'
  # On the default shape a random network takes half a minute: a few of them.
  NT_CASES=4
  export NT_CASES
  tests "$build/rtl" -R '^test_random_networks_rtl$'
  "$build/rtl/neurotile" generate --model model/pretrained/tales-1.3m --prompt "Once" --tokens 1 >"$build/rtl/generate.log"
  unset NT_CASES NT_COVERAGE_DIR
}

report_rtl() {
  verilator_coverage --write "$build/rtl/counters.dat" "$build"/rtl/counters/*.dat >"$build/rtl/merge.log"
  rm -rf "$build/annotated"
  verilator_coverage --annotate-all --annotate-min 1 --annotate "$build/annotated" "$build/rtl/counters.dat" >>"$build/rtl/merge.log"
  "$here/rtl_coverage.py" --rtl rtl --holes "$here/rtl_holes.txt" --info "$build/rtl.info" "$build/rtl/counters.dat" || bad=1
}

count_c() {
  if [ -f "$build/c/build.ninja" ]; then
    testbench/scripts/build.sh "$build/c"
  else
    testbench/scripts/build.sh "$build/c" -DNT_COVERAGE=c
  fi
  rm -rf "$build/c/profiles"
  export LLVM_PROFILE_FILE="$build/c/profiles/%m.profraw"
  # Left out: tests that run no C code of ours, and planted faults.
  tests "$build/c" -j 2 -L fast -E '^(unit_|formal_|train_|icarus_|waves_open|coverage_|fuzz_bites|import_proof_slips)'
  unset LLVM_PROFILE_FILE
}

report_c() {
  llvm-profdata merge -sparse "$build"/c/profiles/*.profraw -o "$build/c/counters.profdata"
  set --
  for object in "$build"/c/csim/CMakeFiles/*.dir/*.o "$build"/c/driver/CMakeFiles/nt_driver.dir/*.o "$build"/c/model/CMakeFiles/nt_model.dir/nt_*.o \
    "$build"/c/driver/cli/CMakeFiles/*.dir/*.o "$build"/c/testbench/cosim/CMakeFiles/*.dir/*.o; do
    case $object in
      */nt_calibration_text.c.o) ;; # a text, no code
      *) set -- "$@" -object "$object" ;;
    esac
  done
  shift # the first one stands without -object
  llvm-cov export -format=lcov -instr-profile="$build/c/counters.profdata" "$@" >"$build/c.info"
  "$here/c_coverage.py" --root . --rules "$here/c_rules.txt" "$build/c.info" || bad=1
}

case $half in both | rtl) count_rtl ;; esac
case $half in both | c) count_c ;; esac
if [ "$half" != c ]; then
  report_rtl
  pages="$build/rtl.info"
fi
if [ "$half" != rtl ]; then
  report_c
  pages="${pages:-} $build/c.info"
fi
# shellcheck disable=SC2086 # a list of files is meant
genhtml --quiet --branch-coverage --no-function-coverage --prefix "$PWD" --title neurotile -o "$build/html" $pages >"$build/html.log"
echo "pages: $build/html/index.html"
[ "$half" = c ] || echo "bits of signals: $build/annotated"
[ "$bad" -eq 0 ]
