// SPDX-License-Identifier: Apache-2.0
// tiny: functions for the test of the mutation campaign.
#ifndef TINY_H
#define TINY_H

/// x, at most `limit`.
int tiny_clamp(int x, int limit);
/// n, counted.
unsigned tiny_count(unsigned n);
/// Bits 1 to 31 of 2^k.
unsigned tiny_bit(unsigned k);
/// 1 for 0, else 2.
int tiny_choose(int x);

#endif
