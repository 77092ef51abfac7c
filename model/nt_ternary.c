// SPDX-License-Identifier: Apache-2.0
//
// A float is m * 2^(e - 150) with an integer m < 2^24 and e in 1..254 (subnormals have e = 1). The
// magnitudes are summed as integers, one 64-bit sum of m per e, and the sums are then joined in
// one wide fixed-point number with unit 2^-149. Floats of one sign are ordered like their bit
// patterns, so the decision "2 * count * |w| > sum" is one threshold on the bit pattern, found by
// bisection with the exact comparison.
#include "nt_ternary.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
  EXPONENTS = 254,
  FRACTION_BITS = 23,
  LIMBS = 11 // 352 bits hold 253 + 64 + 1
};

#define INFINITY_BITS 0x7F800000U
#define COUNT_MAX ((uint64_t)1 << 38)

/// Unsigned fixed-point number, unit 2^-149, least significant limb first.
typedef struct wide {
  uint32_t limb[LIMBS];
} wide_t;

static uint32_t magnitude_bits(float weight) {
  uint32_t bits = 0;
  memcpy(&bits, &weight, sizeof bits);
  return bits & 0x7FFFFFFFU;
}

static uint32_t significand(uint32_t bits) {
  const uint32_t fraction = bits & ((1U << FRACTION_BITS) - 1);
  return bits >> FRACTION_BITS == 0 ? fraction : fraction | 1U << FRACTION_BITS;
}

/// Weight of the significand's unit, as a shift from 2^-149.
static uint32_t shift_of(uint32_t bits) {
  const uint32_t exponent = bits >> FRACTION_BITS;
  return exponent == 0 ? 0 : exponent - 1;
}

/// sum += value * 2^shift.
static void wide_add(wide_t *sum, uint64_t value, uint32_t shift) {
  const uint32_t low_shift = shift % 32;
  const uint64_t low = (value & 0xFFFFFFFFU) << low_shift;
  const uint64_t high = (value >> 32) << low_shift;
  const uint64_t parts[3] = {low & 0xFFFFFFFFU, (low >> 32) + (high & 0xFFFFFFFFU), high >> 32};
  uint64_t carry = 0;
  for (size_t k = shift / 32, part = 0; k < LIMBS; k++, part++) {
    carry += sum->limb[k] + (part < 3 ? parts[part] : 0);
    sum->limb[k] = (uint32_t)carry;
    carry >>= 32;
  }
}

static int wide_compare(const wide_t *left, const wide_t *right) {
  for (size_t k = LIMBS; k-- > 0;) {
    if (left->limb[k] != right->limb[k])
      return left->limb[k] > right->limb[k] ? 1 : -1;
  }
  return 0;
}

static double wide_to_double(const wide_t *value) {
  double result = 0;
  for (size_t k = LIMBS; k-- > 0;)
    result = result * 0x1p32 + value->limb[k];
  return ldexp(result, -149);
}

static nt_status_t sum_magnitudes(const float *weights, size_t count, wide_t *sum,
                                  nt_error_t *err) {
  uint64_t by_exponent[EXPONENTS] = {0};
  for (size_t k = 0; k < count; k++) {
    const uint32_t bits = magnitude_bits(weights[k]);
    if (bits >= INFINITY_BITS)
      return nt_fail(err, NT_ERR_RANGE, "weight %zu is %g, must be finite", k, (double)weights[k]);
    by_exponent[shift_of(bits)] += significand(bits);
  }
  *sum = (wide_t){{0}};
  for (uint32_t shift = 0; shift < EXPONENTS; shift++)
    wide_add(sum, by_exponent[shift], shift);
  return NT_OK;
}

/// 2 * count * value > sum, exactly.
static bool above_half_mean(uint32_t bits, size_t count, const wide_t *sum) {
  wide_t product = {{0}};
  wide_add(&product, 2 * (uint64_t)count * significand(bits), shift_of(bits));
  return wide_compare(&product, sum) > 0;
}

/// 2 * value > NT_TERNARY_SCALE_MIN; exact, because doubling a float in a double is.
static bool above_half_minimum(uint32_t bits) {
  return ldexp(significand(bits), (int)shift_of(bits) - 148) > NT_TERNARY_SCALE_MIN;
}

nt_status_t nt_ternary_quantise(const float *weights, size_t count, int8_t *codes, double *scale,
                                nt_error_t *err) {
  if (count == 0 || count > COUNT_MAX)
    return nt_fail(err, NT_ERR_ARG, "%zu weights, allowed 1..2^38", count);
  wide_t sum;
  const nt_status_t status = sum_magnitudes(weights, count, &sum, err);
  if (status != NT_OK)
    return status;
  const double mean = wide_to_double(&sum) / (double)count;
  const bool clamped = mean < NT_TERNARY_SCALE_MIN;
  *scale = clamped ? NT_TERNARY_SCALE_MIN : mean;

  uint32_t below = 0; // zero is never above
  uint32_t threshold = INFINITY_BITS;
  while (threshold - below > 1) {
    const uint32_t middle = below + (threshold - below) / 2;
    const bool above = clamped ? above_half_minimum(middle) : above_half_mean(middle, count, &sum);
    if (above)
      threshold = middle;
    else
      below = middle;
  }
  for (size_t k = 0; k < count; k++) {
    if (magnitude_bits(weights[k]) >= threshold)
      codes[k] = weights[k] < 0 ? -1 : 1;
    else
      codes[k] = 0;
  }
  return NT_OK;
}
