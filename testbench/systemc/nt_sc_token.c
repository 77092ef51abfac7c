// SPDX-License-Identifier: Apache-2.0
// nt_sc_token: a language model on the SystemC platform, every timestep checked, and its text
// compared with that of the plain verilated tiles.
//
//     nt_sc_token IMAGE [PROMPT [TOKENS]]
#include "nt_bundle.h"
#include "nt_sc.h"
#include "nt_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_CYCLES = 20000000, TOKENS_MAX = 4096, USAGE_STATUS = NT_ERR_ARG };

/// A run of one back end: the tokens it chose, and their logits' sums as witnesses.
typedef struct run {
  const char *name;
  nt_session_options_t options;
  uint32_t *token; ///< [wanted]
  int32_t *logits; ///< [wanted][vocab]
  nt_session_stats_t stats;
} run_t;

static nt_image_t *load(const char *path) {
  nt_error_t err;
  nt_image_t *image = NULL;
  if (nt_image_load(path, &image, &err) != NT_OK)
    (void)fprintf(stderr, "nt_sc_token: %s\n", err.text);
  return image;
}

uint32_t nt_sc_tiles(int argc, char **argv) {
  if (argc < 2 || argc > 4) {
    (void)fprintf(stderr, "usage: nt_sc_token IMAGE [PROMPT [TOKENS]]\n");
    return 0;
  }
  nt_image_t *image = load(argv[1]);
  const uint32_t tiles = image != NULL ? image->tiles : 0;
  nt_image_free(image);
  return tiles;
}

static nt_status_t generate(const nt_image_t *image, const uint32_t *prompt, size_t prompt_count,
                            size_t wanted, run_t *run, nt_error_t *err) {
  nt_session_t *session = NULL;
  nt_status_t status = nt_session_open(image, &run->options, &session, err);
  if (status != NT_OK)
    return status;
  const uint32_t vocab = nt_session_layout(session)->vocab;
  run->token = calloc(wanted, sizeof *run->token);
  run->logits = calloc(wanted * vocab, sizeof *run->logits);
  int32_t *ignored = calloc(vocab, sizeof *ignored);
  if (run->token == NULL || run->logits == NULL || ignored == NULL)
    status = nt_fail(err, NT_ERR_MEMORY, "no memory for %zu tokens", wanted);
  for (size_t i = 0; i + 1 < prompt_count && status == NT_OK; i++)
    status = nt_session_token(session, prompt[i], ignored, err);
#ifdef NT_SC_EXTRA_SPIKE // for the test that the comparison finds a difference
  const nt_spike_t extra = {.cores = 1, .type = NT_SPIKE_TYPE_GRADED24, .payload = 100};
  if (run->options.open == NULL && status == NT_OK)
    status = nt_system_inject(nt_session_system(session), &extra, 1, err);
#endif
  uint32_t next = prompt[prompt_count - 1];
  for (size_t i = 0; i < wanted && status == NT_OK; i++) {
    int32_t *logits = run->logits + i * vocab;
    status = nt_session_token(session, next, logits, err);
    next = nt_integer_model_greedy(logits, vocab);
    run->token[i] = next;
  }
  if (status == NT_OK)
    status = nt_system_check(nt_session_system(session), err);
  run->stats = nt_session_stats(session);
  free(ignored);
  nt_session_close(session);
  return status;
}

static nt_status_t print_text(const nt_tokenizer_t *tokenizer, const char *prompt, const run_t *run,
                              size_t wanted, nt_error_t *err) {
  const size_t room = nt_tokenizer_text_max(tokenizer);
  char *piece = malloc(room + 1);
  nt_detokenizer_t stream = {.started = true};
  nt_status_t status = piece != NULL ? NT_OK : nt_fail(err, NT_ERR_MEMORY, "no memory for text");
  (void)printf("%s", prompt);
  for (size_t i = 0; i < wanted && status == NT_OK; i++) {
    size_t length = 0;
    status = nt_tokenizer_decode(tokenizer, &stream, run->token[i], piece, room, &length, err);
    (void)printf("%.*s", (int)(status == NT_OK ? length : 0), piece);
  }
  (void)printf("\n\n");
  free(piece);
  return status;
}

static nt_status_t compare(const run_t *systemc, const run_t *rtl, size_t wanted, uint32_t vocab,
                           nt_error_t *err) {
  const nt_session_stats_t *s = &systemc->stats;
  const nt_lockstep_stats_t *l = &s->lockstep;
  for (size_t i = 0; i < wanted; i++) {
    if (systemc->token[i] != rtl->token[i] ||
        memcmp(systemc->logits + i * vocab, rtl->logits + i * vocab, vocab * sizeof *rtl->logits) !=
            0)
      return nt_fail(err, NT_ERR_MISMATCH,
                     "MISMATCH at token %zu: %s chose %" PRIu32 ", %s chose %" PRIu32
                     ", or their logits differ",
                     i, rtl->name, rtl->token[i], systemc->name, systemc->token[i]);
  }
  if (l->spikes == 0 || l->state_words == 0 || l->accumulators == 0 || l->counters == 0 ||
      s->observables == 0)
    return nt_fail(err, NT_ERR_INTERNAL, "nothing was compared");
  (void)printf("tokens               %" PRIu64 ", %" PRIu64 " timesteps on the SystemC platform\n",
               s->tokens, s->timesteps);
  (void)printf("spikes compared      %" PRIu64 "\n", l->spikes);
  (void)printf("state compared       %" PRIu64 " words, %" PRIu64 " accumulators, %" PRIu64
               " counters, %" PRIu64 " words swept\n",
               l->state_words, l->accumulators, l->counters, l->swept_words);
  (void)printf("integer reference    %" PRIu64 " values of named tensors compared\n",
               s->observables);
  (void)printf("plain RTL back end   %zu tokens and %zu logits equal\n", wanted, wanted * vocab);
  (void)printf("cycles per token     %.0f with the bus, %.0f without\n",
               (double)s->path_cycles / (double)s->tokens,
               (double)rtl->stats.path_cycles / (double)rtl->stats.tokens);
  (void)printf("simulated            %.6f s at 100 MHz, %" PRIu64 " transactions\n",
               nt_sc_seconds(), nt_sc_transactions());
  (void)printf("wall time            %.2f s, plain RTL back end without checks %.2f s\n",
               s->seconds, rtl->stats.seconds);
  (void)printf("PASS: %" PRIu64 " values compared, all agree\n",
               l->spikes + l->state_words + l->accumulators + l->counters + l->swept_words +
                   s->observables + wanted * vocab);
  return NT_OK;
}

static nt_status_t run_both(const char *path, const char *prompt, size_t wanted, nt_error_t *err) {
  run_t systemc = {.name = "systemc",
                   .options = {.open = nt_sc_open, .check = true, .max_cycles = MAX_CYCLES}};
  run_t rtl = {.name = "rtl", .options = {.backend = NT_BACKEND_RTL, .max_cycles = MAX_CYCLES}};
  nt_image_t *image = NULL;
  nt_tokenizer_t *tokenizer = NULL;
  uint32_t *tokens = NULL;
  size_t count = 0;
  nt_status_t status = nt_sc_image_place(path, err);
  if (status == NT_OK)
    status = nt_sc_image_fetch(&image, err);
  if (status == NT_OK)
    status = nt_bundle_tokenizer(image, &tokenizer, err);
  if (status == NT_OK)
    status = nt_tokenizer_encode(tokenizer, prompt, strlen(prompt), true, &tokens, &count, err);
  if (status == NT_OK)
    status = generate(image, tokens, count, wanted, &rtl, err);
  if (status == NT_OK)
    status = generate(image, tokens, count, wanted, &systemc, err);
  if (status == NT_OK)
    status = print_text(tokenizer, prompt, &systemc, wanted, err);
  if (status == NT_OK) {
    nt_layout_t *layout = NULL;
    status = nt_layout_load(image, &layout, err);
    if (status == NT_OK)
      status = compare(&systemc, &rtl, wanted, layout->vocab, err);
    nt_layout_free(layout);
  }
  const run_t *runs[] = {&systemc, &rtl};
  for (size_t i = 0; i < 2; i++) {
    free(runs[i]->token);
    free(runs[i]->logits);
  }
  free(tokens);
  nt_tokenizer_close(tokenizer);
  nt_image_free(image);
  return status;
}

int nt_sc_program(int argc, char **argv) {
  const char *prompt = argc > 2 ? argv[2] : "Once upon a time";
  char *end = NULL;
  const unsigned long wanted = argc > 3 ? strtoul(argv[3], &end, 10) : 4;
  if ((end != NULL && *end != '\0') || wanted < 1 || wanted > TOKENS_MAX || prompt[0] == '\0') {
    (void)fprintf(stderr, "nt_sc_token: the prompt must not be empty, TOKENS must be 1 to %d\n",
                  TOKENS_MAX);
    return USAGE_STATUS;
  }
  nt_error_t err = {0};
  const nt_status_t status = run_both(argv[1], prompt, wanted, &err);
  if (status != NT_OK)
    (void)fprintf(stderr, "nt_sc_token: %s\n", err.text);
  return (int)status;
}
