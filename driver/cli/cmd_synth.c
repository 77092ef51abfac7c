// SPDX-License-Identifier: Apache-2.0
// neurotile synth: a random checkpoint in the layout of the published ones.
#include "nt_commands.h"
#include "nt_stage_meter.h"
#include "nt_synth.h"

#include <inttypes.h>
#include <stdio.h>

nt_status_t nt_command_synth(const nt_options_t *options, nt_error_t *err) {
  if (options->like == NULL || options->out == NULL) {
    return nt_fail(err, NT_ERR_ARG, "synth needs --like NAME and --out DIR");
  }
  nt_stage_meter_t meter;
  nt_stage_meter_start(&meter, !options->quiet);
  const nt_listener_t listener = nt_stage_meter_listener(&meter);
  nt_synth_facts_t facts;
  nt_stage_meter_begin(&meter, "write");
  const nt_status_t status =
      nt_synth_write(options->like, options->out, options->seed, &listener, &facts, err);
  nt_stage_meter_end(&meter);
  if (status == NT_OK && !options->quiet) {
    (void)printf(
        "%s: %" PRIu64 " random parameters in %" PRIu32 " tensors, %" PRIu32 " file%s of weights\n",
        options->out, facts.parameters, facts.tensors, facts.files, facts.files > 1 ? "s" : "");
  }
  return status;
}
