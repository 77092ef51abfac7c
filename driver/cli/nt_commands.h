// SPDX-License-Identifier: Apache-2.0
// nt_commands: the sub-commands of `neurotile`. Each gets its checked options and returns a status,
// which becomes the exit code.
#ifndef NT_COMMANDS_H
#define NT_COMMANDS_H

#include "nt_options.h"

typedef struct nt_command {
  const char *name, *accepted, *help;
  nt_status_t (*run)(const nt_options_t *options, nt_error_t *err);
} nt_command_t;

nt_status_t nt_command_import(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_generate(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_levels(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_eval(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_sweep(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_bench(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_synth(const nt_options_t *options, nt_error_t *err);
nt_status_t nt_command_info(const nt_options_t *options, nt_error_t *err);

#endif
