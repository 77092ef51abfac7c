#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that the kept corpus can fail: plants one fault at a time in a copy of a reader and requires that replaying
# the corpus under sanitizers finds it. Prints fault and what was reported.
# Usage: bites.sh FOLDER CC CXX LIBRARY ... (the static libraries of the build, in linking order)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
work=$1
cc=$2
cxx=$3
shift 3
libraries=$*
missed=0
planted=0
flags="-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -D_POSIX_C_SOURCE=200809L -I$here -I$root/driver
  -I$root/driver/include -I$root/model -I$root/model/include -I$root/csim/include $(pkg-config --cflags libcjson sentencepiece)"
others="$(pkg-config --libs libcjson sentencepiece zlib) -fopenmp -lm"
rm -rf "$work"
mkdir -p "$work"

# object SOURCE OBJECT: compiles, by the kind of source.
object() {
  # shellcheck disable=SC2086 # lists of words are meant
  case $1 in
    *.cpp) "$cxx" -std=c++17 $flags -c "$1" -o "$2" ;;
    *) "$cc" -std=c11 $flags -c "$1" -o "$2" ;;
  esac
}

# bite FILE TARGET FAULT SED-COMMAND: TARGET's corpus must find FAULT in FILE.
bite() {
  source=$work/$(basename "$1")
  sed "$4" "$root/$1" >"$source"
  planted=$((planted + 1))
  [ -f "$work/replay.o" ] || object "$here/nt_fuzz_replay.c" "$work/replay.o"
  [ -f "$work/$2.o" ] || object "$here/fuzz_$2.c" "$work/$2.o"
  # shellcheck disable=SC2086 # lists of words are meant
  if cmp -s "$root/$1" "$source"; then
    found="NOT PLANTED: the line is no longer there"
    missed=$((missed + 1))
  elif ! { object "$source" "$work/fault.o" &&
    "$cxx" -fsanitize=address,undefined "$work/replay.o" "$work/$2.o" "$work/fault.o" $libraries $others \
      -o "$work/fuzz"; } >"$work/log" 2>&1; then
    found="DOES NOT COMPILE: $(head -n 1 "$work/log")"
    missed=$((missed + 1))
  elif TMPDIR="$work" "$work/fuzz" "$here/corpus/$2" >"$work/log" 2>&1; then
    found="NOT FOUND"
    missed=$((missed + 1))
  else
    found=$(grep -ahE '^fuzz: |runtime error: |^SUMMARY: ' "$work/log" | head -n 1 | tr -cd ' -~' | cut -c 1-100)
    case $found in
      '')
        found="NO REPORT: $(tail -n 1 "$work/log")"
        missed=$((missed + 1))
        ;;
    esac
  fi
  printf '%-24s %-12s %-40s %s\n' "$(basename "$1")" "$2" "$3" "$found"
}

printf '%-24s %-12s %-40s %s\n' file corpus fault report
bite driver/nt_bytes.c image "reads past the end of a section" \
  's/cursor->failed || size > cursor->left/cursor->failed/'
bite driver/nt_image_file.c image "a run longer than its space" \
  's/count < 1 || count > size - start/count < 1/'
bite driver/nt_container.c image "a section larger than any file expands to" \
  's/if (entry->raw_size \/ NT_CONTAINER_EXPANSION_MAX > entry->stored_size)/if (0)/'
bite driver/nt_state.c state "another number of state words" \
  's/if (found != expected)/if (0)/'
bite driver/nt_status.c config "control characters in messages" \
  's/blank_controls(err->text);//'
bite model/nt_layout.c image "chunks that overlap" \
  's/population->chunk\[i\].first != covered/0/; s/covered += \(population->chunk\[i\]\).count/covered += \1.first == covered ? \1.count : 0/'
bite model/nt_layout.c image "state words outside the pool" \
  's/state_end > p->pool_words/0/'
bite model/nt_qmodel_section.c image "sizes of the network without limit" \
  's/s->status == NT_OK && (\*value < min || \*value > max)/0/'
bite model/nt_safetensors.c safetensors "more dimensions than there is room for" \
  's/tensor->rank == NT_TENSOR_RANK_MAX/0/'
bite model/nt_checkpoint.c index "a shard name that is no string" \
  's/!cJSON_IsString(entry) || //'
bite model/nt_config.c config "sizes without limit" \
  's/number < 1 || number > max/number < 1/'
bite model/nt_tokenizer.cpp tokenizer "too little room for a piece" \
  's/(3 + tokenizer.text_max) \* kReplacement.size() + 1/tokenizer.text_max + 3 * kReplacement.size() + 1/'

echo "$((planted - missed)) of $planted faults found"
[ "$missed" -eq 0 ]
