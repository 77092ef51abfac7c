// SPDX-License-Identifier: Apache-2.0
// nt_layout: where every population of a compiled network lives, and when its observables can be
// seen (docs/spec/network.md). Travels in the image as section "layout" (JSON) beside "embedding"
// (int16 rows) and "tokenizer".
#ifndef NT_LAYOUT_H
#define NT_LAYOUT_H

#include "nt_image.h"
#include "nt_qmodel.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Neurons [first, first + count) of a population: one group of one core.
typedef struct nt_chunk {
  uint32_t tile, core, group;
  uint32_t line, lines;  ///< first line in the core, number of lines
  uint32_t first, count; ///< neurons of the population
  uint32_t state_base, state_words;
} nt_chunk_t;

typedef struct nt_population {
  char name[16]; ///< "E", "X3", "NX3", "G0", "NG0", "M0", "NM0", "D"
  uint32_t neurons;
  nt_chunk_t *chunk;
  uint32_t chunks;
} nt_population_t;

typedef enum nt_observable_kind {
  NT_OBSERVABLE_ACC,  ///< current accumulators of dendrite `index` in step `step`
  NT_OBSERVABLE_STATE ///< state word `index` after step `step`
} nt_observable_kind_t;

/// A named tensor of L1 and where the tile shows it.
typedef struct nt_observable {
  char name[32];
  uint32_t population;
  nt_observable_kind_t kind;
  uint32_t index;
  uint32_t step;  ///< step within the token
  uint32_t count; ///< values; 1 with `broadcast` set means every neuron shows the same value
  bool broadcast;
} nt_observable_t;

typedef struct nt_layout {
  uint32_t hidden, intermediate, layers, vocab, frac_x;
  uint32_t bos, eos; ///< token ids; UINT32_MAX where the model has none
  uint32_t steps_per_token;
  double logit_scale;
  uint32_t embed_population; ///< index of E in `population`
  uint32_t *embed_axon;      ///< [chunks of E] first x axon; the pace axon follows the last x axon
  nt_population_t *population;
  uint32_t populations;
  nt_observable_t *observable;
  uint32_t observables;
  const int16_t *embedding; ///< [vocab][hidden]; points into `embedding_store`
  int16_t *embedding_store;
} nt_layout_t;

void nt_layout_free(nt_layout_t *layout); ///< NULL is allowed

/// Adds sections "layout" and "embedding" to the image.
nt_status_t nt_layout_store(const nt_layout_t *layout, nt_image_t *image, nt_error_t *err);
/// Reads them back and checks every number against the image. NT_ERR_FORMAT names the field.
nt_status_t nt_layout_load(const nt_image_t *image, nt_layout_t **layout, nt_error_t *err);

/// The layout and the quantised network of one image are of the same shape. NT_ERR_FORMAT names the
/// first number that differs.
nt_status_t nt_layout_check_qmodel(const nt_layout_t *layout, const nt_qmodel_t *qmodel,
                                   nt_error_t *err);

/// Spikes that start a token: its embedding row and the pace spikes. `spikes` has room for
/// hidden + chunks of E entries (nt_layout_token_spikes_max). NT_ERR_RANGE if token >= vocab.
size_t nt_layout_token_spikes_max(const nt_layout_t *layout);
nt_status_t nt_layout_token_spikes(const nt_layout_t *layout, uint32_t token, nt_spike_t *spikes,
                                   size_t *count, nt_error_t *err);

/// The chunk that covers `line` of a core, with its population; false if none does.
bool nt_layout_find(const nt_layout_t *layout, uint32_t tile, uint32_t core, uint32_t line,
                    const nt_population_t **population, const nt_chunk_t **chunk);

#ifdef __cplusplus
}
#endif
#endif
