// SPDX-License-Identifier: Apache-2.0
#include "nt_map_report.h"

#include "nt_microcode.h"
#include "nt_placement.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

// ---- memory -------------------------------------------------------------------------------------

static uint32_t behind_last(const uint32_t *words, uint32_t count) {
  while (count > 0 && words[count - 1] == 0) {
    count--;
  }
  return count;
}

nt_map_core_t nt_map_core(const nt_image_t *image, const nt_layout_t *layout, uint32_t tile,
                          uint32_t core) {
  const nt_image_core_t *content = nt_image_core(image, tile, core);
  const nt_params_t *params = &image->params;
  nt_map_core_t used = {.program = behind_last(content->prog, params->prog_words),
                        .axons = content->axon_count};
  for (uint32_t p = 0; p < layout->populations; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks; c++) {
      const nt_chunk_t *chunk = &layout->population[p].chunk[c];
      used.lines += chunk->tile == tile && chunk->core == core ? chunk->lines : 0;
    }
  }
  const uint32_t per_word = params->word_bits / 64; // axon entries; the mapper places them last
  used.pool = content->axon_count > 0
                  ? content->axon_base + (content->axon_count + per_word - 1) / per_word
                  : 0;
  return used;
}

static void add_usage(nt_map_usage_t *usage, uint32_t value, uint32_t cores_before) {
  usage->min = cores_before == 0 || value < usage->min ? value : usage->min;
  usage->max = value > usage->max ? value : usage->max;
  usage->mean += value; // divided at the end
}

static void measure_memory(const nt_image_t *image, const nt_layout_t *layout,
                           nt_map_report_t *report) {
  const nt_params_t *params = &image->params;
  report->tiles = image->tiles;
  report->cores_per_tile = params->cores;
  report->pool.capacity = params->pool_words;
  report->program.capacity = params->prog_words;
  report->lines.capacity = params->lines;
  report->axons.capacity = 1u << NT_SPIKE_AXON_W;
  for (uint32_t t = 0; t < image->tiles; t++) {
    for (uint32_t c = 0; c < params->cores; c++) {
      const nt_map_core_t used = nt_map_core(image, layout, t, c);
      if (used.lines == 0) {
        continue;
      }
      add_usage(&report->pool, used.pool, report->cores_used);
      add_usage(&report->program, used.program, report->cores_used);
      add_usage(&report->lines, used.lines, report->cores_used);
      add_usage(&report->axons, used.axons, report->cores_used);
      report->cores_used++;
    }
  }
  nt_map_usage_t *const all[] = {&report->pool, &report->program, &report->lines, &report->axons};
  for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
    all[k]->mean /= report->cores_used > 0 ? report->cores_used : 1;
  }
}

// ---- spikes -------------------------------------------------------------------------------------

// Share of the values of a counter that are not zero; 1 where there is no such counter.
static double busy_share(const nt_integer_counter_t *counters, size_t count, const char *place,
                         uint32_t number, const char *tensor) {
  char name[NT_INTEGER_NAME_MAX];
  (void)snprintf(name, sizeof name, "%s.%u.%s", place, number, tensor);
  for (size_t k = 0; k < count; k++) {
    if (strcmp(counters[k].name, name) == 0 && counters[k].values > 0) {
      return 1 - (double)counters[k].zeros / (double)counters[k].values;
    }
  }
  return 1;
}

// Of the spikes that a population can send on a port, the share that it does send: zero codes and a
// zero x are not sent (network.md, "the token schedule").
static double sent_share(const nt_layout_t *layout, uint32_t population, uint32_t port,
                         const nt_integer_counter_t *counters, size_t count) {
  static const char *const codes[] = {"codes_0", "codes_1", "codes_2"};
  if (population == nt_placement_embed()) {
    return 1; // the embedding is not counted; few of its values are zero
  }
  const uint32_t stage = (population - 1) / 4, part = (population - 1) % 4;
  if (part == 0 && port == NT_PORT_X_NEXT) {
    return busy_share(counters, count, "stage", stage + 1, "x");
  }
  if (part == 0 && port >= NT_PORT_X_CODES && port < NT_PORT_X_CODES + 3) {
    return busy_share(counters, count, "stage", stage, codes[port - NT_PORT_X_CODES]);
  }
  if (part == 2 && port == NT_PORT_V_CODES && stage < 2 * layout->layers) {
    return busy_share(counters, count, stage % 2 == 0 ? "mixer" : "mlp", stage / 2, codes[0]);
  }
  return 1;
}

// Every neuron sends once a token on each of its ports, one message for each destination.
static void count_spikes(const nt_image_t *image, const nt_layout_t *layout,
                         const nt_integer_counter_t *counters, size_t count,
                         nt_map_report_t *report) {
  report->steps_per_token = layout->steps_per_token;
  report->spikes_most =
      layout->hidden + layout->population[layout->embed_population].chunks; // x and pace, from host
  double typical = (double)report->spikes_most;
  for (uint32_t p = 0; p < layout->populations; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks; c++) {
      const nt_chunk_t *chunk = &layout->population[p].chunk[c];
      const uint32_t *group = nt_image_core(image, chunk->tile, chunk->core)->group +
                              (size_t)chunk->group * NT_GROUP_WORDS;
      for (uint32_t port = 0; port < NT_PORTS; port++) {
        const uint32_t destinations =
            group[4 + port] >> NT_GROUP_PORT_COUNT_LSB & ((1u << NT_GROUP_PORT_COUNT_W) - 1);
        const uint64_t messages = (uint64_t)chunk->count * destinations;
        report->spikes_most += messages;
        typical += (double)messages * sent_share(layout, p, port, counters, count);
      }
    }
  }
  report->spikes_typical = counters != NULL ? typical : 0;
}

// ---- overflow proof -----------------------------------------------------------------------------

static void add_bound(nt_map_report_t *report, const char *name, uint64_t largest, uint64_t limit) {
  uint32_t k = 0;
  while (k < report->bounds && strcmp(report->bound[k].name, name) != 0) {
    k++;
  }
  if (k == report->bounds) {
    report->bound[report->bounds++] = (nt_map_bound_t){name, 0, limit};
  }
  report->bound[k].largest =
      largest > report->bound[k].largest ? largest : report->bound[k].largest;
}

// Largest |sum| of a row: its non-zero codes times the largest code.
static void add_matrix(nt_map_report_t *report, const char *name, const nt_qmodel_t *qmodel,
                       const nt_qmatrix_t *matrix, uint64_t limit, uint64_t *zeros) {
  const uint64_t code_max = UINT64_C(1) << (qmodel->widths.codes - 1);
  uint64_t most = 0;
  for (size_t row = 0; row < matrix->out; row++) {
    const int8_t *codes = matrix->codes + row * matrix->in;
    uint64_t weights = 0;
    for (size_t k = 0; k < matrix->in; k++) {
      weights += codes[k] != 0;
    }
    most = weights > most ? weights : most;
    *zeros += matrix->in - weights;
  }
  report->weights += (uint64_t)matrix->out * matrix->in;
  add_bound(report, name, most * code_max, limit);
}

// Largest sum of squares: every sq saturated to the width that n allows.
static void add_norm(nt_map_report_t *report, const nt_qnorm_t *norm) {
  const uint64_t square = (UINT64_C(1) << (nt_qmodel_square_bits(norm->inputs) - 1)) - 1;
  add_bound(report, "sum of squares of a norm", norm->inputs * square, UINT64_C(1) << 31);
}

static void measure_bounds(const nt_qmodel_t *qmodel, nt_map_report_t *report) {
  const uint64_t word = UINT64_C(1) << 31; // accumulators
  uint64_t zeros = 0;
  for (uint32_t l = 0; l < qmodel->layers; l++) {
    const nt_qlayer_t *layer = &qmodel->layer[l];
    add_matrix(report, "row sum of i, f, g, o", qmodel, &layer->i, word, &zeros);
    add_matrix(report, "row sum of i, f, g, o", qmodel, &layer->f, word, &zeros);
    add_matrix(report, "row sum of i, f, g, o", qmodel, &layer->g, word, &zeros);
    add_matrix(report, "row sum of i, f, g, o", qmodel, &layer->o, word, &zeros);
    add_matrix(report, "row sum of gate and up", qmodel, &layer->gate_up, word, &zeros);
    add_matrix(report, "row sum of down", qmodel, &layer->down, word, &zeros);
    add_norm(report, &layer->mixer_norm);
    add_norm(report, &layer->o_norm);
    add_norm(report, &layer->mlp_norm);
    add_norm(report, &layer->down_norm);
  }
  add_norm(report, &qmodel->head_norm);
  add_matrix(report, "row sum of the head", qmodel, &qmodel->head, UINT64_C(1) << 23, &zeros);
  report->weight_zeros = (double)zeros / (double)report->weights;
}

void nt_map_report_make(const nt_image_t *image, const nt_layout_t *layout,
                        const nt_qmodel_t *qmodel, const nt_integer_counter_t *counters,
                        size_t count, nt_map_report_t *report) {
  *report = (nt_map_report_t){0};
  measure_memory(image, layout, report);
  count_spikes(image, layout, counters, count, report);
  measure_bounds(qmodel, report);
}
