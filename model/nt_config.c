// SPDX-License-Identifier: Apache-2.0
#include "nt_config.h"

#include <math.h>
#include <string.h>

#include "nt_json.h"

enum {
  CONFIG_BYTES_MAX = 1 << 20,
  VOCAB_MAX = 1 << 20,
  HIDDEN_MAX = 1 << 16,
  LAYERS_MAX = 1 << 10,
  INTERMEDIATE_MAX = 1 << 20
};

/// The document being read, for messages.
typedef struct reader {
  const char *path;
  const cJSON *root;
  nt_error_t *err;
} reader_t;

/// The field, or NULL where it is absent or null (both mean "default" to the published code).
static const cJSON *find(const reader_t *in, const char *field) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(in->root, field);
  return cJSON_IsNull(item) ? NULL : item;
}

static nt_status_t refuse(const reader_t *in, nt_status_t status, const char *field,
                          const cJSON *found, const char *allowed) {
  char text[80];
  return nt_fail(in->err, status, "%s: field \"%s\" is %s, allowed %s", in->path, field,
                 nt_json_show(found, text, sizeof text), allowed);
}

/// Integer field in 1..max.
static nt_status_t read_size(const reader_t *in, const char *field, uint32_t max, uint32_t *value) {
  const cJSON *item = find(in, field);
  uint64_t number = 0;
  char text[80];
  if (!cJSON_IsNumber(item))
    return refuse(in, NT_ERR_FORMAT, field, item, "an integer");
  if (!nt_json_as_uint(item, &number) || number < 1 || number > max)
    return nt_fail(in->err, NT_ERR_RANGE, "%s: field \"%s\" is %s, allowed an integer in 1..%u",
                   in->path, field, nt_json_show(item, text, sizeof text), (unsigned)max);
  *value = (uint32_t)number;
  return NT_OK;
}

static nt_status_t read_positive(const reader_t *in, const char *field, double max, double *value) {
  const cJSON *item = find(in, field);
  if (item == NULL)
    return NT_OK;
  if (!cJSON_IsNumber(item))
    return refuse(in, NT_ERR_FORMAT, field, item, "a number");
  if (!(item->valuedouble > 0 && item->valuedouble < max))
    return nt_fail(in->err, NT_ERR_RANGE, "%s: field \"%s\" is %g, allowed above 0 and below %g",
                   in->path, field, item->valuedouble, max);
  *value = item->valuedouble;
  return NT_OK;
}

/// Token id below the vocabulary's size; absent gives `missing`, an explicit null none.
static nt_status_t read_token(const reader_t *in, const char *field, uint32_t vocab_size,
                              int32_t missing, int32_t *value) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(in->root, field);
  uint64_t number = 0;
  *value = NT_TOKEN_NONE;
  if (cJSON_IsNull(item) || (item == NULL && (uint32_t)missing >= vocab_size))
    return NT_OK;
  if (item == NULL) {
    *value = missing;
    return NT_OK;
  }
  if (!nt_json_as_uint(item, &number))
    return refuse(in, NT_ERR_FORMAT, field, item, "one token id or null");
  if (number >= vocab_size)
    return nt_fail(in->err, NT_ERR_RANGE, "%s: field \"%s\" is %llu, allowed below vocab_size %u",
                   in->path, field, (unsigned long long)number, (unsigned)vocab_size);
  *value = (int32_t)number;
  return NT_OK;
}

/// Fields that select another network than the one computed here.
static nt_status_t check_features(const reader_t *in) {
  const cJSON *type = find(in, "model_type");
  if (!cJSON_IsString(type))
    return refuse(in, NT_ERR_FORMAT, "model_type", type, "\"hgrn_bit\"");
  if (strcmp(type->valuestring, "hgrn_bit") != 0)
    return refuse(in, NT_ERR_UNSUPPORTED, "model_type", type, "\"hgrn_bit\"");
  const cJSON *mode = find(in, "attn_mode");
  if (mode != NULL && !(cJSON_IsString(mode) && strcmp(mode->valuestring, "fused_recurrent") == 0))
    return refuse(in, NT_ERR_UNSUPPORTED, "attn_mode", mode, "\"fused_recurrent\"");
  const cJSON *expand = find(in, "expand_ratio");
  if (expand != NULL && !(cJSON_IsNumber(expand) && expand->valuedouble == 1))
    return refuse(in, NT_ERR_UNSUPPORTED, "expand_ratio", expand, "1");
  static const char *const must_be_off[] = {"use_short_conv", "tie_word_embeddings"};
  for (size_t k = 0; k < sizeof must_be_off / sizeof must_be_off[0]; k++) {
    const cJSON *item = find(in, must_be_off[k]);
    if (item != NULL && !cJSON_IsBool(item))
      return refuse(in, NT_ERR_FORMAT, must_be_off[k], item, "false");
    if (cJSON_IsTrue(item))
      return refuse(in, NT_ERR_UNSUPPORTED, must_be_off[k], item, "false");
  }
  const cJSON *quantised = find(in, "quantization_config");
  if (quantised != NULL)
    return refuse(in, NT_ERR_UNSUPPORTED, "quantization_config", quantised,
                  "none (latent weights are quantised on import)");
  return NT_OK;
}

/// The number of heads changes nothing in the network, but must divide the hidden size.
static nt_status_t check_heads(const reader_t *in, uint32_t hidden_size) {
  const cJSON *item = find(in, "num_heads");
  uint64_t heads = 1;
  if (item != NULL && !nt_json_as_uint(item, &heads))
    return refuse(in, NT_ERR_FORMAT, "num_heads", item, "an integer");
  if (heads == 0 || hidden_size % heads != 0)
    return nt_fail(in->err, NT_ERR_RANGE,
                   "%s: field \"num_heads\" is %llu, allowed a divisor of hidden_size %u", in->path,
                   (unsigned long long)heads, (unsigned)hidden_size);
  return NT_OK;
}

/// Given, or derived: floor(hidden_size * hidden_ratio * 2 / 3) rounded up to a multiple of 256.
static nt_status_t read_intermediate(const reader_t *in, nt_model_config_t *config) {
  const char *field = "intermediate_size";
  if (find(in, field) != NULL)
    return read_size(in, field, INTERMEDIATE_MAX, &config->intermediate_size);
  double ratio = 4;
  const nt_status_t status = read_positive(in, "hidden_ratio", 1 << 16, &ratio);
  if (status != NT_OK)
    return status;
  const double raw = floor(config->hidden_size * ratio * 2 / 3);
  const double derived = 256 * ceil(raw / 256);
  if (derived < 1 || derived > INTERMEDIATE_MAX)
    return nt_fail(in->err, NT_ERR_RANGE,
                   "%s: field \"hidden_ratio\" is %g: intermediate size %g, allowed 1..%d",
                   in->path, ratio, derived, INTERMEDIATE_MAX);
  config->intermediate_size = (uint32_t)derived;
  return NT_OK;
}

static nt_status_t read_lower_bound(const reader_t *in, nt_lower_bound_t *bound) {
  const cJSON *item = find(in, "use_lower_bound");
  if (item != NULL && !cJSON_IsBool(item))
    return refuse(in, NT_ERR_FORMAT, "use_lower_bound", item, "true or false");
  if (item == NULL)
    *bound = NT_LOWER_BOUND_UNSAID;
  else
    *bound = cJSON_IsTrue(item) ? NT_LOWER_BOUND_ON : NT_LOWER_BOUND_OFF;
  return NT_OK;
}

static nt_status_t read_all(const reader_t *in, nt_model_config_t *config,
                            nt_lower_bound_t *bound) {
  *config = (nt_model_config_t){.rms_norm_eps = 1e-6};
  nt_status_t status = check_features(in);
  if (status == NT_OK)
    status = read_size(in, "vocab_size", VOCAB_MAX, &config->vocab_size);
  if (status == NT_OK)
    status = read_size(in, "hidden_size", HIDDEN_MAX, &config->hidden_size);
  if (status == NT_OK)
    status = read_size(in, "num_hidden_layers", LAYERS_MAX, &config->num_hidden_layers);
  if (status == NT_OK)
    status = check_heads(in, config->hidden_size);
  if (status == NT_OK)
    status = read_intermediate(in, config);
  if (status == NT_OK)
    status = read_positive(in, "rms_norm_eps", 1, &config->rms_norm_eps);
  if (status == NT_OK)
    status = read_lower_bound(in, bound);
  if (status == NT_OK)
    status = read_token(in, "bos_token_id", config->vocab_size, 1, &config->bos_token_id);
  if (status == NT_OK)
    status = read_token(in, "eos_token_id", config->vocab_size, 2, &config->eos_token_id);
  return status;
}

nt_status_t nt_config_load(const char *path, nt_model_config_t *config, nt_lower_bound_t *bound,
                           nt_error_t *err) {
  cJSON *root = NULL;
  nt_status_t status = nt_json_load(path, CONFIG_BYTES_MAX, &root, err);
  if (status != NT_OK)
    return status;
  const reader_t in = {.path = path, .root = root, .err = err};
  status = read_all(&in, config, bound);
  cJSON_Delete(root);
  return status;
}
