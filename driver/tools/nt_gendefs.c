// SPDX-License-Identifier: Apache-2.0
// nt_gendefs: writes everything generated from docs/spec/nt_definitions.def.
//
// usage: nt_gendefs DEFINITIONS OUTPUT_ROOT
// Writes OUTPUT_ROOT/{rtl/include/nt_defs.vh, driver/include/nt_defs.h, docs/spec/tables.md,
// waves/filters/*.txt}.
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum kind { KIND_PARAM, KIND_CONST, KIND_ENUM, KIND_FIELD, KIND_REG, KIND_CREG } kind_t;

typedef struct definition {
  kind_t kind;
  const char *record; // enum type or record name
  const char *name;
  uint32_t a, b,
      c; // PARAM default,min,max; CONST/ENUM value; FIELD lsb,width; REG offset; CREG index
  const char *text; // access (REG, CREG)
  const char *reset;
  const char *doc;
} definition_t;

static const definition_t definitions[] = {
#define PARAM(name, def, min, max, doc) {KIND_PARAM, "", #name, def, min, max, "", "", doc},
#define CONST(name, value, doc) {KIND_CONST, "", #name, value, 0, 0, "", "", doc},
#define ENUM(type, name, value, doc) {KIND_ENUM, #type, #name, value, 0, 0, "", "", doc},
#define FIELD(record, name, lsb, width, doc)                                                       \
  {KIND_FIELD, #record, #name, lsb, width, 0, "", "", doc},
#define REG(name, offset, access, reset, doc)                                                      \
  {KIND_REG, "", #name, offset, 0, 0, #access, #reset, doc},
#define CREG(name, index, access, doc) {KIND_CREG, "", #name, index, 0, 0, #access, "", doc},
#include "nt_definitions.def"
#undef PARAM
#undef CONST
#undef ENUM
#undef FIELD
#undef REG
#undef CREG
};
enum { DEFINITION_COUNT = sizeof definitions / sizeof definitions[0] };

#define VERILOG_NOTICE                                                                             \
  "// Generated from docs/spec/nt_definitions.def by nt_gendefs; do not edit.\n"

static void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)fprintf(stderr, "nt_gendefs: ");
  (void)vfprintf(stderr, format, args);
  (void)fputc('\n', stderr);
  va_end(args);
  exit(1);
}

static FILE *open_output(const char *root, const char *path) {
  char full[1024];
  (void)snprintf(full, sizeof full, "%s/%s", root, path);
  FILE *file = fopen(full, "w");
  if (file == NULL) {
    die("%s: cannot write", full);
  }
  return file;
}

static void close_output(FILE *file) {
  if (fclose(file) != 0) {
    die("write failed");
  }
}

// FNV-1a over the definition file: any change of the contract changes the VERSION register.
static uint32_t hash_file(const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    die("%s: cannot read", path);
  }
  uint32_t hash = 2166136261u;
  for (int ch; (ch = fgetc(file)) != EOF;) {
    hash = (hash ^ (uint32_t)(unsigned char)ch) * 16777619u;
  }
  (void)fclose(file);
  return hash;
}

// Rejects overlapping fields, fields outside their record, duplicate codes, and unaligned
// registers.
static void check_definitions(void) {
  for (size_t i = 0; i < DEFINITION_COUNT; i++) {
    const definition_t *d = &definitions[i];
    const bool dword = strcmp(d->record, "SPIKE") == 0 || strcmp(d->record, "HOST") == 0 ||
                       strcmp(d->record, "AXON") == 0 || strcmp(d->record, "DEST") == 0;
    if (d->kind == KIND_FIELD && d->a + d->b > (dword ? 64u : 32u)) {
      die("%s.%s leaves its record", d->record, d->name);
    }
    if (d->kind == KIND_REG && d->a % 4 != 0) {
      die("register %s is not aligned", d->name);
    }
    for (size_t j = 0; j < i; j++) {
      const definition_t *o = &definitions[j];
      if (o->kind != d->kind || strcmp(o->record, d->record) != 0) {
        continue;
      }
      if (strcmp(o->name, d->name) == 0) {
        die("%s.%s is defined twice", d->record, d->name);
      }
      if ((d->kind == KIND_ENUM || d->kind == KIND_REG || d->kind == KIND_CREG) && o->a == d->a) {
        die("%s.%s and %s have the same number", d->record, d->name, o->name);
      }
    }
  }
}

static void write_verilog(const char *root, uint32_t hash) {
  FILE *out = open_output(root, "rtl/include/nt_defs.vh");
  (void)fprintf(out, "// SPDX-License-Identifier: Apache-2.0\n" VERILOG_NOTICE);
  (void)fprintf(out, "localparam [31:0] NT_DEFS_HASH = 32'h%08" PRIx32 ";\n", hash);
  for (size_t i = 0; i < DEFINITION_COUNT; i++) {
    const definition_t *d = &definitions[i];
    switch (d->kind) {
    case KIND_PARAM:
      (void)fprintf(out, "localparam integer %s_DEFAULT = %" PRIu32 ";\n", d->name, d->a);
      (void)fprintf(out, "localparam integer %s_MIN = %" PRIu32 ";\n", d->name, d->b);
      (void)fprintf(out, "localparam integer %s_MAX = %" PRIu32 ";\n", d->name, d->c);
      break;
    case KIND_CONST:
      (void)fprintf(out, "localparam integer %s = %" PRIu32 ";\n", d->name, d->a);
      break;
    case KIND_ENUM:
      (void)fprintf(out, "localparam integer %s_%s = %" PRIu32 ";\n", d->record, d->name, d->a);
      break;
    case KIND_FIELD:
      (void)fprintf(out, "localparam integer %s_%s_LSB = %" PRIu32 ";\n", d->record, d->name, d->a);
      (void)fprintf(out, "localparam integer %s_%s_W = %" PRIu32 ";\n", d->record, d->name, d->b);
      break;
    case KIND_REG:
      (void)fprintf(out, "localparam [11:0] REG_%s = 12'h%03" PRIx32 ";\n", d->name, d->a);
      break;
    case KIND_CREG:
      (void)fprintf(out, "localparam integer CREG_%s = %" PRIu32 ";\n", d->name, d->a);
      break;
    }
  }
  close_output(out);
}

static void write_c(const char *root, uint32_t hash) {
  FILE *out = open_output(root, "driver/include/nt_defs.h");
  (void)fprintf(out,
                "// SPDX-License-Identifier: Apache-2.0\n" VERILOG_NOTICE
                "#ifndef NT_DEFS_H\n#define NT_DEFS_H\n\n#define NT_DEFS_HASH 0x%08" PRIx32 "u\n\n",
                hash);
  for (size_t i = 0; i < DEFINITION_COUNT; i++) {
    const definition_t *d = &definitions[i];
    switch (d->kind) {
    case KIND_PARAM:
      (void)fprintf(out, "#define NT_%s_DEFAULT %" PRIu32 "u ///< %s\n", d->name, d->a, d->doc);
      (void)fprintf(out, "#define NT_%s_MIN %" PRIu32 "u\n#define NT_%s_MAX %" PRIu32 "u\n",
                    d->name, d->b, d->name, d->c);
      break;
    case KIND_CONST:
      (void)fprintf(out, "#define NT_%s %" PRIu32 "u ///< %s\n", d->name, d->a, d->doc);
      break;
    case KIND_ENUM:
      (void)fprintf(out, "#define NT_%s_%s %" PRIu32 "u ///< %s\n", d->record, d->name, d->a,
                    d->doc);
      break;
    case KIND_FIELD:
      (void)fprintf(out, "#define NT_%s_%s_LSB %" PRIu32 "u ///< %s\n", d->record, d->name, d->a,
                    d->doc);
      (void)fprintf(out, "#define NT_%s_%s_W %" PRIu32 "u\n", d->record, d->name, d->b);
      break;
    case KIND_REG:
      (void)fprintf(out, "#define NT_REG_%s 0x%03" PRIx32 "u ///< %s\n", d->name, d->a, d->doc);
      break;
    case KIND_CREG:
      (void)fprintf(out, "#define NT_CREG_%s %" PRIu32 "u ///< %s\n", d->name, d->a, d->doc);
      break;
    }
  }
  (void)fprintf(out, "\n#endif\n");
  close_output(out);
}

static void write_heading(FILE *out, const definition_t *d) {
  switch (d->kind) {
  case KIND_PARAM:
    (void)fprintf(out, "\n## Tile parameters\n\n| Parameter | Default | Min | Max | Meaning "
                       "|\n|---|---|---|---|---|\n");
    break;
  case KIND_CONST:
    (void)fprintf(out, "\n## Constants\n\n| Constant | Value | Meaning |\n|---|---|---|\n");
    break;
  case KIND_ENUM:
    (void)fprintf(out, "\n## Codes %s\n\n| Name | Value | Meaning |\n|---|---|---|\n", d->record);
    break;
  case KIND_FIELD:
    (void)fprintf(out, "\n## Record %s\n\n| Field | Bits | Meaning |\n|---|---|---|\n", d->record);
    break;
  case KIND_REG:
    (void)fprintf(out, "\n## Tile registers\n\n| Register | Offset | Access | Reset | Meaning "
                       "|\n|---|---|---|---|---|\n");
    break;
  case KIND_CREG:
    (void)fprintf(
        out, "\n## Core registers\n\n| Register | Index | Access | Meaning |\n|---|---|---|---|\n");
    break;
  }
}

static void write_row(FILE *out, const definition_t *d) {
  switch (d->kind) {
  case KIND_PARAM:
    (void)fprintf(out, "| %s | %" PRIu32 " | %" PRIu32 " | %" PRIu32 " | %s |\n", d->name, d->a,
                  d->b, d->c, d->doc);
    break;
  case KIND_CONST:
  case KIND_ENUM: (void)fprintf(out, "| %s | %" PRIu32 " | %s |\n", d->name, d->a, d->doc); break;
  case KIND_FIELD:
    (void)fprintf(out, "| %s | %" PRIu32 ":%" PRIu32 " | %s |\n", d->name, d->a + d->b - 1, d->a,
                  d->doc);
    break;
  case KIND_REG:
    (void)fprintf(out, "| %s | 0x%03" PRIX32 " | %s | %s | %s |\n", d->name, d->a, d->text,
                  d->reset, d->doc);
    break;
  case KIND_CREG:
    (void)fprintf(out, "| %s | %" PRIu32 " | %s | %s |\n", d->name, d->a, d->text, d->doc);
    break;
  }
}

static bool same_table(const definition_t *a, const definition_t *b) {
  return a->kind == b->kind && strcmp(a->record, b->record) == 0;
}

static void write_tables(const char *root) {
  FILE *out = open_output(root, "docs/spec/tables.md");
  (void)fprintf(
      out, "<!-- SPDX-License-Identifier: Apache-2.0 -->\n"
           "<!-- Generated from nt_definitions.def by nt_gendefs; do not edit. -->\n# Tables\n");
  bool done[DEFINITION_COUNT] = {false};
  for (size_t i = 0; i < DEFINITION_COUNT; i++) {
    if (done[i]) {
      continue;
    }
    write_heading(out, &definitions[i]);
    for (size_t j = i; j < DEFINITION_COUNT; j++) {
      if (same_table(&definitions[i], &definitions[j])) {
        write_row(out, &definitions[j]);
        done[j] = true;
      }
    }
  }
  close_output(out);
}

// GTKWave translate filter: one "hex-value name" line per code of an enum.
static void write_filter(const char *root, const char *type, const char *path, int digits) {
  FILE *out = open_output(root, path);
  for (size_t i = 0; i < DEFINITION_COUNT; i++) {
    const definition_t *d = &definitions[i];
    if (d->kind == KIND_ENUM && strcmp(d->record, type) == 0) {
      (void)fprintf(out, "%0*" PRIX32 " %s\n", digits, d->a, d->name);
    }
  }
  close_output(out);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    die("usage: nt_gendefs DEFINITIONS OUTPUT_ROOT");
  }
  check_definitions();
  const uint32_t hash = hash_file(argv[1]);
  write_verilog(argv[2], hash);
  write_c(argv[2], hash);
  write_tables(argv[2]);
  write_filter(argv[2], "OP", "waves/filters/opcode.txt", 2);
  write_filter(argv[2], "PHASE", "waves/filters/phase.txt", 1);
  write_filter(argv[2], "FORMAT", "waves/filters/format.txt", 1);
  return 0;
}
