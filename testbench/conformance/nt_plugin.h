// SPDX-License-Identifier: Apache-2.0
// nt_plugin: a back end from a shared object (include/nt_conformance_device.h) as nt_dev.
//
// Accumulators that a step works on are read from the coming ones before it starts; messages that
// stay in the tile cannot be listened to.
#ifndef NT_PLUGIN_H
#define NT_PLUGIN_H

#include "nt_backend.h"

/// Loads the shared object at `path`; it stays loaded. `params` NULL: those the back end has. One
/// per process. NT_ERR_IO: it is not there; NT_ERR_FORMAT: it is no shared object, or has not
/// the function, or not all of its functions; NT_ERR_UNSUPPORTED: another version of the interface.
nt_status_t nt_plugin_load(const char *path, const nt_params_t *params, nt_backend_t *backend,
                           nt_error_t *err);

#endif
