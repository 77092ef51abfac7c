#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The golden tile's tests over the mutated copy of csim in WORK/copy; prints the folder of the programs.
# Usage: build.sh WORK plain|sanitized
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(cd "$1" && pwd)
sanitize=OFF
if [ "$2" = sanitized ]; then
  sanitize=ON
fi
cmake -S "$here/programs" -B "$work/$2" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_C_COMPILER_LAUNCHER=ccache \
  "-DNT_MUTATED=$work/copy" -DNT_SANITIZE=$sanitize
cmake --build "$work/$2"
echo "$work/$2/bin"
