// SPDX-License-Identifier: Apache-2.0
// Sound variants of a checkpoint load; every damaged or foreign one is refused with the right
// status and a message that names the right thing.
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nt_float_model.h"
#include "nt_test.h"
#include "nt_test_checkpoint.h"
#include "nt_test_file.h"

enum { VOCAB = 256 };

/// Opens and loads `folder`; `*model` may be NULL if only the status is wanted.
static nt_status_t open_and_load(const char *folder, nt_float_model_t **model, nt_error_t *err) {
  nt_checkpoint_t *ckpt = NULL;
  nt_float_model_t *loaded = NULL;
  nt_status_t status = nt_checkpoint_open(folder, &ckpt, err);
  if (status == NT_OK)
    status = nt_float_model_load(ckpt, &loaded, err);
  nt_checkpoint_close(ckpt);
  if (model != NULL)
    *model = loaded;
  else
    nt_float_model_free(loaded);
  return status;
}

static void expect_refused(const char *label, const char *folder, nt_status_t status,
                           const char *where, const char *what) {
  nt_error_t err = {.status = NT_OK, .text = ""};
  const nt_status_t got = open_and_load(folder, NULL, &err);
  if (got != status || err.status != status)
    fail_msg("%s: got %s (%s), wanted %s", label, nt_status_str(got), err.text,
             nt_status_str(status));
  if (strstr(err.text, where) == NULL || strstr(err.text, what) == NULL)
    fail_msg("%s: \"%s\" does not name \"%s\" and \"%s\"", label, err.text, where, what);
  printf("  %-24s %s\n", label, strstr(err.text, where));
}

// ---- config.json --------------------------------------------------------------------------------

/// One field of the configuration replaced by JSON text (NULL: removed).
static const struct {
  const char *field, *json;
  nt_status_t status;
  const char *where, *what;
} CONFIG_CASES[] = {
    {"model_type", "\"llama\"", NT_ERR_UNSUPPORTED, "config.json",
     "\"llama\", allowed \"hgrn_bit\""},
    {"model_type", NULL, NT_ERR_FORMAT, "config.json", "\"model_type\" is nothing"},
    {"use_short_conv", "true", NT_ERR_UNSUPPORTED, "config.json", "\"use_short_conv\" is true"},
    {"use_short_conv", "1", NT_ERR_FORMAT, "config.json", "\"use_short_conv\" is 1"},
    {"tie_word_embeddings", "true", NT_ERR_UNSUPPORTED, "config.json", "\"tie_word_embeddings\""},
    {"expand_ratio", "2", NT_ERR_UNSUPPORTED, "config.json", "\"expand_ratio\" is 2, allowed 1"},
    {"attn_mode", "\"chunk\"", NT_ERR_UNSUPPORTED, "config.json", "\"attn_mode\" is \"chunk\""},
    {"quantization_config", "{\"bits\":2}", NT_ERR_UNSUPPORTED, "config.json",
     "\"quantization_config\""},
    {"hidden_size", "\"64\"", NT_ERR_FORMAT, "config.json", "\"hidden_size\" is \"64\""},
    {"hidden_size", "0", NT_ERR_RANGE, "config.json", "\"hidden_size\" is 0"},
    {"hidden_size", "63.5", NT_ERR_RANGE, "config.json", "\"hidden_size\" is 63.5"},
    {"hidden_size", "1e300", NT_ERR_RANGE, "config.json", "\"hidden_size\" is 1e+300"},
    {"vocab_size", NULL, NT_ERR_FORMAT, "config.json", "\"vocab_size\""},
    {"vocab_size", "255", NT_ERR_FORMAT, "model.safetensors",
     "model.embeddings.weight has shape [256, 64], allowed [255, 64]"},
    {"num_hidden_layers", "-2", NT_ERR_RANGE, "config.json", "\"num_hidden_layers\" is -2"},
    {"num_hidden_layers", "3", NT_ERR_FORMAT, "model.safetensors", "model.lower_bounds"},
    {"num_heads", "3", NT_ERR_RANGE, "config.json", "\"num_heads\" is 3"},
    {"num_heads", "\"1\"", NT_ERR_FORMAT, "config.json", "\"num_heads\""},
    {"intermediate_size", "300", NT_ERR_FORMAT, "model.safetensors",
     "mlp.gate_proj.weight has shape [512, 64], allowed [600, 64]"},
    {"hidden_ratio", "1e-9", NT_ERR_RANGE, "config.json", "\"hidden_ratio\""},
    {"rms_norm_eps", "0", NT_ERR_RANGE, "config.json", "\"rms_norm_eps\" is 0"},
    {"rms_norm_eps", "\"1e-6\"", NT_ERR_FORMAT, "config.json", "\"rms_norm_eps\""},
    {"use_lower_bound", "false", NT_ERR_FORMAT, "config.json", "model.lower_bounds is present"},
    {"use_lower_bound", "0", NT_ERR_FORMAT, "config.json", "\"use_lower_bound\" is 0"},
    {"bos_token_id", "256", NT_ERR_RANGE, "config.json", "\"bos_token_id\" is 256"},
    {"eos_token_id", "[2,3]", NT_ERR_FORMAT, "config.json", "\"eos_token_id\" is [2,3]"},
};

static void foreign_configurations(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof CONFIG_CASES / sizeof CONFIG_CASES[0]; k++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    cJSON_DeleteItemFromObjectCaseSensitive(ckpt.config, CONFIG_CASES[k].field);
    if (CONFIG_CASES[k].json != NULL)
      (void)cJSON_AddItemToObject(ckpt.config, CONFIG_CASES[k].field,
                                  cJSON_Parse(CONFIG_CASES[k].json));
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    expect_refused(CONFIG_CASES[k].field, folder, CONFIG_CASES[k].status, CONFIG_CASES[k].where,
                   CONFIG_CASES[k].what);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&ckpt);
  }
}

static const struct {
  const char *label, *text;
  const char *what;
} CONFIG_TEXTS[] = {
    {"not JSON", "{\"model_type\": ", "not valid JSON"},
    {"empty", "", "not valid JSON"},
    {"array", "[1, 2]", "not an object"},
    {"text after", "{} x", "text after"},
    {"repeated key", "{\"vocab_size\": 1, \"vocab_size\": 2}", "\"vocab_size\" occurs twice"},
    {"repeated key inside", "{\"a\": [{\"b\": 1, \"b\": 2}]}", "key \"b\" occurs twice"},
    {"control character", "{\"a\\u001b[2J\": 1, \"a\\u001b[2J\": 2}", "key \"a?[2J\" occurs"},
};

static void damaged_configurations(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof CONFIG_TEXTS / sizeof CONFIG_TEXTS[0]; k++) {
    char *folder = nt_test_folder_make();
    nt_test_file_write(folder, "config.json", CONFIG_TEXTS[k].text, strlen(CONFIG_TEXTS[k].text));
    expect_refused(CONFIG_TEXTS[k].label, folder, NT_ERR_FORMAT, "config.json",
                   CONFIG_TEXTS[k].what);
    nt_test_folder_delete(folder);
  }
}

static void absent_files(void **state) {
  (void)state;
  char *folder = nt_test_folder_make();
  expect_refused("no config.json", folder, NT_ERR_IO, "config.json", "cannot open");
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  nt_test_checkpoint_write(&ckpt, folder, "other.safetensors");
  expect_refused("no weights", folder, NT_ERR_IO, "model.safetensors", "is there");
  nt_test_checkpoint_free(&ckpt);
  nt_test_folder_delete(folder);
}

static void pipes_do_not_block(void **state) {
  (void)state;
  static const char *const names[] = {"config.json", "model.safetensors"};
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  for (size_t k = 0; k < sizeof names / sizeof names[0]; k++) {
    char *folder = nt_test_folder_make();
    char path[512];
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[k]);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect_refused(names[k], folder, NT_ERR_IO, names[k], "not a regular file");
    nt_test_folder_delete(folder);
  }
  nt_test_checkpoint_free(&ckpt);
}

// ---- the header of the weights ------------------------------------------------------------------

/// One field of one tensor's header entry replaced by JSON text (NULL: removed).
static const struct {
  const char *tensor, *field, *json;
  nt_status_t status;
  const char *what;
} HEADER_CASES[] = {
    {"model.norm.weight", "dtype", "\"I8\"", NT_ERR_UNSUPPORTED, "dtype I8, allowed F32"},
    {"model.norm.weight", "dtype", NULL, NT_ERR_FORMAT, "no \"dtype\""},
    {"model.norm.weight", "dtype", "\"BF16\"", NT_ERR_FORMAT, "its shape needs 128"},
    {"model.norm.weight", "shape", "[63]", NT_ERR_FORMAT, "its shape needs 252"},
    {"model.norm.weight", "shape", "[8, 8]", NT_ERR_FORMAT, "has shape [8, 8], allowed [64]"},
    {"model.norm.weight", "shape", "[-64]", NT_ERR_FORMAT, "dimension 0 is -64"},
    {"model.norm.weight", "shape", "64", NT_ERR_FORMAT, "no \"shape\" array"},
    {"model.norm.weight", "shape", "[4294967296, 4294967296]", NT_ERR_FORMAT, "overflows"},
    {"model.norm.weight", "shape", "[1,1,1,1,1,1,1,1,64]", NT_ERR_UNSUPPORTED, "dimensions"},
    {"model.norm.weight", "data_offsets", "[256, 0]", NT_ERR_FORMAT, "\"data_offsets\" is not"},
    {"model.norm.weight", "data_offsets", "[0, 256]", NT_ERR_FORMAT, "overlap"},
    {"model.norm.weight", "data_offsets", "[0, 99999999]", NT_ERR_FORMAT, "99999999"},
    {"model.layers.0.mlp.gate_proj.weight", "shape", "[64, 512]", NT_ERR_FORMAT,
     "has shape [64, 512], allowed [512, 64]"},
};

static void damaged_headers(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof HEADER_CASES / sizeof HEADER_CASES[0]; k++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    cJSON *entry = nt_test_checkpoint_entry(&ckpt, HEADER_CASES[k].tensor);
    cJSON_DeleteItemFromObjectCaseSensitive(entry, HEADER_CASES[k].field);
    if (HEADER_CASES[k].json != NULL)
      (void)cJSON_AddItemToObject(entry, HEADER_CASES[k].field, cJSON_Parse(HEADER_CASES[k].json));
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    expect_refused(HEADER_CASES[k].field, folder, HEADER_CASES[k].status, "model.safetensors",
                   HEADER_CASES[k].what);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&ckpt);
  }
}

// ---- the set of tensors and their values --------------------------------------------------------

static void drop_norm(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_drop(ckpt, "model.layers.1.attn.o_proj.norm.weight");
}
static void drop_bounds(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_drop(ckpt, "model.lower_bounds");
}
static void add_bias(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "model.layers.0.attn.i_proj.bias", 64);
}
static void add_layer(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "model.layers.2.attn_norm.weight", 64);
}
static void make_hole(nt_test_checkpoint_t *ckpt) {
  cJSON_DeleteItemFromObjectCaseSensitive(ckpt->header, "model.layers.0.mlp_norm.weight");
}
static void cut_data(nt_test_checkpoint_t *ckpt) {
  ckpt->data_size -= 1;
}
static void add_byte(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "x", 1);
  cJSON_DeleteItemFromObjectCaseSensitive(ckpt->header, "x");
}
static void put_nan(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_poke(ckpt, "lm_head.weight", 12345, NAN);
}
static void put_infinity(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_poke(ckpt, "model.layers.1.attn.g_norm.weight", 9, -INFINITY);
}

static const struct {
  const char *label;
  void (*damage)(nt_test_checkpoint_t *ckpt);
  nt_status_t status;
  const char *what;
} TENSOR_CASES[] = {
    {"missing tensor", drop_norm, NT_ERR_FORMAT,
     "tensor model.layers.1.attn.o_proj.norm.weight is missing"},
    {"bounds said, not there", drop_bounds, NT_ERR_FORMAT, "model.lower_bounds is missing"},
    {"bias", add_bias, NT_ERR_UNSUPPORTED, "model.layers.0.attn.i_proj.bias is not part"},
    {"layer too many", add_layer, NT_ERR_UNSUPPORTED,
     "model.layers.2.attn_norm.weight is not part"},
    {"hole", make_hole, NT_ERR_FORMAT, "hole"},
    {"file cut short", cut_data, NT_ERR_FORMAT, "lm_head"},
    {"bytes at the end", add_byte, NT_ERR_FORMAT, "4 bytes after the last tensor"},
    {"not a number", put_nan, NT_ERR_RANGE, "lm_head.weight: value 12345 is"},
    {"infinity", put_infinity, NT_ERR_RANGE, "model.layers.1.attn.g_norm.weight: value 9 is -inf"},
};

static void damaged_tensors(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof TENSOR_CASES / sizeof TENSOR_CASES[0]; k++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    TENSOR_CASES[k].damage(&ckpt);
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    expect_refused(TENSOR_CASES[k].label, folder, TENSOR_CASES[k].status, folder,
                   TENSOR_CASES[k].what);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&ckpt);
  }
}

/// Raw bytes in place of model.safetensors.
static const struct {
  const char *label;
  const char *bytes;
  size_t size;
  const char *what;
} RAW_CASES[] = {
    {"empty file", "", 0, "0 bytes"},
    {"seven bytes", "\x01\0\0\0\0\0\0", 7, "7 bytes"},
    {"header beyond file", "\x40\0\0\0\0\0\0\0{}", 10, "header length 64"},
    {"header length huge", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}", 10, "header length"},
    {"header not JSON", "\x02\0\0\0\0\0\0\0{x", 10, "not valid JSON"},
    {"header an array", "\x02\0\0\0\0\0\0\0[]", 10, "not an object"},
    {"entry not an object", "\x07\0\0\0\0\0\0\0{\"a\":1}", 15, "tensor a: no \"dtype\""},
    {"tensor twice", "\x0F\0\0\0\0\0\0\0{\"a\":{},\"a\":{}}", 23, "\"a\" occurs twice"},
    {"no tensors", "\x02\0\0\0\0\0\0\0{}", 10, "use_lower_bound"},
};

static void damaged_files(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof RAW_CASES / sizeof RAW_CASES[0]; k++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    nt_test_file_write(folder, "model.safetensors", RAW_CASES[k].bytes, RAW_CASES[k].size);
    expect_refused(RAW_CASES[k].label, folder, NT_ERR_FORMAT, folder, RAW_CASES[k].what);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&ckpt);
  }
}

/// The file cut at every length up to the end of its header, and at a few beyond.
static void every_truncation_is_refused(void **state) {
  (void)state;
  size_t size = 0;
  char *file = nt_test_file_read(NT_FIXTURE_DIR, "model.safetensors", &size);
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  const size_t header_end = size - ckpt.data_size;
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
  size_t cuts = 0;
  for (size_t cut = 0; cut < size; cut += cut < header_end ? 7 : 65521) {
    nt_error_t err;
    nt_test_file_write(folder, "model.safetensors", file, cut);
    assert_int_equal(open_and_load(folder, NULL, &err), NT_ERR_FORMAT);
    assert_non_null(strstr(err.text, "model.safetensors"));
    cuts++;
  }
  printf("  %zu truncations refused\n", cuts);
  assert_true(cuts > 400);
  nt_test_file_write(folder, "model.safetensors", file, size);
  nt_error_t err;
  nt_assert_ok(open_and_load(folder, NULL, &err), err);
  nt_test_folder_delete(folder);
  nt_test_checkpoint_free(&ckpt);
  free(file);
}

// ---- shards -------------------------------------------------------------------------------------

static void compute_logits(const nt_float_model_t *model, double logits[VOCAB]) {
  nt_error_t err;
  nt_float_run_t *run = NULL;
  nt_assert_ok(nt_float_run_init(model, NT_FLOAT64, &run, &err), err);
  for (uint32_t token = 0; token < 10; token++)
    nt_assert_ok(nt_float_run_step(run, token, logits, &err), err);
  nt_float_run_free(run);
}

static void logits_of_folder(const char *folder, double logits[VOCAB]) {
  nt_error_t err;
  nt_float_model_t *model = NULL;
  nt_assert_ok(open_and_load(folder, &model, &err), err);
  compute_logits(model, logits);
  nt_float_model_free(model);
}

static void shards_equal_one_file(void **state) {
  (void)state;
  char *folder = nt_test_folder_make();
  cJSON *index = nt_test_checkpoint_write_shards(NT_FIXTURE_DIR, folder);
  nt_test_checkpoint_write_index(folder, index);
  double whole[VOCAB];
  double sharded[VOCAB];
  logits_of_folder(NT_FIXTURE_DIR, whole);
  logits_of_folder(folder, sharded);
  assert_memory_equal(whole, sharded, sizeof whole);
  cJSON_Delete(index);
  nt_test_folder_delete(folder);
}

/// One entry of the index replaced.
static const struct {
  const char *label, *tensor, *file;
  nt_status_t status;
  const char *what;
} INDEX_CASES[] = {
    {"absent shard", "lm_head.weight", "model-3.safetensors", NT_ERR_IO, "model-3.safetensors"},
    {"wrong shard", "lm_head.weight", "model-1.safetensors", NT_ERR_FORMAT, "does not hold it"},
    {"outside the folder", "lm_head.weight", "../model-2.safetensors", NT_ERR_FORMAT, "file name"},
    {"absolute path", "lm_head.weight", "/model-2.safetensors", NT_ERR_FORMAT, "file name"},
    {"empty name", "lm_head.weight", "", NT_ERR_FORMAT, "file name"},
    {"unknown tensor", "model.extra", "model-1.safetensors", NT_ERR_FORMAT, "model.extra"},
};

static void damaged_indexes(void **state) {
  (void)state;
  for (size_t k = 0; k < sizeof INDEX_CASES / sizeof INDEX_CASES[0]; k++) {
    char *folder = nt_test_folder_make();
    cJSON *index = nt_test_checkpoint_write_shards(NT_FIXTURE_DIR, folder);
    cJSON *map = cJSON_GetObjectItemCaseSensitive(index, "weight_map");
    cJSON_DeleteItemFromObjectCaseSensitive(map, INDEX_CASES[k].tensor);
    (void)cJSON_AddStringToObject(map, INDEX_CASES[k].tensor, INDEX_CASES[k].file);
    nt_test_checkpoint_write_index(folder, index);
    expect_refused(INDEX_CASES[k].label, folder, INDEX_CASES[k].status, folder,
                   INDEX_CASES[k].what);
    cJSON_Delete(index);
    nt_test_folder_delete(folder);
  }
}

static void index_without_map_and_doubled_tensor(void **state) {
  (void)state;
  char *folder = nt_test_folder_make();
  cJSON *index = nt_test_checkpoint_write_shards(NT_FIXTURE_DIR, folder);
  nt_test_file_write(folder, "model.safetensors.index.json", "{}", 2);
  expect_refused("no weight_map", folder, NT_ERR_FORMAT, "index.json", "\"weight_map\"");
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  nt_test_checkpoint_write(&ckpt, folder, "model-2.safetensors");
  nt_test_checkpoint_write_index(folder, index);
  expect_refused("tensor in two shards", folder, NT_ERR_FORMAT, "is also in", "safetensors");
  nt_test_checkpoint_free(&ckpt);
  cJSON_Delete(index);
  nt_test_folder_delete(folder);
}

// ---- sound variants -----------------------------------------------------------------------------

static uint16_t to_bf16(float value) {
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  return (uint16_t)(bits >> 16);
}

/// Truncates to binary16; the fixture's values are far from its limits.
static uint16_t to_f16(float value) {
  int exponent = 0;
  const double fraction = frexp(fabs((double)value), &exponent);
  const unsigned sign = signbit(value) != 0 ? 0x8000U : 0;
  if (exponent < -13) // subnormal: units of 2^-24
    return (uint16_t)(sign | (unsigned)floor(ldexp(fraction, exponent + 24)));
  return (uint16_t)(sign | (unsigned)(exponent + 14) << 10 |
                    ((unsigned)floor(fraction * 2048) & 0x3FFU));
}

/// Every tensor of the narrowed checkpoint reads as the original rounded towards zero.
static void check_narrow(const char *dtype, uint16_t (*narrow)(float), double tolerance) {
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
  nt_test_checkpoint_narrow(&ckpt, dtype, narrow);
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
  nt_test_checkpoint_free(&ckpt);
  nt_error_t err;
  nt_checkpoint_t *wide = NULL;
  nt_checkpoint_t *half = NULL;
  nt_assert_ok(nt_checkpoint_open(NT_FIXTURE_DIR, &wide, &err), err);
  nt_assert_ok(nt_checkpoint_open(folder, &half, &err), err);
  const nt_model_config_t *config = nt_checkpoint_config(wide);
  size_t compared = 0;
  for (size_t index = 0; index < nt_checkpoint_tensor_count(config); index++) {
    char name[NT_TENSOR_NAME_MAX];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(config, index, name, &rows, &cols);
    const size_t count = cols > 0 ? rows * cols : rows;
    float *values = malloc(2 * count * sizeof *values);
    assert_non_null(values);
    nt_assert_ok(nt_checkpoint_read(wide, name, values, count, &err), err);
    nt_assert_ok(nt_checkpoint_read(half, name, values + count, count, &err), err);
    for (size_t k = 0; k < count; k++) {
      const double was = fabs((double)values[k]);
      const double is = fabs((double)values[count + k]);
      assert_true(is <= was && was - is <= tolerance * was + 0x1p-24);
    }
    compared += count;
    free(values);
  }
  printf("  %s: %zu values compared\n", dtype, compared);
  assert_int_equal(compared, nt_checkpoint_parameter_count(wide));
  assert_int_equal(compared, 165632);
  nt_checkpoint_close(wide);
  nt_checkpoint_close(half);
  nt_assert_ok(open_and_load(folder, NULL, &err), err);
  nt_test_folder_delete(folder);
}

static void narrow_types_are_read(void **state) {
  (void)state;
  check_narrow("BF16", to_bf16, 0x1p-7);
  check_narrow("F16", to_f16, 0x1p-10);
}

static void works_without_lower_bounds(void **state) {
  (void)state;
  double bounded[VOCAB];
  logits_of_folder(NT_FIXTURE_DIR, bounded);
  for (int said = 0; said < 2; said++) {
    nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    nt_test_checkpoint_drop(&ckpt, "model.lower_bounds");
    cJSON_DeleteItemFromObjectCaseSensitive(ckpt.config, "use_lower_bound");
    if (said)
      (void)cJSON_AddFalseToObject(ckpt.config, "use_lower_bound");
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
    nt_error_t err;
    nt_float_model_t *model = NULL;
    nt_assert_ok(open_and_load(folder, &model, &err), err);
    const nt_float_params_t *params = nt_float_model_params(model);
    assert_false(params->config.use_lower_bound);
    assert_null(params->layers[1].lower_bound);
    double unbounded[VOCAB];
    compute_logits(model, unbounded);
    assert_memory_not_equal(bounded, unbounded, sizeof bounded);
    nt_float_model_free(model);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&ckpt);
  }
}

static void configuration_is_understood(void **state) {
  (void)state;
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_assert_ok(nt_checkpoint_open(NT_PRETRAINED_DIR, &ckpt, &err), err);
  const nt_model_config_t *config = nt_checkpoint_config(ckpt);
  assert_int_equal(config->vocab_size, 1024);
  assert_int_equal(config->hidden_size, 128);
  assert_int_equal(config->num_hidden_layers, 4);
  assert_int_equal(config->intermediate_size, 512);
  assert_true(config->rms_norm_eps == 1e-6);
  assert_true(config->use_lower_bound);
  assert_int_equal(config->bos_token_id, 1);
  assert_int_equal(config->eos_token_id, 2);
  assert_int_equal(nt_checkpoint_tensor_count(config), 4 * 15 + 5);
  assert_int_equal(nt_checkpoint_parameter_count(ckpt), 1317632);
  float value = 0;
  assert_int_equal(nt_checkpoint_read(ckpt, "model.absent", &value, 1, &err), NT_ERR_ARG);
  assert_int_equal(nt_checkpoint_read(ckpt, "model.norm.weight", &value, 1, &err), NT_ERR_ARG);
  assert_non_null(strstr(err.text, "has 128 values"));
  nt_checkpoint_close(ckpt);
}

/// The fixture says null, so 64 * 4 * 2 / 3 = 170 becomes 256; other ratios change the shapes
/// that are asked for.
static void intermediate_size_is_derived(void **state) {
  (void)state;
  nt_error_t err;
  nt_checkpoint_t *ckpt = NULL;
  nt_assert_ok(nt_checkpoint_open(NT_FIXTURE_DIR, &ckpt, &err), err);
  assert_int_equal(nt_checkpoint_config(ckpt)->intermediate_size, 256);
  nt_checkpoint_close(ckpt);
  static const struct {
    double ratio;
    const char *wanted;
  } cases[] = {{6.05, "allowed [1024, 64]"},
               {18, "allowed [1536, 64]"},
               {18.02, "allowed [1536, 64]"},
               {18.1, "allowed [2048, 64]"}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_test_checkpoint_t edited = nt_test_checkpoint_read(NT_FIXTURE_DIR);
    cJSON_DeleteItemFromObjectCaseSensitive(edited.config, "hidden_ratio");
    (void)cJSON_AddNumberToObject(edited.config, "hidden_ratio", cases[k].ratio);
    char *folder = nt_test_folder_make();
    nt_test_checkpoint_write(&edited, folder, "model.safetensors");
    expect_refused("hidden_ratio", folder, NT_ERR_FORMAT, "gate_proj.weight", cases[k].wanted);
    nt_test_folder_delete(folder);
    nt_test_checkpoint_free(&edited);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(configuration_is_understood),
      cmocka_unit_test(intermediate_size_is_derived),
      cmocka_unit_test(narrow_types_are_read),
      cmocka_unit_test(works_without_lower_bounds),
      cmocka_unit_test(shards_equal_one_file),
      cmocka_unit_test(foreign_configurations),
      cmocka_unit_test(damaged_configurations),
      cmocka_unit_test(absent_files),
      cmocka_unit_test(pipes_do_not_block),
      cmocka_unit_test(damaged_headers),
      cmocka_unit_test(damaged_tensors),
      cmocka_unit_test(damaged_files),
      cmocka_unit_test(every_truncation_is_refused),
      cmocka_unit_test(damaged_indexes),
      cmocka_unit_test(index_without_map_and_doubled_tensor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
