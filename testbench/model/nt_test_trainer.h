// SPDX-License-Identifier: Apache-2.0
// nt_test_trainer: small tokenizers for tests, trained on the spot by the SentencePiece library.
#ifndef NT_TEST_TRAINER_H
#define NT_TEST_TRAINER_H

#include "nt_tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Byte-fallback BPE of 400 pieces as the published models use it (a space goes before the text),
/// and as model/train makes it (none does, and the line end is a symbol of its own).
#define NT_TEST_PUBLISHED "--add_dummy_prefix=true"
#define NT_TEST_TRAINED "--add_dummy_prefix=false --user_defined_symbols=\n"

/// Trains on the lines of `text` with `options` beside those that all byte-fallback models share.
/// `*size` receives the length of the model file returned, which is released with free. NULL if the
/// trainer fails.
char *nt_test_train(const char *text, const char *options, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
