#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Imports the checkpoint folder $2 with the command $1 to the image $3, unless the image comes from that folder and is newer
# than both. Where it comes from is noted beside it.
set -eu
command="$1"
model="$2"
image="$3"
if [ ! -d "$model" ]; then
  echo "import_image: MODEL=$model is not a checkpoint folder" >&2
  exit 2
fi
source=$(cd "$model" && pwd -P)
if [ -f "$image" ] && [ "$image" -nt "$command" ] && [ -z "$(find "$model/" -newer "$image" -type f)" ] &&
  [ "$(cat "$image.source" 2>/dev/null)" = "$source" ]; then
  exit 0
fi
echo "importing $model"
"$command" import "$model" --out "$image" --quiet
echo "$source" >"$image.source"
