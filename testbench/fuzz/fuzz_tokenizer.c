// SPDX-License-Identifier: Apache-2.0
// tokenizer.model, and the image section of that name, which holds the same bytes.
#include "nt_fuzz.h"
#include "nt_fuzz_use_tokenizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  nt_fuzz_begin();
  nt_fuzz_use_tokenizer(data, size);
  return 0;
}
