#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Proves that the proof of import can fail: plants one slip at a time in a copy of the float reference, builds
# nt_import_proof with it and requires that a comparison fails. Prints the slip, the first comparison that failed with
# the error seen, whether a float32 comparison failed too, and the median error of the logits in standard deviations.
# A slip that is none, by the network's own algebra, must leave every digit of the proof as it was.
# Usage: slips.sh folder compiler model-sources argument ...
#   folder         work folder, emptied first
#   model-sources  the folder model/ of the source tree
#   argument       compile options, the compiled nt_import_proof.c, libraries: everything the program is linked from
# A patched file is linked before the libraries, whose own copy of it is then left out.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$1
compiler=$2
model=$3
shift 3
recorded=$here/../fixtures/hgrnbit-small
rm -rf "$work"
mkdir -p "$work"
for argument in "$@"; do
  printf '"%s"\n' "$argument"
done >"$work/arguments"

# prove FOLDER SOURCE ...: builds the program with these sources and runs it. Its exit code, or 100: not compiled.
prove() {
  folder=$1
  shift
  "$compiler" -std=c11 -D_POSIX_C_SOURCE=200809L -O1 -I "$model" -I "$model/include" -I "$model/../driver/include" \
    "$@" "@$work/arguments" -o "$folder/proof" >"$folder/log" 2>&1 || return 100
  timeout 60 "$folder/proof" --json "$folder/proof.json" "$recorded" >"$folder/log" 2>&1
}

# plant FILE OLD NEW: replaces the text OLD, which must be there exactly once.
plant() {
  perl -e 'my ($file, $old, $new) = @ARGV;
    local $/;
    open my $in, "<", $file or die;
    my $text = <$in>;
    my $at = index $text, $old;
    exit 1 if $at < 0 || index($text, $old, $at + 1) >= 0;
    substr($text, $at, length $old) = $new;
    open my $out, ">", $file or die;
    print $out $text;' "$@"
}

# first_failure LOG: the first comparison that failed and its error; float32 sees it; medians of the logits.
first_failure() {
  awk '{ name = substr($0, 1, 50); sub(/ +$/, "", name); $0 = substr($0, 51) }
    name == "float64: logits" { wide = $3 }
    name == "float32: logits" { narrow = $3 }
    $NF != "FAIL" { next }
    name ~ /^(float32|block)/ { seen = 1 }
    first == "" {
      error = $2 == "differ" ? $5 " differ" : ($3 == "inf" || $3 + 0 > $4 + 0) ? "median " $3 : "max " $5
      first = sprintf("%-48s %-15s", name, error)
    }
    END { printf "%s %-8s %8s %8s\n", first, seen ? "yes" : "no", wide, narrow }' "$1"
}

# try EXPECTED FILE SLIP [OLD NEW] ...: one row of the table. EXPECTED: found, or same.
try() {
  expected=$1
  file=$2
  name=$3
  folder=$4
  shift 4
  source=$file
  if [ "$file" = nt_float_forward.inc ]; then
    source=nt_float_run.c # includes it
    cp "$model/$source" "$folder"
  fi
  cp "$model/$file" "$folder"
  while [ "$#" -gt 0 ]; do
    if ! plant "$folder/$file" "$1" "$2"; then
      printf '%-58s %s\n' "$name" "NOT PLANTED: the text is not there exactly once: $1"
      return 1
    fi
    shift 2
  done
  status=0
  prove "$folder" "$folder/$source" || status=$?
  good=0
  if [ "$status" -eq 100 ]; then
    found="DOES NOT COMPILE"
  elif [ "$expected" = same ] && [ "$status" -eq 0 ] && cmp -s "$folder/proof.json" "$work/sound/proof.json"; then
    found="the same, digit for digit"
    good=1
  elif [ "$expected" = same ]; then
    found="NOT THE SAME"
  elif [ "$status" -eq 1 ] && grep -q ' FAIL$' "$folder/log"; then
    found=$(first_failure "$folder/log")
    good=1
  else
    found="NOT FOUND (exit code $status)"
  fi
  printf '%-58s %s\n' "$name" "$found"
  [ "$good" -eq 1 ]
}

# slip as try, two at a time; the rows are printed at the end.
planted=0
slip() {
  planted=$((planted + 1))
  row=$work/$(printf '%02d' "$planted")
  mkdir -p "$row"
  expected=$1
  file=$2
  name=$3
  shift 3
  if try "$expected" "$file" "$name" "$row" "$@" >"$row/text"; then
    touch "$row/good"
  fi &
  [ $((planted % 2)) -ne 0 ] || wait
}

mkdir -p "$work/sound"
status=0
prove "$work/sound" "$model/nt_float_run.c" "$model/nt_float_model.c" "$model/nt_ternary.c" "$model/nt_dtype.c" ||
  status=$?
if [ "$status" -ne 0 ]; then
  echo "without a slip the proof does not pass (exit code $status):"
  cat "$work/sound/log"
  exit 1
fi

forward=nt_float_forward.inc
loader=nt_float_model.c

# ---- the network ----------------------------------------------------------------------------------------------------
slip found $forward "output gate: norm on h, silu on g" \
  'NAME(rms_norm)(run, v->g, layer->g_norm, params->config.rms_norm_eps, H, v->g);' \
  'NAME(rms_norm)(run, v->h, layer->g_norm, params->config.rms_norm_eps, H, v->h);' \
  'v->g[k] *= NAME(silu)(v->h[k]);' 'v->g[k] = NAME(silu)(v->g[k]) * v->h[k];'
slip found $forward "output gate: sigmoid(h) without the factor h" \
  'v->g[k] *= NAME(silu)(v->h[k]);' 'v->g[k] *= NAME(sigmoid)(v->h[k]);'
slip found $forward "output gate: after the o matrix" \
  'v->g[k] *= NAME(silu)(v->h[k]);' 'v->g[k] *= 1;' \
  'NAME(show)(run, "o", l, v.n, H);' \
  'for (size_t k = 0; k < H; k++) v.n[k] *= NAME(silu)(v.h[k]); NAME(show)(run, "o", l, v.n, H);'
slip found $forward "output gate: rms of g left out" \
  'NAME(rms_norm)(run, v->g, layer->g_norm, params->config.rms_norm_eps, H, v->g);' \
  'for (size_t k = 0; k < H; k++) v->g[k] *= (REAL)layer->g_norm[k];'
slip found $forward "MLP: gate and up halves swapped" \
  'NAME(silu)(v.u[k]) * v.u[I + k]' 'NAME(silu)(v.u[I + k]) * v.u[k]'
slip found $forward "MLP: relu for silu" \
  'NAME(silu)(v.u[k]) * v.u[I + k]' '(v.u[k] > 0 ? v.u[k] : 0) * v.u[I + k]'
slip found $forward "input term: relu for silu" \
  'NAME(silu)(v->i[k]) * (1 - v->f[k])' '(v->i[k] > 0 ? v->i[k] : 0) * (1 - v->f[k])'
slip found $forward "output gate: relu for silu" \
  'v->g[k] *= NAME(silu)(v->h[k]);' 'v->g[k] *= v->h[k] > 0 ? v->h[k] : 0;'
slip found $forward "i and f swapped" \
  '"i_z", first.i}' '"i_z", first.f}' '"f_z", first.f}' '"f_z", first.i}'
slip found $forward "1 - f taken before the lower bound" \
  'v->f[k] = bound + (1 - bound) * NAME(sigmoid)(v->f[k]);' \
  'const REAL early = 1 - NAME(sigmoid)(v->f[k]); v->f[k] = bound + (1 - bound) * NAME(sigmoid)(v->f[k]);' \
  'NAME(silu)(v->i[k]) * (1 - v->f[k])' 'NAME(silu)(v->i[k]) * early'
slip found $forward "lower bound missing" \
  'const REAL bound = layer->lower_bound != NULL' 'const REAL bound = layer->lower_bound == NULL && l > 99'
slip found $forward "state not carried to the next token" \
  'state[k] = v->h[k];' 'state[k] = 0;'
slip found $forward "attention not added to the residual stream" \
  'stream[t * H + k] = v.x[k] + v.n[k];' 'stream[t * H + k] += v.n[k];'
slip found $forward "final norm left out" \
  'NAME(rms_norm)(run, v.x, params->final_norm, params->config.rms_norm_eps, H, v.n);' \
  'for (size_t k = 0; k < H; k++) v.n[k] = v.x[k];'
slip found $forward "outer norms: eps 1e-5 for 1e-6" \
  'const double eps = params->config.rms_norm_eps;' 'const double eps = 1e-5;' \
  'layer->g_norm, params->config.rms_norm_eps' 'layer->g_norm, 1e-5' \
  'params->final_norm, params->config.rms_norm_eps' 'params->final_norm, 1e-5'
slip same $forward "lower bound not applied in layer 0, where it is 0" \
  'const REAL bound = layer->lower_bound != NULL' 'const REAL bound = l > 0 && layer->lower_bound != NULL'

# ---- BitLinear ------------------------------------------------------------------------------------------------------
slip found $forward "inner norm left out" \
  'NAME(rms_norm)(run, x, matrix->norm, NT_BITLINEAR_EPS, cols, z);' \
  'for (size_t k = 0; k < cols; k++) z[k] = x[k];'
slip found $forward "weight of the inner norm left out" \
  'NAME(show)(run, z_name, layer, z, cols);' \
  'for (size_t k = 0; k < cols; k++) z[k] /= (REAL)matrix->norm[k]; NAME(show)(run, z_name, layer, z, cols);'
slip found $forward "inner norm: eps 1e-8 for 1e-6" 'NT_BITLINEAR_EPS, cols' '1e-8, cols'
slip found $forward "input codes truncated, not rounded" 'round(z[k] * to_code)' 'trunc(z[k] * to_code)'
slip found $forward "input codes: 128 for 127" \
  'to_code = 127 / largest' 'to_code = 128 / largest' '(largest / 127)' '(largest / 128)'
slip found $forward "input codes: 127.5 for 127" \
  'to_code = 127 / largest' 'to_code = (REAL)127.5 / largest' '(largest / 127)' '(largest / (REAL)127.5)'

# ---- loading --------------------------------------------------------------------------------------------------------
slip found nt_ternary.c "ternary threshold: the mean, not half of it" \
  '2 * (uint64_t)count * significand(bits)' '(uint64_t)count * significand(bits)'
slip found nt_ternary.c "ternary scale: median for mean" \
  'const double mean = wide_to_double' \
  'uint32_t median = 0;
   for (uint32_t step = 1U << 30; step > 0; step >>= 1) {
     size_t lower = 0;
     for (size_t k = 0; k < count; k++)
       lower += magnitude_bits(weights[k]) < median + step;
     median += lower <= count / 2 ? step : 0;
   }
   sum = (wide_t){{0}};
   wide_add(&sum, (uint64_t)count * significand(median), shift_of(median));
   const double mean = wide_to_double'
slip found nt_ternary.c "ternary codes without their sign" 'weights[k] < 0 ? -1 : 1' '1'
slip found $loader "one scale per row" \
  'status = nt_ternary_quantise(in->latent, rows * cols, in->next_code, &out->scale, in->err);' \
  'for (size_t r = 0; r < rows && status == NT_OK; r++)
     status = nt_ternary_quantise(in->latent + r * cols, cols, in->next_code + r * cols, &out->scale, in->err);'
slip found $loader "matrices in the wrong orientation" \
  'status = nt_ternary_quantise(' \
  '{
     float *turned = malloc(rows * cols * sizeof *turned);
     for (size_t k = 0; k < rows * cols; k++)
       turned[k] = in->latent[k % cols * rows + k / cols];
     for (size_t k = 0; k < rows * cols; k++)
       in->latent[k] = turned[k];
     free(turned);
   }
   status = nt_ternary_quantise('
slip found $loader "lower bound: first row not subtracted" 'if (l > 0)' 'if (l + 1 > 0)'
slip found $loader "lower bound: softmax over the channels" \
  'bound += exp(raw[l * H + k] - largest) / total;' \
  '{
     double row = 0;
     for (size_t c = 0; c < H; c++)
       row += exp(raw[l * H + c] - largest);
     bound += exp(raw[l * H + k] - largest) / row;
   }'
slip found nt_float_run.c "embedding row of the next token" \
  'embeddings + token * H' 'embeddings + (token + 1) % config->vocab_size * H'
slip found nt_dtype.c "BF16 read without its sign" 'load_u16(bytes + 2 * k) << 16' '(load_u16(bytes + 2 * k) & 0x7FFFU) << 16'
slip found nt_dtype.c "F16 read without its sign" '(half & 0x8000U) << 16' '0'
slip found nt_dtype.c "F16 subnormals read as zero" '(float)fraction * 0x1p-24F' '0'
slip found nt_dtype.c "F16 subnormals read as normal numbers" 'if (exponent == 0) {' 'if (exponent == 0 && fraction == 0) {'
wait

printf '%-58s %-48s %-15s %-8s %8s %8s\n' slip "first comparison that failed" error float32? float64 float32
good=0
for row in "$work"/[0-9]*; do
  cat "$row/text"
  [ ! -f "$row/good" ] || good=$((good + 1))
done
echo "$good of $planted as they must be"
[ "$good" -eq "$planted" ]
