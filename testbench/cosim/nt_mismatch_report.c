// SPDX-License-Identifier: Apache-2.0
#include "nt_mismatch_report.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_LINES = 14 }; // of a kind, in the text

void nt_notes_add(nt_notes_t *notes, const char *format, ...) {
  if (notes->line == NULL) {
    notes->line = malloc(NT_NOTES_MAX * sizeof *notes->line);
  }
  if (notes->line == NULL || notes->count == NT_NOTES_MAX) {
    return;
  }
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(notes->line[notes->count++], NT_NOTE_TEXT, format, arguments);
  va_end(arguments);
}

void nt_mismatch_report_free(nt_mismatch_report_t *r) {
  free(r->operands.line);
  free(r->program.line);
  free(r->history.line);
  free(r->product);
}

// False for stages that know a tile only.
static bool has_core(const nt_mismatch_t *m) {
  return m->stage != NT_STAGE_RECEIVED && m->stage != NT_STAGE_SCHEDULE;
}

// ---- text ----

static void print_notes(FILE *out, const char *title, const nt_notes_t *notes) {
  for (uint32_t i = 0; i < notes->count && i < TEXT_LINES; i++) {
    (void)fprintf(out, "  %-9s %s\n", i == 0 ? title : "", notes->line[i]);
  }
  if (notes->count > TEXT_LINES) {
    (void)fprintf(out, "  %-9s and %u more\n", "", notes->count - TEXT_LINES);
  }
}

static void print_values(FILE *out, const nt_mismatch_t *m) {
  const bool level = m->stage == NT_STAGE_LEVEL;
  (void)fprintf(out, "  %-9s %" PRId64 "  0x%08" PRIx64 "  %s\n", "expected", m->expected,
                (uint64_t)m->expected & UINT32_MAX, level ? "integer reference" : "golden");
  (void)fprintf(out, "  %-9s %" PRId64 "  0x%08" PRIx64 "  %s\n", "got", m->got,
                (uint64_t)m->got & UINT32_MAX,
                level ? "golden and device under test" : "device under test");
  (void)fprintf(out, "  %-9s differs by %+" PRId64 ", xor 0x%08" PRIx64 "\n", "",
                m->got - m->expected, (uint64_t)(m->got ^ m->expected) & UINT32_MAX);
}

static void print_text(FILE *out, const nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  (void)fprintf(out, "MISMATCH at timestep %u", m->timestep);
  if (r->meaning.has_token) {
    (void)fprintf(out, " (token %" PRIu64 ", step %u in it)", r->meaning.token, r->meaning.step);
  }
  (void)fprintf(out, ", stage: %s\n", nt_stage_str(m->stage));
  (void)fprintf(out, "  %-9s tile %u", "place", m->tile);
  if (has_core(m)) {
    (void)fprintf(out, " core %u", m->core);
  }
  (void)fprintf(out, ": %s\n", m->field);
  if (r->has_group) {
    (void)fprintf(out, "  %-9s group %u neuron %u", "", r->group, r->neuron);
    if (m->has_neuron) {
      (void)fprintf(out, ", line %u lane %u", m->line, m->lane);
    }
    (void)fprintf(out, "\n");
  }
  if (r->meaning.has_tensor) {
    (void)fprintf(out, "  %-9s population %s", "stands", r->meaning.population);
    if (r->meaning.layer >= 0) {
      (void)fprintf(out, ", layer %d", r->meaning.layer);
    }
    (void)fprintf(out, ", tensor %s, channel %u\n", r->meaning.tensor, r->meaning.channel);
  }
  if (has_core(m)) {
    print_values(out, m);
  }
  if (r->formula[0] != '\0') {
    (void)fprintf(out, "  %-9s %s\n", "formula", r->formula);
  }
  print_notes(out, "operands", &r->operands);
  print_notes(out, "program", &r->program);
  for (uint32_t i = 0; i < r->hints.count; i++) {
    (void)fprintf(out, "  %-9s %s (%s): %s\n", i == 0 ? "hint" : "", r->hints.hint[i].name,
                  nt_confidence_str(r->hints.hint[i].confidence), r->hints.hint[i].text);
  }
  print_notes(out, "history", &r->history);
  (void)fprintf(out, "  %-9s %s\n", "suspect", r->suspects);
  if (r->command != NULL) {
    (void)fprintf(out, "  %-9s %s\n", "command", r->command);
  }
}

char *nt_mismatch_report_text(const nt_mismatch_report_t *r) {
  char *text = NULL;
  size_t size = 0;
  FILE *out = open_memstream(&text, &size);
  if (out == NULL) {
    return NULL;
  }
  print_text(out, r);
  return fclose(out) == 0 ? text : NULL;
}

// ---- JSON ----

static void add_notes(cJSON *root, const char *name, const nt_notes_t *notes) {
  cJSON *list = cJSON_AddArrayToObject(root, name);
  for (uint32_t i = 0; i < notes->count; i++) {
    (void)cJSON_AddItemToArray(list, cJSON_CreateString(notes->line[i]));
  }
}

static void add_numbers(cJSON *root, const nt_mismatch_report_t *r) {
  const nt_mismatch_t *m = &r->first;
  const struct {
    const char *name;
    bool known;
    double value;
  } numbers[] = {{"timestep", true, m->timestep},
                 {"token", r->meaning.has_token, (double)r->meaning.token},
                 {"step", r->meaning.has_token, r->meaning.step},
                 {"tile", true, m->tile},
                 {"core", has_core(m), m->core},
                 {"line", m->has_neuron, m->line},
                 {"lane", m->has_neuron, m->lane},
                 {"index", has_core(m) && m->stage != NT_STAGE_SPIKE, m->index},
                 {"address", m->has_word, m->address},
                 {"group", r->has_group, r->group},
                 {"neuron", r->has_group, r->neuron},
                 {"pc", r->has_pc, r->pc},
                 {"layer", r->meaning.has_tensor && r->meaning.layer >= 0, r->meaning.layer},
                 {"channel", r->meaning.has_tensor, r->meaning.channel},
                 {"expected", has_core(m), (double)m->expected},
                 {"got", has_core(m), (double)m->got}};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    if (numbers[i].known) {
      (void)cJSON_AddNumberToObject(root, numbers[i].name, numbers[i].value);
    }
  }
}

// The parts of a message by name: a JSON number cannot hold its wire form.
static void add_message(cJSON *root, const char *name, bool present, uint64_t wire) {
  if (!present) {
    return;
  }
  const nt_spike_t spike = nt_spike_unpack(wire);
  cJSON *message = cJSON_AddObjectToObject(root, name);
  (void)cJSON_AddNumberToObject(message, "tile", spike.tile);
  (void)cJSON_AddNumberToObject(message, "cores", spike.cores);
  (void)cJSON_AddNumberToObject(message, "axon", spike.axon);
  (void)cJSON_AddNumberToObject(message, "type", spike.type);
  (void)cJSON_AddNumberToObject(message, "payload", spike.payload);
}

static void add_products(cJSON *root, const nt_mismatch_report_t *r) {
  if (!r->has_products) {
    return;
  }
  cJSON *list = cJSON_AddArrayToObject(root, "products");
  for (size_t i = 0; i < r->products; i++) {
    (void)cJSON_AddItemToArray(list, cJSON_CreateNumber((double)r->product[i]));
  }
}

char *nt_mismatch_report_json(const nt_mismatch_report_t *r) {
  cJSON *root = cJSON_CreateObject();
  (void)cJSON_AddStringToObject(root, "result", "mismatch");
  (void)cJSON_AddStringToObject(root, "stage", nt_stage_str(r->first.stage));
  (void)cJSON_AddStringToObject(root, "field", r->first.field);
  add_numbers(root, r);
  if (r->first.has_word) {
    (void)cJSON_AddStringToObject(root, "space", nt_space_str(r->first.space));
  }
  add_message(root, "missing", r->first.has_missing, r->first.missing);
  add_message(root, "unexpected", r->first.has_unexpected, r->first.unexpected);
  add_products(root, r);
  if (r->meaning.has_tensor) {
    (void)cJSON_AddStringToObject(root, "population", r->meaning.population);
    (void)cJSON_AddStringToObject(root, "tensor", r->meaning.tensor);
  }
  (void)cJSON_AddStringToObject(root, "formula", r->formula);
  add_notes(root, "operands", &r->operands);
  add_notes(root, "program", &r->program);
  add_notes(root, "history", &r->history);
  cJSON *hints = cJSON_AddArrayToObject(root, "hints");
  for (uint32_t i = 0; i < r->hints.count; i++) {
    cJSON *hint = cJSON_CreateObject();
    (void)cJSON_AddStringToObject(hint, "name", r->hints.hint[i].name);
    (void)cJSON_AddStringToObject(hint, "confidence",
                                  nt_confidence_str(r->hints.hint[i].confidence));
    (void)cJSON_AddStringToObject(hint, "text", r->hints.hint[i].text);
    (void)cJSON_AddItemToArray(hints, hint);
  }
  (void)cJSON_AddStringToObject(root, "suspects", r->suspects);
  if (r->command != NULL) {
    (void)cJSON_AddStringToObject(root, "command", r->command);
  }
  char *text = cJSON_Print(root);
  cJSON_Delete(root);
  return text;
}
