// SPDX-License-Identifier: Apache-2.0
// Output ports, message types, routing and probes (docs/spec/memory.md, docs/spec/timestep.md).
#include "nt_rig.h"

enum { STATE = 2048, PORTS = 3000 };

/// Core 0 runs a group on line 1 whose neurons send their accumulator of dendrite 0 on port 0 and
/// then on port 7.
static nt_dev_t *open_sender(uint32_t neurons) {
  static const uint32_t program[] = {NT_RIG_OP(RDC) | NT_RIG_D(1) | 0,
                                     NT_RIG_OP(SPK) | NT_RIG_A(1) | 0,
                                     NT_RIG_OP(SPK) | NT_RIG_A(1) | 7, NT_RIG_OP(END)};
  nt_dev_t *dev = nt_rig_open(NULL);
  const nt_rig_group_t group = {.line = 1,
                                .lines = 1,
                                .neurons = neurons,
                                .entry = 10,
                                .state_base = STATE,
                                .port_ptr = {PORTS},
                                .port_count = {1}};
  nt_rig_group(dev, 0, 2, &group);
  nt_rig_program(dev, 0, 10, program, 4);
  return dev;
}

/// Sets the coming accumulator of dendrite 0 of the sender's neuron `n`.
static void set_input(nt_dev_t *dev, uint32_t n, int32_t value) {
  nt_rig_write(dev, 0, NT_SPACE_ACT, 1, 1);
  nt_rig_write(dev, 0, NT_SPACE_ACC, 128 + n, (uint32_t)value);
}

/// The one spike that left in the last step.
static nt_spike_t only_spike(nt_dev_t *dev) {
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 1);
  return spikes[0];
}

static void test_types(void **state) {
  (void)state;
  static const struct {
    uint32_t type;
    int32_t value, sent;
    bool clipped;
  } cases[] = {
      {NT_SPIKE_TYPE_BINARY, 5, 1, false},
      {NT_SPIKE_TYPE_BINARY, -5, 1, false},
      {NT_SPIKE_TYPE_BINARY, INT32_MIN, 1, false},
      {NT_SPIKE_TYPE_GRADED8, 127, 127, false},
      {NT_SPIKE_TYPE_GRADED8, -128, -128, false},
      {NT_SPIKE_TYPE_GRADED8, 128, -128, true},
      {NT_SPIKE_TYPE_GRADED8, -129, 127, true},
      {NT_SPIKE_TYPE_GRADED8, 256, 0, true}, // clipped to zero, and still sent
      {NT_SPIKE_TYPE_GRADED16, 32767, 32767, false},
      {NT_SPIKE_TYPE_GRADED16, -32768, -32768, false},
      {NT_SPIKE_TYPE_GRADED16, 0x12345, 0x2345, true},
      {NT_SPIKE_TYPE_GRADED24, 8388607, 8388607, false},
      {NT_SPIKE_TYPE_GRADED24, -8388608, -8388608, false},
      {NT_SPIKE_TYPE_GRADED24, 8388608, -8388608, true},
      {NT_SPIKE_TYPE_GRADED24, 0x7F000001, 1, true},
  };
  nt_dev_t *dev = open_sender(3);
  for (uint32_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(NT_HOST_TILE, 0xA5, 0x8001, cases[k].type, false));
    set_input(dev, 0, 0);
    set_input(dev, 2, cases[k].value);
    nt_rig_step(dev, k);
    const nt_spike_t spike = only_spike(dev);
    NT_RIG_EQUAL(spike.tile, NT_HOST_TILE);
    NT_RIG_EQUAL(spike.cores, 0xA5);
    NT_RIG_EQUAL(spike.axon, 0x8001);
    NT_RIG_EQUAL(spike.type, cases[k].type);
    NT_RIG_EQUAL(spike.payload, cases[k].sent);
    NT_RIG_EQUAL(nt_golden_flags(dev, 0),
                 (uint32_t)cases[k].clipped << NT_FLAGS_PAYLOAD_CLIPPED_LSB);
    nt_rig_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, 0xFFFFFFFFU);
    NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_OUT), k + 1);
  }
  nt_dev_close(dev);
}

/// Every neuron that sends, every destination of both ports, VECTOR and not; axons wrap.
static void test_fan_out(void **state) {
  (void)state;
  nt_dev_t *dev = open_sender(128);
  const nt_rig_group_t group = {.line = 1,
                                .lines = 1,
                                .neurons = 128,
                                .entry = 10,
                                .port_ptr = {8191, [7] = PORTS},
                                .port_count = {6, [7] = 1}};
  nt_rig_group(dev, 0, 2, &group);
  for (uint32_t k = 0; k < 6; k++) // dwords 4 and 5 wrap to pool word 0
    nt_rig_dword(dev, 0, 8191, k,
                 nt_rig_dest(100 + k, k, 65500, NT_SPIKE_TYPE_GRADED16, k % 2 == 1));
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(200, 1, 7, NT_SPIKE_TYPE_GRADED24, true));
  for (uint32_t n = 0; n < 128; n++)
    set_input(dev, n, n % 3 == 0 ? 0 : (int32_t)n - 64); // neuron 64's value is 0
  nt_rig_step(dev, 0);
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 84 * 7); // 128 - 43 multiples of 3 - neuron 64
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_OUT), 84 * 7);
  bool seen[7][128] = {{false}};
  for (size_t k = 0; k < count; k++) {
    const uint32_t n = (uint32_t)(spikes[k].payload + 64);
    const uint32_t dest = spikes[k].tile == 200 ? 6 : spikes[k].tile - 100U;
    NT_RIG_EQUAL(n < 128 && n % 3 != 0 && n != 64 && dest < 7 && !seen[dest][n], true);
    seen[dest][n] = true;
    NT_RIG_EQUAL(spikes[k].cores, dest == 6 ? 1 : dest);
    NT_RIG_EQUAL(spikes[k].axon, dest == 6       ? 7 + n
                                 : dest % 2 == 0 ? 65500
                                 : n < 36        ? 65500 + n
                                                 : n - 36);
  }
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 0);
  nt_dev_close(dev);
}

/// A spike to the own tile acts in the next step, in every core it names, and not in this one.
static void test_local(void **state) {
  (void)state;
  nt_dev_t *dev = open_sender(1);
  NT_RIG_EQUAL(nt_dev_reg_write(dev, NT_REG_TILE_ID, 77, NULL), NT_OK);
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(77, 0x85, 0, NT_SPIKE_TYPE_GRADED24, false));
  nt_rig_axon(dev, 0, 0, nt_rig_single(0, 128, 0, 1)); // back to the sender
  nt_rig_axon(dev, 2, 0, nt_rig_single(1, 5, 1, -3));
  set_input(dev, 0, 1000);
  nt_rig_step(dev, 0);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 1, 0), 1000);
  NT_RIG_EQUAL(nt_rig_acc(dev, 2, 1, 0, 5), -6000);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_OUT), 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_IN), 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 1, NT_COUNTER_MSG_IN), 0);
  NT_RIG_EQUAL(nt_rig_counter(dev, 2, NT_COUNTER_MSG_IN), 1);
  NT_RIG_EQUAL(nt_dev_pending(dev), true);
  nt_rig_step(dev, 1);
  NT_RIG_EQUAL(nt_rig_acc(dev, 0, 0, 1, 0), 1000);
  NT_RIG_EQUAL(nt_rig_acc(dev, 2, 1, 0, 5), -6000);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 0);
  // The own tile and no existing core: counted, dropped.
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(77, 0x80, 0, NT_SPIKE_TYPE_GRADED24, false));
  nt_rig_step(dev, 2);
  NT_RIG_EQUAL(nt_rig_reg(dev, NT_REG_ERROR), 1);
  NT_RIG_EQUAL(nt_rig_counter(dev, 0, NT_COUNTER_MSG_OUT), 3);
  NT_RIG_EQUAL(nt_dev_pending(dev), false);
  // Another tile and no core leaves like any other message.
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(78, 0, 0, NT_SPIKE_TYPE_GRADED24, false));
  set_input(dev, 0, 3);
  nt_rig_step(dev, 3);
  NT_RIG_EQUAL(only_spike(dev).cores, 0);
  nt_dev_close(dev);
}

/// Spikes wait until they are drained, over steps.
static void test_drain(void **state) {
  (void)state;
  nt_dev_t *dev = open_sender(128);
  const nt_spike_t *spikes = NULL;
  size_t count = 1;
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 0);
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(9, 1, 0, NT_SPIKE_TYPE_GRADED24, true));
  for (uint32_t step = 0; step < 20; step++) {
    for (uint32_t n = 0; n < 128; n++)
      set_input(dev, n, (int32_t)(step * 128 + n + 1));
    nt_rig_step(dev, step);
  }
  nt_dev_drain(dev, &spikes, &count);
  NT_RIG_EQUAL(count, 2560);
  int64_t sum = 0;
  for (size_t k = 0; k < count; k++)
    sum += spikes[k].payload;
  NT_RIG_EQUAL(sum, 2560 * 2561 / 2);
  for (uint32_t n = 0; n < 128;
       n++) // a row that the host makes active needs all its accumulators written
    set_input(dev, n, n == 4 ? -1 : 0);
  nt_rig_step(dev, 20);
  NT_RIG_EQUAL(only_spike(dev).payload, -1);
  nt_dev_close(dev);
}

/// The tap shows what a core sent in the last step, whatever became of it.
static void test_tap(void **state) {
  (void)state;
  nt_dev_t *dev = open_sender(2);
  const nt_rig_group_t group = {
      .line = 1, .lines = 1, .neurons = 2, .entry = 10, .port_ptr = {PORTS}, .port_count = {3}};
  nt_rig_group(dev, 0, 2, &group);
  nt_rig_dword(dev, 0, PORTS, 0, nt_rig_dest(0, 2, 9, NT_SPIKE_TYPE_GRADED8, false));   // local
  nt_rig_dword(dev, 0, PORTS, 1, nt_rig_dest(0, 128, 9, NT_SPIKE_TYPE_GRADED8, false)); // dropped
  nt_rig_dword(dev, 0, PORTS, 2, nt_rig_dest(5, 1, 9, NT_SPIKE_TYPE_GRADED8, true));    // leaves
  const uint64_t *wire = NULL;
  size_t count = 9;
  dev->ops->tap(dev, 0, &wire, &count);
  NT_RIG_EQUAL(count, 0);
  for (uint32_t step = 0; step < 3; step++) { // on in step 1 only
    dev->ops->set_tap(dev, step == 1);
    set_input(dev, 0, 0);
    set_input(dev, 1, -2);
    nt_rig_step(dev, step);
    dev->ops->tap(dev, 0, &wire, &count);
    NT_RIG_EQUAL(count, step == 1 ? 3 : 0);
    if (step == 1) {
      NT_RIG_EQUAL(wire[0], 0x1020000009FFFFFE);
      NT_RIG_EQUAL(wire[1], 0x1800000009FFFFFE);
      NT_RIG_EQUAL(wire[2], 0x101005000AFFFFFE);
    }
    dev->ops->tap(dev, 1, &wire, &count);
    NT_RIG_EQUAL(count, 0);
  }
  nt_dev_close(dev);
}

static void test_probe(void **state) {
  (void)state;
  static const uint32_t program[] = {NT_RIG_OP(SPC) | NT_RIG_D(1) | NT_SPC_NEURON,
                                     NT_RIG_OP(NEG) | NT_RIG_D(2) | NT_RIG_B(1),
                                     NT_RIG_OP(CEQ) | NT_RIG_A(1) | NT_RIG_B(0), // neuron 0 skips
                                     NT_RIG_OP(SKP) | 1,
                                     NT_RIG_OP(PRB) | NT_RIG_A(2),
                                     NT_RIG_OP(END)};
  nt_dev_t *dev = nt_rig_open(NULL);
  const nt_rig_group_t group = {.always = true, .line = 6, .lines = 2, .neurons = 130};
  nt_rig_group(dev, 3, 15, &group);
  nt_rig_program(dev, 3, 0, program, 6);
  const nt_probe_t *probes = NULL;
  size_t count = 1;
  nt_rig_step(dev, 0);
  dev->ops->drain_probes(dev, &probes, &count);
  NT_RIG_EQUAL(count, 0);
  nt_rig_write(dev, 3, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, 1);
  nt_rig_step(dev, 1);
  dev->ops->drain_probes(dev, &probes, &count);
  NT_RIG_EQUAL(count, 129);
  bool seen[130] = {false};
  for (size_t k = 0; k < count; k++) {
    NT_RIG_EQUAL(probes[k].core, 3);
    NT_RIG_EQUAL(probes[k].group, 15);
    NT_RIG_EQUAL(probes[k].neuron > 0 && probes[k].neuron < 130 && !seen[probes[k].neuron], true);
    seen[probes[k].neuron] = true;
    NT_RIG_EQUAL(probes[k].value, -(int32_t)probes[k].neuron);
  }
  dev->ops->drain_probes(dev, &probes, &count);
  NT_RIG_EQUAL(count, 0);
  nt_dev_close(dev);
}

static void test_wire(void **state) {
  (void)state;
  const nt_spike_t spike = {.tile = 0xABC, .cores = 0x5A, .type = 3, .axon = 0x1234, .payload = -2};
  NT_RIG_EQUAL(nt_spike_pack(&spike), 0x35AABC1234FFFFFE);
  const nt_spike_t back = nt_spike_unpack(UINT64_C(0x05CABC1234800000));
  NT_RIG_EQUAL(back.tile, 0xABC);
  NT_RIG_EQUAL(back.cores, 0x5C);
  NT_RIG_EQUAL(back.type, 0);
  NT_RIG_EQUAL(back.axon, 0x1234);
  NT_RIG_EQUAL(back.payload, -8388608);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types), cmocka_unit_test(test_fan_out), cmocka_unit_test(test_local),
      cmocka_unit_test(test_drain), cmocka_unit_test(test_tap),     cmocka_unit_test(test_probe),
      cmocka_unit_test(test_wire),
  };
  return nt_rig_report("test_spike", cmocka_run_group_tests(tests, NULL, NULL));
}
