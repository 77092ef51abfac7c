#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The test of tiny.c over the mutated copy in WORK/copy; prints the folder of the program. Usage: build.sh WORK plain|sanitized
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/$2"
options=-O1
if [ "$2" = sanitized ]; then
  options="-O1 -fsanitize=undefined -fno-sanitize-recover=all"
fi
# shellcheck disable=SC2086 # a list of options is meant
clang -std=c11 -w $options -include "$here/../nt_mutant.h" "-I$1/copy" "$1/copy/tiny.c" "$here/../nt_mutant.c" "$here/test_tiny.c" \
  -o "$1/$2/test_tiny"
echo "$1/$2"
