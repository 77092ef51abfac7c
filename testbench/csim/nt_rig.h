// SPDX-License-Identifier: Apache-2.0
// nt_rig: what the golden tile's tests share: a tile to write into, and comparisons that are
// counted.
#ifndef NT_RIG_H
#define NT_RIG_H

#include "nt_bits.h"
#include "nt_golden.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/// Fails the test unless both values are equal; counts the comparison.
#define NT_RIG_EQUAL(found, expected)                                                              \
  nt_rig_equal((int64_t)(found), (int64_t)(expected), #found, __FILE__, __LINE__)
void nt_rig_equal(int64_t found, int64_t expected, const char *what, const char *file, int line);
/// Prints how many values were compared; returns `failed` for main().
int nt_rig_report(const char *name, int failed);

/// Seed of the random tests: the first argument, or 1. Prints how to repeat the run.
uint64_t nt_rig_seed(int argc, char **argv);
/// Next value of the generator (splitmix64).
uint64_t nt_rig_random(uint64_t *state);

/// A golden tile; NULL parameters stand for the default ones. Failures end the test.
nt_dev_t *nt_rig_open(const nt_params_t *params);
void nt_rig_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word);
uint32_t nt_rig_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr);
uint32_t nt_rig_reg(nt_dev_t *dev, uint32_t offset);

/// One 32-bit lane of a pool word.
void nt_rig_pool(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane, uint32_t value);
uint32_t nt_rig_pool_get(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane);
/// Dword `index` of a table of dwords at pool word `base`.
void nt_rig_dword(nt_dev_t *dev, uint32_t core, uint32_t base, uint32_t index, uint64_t value);

/// Pool word of every rig's axon table.
enum { NT_RIG_AXON_BASE = 128 };
/// Makes `entry` axon `axon` of the core, with at least this many axons.
void nt_rig_axon(nt_dev_t *dev, uint32_t core, uint32_t axon, uint64_t entry);
/// Axon entries. Dendrites, lines and digits are counts, as people count.
uint64_t nt_rig_dense(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                      uint32_t digits, uint32_t exp, uint32_t ptr);
uint64_t nt_rig_uniform(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                        uint32_t exp, int32_t weight);
uint64_t nt_rig_single(uint32_t dendrite, uint32_t neuron, uint32_t exp, int32_t weight);
uint64_t nt_rig_sparse(uint32_t dendrite, uint32_t line, uint32_t exp, uint32_t count,
                       uint32_t ptr);

/// One spike into tile 0.
void nt_rig_inject(nt_dev_t *dev, uint32_t cores, uint32_t axon, int32_t payload);
/// The coming accumulator through the ACC space, compared with the view on the way.
int32_t nt_rig_acc(nt_dev_t *dev, uint32_t core, uint32_t dendrite, uint32_t line, uint32_t lane);
uint32_t nt_rig_act(nt_dev_t *dev, uint32_t core, uint32_t line);
uint64_t nt_rig_counter(nt_dev_t *dev, uint32_t core, uint32_t counter);
void nt_rig_step(nt_dev_t *dev, uint32_t timestep);

/// A group to write. State is at `state_base`, the program at `entry`.
typedef struct nt_rig_group {
  bool always;
  uint32_t line, lines, neurons, entry, const_base, state_base, state_words, clear_words;
  uint32_t port_ptr[NT_PORTS], port_count[NT_PORTS];
} nt_rig_group_t;
void nt_rig_group(nt_dev_t *dev, uint32_t core, uint32_t number, const nt_rig_group_t *group);
void nt_rig_program(nt_dev_t *dev, uint32_t core, uint32_t entry, const uint32_t *words,
                    size_t count);
uint64_t nt_rig_dest(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type, bool vector);

/// Instruction words. Low bits (K, WHICH, SHIFT, SAT, ...) are or-ed in by the caller.
#define NT_RIG_OP(op) ((uint32_t)(NT_OP_##op) << 26)
#define NT_RIG_D(r) ((uint32_t)(r) << 22)
#define NT_RIG_A(r) ((uint32_t)(r) << 18)
#define NT_RIG_B(r) ((uint32_t)(r) << 14)
#define NT_RIG_C(n) (1U << 13 | ((uint32_t)(n) >> 4) << 11 | ((uint32_t)(n)&15U) << 14)
#define NT_RIG_SAT(n) ((uint32_t)(n) << 6)

#endif
