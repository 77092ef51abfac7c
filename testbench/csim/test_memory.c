// SPDX-License-Identifier: Apache-2.0
// A golden tile without memory: every allocation refused once, and what is said of it in
// csim/include/nt_golden.h. The linker puts these allocators before the library's (--wrap).
#include "nt_rig.h"

#include <stdlib.h>
#include <string.h>

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);

/// Allocations until one is refused; below 0 none is.
static int left = -1;
static bool refused;
static int live; ///< allocations not freed

static bool refuse(void) {
  refused = left == 0;
  left -= left >= 0;
  return refused;
}

void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size) {
  void *memory = refuse() ? NULL : __real_calloc(count, size);
  live += memory != NULL;
  return memory;
}

void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size) {
  void *memory = refuse() ? NULL : __real_realloc(old, size);
  live += memory != NULL && old == NULL;
  return memory;
}

void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  live -= memory != NULL;
  __real_free(memory);
}

/// Opening fails whichever allocation is refused, says so, and leaves nothing behind.
static void test_open(void **state) {
  (void)state;
  const nt_params_t params = nt_params_default();
  static nt_dev_t other;
  uint32_t failures = 0;
  for (bool opened = false; !opened;) {
    nt_error_t err = {0};
    nt_dev_t *dev = &other;
    left = (int)failures;
    const nt_status_t status = nt_golden_open(&params, &dev, &err);
    opened = left >= 0; // fewer allocations than that
    left = -1;
    NT_RIG_EQUAL(status, opened ? NT_OK : NT_ERR_MEMORY);
    NT_RIG_EQUAL(err.status, status);
    if (opened)
      nt_dev_close(dev);
    else
      assert_null(dev);
    NT_RIG_EQUAL(live, 0);
    failures += !opened;
  }
  // A tile; for each core pool, programs, constants, groups, two sets of accumulators and activity.
  NT_RIG_EQUAL(failures >= 1 + 4 * (1 + 3 + 4), true);
}

/// Core 0 with one neuron that sends to tile 5 or reports a probe in every step.
static nt_dev_t *open_one(uint32_t instruction) {
  nt_dev_t *dev = nt_rig_open(NULL);
  const uint32_t program[] = {NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_TIMESTEP,
                              instruction | NT_RIG_A(1), NT_RIG_OP(END)};
  const nt_rig_group_t group = {
      .always = true, .lines = 1, .neurons = 1, .port_ptr = {64}, .port_count = {1}};
  nt_rig_group(dev, 0, 0, &group);
  nt_rig_program(dev, 0, 0, program, 3);
  nt_rig_dword(dev, 0, 64, 0, nt_rig_dest(5, 1, 0, NT_SPIKE_TYPE_GRADED24, false));
  nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  return dev;
}

/// Values sent, probes or spikes, since the last call.
static size_t taken(nt_dev_t *dev, bool probes, int32_t *last) {
  const nt_spike_t *spike = NULL;
  const nt_probe_t *probe = NULL;
  size_t count = 0;
  if (probes)
    dev->ops->drain_probes(dev, &probe, &count);
  else
    nt_dev_drain(dev, &spike, &count);
  if (count > 0)
    *last = probes ? probe[count - 1].value : spike[count - 1].payload;
  return count;
}

/// A step whose message finds no memory completes, loses the message and says so; the next is as
/// if nothing had been.
static void lose_one(uint32_t instruction, bool probes, bool tap) {
  nt_dev_t *dev = open_one(instruction);
  nt_error_t err = {0};
  int32_t last = 0;
  dev->ops->set_tap(dev, tap);
  left = 0;
  NT_RIG_EQUAL(nt_dev_step(dev, 7, 0, &err), NT_ERR_MEMORY);
  left = -1;
  assert_non_null(strstr(err.text, "timestep 7"));
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_TIMESTEP), 8);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_STEPS), 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_INSTRS), 3);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_OUT), !probes);
  NT_RIG_EQUAL(taken(dev, probes, &last), tap);
  for (uint32_t step = 8; step < 10; step++)
    NT_RIG_EQUAL(nt_dev_step(dev, step, 0, NULL), NT_OK);
  NT_RIG_EQUAL(taken(dev, probes, &last), 2);
  NT_RIG_EQUAL(last, 9);
  nt_dev_close(dev);
  NT_RIG_EQUAL(live, 0);
}

static void test_step(void **state) {
  (void)state;
  lose_one(NT_RIG_OP(SPK), false, false);
  lose_one(NT_RIG_OP(PRB), true, false);
  lose_one(NT_RIG_OP(SPK), false, true);
}

/// Spikes kept from earlier steps survive an outbox that cannot grow.
static void test_growth(void **state) {
  (void)state;
  nt_dev_t *dev = open_one(NT_RIG_OP(SPK));
  uint32_t kept = 0;
  for (uint32_t step = 1; step < 5000; step++) {
    const int allocations = live;
    left = 0;
    refused = false;
    const nt_status_t status = nt_dev_step(dev, step, 0, NULL);
    NT_RIG_EQUAL(status, refused ? NT_ERR_MEMORY : NT_OK);
    left = -1;
    NT_RIG_EQUAL(live, allocations);
    if (refused) { // now let it grow
      NT_RIG_EQUAL(nt_dev_step(dev, step, 0, NULL), NT_OK);
    }
    kept++;
  }
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, kept);
  for (uint32_t k = 0; k < kept; k++)
    NT_RIG_EQUAL(spikes[k].payload, k + 1);
  nt_dev_close(dev);
  NT_RIG_EQUAL(live, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_open),
      cmocka_unit_test(test_step),
      cmocka_unit_test(test_growth),
  };
  return nt_rig_report("test_memory", cmocka_run_group_tests(tests, NULL, NULL));
}
