#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures and compiles into the folder $1; further arguments go to cmake. Silent when there is nothing to do. NT_TARGET in the
# environment: compile only that.
set -eu
build="$1"
shift
if [ ! -f "$build/build.ninja" ] || [ "$#" -gt 0 ]; then
  v3=OFF
  if grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then
    v3=ON
  fi
  mkdir -p "$build"
  echo "configuring $build (the verilated tile is generated here)"
  if ! cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DNT_V3=$v3 \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache "$@" >"$build/configure.log" 2>&1; then
    tail -n 30 "$build/configure.log" >&2
    exit 1
  fi
fi
target="${NT_TARGET:-all}"
if [ -t 1 ]; then
  cmake --build "$build" --target "$target"
elif ! cmake --build "$build" --target "$target" >"$build/build.log" 2>&1; then
  tail -n 60 "$build/build.log" >&2
  exit 1
fi
