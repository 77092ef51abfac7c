#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages neurotile needs, after listing those that are missing. Does nothing when all are there.
# With the word "train": those of the trainer (model/train) and its tests instead.
set -eu
case "${1:-}" in
  "")
    packages="build-essential clang cmake ninja-build ccache pkg-config verilator iverilog yosys libsystemc-dev libcmocka-dev libcjson-dev
libsentencepiece-dev nettle-dev zlib1g-dev libclang-rt-14-dev libomp-dev gtkwave xvfb xauth imagemagick gnuplot-nox z3 python3"
    ;;
  train)
    packages="python3-torch python3-numpy python3-sentencepiece python3-tqdm python3-matplotlib libopenblas0-pthread
bible-kjv bible-kjv-text"
    ;;
  *)
    echo "setup: found \"$1\", allowed is nothing or \"train\"" >&2
    exit 2
    ;;
esac

missing=""
for package in $packages; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$'; then
    missing="$missing $package"
  fi
done
if [ -z "$missing" ]; then
  exit 0
fi

echo "neurotile needs these Debian packages, which are missing:$missing"
if [ "$(id -u)" -eq 0 ]; then
  sudo=""
elif command -v sudo >/dev/null 2>&1; then
  sudo="sudo"
else
  echo "Install them as root: apt-get install$missing" >&2
  exit 1
fi
echo "Installing them now."
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
# shellcheck disable=SC2086 # a list of words is meant
if ! { $sudo apt-get update -qq && $sudo apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
