// SPDX-License-Identifier: Apache-2.0
#include "nt_case_text.h"

#include "nt_case_shrink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 256, TILES_MAX = 64 };

// Names of codes, from the one definition of them.
#define PARAM(name, def, min, max, doc)
#define CONST(name, value, doc)
#define FIELD(record, name, lsb, width, doc)
#define REG(name, offset, access, reset, doc)
#define CREG(name, index, access, doc)
#define ENUM(type, name, value, doc) {#type, #name, value},
static const struct {
  const char *type, *name;
  uint32_t value;
} codes[] = {
#include "nt_definitions.def"
};
#undef PARAM
#undef CONST
#undef FIELD
#undef REG
#undef CREG
#undef ENUM

static const char *code_name(const char *type, uint32_t value) {
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (strcmp(codes[i].type, type) == 0 && codes[i].value == value)
      return codes[i].name;
  return "?";
}

/// The lines of actions: a word and its numbers, in order: Tile, Core, Space, Addr, Word, Value,
/// by Message.
static const struct {
  const char *name, *fields;
} actions[NT_ACTION_KINDS] = {
    [NT_ACTION_STEP] = {"step", ""},     [NT_ACTION_BUSY] = {"busy-step", "TWV"},
    [NT_ACTION_SPIKE] = {"spike", ""},   [NT_ACTION_WRITE] = {"write", "TCSAWM"},
    [NT_ACTION_READ] = {"read", "TCSA"}, [NT_ACTION_AXON] = {"axon", "TCAVM"},
    [NT_ACTION_ROW] = {"row", "TCAWVM"}, [NT_ACTION_GROUP] = {"group", "TCAWM"},
    [NT_ACTION_CLEAR] = {"clear", ""},   [NT_ACTION_EXCHANGE] = {"exchange", ""},
    [NT_ACTION_IDLE] = {"idle", "W"},
};

// ---- writing ------------------------------------------------------------------------------------

static uint32_t field(uint32_t word, unsigned lsb, unsigned width) {
  return word >> lsb & ((1u << width) - 1);
}
#define FIELD_OF(word, name) field((word), NT_##name##_LSB, NT_##name##_W)

static void explain_instruction(FILE *file, uint32_t word) {
  (void)fprintf(file, "  # %s r%u, r%u, %s%u sat %u low 0x%03x",
                code_name("OP", FIELD_OF(word, INSTR_OP)), FIELD_OF(word, INSTR_RD),
                FIELD_OF(word, INSTR_RA), FIELD_OF(word, INSTR_BCONST) != 0 ? "constant " : "r",
                FIELD_OF(word, INSTR_RB) +
                    (FIELD_OF(word, INSTR_BCONST) != 0 ? 16 * FIELD_OF(word, INSTR_CONST_HI) : 0),
                FIELD_OF(word, INSTR_SAT), field(word, 0, 12));
}

static void explain_group(FILE *file, uint32_t addr, uint32_t word) {
  switch (addr % NT_GROUP_WORDS) {
  case 0:
    (void)fprintf(file, "  # group %u:%s%s line %u, lines %u", addr / NT_GROUP_WORDS,
                  FIELD_OF(word, GROUP0_ENABLE) != 0 ? " enable" : "",
                  FIELD_OF(word, GROUP0_ALWAYS) != 0 ? " always" : "", FIELD_OF(word, GROUP0_LINE),
                  FIELD_OF(word, GROUP0_LINES));
    break;
  case 1: (void)fprintf(file, "  # neurons %u", FIELD_OF(word, GROUP1_NEURONS)); break;
  case 2:
    (void)fprintf(file, "  # entry %u, constants from %u", FIELD_OF(word, GROUP2_ENTRY),
                  FIELD_OF(word, GROUP2_CONST_BASE));
    break;
  case 3:
    (void)fprintf(file, "  # state at word %u, %u words a beat, %u cleared",
                  FIELD_OF(word, GROUP3_STATE_BASE), FIELD_OF(word, GROUP3_STATE_WORDS),
                  FIELD_OF(word, GROUP3_CLEAR_WORDS));
    break;
  default: (void)fprintf(file, "  # port %u", addr % NT_GROUP_WORDS - 4); break;
  }
}

static void write_space(FILE *file, const nt_random_case_t *written, uint32_t tile, uint32_t core,
                        uint32_t space, const uint32_t *words) {
  const uint32_t count = nt_dev_space_words(&written->image->params, space);
  for (uint32_t addr = 0; addr < count; addr++) {
    if (words[addr] == 0)
      continue;
    (void)fprintf(file, "word %u %u %s %u 0x%08" PRIx32, tile, core, code_name("SPACE", space),
                  addr, words[addr]);
    if (space == NT_SPACE_GROUP)
      explain_group(file, addr, words[addr]);
    (void)fputc('\n', file);
  }
}

/// Runs of instructions without effect take one line.
static void write_program(FILE *file, const nt_random_case_t *written, uint32_t tile, uint32_t core,
                          const uint32_t *words) {
  const uint32_t count = written->image->params.prog_words;
  for (uint32_t addr = 0, last = 0; addr < count; addr = last + 1) {
    for (last = addr;
         words[addr] == NT_CASE_NO_OP && last + 1 < count && words[last + 1] == NT_CASE_NO_OP;)
      last++;
    if (words[addr] == NT_CASE_NO_OP) {
      (void)fprintf(file, "no-ops %u %u %u %u  # PROG, first and last\n", tile, core, addr, last);
    } else if (words[addr] != 0) {
      (void)fprintf(file, "word %u %u PROG %u 0x%08" PRIx32, tile, core, addr, words[addr]);
      explain_instruction(file, words[addr]);
      (void)fputc('\n', file);
    }
  }
}

static void write_image(FILE *file, const nt_random_case_t *written) {
  const nt_image_t *image = written->image;
  for (uint32_t tile = 0; tile < image->tiles; tile++)
    for (uint32_t number = 0; number < image->params.cores; number++) {
      const nt_image_core_t *core = nt_image_core(image, tile, number);
      if (core->axon_count != 0)
        (void)fprintf(file, "axons %u %u %u %u  # first pool word, number\n", tile, number,
                      core->axon_base, core->axon_count);
      write_space(file, written, tile, number, NT_SPACE_GROUP, core->group);
      write_program(file, written, tile, number, core->prog);
      write_space(file, written, tile, number, NT_SPACE_TABLE, core->table);
      write_space(file, written, tile, number, NT_SPACE_POOL, core->pool);
    }
}

static void write_action(FILE *file, const nt_action_t *action) {
  (void)fprintf(file, "do %s", actions[action->kind].name);
  if (action->kind == NT_ACTION_SPIKE)
    (void)fprintf(file, " %u 0x%x %u %u %" PRId32 "  # tile, cores, type, axon, payload",
                  action->spike.tile, action->spike.cores, action->spike.type, action->spike.axon,
                  action->spike.payload);
  for (const char *f = actions[action->kind].fields; *f != '\0'; f++)
    switch (*f) {
    case 'T': (void)fprintf(file, " %u", action->tile); break;
    case 'C': (void)fprintf(file, " %u", action->core); break;
    case 'S': (void)fprintf(file, " %s", code_name("SPACE", action->space)); break;
    case 'A': (void)fprintf(file, " %u", action->addr); break;
    case 'W': (void)fprintf(file, " 0x%" PRIx32, action->word); break;
    case 'V': (void)fprintf(file, " 0x%" PRIx64, action->value); break;
    default: (void)fprintf(file, " %s", action->by_message ? "message" : "backdoor"); break;
    }
  (void)fputc('\n', file);
}

nt_status_t nt_case_write(const nt_random_case_t *written, const char *heading, const char *path,
                          nt_error_t *err) {
  FILE *file = fopen(path, "w");
  if (file == NULL)
    return nt_fail(err, NT_ERR_IO, "%s: cannot write", path);
  for (const char *line = heading; *line != '\0'; line += strcspn(line, "\n"), line += *line != 0)
    (void)fprintf(file, "# %.*s\n", (int)strcspn(line, "\n"), line);
  (void)fprintf(file, "tiles %u\npauses %u\nshake %u\n", written->image->tiles, written->pauses,
                written->shake);
  write_image(file, written);
  for (uint32_t i = 0; i < written->actions; i++)
    write_action(file, &written->action[i]);
  const bool bad = ferror(file) != 0;
  return fclose(file) != 0 || bad ? nt_fail(err, NT_ERR_IO, "%s: cannot write", path) : NT_OK;
}

// ---- reading ------------------------------------------------------------------------------------

/// The next word of the line as a number up to `most`; names of spaces are numbers too.
static bool take(char **rest, uint64_t most, uint64_t *value) {
  const char *word = strtok_r(NULL, " \n", rest);
  char *end = NULL;
  if (word == NULL)
    return false;
  *value = strtoull(word, &end, 0);
  bool good = *end == '\0';
  for (uint32_t space = 0; space <= NT_SPACE_CREG && !good; space++)
    if (strcmp(word, code_name("SPACE", space)) == 0) {
      *value = space;
      good = true;
    }
  return good && *value <= most;
}

/// "message" or "backdoor".
static bool take_way(char **rest, bool *by_message) {
  const char *word = strtok_r(NULL, " \n", rest);
  *by_message = word != NULL && strcmp(word, "message") == 0;
  return word != NULL && (*by_message || strcmp(word, "backdoor") == 0);
}

static bool take_u32(char **rest, uint32_t most, uint32_t *value) {
  uint64_t wide = 0;
  const bool good = take(rest, most, &wide);
  *value = (uint32_t)wide;
  return good;
}

static uint32_t *space_of(nt_image_core_t *core, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return core->pool;
  case NT_SPACE_PROG: return core->prog;
  case NT_SPACE_TABLE: return core->table;
  case NT_SPACE_GROUP: return core->group;
  default: return NULL;
  }
}

static bool read_word(nt_image_t *image, char **rest) {
  uint32_t tile = 0, core = 0, space = 0, addr = 0, word = 0;
  if (!take_u32(rest, image->tiles - 1, &tile) || !take_u32(rest, image->params.cores - 1, &core) ||
      !take_u32(rest, NT_SPACE_GROUP, &space) ||
      !take_u32(rest, nt_dev_space_words(&image->params, space) - 1, &addr) ||
      !take_u32(rest, UINT32_MAX, &word))
    return false;
  space_of(nt_image_core(image, tile, core), space)[addr] = word;
  return true;
}

static bool read_no_ops(nt_image_t *image, char **rest) {
  uint32_t tile = 0, core = 0, first = 0, last = 0;
  if (!take_u32(rest, image->tiles - 1, &tile) || !take_u32(rest, image->params.cores - 1, &core) ||
      !take_u32(rest, image->params.prog_words - 1, &first) ||
      !take_u32(rest, image->params.prog_words - 1, &last))
    return false;
  for (uint32_t addr = first; addr <= last; addr++)
    nt_image_core(image, tile, core)->prog[addr] = NT_CASE_NO_OP;
  return true;
}

static bool read_axons(nt_image_t *image, char **rest) {
  uint32_t tile = 0, core = 0;
  if (!take_u32(rest, image->tiles - 1, &tile) || !take_u32(rest, image->params.cores - 1, &core))
    return false;
  nt_image_core_t *at = nt_image_core(image, tile, core);
  return take_u32(rest, image->params.pool_words - 1, &at->axon_base) &&
         take_u32(rest, UINT16_MAX, &at->axon_count);
}

static bool read_spike(const nt_image_t *image, char **rest, nt_spike_t *spike) {
  uint32_t tile = 0, cores = 0, type = 0, axon = 0;
  if (!take_u32(rest, image->tiles - 1, &tile) || !take_u32(rest, UINT8_MAX, &cores) ||
      !take_u32(rest, 3, &type) || !take_u32(rest, UINT16_MAX, &axon))
    return false;
  const char *payload = strtok_r(NULL, " \n", rest);
  if (payload == NULL)
    return false;
  *spike = (nt_spike_t){(uint16_t)tile, (uint8_t)cores, (uint8_t)type, (uint16_t)axon,
                        (int32_t)strtol(payload, NULL, 10)};
  return true;
}

static bool read_action(nt_random_case_t *made, char **rest) {
  nt_action_t action = {.kind = NT_ACTION_KINDS};
  const nt_image_t *image = made->image;
  const char *name = strtok_r(NULL, " \n", rest);
  for (uint32_t kind = 0; kind < NT_ACTION_KINDS && name != NULL; kind++)
    if (strcmp(name, actions[kind].name) == 0)
      action.kind = (nt_action_kind_t)kind;
  if (action.kind == NT_ACTION_KINDS)
    return false;
  bool good = action.kind != NT_ACTION_SPIKE || read_spike(image, rest, &action.spike);
  for (const char *f = actions[action.kind].fields; *f != '\0' && good; f++) {
    switch (*f) {
    case 'T': good = take_u32(rest, image->tiles - 1, &action.tile); break;
    case 'C': good = take_u32(rest, image->params.cores - 1, &action.core); break;
    case 'S': good = take_u32(rest, NT_SPACE_CREG, &action.space); break;
    case 'A': good = take_u32(rest, UINT32_MAX, &action.addr); break;
    case 'W': good = take_u32(rest, UINT32_MAX, &action.word); break;
    case 'V': good = take(rest, UINT64_MAX, &action.value); break;
    default: good = take_way(rest, &action.by_message); break;
    }
  }
  if (good)
    nt_random_case_add(made, action);
  return good;
}

static bool read_line(char *line, const nt_params_t *params, nt_random_case_t *made,
                      nt_error_t *err) {
  char *rest = NULL;
  line[strcspn(line, "#")] = '\0';
  const char *key = strtok_r(line, " \n", &rest);
  uint32_t tiles = 0;
  if (key == NULL)
    return true;
  if (strcmp(key, "tiles") == 0)
    return made->image == NULL && take_u32(&rest, TILES_MAX, &tiles) &&
           nt_image_create(params, tiles, &made->image, err) == NT_OK;
  if (strcmp(key, "pauses") == 0)
    return take_u32(&rest, 250, &made->pauses);
  if (strcmp(key, "shake") == 0)
    return take_u32(&rest, UINT32_MAX, &made->shake);
  if (made->image == NULL)
    return false;
  if (strcmp(key, "axons") == 0)
    return read_axons(made->image, &rest);
  if (strcmp(key, "no-ops") == 0)
    return read_no_ops(made->image, &rest);
  return strcmp(key, "word") == 0 ? read_word(made->image, &rest)
                                  : strcmp(key, "do") == 0 && read_action(made, &rest);
}

nt_status_t nt_case_read(const char *path, const nt_params_t *params, nt_random_case_t *made,
                         nt_error_t *err) {
  *made = (nt_random_case_t){0};
  FILE *file = fopen(path, "r");
  if (file == NULL)
    return nt_fail(err, NT_ERR_IO, "%s: cannot read", path);
  char line[LINE_BYTES];
  uint32_t number = 0;
  nt_status_t status = NT_OK;
  while (status == NT_OK && fgets(line, sizeof line, file) != NULL) {
    number++;
    if (!read_line(line, params, made, err))
      status = nt_fail(err, NT_ERR_FORMAT, "%s, line %u: not a line of a case for this shape", path,
                       number);
  }
  (void)fclose(file);
  if (status == NT_OK && made->image == NULL)
    status = nt_fail(err, NT_ERR_FORMAT, "%s: no line \"tiles N\"", path);
  return status;
}
