#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A network of a published size, weights random, from checkpoint folder to verilated tiles: published.sh BUILD SIZE TOKENS [CALIBRATION].
# Import is repeated each time; the checkpoint folder is kept. Every comparison must agree, at every layer and at every timestep.
set -eu
build="$1"
size="$2"
tokens="$3"
calibration="${4:-64}"
command="$build/neurotile"
folder="$build/published/$size"
checkpoint="$folder/checkpoint"
image="$folder/image.nti"
mkdir -p "$folder"

if [ ! -f "$checkpoint/config.json" ]; then
  echo "== a random checkpoint of size $size"
  "$command" synth --like "$size" --out "$checkpoint" --seed 1
fi
echo "== import"
"$command" import "$checkpoint" --out "$image" --tokens "$calibration" --report "$folder/import.json" >"$folder/import.log"
for backend in golden rtl; do
  echo "== $backend tiles, every layer and timestep checked"
  "$command" generate --model "$image" --backend "$backend" --prompt a --tokens "$tokens" --summary "$folder/$backend.json" >"$folder/$backend.log"
  tail -n 1 "$folder/$backend.log"
done

# Stages of one summary: name, wall and processor seconds, peak memory.
stages() {
  awk -v run="$1" '
    /"(name|seconds|cpu_seconds|peak_bytes)":/ {
      key = $0; value = $0
      sub(/^[^"]*"/, "", key); sub(/".*/, "", key)
      sub(/^[^:]*:[ \t]*/, "", value); gsub(/[",]/, "", value)
      if (key == "name") name = value
      if (key == "seconds") seconds = value
      if (key == "cpu_seconds") cpu = value
      if (key == "peak_bytes") printf "%-8s %-12s %10.2f %10.2f %10.0f\n", run, name, seconds, cpu, value / 1048576
    }' "$folder/$1.json"
}

# The number called $2 in the summary of $1.
number() {
  sed -n 's/.*"'"$2"'":[[:space:]]*\([0-9.e+-]*\).*/\1/p' "$folder/$1.json" | head -n 1
}

echo
printf '%-8s %-12s %10s %10s %10s\n' run stage seconds processor "peak MiB"
for run in import golden rtl; do
  stages "$run"
done
echo
for run in golden rtl; do
  awk -v run="$run" -v tokens="$(number $run tokens)" -v first="$(number $run first_token_seconds)" \
    -v all="$(number $run wall_seconds)" -v macs="$(number $run checked_macs_per_second)" \
    -v dut="$(number $run dut_seconds)" -v golden="$(number $run golden_seconds)" -v compare="$(number $run compare_seconds)" \
    -v values="$(number $run values_compared)" 'BEGIN {
      printf "%-8s first token %.2f s", run, first
      if (tokens > 1) printf ", later ones %.2f s each", (all - first) / (tokens - 1)
      printf "; %.0f values compared; %.3g MACs/s\n", values, macs
      printf "         of that time: tiles under test %.2f, golden tiles %.2f, comparing %.2f, integer reference and rest %.2f\n",
        dut / all, golden / all, compare / all, 1 - (dut + golden + compare) / all
    }'
done
awk -v tiles="$(number rtl tiles)" -v cores="$(number rtl cores_used)" -v tokens="$(number rtl tokens)" \
  -v steps="$(number rtl timesteps)" -v spikes="$(number rtl spikes_compared)" -v cycles="$(number rtl cycles_per_token)" \
  -v clocked="$(number rtl tile_cycles)" -v dense="$(number rtl ternary_macs_dense)" -v used="$(number rtl utilisation_all_cycles)" \
  -v dut="$(number rtl dut_seconds)" 'BEGIN {
    printf "tiles %d, cores used %d; per token: %d timesteps, %.0f spikes, %.0f ternary MACs, %.0f cycles (slowest tile of every timestep)\n",
      tiles, cores, steps / tokens, spikes / tokens, dense / tokens, cycles
    printf "tile cycles clocked per token %.0f, at %.3g per second; slowest tile x %.2f\n", clocked / tokens, clocked / dut, clocked / tokens / cycles
    printf "bound: if every core added a full list word in every cycle clocked, %.2f s a token; the verilated tiles take %.2f s, %.2f x the bound\n",
      dut * used / tokens, dut / tokens, 1 / used
  }'
echo "PASS: size $size"
