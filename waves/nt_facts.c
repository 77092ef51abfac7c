// SPDX-License-Identifier: Apache-2.0
#include "nt_facts.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t size = 0;
  FILE *memory = file != NULL ? open_memstream(&text, &size) : NULL;
  char part[4096];
  for (size_t got = 0; memory != NULL && (got = fread(part, 1, sizeof part, file)) > 0;) {
    (void)fwrite(part, 1, got, memory);
  }
  if (file != NULL) {
    (void)fclose(file);
  }
  return memory != NULL && fclose(memory) == 0 ? text : NULL;
}

static bool has(const cJSON *root, const char *name) {
  return cJSON_IsNumber(cJSON_GetObjectItem(root, name));
}

static int64_t number(const cJSON *root, const char *name) {
  return has(root, name) ? (int64_t)cJSON_GetObjectItem(root, name)->valuedouble : 0;
}

static const char *text_of(const cJSON *root, const char *name) {
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(root, name));
  return text != NULL ? text : "";
}

static bool read_message(const cJSON *root, const char *name, uint64_t *wire) {
  const cJSON *message = cJSON_GetObjectItem(root, name);
  if (!cJSON_IsObject(message)) {
    return false;
  }
  const nt_spike_t spike = {.tile = (uint16_t)number(message, "tile"),
                            .cores = (uint8_t)number(message, "cores"),
                            .type = (uint8_t)number(message, "type"),
                            .axon = (uint16_t)number(message, "axon"),
                            .payload = (int32_t)number(message, "payload")};
  *wire = nt_spike_pack(&spike);
  return true;
}

static bool has_hint(const cJSON *root, const char *name) {
  const cJSON *hint = NULL;
  cJSON_ArrayForEach(hint, cJSON_GetObjectItem(root, "hints")) {
    if (strcmp(text_of(hint, "name"), name) == 0) {
      return true;
    }
  }
  return false;
}

static nt_status_t read_products(const cJSON *root, nt_facts_t *f, nt_error_t *err) {
  const cJSON *list = cJSON_GetObjectItem(root, "products"), *item = NULL;
  f->has_products = cJSON_IsArray(list);
  f->product = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *f->product);
  if (f->product == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "report: out of memory");
  }
  cJSON_ArrayForEach(item, list) {
    f->product[f->products++] = (int64_t)item->valuedouble;
  }
  return NT_OK;
}

static nt_facts_kind_t kind_of(const cJSON *root) {
  const char *stage = text_of(root, "stage"), *space = text_of(root, "space");
  const bool sweep = strcmp(stage, "memory sweep") == 0;
  return stage[0] == '\0'                                  ? NT_FACTS_ENDED
         : sweep && strncmp(space, "AC", 2) == 0           ? NT_FACTS_ENDED
         : strcmp(stage, "spikes sent") == 0               ? NT_FACTS_MESSAGE
         : strcmp(stage, "spikes received") == 0           ? NT_FACTS_RECEIVED
         : strcmp(stage, "schedule") == 0                  ? NT_FACTS_SCHEDULE
         : strcmp(space, nt_space_str(NT_SPACE_CREG)) == 0 ? NT_FACTS_COUNTER
         : strcmp(space, nt_space_str(NT_SPACE_ACT)) == 0  ? NT_FACTS_ACTIVITY
         : strcmp(space, nt_space_str(NT_SPACE_ACC)) == 0  ? NT_FACTS_SUM
                                                           : NT_FACTS_WORD;
}

static nt_status_t read_root(const char *path, const cJSON *root, nt_facts_t *f, nt_error_t *err) {
  if (!has(root, "timestep") || !has(root, "tile")) {
    return nt_fail(err, NT_ERR_FORMAT, "%s: names no timestep and tile", path);
  }
  f->kind = kind_of(root);
  const bool ended = text_of(root, "stage")[0] == '\0';
  (void)snprintf(f->stage, sizeof f->stage, "%s", text_of(root, ended ? "result" : "stage"));
  (void)snprintf(f->field, sizeof f->field, "%s", text_of(root, ended ? "text" : "field"));
  const struct {
    const char *name;
    uint32_t *value;
  } numbers[] = {{"timestep", &f->timestep}, {"tile", &f->tile},
                 {"core", &f->core},         {"line", &f->line},
                 {"lane", &f->lane},         {"index", &f->index},
                 {"address", &f->address},   {"group", &f->group},
                 {"neuron", &f->neuron},     {"pc", &f->pc}};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    *numbers[i].value = (uint32_t)number(root, numbers[i].name);
  }
  f->has_neuron = has(root, "lane");
  f->has_group = has(root, "group");
  f->has_pc = has(root, "pc");
  f->expected = number(root, "expected");
  f->got = number(root, "got");
  f->has_missing = read_message(root, "missing", &f->missing);
  f->has_unexpected = read_message(root, "unexpected", &f->unexpected);
  f->doubled = has_hint(root, "doubled-spike");
  return read_products(root, f, err);
}

nt_status_t nt_facts_read(const char *path, nt_facts_t *facts, nt_error_t *err) {
  *facts = (nt_facts_t){.product = NULL};
  char *text = read_text(path);
  cJSON *root = text != NULL ? cJSON_Parse(text) : NULL;
  const nt_status_t status = text == NULL   ? nt_fail(err, NT_ERR_IO, "%s: cannot read", path)
                             : root == NULL ? nt_fail(err, NT_ERR_FORMAT, "%s: is no JSON", path)
                                            : read_root(path, root, facts, err);
  cJSON_Delete(root);
  free(text);
  return status;
}

void nt_facts_free(nt_facts_t *facts) {
  free(facts->product);
}
