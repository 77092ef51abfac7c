// SPDX-License-Identifier: Apache-2.0
// nt_clock: wall time for progress and benchmarks; never part of a result.
#ifndef NT_CLOCK_H
#define NT_CLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

/// Seconds of a clock that only goes forward, from an arbitrary start.
double nt_clock_now(void);

#ifdef __cplusplus
}
#endif
#endif
