// SPDX-License-Identifier: Apache-2.0
// A test of testbench/conformance as a thread of the SystemC platform, on back end "systemc".
#include "nt_backend.h"
#include "nt_rtl.h"
#include "nt_sc.h"

/// main of the test, which the build renames.
int nt_test_main(int argc, char **argv);

#ifndef NT_SC_TILES
#define NT_SC_TILES 4 // a random network has at most 3
#endif

static nt_status_t open_tile(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err) {
  return nt_sc_open(NULL, 0, params, dev, err);
}

uint32_t nt_sc_tiles(int argc, char **argv) {
  (void)argc;
  (void)argv;
  return NT_SC_TILES;
}

int nt_sc_program(int argc, char **argv) {
  const nt_backend_t systemc = {
      .name = "systemc", .shape = "", .params = nt_rtl_params(), .open = open_tile};
  nt_backend_add(&systemc);
  return nt_test_main(argc, argv);
}
