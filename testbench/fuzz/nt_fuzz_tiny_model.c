// SPDX-License-Identifier: Apache-2.0
// The part of nt_fuzz_tiny that knows of language models.
#include "nt_fuzz_tiny.h"

#include "nt_checkpoint.h"
#include "nt_fuzz.h"
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HIDDEN = 2, INTERMEDIATE = 3, LAYERS = 1, VOCAB = 5 };

static const nt_model_config_t CONFIG = {.vocab_size = VOCAB,
                                         .hidden_size = HIDDEN,
                                         .num_hidden_layers = LAYERS,
                                         .intermediate_size = INTERMEDIATE,
                                         .use_lower_bound = true};

// ---- bytes --------------------------------------------------------------------------------------

static void add(nt_fuzz_bytes_t *bytes, const void *data, size_t size) {
  uint8_t *grown = realloc(bytes->data, bytes->size + size + 1);
  nt_fuzz_require(grown != NULL, "no memory");
  bytes->data = grown;
  memcpy(grown + bytes->size, data, size);
  bytes->size += size;
}

__attribute__((format(printf, 2, 3))) static void add_text(nt_fuzz_bytes_t *bytes,
                                                           const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  nt_fuzz_require(length >= 0 && (size_t)length < sizeof text, "text is too long");
  add(bytes, text, (size_t)length);
}

// ---- checkpoint ---------------------------------------------------------------------------------

const char *nt_fuzz_tiny_config(void) {
  return "{\"model_type\": \"hgrn_bit\", \"vocab_size\": 5, \"hidden_size\": 2, "
         "\"num_hidden_layers\": 1, \"intermediate_size\": 3, \"hidden_ratio\": 4, "
         "\"attn_mode\": \"fused_recurrent\", \"num_heads\": 1, \"expand_ratio\": 1, "
         "\"use_short_conv\": false, \"use_lower_bound\": true, \"rms_norm_eps\": 1e-06, "
         "\"bos_token_id\": 1, \"eos_token_id\": 2, \"tie_word_embeddings\": false}\n";
}

nt_fuzz_bytes_t nt_fuzz_tiny_safetensors(const char *dtype, size_t part, size_t parts,
                                         bool metadata) {
  const size_t value_bytes = strcmp(dtype, "F32") == 0 ? 4 : 2;
  nt_fuzz_bytes_t header = {0};
  add_text(&header, metadata ? "{\"__metadata__\":{\"format\":\"pt\"}" : "{");
  size_t end = 0;
  for (size_t k = part; k < nt_checkpoint_tensor_count(&CONFIG); k += parts) {
    char name[NT_TENSOR_NAME_MAX];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(&CONFIG, k, name, &rows, &cols);
    const size_t bytes = value_bytes * rows * (cols > 0 ? cols : 1);
    add_text(&header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%zu", header.size > 1 ? "," : "", name,
             dtype, rows);
    if (cols > 0)
      add_text(&header, ",%zu", cols);
    add_text(&header, "],\"data_offsets\":[%zu,%zu]}", end, end + bytes);
    end += bytes;
  }
  add_text(&header, "}");
  nt_fuzz_bytes_t file = {0};
  for (size_t k = 0; k < 8; k++)
    add(&file, &(uint8_t){(uint8_t)((uint64_t)header.size >> (8 * k))}, 1);
  add(&file, header.data, header.size);
  free(header.data);
  for (size_t k = 0; k < end; k++)
    add(&file, &(uint8_t){(uint8_t)(k % value_bytes == value_bytes - 1 ? 0x3c : 0)}, 1);
  return file;
}

nt_fuzz_bytes_t nt_fuzz_tiny_index(const char *const *names, size_t parts) {
  nt_fuzz_bytes_t file = {0};
  add_text(&file, "{\"metadata\":{\"total_size\":1},\"weight_map\":{");
  for (size_t k = 0; k < nt_checkpoint_tensor_count(&CONFIG); k++) {
    char name[NT_TENSOR_NAME_MAX];
    size_t rows = 0;
    size_t cols = 0;
    nt_checkpoint_tensor_name(&CONFIG, k, name, &rows, &cols);
    add_text(&file, "%s\"%s\":\"%s\"", k > 0 ? "," : "", name, names[k % parts]);
  }
  add_text(&file, "}}\n");
  return file;
}

// ---- tokenizer ----------------------------------------------------------------------------------
// The protocol buffers of sentencepiece_model.proto; every length here is below 128.

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, BYTE = 6 };

static void add_piece(nt_fuzz_bytes_t *file, const char *text, uint32_t type, float score) {
  const size_t length = strlen(text);
  const uint8_t head[] = {0x0a, (uint8_t)(2 + length + 5 + 2), 0x0a, (uint8_t)length};
  add(file, head, sizeof head);
  add(file, text, length);
  add(file, &(uint8_t){0x15}, 1); // score
  add(file, &score, sizeof score);
  const uint8_t tail[] = {0x18, (uint8_t)type};
  add(file, tail, sizeof tail);
}

nt_fuzz_bytes_t nt_fuzz_tiny_tokenizer(bool bpe, bool byte_pieces) {
  static const char *const texts[] = {"\xE2\x96\x81", "a", "b", "ba", "ab"};
  nt_fuzz_bytes_t file = {0};
  add_piece(&file, "<unk>", UNKNOWN, 0);
  add_piece(&file, "<s>", CONTROL, 0);
  add_piece(&file, "</s>", CONTROL, 0);
  for (unsigned k = 0; byte_pieces && k < 256; k++) {
    char text[8];
    (void)snprintf(text, sizeof text, "<0x%02X>", k);
    add_piece(&file, text, BYTE, 0);
  }
  for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
    add_piece(&file, texts[k], NORMAL, -1.0F - (float)k);
  // trainer_spec: model_type, byte_fallback; normalizer_spec: name, add_dummy_prefix,
  // remove_extra_whitespaces, escape_whitespaces
  const uint8_t trainer[] = {0x12, 5, 0x18, bpe ? 2 : 1, 0x98, 0x02, byte_pieces ? 1 : 0};
  const uint8_t normalizer[] = {0x1a, 16,  0x0a, 8,    'i', 'd',  'e', 'n',  't',
                                'i',  't', 'y',  0x18, 1,   0x20, 0,   0x28, 1};
  add(&file, trainer, sizeof trainer);
  add(&file, normalizer, sizeof normalizer);
  return file;
}

// ---- image --------------------------------------------------------------------------------------

nt_image_t *nt_fuzz_tiny_image(bool distinct_codes, bool outer_weights) {
  const nt_qmodel_shape_t shape = {.hidden = HIDDEN,
                                   .intermediate = INTERMEDIATE,
                                   .layers = LAYERS,
                                   .vocab = VOCAB,
                                   .distinct_codes = distinct_codes,
                                   .outer_weights = outer_weights};
  nt_params_t params = nt_params_default();
  params.cores = 2;
  params.word_bits = NT_WORD_BITS_MIN;
  params.pool_words = 1024;
  nt_error_t err = {.status = NT_OK};
  nt_qmodel_t *qmodel = NULL;
  nt_image_t *image = NULL;
  nt_status_t status = nt_qmodel_random(&shape, 3, &qmodel, &err);
  if (status == NT_OK)
    status = nt_mapper_compile(qmodel, &(nt_mapper_options_t){.params = params, .spread = -1},
                               &image, NULL, &err);
  if (status == NT_OK)
    status = nt_qmodel_store(qmodel, image, &err);
  nt_fuzz_bytes_t tokenizer = nt_fuzz_tiny_tokenizer(outer_weights, false);
  if (status == NT_OK)
    status = nt_image_add_section(image, "tokenizer", tokenizer.data, tokenizer.size, &err);
  nt_fuzz_require(status == NT_OK, err.text);
  free(tokenizer.data);
  nt_qmodel_free(qmodel);
  return image;
}
