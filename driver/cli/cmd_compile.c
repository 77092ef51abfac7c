// SPDX-License-Identifier: Apache-2.0
// neurotile compile: checkpoint folder to image file, with a report of what quantisation did.
#include "nt_bundle.h"
#include "nt_commands.h"
#include "nt_report_print.h"

#include <inttypes.h>
#include <stdio.h>

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
    nt_report_print(stdout, report);
    (void)printf("%s: %u tiles, content %08" PRIx32 "\n", options->out, image->tiles, image->crc);
  }
  nt_quantise_report_free(report);
  nt_image_free(image);
  return status;
}
