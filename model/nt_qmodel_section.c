// SPDX-License-Identifier: Apache-2.0
// One walk over the structure serves reading and writing, so that the two cannot drift apart.
#include "nt_qmodel_section.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char SECTION[] = "qmodel";

enum {
  HIDDEN_MAX = 1 << 16,
  INTERMEDIATE_MAX = 1 << 18,
  LAYERS_MAX = 1 << 10,
  VOCAB_MAX = 1 << 16
};

typedef struct stream {
  bool writing;
  uint8_t *data;
  size_t size, at;    // reading: bytes there are and read; writing: capacity and bytes written
  nt_status_t status; // the first failure sticks
  const char *what;   // what failed
  int8_t *next_code;  // reading: where the next ternary codes go
} stream_t;

static void fail(stream_t *s, nt_status_t status, const char *what) {
  if (s->status == NT_OK) {
    s->status = status;
    s->what = what;
  }
}

// Makes `size` bytes available at the returned place; NULL after a failure.
static uint8_t *take(stream_t *s, size_t size, const char *what) {
  if (s->status != NT_OK) {
    return NULL;
  }
  if (s->writing && size > s->size - s->at) {
    const size_t capacity = (s->at + size) * 2;
    uint8_t *grown = realloc(s->data, capacity);
    if (grown == NULL) {
      fail(s, NT_ERR_MEMORY, what);
      return NULL;
    }
    s->data = grown;
    s->size = capacity;
  }
  if (size > s->size - s->at) {
    fail(s, NT_ERR_FORMAT, what);
    return NULL;
  }
  uint8_t *place = s->data + s->at;
  s->at += size;
  return place;
}

static void bytes(stream_t *s, void *value, size_t size, const char *what) {
  uint8_t *place = take(s, size, what);
  if (place != NULL) {
    memcpy(s->writing ? (void *)place : value, s->writing ? value : (void *)place, size);
  }
}

// A 32-bit value that must be within [min, max] when read.
static void u32(stream_t *s, uint32_t *value, uint32_t min, uint32_t max, const char *what) {
  bytes(s, value, sizeof *value, what);
  if (s->status == NT_OK && (*value < min || *value > max)) {
    fail(s, NT_ERR_FORMAT, what);
  }
}

// Reading allocates only what the remaining bytes can fill.
static void int16s(stream_t *s, int16_t **values, size_t count, const char *what) {
  const size_t size = count * sizeof **values;
  uint8_t *place = take(s, size, what);
  if (place == NULL) {
    return;
  }
  if (s->writing) {
    memcpy(place, *values, size);
  } else if ((*values = malloc(size)) == NULL) {
    fail(s, NT_ERR_MEMORY, what);
  } else {
    memcpy(*values, place, size);
  }
}

static void ternary(stream_t *s, int8_t **codes, size_t count, const char *what) {
  uint8_t *place = take(s, (count + 3) / 4, what);
  if (place == NULL) {
    return;
  }
  if (s->writing) {
    memset(place, 0, (count + 3) / 4);
    for (size_t i = 0; i < count; i++) {
      place[i / 4] = (uint8_t)(place[i / 4] | (uint8_t)(((unsigned)(*codes)[i] & 3u) << i % 4 * 2));
    }
    return;
  }
  *codes = s->next_code;
  s->next_code += count;
  static const int8_t value[4] = {0, 1, 2, -1};
  for (size_t i = 0; i < count; i++) {
    (*codes)[i] = value[place[i / 4] >> i % 4 * 2 & 3];
    if ((*codes)[i] == 2) {
      fail(s, NT_ERR_FORMAT, what);
    }
  }
}

static void matrix(stream_t *s, nt_qmatrix_t *m, uint32_t out, uint32_t in, const char *what) {
  u32(s, &m->out, out, out, what);
  u32(s, &m->in, in, in, what);
  bytes(s, &m->multiplier, sizeof m->multiplier, what);
  u32(s, &m->shift, 0, 62, what);
  ternary(s, &m->codes, (size_t)out * in, what);
}

static void norm(stream_t *s, nt_qnorm_t *n, uint32_t inputs, uint32_t code_max, const char *what) {
  u32(s, &n->inputs, inputs, inputs, what);
  uint32_t outer = n->outer != NULL;
  u32(s, &outer, 0, 1, what);
  if (outer != 0) {
    int16s(s, &n->outer, inputs, what);
  }
  u32(s, &n->outer_shift, 0, 62, what);
  u32(s, &n->square_shift, 0, 62, what);
  bytes(s, &n->static_exponent, sizeof n->static_exponent, what);
  u32(s, &n->code_count, 1, code_max, what);
  for (uint32_t c = 0; s->status == NT_OK && c < n->code_count; c++) {
    int16s(s, &n->codes[c].weight, inputs, what);
    u32(s, &n->codes[c].shift, 0, 62, what);
  }
}

static void layer(stream_t *s, const nt_qmodel_t *model, nt_qlayer_t *l) {
  const uint32_t h = model->hidden, i = model->intermediate;
  norm(s, &l->mixer_norm, h, 3, "mixer_norm");
  matrix(s, &l->i, h, h, "i");
  matrix(s, &l->f, h, h, "f");
  matrix(s, &l->g, h, h, "g");
  u32(s, &l->frac_i, 1, 15, "frac_i");
  u32(s, &l->frac_f, 1, 15, "frac_f");
  u32(s, &l->frac_g, 1, 15, "frac_g");
  u32(s, &l->frac_h, 1, NT_WIDTH_H_MAX - 1, "frac_h");
  int16s(s, &l->lower_bound, h, "lower_bound");
  int16s(s, &l->gnorm_weight, h, "gnorm_weight");
  u32(s, &l->v_shift, 0, 62, "v_shift");
  norm(s, &l->o_norm, h, 1, "o_norm");
  matrix(s, &l->o, h, h, "o");
  norm(s, &l->mlp_norm, h, 1, "mlp_norm");
  matrix(s, &l->gate_up, 2 * i, h, "gate_up");
  u32(s, &l->frac_u, 1, 15, "frac_u");
  u32(s, &l->w_shift, 0, 62, "w_shift");
  norm(s, &l->down_norm, i, 1, "down_norm");
  matrix(s, &l->down, h, i, "down");
}

static void widths(stream_t *s, nt_widths_t *w) {
  u32(s, &w->x, NT_WIDTH_MIN, NT_WIDTH_MAX, "width of x");
  u32(s, &w->pre, NT_WIDTH_MIN, NT_WIDTH_MAX, "width of pre");
  u32(s, &w->h, NT_WIDTH_MIN, NT_WIDTH_H_MAX, "width of h");
  u32(s, &w->v, NT_WIDTH_MIN, NT_WIDTH_MAX, "width of v");
  u32(s, &w->codes, NT_WIDTH_CODES_MIN, NT_WIDTH_CODES_MAX, "width of codes");
}

// Room for all ternary codes, if the bytes that remain can hold them.
static void open_store(stream_t *s, nt_qmodel_t *model) {
  if (s->writing || s->status != NT_OK) {
    return;
  }
  const size_t weights =
      nt_qmodel_weights(model->hidden, model->intermediate, model->layers, model->vocab);
  if (weights / 4 > s->size - s->at) {
    fail(s, NT_ERR_FORMAT, "ternary codes");
  } else if ((model->ternary = nt_ternary_store_new(weights)) == NULL) {
    fail(s, NT_ERR_MEMORY, "ternary codes");
  } else {
    s->next_code = nt_ternary_store_codes(model->ternary);
  }
}

static void walk(stream_t *s, nt_qmodel_t *model) {
  widths(s, &model->widths);
  u32(s, &model->hidden, 1, HIDDEN_MAX, "hidden");
  u32(s, &model->intermediate, 1, INTERMEDIATE_MAX, "intermediate");
  u32(s, &model->layers, 1, LAYERS_MAX, "layers");
  u32(s, &model->vocab, 1, VOCAB_MAX, "vocab");
  u32(s, &model->bos, 0, UINT32_MAX, "bos");
  u32(s, &model->eos, 0, UINT32_MAX, "eos");
  u32(s, &model->frac_x, 0, 15, "frac_x");
  open_store(s, model);
  int16s(s, &model->embedding, s->status == NT_OK ? (size_t)model->vocab * model->hidden : 0,
         "embedding");
  if (!s->writing && s->status == NT_OK &&
      (model->layer = calloc(model->layers, sizeof *model->layer)) == NULL) {
    fail(s, NT_ERR_MEMORY, "layers");
  }
  for (uint32_t l = 0; s->status == NT_OK && l < model->layers; l++) {
    layer(s, model, &model->layer[l]);
  }
  if (s->status == NT_OK) {
    norm(s, &model->head_norm, model->hidden, 1, "head_norm");
    matrix(s, &model->head, model->vocab, model->hidden, "head");
    bytes(s, &model->logit_scale, sizeof model->logit_scale, "logit_scale");
  }
}

nt_status_t nt_qmodel_store(const nt_qmodel_t *model, nt_image_t *image, nt_error_t *err) {
  stream_t s = {.writing = true, .status = NT_OK};
  nt_qmodel_t copy = *model; // the walk is shared with reading and therefore takes a mutable
                             // structure; writing changes nothing
  walk(&s, &copy);
  nt_status_t status = s.status;
  if (status != NT_OK) {
    (void)nt_fail(err, status, "quantised model: cannot store %s", s.what);
  } else {
    status = nt_image_add_section(image, SECTION, s.data, s.at, err);
  }
  free(s.data);
  return status;
}

nt_status_t nt_qmodel_load(const nt_image_t *image, nt_qmodel_t **model, nt_error_t *err) {
  const nt_image_section_t *section = nt_image_section(image, SECTION);
  if (section == NULL) {
    return nt_fail(err, NT_ERR_FORMAT, "image: no section qmodel");
  }
  nt_qmodel_t *loaded = calloc(1, sizeof *loaded);
  if (loaded == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "quantised model: out of memory");
  }
  stream_t s = {.data = section->data, .size = section->size, .status = NT_OK};
  walk(&s, loaded);
  nt_status_t status = s.status;
  if (status != NT_OK) {
    (void)nt_fail(err, status,
                  "image section qmodel: %s at byte %zu of %zu is cut off or outside its range",
                  s.what, s.at, s.size);
  } else if (s.at != s.size || !(loaded->logit_scale > 0) || !isfinite(loaded->logit_scale)) {
    status = nt_fail(err, NT_ERR_FORMAT,
                     "image section qmodel: %zu bytes, allowed is %zu, or bad logit_scale", s.size,
                     s.at);
  } else {
    nt_error_t inner = {.status = NT_OK};
    status = nt_qmodel_prove(loaded, &inner);
    if (status != NT_OK) {
      (void)nt_fail(err, status, "image section qmodel: %.440s", inner.text);
    }
  }
  if (status != NT_OK) {
    nt_qmodel_free(loaded);
    return status;
  }
  *model = loaded;
  return NT_OK;
}
