// SPDX-License-Identifier: Apache-2.0
#include "nt_layout.h"

#include "nt_json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char SECTION_LAYOUT[] = "layout";
static const char SECTION_EMBEDDING[] = "embedding";

void nt_layout_free(nt_layout_t *layout) {
  if (layout == NULL) {
    return;
  }
  for (uint32_t p = 0; layout->population != NULL && p < layout->populations; p++) {
    free(layout->population[p].chunk);
  }
  free(layout->population);
  free(layout->observable);
  free(layout->embed_axon);
  free(layout->embedding_store);
  free(layout);
}

// ---- storing ----

static cJSON *chunk_to_json(const nt_chunk_t *chunk) {
  const int numbers[] = {(int)chunk->tile,  (int)chunk->core,       (int)chunk->group,
                         (int)chunk->line,  (int)chunk->lines,      (int)chunk->first,
                         (int)chunk->count, (int)chunk->state_base, (int)chunk->state_words};
  return cJSON_CreateIntArray(numbers, sizeof numbers / sizeof numbers[0]);
}

static cJSON *populations_to_json(const nt_layout_t *layout) {
  cJSON *list = cJSON_CreateArray();
  for (uint32_t p = 0; p < layout->populations; p++) {
    const nt_population_t *population = &layout->population[p];
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "name", population->name);
    (void)cJSON_AddNumberToObject(item, "neurons", population->neurons);
    cJSON *chunks = cJSON_AddArrayToObject(item, "chunks");
    for (uint32_t c = 0; c < population->chunks; c++) {
      (void)cJSON_AddItemToArray(chunks, chunk_to_json(&population->chunk[c]));
    }
    (void)cJSON_AddItemToArray(list, item);
  }
  return list;
}

static cJSON *observables_to_json(const nt_layout_t *layout) {
  cJSON *list = cJSON_CreateArray();
  for (uint32_t i = 0; i < layout->observables; i++) {
    const nt_observable_t *o = &layout->observable[i];
    cJSON *item = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(item, "name", o->name);
    (void)cJSON_AddStringToObject(item, "population", layout->population[o->population].name);
    (void)cJSON_AddStringToObject(item, "kind", o->kind == NT_OBSERVABLE_ACC ? "acc" : "state");
    (void)cJSON_AddNumberToObject(item, "index", o->index);
    (void)cJSON_AddNumberToObject(item, "step", o->step);
    (void)cJSON_AddBoolToObject(item, "broadcast", o->broadcast);
    (void)cJSON_AddItemToArray(list, item);
  }
  return list;
}

nt_status_t nt_layout_store(const nt_layout_t *layout, nt_image_t *image, nt_error_t *err) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddNumberToObject(root, "hidden", layout->hidden);
  (void)cJSON_AddNumberToObject(root, "intermediate", layout->intermediate);
  (void)cJSON_AddNumberToObject(root, "layers", layout->layers);
  (void)cJSON_AddNumberToObject(root, "vocab", layout->vocab);
  (void)cJSON_AddNumberToObject(root, "bos", layout->bos);
  (void)cJSON_AddNumberToObject(root, "eos", layout->eos);
  (void)cJSON_AddNumberToObject(root, "frac_x", layout->frac_x);
  (void)cJSON_AddNumberToObject(root, "steps_per_token", layout->steps_per_token);
  (void)cJSON_AddNumberToObject(root, "logit_scale", layout->logit_scale);
  cJSON *axons = cJSON_AddArrayToObject(root, "embed_axon");
  for (uint32_t c = 0; c < layout->population[layout->embed_population].chunks; c++) {
    (void)cJSON_AddItemToArray(axons, cJSON_CreateNumber(layout->embed_axon[c]));
  }
  (void)cJSON_AddItemToObject(root, "populations", populations_to_json(layout));
  (void)cJSON_AddItemToObject(root, "observables", observables_to_json(layout));
  char *text = cJSON_PrintUnformatted(root);
  cJSON_Delete(root);
  if (text == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "layout: out of memory");
  }
  nt_status_t status = nt_image_add_section(image, SECTION_LAYOUT, text, strlen(text), err);
  cJSON_free(text);
  if (status == NT_OK) {
    status = nt_image_add_section(
        image, SECTION_EMBEDDING, layout->embedding,
        (size_t)layout->vocab * layout->hidden * sizeof *layout->embedding, err);
  }
  return status;
}

// ---- loading ----

// Reads `item` as a whole number in [min, max]; `name` is for the message.
static nt_status_t number_in(const cJSON *item, const char *name, double min, double max,
                             uint32_t *value, nt_error_t *err) {
  if (!cJSON_IsNumber(item) || item->valuedouble < min || item->valuedouble > max ||
      floor(item->valuedouble) != item->valuedouble) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: %s is %g, allowed is a whole number from %g to %g", name,
                   cJSON_IsNumber(item) ? item->valuedouble : (double)NAN, min, max);
  }
  *value = (uint32_t)item->valuedouble;
  return NT_OK;
}

static nt_status_t chunk_from_json(const cJSON *item, const nt_image_t *image, uint32_t neurons,
                                   nt_chunk_t *chunk, nt_error_t *err) {
  const nt_params_t *p = &image->params;
  const struct {
    const char *name;
    uint32_t *value;
    double max;
  } fields[] = {{"chunk tile", &chunk->tile, image->tiles - 1},
                {"chunk core", &chunk->core, p->cores - 1},
                {"chunk group", &chunk->group, p->groups - 1},
                {"chunk line", &chunk->line, p->lines - 1},
                {"chunk lines", &chunk->lines, p->lines},
                {"chunk first", &chunk->first, neurons},
                {"chunk count", &chunk->count, neurons},
                {"chunk state_base", &chunk->state_base, p->pool_words},
                {"chunk state_words", &chunk->state_words, 255}};
  const int count = (int)(sizeof fields / sizeof fields[0]);
  if (cJSON_GetArraySize(item) != count) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: a chunk has %d numbers, allowed is %d",
                   cJSON_GetArraySize(item), count);
  }
  for (int i = 0; i < count; i++) {
    const nt_status_t status = number_in(cJSON_GetArrayItem(item, i), fields[i].name, 0,
                                         fields[i].max, fields[i].value, err);
    if (status != NT_OK) {
      return status;
    }
  }
  const uint32_t room = chunk->lines * nt_params_line_lanes(p);
  if (chunk->first + chunk->count > neurons || chunk->count < 1 || chunk->count > room ||
      chunk->line + chunk->lines > p->lines) {
    return nt_fail(
        err, NT_ERR_FORMAT,
        "image section layout: chunk of neurons %u to %u in %u lines does not fit %u neurons",
        chunk->first, chunk->first + chunk->count, chunk->lines, neurons);
  }
  const uint32_t lanes = nt_params_word_lanes(p);
  const uint32_t state_end =
      chunk->state_base + (chunk->count + lanes - 1) / lanes * chunk->state_words;
  if (state_end > p->pool_words) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: chunk state words end at %u, allowed is at most %u",
                   state_end, p->pool_words);
  }
  return NT_OK;
}

static nt_status_t copy_name(const cJSON *item, const char *what, char *name, size_t size,
                             nt_error_t *err) {
  const char *text = cJSON_GetStringValue(item);
  if (text == NULL || text[0] == '\0' || strlen(text) >= size) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: %s has no name of 1 to %zu characters", what, size - 1);
  }
  strcpy(name, text);
  return NT_OK;
}

// Neurons that all cores of the image have together.
static double neurons_max(const nt_image_t *image) {
  const nt_params_t *p = &image->params;
  return (double)image->tiles * p->cores * p->lines * nt_params_line_lanes(p);
}

static nt_status_t populations_from_json(const cJSON *root, const nt_image_t *image,
                                         nt_layout_t *layout, nt_error_t *err) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "populations"), *item;
  const int count = cJSON_GetArraySize(list);
  if (count < 1 ||
      (layout->population = calloc((size_t)count, sizeof *layout->population)) == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "image section layout: no populations");
  }
  layout->populations = (uint32_t)count;
  nt_population_t *population = layout->population;
  cJSON_ArrayForEach(item, list) {
    nt_status_t status = copy_name(cJSON_GetObjectItemCaseSensitive(item, "name"), "a population",
                                   population->name, sizeof population->name, err);
    if (status == NT_OK) {
      status = number_in(cJSON_GetObjectItemCaseSensitive(item, "neurons"), "neurons", 1,
                         neurons_max(image), &population->neurons, err);
    }
    const cJSON *chunks = cJSON_GetObjectItemCaseSensitive(item, "chunks"), *chunk;
    const int size = cJSON_GetArraySize(chunks);
    if (status == NT_OK && (size < 1 || (population->chunk = calloc(
                                             (size_t)size, sizeof *population->chunk)) == NULL)) {
      status = nt_fail(err, NT_ERR_FORMAT, "image section layout: population %s has no chunks",
                       population->name);
    }
    if (status != NT_OK) {
      return status;
    }
    population->chunks = (uint32_t)size;
    uint32_t i = 0, covered = 0;
    cJSON_ArrayForEach(chunk, chunks) {
      status = chunk_from_json(chunk, image, population->neurons, &population->chunk[i], err);
      if (status != NT_OK) {
        return status;
      }
      if (population->chunk[i].first != covered) {
        return nt_fail(err, NT_ERR_FORMAT,
                       "image section layout: chunk %u of %s begins at neuron %u, allowed is %u", i,
                       population->name, population->chunk[i].first, covered);
      }
      covered += population->chunk[i].count;
      i++;
    }
    if (covered != population->neurons) {
      return nt_fail(err, NT_ERR_FORMAT,
                     "image section layout: chunks of %s cover %u neurons, allowed is %u",
                     population->name, covered, population->neurons);
    }
    population++;
  }
  return NT_OK;
}

static nt_status_t observable_from_json(const cJSON *item, nt_layout_t *layout, nt_observable_t *o,
                                        nt_error_t *err) {
  nt_status_t status = copy_name(cJSON_GetObjectItemCaseSensitive(item, "name"), "an observable",
                                 o->name, sizeof o->name, err);
  if (status != NT_OK) {
    return status;
  }
  const char *population =
      cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "population"));
  for (o->population = 0; o->population < layout->populations; o->population++) {
    if (population != NULL && strcmp(layout->population[o->population].name, population) == 0) {
      break;
    }
  }
  if (o->population == layout->populations) {
    return nt_fail(err, NT_ERR_FORMAT, "image section layout: observable %s names no population",
                   o->name);
  }
  const char *kind = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(item, "kind"));
  if (kind == NULL || (strcmp(kind, "acc") != 0 && strcmp(kind, "state") != 0)) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: observable %s has kind \"%s\", allowed is acc or state",
                   o->name, kind == NULL ? "" : kind);
  }
  o->kind = strcmp(kind, "acc") == 0 ? NT_OBSERVABLE_ACC : NT_OBSERVABLE_STATE;
  o->broadcast = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(item, "broadcast"));
  o->count = o->broadcast ? 1 : layout->population[o->population].neurons;
  const nt_population_t *shown = &layout->population[o->population];
  uint32_t words = shown->chunk[0].state_words;
  for (uint32_t c = 1; c < shown->chunks; c++) {
    words = shown->chunk[c].state_words < words ? shown->chunk[c].state_words : words;
  }
  const double limit = o->kind == NT_OBSERVABLE_ACC ? NT_DENDRITES - 1 : (double)words - 1;
  status = number_in(cJSON_GetObjectItemCaseSensitive(item, "index"), "observable index", 0, limit,
                     &o->index, err);
  if (status == NT_OK) {
    status = number_in(cJSON_GetObjectItemCaseSensitive(item, "step"), "observable step", 0,
                       layout->steps_per_token - 1, &o->step, err);
  }
  return status;
}

static nt_status_t observables_from_json(const cJSON *root, nt_layout_t *layout, nt_error_t *err) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "observables"), *item;
  const int count = cJSON_GetArraySize(list);
  if (count < 1 ||
      (layout->observable = calloc((size_t)count, sizeof *layout->observable)) == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "image section layout: no observables");
  }
  cJSON_ArrayForEach(item, list) {
    const nt_status_t status =
        observable_from_json(item, layout, &layout->observable[layout->observables++], err);
    if (status != NT_OK) {
      return status;
    }
  }
  return NT_OK;
}

static nt_status_t facts_from_json(const cJSON *root, nt_layout_t *layout, nt_error_t *err) {
  const struct {
    const char *name;
    uint32_t *value;
    double min, max;
  } fields[] = {{"hidden", &layout->hidden, 1, 1 << 16},
                {"intermediate", &layout->intermediate, 1, 1 << 18},
                {"layers", &layout->layers, 1, 1 << 10},
                {"vocab", &layout->vocab, 1, 1 << 16},
                {"bos", &layout->bos, 0, UINT32_MAX},
                {"eos", &layout->eos, 0, UINT32_MAX},
                {"frac_x", &layout->frac_x, 0, 15},
                {"steps_per_token", &layout->steps_per_token, 1, 1 << 16}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    const nt_status_t status =
        number_in(cJSON_GetObjectItemCaseSensitive(root, fields[i].name), fields[i].name,
                  fields[i].min, fields[i].max, fields[i].value, err);
    if (status != NT_OK) {
      return status;
    }
  }
  const uint32_t marks[] = {layout->bos, layout->eos};
  for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
    if (marks[i] >= layout->vocab && marks[i] != UINT32_MAX) {
      return nt_fail(err, NT_ERR_FORMAT,
                     "image section layout: %s is %u, allowed is 0 to %u, and %u for none",
                     i == 0 ? "bos" : "eos", marks[i], layout->vocab - 1, UINT32_MAX);
    }
  }
  const cJSON *scale = cJSON_GetObjectItemCaseSensitive(root, "logit_scale");
  if (!cJSON_IsNumber(scale) || !(scale->valuedouble > 0) || !isfinite(scale->valuedouble)) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: logit_scale is not a positive number");
  }
  layout->logit_scale = scale->valuedouble;
  return NT_OK;
}

static nt_status_t embedding_from_image(const cJSON *root, const nt_image_t *image,
                                        nt_layout_t *layout, nt_error_t *err) {
  const nt_image_section_t *section = nt_image_section(image, SECTION_EMBEDDING);
  const size_t size = (size_t)layout->vocab * layout->hidden * sizeof *layout->embedding;
  if (section == NULL || section->size != size) {
    return nt_fail(err, NT_ERR_FORMAT, "image section embedding: %zu bytes, allowed is %zu",
                   section == NULL ? (size_t)0 : section->size, size);
  }
  const nt_population_t *embed = &layout->population[layout->embed_population];
  const cJSON *axons = cJSON_GetObjectItemCaseSensitive(root, "embed_axon"), *axon;
  if (cJSON_GetArraySize(axons) != (int)embed->chunks) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image section layout: embed_axon has %d numbers, allowed is %u",
                   cJSON_GetArraySize(axons), embed->chunks);
  }
  layout->embedding_store = malloc(size);
  layout->embed_axon = calloc(embed->chunks, sizeof *layout->embed_axon);
  if (layout->embedding_store == NULL || layout->embed_axon == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "layout: out of memory");
  }
  memcpy(layout->embedding_store, section->data, size);
  layout->embedding = layout->embedding_store;
  uint32_t c = 0;
  cJSON_ArrayForEach(axon, axons) {
    // The pace axon follows the chunk's last neuron.
    const nt_status_t status =
        number_in(axon, "embed_axon", 0, (double)UINT16_MAX - embed->chunk[c].count,
                  &layout->embed_axon[c], err);
    if (status != NT_OK) {
      return status;
    }
    c++;
  }
  return NT_OK;
}

nt_status_t nt_layout_load(const nt_image_t *image, nt_layout_t **layout, nt_error_t *err) {
  const nt_image_section_t *section = nt_image_section(image, SECTION_LAYOUT);
  if (section == NULL) {
    return nt_fail(err, NT_ERR_FORMAT,
                   "image: no section layout; it does not hold a language model");
  }
  cJSON *root = NULL;
  nt_layout_t *loaded = calloc(1, sizeof *loaded);
  nt_status_t status = NT_OK;
  if (loaded == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "layout: out of memory");
  }
  if (status == NT_OK) {
    status = nt_json_parse("image section layout", (const char *)section->data, section->size,
                           &root, err);
  }
  if (status == NT_OK) {
    status = facts_from_json(root, loaded, err);
  }
  if (status == NT_OK) {
    status = populations_from_json(root, image, loaded, err);
  }
  if (status == NT_OK && strcmp(loaded->population[0].name, "E") != 0) {
    status = nt_fail(err, NT_ERR_FORMAT,
                     "image section layout: the first population is %s, allowed is E",
                     loaded->population[0].name);
  }
  if (status == NT_OK && loaded->population[0].neurons != loaded->hidden) {
    status = nt_fail(err, NT_ERR_FORMAT, "image section layout: E has %u neurons, allowed is %u",
                     loaded->population[0].neurons, loaded->hidden);
  }
  if (status == NT_OK) {
    status = observables_from_json(root, loaded, err);
  }
  if (status == NT_OK) {
    status = embedding_from_image(root, image, loaded, err);
  }
  cJSON_Delete(root);
  if (status != NT_OK) {
    nt_layout_free(loaded);
    return status;
  }
  *layout = loaded;
  return NT_OK;
}

nt_status_t nt_layout_check_qmodel(const nt_layout_t *layout, const nt_qmodel_t *qmodel,
                                   nt_error_t *err) {
  const struct {
    const char *name;
    uint32_t layout, qmodel;
  } pairs[] = {{"hidden", layout->hidden, qmodel->hidden},
               {"intermediate", layout->intermediate, qmodel->intermediate},
               {"layers", layout->layers, qmodel->layers},
               {"vocab", layout->vocab, qmodel->vocab}};
  for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
    if (pairs[i].layout != pairs[i].qmodel) {
      return nt_fail(err, NT_ERR_FORMAT,
                     "image section layout: %s is %u, allowed is %u as in section qmodel",
                     pairs[i].name, pairs[i].layout, pairs[i].qmodel);
    }
  }
  return NT_OK;
}

// ---- using ----

size_t nt_layout_token_spikes_max(const nt_layout_t *layout) {
  return (size_t)layout->hidden + layout->population[layout->embed_population].chunks;
}

nt_status_t nt_layout_token_spikes(const nt_layout_t *layout, uint32_t token, nt_spike_t *spikes,
                                   size_t *count, nt_error_t *err) {
  if (token >= layout->vocab) {
    return nt_fail(err, NT_ERR_RANGE, "token %u, allowed is 0 to %u", token, layout->vocab - 1);
  }
  const nt_population_t *embed = &layout->population[layout->embed_population];
  const int16_t *row = layout->embedding + (size_t)token * layout->hidden;
  *count = 0;
  for (uint32_t c = 0; c < embed->chunks; c++) {
    const nt_chunk_t *chunk = &embed->chunk[c];
    nt_spike_t spike = {.tile = (uint16_t)chunk->tile,
                        .cores = (uint8_t)(1u << chunk->core),
                        .type = NT_SPIKE_TYPE_GRADED16};
    for (uint32_t n = 0; n < chunk->count; n++) {
      spike.axon = (uint16_t)(layout->embed_axon[c] + n);
      spike.payload = row[chunk->first + n];
      if (spike.payload != 0) {
        spikes[(*count)++] = spike;
      }
    }
    spike.axon = (uint16_t)(layout->embed_axon[c] + chunk->count);
    spike.type = NT_SPIKE_TYPE_BINARY;
    spike.payload = 1;
    spikes[(*count)++] = spike;
  }
  return NT_OK;
}

bool nt_layout_find(const nt_layout_t *layout, uint32_t tile, uint32_t core, uint32_t line,
                    const nt_population_t **population, const nt_chunk_t **chunk) {
  for (uint32_t p = 0; p < layout->populations; p++) {
    for (uint32_t c = 0; c < layout->population[p].chunks; c++) {
      const nt_chunk_t *candidate = &layout->population[p].chunk[c];
      if (candidate->tile == tile && candidate->core == core && line >= candidate->line &&
          line < candidate->line + candidate->lines) {
        *population = &layout->population[p];
        *chunk = candidate;
        return true;
      }
    }
  }
  return false;
}
