// SPDX-License-Identifier: Apache-2.0
// neurotile import: checkpoint folder to image, with a report of what quantisation and mapping did.
#include "nt_commands.h"
#include "nt_import_cache.h"
#include "nt_import_report.h"

#include <inttypes.h>
#include <stdio.h>

static void print_calibration(const nt_quantise_report_t *report) {
  (void)printf("\n%.1f %% of the ternary weights and %.1f %% of the code spikes are zero\n\n",
               100 * report->weight_zeros, 100 * report->spike_zeros);
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
    print_calibration(import->report);
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
