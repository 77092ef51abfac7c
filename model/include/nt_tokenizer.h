// SPDX-License-Identifier: Apache-2.0
// nt_tokenizer: text to token ids and back, through the SentencePiece model of a checkpoint.
#ifndef NT_TOKENIZER_H
#define NT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// An open tokenizer. Opaque; safe to share for encoding and decoding.
typedef struct nt_tokenizer nt_tokenizer_t;

/// Opens the SentencePiece model file at `path` (usually `tokenizer.model`). `*out` is released
/// with nt_tokenizer_close. Errors: NT_ERR_IO unreadable; NT_ERR_FORMAT not a SentencePiece model.
nt_status_t nt_tokenizer_open(const char *path, nt_tokenizer_t **out, nt_error_t *err);

/// The same from `size` bytes in memory, which are not needed afterwards; `name` stands for the
/// path in messages.
nt_status_t nt_tokenizer_open_memory(const void *model, size_t size, const char *name,
                                     nt_tokenizer_t **out, nt_error_t *err);

/// Releases `tokenizer` (may be NULL).
void nt_tokenizer_close(nt_tokenizer_t *tokenizer);

/// Number of pieces; token ids are below it.
uint32_t nt_tokenizer_vocab_size(const nt_tokenizer_t *tokenizer);

/// Id of the begin / end mark of a text, or -1 where the model has none.
int32_t nt_tokenizer_bos(const nt_tokenizer_t *tokenizer);
int32_t nt_tokenizer_eos(const nt_tokenizer_t *tokenizer);

/// Compares the marks with those of a configuration, whose file `config` is named in messages:
/// where it has an id (`bos` or `eos` >= 0) the tokenizer must have the same; a negative id means
/// that the network does not use the mark. Errors: NT_ERR_FORMAT with both values.
nt_status_t nt_tokenizer_check_marks(const nt_tokenizer_t *tokenizer, const char *config,
                                     int32_t bos, int32_t eos, nt_error_t *err);

/// Encodes `length` bytes of UTF-8 at `text`, preceded by the begin mark if `add_bos`. Names of
/// marks and of byte pieces in the text are text. `*tokens`
/// [*count] is allocated with malloc and owned by the caller (released with free); it is NULL on
/// failure or when there are no tokens.
/// Errors: NT_ERR_RANGE the text is not UTF-8, or holds a character that no piece covers (`err`
/// names the character and its byte offset); NT_ERR_UNSUPPORTED begin mark asked for and absent;
/// NT_ERR_MEMORY.
nt_status_t nt_tokenizer_encode(const nt_tokenizer_t *tokenizer, const char *text, size_t length,
                                bool add_bos, uint32_t **tokens, size_t *count, nt_error_t *err);

/// A text being decoded token by token. Start from {0}. A piece may end within a character (byte
/// pieces do); such bytes are held back until the character is complete, so that whatever is
/// handed out is whole characters.
typedef struct nt_detokenizer {
  char held[4];   ///< first bytes of an incomplete character
  size_t pending; ///< how many of them, 0..3
  bool started;   ///< a text piece has been seen
} nt_detokenizer_t;

/// Decodes the next `token` of `stream` into `text` [capacity], terminated by a zero byte;
/// `*length` receives the bytes before it. Marks give no text. Bytes that cannot belong to UTF-8
/// become U+FFFD. Errors: NT_ERR_RANGE no such token, or `capacity` is too small (nothing is
/// written and the stream is unchanged; nt_tokenizer_text_max is always enough).
nt_status_t nt_tokenizer_decode(const nt_tokenizer_t *tokenizer, nt_detokenizer_t *stream,
                                uint32_t token, char *text, size_t capacity, size_t *length,
                                nt_error_t *err);

/// Ends the text: an incomplete character held back becomes one U+FFFD in `text` [4]; returns its
/// length in bytes, 0 or 3. The stream is then ready for a new text.
size_t nt_detokenizer_finish(nt_detokenizer_t *stream, char text[4]);

/// Capacity that suffices for every token of this tokenizer.
size_t nt_tokenizer_text_max(const nt_tokenizer_t *tokenizer);

#ifdef __cplusplus
}
#endif
#endif
