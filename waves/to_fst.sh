#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Turns the trace of a folder written by waves/make_waves.sh into FST, a fifteenth of the size, for the same layouts.
# Usage: waves/to_fst.sh FOLDER
set -eu
if [ $# -ne 1 ]; then
  sed -n '3,4s/^# //p' "$0" >&2
  exit 2
fi
folder="$1"
vcd2fst "$folder/token.vcd" "$folder/token.fst"
sed -i 's/^\[dumpfile\].*/[dumpfile] "token.fst"/' "$folder/token.gtkw" "$folder/neuron.gtkw"
rm "$folder/token.vcd"
echo "now FST     $folder/token.fst, $(($(wc -c <"$folder/token.fst") / 1000)) kB"
