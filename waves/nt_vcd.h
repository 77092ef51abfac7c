// SPDX-License-Identifier: Apache-2.0
// nt_vcd: reads a VCD file whole: names of its signals, and the values of some of them over time.
#ifndef NT_VCD_H
#define NT_VCD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct nt_vcd nt_vcd_t;

/// NULL if the file cannot be read or holds no signal. Released with nt_vcd_close.
nt_vcd_t *nt_vcd_open(const char *path);
void nt_vcd_close(nt_vcd_t *vcd);

size_t nt_vcd_bytes(const nt_vcd_t *vcd);

/// Number of a signal by its full name with its range, as in "TOP.top.q[7:0]"; -1 if there is none.
int nt_vcd_find(const nt_vcd_t *vcd, const char *name);
/// The same by its name without its range, as in "TOP.top.q" or "TOP.top.memory[3]".
int nt_vcd_find_any(const nt_vcd_t *vcd, const char *name);
/// Full name of a signal, and how many bits it has.
const char *nt_vcd_name(const nt_vcd_t *vcd, int signal);
unsigned nt_vcd_width(const nt_vcd_t *vcd, int signal);

enum { NT_VCD_WATCH_MAX = 16, NT_VCD_WIDTH_MAX = 512 };

/// Values of the watched signals at the end of a point in time, as digits, most significant first,
/// leading zeros left out.
typedef struct nt_vcd_moment {
  uint64_t time;
  char value[NT_VCD_WATCH_MAX][NT_VCD_WIDTH_MAX + 1];
} nt_vcd_moment_t;

/// Calls `see` for every point in time at which a watched signal changed.
void nt_vcd_watch(const nt_vcd_t *vcd, const int *signals, size_t count,
                  void (*see)(void *user, const nt_vcd_moment_t *), void *user);

/// Bits lsb to lsb + width - 1 of a binary value; width at most 64.
uint64_t nt_vcd_bits(const char *value, unsigned lsb, unsigned width);
/// A binary value as a number, and as text of eight bits a letter without blanks around it.
uint64_t nt_vcd_number(const char *value);
void nt_vcd_text(const char *value, char *text, size_t capacity);

#endif
