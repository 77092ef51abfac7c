#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Configures folder $1 with NT_FUZZ and compiles the fuzz targets, and nothing else.
set -eu
build=$1
mkdir -p "$build"
if [ ! -f "$build/build.ninja" ]; then
  if ! cmake -S . -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ -DNT_FUZZ=ON \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
    >"$build/configure.log" 2>&1; then
    tail -n 30 "$build/configure.log" >&2
    exit 1
  fi
fi
if ! cmake --build "$build" --target fuzz_programs >"$build/build.log" 2>&1; then
  tail -n 60 "$build/build.log" >&2
  exit 1
fi
