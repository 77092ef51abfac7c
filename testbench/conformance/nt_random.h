// SPDX-License-Identifier: Apache-2.0
// nt_random: a seeded generator, and random programs, images and spikes that stay inside the
// contract of docs/spec/: state of its own only, spikes to tiles that exist.
#ifndef NT_RANDOM_H
#define NT_RANDOM_H

#include "nt_asm.h"

/// splitmix64.
typedef struct nt_random {
  uint64_t state;
} nt_random_t;

uint64_t nt_random_next(nt_random_t *random);
/// 0 .. n-1; n must not be 0.
uint32_t nt_random_below(nt_random_t *random, uint32_t n);
/// True in so many of 100 cases.
bool nt_random_chance(nt_random_t *random, uint32_t percent);
/// A value of at most `bits` bits; corners of ranges come often.
int32_t nt_random_value(nt_random_t *random, uint32_t bits);

/// The environment's NT_SEED and NT_CASES, or the values given.
uint64_t nt_random_seed(uint64_t fallback);
uint32_t nt_random_cases(uint32_t fallback);

/// What a program may use.
typedef struct nt_random_limits {
  uint32_t entry;       ///< number of its first instruction
  uint32_t length;      ///< at most so many instructions, at least 16
  uint32_t state_words; ///< of its group
  uint32_t ports;       ///< 0: no SPK
  uint32_t spike_bits;  ///< spikes are saturated to this width; 0: not at all
  bool faults;          ///< undefined instructions and endless loops, now and then
} nt_random_limits_t;

/// Writes a program and returns its length.
uint32_t nt_random_program(nt_random_t *random, const nt_random_limits_t *limits, uint32_t *words);

/// What an image is made of.
typedef struct nt_random_network {
  uint32_t tiles;
  uint32_t program_length; ///< longest program of a group
  bool recurrent;          ///< spikes to cores, not only to the host
  bool hot;                ///< payloads and exponents that overflow accumulators
  bool faults;             ///< bad axons, misrouted spikes, undefined instructions
} nt_random_network_t;

/// Every core of every tile with axons of all formats, groups, programs, constants and state.
nt_status_t nt_random_image(nt_random_t *random, const nt_params_t *params,
                            const nt_random_network_t *network, nt_image_t **image,
                            nt_error_t *err);
/// A spike into the network.
nt_spike_t nt_random_spike(nt_random_t *random, const nt_image_t *image,
                           const nt_random_network_t *network);

#endif
