#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Version, vectors and page of the suite agree: usage: check_version.sh ROOT WORK. ROOT is the project's folder or a copy of what is
# looked at. Changed vectors need a new version, or at least a new sum in nt_suite_version.h: nobody changes them unawares.
set -eu
root="$1" work="$2"
folder="$root/testbench/conformance"
value() {
  sed -n "s/^#define $1 \\\\\\{0,1\\}//p;" "$folder/suite/nt_suite_version.h" | tr -d '" '
}
version=$(value NT_SUITE_VERSION)
listed=$(value NT_SUITE_VECTORS_SHA256)
found=$(sha256sum "$folder/vectors/SHA256SUMS" | cut -d' ' -f1)
if [ "$found" != "$listed" ]; then
  echo "vectors/SHA256SUMS has SHA-256 $found, nt_suite_version.h says $listed" >&2
  exit 1
fi
(cd "$folder/vectors" && sha256sum --quiet -c SHA256SUMS) >&2 || {
  echo "a vector file is not the one of SHA256SUMS" >&2
  exit 1
}
grep -q "suite $version" "$root/docs/conformance.md" || {
  echo "docs/conformance.md does not name suite $version" >&2
  exit 1
}
rm -rf "$work"
mkdir -p "$work"
/usr/bin/python3 -B "$folder/vectors/make_vectors.py" --out "$work"
for file in $(cd "$work" && find . -type f); do
  cmp "$work/$file" "$folder/vectors/$file" >&2 || {
    echo "make_vectors.py writes another $file" >&2
    exit 1
  }
done
echo "suite $version: version, vectors and page agree"
