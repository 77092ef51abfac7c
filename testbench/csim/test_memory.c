// SPDX-License-Identifier: Apache-2.0
// The golden tile without memory: every allocation of its life fails once, and each time the
// failure is told as NT_ERR_MEMORY and nothing is lost or used that is not there (sanitizers
// watch).
#include "nt_rig.h"

#include <limits.h>
#include <stdlib.h>

static long left = LONG_MAX; ///< allocations until the one that fails

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void) {
  return left-- == 0;
}

void *__wrap_malloc(size_t size) {
  return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
  return fails() ? NULL : __real_realloc(old, size);
}

/// Core 0: one neuron that sends a spike to the host and a probe, in every timestep.
static void load(nt_dev_t *dev) {
  static const uint32_t program[] = {NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_TIMESTEP,
                                     NT_RIG_OP(PRB) | NT_RIG_A(1), NT_RIG_OP(SPK) | NT_RIG_A(1),
                                     NT_RIG_OP(END)};
  const nt_rig_group_t group = {
      .always = true, .lines = 1, .neurons = 1, .port_ptr = {64}, .port_count = {1}};
  nt_rig_program(dev, 0, 0, program, sizeof program / sizeof program[0]);
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_dword(dev, 0, 64, 0, nt_rig_dest(NT_HOST_TILE, 1, 9, NT_SPIKE_TYPE_GRADED8, false));
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
}

/// Opens a tile of two small cores and runs two steps; the first failure.
static nt_status_t life(nt_error_t *err) {
  const nt_params_t params = {.cores = 2,
                              .word_bits = 64,
                              .pool_words = 256,
                              .lines = 2,
                              .acc_bits = 24,
                              .prog_words = 64,
                              .table_words = 64,
                              .groups = 8};
  nt_dev_t *dev = NULL;
  nt_status_t status = nt_golden_open(&params, &dev, err);
  if (status != NT_OK) {
    NT_RIG_EQUAL(dev == NULL, true);
    return status;
  }
  load(dev);
  dev->ops->set_tap(dev, true);
  for (uint32_t timestep = 1; timestep < 3 && status == NT_OK; timestep++) {
    const nt_spike_t *spikes = NULL;
    size_t count = 0;
    status = nt_dev_step(dev, timestep, UINT64_MAX, err);
    nt_dev_drain(dev, &spikes, &count);
    if (status == NT_OK) {
      NT_RIG_EQUAL(count, 1);
      NT_RIG_EQUAL(spikes[0].payload, timestep);
    }
  }
  nt_dev_close(dev);
  return status;
}

static void test_each_allocation_fails(void **state) {
  (void)state;
  uint32_t failures = 0;
  for (long k = 0;; k++) {
    nt_error_t err = {0};
    left = k;
    const nt_status_t status = life(&err);
    const bool all_given = left >= 0;
    left = LONG_MAX;
    NT_RIG_EQUAL(status, all_given ? NT_OK : NT_ERR_MEMORY);
    if (all_given)
      break;
    failures++;
  }
  // A tile, a pool, six tables of accumulators and three memories in each core, and three lists of
  // messages: to the host, probes, tapped.
  NT_RIG_EQUAL(failures, 1 + 2 * (1 + 6 + 3) + 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_allocation_fails)};
  return nt_rig_report("test_csim_memory", cmocka_run_group_tests(tests, NULL, NULL));
}
