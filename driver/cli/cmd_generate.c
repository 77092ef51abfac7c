// SPDX-License-Identifier: Apache-2.0
// neurotile generate: continue a prompt on the tiles. Success means that every comparison agreed
// and that there were some.
#include "nt_bundle.h"
#include "nt_commands.h"
#include "nt_failure.h"
#include "nt_json_file.h"
#include "nt_plant.h"
#include "nt_progress_line.h"
#include "nt_prompt.h"
#include "nt_sampler.h"
#include "nt_stage_meter.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TOKENS = 64, DEFAULT_TRACE_STEPS = 12 };
static const char DEFAULT_PROMPT[] = "Once upon a time";

// Derived facts of a run, printed and written to the summary.
typedef struct facts {
  const nt_stage_meter_t *meter;
  nt_session_stats_t stats;
  uint64_t synapse_cycles, neuron_cycles, synops;
  uint64_t compared; // all values compared
  double utilisation_synapse, utilisation_path;
  uint32_t tiles, cores, cores_used, lanes;
  nt_sampling_t sampling;
  size_t generated;
  bool ended; // by the end mark
} facts_t;

static uint32_t count_used_cores(const nt_layout_t *layout, const nt_image_t *image) {
  uint32_t used = 0;
  for (uint32_t i = 0; i < image->tiles * image->params.cores; i++) {
    bool any = false;
    for (uint32_t p = 0; p < layout->populations && !any; p++) {
      for (uint32_t c = 0; c < layout->population[p].chunks && !any; c++) {
        const nt_chunk_t *chunk = &layout->population[p].chunk[c];
        any = chunk->tile * image->params.cores + chunk->core == i;
      }
    }
    used += any;
  }
  return used;
}

static nt_status_t gather(nt_session_t *session, const nt_image_t *image, facts_t *f,
                          nt_error_t *err) {
  f->stats = nt_session_stats(session);
  f->tiles = image->tiles;
  f->cores = image->params.cores;
  f->lanes = nt_params_line_lanes(&image->params);
  f->cores_used = count_used_cores(nt_session_layout(session), image);
  const nt_lockstep_stats_t *l = &f->stats.lockstep;
  f->compared = l->spikes + l->received + l->state_words + l->accumulators + l->counters +
                l->swept_words + f->stats.observables;
  nt_status_t status = nt_system_check(nt_session_system(session), err);
  if (status == NT_OK) {
    status = nt_session_counter(session, NT_COUNTER_CYC_SYNAPSE, &f->synapse_cycles, err);
  }
  if (status == NT_OK) {
    status = nt_session_counter(session, NT_COUNTER_CYC_NEURON, &f->neuron_cycles, err);
  }
  if (status == NT_OK) {
    status = nt_session_counter(session, NT_COUNTER_SYNOPS, &f->synops, err);
  }
  if (f->synapse_cycles > 0) {
    f->utilisation_synapse = (double)f->stats.synapse_macs / ((double)f->synapse_cycles * f->lanes);
  }
  if (f->stats.tile_cycles > 0) {
    f->utilisation_path =
        (double)f->stats.synapse_macs / ((double)f->stats.tile_cycles * f->cores * f->lanes);
  }
  return status;
}

static nt_check_level_t level_of(const nt_options_t *options) {
  return strcmp(options->level, "outputs") == 0  ? NT_LEVEL_OUTPUTS
         : strcmp(options->level, "stages") == 0 ? NT_LEVEL_STAGES
                                                 : NT_LEVEL_STATE;
}

// A run has passed only if every kind of comparison of the level took place.
static bool compared_everything(const nt_session_stats_t *s, nt_check_level_t level) {
  const nt_lockstep_stats_t *l = &s->lockstep;
  return l->spikes > 0 && l->counters > 0 && s->observables > 0 &&
         (level < NT_LEVEL_STATE ||
          (l->state_words > 0 && l->accumulators > 0 && l->swept_words > 0)) &&
         (level < NT_LEVEL_STAGES || l->received > 0);
}

static void print_facts(const facts_t *f, bool check) {
  const nt_session_stats_t *s = &f->stats;
  const double tokens = s->tokens > 0 ? (double)s->tokens : 1,
               seconds = s->seconds > 0 ? s->seconds : 1e-9;
  (void)printf("tokens               %" PRIu64 " (%zu generated%s), %" PRIu64 " timesteps\n",
               s->tokens, f->generated, f->ended ? ", then the end mark" : "", s->timesteps);
  if (f->sampling.temperature > 0) {
    (void)printf("sampling             temperature %g, top-k %" PRIu32 "%s, top-p %g, seed %" PRIu64
                 "\n",
                 f->sampling.temperature, f->sampling.top_k, f->sampling.top_k == 0 ? " (off)" : "",
                 f->sampling.top_p, f->sampling.seed);
  } else {
    (void)printf("sampling             greedy\n");
  }
  (void)printf("tiles, cores used    %u, %u\n", f->tiles, f->cores_used);
  if (check) {
    const nt_lockstep_stats_t *l = &s->lockstep;
    (void)printf("spikes compared      %" PRIu64 "\n", l->spikes);
    (void)printf("state compared       %" PRIu64 " words, %" PRIu64 " accumulators, %" PRIu64
                 " counters, %" PRIu64 " words swept\n",
                 l->state_words, l->accumulators, l->counters, l->swept_words);
    (void)printf("integer reference    %" PRIu64 " values of named tensors compared\n",
                 s->observables);
    (void)printf("mismatches           %" PRIu64 "\n", s->mismatches);
    (void)printf("ternary MACs         %" PRIu64 " (%.1f %% of %" PRIu64
                 " skipped: zero codes send no spike)\n",
                 s->synapse_macs,
                 s->dense_macs > 0
                     ? 100.0 * (double)(s->dense_macs - s->synapse_macs) / (double)s->dense_macs
                     : 0.0,
                 s->dense_macs);
  } else {
    (void)printf("synaptic operations  %" PRIu64 "\n", f->synops);
  }
  if (s->tile_cycles > 0) {
    (void)printf("cycles per token     %.0f (slowest tile of every timestep, summed)\n",
                 (double)s->path_cycles / tokens);
    if (check) {
      (void)printf("utilisation          %.3f in synapse cycles = MACs / (CYC_SYNAPSE x %u lanes); "
                   "%.4f of all cycles clocked x %u cores\n",
                   f->utilisation_synapse, f->lanes, f->utilisation_path, f->cores);
    }
    (void)printf("simulated            %.3g cycles/s of a tile", (double)s->tile_cycles / seconds);
    if (check) {
      (void)printf(", %.3g checked MACs/s", (double)s->synapse_macs / seconds);
    }
    (void)printf("\n");
  }
  (void)printf("wall time            %.2f s\n", s->seconds);
}

static nt_status_t write_summary(const char *path, const facts_t *f, const char *prompt,
                                 const char *text, bool check, nt_error_t *err) {
  const nt_session_stats_t *s = &f->stats;
  cJSON *root = cJSON_CreateObject();
  const struct {
    const char *name;
    double value;
  } numbers[] = {
      {"tokens", (double)s->tokens},
      {"generated", (double)f->generated},
      {"timesteps", (double)s->timesteps},
      {"tiles", f->tiles},
      {"cores_used", f->cores_used},
      {"spikes_compared", (double)s->lockstep.spikes},
      {"state_words_compared", (double)s->lockstep.state_words},
      {"accumulators_compared", (double)s->lockstep.accumulators},
      {"counters_compared", (double)s->lockstep.counters},
      {"words_swept", (double)s->lockstep.swept_words},
      {"observables_compared", (double)s->observables},
      {"values_compared", (double)f->compared},
      {"mismatches", (double)s->mismatches},
      {"ternary_macs", (double)s->synapse_macs},
      {"ternary_macs_dense", (double)s->dense_macs},
      {"synaptic_operations", (double)f->synops},
      {"cycles_per_token", s->tokens > 0 ? (double)s->path_cycles / (double)s->tokens : 0},
      {"tile_cycles", (double)s->tile_cycles},
      {"synapse_cycles", (double)f->synapse_cycles},
      {"neuron_cycles", (double)f->neuron_cycles},
      {"utilisation_synapse_cycles", f->utilisation_synapse},
      {"utilisation_all_cycles", f->utilisation_path},
      {"cycles_per_second", s->seconds > 0 ? (double)s->tile_cycles / s->seconds : 0},
      {"checked_macs_per_second", s->seconds > 0 ? (double)s->synapse_macs / s->seconds : 0},
      {"wall_seconds", s->seconds},
      {"first_token_seconds", s->first_seconds},
      {"golden_seconds", s->golden_seconds},
      {"dut_seconds", s->dut_seconds},
      {"compare_seconds", s->compare_seconds}};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    (void)cJSON_AddNumberToObject(root, numbers[i].name, numbers[i].value);
  }
  nt_stage_meter_report(f->meter, root);
  (void)cJSON_AddBoolToObject(root, "checked", check);
  cJSON *sampling = cJSON_AddObjectToObject(root, "sampling");
  (void)cJSON_AddNumberToObject(sampling, "temperature", f->sampling.temperature);
  (void)cJSON_AddNumberToObject(sampling, "top_k", f->sampling.top_k);
  (void)cJSON_AddNumberToObject(sampling, "top_p", f->sampling.top_p);
  (void)cJSON_AddNumberToObject(sampling, "seed", (double)f->sampling.seed);
  (void)cJSON_AddStringToObject(root, "ended_by", f->ended ? "end mark" : "tokens");
  (void)cJSON_AddStringToObject(root, "prompt", prompt);
  (void)cJSON_AddStringToObject(root, "text", text);
  return nt_json_file_write(path, root, err);
}

// The text being made: everything printed, for the summary.
typedef struct writing {
  char *text;
  size_t length, capacity;
  nt_detokenizer_t stream;
  nt_progress_line_t progress;
} writing_t;

static nt_status_t reserve(writing_t *w, size_t room, nt_error_t *err) {
  if (w->length + room + 1 > w->capacity) {
    const size_t capacity = 2 * (w->length + room) + 256;
    char *grown = realloc(w->text, capacity);
    if (grown == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "generate: out of memory");
    }
    w->text = grown;
    w->capacity = capacity;
  }
  return NT_OK;
}

// Shows the `length` bytes behind the text, without zero bytes, and makes them part of it.
static void show(writing_t *w, size_t length) {
  char *from = w->text + w->length;
  size_t kept = 0;
  for (size_t i = 0; i < length; i++) {
    if (from[i] != '\0') {
      from[kept++] = from[i];
    }
  }
  from[kept] = '\0';
  nt_progress_text(&w->progress, from);
  w->length += kept;
}

static nt_status_t write_token(writing_t *w, const nt_tokenizer_t *tokenizer, uint32_t token,
                               nt_error_t *err) {
  const size_t room = nt_tokenizer_text_max(tokenizer);
  size_t length = 0;
  nt_status_t status = reserve(w, room, err);
  if (status == NT_OK) {
    status =
        nt_tokenizer_decode(tokenizer, &w->stream, token, w->text + w->length, room, &length, err);
  }
  if (status == NT_OK) {
    show(w, length);
  }
  return status;
}

// The end of the text, also of one that broke off.
static nt_status_t write_end(writing_t *w, nt_error_t *err) {
  const nt_status_t status = reserve(w, 4, err);
  if (status == NT_OK) {
    show(w, nt_detokenizer_finish(&w->stream, w->text + w->length));
  }
  nt_progress_clear(&w->progress);
  (void)printf("\n");
  return status;
}

typedef struct job {
  nt_session_t *session;
  nt_tokenizer_t *tokenizer;
  nt_sampler_t *sampler;
  char *prompt_file; // its text, if there is one
  uint32_t *prompt;
  size_t prompt_count;
  uint32_t next; // token to be written next
  int32_t *logits;
  writing_t writing;
} job_t;

// Number in its text of the token that runs next; every token takes the same number of timesteps.
static uint64_t token_number(const job_t *job) {
  return nt_system_timestep(nt_session_system(job->session)) /
         nt_session_layout(job->session)->steps_per_token;
}

// The state before a token that may fail.
static nt_status_t keep_state(const job_t *job, const nt_options_t *options, uint32_t token,
                              nt_error_t *err) {
  if (options->failure == NULL) {
    return NT_OK;
  }
  char path[4096];
  (void)snprintf(path, sizeof path, "%s/before.nts", options->failure);
  return nt_session_save_golden(job->session, path, token, err);
}

// The last generated token is written but need not run, unless the state behind it is to be saved.
// An end mark is neither written nor run: it stays the next token.
static nt_status_t run(job_t *job, const nt_options_t *options, size_t wanted, facts_t *facts,
                       nt_error_t *err) {
  const size_t total = job->prompt_count + wanted;
  const uint32_t eos = nt_session_layout(job->session)->eos;
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < total && status == NT_OK; i++) {
    const bool prompt = i < job->prompt_count;
    const uint32_t token = prompt ? job->prompt[i] : job->next;
    if (!prompt && token == eos && !options->ignore_eos) {
      facts->ended = true;
      break;
    }
    status = write_token(&job->writing, job->tokenizer, token, err);
    if (status == NT_OK && (prompt || i + 1 < total || options->state_out != NULL)) {
      status = keep_state(job, options, token, err);
      if (status == NT_OK) {
        status = nt_session_token(job->session, token, job->logits, err);
      }
      if (status == NT_OK && i + 1 >= job->prompt_count) {
        job->next = nt_sampler_next(job->sampler, job->logits, token_number(job));
      }
    }
    facts->generated += status == NT_OK && !prompt;
    nt_progress_note(&job->writing.progress, prompt ? "prompt" : "token", i + 1, total);
  }
  nt_error_t end_err;
  const nt_status_t end = write_end(&job->writing, &end_err);
  if (status == NT_OK && end != NT_OK) {
    status = nt_fail(err, end, "%s", end_err.text);
  }
  return status;
}

static const char *prompt_option(const nt_options_t *options) {
  return options->prompt_file != NULL ? "--prompt-file" : "--prompt";
}

// A continued text has no prompt of its own unless one is given.
static const char *prompt_of(const job_t *job, const nt_options_t *options) {
  return job->prompt_file != NULL    ? job->prompt_file
         : options->prompt != NULL   ? options->prompt
         : options->state_in != NULL ? ""
                                     : DEFAULT_PROMPT;
}

// What is wrong with the settings or the prompt is found before the model is touched.
static nt_status_t read_settings(job_t *job, const nt_options_t *options, facts_t *facts,
                                 nt_error_t *err) {
  facts->sampling = (nt_sampling_t){
      .temperature = options->temperature == NT_TEMPERATURE_UNSAID ? 0 : options->temperature,
      .top_k = (uint32_t)options->top_k,
      .top_p = options->top_p,
      .seed = options->seed};
  nt_status_t status = nt_sampling_check(&facts->sampling, err);
  if (status == NT_OK && options->prompt_file != NULL) {
    size_t length = 0;
    nt_error_t inner;
    status = nt_prompt_read(options->prompt_file, &job->prompt_file, &length, &inner);
    if (status != NT_OK) {
      status = nt_fail(err, status, "option --prompt-file: %.480s", inner.text);
    }
  }
  if (status == NT_OK && options->state_in == NULL && prompt_of(job, options)[0] == '\0') {
    status =
        nt_fail(err, NT_ERR_ARG, "option %s: the text is empty, allowed is at least one character",
                prompt_option(options));
  }
  return status;
}

// A text begins with the begin mark, if the model has one; a continued text has begun before.
static nt_status_t encode_prompt(job_t *job, const nt_image_t *image, const nt_options_t *options,
                                 nt_error_t *err) {
  nt_layout_t *layout = NULL;
  nt_status_t status = nt_layout_load(image, &layout, err);
  if (status != NT_OK) {
    return status;
  }
  const bool mark = options->state_in == NULL && layout->bos != UINT32_MAX;
  nt_layout_free(layout);
  const char *prompt = prompt_of(job, options);
  nt_error_t inner;
  status = nt_tokenizer_encode(job->tokenizer, prompt, strlen(prompt), mark, &job->prompt,
                               &job->prompt_count, &inner);
  return status == NT_OK
             ? NT_OK
             : nt_fail(err, status, "option %s: %.480s", prompt_option(options), inner.text);
}

static nt_status_t open_job(job_t *job, const nt_image_t *image, const nt_options_t *options,
                            const nt_sampling_t *sampling, nt_error_t *err) {
  nt_word_t word = {.core = 0};
  const char *text = options->trace_word;
  if (text != NULL && nt_word_parse(&image->params, text, &word) != strlen(text)) {
    return nt_fail(err, NT_ERR_ARG,
                   "option --trace-word: found \"%s\", allowed is CORE:SPACE:ADDRESS with cores 0 "
                   "to %u, spaces POOL, PROG, TABLE, GROUP and ACC and their addresses",
                   text, image->params.cores - 1);
  }
  const nt_session_options_t session_options = {
      .backend = strcmp(options->backend, "rtl") == 0 ? NT_BACKEND_RTL : NT_BACKEND_GOLDEN,
      .check = options->check,
      .level = level_of(options),
      .max_cycles = options->max_cycles,
      .trace_path = options->trace,
      .trace_tile = (uint32_t)options->trace_tile,
      .trace_from = (uint32_t)options->trace_from,
      .trace_steps =
          options->trace_steps != 0 ? (uint32_t)options->trace_steps : DEFAULT_TRACE_STEPS,
      .trace_has_word = text != NULL,
      .trace_word = word};
  nt_status_t status = nt_bundle_tokenizer(image, &job->tokenizer, err);
  if (status == NT_OK) {
    status = encode_prompt(job, image, options, err);
  }
  if (status == NT_OK) {
    status = nt_session_open(image, &session_options, &job->session, err);
  }
  if (status == NT_OK) {
    const nt_layout_t *layout = nt_session_layout(job->session);
    status = nt_sampler_open(sampling, layout->vocab, layout->logit_scale, &job->sampler, err);
  }
  if (status == NT_OK && options->state_in != NULL) {
    status = nt_session_restore(job->session, options->state_in, &job->next, err);
  }
  if (status == NT_OK && options->plant != NULL) {
    status = nt_plant(nt_session_system(job->session), &image->params, options->plant, err);
  }
  if (status == NT_OK &&
      (job->logits = calloc(nt_session_layout(job->session)->vocab, sizeof *job->logits)) == NULL) {
    status = nt_fail(err, NT_ERR_MEMORY, "generate: out of memory");
  }
  return status;
}

static void close_job(job_t *job) {
  nt_session_close(job->session);
  nt_tokenizer_close(job->tokenizer);
  nt_sampler_close(job->sampler);
  free(job->prompt_file);
  free(job->prompt);
  free(job->logits);
  free(job->writing.text);
}

// What a failed run leaves: the report on the terminal, and the folder.
static void leave_failure(const job_t *job, nt_image_t *image, const nt_options_t *options,
                          const nt_error_t *failed) {
  char *command = nt_command_line(options->argc, options->argv);
  nt_mismatch_report_t report;
  const nt_mismatch_report_t *found = job->session != NULL ? nt_session_report(job->session) : NULL;
  if (found != NULL) {
    report = *found;
    report.command = command;
    char *text = nt_mismatch_report_text(&report);
    (void)fprintf(stderr, "%s", text != NULL ? text : "");
    free(text);
    found = &report;
  }
  nt_error_t err = {NT_OK, ""};
  nt_status_t status = NT_OK;
  if (options->failure != NULL) {
    nt_failure_place_t place = {.known = false};
    if (found == NULL && job->session != NULL) {
      nt_system_t *system = nt_session_system(job->session);
      const uint32_t steps = nt_session_layout(job->session)->steps_per_token;
      place.timestep = nt_system_timestep(system);
      place.token = place.timestep / steps;
      place.step = place.timestep % steps;
      place.known = nt_system_failed(system, &place.tile);
    }
    status = nt_failure_write(options->failure, found, failed, &place, command, &err);
    if (status == NT_OK && image != NULL) {
      char path[4096];
      (void)snprintf(path, sizeof path, "%s/image.nti", options->failure);
      status = nt_image_save(image, path, &err);
    }
    if (status == NT_OK) {
      (void)fprintf(stderr, "  saved     %s: make replay FAIL=%s\n", options->failure,
                    options->failure);
    } else {
      (void)fprintf(stderr, "%s\n", err.text);
    }
  }
  free(command);
}

nt_status_t nt_command_generate(const nt_options_t *options, nt_error_t *err) {
  const size_t wanted = options->tokens == UINT64_MAX ? DEFAULT_TOKENS : (size_t)options->tokens;
  nt_image_t *image = NULL;
  job_t job = {.session = NULL};
  nt_stage_meter_t meter;
  nt_stage_meter_start(&meter, false);
  facts_t facts = {.meter = &meter};
  nt_status_t status = read_settings(&job, options, &facts, err);
  if (status == NT_OK && options->failure != NULL) {
    status = nt_failure_prepare(options->failure, err);
  }
  if (status == NT_OK) {
    nt_stage_meter_begin(&meter, "load image");
    status = nt_bundle_open(options, &image, err);
  }
  if (status == NT_OK) {
    nt_stage_meter_begin(&meter, "open tiles");
    status = open_job(&job, image, options, &facts.sampling, err);
  }
  if (status == NT_OK) {
    nt_stage_meter_begin(&meter, "tokens");
    nt_progress_start(&job.writing.progress);
    job.writing.stream.started =
        options->state_in != NULL; // the space before a continued text's first word belongs to it
    status = run(&job, options, wanted, &facts, err);
  }
  nt_stage_meter_end(&meter);
  if (status == NT_ERR_MISMATCH && options->summary != NULL) {
    nt_error_t ignored; // the mismatch is what the caller hears of
    if (gather(job.session, image, &facts, &ignored) == NT_OK) {
      (void)write_summary(options->summary, &facts, prompt_of(&job, options), job.writing.text,
                          true, &ignored);
    }
  }
  if (status == NT_OK) {
    status = gather(job.session, image, &facts, err);
  }
  if (status == NT_OK && options->check && !compared_everything(&facts.stats, level_of(options))) {
    status =
        nt_fail(err, NT_ERR_INTERNAL,
                "spikes, state, accumulators, counters or named tensors: nothing was compared");
  }
  if (status == NT_OK && options->state_out != NULL) {
    status = nt_session_save(job.session, options->state_out, job.next, err);
  }
  if (status == NT_OK && options->summary != NULL) {
    status = write_summary(options->summary, &facts, prompt_of(&job, options),
                           job.writing.text != NULL ? job.writing.text : "", options->check, err);
  }
  if (status == NT_OK && !options->quiet) {
    (void)printf("\n");
    print_facts(&facts, options->check);
    if (options->check) {
      (void)printf("PASS: %" PRIu64 " values compared, all agree\n", facts.compared);
    }
    if (options->trace != NULL) {
      (void)printf("waves of tile %" PRIu64 ": gtkwave %s (with a layout: make waves)\n",
                   options->trace_tile, options->trace);
    }
  }
  if (status == NT_ERR_MISMATCH || status == NT_ERR_RTL_ASSERT || status == NT_ERR_TIMEOUT) {
    leave_failure(&job, image, options, err);
  }
  close_job(&job);
  nt_image_free(image);
  return status;
}
