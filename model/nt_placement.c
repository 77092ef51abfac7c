// SPDX-License-Identifier: Apache-2.0
#include "nt_placement.h"

#include "nt_microcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Order: E, then per stage s: X_s, NX_s, consumer, consumer's norm. The head has no norm of its
// own.
uint32_t nt_placement_embed(void) {
  return 0;
}
uint32_t nt_placement_stage(uint32_t stage) {
  return 1 + 4 * stage;
}
uint32_t nt_placement_stage_norm(uint32_t stage) {
  return 2 + 4 * stage;
}
uint32_t nt_placement_consumer(uint32_t stage) {
  return 3 + 4 * stage;
}
uint32_t nt_placement_consumer_norm(uint32_t stage) {
  return 4 + 4 * stage;
}
uint32_t nt_placement_populations(uint32_t layers) {
  return 1 + 4 * (2 * layers) + 3;
}

// What a chunk of `lines` lines of a population costs in pool words.
typedef struct need {
  uint32_t neurons;
  uint32_t list_words;  // synapse list words per line
  uint32_t fixed_axons; // axons per chunk
  uint32_t line_axons;  // axons per line
  uint32_t state_words; // state words per beat
} need_t;

typedef struct core_use {
  uint32_t words, lines, groups;
  uint32_t last_population; // index + 1 of the population placed last
} core_use_t;

typedef struct placer {
  const nt_params_t *params;
  core_use_t *core;
  uint32_t tiles, capacity, window;
} placer_t;

static uint32_t ceil_div(uint32_t a, uint32_t b) {
  return (a + b - 1) / b;
}

// Destination lists and unused tails of words; small beside lists, so a flat allowance.
static uint32_t slack(const nt_params_t *params) {
  return 16 + params->pool_words / 64;
}

static uint32_t chunk_words(const nt_params_t *params, const need_t *need, uint32_t lines) {
  return lines * need->list_words +
         ceil_div(need->fixed_axons + lines * need->line_axons, params->word_bits / 64) +
         lines * NT_BEATS_PER_LINE * need->state_words + slack(params);
}

static need_t need_of(const nt_qmodel_t *model, const nt_params_t *params, uint32_t population) {
  const uint32_t lanes = nt_params_line_lanes(params);
  if (population == nt_placement_embed()) {
    return (need_t){model->hidden, 0, 1, lanes, model->layer[0].mixer_norm.outer != NULL};
  }
  const uint32_t stage = (population - 1) / 4, layer = stage / 2, part = (population - 1) % 4;
  const bool head = stage == 2 * model->layers, mixer = stage % 2 == 0;
  if (part == 1 || part == 3) {
    return (need_t){1, 0, 2, 0, 0};
  }
  if (part == 0) {
    const uint32_t inputs = head ? 0 : mixer ? model->hidden : model->intermediate;
    return (need_t){model->hidden, inputs, inputs + 2, lanes, 5};
  }
  if (head) {
    return (need_t){model->vocab, model->hidden, model->hidden + 1, 0, 0};
  }
  if (mixer) {
    const uint32_t vectors = model->layer[layer].mixer_norm.code_count;
    return (need_t){model->hidden, 3 * model->hidden, vectors * model->hidden + 2, 0,
                    NT_STATE_G_WORDS};
  }
  return (need_t){model->intermediate, 2 * model->hidden, model->hidden + 2, 0, NT_STATE_M_WORDS};
}

// Lines per chunk: over all cores of a tile if that is possible, else as many as fit, evenly.
static nt_status_t chunk_lines(const nt_params_t *params, const need_t *need, const char *name,
                               uint32_t *lines, nt_error_t *err) {
  const uint32_t total = ceil_div(need->neurons, nt_params_line_lanes(params));
  const uint32_t line_limit = params->lines > 2 ? params->lines - 1 : 1; // leaves a line for a norm
  uint32_t fit = 0;
  while (fit < line_limit && chunk_words(params, need, fit + 1) <= params->pool_words) {
    fit++;
  }
  if (fit == 0) {
    return nt_fail(
        err, NT_ERR_RANGE,
        "mapper: population %s needs %u pool words for one line of %u neurons, a core has %u", name,
        chunk_words(params, need, 1), nt_params_line_lanes(params), params->pool_words);
  }
  const uint32_t parallel = ceil_div(total, params->cores);
  const uint32_t most = parallel < fit ? parallel : fit;
  *lines = ceil_div(total, ceil_div(total, most));
  return NT_OK;
}

static nt_status_t add_tile(placer_t *placer, nt_error_t *err) {
  if (placer->tiles == placer->capacity) {
    const uint32_t capacity = placer->capacity * 2 + 8;
    core_use_t *core =
        realloc(placer->core, (size_t)capacity * placer->params->cores * sizeof *core);
    if (core == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
    }
    placer->core = core;
    placer->capacity = capacity;
  }
  memset(placer->core + (size_t)placer->tiles * placer->params->cores, 0,
         placer->params->cores * sizeof *placer->core);
  placer->tiles++;
  return NT_OK;
}

static bool has_room(const placer_t *placer, const core_use_t *use, uint32_t population,
                     uint32_t words, uint32_t lines) {
  const nt_params_t *params = placer->params;
  return use->words + words <= params->pool_words && use->lines + lines <= params->lines &&
         use->groups < params->groups && use->last_population != population + 1;
}

// First tile from `from` on with room for `count` chunks on different cores; makes new tiles as
// needed.
static nt_status_t find_tile(placer_t *placer, uint32_t from, uint32_t count, uint32_t population,
                             uint32_t words, uint32_t lines, uint32_t *tile, nt_error_t *err) {
  for (*tile = from;; (*tile)++) {
    if (*tile == placer->tiles) {
      const nt_status_t status = add_tile(placer, err);
      if (status != NT_OK) {
        return status;
      }
    }
    uint32_t fitting = 0;
    for (uint32_t c = 0; c < placer->params->cores; c++) {
      fitting += has_room(placer, &placer->core[(size_t)*tile * placer->params->cores + c],
                          population, words, lines);
    }
    if (fitting >= count) {
      return NT_OK;
    }
  }
}

// Takes the least used core of a tile that has room.
static void take_core(placer_t *placer, uint32_t tile, uint32_t population, uint32_t words,
                      uint32_t lines, nt_chunk_t *chunk) {
  core_use_t *best = NULL;
  for (uint32_t c = 0; c < placer->params->cores; c++) {
    core_use_t *use = &placer->core[(size_t)tile * placer->params->cores + c];
    if (has_room(placer, use, population, words, lines) &&
        (best == NULL || use->words < best->words)) {
      best = use;
      chunk->core = c;
    }
  }
  chunk->tile = tile;
  best->words += words;
  best->lines += lines;
  best->groups++;
  best->last_population = population + 1;
}

// Places the chunks tile by tile: as many together on one tile as it has cores, so that one message
// serves them all by multicast.
static nt_status_t place_population(placer_t *placer, uint32_t from, const need_t *need,
                                    uint32_t index, uint32_t lines, nt_population_t *population,
                                    nt_error_t *err) {
  const uint32_t lanes = nt_params_line_lanes(placer->params), cores = placer->params->cores;
  const uint32_t words = chunk_words(placer->params, need, lines);
  population->neurons = need->neurons;
  population->chunks = ceil_div(ceil_div(need->neurons, lanes), lines);
  population->chunk = calloc(population->chunks, sizeof *population->chunk);
  if (population->chunk == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  uint32_t tile = 0;
  for (uint32_t i = 0; i < population->chunks; i++) {
    nt_chunk_t *chunk = &population->chunk[i];
    if (i % cores == 0) {
      const uint32_t left = population->chunks - i;
      const nt_status_t status =
          find_tile(placer, from, left < cores ? left : cores, index, words, lines, &tile, err);
      if (status != NT_OK) {
        return status;
      }
    }
    chunk->first = i * lines * lanes;
    chunk->count =
        need->neurons - chunk->first < lines * lanes ? need->neurons - chunk->first : lines * lanes;
    chunk->lines = ceil_div(chunk->count, lanes);
    take_core(placer, tile, index, words, lines, chunk);
  }
  return NT_OK;
}

// Population that sends squares to norm `index`. The norm goes to its tile, so that squares are
// consumed while they are sent.
static uint32_t square_source(uint32_t index) {
  if ((index - 1) % 4 == 3) {
    return index - 1;
  }
  return index == nt_placement_stage_norm(0) ? nt_placement_embed() : index - 5;
}

static void name_population(uint32_t index, uint32_t layers, char name[16]) {
  if (index == nt_placement_embed()) {
    (void)snprintf(name, 16, "E");
    return;
  }
  const uint32_t stage = (index - 1) / 4;
  const char *consumer = stage % 2 == 0 ? "G" : "M";
  switch ((index - 1) % 4) {
  case 0: (void)snprintf(name, 16, "X%u", stage); break;
  case 1: (void)snprintf(name, 16, "NX%u", stage); break;
  case 2:
    if (stage == 2 * layers) {
      (void)snprintf(name, 16, "D");
    } else {
      (void)snprintf(name, 16, "%s%u", consumer, stage / 2);
    }
    break;
  default: (void)snprintf(name, 16, "N%s%u", consumer, stage / 2); break;
  }
}

// True if one layer's populations fit a tile together.
static bool layer_fits_tile(const nt_qmodel_t *model, const nt_params_t *params) {
  uint64_t words = 0;
  for (uint32_t p = nt_placement_stage(0); p < nt_placement_stage(2); p++) {
    const need_t need = need_of(model, params, p);
    const uint32_t lines = ceil_div(need.neurons, nt_params_line_lanes(params));
    const uint32_t chunks = lines < params->cores ? lines : params->cores;
    words += (uint64_t)lines * need.list_words + (uint64_t)chunks * chunk_words(params, &need, 1) +
             lines * NT_BEATS_PER_LINE * need.state_words;
  }
  return words <= (uint64_t)params->cores * params->pool_words;
}

nt_status_t nt_placement_make(const nt_qmodel_t *model, const nt_mapper_options_t *options,
                              nt_layout_t *layout, uint32_t *tiles, nt_error_t *err) {
  const nt_params_t *params = &options->params;
  const uint32_t populations = nt_placement_populations(model->layers);
  layout->population = calloc(populations, sizeof *layout->population);
  if (layout->population == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  layout->populations = populations;
  uint32_t x_lines = UINT32_MAX; // E and all X share a chunk size, so that x goes chunk to chunk
  for (uint32_t p = 0; p < populations; p++) {
    name_population(p, model->layers, layout->population[p].name);
    if (p == nt_placement_embed() || (p - 1) % 4 == 0) {
      const need_t need = need_of(model, params, p);
      uint32_t lines = 0;
      const nt_status_t status =
          chunk_lines(params, &need, layout->population[p].name, &lines, err);
      if (status != NT_OK) {
        return status;
      }
      x_lines = lines < x_lines ? lines : x_lines;
    }
  }
  const bool spread = options->spread < 0 ? layer_fits_tile(model, params) : options->spread != 0;
  placer_t placer = {params, NULL, 0, 0, 0};
  nt_status_t status = NT_OK;
  for (uint32_t p = 0; p < populations && status == NT_OK; p++) {
    if (spread && p > nt_placement_stage(0) && (p - 1) % 8 == 0) {
      placer.window = placer.tiles;
    }
    const need_t need = need_of(model, params, p);
    uint32_t lines = x_lines;
    if (p != nt_placement_embed() && (p - 1) % 4 != 0) {
      status = chunk_lines(params, &need, layout->population[p].name, &lines, err);
    }
    if (status == NT_OK) {
      const bool norm = p != nt_placement_embed() && (p - 1) % 2 == 1;
      const uint32_t from =
          norm ? layout->population[square_source(p)].chunk[0].tile : placer.window;
      status = place_population(&placer, from, &need, p, lines, &layout->population[p], err);
    }
  }
  *tiles = placer.tiles;
  free(placer.core);
  if (status == NT_OK && *tiles >= NT_HOST_TILE) {
    return nt_fail(err, NT_ERR_RANGE, "mapper: the model needs %u tiles, %u is the most", *tiles,
                   NT_HOST_TILE);
  }
  return status;
}
