#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures folder $1 with every tile shape and the assertions of the RTL, and compiles target $2, and nothing else. Further
# arguments go to cmake.
set -eu
build=$1
target=$2
shift 2
mkdir -p "$build"
if [ ! -f "$build/build.ninja" ]; then
  shapes=$(sed -n 's/^\([a-z][a-z]*\) .*/\1/p' testbench/rtl/shapes.txt | paste -s -d ';')
  v3=OFF
  if grep -qw avx2 /proc/cpuinfo && grep -qw bmi2 /proc/cpuinfo; then
    v3=ON
  fi
  echo "configuring $build (the tile is generated here, once per shape)"
  if ! cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DNT_V3=$v3 \
    -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DNT_ASSERT=ON "-DNT_SHAPES=$shapes" "$@" \
    >"$build/configure.log" 2>&1; then
    tail -n 30 "$build/configure.log" >&2
    exit 1
  fi
fi
if [ -t 1 ]; then
  cmake --build "$build" --target "$target"
elif ! cmake --build "$build" --target "$target" >"$build/build.log" 2>&1; then
  tail -n 60 "$build/build.log" >&2
  exit 1
fi
