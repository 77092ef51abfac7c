// SPDX-License-Identifier: Apache-2.0
// nt_backend: the back end and the tile parameters that a test program runs with.
#ifndef NT_BACKEND_H
#define NT_BACKEND_H

#include "nt_system.h"

typedef struct nt_backend {
  const char *name;  ///< "golden", "rtl", one that was added, or the name a shared object gives
  const char *shape; ///< second word of the command line, "" if there is none to give
  bool verilated;    ///< devices are those of nt_rtl.h
  nt_params_t params;
  nt_status_t (*open)(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err);
} nt_backend_t;

/// Makes one more back end known, which stays the caller's; before nt_backend_choose.
void nt_backend_add(const nt_backend_t *backend);
/// From the command line `[golden|rtl|added|FILE] [SHAPE]`, SHAPE being "default" or a name of
/// testbench/rtl/shapes.txt, where the environment variables NT_BACKEND and NT_PARAMS stand in for
/// what is missing. FILE, a name with a slash, is a shared object (nt_plugin.h); without SHAPE it
/// has the parameters it names. The verilated tile has those it was built for whatever SHAPE says,
/// and so has a back end that was added. NT_ERR_ARG for anything else, and for "rtl" in a build
/// without it; those of nt_plugin_load.
nt_status_t nt_backend_choose(int argc, char **argv, nt_backend_t *backend, nt_error_t *err);
/// The name of the shape with these parameters; "default" if it is none of the table.
const char *nt_backend_shape(const nt_params_t *params);
/// The golden tile with these parameters.
nt_backend_t nt_backend_golden(const nt_params_t *params);
/// nt_dev_open_fn; `user` is the nt_backend_t.
nt_status_t nt_backend_open_tile(void *user, uint32_t tile, const nt_params_t *params,
                                 nt_dev_t **dev, nt_error_t *err);

#endif
