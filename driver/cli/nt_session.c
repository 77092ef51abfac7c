// SPDX-License-Identifier: Apache-2.0
#include "nt_session.h"

#include "nt_clock.h"
#include "nt_explain.h"
#include "nt_golden.h"
#include "nt_meaning.h"
#include "nt_qmodel_section.h"
#include "nt_rtl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Values L1 produced for the token at hand, by observable number.
typedef struct expectation {
  int32_t *values;
  bool seen;
} expectation_t;

struct nt_session {
  nt_session_options_t options;
  const nt_image_t *image;
  nt_layout_t *layout;
  nt_qmodel_t *qmodel;
  nt_integer_model_t *integer; // L1; NULL without check
  nt_system_t *golden;         // L2; NULL without check
  nt_system_t *dut;
  nt_lockstep_t *lockstep;
  expectation_t *expected; // [layout->observables]
  uint32_t
      next_expected; // L1 produces observables nearly in the layout's order; the search starts here
  bool unplaced;     // L1 showed a tensor that the layout does not place
  int32_t *integer_logits, *values;
  nt_spike_t *spikes;
  uint64_t *cycles; // [tiles] cycles before the step
  bool tracing;
  bool reported; // the report below is that of a mismatch
  nt_mismatch_report_t report;
  nt_session_stats_t stats;
};

static nt_status_t open_golden(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                               nt_error_t *err) {
  (void)user;
  (void)tile;
  return nt_golden_open(params, dev, err);
}

static nt_status_t open_rtl(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                            nt_error_t *err) {
  (void)user;
  (void)tile;
  return nt_rtl_open(params, dev, err);
}

// ---- L1 ----

static void expect(void *user, const char *name, const int32_t *values, size_t count) {
  nt_session_t *s = user;
  for (uint32_t i = 0; i < s->layout->observables; i++) {
    const uint32_t at = (s->next_expected + i) % s->layout->observables;
    const nt_observable_t *o = &s->layout->observable[at];
    if (strcmp(o->name, name) == 0 && o->count == count) {
      memcpy(s->expected[at].values, values, count * sizeof *values);
      s->expected[at].seen = true;
      s->next_expected = at + 1;
      return;
    }
  }
  s->unplaced = true;
}

static nt_status_t open_reference(nt_session_t *s, nt_error_t *err) {
  nt_status_t status = nt_integer_model_open(s->qmodel, &s->integer, err);
  if (status != NT_OK) {
    return status;
  }
  s->expected = calloc(s->layout->observables, sizeof *s->expected);
  s->integer_logits = calloc(s->layout->vocab, sizeof *s->integer_logits);
  if (s->expected == NULL || s->integer_logits == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "session: out of memory");
  }
  for (uint32_t i = 0; i < s->layout->observables; i++) {
    s->expected[i].values = calloc(s->layout->observable[i].count, sizeof(int32_t));
    if (s->expected[i].values == NULL) {
      return nt_fail(err, NT_ERR_MEMORY, "session: out of memory");
    }
  }
  nt_integer_model_observe(s->integer, expect, s);
  return NT_OK;
}

// Value of neuron `n` of a chunk for an observable, from the golden tile.
static void read_chunk(nt_session_t *s, const nt_observable_t *o, const nt_chunk_t *chunk,
                       int32_t *values) {
  nt_dev_t *dev = nt_system_tile(s->golden, chunk->tile);
  const nt_params_t *p = &s->image->params;
  if (o->kind == NT_OBSERVABLE_STATE) {
    const uint32_t lanes = nt_params_word_lanes(p);
    const uint32_t *pool = nt_golden_pool(dev, chunk->core);
    for (uint32_t n = 0; n < chunk->count; n++) {
      const size_t word = chunk->state_base + n / lanes * chunk->state_words + o->index;
      values[n] = (int32_t)pool[word * lanes + n % lanes];
    }
    return;
  }
  const uint32_t lanes = nt_params_line_lanes(p);
  uint8_t activity[NT_LINES_MAX];
  int32_t row[NT_WORD_BITS_MAX / 2];
  dev->ops->current_activity(dev, chunk->core, activity);
  for (uint32_t n = 0; n < chunk->count; n++) {
    const uint32_t line = chunk->line + n / lanes;
    if (n % lanes == 0) {
      memset(row, 0, sizeof row);
      if ((activity[line] >> o->index & 1) != 0) {
        dev->ops->current_row(dev, chunk->core, o->index * p->lines + line, row);
      }
    }
    values[n] = row[n % lanes];
  }
}

// The report of a value of the golden tile that is not the reference's.
static void report_level(nt_session_t *s, const nt_observable_t *o, const nt_chunk_t *chunk,
                         uint32_t n, int32_t expected) {
  const nt_params_t *p = &s->image->params;
  const uint32_t lanes = nt_params_line_lanes(p), beat = nt_params_word_lanes(p);
  const bool state = o->kind == NT_OBSERVABLE_STATE;
  nt_mismatch_t m = {.timestep = nt_system_timestep(s->golden) - 1,
                     .tile = chunk->tile,
                     .core = chunk->core,
                     .stage = NT_STAGE_LEVEL,
                     .has_neuron = true,
                     .line = chunk->line + n / lanes,
                     .lane = n % lanes,
                     .index = o->index,
                     .has_word = true,
                     .expected = expected,
                     .got = s->values[n]};
  m.space = state ? NT_SPACE_POOL : NT_SPACE_ACC;
  m.address = state
                  ? (chunk->state_base + n / beat * chunk->state_words + o->index) * beat + n % beat
                  : (o->index * p->lines + m.line) * lanes + m.lane;
  (void)snprintf(m.field, sizeof m.field, "%s %u, line %u lane %u",
                 state ? "state word" : "accumulator of dendrite", m.index, m.line, m.lane);
  nt_mismatch_report_free(&s->report);
  nt_explain_level(&m, &s->report);
  nt_meaning_find(s->layout, p, s->stats.tokens, &s->report);
  s->reported = true;
}

static nt_status_t check_observable(nt_session_t *s, uint32_t index, nt_error_t *err) {
  const nt_observable_t *o = &s->layout->observable[index];
  const nt_population_t *population = &s->layout->population[o->population];
  if (!s->expected[index].seen) {
    return nt_fail(err, NT_ERR_INTERNAL, "session: the integer reference gave no %s", o->name);
  }
  for (uint32_t c = 0; c < population->chunks; c++) {
    const nt_chunk_t *chunk = &population->chunk[c];
    read_chunk(s, o, chunk, s->values);
    for (uint32_t n = 0; n < chunk->count; n++) {
      const int32_t expected = s->expected[index].values[o->broadcast ? 0 : chunk->first + n];
      if (s->values[n] != expected) {
        report_level(s, o, chunk, n, expected);
        return nt_fail(
            err, NT_ERR_MISMATCH,
            "MISMATCH at token %" PRIu64 ", timestep %u, level L1 against L2: %s channel %u "
            "(population %s, tile %u core %u neuron %u), "
            "expected %" PRId32 " (integer reference), got %" PRId32 " (golden tile)",
            s->stats.tokens, nt_system_timestep(s->golden) - 1, o->name, chunk->first + n,
            population->name, chunk->tile, chunk->core, n, expected, s->values[n]);
      }
    }
    s->stats.observables += chunk->count;
  }
  return NT_OK;
}

// The checker found a difference: works out the report, and adds to the error what a tile cannot
// know.
static nt_status_t explain(nt_session_t *s, nt_error_t *err) {
  nt_error_t inner = {NT_OK, ""};
  nt_mismatch_report_free(&s->report);
  const nt_status_t status = nt_explain(s->lockstep, &s->report, &inner);
  nt_meaning_find(s->layout, &s->image->params, s->stats.tokens, &s->report);
  nt_meaning_append(&s->report, err);
  s->reported = status == NT_OK;
  return NT_ERR_MISMATCH;
}

// ---- opening ----

nt_status_t nt_session_open(const nt_image_t *image, const nt_session_options_t *options,
                            nt_session_t **session, nt_error_t *err) {
  nt_session_t *s = calloc(1, sizeof *s);
  if (s == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "session: out of memory");
  }
  s->options = *options;
  s->image = image;
  nt_status_t status = nt_layout_load(image, &s->layout, err);
  if (status == NT_OK) {
    status = nt_qmodel_load(image, &s->qmodel, err);
  }
  if (status == NT_OK) {
    status = nt_layout_check_qmodel(s->layout, s->qmodel, err);
  }
  if (status == NT_OK && options->trace_path != NULL &&
      (options->backend != NT_BACKEND_RTL || options->open != NULL ||
       options->trace_tile >= image->tiles)) {
    status = nt_fail(err, NT_ERR_ARG,
                     "a trace needs the rtl back end and a tile from 0 to %u, found tile %u",
                     image->tiles - 1, options->trace_tile);
  }
  if (status == NT_OK && options->trace_path != NULL) {
    status = nt_rtl_trace_check(options->trace_path, err);
  }
  if (status == NT_OK) {
    const nt_dev_open_fn own = options->backend == NT_BACKEND_RTL ? open_rtl : open_golden;
    status = nt_system_open(image, options->open != NULL ? options->open : own, NULL,
                            options->max_cycles, &s->dut, err);
  }
  if (status == NT_OK && options->check) {
    status = open_reference(s, err);
    if (status == NT_OK) {
      status = nt_system_open(image, open_golden, NULL, options->max_cycles, &s->golden, err);
    }
    if (status == NT_OK) {
      status = nt_lockstep_open(image, s->golden, s->dut, &s->lockstep, err);
    }
    if (status == NT_OK) {
      nt_lockstep_set_level(s->lockstep, options->level);
    }
  }
  if (status == NT_OK) {
    s->spikes = malloc(nt_layout_token_spikes_max(s->layout) * sizeof *s->spikes);
    s->values = malloc((size_t)image->params.lines * nt_params_line_lanes(&image->params) *
                       sizeof *s->values);
    s->cycles = calloc(image->tiles, sizeof *s->cycles);
    if (s->spikes == NULL || s->values == NULL || s->cycles == NULL) {
      status = nt_fail(err, NT_ERR_MEMORY, "session: out of memory");
    }
  }
  if (status != NT_OK) {
    nt_session_close(s);
    return status;
  }
  *session = s;
  return NT_OK;
}

void nt_session_close(nt_session_t *s) {
  if (s == NULL) {
    return;
  }
  for (uint32_t i = 0; s->expected != NULL && i < s->layout->observables; i++) {
    free(s->expected[i].values);
  }
  free(s->expected);
  free(s->integer_logits);
  free(s->values);
  free(s->spikes);
  free(s->cycles);
  nt_mismatch_report_free(&s->report);
  nt_lockstep_close(s->lockstep);
  nt_system_close(s->golden);
  nt_system_close(s->dut);
  nt_integer_model_close(s->integer);
  nt_qmodel_free(s->qmodel);
  nt_layout_free(s->layout);
  free(s);
}

const nt_layout_t *nt_session_layout(const nt_session_t *s) {
  return s->layout;
}
const nt_qmodel_t *nt_session_qmodel(const nt_session_t *s) {
  return s->qmodel;
}
nt_system_t *nt_session_system(nt_session_t *s) {
  return s->dut;
}

// ---- running ----

static nt_status_t begin_trace(nt_session_t *s, nt_error_t *err) {
  if (s->options.trace_path == NULL || nt_system_timestep(s->dut) != s->options.trace_from) {
    return NT_OK;
  }
  nt_dev_t *dev = nt_system_tile(s->dut, s->options.trace_tile);
  const nt_word_t *word = &s->options.trace_word;
  if (s->options.trace_has_word) {
    nt_rtl_trace_word(dev, word->core, word->space, word->address);
  }
  s->tracing = true;
  return nt_rtl_trace_open(dev, s->options.trace_path, err);
}

// The file is complete as soon as the window is.
static void end_trace(nt_session_t *s) {
  if (s->tracing && nt_system_timestep(s->dut) == s->options.trace_from + s->options.trace_steps) {
    s->tracing = false;
    nt_rtl_trace_close(nt_system_tile(s->dut, s->options.trace_tile));
  }
}

static nt_status_t run_step(nt_session_t *s, nt_error_t *err) {
  nt_status_t status = begin_trace(s, err);
  if (status != NT_OK) {
    return status;
  }
  if (s->lockstep != NULL) {
    status = nt_lockstep_step(s->lockstep, err);
    if (status == NT_ERR_MISMATCH) {
      return explain(s, err);
    }
  } else {
    status = nt_system_step(s->dut, err);
  }
  uint64_t slowest = 0;
  for (uint32_t t = 0; t < s->image->tiles; t++) { // also tiles that only took spikes in
    const uint64_t cycles = nt_dev_cycles(nt_system_tile(s->dut, t));
    const uint64_t spent = cycles - s->cycles[t];
    s->cycles[t] = cycles;
    s->stats.tile_cycles += spent;
    slowest = spent > slowest ? spent : slowest;
  }
  s->stats.path_cycles += slowest;
  s->stats.timesteps++;
  end_trace(s);
  return status;
}

static void collect_logits(nt_session_t *s, int32_t *logits) {
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_system_host_spikes(s->dut, &spikes, &count);
  for (size_t i = 0; i < count; i++) {
    if (spikes[i].axon < s->layout->vocab) {
      logits[spikes[i].axon] = spikes[i].payload;
    }
  }
  s->stats.host_spikes += count;
}

static nt_status_t check_logits(nt_session_t *s, const int32_t *logits, nt_error_t *err) {
  for (uint32_t v = 0; v < s->layout->vocab; v++) {
    if (logits[v] != s->integer_logits[v]) {
      return nt_fail(err, NT_ERR_MISMATCH,
                     "MISMATCH at token %" PRIu64
                     ", level L1 against L3: logit %u, expected %" PRId32
                     " (integer reference), got %" PRId32 " (spike to the host)",
                     s->stats.tokens, v, s->integer_logits[v], logits[v]);
    }
  }
  s->stats.observables += s->layout->vocab;
  return NT_OK;
}

nt_status_t nt_session_token(nt_session_t *s, uint32_t token, int32_t *logits, nt_error_t *err) {
  const double start = nt_clock_now();
  size_t count = 0;
  nt_status_t status = nt_layout_token_spikes(s->layout, token, s->spikes, &count, err);
  if (status == NT_OK && s->integer != NULL) {
    for (uint32_t i = 0; i < s->layout->observables; i++) {
      s->expected[i].seen = false;
    }
    s->next_expected = 0;
    status = nt_integer_model_step(s->integer, token, s->integer_logits, err);
    if (status == NT_OK && s->unplaced) {
      status =
          nt_fail(err, NT_ERR_FORMAT, "image section layout: lacks an observable of the network");
    }
  }
  if (status == NT_OK) {
    status = s->lockstep != NULL ? nt_lockstep_inject(s->lockstep, s->spikes, count, err)
                                 : nt_system_inject(s->dut, s->spikes, count, err);
  }
  memset(logits, 0, s->layout->vocab * sizeof *logits);
  for (uint32_t step = 0; step < s->layout->steps_per_token && status == NT_OK; step++) {
    status = run_step(s, err);
    for (uint32_t i = 0; s->integer != NULL && i < s->layout->observables && status == NT_OK; i++) {
      if (s->layout->observable[i].step == step) {
        status = check_observable(s, i, err);
      }
    }
    if (status == NT_OK) {
      collect_logits(s, logits);
    }
  }
  if (status == NT_OK && s->lockstep != NULL) {
    status = check_logits(s, logits, err);
    if (status == NT_OK) {
      status = nt_lockstep_sweep(s->lockstep, err);
      status = status == NT_ERR_MISMATCH ? explain(s, err) : status;
    }
  }
  s->stats.tokens += status == NT_OK;
  s->stats.mismatches += status == NT_ERR_MISMATCH;
  const double spent = nt_clock_now() - start;
  s->stats.seconds += spent;
  if (s->stats.first_seconds == 0) {
    s->stats.first_seconds = spent;
  }
  return status;
}

nt_status_t nt_session_reset(nt_session_t *s, nt_error_t *err) {
  nt_status_t status = nt_system_clear_state(s->dut, err);
  if (status == NT_OK && s->golden != NULL) {
    status = nt_system_clear_state(s->golden, err);
    nt_integer_model_reset(s->integer);
    nt_lockstep_restart(s->lockstep);
  }
  return status;
}

// ---- state ----

nt_status_t nt_session_save(nt_session_t *s, const char *path, uint32_t next, nt_error_t *err) {
  nt_system_set_note(s->dut, next);
  return nt_system_save(s->dut, path, err);
}

nt_status_t nt_session_save_golden(nt_session_t *s, const char *path, uint32_t next,
                                   nt_error_t *err) {
  nt_system_set_note(s->golden, next);
  return nt_system_save(s->golden, path, err);
}

// L1's recurrent state is what the restored file holds in the h words of the mixers.
static void restore_reference(nt_session_t *s) {
  int32_t *h = nt_integer_model_state(s->integer);
  for (uint32_t i = 0; i < s->layout->observables; i++) {
    const nt_observable_t *o = &s->layout->observable[i];
    unsigned layer = 0;
    char tensor[sizeof o->name];
    if (sscanf(o->name, "mixer.%u.%31s", &layer, tensor) != 2 || strcmp(tensor, "h") != 0) {
      continue;
    }
    const nt_population_t *population = &s->layout->population[o->population];
    if (layer >= s->layout->layers || population->neurons != s->layout->hidden) {
      continue; // the image names a tensor that L1 does not have
    }
    for (uint32_t c = 0; c < population->chunks; c++) {
      read_chunk(s, o, &population->chunk[c], s->values);
      for (uint32_t n = 0; n < population->chunk[c].count; n++) {
        h[(size_t)layer * s->layout->hidden + population->chunk[c].first + n] = s->values[n];
      }
    }
  }
}

nt_status_t nt_session_restore(nt_session_t *s, const char *path, uint32_t *next, nt_error_t *err) {
  nt_status_t status = nt_system_restore(s->dut, path, err);
  *next = nt_system_note(s->dut);
  if (status == NT_OK && *next >= s->layout->vocab) {
    status = nt_fail(err, NT_ERR_FORMAT, "%s: the next token is %u, allowed is 0 to %u", path,
                     *next, s->layout->vocab - 1);
  }
  if (status == NT_OK && s->golden != NULL) {
    status = nt_system_restore(s->golden, path, err);
    if (status == NT_OK) {
      restore_reference(s);
      nt_lockstep_restart(s->lockstep);
    }
  }
  return status;
}

// ---- facts ----

// Multiply-accumulates from the integer reference's code counters: code vectors feed matrices with
// known rows.
static void count_macs(const nt_session_t *s, uint64_t *nonzero, uint64_t *dense) {
  size_t count = 0;
  const nt_integer_counter_t *counters = nt_integer_model_counters(s->integer, &count);
  *nonzero = *dense = 0;
  for (size_t i = 0; i < count; i++) {
    unsigned number = 0, vector = 0;
    char tail = 0;
    uint64_t rows = 0;
    const nt_qmodel_t *q = s->qmodel;
    if (sscanf(counters[i].name, "stage.%u.codes_%u%c", &number, &vector, &tail) == 2) {
      const bool shared = number / 2 < q->layers && q->layer[number / 2].mixer_norm.code_count == 1;
      rows = number == 2 * q->layers ? q->vocab
             : number % 2 == 1       ? 2 * q->intermediate
             : shared                ? 3 * q->hidden
                                     : q->hidden;
    } else if (sscanf(counters[i].name, "mixer.%u.codes_%u%c", &number, &vector, &tail) == 2 ||
               sscanf(counters[i].name, "mlp.%u.codes_%u%c", &number, &vector, &tail) == 2) {
      rows = q->hidden;
    }
    *nonzero += (counters[i].values - counters[i].zeros) * rows;
    *dense += counters[i].values * rows;
  }
}

nt_session_stats_t nt_session_stats(const nt_session_t *s) {
  nt_session_stats_t stats = s->stats;
  if (s->lockstep != NULL) {
    stats.lockstep = nt_lockstep_stats(s->lockstep);
    nt_lockstep_times(s->lockstep, &stats.golden_seconds, &stats.dut_seconds,
                      &stats.compare_seconds);
    count_macs(s, &stats.synapse_macs, &stats.dense_macs);
  }
  return stats;
}

const nt_mismatch_report_t *nt_session_report(const nt_session_t *s) {
  return s->reported ? &s->report : NULL;
}

nt_status_t nt_session_counter(nt_session_t *s, uint32_t counter, uint64_t *sum, nt_error_t *err) {
  *sum = 0;
  nt_status_t status = NT_OK;
  for (uint32_t t = 0; t < s->image->tiles; t++) {
    for (uint32_t c = 0; c < s->image->params.cores && status == NT_OK; c++) {
      uint64_t value = 0;
      status = nt_dev_counter(nt_system_tile(s->dut, t), c, counter, &value, err);
      *sum += value;
    }
  }
  return status;
}
