#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Rewrites what is generated from docs/spec/nt_definitions.def. Needs no configured build: configuring already needs these files.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -std=c11 -Idocs/spec driver/tools/nt_gendefs.c -o "$folder/nt_gendefs"
"$folder/nt_gendefs" docs/spec/nt_definitions.def .
