// SPDX-License-Identifier: Apache-2.0
// The same checkpoint in other clothes. Two shards hold the same bits, so everything is equal. In
// BF16 and F16 the values are others; what they are, and which ternary codes and scales follow, is
// decided here in integers from the 16-bit patterns.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nt_proof.h"
#include "nt_proof_internal.h"
#include "nt_test.h"
#include "nt_test_checkpoint.h"
#include "nt_test_file.h"

static const double SCALE_LIMIT = 1e-15; // a few units in the last place of a double

/// A 16-bit format. A value is (-1)^sign * mantissa * 2^exponent.
typedef struct format {
  const char *dtype;
  int fraction_bits;
  int bias;
  uint16_t (*round)(float value); // to the nearest, ties to even
} format_t;

typedef struct exact {
  bool negative;
  bool subnormal;
  uint64_t mantissa;
  int exponent;
} exact_t;

static exact_t decode(const format_t *format, const unsigned char bytes[2]) {
  const unsigned pattern = bytes[0] + 256U * bytes[1];
  const unsigned one = 1U << format->fraction_bits;
  const unsigned fraction = pattern % one;
  const int biased = (int)(pattern % 0x8000U / one);
  return (exact_t){.negative = pattern >= 0x8000U,
                   .subnormal = biased == 0 && fraction != 0,
                   .mantissa = biased == 0 ? fraction : one + fraction,
                   .exponent = (biased == 0 ? 1 : biased) - format->bias - format->fraction_bits};
}

static float value_of(exact_t exact) {
  const double magnitude = ldexp((double)exact.mantissa, exact.exponent);
  return (float)(exact.negative ? -magnitude : magnitude);
}

static uint16_t round_bf16(float value) {
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7FFFU + (bits >> 16 & 1U)) >> 16);
}

static uint16_t round_f16(float value) {
  const double magnitude = fabs((double)value);
  const unsigned sign = signbit(value) != 0 ? 0x8000U : 0;
  if (magnitude < 0x1p-14) // subnormal, in units of 2^-24; may round up to the smallest normal
    return (uint16_t)(sign | (unsigned)rint(ldexp(magnitude, 24)));
  const int exponent = ilogb(magnitude);
  const unsigned mantissa = (unsigned)rint(ldexp(magnitude, 10 - exponent)); // 1024..2048
  return (uint16_t)(sign | (((unsigned)(exponent + 15) << 10) + mantissa - 1024));
}

// ---- the exact rule -----------------------------------------------------------------------------

/// Codes and scale of one matrix from its 16-bit patterns: the sum of the magnitudes as an integer
/// in units of the smallest exponent, code = sign if 2 * count * |w| > sum.
static double quantise(const format_t *format, const unsigned char *bytes, size_t count,
                       int8_t *codes) {
  int unit = 1000;
  for (size_t k = 0; k < count; k++) {
    const exact_t weight = decode(format, bytes + 2 * k);
    if (weight.mantissa != 0 && weight.exponent < unit)
      unit = weight.exponent;
  }
  assert_true(count <= 1U << 15);
  uint64_t sum = 0;
  uint64_t *magnitudes = calloc(count, sizeof *magnitudes);
  assert_non_null(magnitudes);
  for (size_t k = 0; k < count; k++) {
    const exact_t weight = decode(format, bytes + 2 * k);
    if (weight.mantissa == 0)
      continue;
    assert_true(weight.exponent - unit <= 36); // 11 + 36 + 1 + 15 bits
    magnitudes[k] = weight.mantissa << (weight.exponent - unit);
    sum += magnitudes[k];
  }
  for (size_t k = 0; k < count; k++) {
    const bool above = 2 * count * magnitudes[k] > sum;
    const int sign = decode(format, bytes + 2 * k).negative ? -1 : 1;
    codes[k] = (int8_t)(above ? sign : 0);
  }
  free(magnitudes);
  return ldexp((double)sum, unit) / (double)count;
}

// ---- a checkpoint in another format -------------------------------------------------------------

/// Values that differ, and the subnormal ones among them.
typedef struct tally {
  size_t values, differing;
  size_t subnormals, subnormals_differing;
} tally_t;

/// All that is compared for one narrow checkpoint.
typedef struct comparison {
  tally_t read;
  size_t codes, codes_differing;
  double *scales, *ratios;
  size_t matrices;
} comparison_t;

/// What the checkpoint reader makes of one tensor.
static void compare_values(const format_t *format, const unsigned char *bytes,
                           const nt_checkpoint_t *ckpt, const char *name, size_t count,
                           tally_t *tally) {
  nt_error_t err;
  float *read = calloc(count, sizeof *read);
  assert_non_null(read);
  nt_assert_ok(nt_checkpoint_read(ckpt, name, read, count, &err), err);
  for (size_t k = 0; k < count; k++) {
    const exact_t exact = decode(format, bytes + 2 * k);
    const float value = value_of(exact);
    const size_t differs = memcmp(&value, &read[k], sizeof value) != 0;
    tally->values++;
    tally->differing += differs;
    tally->subnormals += exact.subnormal;
    tally->subnormals_differing += exact.subnormal ? differs : 0;
  }
  free(read);
}

static void compare_matrix(const format_t *format, const unsigned char *bytes,
                           const nt_bitlinear_t *matrix, comparison_t *out) {
  const size_t count = matrix->rows * matrix->cols;
  int8_t *codes = calloc(count, 1);
  assert_non_null(codes);
  const double scale = quantise(format, bytes, count, codes);
  assert_true(scale > 1e-4); // far from the lower limit of the scale, which the rule leaves out
  for (size_t k = 0; k < count; k++)
    out->codes_differing += matrix->codes[k] != codes[k];
  out->codes += count;
  out->scales[out->matrices] = 1;
  out->ratios[out->matrices++] = matrix->scale / scale;
  free(codes);
}

static bool is_ternary(const char *name, size_t cols) {
  return cols > 0 && strcmp(name, "model.lower_bounds") != 0 &&
         strcmp(name, "model.embeddings.weight") != 0;
}

/// Writes `ckpt` as the only file of a new folder.
static char *write_folder(const nt_test_checkpoint_t *ckpt) {
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(ckpt, folder, "model.safetensors");
  return folder;
}

/// The narrow checkpoint's values as F32.
static nt_float_model_t *load_widened(const format_t *format, const char *recorded,
                                      const nt_test_checkpoint_t *narrow) {
  nt_test_checkpoint_t wide = nt_test_checkpoint_read(recorded);
  assert_int_equal(wide.data_size, 2 * narrow->data_size);
  for (size_t k = 0; k < narrow->data_size / 2; k++) {
    const float value = value_of(decode(format, narrow->data + 2 * k));
    memcpy(wide.data + 4 * k, &value, sizeof value);
  }
  char *folder = write_folder(&wide);
  nt_float_model_t *model = nt_proof_load(folder);
  nt_test_folder_delete(folder);
  nt_test_checkpoint_free(&wide);
  return model;
}

static void add_row(nt_proof_t *proof, const char *variant, const char *what, size_t values,
                    size_t differing) {
  char name[56];
  (void)snprintf(name, sizeof name, "%s: %s", variant, what);
  nt_proof_exact(proof, name, values, differing);
}

static void compare_logits(nt_proof_t *proof, const char *variant, const char *recorded,
                           const nt_float_model_t *expected, const nt_float_model_t *got) {
  const size_t count = (size_t)NT_PROOF_TOKENS * nt_float_model_params(got)->config.vocab_size;
  double *left = nt_proof_logits(recorded, expected, NT_FLOAT64);
  double *right = nt_proof_logits(recorded, got, NT_FLOAT64);
  add_row(proof, variant, "logits, as from F32 in one file", count,
          nt_proof_bits_differing(left, right, count));
  free(left);
  free(right);
}

static void check_format(nt_proof_t *proof, const char *recorded, const format_t *format) {
  nt_test_checkpoint_t narrow = nt_test_checkpoint_read(recorded);
  nt_test_checkpoint_narrow(&narrow, format->dtype, format->round);
  char *folder = write_folder(&narrow);
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_assert_ok(nt_checkpoint_open(folder, &ckpt, &err), err);
  nt_float_model_t *model = nt_proof_load(folder);
  const nt_float_params_t *params = nt_float_model_params(model);
  const size_t matrices = nt_proof_matrix_count(params);
  comparison_t seen = {.scales = nt_proof_doubles(matrices), .ratios = nt_proof_doubles(matrices)};
  for (size_t index = 0; index < nt_checkpoint_tensor_count(&params->config); index++) {
    char name[NT_TENSOR_NAME_MAX];
    size_t rows = 0;
    size_t cols = 0;
    size_t words = 0; // of 4 bytes, two values each
    nt_checkpoint_tensor_name(&params->config, index, name, &rows, &cols);
    const unsigned char *bytes = nt_test_checkpoint_values(&narrow, name, &words);
    assert_int_equal(2 * words, cols > 0 ? rows * cols : rows);
    compare_values(format, bytes, ckpt, name, 2 * words, &seen.read);
    if (is_ternary(name, cols))
      compare_matrix(format, bytes, nt_proof_matrix(params, seen.matrices), &seen);
  }
  assert_int_equal(seen.matrices, matrices);
  add_row(proof, format->dtype, "values read", seen.read.values, seen.read.differing);
  if (format->bias == 15) // the fixture has subnormals of F16 only
    add_row(proof, format->dtype, "subnormal values among them", seen.read.subnormals,
            seen.read.subnormals_differing);
  add_row(proof, format->dtype, "ternary codes", seen.codes, seen.codes_differing);
  char name[56];
  (void)snprintf(name, sizeof name, "%s: scales", format->dtype);
  nt_proof_within(proof, name, NT_PROOF_RELATIVE, nt_compare(seen.scales, seen.ratios, matrices, 1),
                  SCALE_LIMIT, SCALE_LIMIT);
  nt_float_model_t *widened = load_widened(format, recorded, &narrow);
  compare_logits(proof, format->dtype, recorded, widened, model);
  nt_float_model_free(widened);
  nt_float_model_free(model);
  nt_checkpoint_close(ckpt);
  nt_test_folder_delete(folder);
  nt_test_checkpoint_free(&narrow);
  free(seen.scales);
  free(seen.ratios);
}

// ---- shards -------------------------------------------------------------------------------------

static void compare_shards(nt_proof_t *proof, const char *variant, const char *recorded,
                           const char *folder) {
  nt_error_t err;
  nt_checkpoint_t *one = NULL;
  nt_checkpoint_t *two = NULL;
  nt_assert_ok(nt_checkpoint_open(recorded, &one, &err), err);
  nt_assert_ok(nt_checkpoint_open(folder, &two, &err), err);
  const nt_model_config_t *config = nt_checkpoint_config(one);
  size_t values = 0;
  size_t differing = 0;
  for (size_t index = 0; index < nt_checkpoint_tensor_count(config); index++) {
    char name[NT_TENSOR_NAME_MAX];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(config, index, name, &rows, &cols);
    const size_t count = cols > 0 ? rows * cols : rows;
    float *read = calloc(2 * count, sizeof *read);
    assert_non_null(read);
    nt_assert_ok(nt_checkpoint_read(one, name, read, count, &err), err);
    nt_assert_ok(nt_checkpoint_read(two, name, read + count, count, &err), err);
    for (size_t k = 0; k < count; k++)
      differing += memcmp(&read[k], &read[count + k], sizeof *read) != 0;
    values += count;
    free(read);
  }
  nt_checkpoint_close(one);
  nt_checkpoint_close(two);
  add_row(proof, variant, "values read", values, differing);
}

static void check_shards(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  const char *variant = "F32 in two shards";
  char *folder = nt_test_folder_make();
  cJSON *index = nt_test_checkpoint_write_shards(recorded, folder);
  nt_test_checkpoint_write_index(folder, index);
  cJSON_Delete(index);
  compare_shards(proof, variant, recorded, folder);
  nt_float_model_t *sharded = nt_proof_load(folder);
  compare_logits(proof, variant, recorded, model, sharded);
  nt_float_model_free(sharded);
  nt_test_folder_delete(folder);
}

void nt_proof_formats(nt_proof_t *proof, const char *recorded, const nt_float_model_t *model) {
  static const format_t formats[] = {{"BF16", 7, 127, round_bf16}, {"F16", 10, 15, round_f16}};
  check_shards(proof, recorded, model);
  for (size_t k = 0; k < sizeof formats / sizeof formats[0]; k++)
    check_format(proof, recorded, &formats[k]);
}
