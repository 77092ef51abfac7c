// SPDX-License-Identifier: Apache-2.0
// neurotile import: checkpoint folder to image, with a report of what quantisation and mapping did.
#include "nt_commands.h"
#include "nt_import_cache.h"
#include "nt_import_report.h"
#include "nt_report_print.h"

#include <inttypes.h>
#include <stdio.h>

// Where the image goes: the file asked for, else the cache.
static nt_status_t choose_path(const nt_import_t *import, const nt_options_t *options,
                               nt_stage_meter_t *meter, char path[NT_CACHE_PATH_SIZE],
                               nt_error_t *err) {
  if (options->out != NULL) {
    (void)snprintf(path, NT_CACHE_PATH_SIZE, "%s", options->out);
    return NT_OK;
  }
  const nt_listener_t listener = nt_stage_meter_listener(meter);
  char key[NT_CACHE_KEY_SIZE];
  nt_stage_meter_begin(meter, "hash");
  const nt_status_t status = nt_import_cache_key(import, &listener, key, err);
  return status == NT_OK ? nt_import_cache_path(options->cache, key, path, err) : status;
}

static nt_status_t import_folder(nt_import_t *import, const nt_options_t *options,
                                 nt_stage_meter_t *meter, nt_error_t *err) {
  nt_import_settings_t settings = {
      .text = options->text, .tokens = NT_CALIBRATION_TOKENS, .spread = options->spread};
  if (options->tokens != UINT64_MAX) {
    settings.tokens = (size_t)options->tokens;
  }
  char path[NT_CACHE_PATH_SIZE];
  nt_stage_meter_begin(meter, "open");
  nt_status_t status = nt_import_open(import, options->model, &settings, err);
  if (status == NT_OK && meter->lines) {
    nt_import_report_network(import);
  }
  if (status == NT_OK) {
    status = choose_path(import, options, meter, path, err);
  }
  if (status == NT_OK) {
    status = nt_import_run(import, meter, err);
  }
  if (status == NT_OK) {
    nt_stage_meter_begin(meter, "save");
    const nt_listener_t listener = nt_stage_meter_listener(meter);
    status = nt_image_save_listened(import->image, path, &listener, err);
    nt_stage_meter_end(meter);
  }
  if (status == NT_OK && options->out == NULL) {
    nt_import_cache_trim(path);
  }
  if (status == NT_OK && meter->lines) {
    (void)printf("\n");
    nt_report_print(stdout, import->report);
    nt_import_report_map(import);
    (void)printf("\n%s: %u tiles, content %08" PRIx32 "\n", path, import->image->tiles,
                 import->image->crc);
  }
  return status;
}

nt_status_t nt_command_import(const nt_options_t *options, nt_error_t *err) {
  if (options->model == NULL) {
    return nt_fail(err, NT_ERR_ARG, "import needs a folder: neurotile import DIR [--out FILE]");
  }
  nt_import_t import = {.folder = NULL};
  nt_stage_meter_t meter;
  nt_stage_meter_start(&meter, !options->quiet);
  nt_status_t status = import_folder(&import, options, &meter, err);
  nt_progress_clear(&meter.line);
  if (status == NT_OK && options->report != NULL) {
    status = nt_import_report_write(&import, &meter, options->report, err);
  }
  nt_import_close(&import);
  return status;
}
