#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Shows that the coverage reports notice what they should: holes without reason, reasons without hole, folders below their floor. On recorded
# counters of a tiny module and a small lcov file. Usage: bites.sh FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
mkdir -p "$work"
cd "$work"
missed=0

# expect STATUS TEXT NAME COMMAND...: the command ends so and prints a line with this text.
expect() {
  status=$1
  text=$2
  name=$3
  shift 3
  found=0
  "$@" >out 2>&1 || found=$?
  if [ "$found" -eq "$status" ] && grep -qF -- "$text" out; then
    echo "ok      $name"
  else
    echo "MISSED  $name: exit status $found, expected $status and \"$text\""
    cat out
    missed=$((missed + 1))
  fi
}

rtl() {
  "$here/rtl_coverage.py" --rtl "$here/fixture" --holes holes.txt "$here/fixture/nt_tiny.dat"
}

c() {
  "$here/c_coverage.py" --root "$work" --rules rules.txt tiny.info
}

cat >all.txt <<'EOF'
block nt_tiny.v if if (mode_i) begin
    mode_i is low in all five cycles.
toggle nt_tiny.v mode_i
    It is low.
toggle nt_tiny.v count_?[4:3]
    Five cycles count to 5.
EOF
cp all.txt holes.txt
expect 0 "nt_tiny.v                     3/5  60.0 %        1/2  50.0 %           7/12  58.3 %" "lines, branches, bits" rtl
expect 0 "holes with a reason: 6; without: 0; reasons without hole: 0" "every hole has a reason" rtl
grep -v -A1 "^block\|all five" all.txt | grep -v "^--" >holes.txt
expect 1 "HOLE without reason: nt_tiny.v:11: block nt_tiny.v if if (mode_i) begin" "a block without reason" rtl
sed 's/\[4:3\]/[4]/' all.txt >holes.txt
expect 1 "HOLE without reason: toggle nt_tiny.v count_q[3]" "a bit without reason" rtl
sed 's/count_?\[4:3\]/count_q/' all.txt >holes.txt
expect 1 "HOLE without reason: toggle nt_tiny.v count_o[4:3]" "a signal without reason" rtl
sed 's/if if/else if/' all.txt >holes.txt
expect 1 "HOLE without reason: nt_tiny.v:11: block" "a reason for another branch" rtl
expect 1 "STALE reason, no hole: holes.txt:1: block nt_tiny.v else if (mode_i) begin" "a reason for a branch that ran" rtl
{
  cat all.txt
  echo "toggle nt_tiny.v clk_i"
  echo "    No reason at all."
} >holes.txt
expect 1 "STALE reason, no hole: holes.txt:7: toggle nt_tiny.v clk_i" "a reason for a bit that changed" rtl
echo "toggle nt_tiny.v count_q[3]" >>holes.txt
expect 1 "holes.txt:9: an entry without reason" "no reason given" rtl
echo "bit nt_tiny.v count_q[3]" >>holes.txt
expect 1 'holes.txt:10: found "bit nt_tiny.v count_q[3]"' "an entry that is none" rtl

mkdir -p part
printf 'int f(int x) {\n  if (x)\n    return fail("no memory");\n  return 0;\n}\n' >part/tiny.c
printf 'SF:%s/part/tiny.c\nDA:1,2\nDA:2,2\nDA:3,0\nDA:4,2\nBRDA:2,0,0,0\nBRDA:2,0,1,2\nend_of_record\n' "$(pwd)" >tiny.info
printf 'floor part 75 50\nclass memory part/* no memory\n' >rules.txt
expect 0 "part/                                              3/4  75.0 %           1/2  50.0 %" "lines and branches at their floor" c
expect 0 "  memory                   1   part 1" "lines by class" c
printf 'floor part 76 50\nclass memory part/* no memory\n' >rules.txt
expect 1 "BELOW: part: 75.00 % of lines, floor 76.0 %" "lines below their floor" c
printf 'floor part 75 51\nclass memory part/* no memory\n' >rules.txt
expect 1 "BELOW: part: 50.00 % of branches, floor 51.0 %" "branches below their floor" c
printf 'floor other 1 1\n' >rules.txt
expect 1 "BELOW: part: no floor in rules.txt" "a folder without floor" c
expect 1 "BELOW: other: a floor, but no file was measured" "a floor without folder" c
printf 'floor part 75 50\nclass io * cannot read\n' >rules.txt
expect 1 "BELOW: class io * cannot read: no line left" "a class without line" c
printf 'floor part 75\n' >rules.txt
expect 1 'rules.txt:1: found "floor part 75"' "a rule that is none" c
[ "$missed" -eq 0 ]
