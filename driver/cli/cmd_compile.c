// SPDX-License-Identifier: Apache-2.0
// neurotile compile: checkpoint folder to image file, with a report of what quantisation did.
#include "nt_bundle.h"
#include "nt_commands.h"

#include <inttypes.h>
#include <stdio.h>

static void print_report(const nt_quantise_report_t *report) {
  (void)printf("calibrated on %zu tokens; %.1f %% of the ternary weights and %.1f %% of the code "
               "spikes are zero\n\n",
               report->tokens, 100 * report->weight_zeros, 100 * report->spike_zeros);
  (void)printf("%-24s %12s %14s\n", "tensor", "largest", "unit");
  for (size_t i = 0; i < report->format_count; i++) {
    (void)printf("%-24s %12.4g %14.6g\n", report->formats[i].name, report->formats[i].largest,
                 report->formats[i].step);
  }
  uint64_t values = 0, saturated = 0;
  for (size_t i = 0; i < report->counter_count; i++) {
    values += report->counters[i].values;
    saturated += report->counters[i].saturated;
  }
  (void)printf("\n%" PRIu64 " of %" PRIu64 " narrowed values saturated on the calibration text\n",
               saturated, values);
}

nt_status_t nt_command_compile(const nt_options_t *options, nt_error_t *err) {
  if (options->model == NULL || options->out == NULL) {
    return nt_fail(err, NT_ERR_ARG, "compile needs --model FOLDER and --out FILE");
  }
  const size_t tokens =
      options->tokens == UINT64_MAX ? NT_CALIBRATION_TOKENS : (size_t)options->tokens;
  nt_image_t *image = NULL;
  nt_quantise_report_t *report = NULL;
  nt_status_t status = nt_bundle_compile(options->model, options->text, tokens, options->spread,
                                         &image, &report, err);
  if (status == NT_OK) {
    status = nt_image_save(image, options->out, err);
  }
  if (status == NT_OK && !options->quiet) {
    print_report(report);
    (void)printf("%s: %u tiles, content %08" PRIx32 "\n", options->out, image->tiles, image->crc);
  }
  nt_quantise_report_free(report);
  nt_image_free(image);
  return status;
}
