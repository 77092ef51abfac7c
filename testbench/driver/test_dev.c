// SPDX-License-Identifier: Apache-2.0
// Checks that every device shares: tile parameters, request fields, the text of a timeout, names.
#include "nt_dev.h"
#include "nt_test_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void refused(nt_params_t params, const char *part) {
  nt_error_t err = {0};
  assert_int_equal(nt_params_check(&params, &err), NT_ERR_RANGE);
  if (strstr(err.text, part) == NULL)
    fail_msg("\"%s\" lacks \"%s\"", err.text, part);
}

static void test_params(void **state) {
  (void)state;
  const nt_params_t fine = nt_params_default();
  nt_params_t p = fine;
  nt_error_t err = {0};
  assert_int_equal(nt_params_check(&fine, &err), NT_OK);
  p.cores = 9;
  refused(p, "CORES = 9: must be from 1 to 8");
  p = fine, p.word_bits = 96;
  refused(p, "WORD_BITS = 96: must be a power of two from 64 to 512");
  p = fine, p.groups = 64;
  refused(p, "GROUPS = 64");
  p = fine, p.acc_bits = 28;
  refused(p, "ACC_BITS = 28: must be 24 or 32");
  p = fine, p.word_bits = 512, p.lines = 64;
  refused(p, "LINES * WORD_BITS/2 = 16384: must be at most 8192");
  p.lines = 32;
  assert_int_equal(nt_params_check(&p, &err), NT_OK);
}

static void test_request_fields(void **state) {
  (void)state;
  nt_error_t err = {0};
  assert_int_equal(nt_request_check(7, 7, 0xFFFFF, &err), NT_OK);
  assert_int_equal(nt_request_check(8, 0, 0, &err), NT_ERR_ARG);
  assert_int_equal(nt_request_check(0, 8, 0, &err), NT_ERR_ARG);
  assert_int_equal(nt_request_check(0, 0, 0x100000, &err), NT_ERR_ARG);
  assert_non_null(strstr(err.text, "core 0, space 0, word 1048576"));
}

static uint32_t g_phase;

static void progress(nt_dev_t *dev, nt_progress_t *now) {
  (void)dev;
  *now = (nt_progress_t){.phase = g_phase};
  now->queue[0] = 3u << NT_QUEUE_IN_LSB | 1u << NT_QUEUE_SYNAPSE_BUSY_LSB;
}

static void test_timeout_text(void **state) {
  (void)state;
  static const char *const phases[] = {"IDLE", "DRAIN", "NEURON", "FLUSH", "CLEAR", "?"};
  const nt_dev_ops_t ops = {.progress = progress};
  nt_dev_t dev = {.ops = &ops, .params = nt_params_default()};
  for (g_phase = 0; g_phase < sizeof phases / sizeof phases[0]; g_phase++) {
    nt_error_t err = {0};
    char wanted[64];
    assert_int_equal(nt_dev_fail_timeout(&dev, "timestep", 10, &err), NT_ERR_TIMEOUT);
    (void)snprintf(wanted, sizeof wanted, "not done after 10 cycles: phase %s; core 0: in 3, out 0",
                   phases[g_phase]);
    if (strstr(err.text, wanted) == NULL)
      fail_msg("\"%s\" lacks \"%s\"", err.text, wanted);
  }
}

/// Every status has a text of its own; so has a number that is none.
static void test_status_texts(void **state) {
  (void)state;
  static const nt_status_t all[] = {
      NT_OK,           NT_ERR_MISMATCH, NT_ERR_ARG,         NT_ERR_RTL_ASSERT,
      NT_ERR_TIMEOUT,  NT_ERR_INTERNAL, NT_ERR_IO,          NT_ERR_FORMAT,
      NT_ERR_RANGE,    NT_ERR_MEMORY,   NT_ERR_UNSUPPORTED, NT_ERR_DEVICE,
      (nt_status_t)999};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    for (size_t k = 0; k < i; k++)
      assert_string_not_equal(nt_status_str(all[i]), nt_status_str(all[k]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_params),
      cmocka_unit_test(test_request_fields),
      cmocka_unit_test(test_timeout_text),
      cmocka_unit_test(test_status_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
