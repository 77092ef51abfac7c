// SPDX-License-Identifier: Apache-2.0
// nt_threads: how the threads of a program behave towards other programs.
//
// Parallel loops (OpenMP) follow OMP_NUM_THREADS; no result depends on it.
#ifndef NT_THREADS_H
#define NT_THREADS_H

#ifdef __cplusplus
extern "C" {
#endif

/// Lets threads that wait for the next parallel loop sleep at once. By default they keep a core
/// busy for up to 0.2 s, which the serial part, or another program on the same core, then lacks.
/// nt_system_open calls it; a program that loops in parallel before that calls it itself. It acts
/// on the run time library of clang; with gcc's, OMP_WAIT_POLICY=passive in the environment does
/// the same. An OMP_WAIT_POLICY that is set is left alone.
void nt_threads_yield_when_idle(void);

#ifdef __cplusplus
}
#endif
#endif
