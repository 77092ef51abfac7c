#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tables and the plot of docs/accuracy.md, with the build in folder $1: every shipped model at three levels, and the sweep of model $2.
# TEXT: the text, in the repository, so that the test accuracy_numbers finds it.
set -eu
build="$1"
shipped="$2"
text="${TEXT:-model/pretrained/tales-1.3m/heldout.txt}"
models="model/pretrained/*/"
first=4096  # tokens for the golden tiles, and of the rows that accuracy_numbers measures again
follow=32768 # tokens of the drift table
sweep=8192
page=docs/accuracy.md
folder=docs/accuracy
plot=docs/pictures/accuracy.svg

for model in $models; do
  model="${model%/}"
  "$build/neurotile" eval --model "$model" --text "$text" --golden-tokens $first --agree $follow \
    --summary "$folder/$(basename "$model").json"
  echo
done
rm -f "$folder"/*-sweep.json
"$build/neurotile" sweep --model "$shipped" --text "$text" --tokens $sweep --summary "$folder/$(basename "$shipped")-sweep.json"
"$build/accuracy_page" write "$page" "$folder"
"$build/accuracy_page" plot "$folder" >"$build/accuracy.dat"
gnuplot -c testbench/scripts/accuracy.gp "$build/accuracy.dat" "$plot"
echo
echo "written: $page $plot"
