// SPDX-License-Identifier: Apache-2.0
#include "nt_mapper.h"

#include "nt_core_builder.h"
#include "nt_microcode.h"
#include "nt_placement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Destination entries of one port of one chunk, before they are written to the pool.
typedef struct routes {
  uint64_t *entry;
  uint32_t count, capacity;
} routes_t;

typedef struct mapper {
  const nt_qmodel_t *model;
  nt_params_t params;
  nt_layout_t *layout;
  nt_image_t *image;
  nt_core_builder_t *builder; // [tiles * cores]
  routes_t **routes;          // [population][chunk * NT_PORTS + port]
  nt_error_t *err;
} mapper_t;

static nt_core_builder_t *builder_of(mapper_t *m, const nt_chunk_t *chunk) {
  return &m->builder[(size_t)chunk->tile * m->params.cores + chunk->core];
}

static uint32_t lanes(const mapper_t *m) {
  return nt_params_line_lanes(&m->params);
}

// ---- groups and state
// ------------------------------------------------------------------------------

// Norm site of stage `stage`; NULL behind the head stage.
static const nt_qnorm_t *stage_norm(const nt_qmodel_t *model, uint32_t stage) {
  if (stage >= 2 * model->layers) {
    return stage == 2 * model->layers ? &model->head_norm : NULL;
  }
  const nt_qlayer_t *layer = &model->layer[stage / 2];
  return stage % 2 == 0 ? &layer->mixer_norm : &layer->mlp_norm;
}

static nt_status_t emit_program(mapper_t *m, nt_core_builder_t *builder, uint32_t population) {
  const nt_qmodel_t *model = m->model;
  if (population == nt_placement_embed()) {
    return nt_microcode_embed(builder, &model->layer[0].mixer_norm, m->err);
  }
  const uint32_t stage = (population - 1) / 4, part = (population - 1) % 4;
  const bool head = stage == 2 * model->layers, mixer = stage % 2 == 0;
  const nt_qlayer_t *layer = head ? NULL : &model->layer[stage / 2];
  const nt_qnorm_t *norm = stage_norm(model, stage), *next = stage_norm(model, stage + 1);
  if (part == 0) {
    const nt_qmatrix_t *matrix = head ? NULL : mixer ? &layer->o : &layer->down;
    return nt_microcode_stage(builder, norm, matrix, next, m->err);
  }
  if (part == 1) {
    return nt_microcode_norm(builder, norm, m->err);
  }
  if (part == 3) {
    return nt_microcode_norm(builder, mixer ? &layer->o_norm : &layer->down_norm, m->err);
  }
  return head    ? nt_microcode_head(builder, m->err)
         : mixer ? nt_microcode_mixer(builder, layer, m->err)
                 : nt_microcode_mlp(builder, layer, m->err);
}

// Vectors that fill a population's state words, by word; NULL stays zero.
typedef struct state_source {
  uint32_t words, clear_words;
  const int16_t *word[8];
} state_source_t;

static state_source_t state_of(const mapper_t *m, uint32_t population) {
  const nt_qmodel_t *model = m->model;
  state_source_t source = {0, 0, {NULL}};
  if (population == nt_placement_embed()) {
    source.word[NT_STATE_E_OUTER] = model->layer[0].mixer_norm.outer;
    source.words = source.word[NT_STATE_E_OUTER] != NULL;
    return source;
  }
  const uint32_t stage = (population - 1) / 4, part = (population - 1) % 4;
  const bool head = stage == 2 * model->layers, mixer = stage % 2 == 0;
  const nt_qlayer_t *layer = head ? NULL : &model->layer[stage / 2];
  if (part == 0) {
    const nt_qnorm_t *norm = stage_norm(model, stage), *next = stage_norm(model, stage + 1);
    for (uint32_t c = 0; c < norm->code_count; c++) {
      source.word[NT_STATE_X_Q + c] = norm->codes[c].weight;
    }
    source.words = NT_STATE_X_Q + norm->code_count;
    source.clear_words = 1;
    if (next != NULL && next->outer != NULL) {
      source.word[source.words++] = next->outer;
    }
  } else if (part == 2 && !head && mixer) {
    source.words = NT_STATE_G_WORDS;
    source.clear_words = 2;
    source.word[NT_STATE_G_BOUND] = layer->lower_bound;
    source.word[NT_STATE_G_GNORM] = layer->gnorm_weight;
    source.word[NT_STATE_G_Q] = layer->o_norm.codes[0].weight;
  } else if (part == 2 && !head) {
    source.words = NT_STATE_M_WORDS;
    source.clear_words = 1;
    source.word[NT_STATE_M_Q] = layer->down_norm.codes[0].weight;
  }
  return source;
}

static void write_state(mapper_t *m, const nt_chunk_t *chunk, const state_source_t *source) {
  const uint32_t word_lanes = nt_params_word_lanes(&m->params);
  uint32_t *pool = builder_of(m, chunk)->core->pool;
  for (uint32_t w = 0; w < source->words; w++) {
    for (uint32_t n = 0; source->word[w] != NULL && n < chunk->count; n++) {
      const uint32_t word = chunk->state_base + n / word_lanes * source->words + w;
      pool[(size_t)word * word_lanes + n % word_lanes] =
          (uint32_t)(int32_t)source->word[w][chunk->first + n];
    }
  }
}

static nt_status_t emit_group(mapper_t *m, uint32_t population, nt_chunk_t *chunk) {
  nt_core_builder_t *builder = builder_of(m, chunk);
  const char *name = m->layout->population[population].name;
  const state_source_t source = state_of(m, population);
  const uint32_t beats =
      (chunk->count + nt_params_word_lanes(&m->params) - 1) / nt_params_word_lanes(&m->params);
  nt_status_t status = nt_core_builder_group(builder, &chunk->group, m->err);
  if (status == NT_OK) {
    status = nt_core_builder_lines(builder, chunk->lines, name, &chunk->line, m->err);
  }
  if (status == NT_OK) {
    status = nt_core_builder_pool(builder, beats * source.words, name, &chunk->state_base, m->err);
  }
  if (status != NT_OK) {
    return status;
  }
  chunk->state_words = source.words;
  uint32_t *group = builder->core->group + (size_t)chunk->group * NT_GROUP_WORDS;
  group[0] = 1u << NT_GROUP0_ENABLE_LSB | chunk->line << NT_GROUP0_LINE_LSB |
             chunk->lines << NT_GROUP0_LINES_LSB;
  group[1] = chunk->count << NT_GROUP1_NEURONS_LSB;
  group[2] = builder->prog_used << NT_GROUP2_ENTRY_LSB | builder->const_base
                                                             << NT_GROUP2_CONST_BASE_LSB;
  group[3] = chunk->state_base << NT_GROUP3_STATE_BASE_LSB |
             source.words << NT_GROUP3_STATE_WORDS_LSB |
             source.clear_words << NT_GROUP3_CLEAR_WORDS_LSB;
  write_state(m, chunk, &source);
  return emit_program(m, builder, population);
}

// ---- axons and routes
// -------------------------------------------------------------------------------

static uint64_t bits(uint32_t value, uint32_t lsb) {
  return (uint64_t)value << lsb;
}

static nt_status_t add_route(mapper_t *m, uint32_t population, uint32_t chunk, uint32_t port,
                             uint64_t entry) {
  routes_t *routes = &m->routes[population][chunk * NT_PORTS + port];
  if (routes->count == routes->capacity) {
    const uint32_t capacity = routes->capacity * 2 + 4;
    uint64_t *grown = realloc(routes->entry, capacity * sizeof *grown);
    if (grown == NULL) {
      return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
    }
    routes->entry = grown;
    routes->capacity = capacity;
  }
  routes->entry[routes->count++] = entry;
  return NT_OK;
}

static uint64_t destination(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type,
                            bool vector) {
  return bits(tile, NT_DEST_TILE_LSB) | bits(cores, NT_DEST_CORES_LSB) |
         bits(axon, NT_DEST_AXON_LSB) | bits(type, NT_DEST_TYPE_LSB) |
         bits(vector, NT_DEST_VECTOR_LSB);
}

// Makes `count` axons in every chunk of a population, with one common base on all its cores of a
// tile. base[chunk] receives it.
static nt_status_t make_axons(mapper_t *m, const nt_population_t *population, uint32_t count,
                              uint32_t *base) {
  for (uint32_t first = 0; first < population->chunks;) {
    uint32_t end = first, top = 0;
    for (; end < population->chunks && population->chunk[end].tile == population->chunk[first].tile;
         end++) {
      const uint32_t axons = builder_of(m, &population->chunk[end])->axons;
      top = axons > top ? axons : top;
    }
    for (; first < end; first++) {
      const nt_status_t status =
          nt_core_builder_axons(builder_of(m, &population->chunk[first]), top, count, m->err);
      if (status != NT_OK) {
        return status;
      }
      base[first] = top;
    }
  }
  return NT_OK;
}

// Routes every chunk of `from` to every chunk of `to`: one entry per destination tile. A vector
// route adds the sender's place.
static nt_status_t route_all(mapper_t *m, uint32_t from, uint32_t port, const nt_population_t *to,
                             const uint32_t *base, uint32_t type, bool vector) {
  const nt_population_t *source = &m->layout->population[from];
  for (uint32_t s = 0; s < source->chunks; s++) {
    for (uint32_t first = 0; first < to->chunks;) {
      uint32_t cores = 0, end = first;
      for (; end < to->chunks && to->chunk[end].tile == to->chunk[first].tile; end++) {
        cores |= 1u << to->chunk[end].core;
      }
      const uint32_t axon = base[first] + (vector ? source->chunk[s].first : 0);
      const nt_status_t status = add_route(
          m, from, s, port, destination(to->chunk[first].tile, cores, axon, type, vector));
      if (status != NT_OK) {
        return status;
      }
      first = end;
    }
  }
  return NT_OK;
}

// One axon that marks (weight 0) or feeds (weight 1) one dendrite of all neurons of `to`, driven by
// `port` of every chunk of `from`.
static nt_status_t connect_uniform(mapper_t *m, uint32_t from, uint32_t port, uint32_t to,
                                   uint32_t dendrite, uint32_t weight, uint32_t type) {
  const nt_population_t *target = &m->layout->population[to];
  uint32_t *base = calloc(target->chunks, sizeof *base);
  if (base == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  nt_status_t status = make_axons(m, target, 1, base);
  for (uint32_t c = 0; c < target->chunks && status == NT_OK; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    builder_of(m, chunk)->axon[base[c]] =
        bits(NT_FORMAT_UNIFORM, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
        bits(chunk->line, NT_AXON_LINE_LSB) | bits(chunk->lines - 1, NT_AXON_LINES_LSB) |
        bits(weight, NT_AXON_WEIGHT_LSB);
  }
  if (status == NT_OK) {
    status = route_all(m, from, port, target, base, type, false);
  }
  free(base);
  return status;
}

// All neurons of `from` into one dendrite of the single neuron of norm population `to`.
static nt_status_t connect_single(mapper_t *m, uint32_t from, uint32_t port, uint32_t to,
                                  uint32_t dendrite, uint32_t weight, uint32_t type) {
  const nt_population_t *target = &m->layout->population[to];
  const nt_chunk_t *chunk = &target->chunk[0];
  uint32_t base = 0;
  const nt_status_t status = make_axons(m, target, 1, &base);
  if (status != NT_OK) {
    return status;
  }
  builder_of(m, chunk)->axon[base] =
      bits(NT_FORMAT_SINGLE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
      bits(chunk->line * lanes(m), NT_AXON_NEURON_LSB) | bits(weight, NT_AXON_WEIGHT_LSB);
  return route_all(m, from, port, target, &base, type, false);
}

// SINGLE axons first .. first + count - 1 of a chunk: axon k feeds neuron k of the chunk with
// weight 1.
static nt_status_t make_one_to_one(mapper_t *m, const nt_chunk_t *chunk, uint32_t dendrite,
                                   uint32_t extra, uint32_t *base) {
  nt_core_builder_t *builder = builder_of(m, chunk);
  *base = builder->axons;
  const nt_status_t status = nt_core_builder_axons(builder, *base, chunk->count + extra, m->err);
  for (uint32_t n = 0; n < chunk->count && status == NT_OK; n++) {
    builder->axon[*base + n] =
        bits(NT_FORMAT_SINGLE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
        bits(chunk->line * lanes(m) + n, NT_AXON_NEURON_LSB) | bits(1, NT_AXON_WEIGHT_LSB);
  }
  return status;
}

// x from chunk to chunk of two populations with the same chunks.
static nt_status_t connect_handover(mapper_t *m, uint32_t from, uint32_t to) {
  const nt_population_t *target = &m->layout->population[to];
  for (uint32_t c = 0; c < target->chunks; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    uint32_t base = 0;
    nt_status_t status = make_one_to_one(m, chunk, NT_DENDRITE_X_HANDOVER, 0, &base);
    if (status == NT_OK) {
      status = add_route(
          m, from, c, NT_PORT_X_NEXT,
          destination(chunk->tile, 1u << chunk->core, base, NT_SPIKE_TYPE_GRADED16, true));
    }
    if (status != NT_OK) {
      return status;
    }
  }
  return NT_OK;
}

// ---- ternary matrices
// ---------------------------------------------------------------------------------

// Rows [row, row + chunk->count) of `matrix` into dendrite plane `plane` of the lists at `base`,
// `stride` words per axon.
static void write_plane(mapper_t *m, const nt_chunk_t *chunk, const nt_qmatrix_t *matrix,
                        uint32_t row, uint32_t base, uint32_t stride, uint32_t plane) {
  const uint32_t word_lanes = nt_params_word_lanes(&m->params), line_lanes = lanes(m);
  for (uint32_t n = 0; n < chunk->count; n++) {
    const int8_t *codes = matrix->codes + (size_t)(row + n) * matrix->in;
    const uint32_t lane = n % line_lanes, shift = lane % 16 * 2;
    uint32_t *word = builder_of(m, chunk)->core->pool +
                     (size_t)(base + plane * chunk->lines + n / line_lanes) * word_lanes +
                     lane / 16;
    for (uint32_t k = 0; k < matrix->in; k++, word += (size_t)stride * word_lanes) {
      *word |= ((uint32_t)codes[k] & 3u) << shift;
    }
  }
}

typedef struct plane {
  const nt_qmatrix_t *matrix;
  uint32_t row; // first row of the matrix that belongs to neuron 0 of the population
} plane_t;

// Connects codes on `port` of `from` to dendrites [dendrite, dendrite + planes) of `to`: one axon
// per input, one list word per plane and line.
static nt_status_t connect_dense(mapper_t *m, uint32_t from, uint32_t port, uint32_t to,
                                 uint32_t dendrite, const plane_t *plane, uint32_t planes) {
  const nt_population_t *target = &m->layout->population[to];
  const uint32_t inputs = plane[0].matrix->in;
  uint32_t *base = calloc(target->chunks, sizeof *base);
  if (base == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  nt_status_t status = make_axons(m, target, inputs, base);
  for (uint32_t c = 0; c < target->chunks && status == NT_OK; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    const uint32_t stride = planes * chunk->lines;
    uint32_t list = 0;
    status =
        nt_core_builder_pool(builder_of(m, chunk), inputs * stride, target->name, &list, m->err);
    for (uint32_t p = 0; p < planes && status == NT_OK; p++) {
      write_plane(m, chunk, plane[p].matrix, plane[p].row + chunk->first, list, stride, p);
    }
    for (uint32_t k = 0; k < inputs && status == NT_OK; k++) {
      builder_of(m, chunk)->axon[base[c] + k] =
          bits(NT_FORMAT_DENSE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
          bits(planes - 1, NT_AXON_DENDRITES_LSB) | bits(chunk->line, NT_AXON_LINE_LSB) |
          bits(chunk->lines - 1, NT_AXON_LINES_LSB) | bits(list + k * stride, NT_AXON_PTR_LSB);
    }
  }
  if (status == NT_OK) {
    status = route_all(m, from, port, target, base, NT_SPIKE_TYPE_GRADED8, true);
  }
  free(base);
  return status;
}

// ---- the network
// ----------------------------------------------------------------------------------------

// Squares, R, and pace around one norm site: `from` sends squares, `user` gets R, `consumer` is
// paced on its dendrite 0.
static nt_status_t connect_norm(mapper_t *m, uint32_t from, uint32_t square_port, uint32_t norm,
                                uint32_t user, uint32_t user_dendrite, uint32_t consumer) {
  nt_status_t status =
      connect_single(m, from, square_port, norm, NT_DENDRITE_N_SQUARE, 1, NT_SPIKE_TYPE_GRADED24);
  if (status == NT_OK) {
    status =
        connect_single(m, norm, NT_PORT_N_SELF, norm, NT_DENDRITE_N_SELF, 0, NT_SPIKE_TYPE_BINARY);
  }
  if (status == NT_OK) {
    status =
        connect_uniform(m, norm, NT_PORT_N_SCALE, user, user_dendrite, 1, NT_SPIKE_TYPE_GRADED24);
  }
  if (status == NT_OK) {
    status = connect_uniform(m, norm, NT_PORT_N_PACE, consumer, 0, 0, NT_SPIKE_TYPE_BINARY);
  }
  return status;
}

static nt_status_t connect_mixer(mapper_t *m, uint32_t stage) {
  const nt_qlayer_t *layer = &m->model->layer[stage / 2];
  const uint32_t x = nt_placement_stage(stage), g = nt_placement_consumer(stage);
  const plane_t planes[3] = {{&layer->i, 0}, {&layer->f, 0}, {&layer->g, 0}};
  if (layer->mixer_norm.code_count == 1) {
    return connect_dense(m, x, NT_PORT_X_CODES, g, NT_DENDRITE_G_I, planes, 3);
  }
  nt_status_t status = NT_OK;
  for (uint32_t p = 0; p < 3 && status == NT_OK; p++) {
    status = connect_dense(m, x, NT_PORT_X_CODES + p, g, NT_DENDRITE_G_I + p, &planes[p], 1);
  }
  return status;
}

static nt_status_t connect_stage(mapper_t *m, uint32_t stage) {
  const nt_qmodel_t *model = m->model;
  const uint32_t from = stage == 0 ? nt_placement_embed() : nt_placement_stage(stage - 1);
  const uint32_t x = nt_placement_stage(stage), consumer = nt_placement_consumer(stage);
  nt_status_t status = connect_handover(m, from, x);
  if (status == NT_OK) {
    status = connect_norm(m, from, NT_PORT_X_SQUARE, nt_placement_stage_norm(stage), x,
                          NT_DENDRITE_X_SCALE, consumer);
  }
  if (status != NT_OK) {
    return status;
  }
  if (stage == 2 * model->layers) {
    const plane_t plane = {&model->head, 0};
    return connect_dense(m, x, NT_PORT_X_CODES, consumer, NT_DENDRITE_D_LOGITS, &plane, 1);
  }
  const nt_qlayer_t *layer = &model->layer[stage / 2];
  const bool mixer = stage % 2 == 0;
  if (mixer) {
    status = connect_mixer(m, stage);
  } else {
    const plane_t planes[2] = {{&layer->gate_up, 0}, {&layer->gate_up, model->intermediate}};
    status = connect_dense(m, x, NT_PORT_X_CODES, consumer, NT_DENDRITE_M_GATE, planes, 2);
  }
  if (status == NT_OK) {
    status = connect_norm(m, consumer, NT_PORT_V_SQUARE, nt_placement_consumer_norm(stage),
                          consumer, mixer ? NT_DENDRITE_G_SCALE : NT_DENDRITE_M_SCALE, x);
  }
  if (status == NT_OK) {
    const plane_t plane = {mixer ? &layer->o : &layer->down, 0};
    status = connect_dense(m, consumer, NT_PORT_V_CODES, x, NT_DENDRITE_X_MATRIX, &plane, 1);
  }
  return status;
}

// The host's way in (axons of E) and out (logits of D).
static nt_status_t connect_host(mapper_t *m) {
  const nt_population_t *embed = &m->layout->population[nt_placement_embed()];
  m->layout->embed_axon = calloc(embed->chunks, sizeof *m->layout->embed_axon);
  if (m->layout->embed_axon == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  for (uint32_t c = 0; c < embed->chunks; c++) {
    const nt_chunk_t *chunk = &embed->chunk[c];
    const nt_status_t status = make_one_to_one(m, chunk, 0, 1, &m->layout->embed_axon[c]);
    if (status != NT_OK) {
      return status;
    }
    builder_of(m, chunk)->axon[m->layout->embed_axon[c] + chunk->count] =
        bits(NT_FORMAT_UNIFORM, NT_AXON_FORMAT_LSB) | bits(chunk->line, NT_AXON_LINE_LSB) |
        bits(chunk->lines - 1, NT_AXON_LINES_LSB);
  }
  const uint32_t head = nt_placement_consumer(2 * m->model->layers);
  for (uint32_t c = 0; c < m->layout->population[head].chunks; c++) {
    const nt_status_t status =
        add_route(m, head, c, NT_PORT_D_LOGITS,
                  destination(NT_HOST_TILE, 1, m->layout->population[head].chunk[c].first,
                              NT_SPIKE_TYPE_GRADED24, true));
    if (status != NT_OK) {
      return status;
    }
  }
  return NT_OK;
}

static nt_status_t emit_routes(mapper_t *m, uint32_t population, uint32_t index) {
  const nt_chunk_t *chunk = &m->layout->population[population].chunk[index];
  nt_core_builder_t *builder = builder_of(m, chunk);
  const uint32_t per_word = m->params.word_bits / 64;
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    const routes_t *routes = &m->routes[population][index * NT_PORTS + port];
    if (routes->count == 0) {
      continue;
    }
    uint32_t base = 0;
    const nt_status_t status = nt_core_builder_pool(
        builder, (routes->count + per_word - 1) / per_word, "a destination list", &base, m->err);
    if (status != NT_OK) {
      return status;
    }
    if (routes->count > 255) {
      return nt_fail(m->err, NT_ERR_RANGE,
                     "mapper: population %s sends to %u tiles, 255 is the most",
                     m->layout->population[population].name, routes->count);
    }
    for (uint32_t r = 0; r < routes->count; r++) {
      nt_core_builder_dword(builder, base + r / per_word, r % per_word, routes->entry[r]);
    }
    builder->core->group[(size_t)chunk->group * NT_GROUP_WORDS + 4 + port] =
        base << NT_GROUP_PORT_PTR_LSB | routes->count << NT_GROUP_PORT_COUNT_LSB;
  }
  return NT_OK;
}

// ---- observables
// ------------------------------------------------------------------------------------------

static void observe(nt_layout_t *layout, const char *scope, uint32_t number, const char *tensor,
                    uint32_t population, nt_observable_kind_t kind, uint32_t index, uint32_t step,
                    bool scalar) {
  nt_observable_t *o = &layout->observable[layout->observables++];
  *o = (nt_observable_t){.population = population,
                         .kind = kind,
                         .index = index,
                         .step = step,
                         .count = scalar ? 1 : layout->population[population].neurons,
                         .broadcast = scalar};
  if (scope == NULL) {
    (void)snprintf(o->name, sizeof o->name, "%s", tensor);
  } else {
    (void)snprintf(o->name, sizeof o->name, "%s.%u.%s", scope, number, tensor);
  }
}

static nt_status_t list_observables(mapper_t *m) {
  nt_layout_t *layout = m->layout;
  layout->observable = calloc((size_t)18 * (layout->layers + 1), sizeof *layout->observable);
  if (layout->observable == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  for (uint32_t s = 0; s <= 2 * layout->layers; s++) {
    const uint32_t x = nt_placement_stage(s), c = nt_placement_consumer(s), l = s / 2, step = 6 * s;
    observe(layout, "stage", s, "sq_sum", nt_placement_stage_norm(s), NT_OBSERVABLE_ACC,
            NT_DENDRITE_N_SQUARE, step + 1, true);
    observe(layout, "stage", s, "x", x, NT_OBSERVABLE_STATE, NT_STATE_X, step + 1, false);
    observe(layout, "stage", s, "R", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_SCALE, step + 2, true);
    if (s == 2 * layout->layers) {
      observe(layout, NULL, 0, "logits", c, NT_OBSERVABLE_ACC, NT_DENDRITE_D_LOGITS, step + 3,
              false);
    } else if (s % 2 == 0) {
      observe(layout, "mixer", l, "acc_i", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_I, step + 3, false);
      observe(layout, "mixer", l, "acc_f", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_F, step + 3, false);
      observe(layout, "mixer", l, "acc_g", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_G, step + 3, false);
      observe(layout, "mixer", l, "h", c, NT_OBSERVABLE_STATE, NT_STATE_G_H, step + 3, false);
      observe(layout, "mixer", l, "v", c, NT_OBSERVABLE_STATE, NT_STATE_G_V, step + 3, false);
      observe(layout, "mixer", l, "sq_sum", nt_placement_consumer_norm(s), NT_OBSERVABLE_ACC,
              NT_DENDRITE_N_SQUARE, step + 4, true);
      observe(layout, "mixer", l, "R", c, NT_OBSERVABLE_ACC, NT_DENDRITE_G_SCALE, step + 5, true);
      observe(layout, "mixer", l, "acc_o", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_MATRIX, step + 6,
              false);
    } else {
      observe(layout, "mlp", l, "acc_gate", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_GATE, step + 3,
              false);
      observe(layout, "mlp", l, "acc_up", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_UP, step + 3, false);
      observe(layout, "mlp", l, "v", c, NT_OBSERVABLE_STATE, NT_STATE_M_V, step + 3, false);
      observe(layout, "mlp", l, "sq_sum", nt_placement_consumer_norm(s), NT_OBSERVABLE_ACC,
              NT_DENDRITE_N_SQUARE, step + 4, true);
      observe(layout, "mlp", l, "R", c, NT_OBSERVABLE_ACC, NT_DENDRITE_M_SCALE, step + 5, true);
      observe(layout, "mlp", l, "acc_d", x, NT_OBSERVABLE_ACC, NT_DENDRITE_X_MATRIX, step + 6,
              false);
    }
  }
  return NT_OK;
}

// ---- putting it together
// ------------------------------------------------------------------------------------

static nt_status_t copy_facts(mapper_t *m) {
  const nt_qmodel_t *model = m->model;
  nt_layout_t *layout = m->layout;
  layout->hidden = model->hidden;
  layout->intermediate = model->intermediate;
  layout->layers = model->layers;
  layout->vocab = model->vocab;
  layout->bos = model->bos;
  layout->eos = model->eos;
  layout->frac_x = model->frac_x;
  layout->logit_scale = model->logit_scale;
  layout->steps_per_token = 12 * model->layers + 4;
  layout->embed_population = nt_placement_embed();
  const size_t count = (size_t)model->vocab * model->hidden;
  layout->embedding_store = malloc(count * sizeof *layout->embedding_store);
  if (layout->embedding_store == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  memcpy(layout->embedding_store, model->embedding, count * sizeof *layout->embedding_store);
  layout->embedding = layout->embedding_store;
  return NT_OK;
}

static nt_status_t open_builders(mapper_t *m, uint32_t tiles) {
  nt_status_t status = nt_image_create(&m->params, tiles, &m->image, m->err);
  if (status != NT_OK) {
    return status;
  }
  m->builder = calloc((size_t)tiles * m->params.cores, sizeof *m->builder);
  m->routes = calloc(m->layout->populations, sizeof *m->routes);
  if (m->builder == NULL || m->routes == NULL) {
    return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  uint32_t sigmoid[32], rsqrt[96];
  nt_qmodel_tables(sigmoid, rsqrt);
  for (uint32_t t = 0; t < tiles; t++) {
    for (uint32_t c = 0; c < m->params.cores; c++) {
      nt_core_builder_t *builder = &m->builder[(size_t)t * m->params.cores + c];
      *builder = (nt_core_builder_t){.params = m->params,
                                     .core = nt_image_core(m->image, t, c),
                                     .tile = t,
                                     .index = c,
                                     .table_used = NT_TABLE_FUNCTIONS};
      memcpy(builder->core->table + NT_TABLE_SIGMOID, sigmoid, sizeof sigmoid);
      memcpy(builder->core->table + NT_TABLE_RSQRT + 32, rsqrt, sizeof rsqrt);
    }
  }
  for (uint32_t p = 0; p < m->layout->populations; p++) {
    m->routes[p] = calloc((size_t)m->layout->population[p].chunks * NT_PORTS, sizeof **m->routes);
    if (m->routes[p] == NULL) {
      return nt_fail(m->err, NT_ERR_MEMORY, "mapper: out of memory");
    }
  }
  return NT_OK;
}

static void close_builders(mapper_t *m) {
  for (uint32_t i = 0; m->builder != NULL && i < m->image->tiles * m->params.cores; i++) {
    nt_core_builder_free(&m->builder[i]);
  }
  for (uint32_t p = 0; m->routes != NULL && p < m->layout->populations; p++) {
    for (uint32_t r = 0; m->routes[p] != NULL && r < m->layout->population[p].chunks * NT_PORTS;
         r++) {
      free(m->routes[p][r].entry);
    }
    free(m->routes[p]);
  }
  free(m->builder);
  free(m->routes);
}

static nt_status_t compile(mapper_t *m, const nt_mapper_options_t *options) {
  uint32_t tiles = 0;
  nt_status_t status = nt_qmodel_prove(m->model, m->err);
  if (status == NT_OK) {
    status = nt_placement_make(m->model, options, m->layout, &tiles, m->err);
  }
  if (status == NT_OK) {
    status = copy_facts(m);
  }
  if (status == NT_OK) {
    status = open_builders(m, tiles);
  }
  nt_layout_t *layout = m->layout;
  for (uint32_t p = 0; p < layout->populations && status == NT_OK; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks && status == NT_OK; c++) {
      status = emit_group(m, p, &layout->population[p].chunk[c]);
    }
  }
  if (status == NT_OK) {
    status = connect_host(m);
  }
  for (uint32_t s = 0; s <= 2 * m->model->layers && status == NT_OK; s++) {
    status = connect_stage(m, s);
  }
  for (uint32_t p = 0; p < layout->populations && status == NT_OK; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks && status == NT_OK; c++) {
      status = emit_routes(m, p, c);
    }
  }
  for (uint32_t i = 0; i < tiles * m->params.cores && status == NT_OK; i++) {
    status = nt_core_builder_finish(&m->builder[i], m->err);
  }
  if (status == NT_OK) {
    status = list_observables(m);
  }
  if (status == NT_OK) {
    status = nt_layout_store(layout, m->image, m->err);
  }
  return status;
}

nt_status_t nt_mapper_compile(const nt_qmodel_t *model, const nt_mapper_options_t *options,
                              nt_image_t **image, nt_layout_t **layout, nt_error_t *err) {
  const nt_status_t checked = nt_params_check(&options->params, err);
  if (checked != NT_OK) {
    return checked;
  }
  if (options->params.table_words < 2 * NT_TABLE_FUNCTIONS) {
    return nt_fail(err, NT_ERR_RANGE, "mapper: TABLE_WORDS is %u, the network needs at least %u",
                   options->params.table_words, 2u * NT_TABLE_FUNCTIONS);
  }
  mapper_t m = {
      .model = model, .params = options->params, .layout = calloc(1, sizeof *m.layout), .err = err};
  if (m.layout == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  const nt_status_t status = compile(&m, options);
  close_builders(&m);
  if (status != NT_OK) {
    nt_image_free(m.image);
    nt_layout_free(m.layout);
    return status;
  }
  *image = m.image;
  if (layout != NULL) {
    *layout = m.layout;
  } else {
    nt_layout_free(m.layout);
  }
  return NT_OK;
}
