// SPDX-License-Identifier: Apache-2.0
// nt_disasm: microcode as text (docs/spec/isa.md).
#ifndef NT_DISASM_H
#define NT_DISASM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Room for any instruction's text.
enum { NT_DISASM_MAX = 64 };

/// Writes instruction `word` as one line, fields that the instruction names only: "MULS r3, r1,
/// c18, >> 14, sat 16", "LD r2, [0]", "JMP ACT 0x2, 40", "undefined 0xfc000000". Constants are
/// numbers from the group's CONST_BASE on. `text` has room for `size` bytes, NT_DISASM_MAX suffice.
void nt_disasm(uint32_t word, char *text, size_t size);

#ifdef __cplusplus
}
#endif
#endif
