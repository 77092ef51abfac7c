// SPDX-License-Identifier: Apache-2.0
#include "nt_synth.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cjson/cJSON.h>

#include "nt_checkpoint.h"
#include "nt_synth_tokenizer.h"

enum {
  PATH_SIZE = 4096,
  QUANTILES = 1 << 16,     // of the normal distribution, one for each 16 random bits
  BUFFER_VALUES = 1 << 16, // written at once
  HEADER_ALIGN = 8
};

static const char STAGE[] = "writing weights";

static const struct {
  const char *name;
  uint32_t hidden, layers, intermediate, vocab;
} SHAPES[] = {{"small", 64, 2, 256, 512},
              {"370m", 1024, 24, 2816, 32000},
              {"1.3b", 2048, 24, 5632, 32000},
              {"2.7b", 2560, 32, 6912, 32000}};

/// A file of the published checkpoints holds at most this many bytes of data.
static const uint64_t FILE_BYTES_MAX = UINT64_C(5000000000);

typedef struct tensor {
  char name[NT_TENSOR_NAME_MAX];
  size_t rows, cols; // cols 0: a vector
  uint64_t count;
  uint64_t begin; // in the data of its file
  uint32_t file;
} tensor_t;

typedef struct synth {
  nt_model_config_t config;
  const char *folder;
  tensor_t *tensors;
  uint32_t tensor_count, files;
  uint64_t parameters, written; // values
  uint64_t seed;
  float *quantile;  // [QUANTILES]
  uint16_t *values; // [QUANTILES] of the tensor being written, as BF16
  uint16_t *buffer; // [BUFFER_VALUES]
  const nt_listener_t *listener;
  nt_error_t *err;
} synth_t;

static nt_status_t no_memory(const synth_t *s) {
  return nt_fail(s->err, NT_ERR_MEMORY, "%s: no memory", s->folder);
}

static nt_status_t join(const synth_t *s, const char *name, char path[PATH_SIZE]) {
  if (snprintf(path, PATH_SIZE, "%s/%s", s->folder, name) >= PATH_SIZE)
    return nt_fail(s->err, NT_ERR_ARG, "%s/%s: the path is longer than %d characters", s->folder,
                   name, PATH_SIZE - 1);
  return NT_OK;
}

static nt_status_t cannot_write(const synth_t *s, const char *path) {
  return nt_fail(s->err, NT_ERR_IO, "%s: cannot write: %s", path, strerror(errno));
}

// ---- which tensors, in which files --------------------------------------------------------------

static nt_status_t choose_shape(synth_t *s, const char *like) {
  char names[64] = "";
  for (size_t k = 0; k < sizeof SHAPES / sizeof SHAPES[0]; k++) {
    if (strcmp(SHAPES[k].name, like) == 0) {
      s->config = (nt_model_config_t){.vocab_size = SHAPES[k].vocab,
                                      .hidden_size = SHAPES[k].hidden,
                                      .num_hidden_layers = SHAPES[k].layers,
                                      .intermediate_size = SHAPES[k].intermediate,
                                      .use_lower_bound = true};
      return NT_OK;
    }
    (void)strcat(strcat(names, k > 0 ? ", " : ""), SHAPES[k].name); // fits: the names are short
  }
  return nt_fail(s->err, NT_ERR_ARG, "option --like: found \"%s\", allowed are %s", like, names);
}

static nt_status_t plan(synth_t *s) {
  s->tensor_count = (uint32_t)nt_checkpoint_tensor_count(&s->config);
  s->tensors = calloc(s->tensor_count, sizeof *s->tensors);
  if (s->tensors == NULL)
    return no_memory(s);
  uint64_t used = 0; // bytes in the file being filled
  s->files = 1;
  for (uint32_t k = 0; k < s->tensor_count; k++) {
    tensor_t *t = &s->tensors[k];
    nt_checkpoint_tensor_name(&s->config, k, t->name, &t->rows, &t->cols);
    t->count = (uint64_t)t->rows * (t->cols > 0 ? t->cols : 1);
    if (used + t->count * sizeof(uint16_t) > FILE_BYTES_MAX) {
      s->files++;
      used = 0;
    }
    t->file = s->files - 1;
    t->begin = used;
    used += t->count * sizeof(uint16_t);
    s->parameters += t->count;
  }
  return NT_OK;
}

static void file_name(const synth_t *s, uint32_t file, char name[64]) {
  if (s->files == 1)
    (void)snprintf(name, 64, "model.safetensors");
  else
    (void)snprintf(name, 64, "model-%05u-of-%05u.safetensors", file + 1, s->files);
}

// ---- values -------------------------------------------------------------------------------------

/// The value below which the normal distribution has the share `p` in (0, 0.5].
static double normal_quantile(double p) {
  double low = -10, high = 0;
  for (int k = 0; k < 40; k++) {
    const double middle = (low + high) / 2;
    if (erfc(-middle / sqrt(2)) / 2 < p)
      low = middle;
    else
      high = middle;
  }
  return (low + high) / 2;
}

static void fill_quantiles(float *quantile) {
  for (uint32_t k = 0; k < QUANTILES / 2; k++) {
    quantile[k] = (float)normal_quantile((k + 0.5) / QUANTILES);
    quantile[QUANTILES - 1 - k] = -quantile[k];
  }
}

/// Nearest BF16, ties to even.
static uint16_t to_bf16(float value) {
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/// splitmix64 (Steele, Lea, Flood 2014).
static uint64_t next_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static bool ends_with(const char *name, const char *end) {
  const size_t length = strlen(name), tail = strlen(end);
  return length >= tail && strcmp(name + length - tail, end) == 0;
}

/// Mean and deviation of a tensor's values: norms around 1, embeddings of the size that a block
/// adds to the residual, bounds of which the softmax differs between channels, small latents.
static void distribution(const tensor_t *t, double *mean, double *deviation) {
  *mean = ends_with(t->name, "norm.weight") ? 1 : 0;
  *deviation = *mean > 0                                         ? 0.1
               : strcmp(t->name, "model.embeddings.weight") == 0 ? 0.5
               : strcmp(t->name, "model.lower_bounds") == 0      ? 0.5
                                                                 : 0.02;
}

static nt_status_t write_values(synth_t *s, uint32_t index, FILE *file, const char *path) {
  const tensor_t *t = &s->tensors[index];
  double mean = 0, deviation = 0;
  distribution(t, &mean, &deviation);
  for (uint32_t k = 0; k < QUANTILES; k++)
    s->values[k] = to_bf16((float)(mean + deviation * (double)s->quantile[k]));
  uint64_t state = s->seed; // every tensor has its own sequence
  state = next_random(&state) + index;
  for (uint64_t done = 0; done < t->count;) {
    const uint64_t left = t->count - done;
    const size_t now = (size_t)(left < BUFFER_VALUES ? left : BUFFER_VALUES);
    for (size_t k = 0; k < now; k += 4) {
      const uint64_t bits = next_random(&state);
      for (size_t i = 0; i < 4; i++)
        s->buffer[k + i] = s->values[bits >> 16 * i & 0xFFFF];
    }
    if (fwrite(s->buffer, sizeof *s->buffer, now, file) != now)
      return cannot_write(s, path);
    done += now;
    s->written += now;
    nt_listener_tell(s->listener, STAGE, s->written, s->parameters);
  }
  return NT_OK;
}

// ---- files --------------------------------------------------------------------------------------

static cJSON *header_of(const synth_t *s, uint32_t file) {
  cJSON *header = cJSON_CreateObject();
  cJSON *metadata = cJSON_AddObjectToObject(header, "__metadata__");
  (void)cJSON_AddStringToObject(metadata, "format", "pt");
  for (uint32_t k = 0; k < s->tensor_count; k++) {
    const tensor_t *t = &s->tensors[k];
    if (t->file != file)
      continue;
    const double shape[2] = {(double)t->rows, (double)t->cols};
    const double range[2] = {(double)t->begin, (double)(t->begin + t->count * sizeof(uint16_t))};
    cJSON *entry = cJSON_AddObjectToObject(header, t->name);
    (void)cJSON_AddStringToObject(entry, "dtype", "BF16");
    (void)cJSON_AddItemToObject(entry, "shape",
                                cJSON_CreateDoubleArray(shape, t->cols > 0 ? 2 : 1));
    (void)cJSON_AddItemToObject(entry, "data_offsets", cJSON_CreateDoubleArray(range, 2));
  }
  return header;
}

/// Length in 8 bytes, JSON, blanks up to a multiple of 8.
static bool write_header(const synth_t *s, uint32_t which, FILE *file) {
  cJSON *header = header_of(s, which);
  char *text = cJSON_PrintUnformatted(header);
  cJSON_Delete(header);
  if (text == NULL)
    return false;
  const size_t length = strlen(text);
  const size_t padding = (HEADER_ALIGN - length % HEADER_ALIGN) % HEADER_ALIGN;
  uint8_t prefix[8];
  for (size_t k = 0; k < sizeof prefix; k++)
    prefix[k] = (uint8_t)((uint64_t)(length + padding) >> 8 * k);
  const bool written = fwrite(prefix, 1, sizeof prefix, file) == sizeof prefix &&
                       fwrite(text, 1, length, file) == length &&
                       fwrite("       ", 1, padding, file) == padding;
  cJSON_free(text);
  return written;
}

static nt_status_t write_weights(synth_t *s, uint32_t which) {
  char name[64], path[PATH_SIZE];
  file_name(s, which, name);
  nt_status_t status = join(s, name, path);
  if (status != NT_OK)
    return status;
  FILE *file = fopen(path, "wb");
  if (file == NULL)
    return cannot_write(s, path);
  if (!write_header(s, which, file))
    status = cannot_write(s, path);
  for (uint32_t k = 0; k < s->tensor_count && status == NT_OK; k++) {
    if (s->tensors[k].file == which)
      status = write_values(s, k, file, path);
  }
  if (fclose(file) != 0 && status == NT_OK)
    status = cannot_write(s, path);
  return status;
}

/// Writes `root` to folder/name and deletes it.
static nt_status_t write_json(const synth_t *s, const char *name, cJSON *root) {
  char path[PATH_SIZE];
  nt_status_t status = join(s, name, path);
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  if (text == NULL)
    return no_memory(s);
  if (status == NT_OK) {
    FILE *file = fopen(path, "wb");
    const bool written = file != NULL && fputs(text, file) >= 0 && fputc('\n', file) != EOF;
    const bool closed = file == NULL || fclose(file) == 0;
    status = written && closed ? NT_OK : cannot_write(s, path);
  }
  cJSON_free(text);
  return status;
}

static nt_status_t write_index(const synth_t *s) {
  cJSON *root = cJSON_CreateObject();
  cJSON *metadata = cJSON_AddObjectToObject(root, "metadata");
  (void)cJSON_AddNumberToObject(metadata, "total_size", (double)(s->parameters * sizeof(uint16_t)));
  cJSON *map = cJSON_AddObjectToObject(root, "weight_map");
  for (uint32_t k = 0; k < s->tensor_count; k++) {
    char name[64];
    file_name(s, s->tensors[k].file, name);
    (void)cJSON_AddStringToObject(map, s->tensors[k].name, name);
  }
  return write_json(s, "model.safetensors.index.json", root);
}

static nt_status_t write_config(const synth_t *s) {
  cJSON *root = cJSON_CreateObject();
  cJSON *architectures = cJSON_AddArrayToObject(root, "architectures");
  (void)cJSON_AddItemToArray(architectures, cJSON_CreateString("HGRNBitForCausalLM"));
  (void)cJSON_AddStringToObject(root, "attn_mode", "fused_recurrent");
  (void)cJSON_AddNumberToObject(root, "bos_token_id", 1);
  (void)cJSON_AddNumberToObject(root, "conv_size", 4);
  (void)cJSON_AddNumberToObject(root, "eos_token_id", 2);
  (void)cJSON_AddNumberToObject(root, "expand_ratio", 1);
  (void)cJSON_AddStringToObject(root, "hidden_act", "swish");
  (void)cJSON_AddNumberToObject(root, "hidden_ratio", 4);
  (void)cJSON_AddNumberToObject(root, "hidden_size", s->config.hidden_size);
  (void)cJSON_AddNumberToObject(root, "initializer_range", 0.02);
  (void)cJSON_AddNullToObject(root, "intermediate_size");
  (void)cJSON_AddNumberToObject(root, "max_position_embeddings", 2048);
  (void)cJSON_AddStringToObject(root, "model_type", "hgrn_bit");
  (void)cJSON_AddNumberToObject(root, "num_heads", 1);
  (void)cJSON_AddNumberToObject(root, "num_hidden_layers", s->config.num_hidden_layers);
  (void)cJSON_AddNumberToObject(root, "rms_norm_eps", 1e-6);
  (void)cJSON_AddBoolToObject(root, "share_conv_kernel", true);
  (void)cJSON_AddBoolToObject(root, "tie_word_embeddings", false);
  (void)cJSON_AddStringToObject(root, "torch_dtype", "bfloat16");
  (void)cJSON_AddBoolToObject(root, "use_cache", true);
  (void)cJSON_AddBoolToObject(root, "use_lower_bound", true);
  (void)cJSON_AddBoolToObject(root, "use_short_conv", false);
  (void)cJSON_AddNumberToObject(root, "vocab_size", s->config.vocab_size);
  return write_json(s, "config.json", root);
}

static nt_status_t open_folder(const synth_t *s) {
  char path[PATH_SIZE];
  if (mkdir(s->folder, 0777) != 0 && errno != EEXIST)
    return nt_fail(s->err, NT_ERR_IO, "%s: cannot make the folder: %s", s->folder, strerror(errno));
  const nt_status_t status = join(s, "config.json", path);
  if (status == NT_OK && access(path, F_OK) == 0)
    return nt_fail(s->err, NT_ERR_ARG,
                   "%s: there is one already, allowed is a folder without a checkpoint", path);
  return status;
}

static nt_status_t write_all(synth_t *s) {
  fill_quantiles(s->quantile);
  nt_status_t status = NT_OK;
  for (uint32_t k = 0; k < s->files && status == NT_OK; k++)
    status = write_weights(s, k);
  if (status == NT_OK && s->files > 1)
    status = write_index(s);
  char path[PATH_SIZE];
  if (status == NT_OK)
    status = join(s, "tokenizer.model", path);
  if (status == NT_OK)
    status = nt_synth_tokenizer_write(path, s->config.vocab_size, s->err);
  return status == NT_OK ? write_config(s) : status;
}

nt_status_t nt_synth_describe(const char *like, nt_synth_facts_t *facts, nt_error_t *err) {
  synth_t s = {.folder = like, .err = err};
  nt_status_t status = choose_shape(&s, like);
  if (status == NT_OK)
    status = plan(&s);
  *facts = (nt_synth_facts_t){s.parameters, s.tensor_count, s.files};
  free(s.tensors);
  return status;
}

nt_status_t nt_synth_write(const char *like, const char *folder, uint64_t seed,
                           const nt_listener_t *listener, nt_synth_facts_t *facts,
                           nt_error_t *err) {
  synth_t s = {.folder = folder,
               .seed = seed,
               .quantile = malloc(QUANTILES * sizeof *s.quantile),
               .values = malloc(QUANTILES * sizeof *s.values),
               .buffer = malloc(BUFFER_VALUES * sizeof *s.buffer),
               .listener = listener,
               .err = err};
  nt_status_t status = NT_OK;
  if (s.quantile == NULL || s.values == NULL || s.buffer == NULL)
    status = no_memory(&s);
  if (status == NT_OK)
    status = choose_shape(&s, like);
  if (status == NT_OK)
    status = plan(&s);
  if (status == NT_OK)
    status = open_folder(&s);
  if (status == NT_OK)
    status = write_all(&s);
  *facts = (nt_synth_facts_t){s.parameters, s.tensor_count, s.files};
  free(s.tensors);
  free(s.quantile);
  free(s.values);
  free(s.buffer);
  return status;
}
