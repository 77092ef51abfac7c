// SPDX-License-Identifier: Apache-2.0
// Every opcode as text; words are put together from docs/spec/tables.md by hand.
#include "nt_defs.h"
#include "nt_disasm.h"
#include "nt_test_support.h"

#define OP(op, rd, ra) ((uint32_t)NT_OP_##op << 26 | (rd) << 22 | (ra) << 18)
#define RB(n) ((uint32_t)(n) << 14)
#define CONSTANT(n) (1u << 13 | ((n) >> 4) << 11 | ((n)&15) << 14)
#define SAT(n) ((uint32_t)(n) << 6)

static void every_opcode(void **state) {
  (void)state;
  static const struct {
    uint32_t word;
    const char *text;
  } cases[] = {{OP(END, 0, 0), "END"},
               {OP(LD, 2, 0) | 7, "LD r2, [7]"},
               {OP(ST, 0, 4) | 255, "ST r4, [255]"},
               {OP(RDC, 1, 0) | 6, "RDC r1, 2"},
               {OP(SPC, 3, 0), "SPC r3, TIMESTEP"},
               {OP(SPC, 3, 0) | 2, "SPC r3, ACTIVITY"},
               {OP(SPC, 3, 0) | 5, "SPC r3, 0"},
               {OP(MOV, 5, 9) | CONSTANT(33), "MOV r5, c33"},
               {OP(ADD, 5, 6) | RB(7), "ADD r5, r6, r7"},
               {OP(SUB, 5, 6) | RB(7) | SAT(16), "SUB r5, r6, r7, sat 16"},
               {OP(NEG, 5, 6) | RB(7), "NEG r5, r7"},
               {OP(MIN, 15, 14) | RB(13), "MIN r15, r14, r13"},
               {OP(MAX, 15, 14) | CONSTANT(0), "MAX r15, r14, c0"},
               {OP(AND, 0, 1) | RB(2), "AND r0, r1, r2"},
               {OP(OR, 0, 1) | RB(2), "OR r0, r1, r2"},
               {OP(XOR, 0, 1) | RB(2), "XOR r0, r1, r2"},
               {OP(SHF, 0, 1) | RB(2), "SHF r0, r1, r2"},
               {OP(MULS, 3, 1) | CONSTANT(63) | SAT(8) | 62, "MULS r3, r1, c63, >> 62, sat 8"},
               {OP(CLZ, 3, 1) | RB(2), "CLZ r3, r2"},
               {OP(SEL, 3, 1) | RB(2), "SEL r3, r1, r2"},
               {OP(CLT, 3, 1) | RB(2), "CLT r1, r2"},
               {OP(CGE, 3, 1) | CONSTANT(17) | SAT(5), "CGE r1, c17"},
               {OP(CEQ, 3, 1) | RB(2), "CEQ r1, r2"},
               {OP(SKP, 0, 0) | 3, "SKP 3"},
               {OP(SKP, 0, 0) | 1u << 4 | 3, "SKP not 3"},
               {OP(JMP, 0, 0) | 40, "JMP ALWAYS, 40"},
               {OP(JMP, 0, 1) | RB(2) | 4095, "JMP ACT 0x2, 4095"},
               {OP(JMP, 0, 2) | RB(15) | 1, "JMP NACT 0xf, 1"},
               {OP(JMP, 0, 3) | 1, "JMP ANY, 1"},
               {OP(JMP, 0, 4) | 1, "JMP NONE, 1"},
               {OP(JMP, 0, 5), "undefined 0x58140000"},
               {OP(LUT, 1, 2) | RB(9) | 511, "LUT r1, r2, K 9, t511"},
               {OP(LERP, 1, 2) | RB(5) | 14u << 9 | 32, "LERP r1, r2, K 5, f 14, t32"},
               {OP(SPK, 0, 3) | 7, "SPK 7, r3"},
               {OP(PRB, 0, 3), "PRB r3"},
               {27u << 26, "undefined 0x6c000000"},
               {UINT32_MAX, "undefined 0xffffffff"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[NT_DISASM_MAX];
    nt_disasm(cases[i].word, text, sizeof text);
    assert_string_equal(text, cases[i].text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_opcode)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
