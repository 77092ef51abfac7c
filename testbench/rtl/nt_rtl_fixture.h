// SPDX-License-Identifier: Apache-2.0
// nt_rtl_fixture: setup and teardown of a cmocka test whose state is a verilated tile. After
// cmocka.h.
#ifndef NT_RTL_FIXTURE_H
#define NT_RTL_FIXTURE_H

#include "nt_rtl.h"

static inline int setup(void **state) {
  const nt_params_t params = nt_rtl_params();
  nt_dev_t *dev = NULL;
  nt_error_t err = {0};
  if (nt_rtl_open(&params, &dev, &err) != NT_OK) {
    print_error("%s\n", err.text);
    return -1;
  }
  *state = dev;
  return 0;
}

static inline int teardown(void **state) {
  nt_dev_close(*state);
  return 0;
}

#endif
