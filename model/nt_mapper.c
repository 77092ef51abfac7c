// SPDX-License-Identifier: Apache-2.0
#include "nt_mapper.h"

#include "nt_microcode.h"
#include "nt_observables.h"
#include "nt_placement.h"
#include "nt_wiring.h"

#include <stdlib.h>
#include <string.h>

typedef struct mapper {
  const nt_qmodel_t *model;
  nt_image_t *image;
  nt_wiring_t wiring;
} mapper_t;

// ---- groups and state ----

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
    return nt_microcode_embed(builder, &model->layer[0].mixer_norm, m->wiring.err);
  }
  const uint32_t stage = (population - 1) / 4, part = (population - 1) % 4;
  const bool head = stage == 2 * model->layers, mixer = stage % 2 == 0;
  const nt_qlayer_t *layer = head ? NULL : &model->layer[stage / 2];
  const nt_qnorm_t *norm = stage_norm(model, stage), *next = stage_norm(model, stage + 1);
  if (part == 0) {
    const nt_qmatrix_t *matrix = head ? NULL : mixer ? &layer->o : &layer->down;
    return nt_microcode_stage(builder, &model->widths, norm, matrix, next, m->wiring.err);
  }
  if (part == 1) {
    return nt_microcode_norm(builder, norm, m->wiring.err);
  }
  if (part == 3) {
    return nt_microcode_norm(builder, mixer ? &layer->o_norm : &layer->down_norm, m->wiring.err);
  }
  return head    ? nt_microcode_head(builder, m->wiring.err)
         : mixer ? nt_microcode_mixer(builder, &model->widths, layer, m->wiring.err)
                 : nt_microcode_mlp(builder, &model->widths, layer, m->wiring.err);
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
  const uint32_t word_lanes = nt_params_word_lanes(&m->wiring.params);
  uint32_t *pool = nt_wiring_builder(&m->wiring, chunk)->core->pool;
  for (uint32_t w = 0; w < source->words; w++) {
    for (uint32_t n = 0; source->word[w] != NULL && n < chunk->count; n++) {
      const uint32_t word = chunk->state_base + n / word_lanes * source->words + w;
      pool[(size_t)word * word_lanes + n % word_lanes] =
          (uint32_t)(int32_t)source->word[w][chunk->first + n];
    }
  }
}

static nt_status_t emit_group(mapper_t *m, uint32_t population, nt_chunk_t *chunk) {
  nt_core_builder_t *builder = nt_wiring_builder(&m->wiring, chunk);
  const char *name = m->wiring.layout->population[population].name;
  const state_source_t source = state_of(m, population);
  const uint32_t beats = (chunk->count + nt_params_word_lanes(&m->wiring.params) - 1) /
                         nt_params_word_lanes(&m->wiring.params);
  nt_status_t status = nt_core_builder_group(builder, &chunk->group, m->wiring.err);
  if (status == NT_OK) {
    status = nt_core_builder_lines(builder, chunk->lines, name, &chunk->line, m->wiring.err);
  }
  if (status == NT_OK) {
    status = nt_core_builder_pool(builder, beats * source.words, name, &chunk->state_base,
                                  m->wiring.err);
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

// ---- the network ----

// Squares, R, and pace around one norm site: `from` sends squares, `user` gets R, `consumer` is
// paced on its dendrite 0.
static nt_status_t connect_norm(mapper_t *m, uint32_t from, uint32_t square_port, uint32_t norm,
                                uint32_t user, uint32_t user_dendrite, uint32_t consumer) {
  nt_status_t status = nt_wiring_single(&m->wiring, from, square_port, norm, NT_DENDRITE_N_SQUARE,
                                        1, NT_SPIKE_TYPE_GRADED24);
  if (status == NT_OK) {
    status = nt_wiring_single(&m->wiring, norm, NT_PORT_N_SELF, norm, NT_DENDRITE_N_SELF, 0,
                              NT_SPIKE_TYPE_BINARY);
  }
  if (status == NT_OK) {
    status = nt_wiring_uniform(&m->wiring, norm, NT_PORT_N_SCALE, user, user_dendrite, 1,
                               NT_SPIKE_TYPE_GRADED24);
  }
  if (status == NT_OK) {
    status =
        nt_wiring_uniform(&m->wiring, norm, NT_PORT_N_PACE, consumer, 0, 0, NT_SPIKE_TYPE_BINARY);
  }
  return status;
}

static nt_status_t connect_mixer(mapper_t *m, uint32_t stage) {
  const nt_qlayer_t *layer = &m->model->layer[stage / 2];
  const uint32_t x = nt_placement_stage(stage), g = nt_placement_consumer(stage);
  const nt_wiring_plane_t planes[3] = {{&layer->i, 0}, {&layer->f, 0}, {&layer->g, 0}};
  if (layer->mixer_norm.code_count == 1) {
    return nt_wiring_dense(&m->wiring, x, NT_PORT_X_CODES, g, NT_DENDRITE_G_I, planes, 3);
  }
  nt_status_t status = NT_OK;
  for (uint32_t p = 0; p < 3 && status == NT_OK; p++) {
    status =
        nt_wiring_dense(&m->wiring, x, NT_PORT_X_CODES + p, g, NT_DENDRITE_G_I + p, &planes[p], 1);
  }
  return status;
}

static nt_status_t connect_stage(mapper_t *m, uint32_t stage) {
  const nt_qmodel_t *model = m->model;
  const uint32_t from = stage == 0 ? nt_placement_embed() : nt_placement_stage(stage - 1);
  const uint32_t x = nt_placement_stage(stage), consumer = nt_placement_consumer(stage);
  nt_status_t status = nt_wiring_handover(&m->wiring, from, x);
  if (status == NT_OK) {
    status = connect_norm(m, from, NT_PORT_X_SQUARE, nt_placement_stage_norm(stage), x,
                          NT_DENDRITE_X_SCALE, consumer);
  }
  if (status != NT_OK) {
    return status;
  }
  if (stage == 2 * model->layers) {
    const nt_wiring_plane_t plane = {&model->head, 0};
    return nt_wiring_dense(&m->wiring, x, NT_PORT_X_CODES, consumer, NT_DENDRITE_D_LOGITS, &plane,
                           1);
  }
  const nt_qlayer_t *layer = &model->layer[stage / 2];
  const bool mixer = stage % 2 == 0;
  if (mixer) {
    status = connect_mixer(m, stage);
  } else {
    const nt_wiring_plane_t planes[2] = {{&layer->gate_up, 0},
                                         {&layer->gate_up, model->intermediate}};
    status =
        nt_wiring_dense(&m->wiring, x, NT_PORT_X_CODES, consumer, NT_DENDRITE_M_GATE, planes, 2);
  }
  if (status == NT_OK) {
    status = connect_norm(m, consumer, NT_PORT_V_SQUARE, nt_placement_consumer_norm(stage),
                          consumer, mixer ? NT_DENDRITE_G_SCALE : NT_DENDRITE_M_SCALE, x);
  }
  if (status == NT_OK) {
    const nt_wiring_plane_t plane = {mixer ? &layer->o : &layer->down, 0};
    status =
        nt_wiring_dense(&m->wiring, consumer, NT_PORT_V_CODES, x, NT_DENDRITE_X_MATRIX, &plane, 1);
  }
  return status;
}

// The host's way in (axons of E) and out (logits of D).
static nt_status_t connect_host(mapper_t *m) {
  const nt_population_t *embed = &m->wiring.layout->population[nt_placement_embed()];
  m->wiring.layout->embed_axon = calloc(embed->chunks, sizeof *m->wiring.layout->embed_axon);
  if (m->wiring.layout->embed_axon == NULL) {
    return nt_fail(m->wiring.err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  for (uint32_t c = 0; c < embed->chunks; c++) {
    const nt_chunk_t *chunk = &embed->chunk[c];
    const nt_status_t status =
        nt_wiring_one_to_one(&m->wiring, chunk, 0, 1, &m->wiring.layout->embed_axon[c]);
    if (status != NT_OK) {
      return status;
    }
    nt_wiring_builder(&m->wiring, chunk)->axon[m->wiring.layout->embed_axon[c] + chunk->count] =
        nt_wiring_touch(chunk, 0);
  }
  const uint32_t head = nt_placement_consumer(2 * m->model->layers);
  for (uint32_t c = 0; c < m->wiring.layout->population[head].chunks; c++) {
    const nt_status_t status = nt_wiring_route(
        &m->wiring, head, c, NT_PORT_D_LOGITS,
        nt_wiring_destination(NT_HOST_TILE, 1, m->wiring.layout->population[head].chunk[c].first,
                              NT_SPIKE_TYPE_GRADED24, true));
    if (status != NT_OK) {
      return status;
    }
  }
  return NT_OK;
}

// ---- putting it together ----

static nt_status_t copy_facts(mapper_t *m) {
  const nt_qmodel_t *model = m->model;
  nt_layout_t *layout = m->wiring.layout;
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
    return nt_fail(m->wiring.err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  memcpy(layout->embedding_store, model->embedding, count * sizeof *layout->embedding_store);
  layout->embedding = layout->embedding_store;
  return NT_OK;
}

static nt_status_t open_builders(mapper_t *m, uint32_t tiles) {
  nt_status_t status = nt_image_create(&m->wiring.params, tiles, &m->image, m->wiring.err);
  if (status != NT_OK) {
    return status;
  }
  m->wiring.builder = calloc((size_t)tiles * m->wiring.params.cores, sizeof *m->wiring.builder);
  if (m->wiring.builder == NULL) {
    return nt_fail(m->wiring.err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  uint32_t sigmoid[32], rsqrt[96];
  nt_qmodel_tables(sigmoid, rsqrt);
  for (uint32_t t = 0; t < tiles; t++) {
    for (uint32_t c = 0; c < m->wiring.params.cores; c++) {
      nt_core_builder_t *builder = &m->wiring.builder[(size_t)t * m->wiring.params.cores + c];
      *builder = (nt_core_builder_t){.params = m->wiring.params,
                                     .core = nt_image_core(m->image, t, c),
                                     .tile = t,
                                     .index = c,
                                     .table_used = NT_TABLE_FUNCTIONS};
      memcpy(builder->core->table + NT_TABLE_SIGMOID, sigmoid, sizeof sigmoid);
      memcpy(builder->core->table + NT_TABLE_RSQRT + 32, rsqrt, sizeof rsqrt);
    }
  }
  return nt_wiring_open(&m->wiring);
}

static void close_builders(mapper_t *m) {
  for (uint32_t i = 0; m->wiring.builder != NULL && i < m->image->tiles * m->wiring.params.cores;
       i++) {
    nt_core_builder_free(&m->wiring.builder[i]);
  }
  nt_wiring_close(&m->wiring);
  free(m->wiring.builder);
}

static nt_status_t compile(mapper_t *m, const nt_mapper_options_t *options) {
  uint32_t tiles = 0;
  nt_status_t status = nt_qmodel_prove(m->model, m->wiring.err);
  if (status == NT_OK) {
    status = nt_placement_make(m->model, options, m->wiring.layout, &tiles, m->wiring.err);
  }
  if (status == NT_OK) {
    status = copy_facts(m);
  }
  if (status == NT_OK) {
    status = open_builders(m, tiles);
  }
  nt_layout_t *layout = m->wiring.layout;
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
    nt_listener_tell(options->listener, "mapping", s + 1, 2 * (uint64_t)m->model->layers + 1);
  }
  for (uint32_t p = 0; p < layout->populations && status == NT_OK; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks && status == NT_OK; c++) {
      status = nt_wiring_emit(&m->wiring, p, c);
    }
  }
  for (uint32_t i = 0; i < tiles * m->wiring.params.cores && status == NT_OK; i++) {
    status = nt_core_builder_finish(&m->wiring.builder[i], m->wiring.err);
  }
  if (status == NT_OK) {
    status = nt_observables_list(layout, m->wiring.err);
  }
  if (status == NT_OK) {
    status = nt_layout_store(layout, m->image, m->wiring.err);
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
      .model = model,
      .wiring = {.params = options->params, .layout = calloc(1, sizeof(nt_layout_t)), .err = err}};
  if (m.wiring.layout == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  const nt_status_t status = compile(&m, options);
  close_builders(&m);
  if (status != NT_OK) {
    nt_image_free(m.image);
    nt_layout_free(m.wiring.layout);
    return status;
  }
  *image = m.image;
  if (layout != NULL) {
    *layout = m.wiring.layout;
  } else {
    nt_layout_free(m.wiring.layout);
  }
  return NT_OK;
}
