// SPDX-License-Identifier: Apache-2.0
#include "nt_disasm.h"

#include "nt_defs.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#define FIELD(word, name) ((word) >> NT_INSTR_##name##_LSB & ((1u << NT_INSTR_##name##_W) - 1))

static const char *const names[] = {
    [NT_OP_END] = "END",   [NT_OP_LD] = "LD",   [NT_OP_ST] = "ST",   [NT_OP_RDC] = "RDC",
    [NT_OP_SPC] = "SPC",   [NT_OP_MOV] = "MOV", [NT_OP_ADD] = "ADD", [NT_OP_SUB] = "SUB",
    [NT_OP_NEG] = "NEG",   [NT_OP_MIN] = "MIN", [NT_OP_MAX] = "MAX", [NT_OP_AND] = "AND",
    [NT_OP_OR] = "OR",     [NT_OP_XOR] = "XOR", [NT_OP_SHF] = "SHF", [NT_OP_MULS] = "MULS",
    [NT_OP_CLZ] = "CLZ",   [NT_OP_SEL] = "SEL", [NT_OP_CLT] = "CLT", [NT_OP_CGE] = "CGE",
    [NT_OP_CEQ] = "CEQ",   [NT_OP_SKP] = "SKP", [NT_OP_JMP] = "JMP", [NT_OP_LUT] = "LUT",
    [NT_OP_LERP] = "LERP", [NT_OP_SPK] = "SPK", [NT_OP_PRB] = "PRB"};

static const char *const conditions[] = {[NT_JMP_ALWAYS] = "ALWAYS",
                                         [NT_JMP_ACT] = "ACT",
                                         [NT_JMP_NACT] = "NACT",
                                         [NT_JMP_ANY] = "ANY",
                                         [NT_JMP_NONE] = "NONE"};

static const char *const specials[] = {
    [NT_SPC_TIMESTEP] = "TIMESTEP", [NT_SPC_NEURON] = "NEURON", [NT_SPC_ACTIVITY] = "ACTIVITY"};

static void jump(uint32_t word, char *text, size_t size) {
  const uint32_t condition = FIELD(word, RA), target = FIELD(word, TARGET);
  if (condition > NT_JMP_NONE) {
    (void)snprintf(text, size, "undefined 0x%08" PRIx32, word);
  } else if (condition == NT_JMP_ACT || condition == NT_JMP_NACT) {
    (void)snprintf(text, size, "JMP %s 0x%" PRIx32 ", %" PRIu32, conditions[condition],
                   FIELD(word, RB), target);
  } else {
    (void)snprintf(text, size, "JMP %s, %" PRIu32, conditions[condition], target);
  }
}

// The instructions with operand B.
static void arithmetic(uint32_t word, char *text, size_t size) {
  const uint32_t op = FIELD(word, OP), sat = FIELD(word, SAT);
  const bool compares = op >= NT_OP_CLT && op <= NT_OP_CEQ;
  const bool only_b = op == NT_OP_MOV || op == NT_OP_NEG || op == NT_OP_CLZ;
  const bool constant = FIELD(word, BCONST) != 0;
  const uint32_t b =
      constant ? FIELD(word, CONST_HI) << NT_INSTR_RB_W | FIELD(word, RB) : FIELD(word, RB);
  char to[8] = "", from[8] = "", shift[12] = "", narrow[12] = "";
  if (!compares) {
    (void)snprintf(to, sizeof to, "r%" PRIu32 ", ", FIELD(word, RD));
  }
  if (!only_b) {
    (void)snprintf(from, sizeof from, "r%" PRIu32 ", ", FIELD(word, RA));
  }
  if (op == NT_OP_MULS) {
    (void)snprintf(shift, sizeof shift, ", >> %" PRIu32, FIELD(word, SHIFT));
  }
  if (!compares && sat != 0) {
    (void)snprintf(narrow, sizeof narrow, ", sat %" PRIu32, sat);
  }
  (void)snprintf(text, size, "%s %s%s%c%" PRIu32 "%s%s", names[op], to, from, constant ? 'c' : 'r',
                 b, shift, narrow);
}

void nt_disasm(uint32_t word, char *text, size_t size) {
  const uint32_t op = FIELD(word, OP), rd = FIELD(word, RD), ra = FIELD(word, RA);
  const uint32_t rb = FIELD(word, RB), which = FIELD(word, WHICH);
  switch (op) {
  case NT_OP_END: (void)snprintf(text, size, "END"); return;
  case NT_OP_LD:
    (void)snprintf(text, size, "LD r%" PRIu32 ", [%" PRIu32 "]", rd, FIELD(word, K));
    return;
  case NT_OP_ST:
    (void)snprintf(text, size, "ST r%" PRIu32 ", [%" PRIu32 "]", ra, FIELD(word, K));
    return;
  case NT_OP_RDC:
    (void)snprintf(text, size, "RDC r%" PRIu32 ", %" PRIu32, rd, which % NT_DENDRITES);
    return;
  case NT_OP_SPC:
    (void)snprintf(text, size, "SPC r%" PRIu32 ", %s", rd,
                   which <= NT_SPC_ACTIVITY ? specials[which] : "0");
    return;
  case NT_OP_SKP:
    (void)snprintf(text, size, "SKP %s%" PRIu32, FIELD(word, INVERT) != 0 ? "not " : "",
                   FIELD(word, SKIP));
    return;
  case NT_OP_JMP: jump(word, text, size); return;
  case NT_OP_LUT:
    (void)snprintf(text, size, "LUT r%" PRIu32 ", r%" PRIu32 ", K %" PRIu32 ", t%" PRIu32, rd, ra,
                   rb, FIELD(word, TBASE));
    return;
  case NT_OP_LERP:
    (void)snprintf(text, size,
                   "LERP r%" PRIu32 ", r%" PRIu32 ", K %" PRIu32 ", f %" PRIu32 ", t%" PRIu32, rd,
                   ra, rb, FIELD(word, FRAC), FIELD(word, TBASE));
    return;
  case NT_OP_SPK: (void)snprintf(text, size, "SPK %" PRIu32 ", r%" PRIu32, which, ra); return;
  case NT_OP_PRB: (void)snprintf(text, size, "PRB r%" PRIu32, ra); return;
  default: break;
  }
  if (op >= NT_OP_MOV && op <= NT_OP_CEQ) {
    arithmetic(word, text, size);
  } else {
    (void)snprintf(text, size, "undefined 0x%08" PRIx32, word);
  }
}
