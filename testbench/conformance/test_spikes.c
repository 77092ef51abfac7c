// SPDX-License-Identifier: Apache-2.0
// Spikes and probes: ports, destinations, types, multicast, and when they act
// (docs/spec/memory.md).
#include "nt_check.h"
#include "nt_oracle.h"

#include <stdlib.h>

enum {
  CLIPPED = 1 << NT_FLAGS_PAYLOAD_CLIPPED_LSB,
  BAD_AXON = 1 << NT_FLAGS_BAD_AXON_LSB,
  MISROUTE = 1 << NT_ERROR_MISROUTE_LSB
};

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

/// Every neuron sends its state word 0 on `ports` ports, from port 0 on.
static nt_asm_program_t sender(uint32_t ports) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  for (uint32_t port = 0; port < ports; port++)
    nt_asm_emit(&program, nt_asm_spk(port, 1));
  nt_asm_emit(&program, nt_asm_end());
  return program;
}

/// An ALWAYS group of `neurons` senders with the ports given, in `core`.
static void put_sender(nt_dev_t *dev, uint32_t core, uint32_t neurons, const uint32_t *port_ptr,
                       const uint32_t *port_count, uint32_t ports) {
  const nt_asm_program_t program = sender(ports);
  nt_asm_group_t group = {.always = true,
                          .lines = (neurons + line_lanes() - 1) / line_lanes(),
                          .neurons = neurons,
                          .state_base = NT_CHECK_STATE,
                          .state_words = 1};
  for (uint32_t port = 0; port < ports; port++) {
    group.port_ptr[port] = port_ptr[port];
    group.port_count[port] = port_count[port];
  }
  nt_check_group(dev, core, 0, &group);
  nt_check_program(dev, core, 0, program.word, program.count);
}

/// The usual case: port 0 with `count` destinations at NT_CHECK_DESTS.
static void put_plain_sender(nt_dev_t *dev, uint32_t core, uint32_t neurons, uint32_t count) {
  const uint32_t ptr = NT_CHECK_DESTS;
  put_sender(dev, core, neurons, &ptr, &count, 1);
}

static int compare_wire(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/// The spikes that left the tile are exactly `expected`, in any order.
static void check_left(nt_dev_t *dev, nt_spike_t *expected, uint32_t count) {
  enum { MAX = 512 };
  uint64_t found[MAX], wanted[MAX];
  const nt_spike_t *spikes = NULL;
  size_t found_count = 0;
  nt_dev_drain(dev, &spikes, &found_count);
  NT_CHECK(found_count, count);
  assert_true(count <= MAX);
  for (uint32_t i = 0; i < count; i++) {
    found[i] = nt_spike_pack(&spikes[i]);
    wanted[i] = nt_spike_pack(&expected[i]);
  }
  qsort(found, count, sizeof found[0], compare_wire);
  qsort(wanted, count, sizeof wanted[0], compare_wire);
  for (uint32_t i = 0; i < count; i++)
    NT_CHECK_AT(found[i], wanted[i], i, count);
}

static const int32_t payloads[] = {
    1,       -1,       2,        127,      128,       -128,      -129,  255,
    256,     -256,     32767,    32768,    -32768,    -32769,    65536, 8388607,
    8388608, -8388608, -8388609, 16777216, INT32_MAX, INT32_MIN, 0,
};

/// What arrives for each payload and type, and whether it was clipped.
static void test_types_and_clipping(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  uint32_t timestep = 0;
  put_plain_sender(dev, 0, 1, 1);
  for (uint32_t type = NT_SPIKE_TYPE_BINARY; type <= NT_SPIKE_TYPE_GRADED24; type++) {
    nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(NT_HOST_TILE, 3, 4321, type, false));
    for (uint32_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
      const int32_t payload = payloads[i];
      const bool binary = type == NT_SPIKE_TYPE_BINARY;
      const int32_t sent = binary ? 1 : nt_oracle_wrap(payload, 8 * type);
      nt_spike_t expected = {
          .tile = NT_HOST_TILE, .cores = 3, .type = (uint8_t)type, .axon = 4321, .payload = sent};
      nt_check_state_put(dev, 0, 1, 0, 0, (uint32_t)payload);
      nt_check_step(dev, timestep++);
      check_left(dev, &expected, payload != 0 ? 1 : 0);
      NT_CHECK_AT(nt_check_flags(dev, 0), binary || sent == payload ? 0 : CLIPPED, type, i);
      nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, CLIPPED);
    }
  }
  nt_dev_close(dev);
}

/// VECTOR adds the neuron's index modulo 2^16; without it all neurons name the same axon.
static void test_vector(void **state) {
  (void)state;
  const uint32_t neurons = line_lanes() + 2;
  nt_dev_t *dev = nt_check_open();
  nt_spike_t expected[2 * 258];
  uint32_t count = 0;
  put_plain_sender(dev, 0, neurons, 2);
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(NT_HOST_TILE, 1, 65530, 3, true));
  nt_check_dword(dev, 0, NT_CHECK_DESTS, 1, nt_asm_dest(77, 0, 65535, 2, false));
  for (uint32_t n = 0; n < neurons; n++) {
    const int32_t payload = (int32_t)n % 5 - 2; // every fifth neuron keeps silent
    nt_check_state_put(dev, 0, 1, n, 0, (uint32_t)payload);
    if (payload == 0)
      continue;
    expected[count++] = (nt_spike_t){NT_HOST_TILE, 1, 3, (uint16_t)(65530 + n), payload};
    expected[count++] = (nt_spike_t){77, 0, 2, 65535, payload};
  }
  nt_check_step(dev, 0);
  check_left(dev, expected, count);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_OUT), count);
  NT_CHECK(nt_check_flags(dev, 0), 0);
  nt_dev_close(dev);
}

/// Port q has its own list and count, 0 included; a list wraps at the end of the pool.
static void test_ports(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t last = dev->params.pool_words - 1;
  const uint32_t per_word = dev->params.word_bits / 64;
  uint32_t ptr[NT_PORTS], count[NT_PORTS], total = 0;
  nt_spike_t expected[200];
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    ptr[port] = port == 7 ? last : NT_CHECK_DESTS + 24 * port;
    count[port] = port == 7 ? per_word + 2 : 3 * port;
    for (uint32_t k = 0; k < count[port]; k++) {
      const uint32_t axon = 1000 * port + k;
      nt_check_dword(dev, 0, ptr[port], k,
                     nt_asm_dest(9, port, axon, NT_SPIKE_TYPE_GRADED8, false));
      expected[total++] = (nt_spike_t){9, (uint8_t)port, NT_SPIKE_TYPE_GRADED8, (uint16_t)axon, -7};
    }
  }
  put_sender(dev, 0, 1, ptr, count, NT_PORTS);
  nt_check_state_put(dev, 0, 1, 0, 0, (uint32_t)-7);
  nt_check_step(dev, 0);
  check_left(dev, expected, total);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_OUT), total);
  nt_dev_close(dev);
}

/// The longest destination list a port can have.
static void test_longest_destination_list(void **state) {
  (void)state;
  enum { COUNT = 255 };
  nt_dev_t *dev = nt_check_open();
  nt_spike_t expected[COUNT];
  put_plain_sender(dev, 0, 1, COUNT);
  for (uint32_t k = 0; k < COUNT; k++) {
    nt_check_dword(dev, 0, NT_CHECK_DESTS, k, nt_asm_dest(k + 1, k, k, k % 4, false));
    expected[k] = (nt_spike_t){(uint16_t)(k + 1), (uint8_t)k, k % 4, (uint16_t)k, k % 4 ? 99 : 1};
  }
  nt_check_state_put(dev, 0, 1, 0, 0, 99);
  nt_check_step(dev, 0);
  check_left(dev, expected, COUNT);
  nt_dev_close(dev);
}

static int32_t coming(nt_dev_t *dev, uint32_t core, uint32_t lane) {
  return (int32_t)nt_check_read(dev, core, NT_SPACE_ACC, lane);
}

/// A message for the own tile, to every set of cores: one message, and it acts in the next step.
static void test_multicast_inside(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t cores = dev->params.cores;
  const uint32_t tile = 1234;
  nt_error_t err = {0};
  uint64_t received[NT_CORES_MAX] = {0};
  uint32_t sent = 0;
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_TILE_ID, tile, &err), &err);
  put_plain_sender(dev, 0, 1, 1);
  nt_check_state_put(dev, 0, 1, 0, 0, 40);
  for (uint32_t core = 0; core < cores; core++)
    for (uint32_t axon = 0; axon < 4; axon++)
      nt_check_axon(dev, core, axon, nt_asm_single(0, axon, core, 3));
  for (uint32_t mask = 1; mask < 1u << cores; mask++) {
    const uint32_t axon = mask % 4;
    nt_check_dword(dev, 0, NT_CHECK_DESTS, 0,
                   nt_asm_dest(tile, mask, axon, NT_SPIKE_TYPE_GRADED16, false));
    nt_check_step(dev, mask);
    check_left(dev, NULL, 0);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_OUT), ++sent);
    for (uint32_t core = 0; core < cores; core++) {
      const bool named = (mask >> core & 1) != 0;
      received[core] += named ? 1 : 0;
      NT_CHECK_AT(nt_check_counter(dev, core, NT_COUNTER_MSG_IN), received[core], mask, core);
      for (uint32_t lane = 0; lane < 4; lane++)
        NT_CHECK_AT(coming(dev, core, lane), named && lane == axon ? 120 << core : 0, mask, core);
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACT, 0), named ? 1 : 0, mask, core);
    }
  }
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
  nt_dev_close(dev);
}

/// Neurons that forward what they received, around the cores: one hop per timestep, never two.
static void test_one_hop_per_timestep(void **state) {
  (void)state;
  enum { STEPS = 12 };
  nt_dev_t *dev = nt_check_open();
  const uint32_t cores = dev->params.cores;
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_rdc(1, 0));
  nt_asm_emit(&program, nt_asm_spk(0, 1));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_spc(2, NT_SPC_TIMESTEP));
  nt_asm_emit(&program, nt_asm_st(2, 1));
  nt_asm_emit(&program, nt_asm_end());
  for (uint32_t core = 0; core < cores; core++) {
    const uint32_t next = (core + 1) % cores;
    const nt_asm_group_t group = {.lines = 1,
                                  .neurons = 1,
                                  .state_base = NT_CHECK_STATE,
                                  .state_words = 2,
                                  .port_ptr = {NT_CHECK_DESTS},
                                  .port_count = {1}};
    nt_check_group(dev, core, 0, &group);
    nt_check_program(dev, core, 0, program.word, program.count);
    nt_check_dword(dev, core, NT_CHECK_DESTS, 0, nt_asm_dest(0, 1u << next, 0, 3, false));
    nt_check_axon(dev, core, 0, nt_asm_single(0, 0, 1, 1));
  }
  nt_check_inject(dev, 1, 0, 1);
  for (uint32_t t = 0; t < STEPS; t++) {
    NT_CHECK(nt_dev_pending(dev), true);
    nt_check_step(dev, t);
    const uint32_t core = t % cores;
    NT_CHECK_AT(nt_check_state(dev, core, 2, 0, 0), 2u << t, t, core);
    NT_CHECK_AT(nt_check_state(dev, core, 2, 0, 1), t, t, core);
    NT_CHECK_AT(nt_check_counter(dev, core, NT_COUNTER_NEURONS), t / cores + 1, t, core);
  }
  nt_dev_close(dev);
}

static uint32_t missing_cores(const nt_dev_t *dev) {
  return 0xFFu & ~((1u << dev->params.cores) - 1);
}

static void check_and_clear_error(nt_dev_t *dev, uint32_t expected) {
  nt_error_t err = {0};
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), expected);
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_ERROR, 7, &err), &err);
  NT_CHECK(nt_check_reg(dev, NT_REG_ERROR), 0);
}

static void inject_to(nt_dev_t *dev, uint32_t tile, uint32_t cores) {
  const nt_spike_t spike = {
      .tile = (uint16_t)tile, .cores = (uint8_t)cores, .type = NT_SPIKE_TYPE_GRADED8, .payload = 5};
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_inject(dev, &spike, 1, &err), &err);
  NT_CHECK(nt_dev_pending(dev), tile == 0 && (cores & ~missing_cores(dev)) != 0);
}

/// Spikes for other tiles and for cores that do not exist are dropped and reported.
static void test_misroute(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_check_axon(dev, 0, 0, nt_asm_single(0, 0, 0, 1));
  inject_to(dev, 1, 1);
  check_and_clear_error(dev, MISROUTE);
  inject_to(dev, NT_HOST_TILE, 1);
  check_and_clear_error(dev, MISROUTE);
  inject_to(dev, 0, 0);
  check_and_clear_error(dev, MISROUTE);
  inject_to(dev, 0, missing_cores(dev));
  check_and_clear_error(dev, MISROUTE);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 0);
  inject_to(dev, 0, missing_cores(dev) | 1); // bits beyond the cores mean nothing here
  check_and_clear_error(dev, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 1);
  NT_CHECK(coming(dev, 0, 0), 5);
  // The same from a destination entry.
  const uint32_t masks[] = {0, missing_cores(dev)};
  put_plain_sender(dev, 0, 1, 1);
  nt_check_state_put(dev, 0, 1, 0, 0, 3);
  for (uint32_t i = 0; i < 2; i++) {
    nt_check_dword(dev, 0, NT_CHECK_DESTS, 0, nt_asm_dest(0, masks[i], 0, 1, false));
    nt_check_step(dev, i);
    check_left(dev, NULL, 0);
    check_and_clear_error(dev, MISROUTE);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_OUT), i + 1);
    NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 1);
  }
  nt_dev_close(dev);
}

/// The receiver takes the payload field whatever the type says.
static void test_received_as_it_is(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_error_t err = {0};
  int32_t sum = 0;
  nt_check_axon(dev, 0, 0, nt_asm_single(0, 0, 0, 1));
  for (uint32_t type = 0; type < 4; type++) {
    const nt_spike_t spike = {
        .cores = 1, .type = (uint8_t)type, .payload = 1000001 * ((int32_t)type - 2)};
    sum += spike.payload;
    NT_CHECK_OK(nt_dev_inject(dev, &spike, 1, &err), &err);
  }
  NT_CHECK(coming(dev, 0, 0), sum);
  NT_CHECK(nt_check_flags(dev, 0), 0);
  nt_dev_close(dev);
}

/// A probe names core, group and neuron; without PROBE_ENABLE nothing is sent.
static void test_probes(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t core = dev->params.cores - 1;
  const uint32_t number = dev->params.groups - 1;
  const uint32_t neurons = line_lanes() + 1;
  const nt_asm_group_t group = {.always = true,
                                .lines = 2,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1};
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  nt_asm_emit(&program, nt_asm_prb(1));
  nt_asm_emit(&program, nt_asm_end());
  nt_check_group(dev, core, number, &group);
  nt_check_program(dev, core, 0, program.word, program.count);
  for (uint32_t n = 0; n < neurons; n++)
    nt_check_state_put(dev, core, 1, n, 0, n * 0x9E3779B1u);
  for (uint32_t t = 0; t < 3; t++) {
    bool seen[257] = {false};
    const nt_probe_t *probes = NULL;
    size_t count = 0;
    nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_PROBE_ENABLE, t % 2);
    nt_check_step(dev, t);
    dev->ops->drain_probes(dev, &probes, &count);
    NT_CHECK(count, t % 2 == 1 ? neurons : 0);
    for (size_t i = 0; i < count; i++) {
      NT_CHECK(probes[i].core, core);
      NT_CHECK(probes[i].group, number);
      NT_CHECK(probes[i].neuron < neurons && !seen[probes[i].neuron], true);
      NT_CHECK(probes[i].value, (int32_t)(probes[i].neuron * 0x9E3779B1u));
      seen[probes[i].neuron] = true;
    }
  }
  nt_dev_close(dev);
}

/// Spikes that a core cannot place: counted, dropped, flagged in that core only.
static void test_bad_axon(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_check_axon(dev, 0, 0, nt_asm_single(0, 0, 0, 1));
  for (uint32_t format = 0; format < 8; format++) {
    const bool good = format >= NT_FORMAT_DENSE && format <= NT_FORMAT_SINGLE;
    const uint64_t entry = (nt_asm_single(0, 0, 0, 1) & ~UINT64_C(7)) | format;
    nt_check_axon(dev, 0, 1, entry);
    nt_check_inject(dev, 1, 1, 1);
    NT_CHECK_AT(nt_check_flags(dev, 0), good ? 0 : BAD_AXON, format, 0);
    NT_CHECK_AT(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), format + 1, format, 1);
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, BAD_AXON);
  }
  // What would be entries beyond AXON_COUNT look like good ones.
  static const uint32_t beyond[] = {2, 3, 65535};
  nt_check_step(dev, 0);
  nt_check_dword(dev, 0, NT_CHECK_AXONS, 2, nt_asm_single(0, 0, 0, 1));
  nt_check_dword(dev, 0, NT_CHECK_AXONS, 3, nt_asm_single(0, 0, 0, 1));
  for (uint32_t i = 0; i < 3; i++) {
    nt_check_inject(dev, 1, beyond[i], 1);
    NT_CHECK_AT(nt_check_flags(dev, 0), BAD_AXON, beyond[i], 0);
    nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_FLAGS, BAD_AXON);
  }
  NT_CHECK(nt_check_read(dev, 0, NT_SPACE_ACT, 0), 0);
  NT_CHECK(nt_check_flags(dev, 1), 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 11);
  // The axon table may be anywhere and wraps; the last of 65536 axons is an axon like any other.
  const uint32_t per_word = dev->params.word_bits / 64;
  const uint32_t words = 65536 / per_word;
  const uint32_t base = dev->params.pool_words + 100 - words % dev->params.pool_words;
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_BASE, base % dev->params.pool_words);
  nt_check_write(dev, 0, NT_SPACE_CREG, NT_CREG_AXON_COUNT, 65536);
  nt_check_dword(dev, 0, base, 65535, nt_asm_single(1, 0, 0, 1));
  nt_check_inject(dev, 1, 65535, 9);
  NT_CHECK(nt_check_flags(dev, 0), 0);
  NT_CHECK(nt_check_read(dev, 0, NT_SPACE_ACC, dev->params.lines * line_lanes()), 9);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_types_and_clipping),
      cmocka_unit_test(test_vector),
      cmocka_unit_test(test_ports),
      cmocka_unit_test(test_longest_destination_list),
      cmocka_unit_test(test_multicast_inside),
      cmocka_unit_test(test_one_hop_per_timestep),
      cmocka_unit_test(test_misroute),
      cmocka_unit_test(test_received_as_it_is),
      cmocka_unit_test(test_probes),
      cmocka_unit_test(test_bad_axon),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_spikes", nt_check_run(tests));
}
