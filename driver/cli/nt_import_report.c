// SPDX-License-Identifier: Apache-2.0
#include "nt_import_report.h"

#include "nt_json_file.h"
#include "nt_report_print.h"

#include <inttypes.h>
#include <stdio.h>

// ---- text ---------------------------------------------------------------------------------------

void nt_import_report_network(const nt_import_t *import) {
  const nt_model_config_t *config = nt_checkpoint_config(import->checkpoint);
  const size_t files = nt_checkpoint_file_count(import->checkpoint);
  (void)printf("network        %" PRIu64 " parameters in %zu tensors, %s, %zu file%s\n",
               nt_checkpoint_parameter_count(import->checkpoint),
               nt_checkpoint_tensor_count(config), nt_checkpoint_dtype(import->checkpoint), files,
               files == 1 ? "" : "s");
  (void)printf("               hidden %" PRIu32 ", layers %" PRIu32 ", intermediate %" PRIu32
               ", vocabulary %" PRIu32 ", lower bounds %s\n",
               config->hidden_size, config->num_hidden_layers, config->intermediate_size,
               config->vocab_size, config->use_lower_bound ? "yes" : "no");
  (void)printf("calibration    %zu tokens of %s\n", import->token_count, import->text_name);
  (void)fflush(stdout);
}

static void print_usage(const char *name, const nt_map_usage_t *usage) {
  (void)printf("%-14s %6" PRIu32 " to %6" PRIu32 " a core, mean %8.1f, of %6" PRIu32
               " (fullest core %5.1f %%)\n",
               name, usage->min, usage->max, usage->mean, usage->capacity,
               100.0 * usage->max / usage->capacity);
}

void nt_import_report_map(const nt_import_t *import) {
  const nt_map_report_t *map = &import->map;
  (void)printf("\nternary        %" PRIu64 " weights, %.1f %% of them zero\n", map->weights,
               100 * map->weight_zeros);
  (void)printf("tiles, cores   %" PRIu32 " tiles; %" PRIu32 " of %" PRIu32 " cores in use\n",
               map->tiles, map->cores_used, map->tiles * map->cores_per_tile);
  print_usage("pool words", &map->pool);
  print_usage("instructions", &map->program);
  print_usage("lines", &map->lines);
  print_usage("axons", &map->axons);
  (void)printf("timesteps      %" PRIu32 " a token\n", map->steps_per_token);
  (void)printf("spikes         at most %" PRIu64 " messages a token, about %.0f on the calibration "
               "text\n",
               map->spikes_most, map->spikes_typical);
  (void)printf("\n%-28s %14s %14s\n", "overflow proof", "largest", "must be below");
  for (uint32_t k = 0; k < map->bounds; k++) {
    (void)printf("%-28s %14" PRIu64 " %14" PRIu64 "\n", map->bound[k].name, map->bound[k].largest,
                 map->bound[k].limit);
  }
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_number(cJSON *to, const char *name, double value) {
  (void)cJSON_AddNumberToObject(to, name, value);
}

static void add_network(const nt_import_t *import, cJSON *root) {
  const nt_model_config_t *config = nt_checkpoint_config(import->checkpoint);
  cJSON *network = cJSON_AddObjectToObject(root, "network");
  add_number(network, "parameters", (double)nt_checkpoint_parameter_count(import->checkpoint));
  add_number(network, "tensors", (double)nt_checkpoint_tensor_count(config));
  add_number(network, "files", (double)nt_checkpoint_file_count(import->checkpoint));
  (void)cJSON_AddStringToObject(network, "dtype", nt_checkpoint_dtype(import->checkpoint));
  add_number(network, "hidden_size", config->hidden_size);
  add_number(network, "num_hidden_layers", config->num_hidden_layers);
  add_number(network, "intermediate_size", config->intermediate_size);
  add_number(network, "vocab_size", config->vocab_size);
  (void)cJSON_AddBoolToObject(network, "lower_bounds", config->use_lower_bound);
}

static void add_calibration(const nt_import_t *import, cJSON *root) {
  cJSON *calibration = nt_report_json(import->report);
  (void)cJSON_AddStringToObject(calibration, "text", import->text_name);
  (void)cJSON_AddItemToObject(root, "calibration", calibration);
}

static void add_usage(cJSON *to, const char *name, const nt_map_usage_t *usage) {
  cJSON *object = cJSON_AddObjectToObject(to, name);
  add_number(object, "min", usage->min);
  add_number(object, "mean", usage->mean);
  add_number(object, "max", usage->max);
  add_number(object, "capacity", usage->capacity);
}

static void add_map(const nt_import_t *import, cJSON *root) {
  const nt_map_report_t *map = &import->map;
  cJSON *object = cJSON_AddObjectToObject(root, "map");
  add_number(object, "ternary_weights", (double)map->weights);
  add_number(object, "weight_zeros", map->weight_zeros);
  add_number(object, "tiles", map->tiles);
  add_number(object, "cores_per_tile", map->cores_per_tile);
  add_number(object, "cores_used", map->cores_used);
  add_usage(object, "pool_words", &map->pool);
  add_usage(object, "instructions", &map->program);
  add_usage(object, "lines", &map->lines);
  add_usage(object, "axons", &map->axons);
  add_number(object, "timesteps_per_token", map->steps_per_token);
  add_number(object, "spikes_most", (double)map->spikes_most);
  add_number(object, "spikes_typical", map->spikes_typical);
  cJSON *bounds = cJSON_AddArrayToObject(object, "bounds");
  for (uint32_t k = 0; k < map->bounds; k++) {
    cJSON *bound = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(bound, "name", map->bound[k].name);
    add_number(bound, "largest", (double)map->bound[k].largest);
    add_number(bound, "limit", (double)map->bound[k].limit);
    (void)cJSON_AddItemToArray(bounds, bound);
  }
}

nt_status_t nt_import_report_write(const nt_import_t *import, const nt_stage_meter_t *meter,
                                   const char *path, nt_error_t *err) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(root, "folder", import->folder);
  add_network(import, root);
  nt_stage_meter_report(meter, root);
  add_calibration(import, root);
  add_map(import, root);
  return nt_json_file_write(path, root, err);
}
