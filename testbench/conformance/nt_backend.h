// SPDX-License-Identifier: Apache-2.0
// nt_backend: the back end and the tile parameters that a test program runs with.
#ifndef NT_BACKEND_H
#define NT_BACKEND_H

#include "nt_system.h"

typedef struct nt_backend {
  const char *name;  ///< "golden", "rtl" or one that was added
  const char *shape; ///< second word of the command line, "" if there is none to give
  nt_params_t params;
  nt_status_t (*open)(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err);
} nt_backend_t;

/// Makes one more back end known, which stays the caller's; before nt_backend_choose.
void nt_backend_add(const nt_backend_t *backend);
/// From the command line `[golden|rtl|added] [SHAPE]`, SHAPE being "default" or a name of
/// testbench/rtl/shapes.txt, where the environment variables
/// NT_BACKEND and NT_PARAMS stand in for what is missing. The verilated tile has the parameters
/// it was built for and takes no second word, nor does a back end that was added. NT_ERR_ARG for
/// anything else, and for "rtl" in a build without it.
nt_status_t nt_backend_choose(int argc, char **argv, nt_backend_t *backend, nt_error_t *err);
/// The name of the shape with these parameters; "default" if it is none of the table.
const char *nt_backend_shape(const nt_params_t *params);
/// The golden tile with these parameters.
nt_backend_t nt_backend_golden(const nt_params_t *params);
/// nt_dev_open_fn; `user` is the nt_backend_t.
nt_status_t nt_backend_open_tile(void *user, uint32_t tile, const nt_params_t *params,
                                 nt_dev_t **dev, nt_error_t *err);

#endif
