// SPDX-License-Identifier: Apache-2.0
// neurotile bench: cycles against the bound, lane utilisation, the engine's share, simulation
// speed, the prices of the checks and of waves, and the effect of sparser spikes. Every figure is a
// ratio or comes with the count it was made from; formulas are in docs/benchmarks.md.
#include "nt_bench_speed.h"
#include "nt_bench_spikes.h"
#include "nt_bench_waves.h"
#include "nt_bundle.h"
#include "nt_clock.h"
#include "nt_commands.h"
#include "nt_json_file.h"
#include "nt_mapper.h"
#include "nt_meter.h"
#include "nt_progress_listener.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 16 };
static const nt_qmodel_shape_t layer_shape = {1024, 2816,  1,
                                              128,  false, false}; // one layer of the 370M network
static const nt_qmodel_shape_t small_shape = {32, 32, 1, 32, false, false};

// ---- cycles ----

static const char *const step_work[12] = {"x and squares out",     "norm of x", "codes to i, f, g",
                                          "i, f, g: gates, state", "norm of v", "codes to o",
                                          "o: residual",           "norm of x", "codes to gate, up",
                                          "gate, up: product",     "norm of v", "codes to down"};

static void print_step(const char *name, const nt_meter_step_t *s) {
  (void)printf("  %-24s %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %12.3f\n", name,
               s->cycles, s->bound, s->stall_cycles, s->engine_cycles,
               s->cycles > 0 ? (double)s->bound / (double)s->cycles : 0.0);
}

typedef struct profile {
  nt_meter_step_t layer; // sum over the 12 steps of one layer, or over a token
  nt_meter_step_t token;
} profile_t;

static nt_status_t run_token(nt_system_t *system, const nt_layout_t *layout, uint32_t token,
                             nt_meter_t *meter, bool print, profile_t *profile, nt_error_t *err) {
  nt_spike_t *spikes = malloc(nt_layout_token_spikes_max(layout) * sizeof *spikes);
  size_t count = 0;
  nt_status_t status = spikes != NULL ? nt_layout_token_spikes(layout, token, spikes, &count, err)
                                      : nt_fail(err, NT_ERR_MEMORY, "bench: out of memory");
  if (status == NT_OK) {
    status = nt_system_inject(system, spikes, count, err);
  }
  free(spikes);
  for (uint32_t step = 0; step < layout->steps_per_token && status == NT_OK; step++) {
    nt_meter_step_t s;
    status = nt_system_step(system, err);
    if (status == NT_OK && meter != NULL) {
      status = nt_meter_read(meter, &s, err);
    }
    if (status == NT_OK && meter != NULL) {
      nt_meter_add(&profile->token, &s);
      if (step >= 1 && step <= 12) {
        nt_meter_add(&profile->layer, &s);
      }
      if (print && step >= 1 && step <= 12) {
        print_step(step_work[step % 12], &s);
      }
    }
  }
  return status;
}

static void print_ratios(const char *what, const nt_meter_step_t *s, cJSON *json) {
  const double phase = (double)s->core_phase, cycles = (double)s->cycles;
  const double synapse = phase > 0 ? (double)s->core_words / phase : 0,
               rows = phase > 0 ? (double)s->core_rows / phase : 0,
               whole = cycles > 0 ? (double)s->bound / cycles : 0;
  const double engine = cycles > 0 ? (double)s->engine_cycles / cycles : 0;
  (void)printf("  %s: %" PRIu64 " cycles, bound %" PRIu64
               "; lane utilisation %.3f in the synapse phase (target 0.90), %.3f over all cycles"
               " (target 0.80); rows per cycle in the synapse phase %.3f; neuron engine busy %.3f "
               "of all cycles (target under 0.25)\n",
               what, s->cycles, s->bound, synapse, whole, rows, engine);
  cJSON *item = cJSON_AddObjectToObject(json, what);
  (void)cJSON_AddNumberToObject(item, "cycles", cycles);
  (void)cJSON_AddNumberToObject(item, "bound", (double)s->bound);
  (void)cJSON_AddNumberToObject(item, "utilisation_synapse_phase", synapse);
  (void)cJSON_AddNumberToObject(item, "utilisation_all_cycles", whole);
  (void)cJSON_AddNumberToObject(item, "rows_per_cycle", rows);
  (void)cJSON_AddNumberToObject(item, "engine_share", engine);
}

// ---- the parts ----

static nt_status_t profile_image(const char *what, const nt_image_t *image,
                                 const nt_layout_t *layout, bool print_steps, uint64_t max_cycles,
                                 size_t tokens, cJSON *json, nt_error_t *err) {
  const nt_session_options_t options = {
      .backend = NT_BACKEND_RTL, .check = false, .max_cycles = max_cycles};
  nt_session_t *session = NULL;
  nt_meter_t *meter = NULL;
  profile_t profile = {{0}, {0}};
  nt_status_t status = nt_session_open(image, &options, &session, err);
  if (status == NT_OK) {
    status = run_token(nt_session_system(session), layout, 3, NULL, false, NULL, err);
  }
  if (status == NT_OK) {
    status = nt_meter_open(nt_session_system(session), &meter, err);
  }
  if (status == NT_OK && print_steps) {
    (void)printf("  %-24s %8s %8s %8s %8s %12s\n", "timestep", "cycles", "bound", "stalls",
                 "engine", "bound/cycles");
  }
  for (size_t i = 0; i < tokens && status == NT_OK; i++) {
    status = run_token(nt_session_system(session), layout, (uint32_t)(5 + i) % layout->vocab, meter,
                       print_steps && i == 0, &profile, err);
  }
  if (status == NT_OK) {
    print_ratios(what, print_steps ? &profile.layer : &profile.token, json);
  }
  nt_meter_close(meter);
  nt_session_close(session);
  return status;
}

// What all parts share.
typedef struct bench {
  const nt_options_t *options;
  size_t tokens;
  const nt_listener_t *listener;
  nt_bench_waves_t waves;
  cJSON *json;
} bench_t;

static nt_status_t bench_speed(const bench_t *bench, const char *name, size_t tokens,
                               const nt_image_t *image, nt_error_t *err) {
  const nt_bench_speed_t speed = {.name = name,
                                  .tokens = tokens > 0 ? tokens : 1,
                                  .turns = (size_t)bench->options->turns,
                                  .max_cycles = bench->options->max_cycles,
                                  .listener = bench->listener};
  return nt_bench_speed(&speed, image, bench->json, err);
}

// Tiles filled completely.
static nt_status_t make_network(const nt_qmodel_shape_t *shape, uint64_t seed, nt_image_t **image,
                                nt_layout_t **layout, nt_error_t *err) {
  const nt_mapper_options_t mapper = {.params = nt_params_default(), .spread = 0};
  nt_qmodel_t *qmodel = NULL;
  nt_status_t status = nt_qmodel_random(shape, seed, &qmodel, err);
  if (status == NT_OK) {
    status = nt_mapper_compile(qmodel, &mapper, image, layout, err);
  }
  if (status == NT_OK) {
    status = nt_qmodel_store(qmodel, *image, err);
  }
  nt_qmodel_free(qmodel);
  return status;
}

static nt_status_t bench_layer(const bench_t *bench, nt_error_t *err) {
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  nt_status_t status = make_network(&layer_shape, bench->options->seed, &image, &layout, err);
  if (status == NT_OK) {
    (void)printf("dense layer: hidden %u, intermediate %u (one layer of the 370M network, random "
                 "ternary weights), %u tiles\n",
                 layer_shape.hidden, layer_shape.intermediate, image->tiles);
    status = profile_image("layer", image, layout, true, bench->options->max_cycles, 1, bench->json,
                           err);
  }
  if (status == NT_OK) {
    status = bench_speed(bench, "layer speed", bench->tokens / 4, image, err);
  }
  nt_layout_free(layout);
  nt_image_free(image);
  return status;
}

static nt_status_t bench_small(const bench_t *bench, nt_error_t *err) {
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  nt_status_t status = make_network(&small_shape, bench->options->seed, &image, &layout, err);
  if (status == NT_OK) {
    (void)printf("\nsmall network: hidden %u, intermediate %u, %u layers, vocabulary %u (random "
                 "ternary weights), %u tiles\n",
                 small_shape.hidden, small_shape.intermediate, small_shape.layers,
                 small_shape.vocab, image->tiles);
    status = bench_speed(bench, "small speed", 8 * bench->tokens, image, err);
  }
  nt_layout_free(layout);
  nt_image_free(image);
  return status;
}

static nt_status_t bench_model(const bench_t *bench, nt_error_t *err) {
  const nt_options_t *options = bench->options;
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  nt_status_t status = nt_bundle_open(options, &image, err);
  if (status == NT_OK) {
    status = nt_layout_load(image, &layout, err);
  }
  if (status == NT_OK) {
    (void)printf("\nwhole model %s: hidden %u, %u layers, %u tiles\n", options->model,
                 layout->hidden, layout->layers, image->tiles);
    status = profile_image("model", image, layout, false, options->max_cycles, bench->tokens,
                           bench->json, err);
  }
  if (status == NT_OK) {
    status = bench_speed(bench, "model speed", bench->tokens / 2, image, err);
  }
  if (status == NT_OK) {
    status = nt_bench_waves(&bench->waves, image, bench->json, err);
  }
  nt_layout_free(layout);
  nt_image_free(image);
  return status;
}

static nt_status_t bench_sparsity(const bench_t *bench, nt_error_t *err) {
  uint64_t full = 0, half = 0;
  const nt_status_t status = nt_bench_spikes(bench->options->max_cycles, &full, &half, err);
  if (status == NT_OK) {
    (void)printf("\nspikes: 1024 spikes into 7-line lists take %" PRIu64
                 " synapse cycles, 512 take %" PRIu64 ": ratio %.3f\n",
                 full, half, (double)half / (double)full);
    (void)cJSON_AddNumberToObject(bench->json, "half_spikes_ratio", (double)half / (double)full);
  }
  return status;
}

nt_status_t nt_command_bench(const nt_options_t *options, nt_error_t *err) {
  static nt_status_t (*const parts[])(const bench_t *, nt_error_t *) = {
      bench_layer, bench_small, bench_model, bench_sparsity};
  const double start = nt_clock_now();
  nt_progress_listener_t progress;
  nt_progress_listen(&progress);
  const nt_listener_t *listener = options->quiet ? NULL : &progress.listener;
  const bench_t bench = {.options = options,
                         .tokens = options->tokens == UINT64_MAX ? DEFAULT_TOKENS
                                                                 : (size_t)options->tokens,
                         .listener = listener,
                         .waves = {.none = options->no_waves,
                                   .other = options->other_waves,
                                   .turns = (size_t)options->turns,
                                   .listener = listener},
                         .json = cJSON_CreateObject()};
  nt_status_t status = nt_bench_waves_check(&bench.waves, err);
  for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == NT_OK; i++) {
    status = parts[i](&bench, err);
  }
  nt_progress_listen_end(&progress);
  if (status == NT_OK && options->summary != NULL) {
    status = nt_json_file_write(options->summary, bench.json, err);
  } else {
    cJSON_Delete(bench.json);
  }
  if (status == NT_OK) {
    (void)printf("\nbench took %.0f s\n", nt_clock_now() - start);
  }
  return status;
}
