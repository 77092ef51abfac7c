// SPDX-License-Identifier: Apache-2.0
// config.json of a checkpoint.
#include "nt_config.h"
#include "nt_fuzz.h"

static bool in_range(uint32_t value, uint32_t largest) {
  return value >= 1 && value <= largest;
}

static bool is_token(int32_t token, uint32_t vocab_size) {
  return token == NT_TOKEN_NONE || (token >= 0 && (uint32_t)token < vocab_size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[NT_FUZZ_PATH_MAX];
  nt_model_config_t config;
  nt_lower_bound_t bound = NT_LOWER_BOUND_UNSAID;
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_begin();
  nt_fuzz_write("config.json", data, size);
  nt_fuzz_path(path, "config.json");
  if (!nt_fuzz_verdict(nt_config_load(path, &config, &bound, &err), &err, path))
    return 0;
  // The ranges of nt_checkpoint.h.
  nt_fuzz_require(in_range(config.vocab_size, 1048576), "vocab_size is out of range");
  nt_fuzz_require(in_range(config.hidden_size, 65536), "hidden_size is out of range");
  nt_fuzz_require(in_range(config.num_hidden_layers, 1024), "num_hidden_layers is out of range");
  nt_fuzz_require(in_range(config.intermediate_size, 1048576), "intermediate_size is out of range");
  nt_fuzz_require(config.rms_norm_eps > 0 && config.rms_norm_eps < 1, "rms_norm_eps out of range");
  nt_fuzz_require(is_token(config.bos_token_id, config.vocab_size), "bos_token_id out of range");
  nt_fuzz_require(is_token(config.eos_token_id, config.vocab_size), "eos_token_id out of range");
  return 0;
}
