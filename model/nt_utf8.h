// SPDX-License-Identifier: Apache-2.0
// nt_utf8: the shape of UTF-8 characters (private to the library).
#ifndef NT_UTF8_H
#define NT_UTF8_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What stands at the start of a byte string.
typedef enum nt_utf8_kind {
  NT_UTF8_CHARACTER,  ///< a whole character
  NT_UTF8_INCOMPLETE, ///< the first bytes of a character; more may follow
  NT_UTF8_INVALID     ///< bytes that no continuation can make a character
} nt_utf8_kind_t;

/// Classifies the start of `text` [length], length >= 1. `*size` receives the bytes concerned: of
/// the character, of the incomplete start (all of them), or of the invalid prefix. Overlong
/// forms, surrogates and values above U+10FFFF are invalid.
nt_utf8_kind_t nt_utf8_next(const char *text, size_t length, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
