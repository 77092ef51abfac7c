// SPDX-License-Identifier: Apache-2.0
#include "nt_backend.h"

#include "nt_golden.h"
#include "nt_plugin.h"
#include "nt_shapes.h"
#ifdef NT_HAVE_RTL
#include "nt_rtl.h"
#endif

#include <stdlib.h>
#include <string.h>

static const nt_backend_t *added;

/// Word `index` of the command line, else the environment variable, else `fallback`.
static const char *word_of(int argc, char **argv, int index, const char *variable,
                           const char *fallback) {
  const char *value = argc > index ? argv[index] : getenv(variable);
  return value != NULL && value[0] != '\0' ? value : fallback;
}

enum { SHAPES = sizeof nt_shapes / sizeof nt_shapes[0] };

static nt_status_t choose_params(const char *name, nt_params_t *params, nt_error_t *err) {
  *params = nt_params_default();
  if (strcmp(name, "default") == 0)
    return NT_OK;
  for (uint32_t i = 0; i < SHAPES; i++)
    if (strcmp(name, nt_shapes[i].name) == 0) {
      *params = nt_shapes[i].params;
      return NT_OK;
    }
  return nt_fail(err, NT_ERR_ARG, "parameters %s: must be default or a shape of shapes.txt", name);
}

const char *nt_backend_shape(const nt_params_t *params) {
  for (uint32_t i = 0; i < SHAPES; i++)
    if (nt_params_match(&nt_shapes[i].params, params, NULL) == NT_OK)
      return nt_shapes[i].name;
  return "default";
}

nt_backend_t nt_backend_golden(const nt_params_t *params) {
  return (nt_backend_t){.name = "golden", .shape = "", .params = *params, .open = nt_golden_open};
}

void nt_backend_add(const nt_backend_t *backend) {
  added = backend;
}

nt_status_t nt_backend_choose(int argc, char **argv, nt_backend_t *backend, nt_error_t *err) {
  const char *name = word_of(argc, argv, 1, "NT_BACKEND", "golden");
  const char *set = word_of(argc, argv, 2, "NT_PARAMS", "");
  nt_params_t wanted = nt_params_default();
  if (set[0] != '\0') {
    const nt_status_t status = choose_params(set, &wanted, err);
    if (status != NT_OK)
      return status;
  }
  if (strcmp(name, "golden") == 0) {
    *backend = nt_backend_golden(&wanted);
    backend->shape = set[0] != '\0' ? set : "default";
    return NT_OK;
  }
  if (strchr(name, '/') != NULL)
    return nt_plugin_load(name, set[0] != '\0' ? &wanted : NULL, backend, err);
#ifdef NT_HAVE_RTL
  if (strcmp(name, "rtl") == 0) {
    const nt_params_t params = nt_rtl_params();
    *backend = (nt_backend_t){.name = "rtl",
                              .shape = nt_backend_shape(&params),
                              .verilated = true,
                              .params = params,
                              .open = nt_rtl_open};
    return NT_OK;
  }
#endif
  if (added != NULL && strcmp(name, added->name) == 0) {
    *backend = *added;
    return NT_OK;
  }
  return nt_fail(err, NT_ERR_ARG, "back end %s: not part of this build", name);
}

nt_status_t nt_backend_open_tile(void *user, uint32_t tile, const nt_params_t *params,
                                 nt_dev_t **dev, nt_error_t *err) {
  const nt_backend_t *backend = user;
  (void)tile;
  return backend->open(params, dev, err);
}
