// SPDX-License-Identifier: Apache-2.0
// Image files: the container and its cores, then layout, quantised network and tokenizer, each used
// as a run uses it.
#include "nt_fuzz.h"
#include "nt_fuzz_container.h"
#include "nt_fuzz_use_tokenizer.h"
#include "nt_image.h"
#include "nt_integer_model.h"
#include "nt_layout.h"
#include "nt_qmodel_section.h"

#include <stdlib.h>
#include <string.h>

static void use_layout(const nt_layout_t *layout, const nt_image_t *image) {
  nt_spike_t *spikes = malloc(nt_layout_token_spikes_max(layout) * sizeof *spikes);
  nt_fuzz_require(spikes != NULL, "no memory for the spikes of a token");
  const uint32_t tokens[] = {0, layout->vocab - 1};
  for (size_t k = 0; k < 2; k++) {
    size_t count = 0;
    nt_error_t err = {.status = NT_OK};
    nt_fuzz_require(nt_layout_token_spikes(layout, tokens[k], spikes, &count, &err) == NT_OK,
                    "a token of the vocabulary has no spikes");
    nt_fuzz_require(count <= nt_layout_token_spikes_max(layout), "too many spikes for a token");
  }
  free(spikes);
  // What a checked run reads: state words in the pool of the chunk's core, and its lines.
  const nt_params_t *p = &image->params;
  for (uint32_t i = 0; i < layout->observables; i++) {
    const nt_observable_t *o = &layout->observable[i];
    const nt_population_t *population = &layout->population[o->population];
    for (uint32_t c = 0; c < population->chunks; c++) {
      const nt_chunk_t *chunk = &population->chunk[c];
      const uint64_t last = chunk->count - 1;
      const uint64_t word =
          chunk->state_base + last / nt_params_word_lanes(p) * chunk->state_words + o->index;
      nt_fuzz_require(chunk->count > 0, "an empty chunk");
      nt_fuzz_require(chunk->line + last / nt_params_line_lanes(p) < p->lines, "a line too many");
      nt_fuzz_require(o->kind != NT_OBSERVABLE_STATE || word < p->pool_words,
                      "a state word outside the pool");
    }
  }
}

/// A proven network runs without further checks.
static void use_qmodel(const nt_qmodel_t *qmodel) {
  nt_integer_model_t *model = NULL;
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_require(nt_integer_model_open(qmodel, &model, &err) == NT_OK,
                  "a proven network cannot be opened");
  int32_t *logits = malloc(qmodel->vocab * sizeof *logits);
  nt_fuzz_require(logits != NULL, "no memory for the logits of a small network");
  for (uint32_t token = 0; token < 2 && token < qmodel->vocab; token++)
    nt_fuzz_require(nt_integer_model_step(model, token, logits, &err) == NT_OK,
                    "a proven network cannot be run");
  free(logits);
  nt_integer_model_close(model);
}

static void use_sections(const nt_image_t *image) {
  nt_layout_t *layout = NULL;
  nt_qmodel_t *qmodel = NULL;
  nt_error_t err = {.status = NT_OK};
  const bool placed = nt_fuzz_verdict(nt_layout_load(image, &layout, &err), &err, "image");
  if (placed)
    use_layout(layout, image);
  const bool proven = nt_fuzz_verdict(nt_qmodel_load(image, &qmodel, &err), &err, "image");
  if (proven)
    use_qmodel(qmodel);
  if (placed && proven &&
      nt_fuzz_verdict(nt_layout_check_qmodel(layout, qmodel, &err), &err, "image"))
    nt_fuzz_require(layout->vocab == qmodel->vocab && layout->hidden == qmodel->hidden &&
                        layout->layers == qmodel->layers,
                    "layout and network differ");
  nt_layout_free(layout);
  nt_qmodel_free(qmodel);
  const nt_image_section_t *tokenizer = nt_image_section(image, "tokenizer");
  if (tokenizer != NULL)
    nt_fuzz_use_tokenizer(tokenizer->data, tokenizer->size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char path[NT_FUZZ_PATH_MAX];
  nt_image_t *image = NULL;
  nt_error_t err = {.status = NT_OK};
  nt_fuzz_begin();
  uint8_t *file = malloc(size + 1);
  nt_fuzz_require(file != NULL, "no memory");
  memcpy(file, data, size);
  (void)nt_fuzz_seal(file, size, 0);
  nt_fuzz_write("run.nti", file, size);
  free(file);
  nt_fuzz_path(path, "run.nti");
  if (nt_fuzz_verdict(nt_image_load(path, &image, &err), &err, path)) {
    uint32_t crc = 0;
    nt_fuzz_require(nt_image_identify(image, &crc, &err) == NT_OK, "no memory to identify");
    use_sections(image);
  }
  nt_image_free(image);
  return 0;
}
