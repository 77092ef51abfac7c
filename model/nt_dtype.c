// SPDX-License-Identifier: Apache-2.0
#include "nt_dtype.h"

#include <stdint.h>
#include <string.h>

bool nt_dtype_parse(const char *name, nt_dtype_t *dtype) {
  static const struct {
    const char *name;
    nt_dtype_t dtype;
  } known[] = {{"F32", NT_DTYPE_F32}, {"BF16", NT_DTYPE_BF16}, {"F16", NT_DTYPE_F16}};
  for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
    if (strcmp(name, known[k].name) == 0) {
      *dtype = known[k].dtype;
      return true;
    }
  }
  return false;
}

size_t nt_dtype_size(nt_dtype_t dtype) {
  return dtype == NT_DTYPE_F32 ? 4 : 2;
}

static float float_of_bits(uint32_t bits) {
  float value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static uint32_t load_u16(const unsigned char *bytes) {
  return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

/// binary16: sign, 5 exponent bits biased by 15, 10 fraction bits.
static float widen_half(uint32_t half) {
  const uint32_t sign = (half & 0x8000U) << 16;
  const uint32_t exponent = half >> 10 & 0x1FU;
  const uint32_t fraction = half & 0x3FFU;
  if (exponent == 0x1FU)
    return float_of_bits(sign | 0x7F800000U | fraction << 13);
  if (exponent == 0) { // zero and subnormals: fraction * 2^-24
    const float magnitude = (float)fraction * 0x1p-24F;
    return sign != 0 ? -magnitude : magnitude;
  }
  return float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
}

void nt_dtype_widen(nt_dtype_t dtype, const unsigned char *bytes, float *dst, size_t count) {
  switch (dtype) {
  case NT_DTYPE_F32:
    for (size_t k = 0; k < count; k++)
      dst[k] = float_of_bits(load_u16(bytes + 4 * k) | load_u16(bytes + 4 * k + 2) << 16);
    break;
  case NT_DTYPE_BF16:
    for (size_t k = 0; k < count; k++)
      dst[k] = float_of_bits(load_u16(bytes + 2 * k) << 16);
    break;
  case NT_DTYPE_F16:
    for (size_t k = 0; k < count; k++)
      dst[k] = widen_half(load_u16(bytes + 2 * k));
    break;
  }
}
