// SPDX-License-Identifier: Apache-2.0
// nt_config: reads and checks `config.json` of a checkpoint (private to the library).
#ifndef NT_CONFIG_H
#define NT_CONFIG_H

#include "nt_checkpoint.h"

/// What a configuration says about the forget gate's lower bound.
typedef enum nt_lower_bound {
  NT_LOWER_BOUND_UNSAID,
  NT_LOWER_BOUND_OFF,
  NT_LOWER_BOUND_ON
} nt_lower_bound_t;

/// Reads the file at `path` into `config`, with the published defaults for absent fields.
/// `config->use_lower_bound` is left to the caller, who knows which tensors there are; `*bound`
/// receives what the file says.
nt_status_t nt_config_load(const char *path, nt_model_config_t *config, nt_lower_bound_t *bound,
                           nt_error_t *err);

#endif
