// SPDX-License-Identifier: Apache-2.0
// nt_fuzz_use_tokenizer: opens a SentencePiece model and uses it.
#ifndef NT_FUZZ_USE_TOKENIZER_H
#define NT_FUZZ_USE_TOKENIZER_H

#include <stddef.h>
#include <stdint.h>

/// Opens the model in `data` [size], encodes a text, decodes every token.
void nt_fuzz_use_tokenizer(const uint8_t *data, size_t size);

#endif
