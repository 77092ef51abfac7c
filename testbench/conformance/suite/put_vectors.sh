#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the suite's vector files anew and their sum into nt_suite_version.h. Whoever changes what is expected also changes the version.
set -eu
here="$(dirname "$0")"
/usr/bin/python3 -B "$here/../vectors/make_vectors.py"
sum=$(sha256sum "$here/../vectors/SHA256SUMS" | cut -d' ' -f1)
sed -i "s/^\(#define NT_SUITE_VECTORS_SHA256\) .*/\1 \"$sum\"/" "$here/nt_suite_version.h"
echo "vectors written, sum $sum"
