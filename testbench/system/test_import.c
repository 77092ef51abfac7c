// SPDX-License-Identifier: Apache-2.0
// neurotile import on forged checkpoint folders: every variant of the published layout is accepted,
// everything else is refused with its exit code and a message that names the file or tensor, what
// was found and what is allowed.
#include "nt_command.h"
#include "nt_test_checkpoint.h"
#include "nt_test_file.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 60 };

// The folder that all cases start from: a random checkpoint, its weights widened to F32.
typedef struct fixture {
  char *folder; // as written by neurotile synth: BF16
  char *tokenizer;
  size_t tokenizer_size;
} fixture_t;

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  f->folder = nt_test_folder_make();
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "synth", "--like", "small", "--out", f->folder, "--seed", "5");
  nt_command_expect(&result, 0, "");
  assert_non_null(strstr(result.out, "198400 random parameters in 35 tensors, 1 file of weights"));
  nt_command_free(&result);
  f->tokenizer = nt_test_file_read(f->folder, "tokenizer.model", &f->tokenizer_size);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_delete(f->folder);
  free(f->tokenizer);
  free(f);
  return 0;
}

// ---- forging ------------------------------------------------------------------------------------

// The base checkpoint with F32 values; widening BF16 is exact.
static nt_test_checkpoint_t base(const fixture_t *f) {
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(f->folder);
  unsigned char *wide = calloc(ckpt.data_size, 2);
  assert_non_null(wide);
  for (size_t k = 0; k < ckpt.data_size / 2; k++) {
    memcpy(wide + 4 * k + 2, ckpt.data + 2 * k, 2);
  }
  free(ckpt.data);
  ckpt.data = wide;
  ckpt.data_size *= 2;
  cJSON *entry = NULL;
  cJSON_ArrayForEach(entry, ckpt.header) {
    cJSON *range = cJSON_GetObjectItemCaseSensitive(entry, "data_offsets");
    if (range == NULL) {
      continue;
    }
    for (int which = 0; which < 2; which++) {
      cJSON *offset = cJSON_GetArrayItem(range, which);
      (void)cJSON_SetNumberValue(offset, 2 * offset->valuedouble);
    }
    assert_non_null(cJSON_SetValuestring(cJSON_GetObjectItemCaseSensitive(entry, "dtype"), "F32"));
  }
  return ckpt;
}

// A new folder with the checkpoint and the tokenizer; releases the checkpoint.
static char *write_folder(const fixture_t *f, nt_test_checkpoint_t *ckpt) {
  char *folder = nt_test_folder_make();
  nt_test_checkpoint_write(ckpt, folder, "model.safetensors");
  nt_test_file_write(folder, "tokenizer.model", f->tokenizer, f->tokenizer_size);
  nt_test_checkpoint_free(ckpt);
  return folder;
}

static void set_config(nt_test_checkpoint_t *ckpt, const char *field, const char *json) {
  cJSON_DeleteItemFromObjectCaseSensitive(ckpt->config, field);
  if (json != NULL) {
    (void)cJSON_AddItemToObject(ckpt->config, field, cJSON_Parse(json));
  }
}

static bool is_head(const char *tensor) {
  return strncmp(tensor, "lm_head", 7) == 0;
}

// The base as two shards, the head in the second; returns the index, not yet written.
static cJSON *write_shards(const fixture_t *f, const char *folder) {
  cJSON *index = cJSON_CreateObject();
  cJSON *map = cJSON_AddObjectToObject(index, "weight_map");
  static const char *const names[2] = {"model-1.safetensors", "model-2.safetensors"};
  for (size_t shard = 0; shard < 2; shard++) {
    nt_test_checkpoint_t ckpt = base(f);
    for (cJSON *entry = ckpt.header->child, *next; entry != NULL; entry = next) {
      next = entry->next;
      if (strcmp(entry->string, "__metadata__") == 0) {
        continue;
      }
      if (is_head(entry->string) == (shard == 1)) {
        (void)cJSON_AddStringToObject(map, entry->string, names[shard]);
      } else {
        nt_test_checkpoint_drop(&ckpt, entry->string);
      }
    }
    nt_test_checkpoint_write(&ckpt, folder, names[shard]);
    nt_test_checkpoint_free(&ckpt);
  }
  nt_test_file_write(folder, "tokenizer.model", f->tokenizer, f->tokenizer_size);
  return index;
}

static void write_index(const char *folder, const cJSON *index) {
  char *text = cJSON_Print(index);
  nt_test_file_write(folder, "model.safetensors.index.json", text, strlen(text));
  cJSON_free(text);
}

// ---- accepted -----------------------------------------------------------------------------------

// Imports the folder, which must succeed with `part` in the report, and removes it. Returns the
// checksum of the image's content.
static unsigned long accept(char *folder, const char *part) {
  char image[NT_TEST_PATH_MAX];
  (void)snprintf(image, sizeof image, "%s/out.nti", folder);
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "import", folder, "--tokens", "64", "--out", image);
  nt_command_expect(&result, 0, "");
  if (strstr(result.out, part) == NULL) {
    fail_msg("no \"%s\" in:\n%s", part, result.out);
  }
  assert_null(strchr(result.out, '\033')); // no progress in a pipe
  const char *content = strstr(result.out, "content ");
  assert_non_null(content);
  const unsigned long crc = strtoul(content + strlen("content "), NULL, 16);
  nt_command_free(&result);
  nt_test_folder_delete(folder);
  return crc;
}

// The image of the base; all variants with the same numbers give the same one.
static unsigned long base_content(const fixture_t *f) {
  nt_test_checkpoint_t ckpt = base(f);
  return accept(write_folder(f, &ckpt), "198400 parameters in 35 tensors, F32, 1 file\n");
}

static uint16_t to_f16(float value) {
  uint32_t bits = 0;
  memcpy(&bits, &value, sizeof bits);
  const uint32_t exponent = bits >> 23 & 0xFF; // biased by 127, in F16 by 15
  return fabsf(value) < 0x1p-14F
             ? 0
             : (uint16_t)((bits >> 31) << 15 | (exponent - 112) << 10 | (bits >> 13 & 0x3FF));
}

static void types(void **state) {
  const fixture_t *f = *state;
  nt_test_checkpoint_t ckpt = nt_test_checkpoint_read(f->folder);
  const unsigned long wide = base_content(f);
  NT_EQUAL(accept(write_folder(f, &ckpt), "35 tensors, BF16, 1 file\n"), wide);
  // BF16 numbers of at least 2^-14 are exact in F16; the smaller ones become 0 in both.
  nt_test_checkpoint_t rounded = base(f);
  for (size_t k = 0; k < rounded.data_size / 4; k++) {
    float value = 0;
    memcpy(&value, rounded.data + 4 * k, sizeof value);
    value = fabsf(value) < 0x1p-14F ? 0 : value;
    memcpy(rounded.data + 4 * k, &value, sizeof value);
  }
  const unsigned long expected = accept(write_folder(f, &rounded), "F32, 1 file\n");
  ckpt = base(f);
  nt_test_checkpoint_narrow(&ckpt, "F16", to_f16);
  NT_EQUAL(accept(write_folder(f, &ckpt), "35 tensors, F16, 1 file\n"), expected);
  assert_int_not_equal(expected, wide);
}

static void shards(void **state) {
  const fixture_t *f = *state;
  char *folder = nt_test_folder_make();
  cJSON *index = write_shards(f, folder);
  write_index(folder, index);
  cJSON_Delete(index);
  NT_EQUAL(accept(folder, "35 tensors, F32, 2 files\n"), base_content(f));
}

static void same_network(void **state) {
  const fixture_t *f = *state;
  static const char *const edits[][2] = {{"num_heads", "4"},        {"intermediate_size", "256"},
                                         {"use_lower_bound", NULL}, {"hidden_ratio", NULL},
                                         {"attn_mode", NULL},       {"hidden_act", "\"gelu\""}};
  const unsigned long expected = base_content(f);
  for (size_t k = 0; k < sizeof edits / sizeof edits[0]; k++) {
    nt_test_checkpoint_t ckpt = base(f);
    set_config(&ckpt, edits[k][0], edits[k][1]);
    NT_EQUAL(accept(write_folder(f, &ckpt), "lower bounds yes"), expected);
  }
}

static void without_lower_bounds(void **state) {
  const fixture_t *f = *state;
  unsigned long content[2];
  for (int said = 0; said < 2; said++) {
    nt_test_checkpoint_t ckpt = base(f);
    nt_test_checkpoint_drop(&ckpt, "model.lower_bounds");
    set_config(&ckpt, "use_lower_bound", said ? "false" : NULL);
    content[said] = accept(write_folder(f, &ckpt), "34 tensors, F32, 1 file\n");
  }
  NT_EQUAL(content[0], content[1]);
  assert_int_not_equal(content[0], base_content(f));
}

// The base has a norm of its own in each projection: three code vectors. With one for i, f, g there
// is one.
static void shared_and_distinct_norms(void **state) {
  const fixture_t *f = *state;
  nt_test_checkpoint_t ckpt = base(f);
  (void)accept(write_folder(f, &ckpt), "stage.0.codes_2");
  ckpt = base(f);
  for (int layer = 0; layer < 2; layer++) {
    static const char *const names[] = {"attn_norm", "mlp_norm", "attn.i_proj.norm",
                                        "attn.f_proj.norm", "attn.g_proj.norm"};
    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
      char name[96];
      (void)snprintf(name, sizeof name, "model.layers.%d.%s.weight", layer, names[n]);
      for (size_t k = 0; k < 64; k++) {
        nt_test_checkpoint_poke(&ckpt, name, k, 1);
      }
    }
  }
  (void)accept(write_folder(f, &ckpt), "stage.0.codes_0");
}

// ---- refused ------------------------------------------------------------------------------------

// Imports the folder, which must fail like this, and removes it. The parts may be NULL.
static void refuse(const char *label, char *folder, int code, const char *where, const char *found,
                   const char *allowed) {
  char image[NT_TEST_PATH_MAX];
  (void)snprintf(image, sizeof image, "%s/out.nti", folder);
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "import", folder, "--tokens", "64", "--out", image);
  const char *const parts[] = {where, found, allowed};
  for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
    nt_command_expect(&result, code, parts[k] != NULL ? parts[k] : "");
  }
  assert_int_equal(access(image, F_OK), -1);
  printf("  %-28s %s", label, strrchr(result.err, '/') != NULL ? strrchr(result.err, '/') + 1 : "");
  nt_command_free(&result);
  nt_test_folder_delete(folder);
}

static void configurations(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *field, *json;
    int code;
    const char *where, *found, *allowed;
  } cases[] = {
      {"model_type", "\"llama\"", 9, "config.json", "is \"llama\"", "allowed \"hgrn_bit\""},
      {"model_type", NULL, 7, "config.json", "\"model_type\" is nothing", "allowed"},
      {"use_short_conv", "true", 9, "config.json", "\"use_short_conv\" is true", "allowed false"},
      {"tie_word_embeddings", "true", 9, "config.json", "is true", "allowed false"},
      {"expand_ratio", "2", 9, "config.json", "\"expand_ratio\" is 2", "allowed 1"},
      {"attn_mode", "\"chunk\"", 9, "config.json", "is \"chunk\"", "\"fused_recurrent\""},
      {"quantization_config", "{\"bits\":2}", 9, "config.json", "{\"bits\":2}", "allowed none"},
      {"hidden_size", "\"64\"", 7, "config.json", "is \"64\"", "allowed an integer"},
      {"hidden_size", "0", 8, "config.json", "\"hidden_size\" is 0", "1..65536"},
      {"hidden_size", "128", 7, "model.safetensors", "has shape [2, 64]", "allowed [2, 128]"},
      {"vocab_size", "511", 7, "tensor model.embeddings.weight", "[512, 64]", "[511, 64]"},
      {"num_hidden_layers", "3", 7, "tensor model.lower_bounds", "[2, 64]", "[3, 64]"},
      {"num_hidden_layers", "1e9", 8, "config.json", "is 1000000000", "1..1024"},
      {"num_heads", "3", 8, "config.json", "\"num_heads\" is 3", "divisor of hidden_size 64"},
      {"intermediate_size", "300", 7, "mlp.gate_proj.weight", "[512, 64]", "[600, 64]"},
      {"hidden_ratio", "18.1", 7, "mlp.gate_proj.weight", "[512, 64]", "[2048, 64]"},
      {"rms_norm_eps", "0", 8, "config.json", "\"rms_norm_eps\" is 0", "above 0"},
      {"use_lower_bound", "false", 7, "config.json", "is false", "model.lower_bounds is present"},
      {"bos_token_id", "512", 8, "config.json", "is 512", "below vocab_size 512"},
      {"eos_token_id", "[2,3]", 7, "config.json", "is [2,3]", "allowed one token id"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_test_checkpoint_t ckpt = base(f);
    set_config(&ckpt, cases[k].field, cases[k].json);
    refuse(cases[k].field, write_folder(f, &ckpt), cases[k].code, cases[k].where, cases[k].found,
           cases[k].allowed);
  }
}

static void headers(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *field, *json;
    int code;
    const char *found, *allowed;
  } cases[] = {
      {"dtype", "\"I8\"", 9, "dtype I8", "allowed F32, BF16, F16"},
      {"dtype", "\"F64\"", 9, "dtype F64", "allowed F32, BF16, F16"},
      {"dtype", "\"BF16\"", 7, "span 256 bytes", "needs 128"},
      {"dtype", NULL, 7, "no \"dtype\"", NULL},
      {"shape", "[63]", 7, "span 256 bytes", "needs 252"},
      {"shape", "[8, 8]", 7, "has shape [8, 8]", "allowed [64]"},
      {"shape", "[4294967296, 4294967296]", 7, "overflows", NULL},
      {"data_offsets", "[0, 256]", 7, "overlap", "must begin at"},
      {"data_offsets", "[0, 99999999]", 7, "end at 99999999", "data bytes"},
      {"data_offsets", "[256, 0]", 7, "is not [begin, end]", NULL},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_test_checkpoint_t ckpt = base(f);
    cJSON *entry = nt_test_checkpoint_entry(&ckpt, "model.norm.weight");
    cJSON_DeleteItemFromObjectCaseSensitive(entry, cases[k].field);
    if (cases[k].json != NULL) {
      (void)cJSON_AddItemToObject(entry, cases[k].field, cJSON_Parse(cases[k].json));
    }
    refuse(cases[k].field, write_folder(f, &ckpt), cases[k].code, "model.safetensors: tensor ",
           cases[k].found, cases[k].allowed);
  }
}

static void drop_norm(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_drop(ckpt, "model.layers.1.attn.o_proj.norm.weight");
}
static void drop_bounds(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_drop(ckpt, "model.lower_bounds");
}
static void add_bias(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "model.layers.0.attn.i_proj.bias", 64);
}
static void add_convolution(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "model.layers.0.attn.h_conv1d.weight", 256);
}
static void add_layer(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_append(ckpt, "model.layers.2.attn_norm.weight", 64);
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
static void put_huge(nt_test_checkpoint_t *ckpt) {
  nt_test_checkpoint_poke(ckpt, "model.embeddings.weight", 0, 1e6F);
}

static void tensors(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *label;
    void (*damage)(nt_test_checkpoint_t *ckpt);
    int code;
    const char *where, *found;
  } cases[] = {
      {"missing tensor", drop_norm, 7, "model.layers.1.attn.o_proj.norm.weight", "is missing"},
      {"bounds said, not there", drop_bounds, 7, "\"use_lower_bound\" is true", "is missing"},
      {"bias", add_bias, 9, "model.layers.0.attn.i_proj.bias", "is not part of an HGRNBit network"},
      {"short convolution", add_convolution, 9, "attn.h_conv1d.weight", "is not part of"},
      {"layer too many", add_layer, 9, "model.layers.2.attn_norm.weight", "with 2 layers"},
      {"file cut short", cut_data, 7, "lm_head", "the file holds"},
      {"bytes at the end", add_byte, 7, "4 bytes after the last tensor", "allowed 0"},
      {"not a number", put_nan, 8, "lm_head.weight: value 12345 is", "must be finite"},
      {"infinity", put_infinity, 8, "attn.g_norm.weight: value 9 is -inf", "must be finite"},
      {"value beyond int16", put_huge, 8, "residual", "1e+06"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_test_checkpoint_t ckpt = base(f);
    cases[k].damage(&ckpt);
    refuse(cases[k].label, write_folder(f, &ckpt), cases[k].code, cases[k].where, cases[k].found,
           NULL);
  }
}

// One file of a sound folder replaced by these bytes, or taken away (NULL).
static void files(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *label, *file, *bytes;
    size_t size;
    int code;
    const char *found, *allowed;
  } cases[] = {
      {"no config", "config.json", NULL, 0, 6, "config.json", "No such file"},
      {"config cut short", "config.json", "{\"model_type\": ", 15, 7, "config.json", "JSON"},
      {"config an array", "config.json", "[1]", 3, 7, "config.json", "not an object"},
      {"config with a key twice", "config.json", "{\"a\":1,\"a\":1}", 13, 7, "\"a\"", "twice"},
      {"no weights", "model.safetensors", NULL, 0, 6, "neither model.safetensors nor", "is there"},
      {"empty weights", "model.safetensors", "", 0, 7, "0 bytes", "at least 8"},
      {"header beyond the file", "model.safetensors", "\x40\0\0\0\0\0\0\0{}", 10, 7,
       "header length 64", "allowed at most 2"},
      {"header of 2^63 bytes", "model.safetensors", "\0\0\0\0\0\0\0\x80{}", 10, 7,
       "header length 9223372036854775808", "allowed at most 2"},
      {"header not JSON", "model.safetensors", "\x02\0\0\0\0\0\0\0{x", 10, 7, "not valid JSON",
       NULL},
      {"no tokenizer", "tokenizer.model", NULL, 0, 6, "tokenizer.model", "no such file"},
      {"empty tokenizer", "tokenizer.model", "", 0, 8, "tokenizer.model: 0 bytes", "allowed"},
      {"damaged tokenizer", "tokenizer.model", "not a model", 11, 7, "tokenizer.model",
       "not a SentencePiece model"},
      {"empty calibration text", "calibration.txt", "", 0, 8, "calibration.txt: 0 bytes",
       "allowed"},
      {"calibration not text", "calibration.txt", "a\xFF", 2, 8, "calibration.txt",
       "byte 0xff at offset 1 is not UTF-8"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_test_checkpoint_t ckpt = base(f);
    char *folder = write_folder(f, &ckpt);
    if (cases[k].bytes != NULL) {
      nt_test_file_write(folder, cases[k].file, cases[k].bytes, cases[k].size);
    } else {
      char path[NT_TEST_PATH_MAX];
      (void)snprintf(path, sizeof path, "%s/%s", folder, cases[k].file);
      assert_int_equal(unlink(path), 0);
    }
    refuse(cases[k].label, folder, cases[k].code, folder, cases[k].found, cases[k].allowed);
  }
}

static void tokenizers(void **state) {
  const fixture_t *f = *state;
  nt_test_checkpoint_t ckpt = base(f);
  char *folder = write_folder(f, &ckpt);
  size_t size = 0;
  char *other = nt_test_file_read(NT_TEST_MODEL, "tokenizer.model", &size);
  nt_test_file_write(folder, "tokenizer.model", other, size);
  free(other);
  refuse("another vocabulary", folder, 7, "tokenizer.model", "found 1024 pieces",
         "allowed are 512");
  ckpt = base(f);
  folder = nt_test_folder_make();
  nt_test_checkpoint_write(&ckpt, folder, "model.safetensors");
  nt_test_checkpoint_free(&ckpt);
  nt_test_file_write(folder, "tokenizer.json", "{}", 2);
  refuse("tokenizer.json only", folder, 9, "found tokenizer.json", "allowed is tokenizer.model",
         "download");
}

static void indexes(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *label, *tensor, *file; // an entry of the index replaced; file NULL: left out
    int code;
    const char *found;
  } cases[] = {
      {"absent shard", "lm_head.weight", "model-3.safetensors", 6, "model-3.safetensors"},
      {"wrong shard", "lm_head.weight", "model-1.safetensors", 7, "does not hold it"},
      {"outside the folder", "lm_head.weight", "../model-2.safetensors", 7, "allowed a file name"},
      {"absolute path", "lm_head.weight", "/etc/passwd", 7, "allowed a file name"},
      {"unknown tensor", "model.extra", "model-1.safetensors", 7, "model.extra"},
      {"not a name", "lm_head.weight", "", 7, "allowed a file name"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    char *folder = nt_test_folder_make();
    cJSON *index = write_shards(f, folder);
    cJSON *map = cJSON_GetObjectItemCaseSensitive(index, "weight_map");
    cJSON_DeleteItemFromObjectCaseSensitive(map, cases[k].tensor);
    (void)cJSON_AddStringToObject(map, cases[k].tensor, cases[k].file);
    write_index(folder, index);
    cJSON_Delete(index);
    refuse(cases[k].label, folder, cases[k].code, folder, cases[k].found, NULL);
  }
}

static void shards_that_do_not_fit(void **state) {
  const fixture_t *f = *state;
  char *folder = nt_test_folder_make();
  cJSON *index = write_shards(f, folder);
  cJSON *map = cJSON_GetObjectItemCaseSensitive(index, "weight_map");
  cJSON_DeleteItemFromObjectCaseSensitive(map, "lm_head.weight");
  cJSON_DeleteItemFromObjectCaseSensitive(map, "lm_head.norm.weight");
  write_index(folder, index);
  cJSON_Delete(index);
  refuse("shard not listed", folder, 7, "tensor lm_head.weight", "is missing", NULL);

  folder = nt_test_folder_make();
  index = write_shards(f, folder);
  nt_test_checkpoint_t whole = base(f);
  nt_test_checkpoint_write(&whole, folder, "model-2.safetensors");
  nt_test_checkpoint_free(&whole);
  write_index(folder, index);
  cJSON_Delete(index);
  refuse("tensor in two shards", folder, 7, "model-2.safetensors: tensor ", "is also in",
         "model-1.safetensors");

  folder = nt_test_folder_make();
  cJSON_Delete(write_shards(f, folder));
  nt_test_file_write(folder, "model.safetensors.index.json", "{}", 2);
  refuse("no weight_map", folder, 7, "index.json", "\"weight_map\"", NULL);
}

// Wrong options on a sound folder.
static void options(void **state) {
  const fixture_t *f = *state;
  const struct {
    const char *const arguments[6];
    int code;
    const char *part;
  } cases[] = {
      {{"import", f->folder, "--tokens", "0", NULL}, 2, "no calibration tokens"},
      {{"import", f->folder, "--text", "/nowhere.txt", NULL}, 6, "/nowhere.txt: No such file"},
      {{"import", f->folder, "--text", f->folder, NULL}, 6, "not a regular file"},
      {{"import", f->folder, "--report", "/nowhere/r", NULL}, 6, "--report: /nowhere/r"},
      {{"import", "/nowhere", NULL}, 6, "/nowhere/config.json"},
      {{"import", NT_TEST_IMAGE, NULL}, 6, "config.json"},
      {{"synth", "--like", "9b", "--out", f->folder, NULL}, 2, "allowed are small, 370m"},
      {{"synth", "--like", "small", "--out", f->folder, NULL}, 2, "there is one already"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_command_result_t result = nt_command_run(SECONDS, cases[k].arguments);
    nt_command_expect(&result, cases[k].code, cases[k].part);
    nt_command_free(&result);
  }
}

// ---- the report ---------------------------------------------------------------------------------

static double number(const cJSON *root, const char *part, const char *name) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, part);
  item = cJSON_GetObjectItemCaseSensitive(item, name);
  if (!cJSON_IsNumber(item)) {
    fail_msg("no number %s.%s", part, name);
  }
  return item->valuedouble;
}

static cJSON *read_json(const char *folder, const char *name) {
  size_t size = 0;
  char *text = nt_test_file_read(folder, name, &size);
  cJSON *root = cJSON_Parse(text);
  assert_non_null(root);
  free(text);
  return root;
}

// Numbers that follow from the shape, and the spikes that a checked run counts.
static void report(void **state) {
  const fixture_t *f = *state;
  char *folder = nt_test_folder_make();
  char image[NT_TEST_PATH_MAX], facts[NT_TEST_PATH_MAX], summary[NT_TEST_PATH_MAX];
  (void)snprintf(image, sizeof image, "%s/out.nti", folder);
  (void)snprintf(facts, sizeof facts, "%s/report.json", folder);
  (void)snprintf(summary, sizeof summary, "%s/summary.json", folder);
  nt_command_result_t result = NT_COMMAND(SECONDS, "import", f->folder, "--spread", "--out", image,
                                          "--report", facts, "--quiet");
  nt_command_expect(&result, 0, "");
  assert_string_equal(result.out, "");
  nt_command_free(&result);
  result = NT_COMMAND(SECONDS, "generate", "--model", image, "--backend", "golden", "--tokens",
                      "30", "--quiet", "--summary", summary);
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  cJSON *root = read_json(folder, "report.json"), *run = read_json(folder, "summary.json");
  NT_EQUAL(number(root, "network", "parameters"), 198400);
  NT_EQUAL(number(root, "map", "ternary_weights"), 2 * (4 * 64 * 64 + 3 * 64 * 256) + 512 * 64);
  NT_EQUAL(number(root, "map", "timesteps_per_token"), 12 * 2 + 4);
  const double tokens = cJSON_GetObjectItemCaseSensitive(run, "tokens")->valuedouble;
  const double spikes = cJSON_GetObjectItemCaseSensitive(run, "spikes_compared")->valuedouble;
  assert_true(tokens > 30 && spikes > 0);
  assert_true(spikes / tokens <= number(root, "map", "spikes_most"));
  assert_true(fabs(spikes / tokens / number(root, "map", "spikes_typical") - 1) < 0.06);
  const cJSON *stage = NULL;
  size_t stages = 0;
  cJSON_ArrayForEach(stage, cJSON_GetObjectItemCaseSensitive(root, "stages")) {
    assert_true(cJSON_GetObjectItemCaseSensitive(stage, "seconds")->valuedouble >= 0);
    assert_true(cJSON_GetObjectItemCaseSensitive(stage, "peak_bytes")->valuedouble > 1 << 20);
    stages++;
  }
  NT_EQUAL(stages, 5); // open, read, quantise, map, save
  cJSON_Delete(root);
  cJSON_Delete(run);
  nt_test_folder_delete(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(types),
      cmocka_unit_test(shards),
      cmocka_unit_test(same_network),
      cmocka_unit_test(without_lower_bounds),
      cmocka_unit_test(shared_and_distinct_norms),
      cmocka_unit_test(configurations),
      cmocka_unit_test(headers),
      cmocka_unit_test(tensors),
      cmocka_unit_test(files),
      cmocka_unit_test(tokenizers),
      cmocka_unit_test(indexes),
      cmocka_unit_test(shards_that_do_not_fit),
      cmocka_unit_test(options),
      cmocka_unit_test(report),
  };
  return nt_test_report("import", cmocka_run_group_tests(tests, setup, teardown));
}
