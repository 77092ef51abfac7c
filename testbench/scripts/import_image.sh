#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Imports the checkpoint folder $2 with the command $1 to the image $3, unless the image is newer than both.
set -eu
command="$1"
model="$2"
image="$3"
if [ ! -d "$model" ]; then
  echo "import_image: MODEL=$model is not a checkpoint folder" >&2
  exit 2
fi
if [ -f "$image" ] && [ "$image" -nt "$command" ] && [ -z "$(find "$model" -newer "$image" -type f)" ]; then
  exit 0
fi
echo "importing $model"
"$command" import "$model" --out "$image" --quiet
