// SPDX-License-Identifier: Apache-2.0
#include "nt_backend.h"

#include "nt_golden.h"
#ifdef NT_HAVE_RTL
#include "nt_rtl.h"
#endif

#include <stdlib.h>
#include <string.h>

static const nt_backend_t *added;

/// A tile at the small end of every range, with accumulators of the narrow kind and an odd number
/// of cores.
static nt_params_t small_params(void) {
  return (nt_params_t){.cores = 3,
                       .word_bits = 64,
                       .pool_words = 4096,
                       .lines = 4,
                       .acc_bits = 24,
                       .prog_words = 128,
                       .table_words = 64,
                       .groups = 8};
}

/// The widest word, and more lines than default.
static nt_params_t wide_params(void) {
  return (nt_params_t){.cores = 2,
                       .word_bits = 512,
                       .pool_words = 16384,
                       .lines = 16,
                       .acc_bits = 32,
                       .prog_words = 4096,
                       .table_words = 512,
                       .groups = 32};
}

/// Word `index` of the command line, else the environment variable, else `fallback`.
static const char *word_of(int argc, char **argv, int index, const char *variable,
                           const char *fallback) {
  const char *value = argc > index ? argv[index] : getenv(variable);
  return value != NULL && value[0] != '\0' ? value : fallback;
}

static nt_status_t choose_params(const char *name, nt_params_t *params, nt_error_t *err) {
  if (strcmp(name, "default") == 0)
    *params = nt_params_default();
  else if (strcmp(name, "small") == 0)
    *params = small_params();
  else if (strcmp(name, "wide") == 0)
    *params = wide_params();
  else
    return nt_fail(err, NT_ERR_ARG, "parameters %s: must be default, small or wide", name);
  return NT_OK;
}

nt_backend_t nt_backend_golden(const nt_params_t *params) {
  return (nt_backend_t){.name = "golden", .shape = "", .params = *params, .open = nt_golden_open};
}

void nt_backend_add(const nt_backend_t *backend) {
  added = backend;
}

nt_status_t nt_backend_choose(int argc, char **argv, nt_backend_t *backend, nt_error_t *err) {
  const char *name = word_of(argc, argv, 1, "NT_BACKEND", "golden");
  if (strcmp(name, "golden") == 0) {
    nt_params_t params = nt_params_default();
    const char *set = word_of(argc, argv, 2, "NT_PARAMS", "default");
    const nt_status_t status = choose_params(set, &params, err);
    if (status != NT_OK)
      return status;
    *backend = nt_backend_golden(&params);
    backend->shape = set;
    return NT_OK;
  }
#ifdef NT_HAVE_RTL
  if (strcmp(name, "rtl") == 0) {
    *backend =
        (nt_backend_t){.name = "rtl", .shape = "", .params = nt_rtl_params(), .open = nt_rtl_open};
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
