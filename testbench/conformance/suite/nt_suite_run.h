// SPDX-License-Identifier: Apache-2.0
// nt_suite_run: runs the test program of a group in a process of its own, with a limit of time.
#ifndef NT_SUITE_RUN_H
#define NT_SUITE_RUN_H

#include "nt_status.h"
#include "nt_suite_result.h"

/// How the programs are started.
typedef struct nt_suite_setup {
  char folder[512];     ///< where the programs are
  const char *back_end; ///< "golden", "rtl", "systemc" or a file
  const char *shape;    ///< "" if none was asked for
  const char *image;    ///< of a model, "" if there is none
  const char *log;      ///< folder for what the programs print, "" for none
  const char *vectors;  ///< folder of the vector files
  double limit;         ///< seconds for one program
} nt_suite_setup_t;

/// Called for every case that begins.
typedef void (*nt_suite_tell_t)(void *user, const nt_suite_result_t *result);

/// NT_ERR_ARG if there is no program for this back end and shape.
nt_status_t nt_suite_find(const nt_suite_setup_t *setup, const nt_suite_group_t *group, char *path,
                          size_t size, nt_error_t *err);
/// Runs a group. Whatever the program does, this returns by the limit and a little.
nt_suite_result_t nt_suite_run(const nt_suite_setup_t *setup, const nt_suite_group_t *group,
                               nt_suite_tell_t tell, void *user);

#endif
