// SPDX-License-Identifier: Apache-2.0
#include "nt_checkpoint.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nt_config.h"
#include "nt_json.h"
#include "nt_safetensors.h"

enum { INDEX_BYTES_MAX = 64 << 20 };

/// What a listener is told; changes while a checkpoint that is otherwise constant is read.
typedef struct progress {
  nt_listener_t listener;
  uint64_t done;
} progress_t;

struct nt_checkpoint {
  char *folder;
  nt_model_config_t config;
  nt_safetensors_t **shards;
  size_t shard_count;
  uint64_t parameter_count;
  progress_t *progress;
};

// ---- the tensors of the network -----------------------------------------------------------------

typedef enum dim { DIM_NONE, DIM_VOCAB, DIM_LAYERS, DIM_HIDDEN, DIM_INNER, DIM_INNER_TWICE } dim_t;

typedef struct tensor_rule {
  const char *name;
  dim_t rows;
  dim_t cols;
} tensor_rule_t;

static const char LOWER_BOUNDS[] = "model.lower_bounds";

static const tensor_rule_t FIRST[] = {
    {LOWER_BOUNDS, DIM_LAYERS, DIM_HIDDEN},
    {"model.embeddings.weight", DIM_VOCAB, DIM_HIDDEN},
};
static const tensor_rule_t LAYER[] = {
    {"attn_norm.weight", DIM_HIDDEN, DIM_NONE},
    {"attn.i_proj.weight", DIM_HIDDEN, DIM_HIDDEN},
    {"attn.i_proj.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"attn.f_proj.weight", DIM_HIDDEN, DIM_HIDDEN},
    {"attn.f_proj.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"attn.g_proj.weight", DIM_HIDDEN, DIM_HIDDEN},
    {"attn.g_proj.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"attn.g_norm.weight", DIM_HIDDEN, DIM_NONE},
    {"attn.o_proj.weight", DIM_HIDDEN, DIM_HIDDEN},
    {"attn.o_proj.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"mlp_norm.weight", DIM_HIDDEN, DIM_NONE},
    {"mlp.gate_proj.weight", DIM_INNER_TWICE, DIM_HIDDEN},
    {"mlp.gate_proj.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"mlp.down_proj.weight", DIM_HIDDEN, DIM_INNER},
    {"mlp.down_proj.norm.weight", DIM_INNER, DIM_NONE},
};
static const tensor_rule_t LAST[] = {
    {"model.norm.weight", DIM_HIDDEN, DIM_NONE},
    {"lm_head.weight", DIM_VOCAB, DIM_HIDDEN},
    {"lm_head.norm.weight", DIM_HIDDEN, DIM_NONE},
};
enum {
  FIRST_COUNT = sizeof FIRST / sizeof FIRST[0],
  LAYER_COUNT = sizeof LAYER / sizeof LAYER[0],
  LAST_COUNT = sizeof LAST / sizeof LAST[0]
};

static size_t dim_value(const nt_model_config_t *config, dim_t dim) {
  switch (dim) {
  case DIM_NONE: return 0;
  case DIM_VOCAB: return config->vocab_size;
  case DIM_LAYERS: return config->num_hidden_layers;
  case DIM_HIDDEN: return config->hidden_size;
  case DIM_INNER: return config->intermediate_size;
  case DIM_INNER_TWICE: return 2 * (size_t)config->intermediate_size;
  }
  return 0;
}

size_t nt_checkpoint_tensor_count(const nt_model_config_t *config) {
  return (size_t)FIRST_COUNT - (config->use_lower_bound ? 0 : 1) +
         (size_t)LAYER_COUNT * config->num_hidden_layers + LAST_COUNT;
}

void nt_checkpoint_tensor_name(const nt_model_config_t *config, size_t index,
                               char name[NT_TENSOR_NAME_MAX], size_t *rows, size_t *cols) {
  if (!config->use_lower_bound)
    index++; // the bounds are the first entry
  const size_t in_layers = (size_t)LAYER_COUNT * config->num_hidden_layers;
  const tensor_rule_t *rule = NULL;
  if (index < FIRST_COUNT) {
    rule = &FIRST[index];
    (void)snprintf(name, NT_TENSOR_NAME_MAX, "%s", rule->name);
  } else if (index < FIRST_COUNT + in_layers) {
    const size_t within = index - FIRST_COUNT;
    rule = &LAYER[within % LAYER_COUNT];
    (void)snprintf(name, NT_TENSOR_NAME_MAX, "model.layers.%zu.%s", within / LAYER_COUNT,
                   rule->name);
  } else {
    rule = &LAST[index - FIRST_COUNT - in_layers];
    (void)snprintf(name, NT_TENSOR_NAME_MAX, "%s", rule->name);
  }
  *rows = dim_value(config, rule->rows);
  *cols = dim_value(config, rule->cols);
}

// ---- the files of the folder --------------------------------------------------------------------

/// "folder/file" in fresh memory, or NULL.
static char *join_path(const char *folder, const char *file) {
  const size_t size = strlen(folder) + strlen(file) + 2;
  char *path = malloc(size);
  if (path != NULL)
    (void)snprintf(path, size, "%s/%s", folder, file);
  return path;
}

static nt_status_t no_memory(const nt_checkpoint_t *ckpt, nt_error_t *err) {
  return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", ckpt->folder);
}

static nt_status_t add_shard(nt_checkpoint_t *ckpt, const char *path, nt_error_t *err) {
  nt_safetensors_t **grown = realloc(ckpt->shards, (ckpt->shard_count + 1) * sizeof *ckpt->shards);
  if (grown == NULL)
    return no_memory(ckpt, err);
  ckpt->shards = grown;
  const nt_status_t status = nt_safetensors_open(path, &grown[ckpt->shard_count], err);
  if (status == NT_OK)
    ckpt->shard_count++;
  return status;
}

static const nt_safetensors_t *find_shard(const nt_checkpoint_t *ckpt, const char *path) {
  for (size_t k = 0; k < ckpt->shard_count; k++) {
    if (strcmp(nt_safetensors_path(ckpt->shards[k]), path) == 0)
      return ckpt->shards[k];
  }
  return NULL;
}

/// One entry of the index, tensor -> shard: opens the shard when first met and checks that it
/// holds the tensor.
static nt_status_t add_mapped(nt_checkpoint_t *ckpt, const char *index_path, const cJSON *entry,
                              nt_error_t *err) {
  if (!cJSON_IsString(entry) || entry->valuestring[0] == '\0' || entry->valuestring[0] == '.' ||
      strchr(entry->valuestring, '/') != NULL) {
    char text[80];
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s: tensor %.100s is mapped to %s, allowed a file name in the same folder",
                   index_path, entry->string, nt_json_show(entry, text, sizeof text));
  }
  char *path = join_path(ckpt->folder, entry->valuestring);
  if (path == NULL)
    return no_memory(ckpt, err);
  nt_status_t status = NT_OK;
  if (find_shard(ckpt, path) == NULL)
    status = add_shard(ckpt, path, err);
  if (status == NT_OK && nt_safetensors_find(find_shard(ckpt, path), entry->string) == NULL)
    status =
        nt_fail(err, NT_ERR_FORMAT, "%s: tensor %.100s is mapped to %.100s, which does not hold it",
                index_path, entry->string, entry->valuestring);
  free(path);
  return status;
}

static nt_status_t open_index(nt_checkpoint_t *ckpt, const char *index_path, nt_error_t *err) {
  cJSON *root = NULL;
  nt_status_t status = nt_json_load(index_path, INDEX_BYTES_MAX, &root, err);
  if (status != NT_OK)
    return status;
  const cJSON *map = cJSON_GetObjectItemCaseSensitive(root, "weight_map");
  if (!cJSON_IsObject(map) || map->child == NULL)
    status = nt_fail(err, NT_ERR_FORMAT, "%s: field \"weight_map\" is not an object with entries",
                     index_path);
  const cJSON *entry = NULL;
  cJSON_ArrayForEach(entry, map) {
    if (status == NT_OK)
      status = add_mapped(ckpt, index_path, entry, err);
  }
  cJSON_Delete(root);
  return status;
}

/// `model.safetensors` if there is one, else the shards of the index.
static nt_status_t open_weights(nt_checkpoint_t *ckpt, nt_error_t *err) {
  char *single = join_path(ckpt->folder, "model.safetensors");
  char *index = join_path(ckpt->folder, "model.safetensors.index.json");
  nt_status_t status = NT_OK;
  if (single == NULL || index == NULL)
    status = no_memory(ckpt, err);
  else if (access(single, F_OK) == 0)
    status = add_shard(ckpt, single, err);
  else if (access(index, F_OK) == 0)
    status = open_index(ckpt, index, err);
  else
    status = nt_fail(err, NT_ERR_IO,
                     "%s: neither model.safetensors nor model.safetensors.index.json is there",
                     ckpt->folder);
  free(single);
  free(index);
  return status;
}

// ---- checks over all files ----------------------------------------------------------------------

/// The tensor called `name` and the shard that holds it; NULL if there is none.
static const nt_tensor_t *find_tensor(const nt_checkpoint_t *ckpt, const char *name,
                                      const nt_safetensors_t **shard) {
  for (size_t k = 0; k < ckpt->shard_count; k++) {
    const nt_tensor_t *tensor = nt_safetensors_find(ckpt->shards[k], name);
    if (tensor != NULL) {
      *shard = ckpt->shards[k];
      return tensor;
    }
  }
  return NULL;
}

static nt_status_t settle_lower_bound(nt_checkpoint_t *ckpt, nt_lower_bound_t said,
                                      nt_error_t *err) {
  const nt_safetensors_t *shard = NULL;
  const bool present = find_tensor(ckpt, LOWER_BOUNDS, &shard) != NULL;
  if (said != NT_LOWER_BOUND_UNSAID && present != (said == NT_LOWER_BOUND_ON))
    return nt_fail(err, NT_ERR_FORMAT,
                   "%s/config.json: field \"use_lower_bound\" is %s, but tensor %s is %s",
                   ckpt->folder, said == NT_LOWER_BOUND_ON ? "true" : "false", LOWER_BOUNDS,
                   present ? "present" : "missing");
  ckpt->config.use_lower_bound = present;
  return NT_OK;
}

static void show_shape(size_t rank, const uint64_t *shape, char *text, size_t size) {
  size_t used = (size_t)snprintf(text, size, "[");
  for (size_t k = 0; k < rank && used < size; k++)
    used += (size_t)snprintf(text + used, size - used, "%s%llu", k > 0 ? ", " : "",
                             (unsigned long long)shape[k]);
  if (used < size)
    (void)snprintf(text + used, size - used, "]");
}

static nt_status_t check_expected(nt_checkpoint_t *ckpt, size_t index, nt_error_t *err) {
  char name[NT_TENSOR_NAME_MAX];
  size_t rows = 0;
  size_t cols = 0;
  nt_checkpoint_tensor_name(&ckpt->config, index, name, &rows, &cols);
  const nt_safetensors_t *shard = NULL;
  const nt_tensor_t *tensor = find_tensor(ckpt, name, &shard);
  if (tensor == NULL)
    return nt_fail(err, NT_ERR_FORMAT, "%s: tensor %s is missing", ckpt->folder, name);
  const uint64_t wanted[2] = {rows, cols};
  const size_t rank = cols > 0 ? 2 : 1;
  if (tensor->rank != rank || memcmp(tensor->shape, wanted, rank * sizeof wanted[0]) != 0) {
    char found_text[100];
    char wanted_text[60];
    show_shape(tensor->rank, tensor->shape, found_text, sizeof found_text);
    show_shape(rank, wanted, wanted_text, sizeof wanted_text);
    return nt_fail(err, NT_ERR_FORMAT, "%s: tensor %s has shape %s, allowed %s",
                   nt_safetensors_path(shard), name, found_text, wanted_text);
  }
  ckpt->parameter_count += tensor->count;
  return NT_OK;
}

static bool is_called(const nt_model_config_t *config, size_t index, const char *name) {
  char expected[NT_TENSOR_NAME_MAX];
  size_t rows = 0;
  size_t cols = 0;
  nt_checkpoint_tensor_name(config, index, expected, &rows, &cols);
  return strcmp(expected, name) == 0;
}

/// Looks at the tensors outside the layers and, where the name says which, at those of one layer:
/// the question is asked for every tensor of a file.
static bool is_expected(const nt_model_config_t *config, const char *name) {
  const size_t first = (size_t)FIRST_COUNT - (config->use_lower_bound ? 0 : 1);
  const size_t last = first + (size_t)LAYER_COUNT * config->num_hidden_layers;
  unsigned layer = 0;
  if (sscanf(name, "model.layers.%4u.", &layer) == 1 && layer < config->num_hidden_layers) {
    const size_t begin = first + (size_t)LAYER_COUNT * layer;
    for (size_t index = begin; index < begin + LAYER_COUNT; index++) {
      if (is_called(config, index, name))
        return true;
    }
  }
  for (size_t index = 0; index < first; index++) {
    if (is_called(config, index, name))
      return true;
  }
  for (size_t index = last; index < last + LAST_COUNT; index++) {
    if (is_called(config, index, name))
      return true;
  }
  return false;
}

/// Names the first tensor that the network does not have, or that lies in two shards. Called only
/// when there are more tensors than expected.
static nt_status_t refuse_surplus(const nt_checkpoint_t *ckpt, nt_error_t *err) {
  for (size_t s = 0; s < ckpt->shard_count; s++) {
    size_t count = 0;
    const nt_tensor_t *tensors = nt_safetensors_list(ckpt->shards[s], &count);
    for (size_t k = 0; k < count; k++) {
      const nt_safetensors_t *first = NULL;
      (void)find_tensor(ckpt, tensors[k].name, &first);
      if (first != ckpt->shards[s])
        return nt_fail(err, NT_ERR_FORMAT, "%s: tensor %.100s is also in %s",
                       nt_safetensors_path(ckpt->shards[s]), tensors[k].name,
                       nt_safetensors_path(first));
      if (!is_expected(&ckpt->config, tensors[k].name))
        return nt_fail(err, NT_ERR_UNSUPPORTED,
                       "%s: tensor %.100s is not part of an HGRNBit network with %u layers",
                       nt_safetensors_path(ckpt->shards[s]), tensors[k].name,
                       (unsigned)ckpt->config.num_hidden_layers);
    }
  }
  return nt_fail(err, NT_ERR_INTERNAL, "%s: surplus tensor not found", ckpt->folder);
}

static nt_status_t check_tensors(nt_checkpoint_t *ckpt, nt_error_t *err) {
  const size_t expected = nt_checkpoint_tensor_count(&ckpt->config);
  for (size_t index = 0; index < expected; index++) {
    const nt_status_t status = check_expected(ckpt, index, err);
    if (status != NT_OK)
      return status;
  }
  size_t found = 0;
  for (size_t s = 0; s < ckpt->shard_count; s++) {
    size_t count = 0;
    (void)nt_safetensors_list(ckpt->shards[s], &count);
    found += count;
  }
  return found == expected ? NT_OK : refuse_surplus(ckpt, err);
}

// ---- public -------------------------------------------------------------------------------------

static nt_status_t open_all(nt_checkpoint_t *ckpt, nt_error_t *err) {
  char *config_path = join_path(ckpt->folder, "config.json");
  if (config_path == NULL)
    return no_memory(ckpt, err);
  nt_lower_bound_t bound = NT_LOWER_BOUND_UNSAID;
  nt_status_t status = nt_config_load(config_path, &ckpt->config, &bound, err);
  free(config_path);
  if (status == NT_OK)
    status = open_weights(ckpt, err);
  if (status == NT_OK)
    status = settle_lower_bound(ckpt, bound, err);
  if (status == NT_OK)
    status = check_tensors(ckpt, err);
  return status;
}

nt_status_t nt_checkpoint_open(const char *folder, nt_checkpoint_t **out, nt_error_t *err) {
  *out = NULL;
  nt_checkpoint_t *ckpt = calloc(1, sizeof *ckpt);
  char *copy = strdup(folder);
  progress_t *progress = calloc(1, sizeof *progress);
  if (ckpt == NULL || copy == NULL || progress == NULL) {
    free(ckpt);
    free(copy);
    free(progress);
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", folder);
  }
  ckpt->folder = copy;
  ckpt->progress = progress;
  const nt_status_t status = open_all(ckpt, err);
  if (status != NT_OK) {
    nt_checkpoint_close(ckpt);
    return status;
  }
  *out = ckpt;
  return NT_OK;
}

void nt_checkpoint_close(nt_checkpoint_t *ckpt) {
  if (ckpt == NULL)
    return;
  for (size_t k = 0; k < ckpt->shard_count; k++)
    nt_safetensors_close(ckpt->shards[k]);
  free(ckpt->shards);
  free(ckpt->folder);
  free(ckpt->progress);
  free(ckpt);
}

const nt_model_config_t *nt_checkpoint_config(const nt_checkpoint_t *ckpt) {
  return &ckpt->config;
}

uint64_t nt_checkpoint_parameter_count(const nt_checkpoint_t *ckpt) {
  return ckpt->parameter_count;
}

size_t nt_checkpoint_file_count(const nt_checkpoint_t *ckpt) {
  return ckpt->shard_count;
}

const char *nt_checkpoint_file(const nt_checkpoint_t *ckpt, size_t index) {
  return nt_safetensors_path(ckpt->shards[index]);
}

const char *nt_checkpoint_dtype(const nt_checkpoint_t *ckpt) {
  static const char *const names[] = {
      [NT_DTYPE_F32] = "F32", [NT_DTYPE_BF16] = "BF16", [NT_DTYPE_F16] = "F16"};
  const char *name = NULL;
  for (size_t s = 0; s < ckpt->shard_count; s++) {
    size_t count = 0;
    const nt_tensor_t *tensors = nt_safetensors_list(ckpt->shards[s], &count);
    for (size_t k = 0; k < count; k++) {
      if (name != NULL && name != names[tensors[k].dtype])
        return "mixed";
      name = names[tensors[k].dtype];
    }
  }
  return name;
}

void nt_checkpoint_listen(nt_checkpoint_t *ckpt, const nt_listener_t *listener) {
  *ckpt->progress = (progress_t){.listener = {NULL, NULL}};
  if (listener != NULL)
    ckpt->progress->listener = *listener;
}

nt_status_t nt_checkpoint_read(const nt_checkpoint_t *ckpt, const char *name, float *dst,
                               size_t count, nt_error_t *err) {
  const nt_safetensors_t *shard = NULL;
  const nt_tensor_t *tensor = find_tensor(ckpt, name, &shard);
  if (tensor == NULL)
    return nt_fail(err, NT_ERR_ARG, "%s: no tensor is called %.100s", ckpt->folder, name);
  if (tensor->count != count)
    return nt_fail(err, NT_ERR_ARG, "%s: tensor %s has %llu values, asked for %zu",
                   nt_safetensors_path(shard), name, (unsigned long long)tensor->count, count);
  const nt_status_t status = nt_safetensors_read(shard, tensor, dst, err);
  ckpt->progress->done += count;
  nt_listener_tell(&ckpt->progress->listener, "reading weights", ckpt->progress->done,
                   ckpt->parameter_count);
  return status;
}
