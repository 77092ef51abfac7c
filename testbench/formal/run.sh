#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs the proofs of proofs.txt, prints a table, and fails unless all are proved and every cover point is reached.
# Usage: run.sh [-o folder] [-r rtl] [-j jobs] [block ...]
#   -o  where models, logs and traces go (default: build/formal)
#   -r  RTL sources (default: the repository's)
#   block  only the proofs of these blocks; block:group only one
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
rtl=$root/rtl
out=$root/build/formal
jobs=2
while getopts o:r:j: option; do
  case $option in
    o) out=$OPTARG ;;
    r) rtl=$OPTARG ;;
    j) jobs=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
mkdir -p "$out"
out=$(cd "$out" && pwd)
rtl=$(cd "$rtl" && pwd)

# The rows asked for, as arguments of prove.sh.
: >"$out/rows"
for want in "${@:-.}"; do
  block=${want%%:*}
  group=
  [ "$block" = "$want" ] || group=${want#*:}
  sed -e 's/ *[#|].*//' -e '/^ *$/d' "$here/proofs.txt" |
    awk -v block="$block" -v group="$group" \
      '(block == "." || $1 == block) && (group == "" || $2 == group) { print }' >>"$out/rows"
done
if [ ! -s "$out/rows" ]; then
  echo "no such proof; $here/proofs.txt lists them" >&2
  exit 2
fi

printf '%-18s %-10s %-22s %6s  %s\n' block group method seconds 'result: property'
# xargs answers 123 when a proof failed; its lines say which.
sed "s|^|$out $rtl |" "$out/rows" | xargs -P "$jobs" -L 1 "$here/prove.sh" || exit 1
