// SPDX-License-Identifier: Apache-2.0
// nt_nll FOLDER TEXT: what the float reference (L0, in double) makes of a text file, read from the
// begin mark on. Prints the number of tokens predicted and their summed negative log likelihood in
// nats.
#include "nt_checkpoint.h"
#include "nt_float_model.h"
#include "nt_tokenizer.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_MAX = 1 << 20 };

static nt_status_t evaluate(const char *folder, const char *text, size_t length,
                            nt_perplexity_t *sum, nt_error_t *err) {
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/tokenizer.model", folder);
  nt_checkpoint_t *checkpoint = NULL;
  nt_float_model_t *model = NULL;
  nt_float_run_t *run = NULL;
  nt_tokenizer_t *tokenizer = NULL;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_status_t status = nt_checkpoint_open(folder, &checkpoint, err);
  if (status == NT_OK) {
    status = nt_float_model_load(checkpoint, &model, err);
  }
  if (status == NT_OK) {
    status = nt_float_run_init(model, NT_FLOAT64, &run, err);
  }
  if (status == NT_OK) {
    status = nt_tokenizer_open(path, &tokenizer, err);
  }
  if (status == NT_OK) {
    status = nt_tokenizer_encode(tokenizer, text, length, true, &tokens, &count, err);
  }
  if (status == NT_OK) {
    status = nt_float_run_evaluate(run, tokens, count, sum, err);
  }
  free(tokens);
  nt_tokenizer_close(tokenizer);
  nt_float_run_free(run);
  nt_float_model_free(model);
  nt_checkpoint_close(checkpoint);
  return status;
}

int main(int argc, char **argv) {
  static char text[TEXT_MAX];
  FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
  if (file == NULL) {
    (void)fprintf(stderr, "usage: nt_nll FOLDER TEXT\n");
    return NT_ERR_ARG;
  }
  const size_t length = fread(text, 1, sizeof text, file);
  (void)fclose(file);
  nt_perplexity_t sum = {0};
  nt_error_t err = {NT_OK, ""};
  const nt_status_t status = evaluate(argv[1], text, length, &sum, &err);
  if (status != NT_OK) {
    (void)fprintf(stderr, "nt_nll: %s\n", err.text);
    return (int)status;
  }
  (void)printf("%zu %.17g\n", sum.tokens, sum.nll);
  return 0;
}
