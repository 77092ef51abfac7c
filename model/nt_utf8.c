// SPDX-License-Identifier: Apache-2.0
#include "nt_utf8.h"

/// Well-formed sequences by lead byte, after table 3-7 of the Unicode standard: total length and
/// the range of the second byte. Later bytes are 80..BF.
typedef struct lead {
  unsigned char first, last;
  unsigned char size;
  unsigned char second_min, second_max;
} lead_t;

static const lead_t LEADS[] = {
    {0x00, 0x7F, 1, 0, 0},       {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF},
    {0xE1, 0xEC, 3, 0x80, 0xBF}, {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF},
    {0xF0, 0xF0, 4, 0x90, 0xBF}, {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const lead_t *find_lead(unsigned char byte) {
  for (size_t k = 0; k < sizeof LEADS / sizeof LEADS[0]; k++) {
    if (byte >= LEADS[k].first && byte <= LEADS[k].last)
      return &LEADS[k];
  }
  return NULL;
}

nt_utf8_kind_t nt_utf8_next(const char *text, size_t length, size_t *size) {
  const lead_t *lead = find_lead((unsigned char)text[0]);
  *size = 1;
  if (lead == NULL)
    return NT_UTF8_INVALID;
  for (; *size < lead->size; ++*size) {
    if (*size == length)
      return NT_UTF8_INCOMPLETE;
    const unsigned char byte = (unsigned char)text[*size];
    const unsigned char low = *size == 1 ? lead->second_min : 0x80;
    const unsigned char high = *size == 1 ? lead->second_max : 0xBF;
    if (byte < low || byte > high)
      return NT_UTF8_INVALID;
  }
  return NT_UTF8_CHARACTER;
}
