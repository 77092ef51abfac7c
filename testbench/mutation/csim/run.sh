#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mutation testing of the golden tile (docs/mutation.md). Usage: run.sh WORK [OPTION OF campaign.py]...
set -eu
here=$(dirname "$0")
work=$1
shift
exec /usr/bin/python3 -B "$here/campaign.py" --source csim --flags "-std=c11 -D_POSIX_C_SOURCE=200809L -Icsim/include -Idriver/include" \
  --work "$work" --build "$here/build.sh" --programs "$here/programs.txt" --equivalent "$here/equivalent.txt" \
  --json "$work/mutants.json" "$@"
