// SPDX-License-Identifier: Apache-2.0
// neurotile bench: cycles against the bound, lane utilisation, the engine's share, simulation speed
// with and without the checks, and the effect of sparser spikes. Every figure is a ratio or comes
// with the count it was made from; formulas are in docs/benchmarks.md.
#include "nt_bench_spikes.h"
#include "nt_bundle.h"
#include "nt_clock.h"
#include "nt_commands.h"
#include "nt_json_file.h"
#include "nt_mapper.h"
#include "nt_meter.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 16 };
static const nt_qmodel_shape_t layer_shape = {1024, 2816,  1,
                                              128,  false, false}; // one layer of the 370M network

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

// ---- speed ----

// Seconds of a few tokens without any check, after one token of warm-up.
static nt_status_t time_system(const nt_image_t *image, const nt_layout_t *layout,
                               nt_backend_t backend, size_t tokens, uint64_t max_cycles,
                               double *seconds, uint64_t *synops, uint64_t *cycles,
                               nt_error_t *err) {
  const nt_session_options_t options = {
      .backend = backend, .check = false, .max_cycles = max_cycles};
  nt_session_t *session = NULL;
  int32_t *logits = calloc(layout->vocab, sizeof *logits);
  nt_status_t status = logits == NULL ? nt_fail(err, NT_ERR_MEMORY, "bench: out of memory")
                                      : nt_session_open(image, &options, &session, err);
  uint64_t before = 0, cycles_before = 0;
  for (size_t i = 0; i <= tokens && status == NT_OK; i++) {
    if (i == 1) {
      *seconds = nt_session_stats(session).seconds;
      cycles_before = nt_session_stats(session).tile_cycles;
      status = nt_session_counter(session, NT_COUNTER_SYNOPS, &before, err);
    }
    if (status == NT_OK) {
      status = nt_session_token(session, (uint32_t)(i % layout->vocab), logits, err);
    }
  }
  if (status == NT_OK) {
    *seconds = nt_session_stats(session).seconds - *seconds;
    *cycles = nt_session_stats(session).tile_cycles - cycles_before;
    status = nt_session_counter(session, NT_COUNTER_SYNOPS, synops, err);
    *synops -= before;
  }
  nt_session_close(session);
  free(logits);
  return status;
}

static nt_status_t time_checked(const nt_image_t *image, const nt_layout_t *layout, size_t tokens,
                                uint64_t max_cycles, double *seconds, uint64_t *macs,
                                nt_session_stats_t *stats, nt_error_t *err) {
  const nt_session_options_t options = {
      .backend = NT_BACKEND_RTL, .check = true, .max_cycles = max_cycles};
  nt_session_t *session = NULL;
  int32_t *logits = calloc(layout->vocab, sizeof *logits);
  nt_status_t status = logits == NULL ? nt_fail(err, NT_ERR_MEMORY, "bench: out of memory")
                                      : nt_session_open(image, &options, &session, err);
  nt_session_stats_t warm = {0};
  for (size_t i = 0; i <= tokens && status == NT_OK; i++) {
    if (i == 1) {
      warm = nt_session_stats(session);
    }
    status = nt_session_token(session, (uint32_t)(i % layout->vocab), logits, err);
  }
  if (status == NT_OK) {
    *stats = nt_session_stats(session);
    *seconds = stats->seconds - warm.seconds;
    *macs = stats->synapse_macs - warm.synapse_macs;
    stats->golden_seconds -= warm.golden_seconds;
    stats->dut_seconds -= warm.dut_seconds;
    stats->compare_seconds -= warm.compare_seconds;
  }
  nt_session_close(session);
  free(logits);
  return status;
}

static nt_status_t bench_speed(const char *what, const nt_image_t *image, const nt_layout_t *layout,
                               size_t tokens, uint64_t max_cycles, cJSON *json, nt_error_t *err) {
  double alone = 0, golden = 0, checked = 0;
  uint64_t synops = 0, golden_synops = 0, cycles = 0, none = 0, macs = 0;
  nt_session_stats_t stats;
  nt_status_t status =
      time_system(image, layout, NT_BACKEND_RTL, tokens, max_cycles, &alone, &synops, &cycles, err);
  if (status == NT_OK) {
    status = time_system(image, layout, NT_BACKEND_GOLDEN, tokens, max_cycles, &golden,
                         &golden_synops, &none, err);
  }
  if (status == NT_OK) {
    status = time_checked(image, layout, tokens, max_cycles, &checked, &macs, &stats, err);
  }
  if (status != NT_OK) {
    return status;
  }
  (void)printf("  %s: %.3g MACs/s RTL alone, %.3g MACs/s with every check (target 3e8), golden "
               "tiles alone %.3g; the checks take %.2f x the time of"
               " RTL alone; %.3g tile cycles/s\n",
               what, (double)macs / alone, (double)macs / checked, (double)macs / golden,
               checked / alone - 1, (double)cycles / alone);
  (void)printf("  %s: of the checked time, RTL %.2f, golden tiles %.2f, comparing %.2f, integer "
               "reference and rest %.2f\n",
               what, stats.dut_seconds / checked, stats.golden_seconds / checked,
               stats.compare_seconds / checked,
               1 - (stats.dut_seconds + stats.golden_seconds + stats.compare_seconds) / checked);
  cJSON *item = cJSON_AddObjectToObject(json, what);
  (void)cJSON_AddNumberToObject(item, "macs", (double)macs);
  (void)cJSON_AddNumberToObject(item, "rtl_macs_per_second", (double)macs / alone);
  (void)cJSON_AddNumberToObject(item, "checked_macs_per_second", (double)macs / checked);
  (void)cJSON_AddNumberToObject(item, "golden_macs_per_second", (double)macs / golden);
  (void)cJSON_AddNumberToObject(item, "check_overhead", checked / alone - 1);
  (void)cJSON_AddNumberToObject(item, "tile_cycles_per_second", (double)cycles / alone);
  return NT_OK;
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

static nt_status_t bench_layer(const nt_options_t *options, cJSON *json, nt_error_t *err) {
  nt_qmodel_t *qmodel = NULL;
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  const nt_mapper_options_t mapper = {.params = nt_params_default(), .spread = 0};
  nt_status_t status = nt_qmodel_random(&layer_shape, options->seed, &qmodel, err);
  if (status == NT_OK) {
    status = nt_mapper_compile(qmodel, &mapper, &image, &layout, err);
  }
  if (status == NT_OK) {
    status = nt_qmodel_store(qmodel, image, err);
  }
  if (status == NT_OK) {
    (void)printf("dense layer: hidden %u, intermediate %u (one layer of the 370M network, random "
                 "ternary weights), %u tiles\n",
                 layer_shape.hidden, layer_shape.intermediate, image->tiles);
    status = profile_image("layer", image, layout, true, options->max_cycles, 1, json, err);
  }
  if (status == NT_OK) {
    status = bench_speed("layer speed", image, layout, 2, options->max_cycles, json, err);
  }
  nt_layout_free(layout);
  nt_image_free(image);
  nt_qmodel_free(qmodel);
  return status;
}

static nt_status_t bench_model(const nt_options_t *options, size_t tokens, cJSON *json,
                               nt_error_t *err) {
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  nt_status_t status = nt_bundle_open(options, &image, err);
  if (status == NT_OK) {
    status = nt_layout_load(image, &layout, err);
  }
  if (status == NT_OK) {
    (void)printf("\nwhole model %s: hidden %u, %u layers, %u tiles\n", options->model,
                 layout->hidden, layout->layers, image->tiles);
    status = profile_image("model", image, layout, false, options->max_cycles, tokens, json, err);
  }
  if (status == NT_OK) {
    status = bench_speed("model speed", image, layout, tokens, options->max_cycles, json, err);
  }
  nt_layout_free(layout);
  nt_image_free(image);
  return status;
}

static nt_status_t bench_sparsity(const nt_options_t *options, cJSON *json, nt_error_t *err) {
  uint64_t full = 0, half = 0;
  const nt_status_t status = nt_bench_spikes(options->max_cycles, &full, &half, err);
  if (status == NT_OK) {
    (void)printf("\nspikes: 1024 spikes into 7-line lists take %" PRIu64
                 " synapse cycles, 512 take %" PRIu64 ": ratio %.3f\n",
                 full, half, (double)half / (double)full);
    (void)cJSON_AddNumberToObject(json, "half_spikes_ratio", (double)half / (double)full);
  }
  return status;
}

nt_status_t nt_command_bench(const nt_options_t *options, nt_error_t *err) {
  const size_t tokens = options->tokens == UINT64_MAX ? DEFAULT_TOKENS : (size_t)options->tokens;
  const double start = nt_clock_now();
  cJSON *json = cJSON_CreateObject();
  nt_status_t status = bench_layer(options, json, err);
  if (status == NT_OK) {
    status = bench_model(options, tokens, json, err);
  }
  if (status == NT_OK) {
    status = bench_sparsity(options, json, err);
  }
  if (status == NT_OK && options->summary != NULL) {
    status = nt_json_file_write(options->summary, json, err);
  } else {
    cJSON_Delete(json);
  }
  if (status == NT_OK) {
    (void)printf("\nbench took %.0f s\n", nt_clock_now() - start);
  }
  return status;
}
