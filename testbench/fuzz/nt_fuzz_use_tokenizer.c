// SPDX-License-Identifier: Apache-2.0
#include "nt_fuzz_use_tokenizer.h"

#include "nt_fuzz.h"
#include "nt_tokenizer.h"

#include <stdlib.h>
#include <string.h>

static void encode(const nt_tokenizer_t *tokenizer, const char *text) {
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_error_t err = {.status = NT_OK};
  const nt_status_t status =
      nt_tokenizer_encode(tokenizer, text, strlen(text), false, &tokens, &count, &err);
  (void)nt_fuzz_answer(status, &err, "tokenizer.model"); // pieces may lack a character
  for (size_t k = 0; k < count; k++)
    nt_fuzz_require(tokens[k] < nt_tokenizer_vocab_size(tokenizer), "a token is out of range");
  free(tokens);
}

static void decode_all(const nt_tokenizer_t *tokenizer) {
  const size_t capacity = nt_tokenizer_text_max(tokenizer);
  char *text = malloc(capacity);
  nt_fuzz_require(text != NULL, "no memory for a piece");
  nt_detokenizer_t stream = {0};
  for (uint32_t token = 0; token < nt_tokenizer_vocab_size(tokenizer); token++) {
    size_t length = 0;
    nt_error_t err = {.status = NT_OK};
    const nt_status_t status =
        nt_tokenizer_decode(tokenizer, &stream, token, text, capacity, &length, &err);
    nt_fuzz_require(status == NT_OK, "a token below the vocabulary's size is not decoded");
    nt_fuzz_require(length < capacity && text[length] == '\0', "a decoded piece is not ended");
  }
  free(text);
}

void nt_fuzz_use_tokenizer(const uint8_t *data, size_t size) {
  nt_tokenizer_t *tokenizer = NULL;
  nt_error_t err = {.status = NT_OK};
  if (!nt_fuzz_verdict(nt_tokenizer_open_memory(data, size, "tokenizer.model", &tokenizer, &err),
                       &err, "tokenizer.model"))
    return;
  encode(tokenizer, "a ab");
  encode(tokenizer, "\xC3\xA9\n");
  decode_all(tokenizer);
  nt_tokenizer_close(tokenizer);
}
