// SPDX-License-Identifier: Apache-2.0
// nt_tile_sc at its socket and pins: what each transaction answers, how long it takes, what it
// leaves. Expectations are worked out by hand from docs/systemc.md and docs/spec.
#include "nt_rtl.h"
#include "nt_tile_map.h"
#include "nt_tile_sc.h"

#include <cstring>
#include <numeric>
#include <vector>

#include <csetjmp>
#include <cstdarg>
#include <cstdint>

extern "C" {
#include "nt_asm.h"

#include <cmocka.h>
}

#include <tlm_utils/simple_initiator_socket.h>

namespace {

using sc_core::sc_time;
using sc_core::sc_time_stamp;

const sc_time kPeriod(10, sc_core::SC_NS);
constexpr size_t kDepth = 16;
constexpr uint32_t kNeurons = 128, kDests = 512; // one line; pool word of the destinations

int all_tests();

class Bench : public sc_core::sc_module {
public:
  tlm_utils::simple_initiator_socket<Bench> bus{"bus"};
  sc_core::sc_clock clk{"clk", kPeriod};
  sc_core::sc_signal<bool, sc_core::SC_MANY_WRITERS> rst_n{"rst_n"};
  sc_core::sc_signal<bool> busy{"busy"}, data{"data"};
  nt_tile_sc tile{"tile", kDepth};
  int result = 1;

  SC_HAS_PROCESS(Bench);
  explicit Bench(const sc_core::sc_module_name &name) : sc_module(name) {
    tile.clk_i(clk);
    tile.rst_ni(rst_n);
    tile.busy_o(busy);
    tile.data_o(data);
    bus.bind(tile.host);
    SC_THREAD(run);
    set_stack_size(1 << 20);
  }

private:
  void run() {
    result = all_tests();
    sc_core::sc_stop();
  }
};

Bench *bench;

struct Answer {
  tlm::tlm_response_status status;
  sc_time delay, waited;
};

struct Options {
  size_t width = 0; // streaming width; 0: the length
  sc_time delay = sc_core::SC_ZERO_TIME;
  unsigned char *enables = nullptr;
};

Answer transport(tlm::tlm_command command, uint64_t address, void *data, size_t size,
                 Options options = {}) {
  tlm::tlm_generic_payload trans;
  trans.set_command(command);
  trans.set_address(address);
  trans.set_data_ptr(static_cast<unsigned char *>(data));
  trans.set_data_length(static_cast<unsigned>(size));
  trans.set_streaming_width(static_cast<unsigned>(options.width != 0 ? options.width : size));
  trans.set_byte_enable_ptr(options.enables);
  trans.set_byte_enable_length(options.enables != nullptr ? 1 : 0);
  trans.set_dmi_allowed(true);
  const sc_time begin = sc_time_stamp();
  bench->bus->b_transport(trans, options.delay);
  assert_false(trans.is_dmi_allowed() && options.enables == nullptr);
  return {trans.get_response_status(), options.delay, sc_time_stamp() - begin};
}

tlm::tlm_response_status read(uint64_t address, void *data, size_t size) {
  return transport(tlm::TLM_READ_COMMAND, address, data, size).status;
}

tlm::tlm_response_status write(uint64_t address, const void *data, size_t size) {
  return transport(tlm::TLM_WRITE_COMMAND, address, const_cast<void *>(data), size).status;
}

uint32_t get(uint64_t address) {
  uint32_t value = 0;
  assert_int_equal(read(address, &value, sizeof value), tlm::TLM_OK_RESPONSE);
  return value;
}

void put(uint64_t address, uint32_t value) {
  assert_int_equal(write(address, &value, sizeof value), tlm::TLM_OK_RESPONSE);
}

unsigned debug(tlm::tlm_command command, uint64_t address, void *data, size_t size) {
  tlm::tlm_generic_payload trans;
  trans.set_command(command);
  trans.set_address(address);
  trans.set_data_ptr(static_cast<unsigned char *>(data));
  trans.set_data_length(static_cast<unsigned>(size));
  const sc_time begin = sc_time_stamp();
  const unsigned moved = bench->bus->transport_dbg(trans);
  assert_true(sc_time_stamp() == begin);
  return moved;
}

// ---- a tile out of reset ----

int setup(void **) {
  bench->rst_n.write(false);
  sc_core::wait(2 * kPeriod);
  bench->tile.power_cycle();
  bench->rst_n.write(true);
  sc_core::wait(2 * kPeriod);
  return 0;
}

// Group 0 of core 0: one ALWAYS line whose neurons send what `program` says to the host.
void load(const std::vector<uint32_t> &program) {
  nt_asm_group_t group = {};
  group.always = true;
  group.lines = 1;
  group.neurons = kNeurons;
  group.port_ptr[0] = kDests;
  group.port_count[0] = 1;
  uint32_t words[NT_GROUP_WORDS];
  nt_asm_group_words(&group, words);
  const uint64_t dest = nt_asm_dest(NT_HOST_TILE, 0, 0, NT_SPIKE_TYPE_GRADED16, true);
  const uint32_t lanes = nt_params_word_lanes(&bench->tile.model()->params);
  assert_int_equal(write(nt_tile_map_word(0, NT_SPACE_POOL, kDests * lanes), &dest, sizeof dest),
                   tlm::TLM_OK_RESPONSE);
  assert_int_equal(write(nt_tile_map_word(0, NT_SPACE_PROG, 0), program.data(), 4 * program.size()),
                   tlm::TLM_OK_RESPONSE);
  assert_int_equal(write(nt_tile_map_word(0, NT_SPACE_GROUP, 0), words, sizeof words),
                   tlm::TLM_OK_RESPONSE);
}

// Every neuron sends its number; neuron 0 sends nothing (a zero is no spike).
void load_senders() {
  load({nt_asm_spc(1, NT_SPC_NEURON), nt_asm_spk(0, 1), nt_asm_end()});
}

// ---- registers ----

void registers_answer(void **) {
  uint32_t value = 0;
  assert_int_equal(get(NT_REG_ID), 0x4e54494c);
  assert_int_equal(get(NT_REG_VERSION), NT_DEFS_HASH);
  put(NT_REG_TILE_ID, 0x123);
  assert_int_equal(get(NT_REG_TILE_ID), 0x123);
  assert_int_equal(read(0x3f0, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(write(0x3f0, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(read(NT_REG_ID + 2, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(write(NT_REG_ID, &value, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
  value = 1u << NT_CTRL_START_LSB | 1u << NT_CTRL_CLEAR_STATE_LSB;
  assert_int_equal(write(NT_REG_CTRL, &value, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
  uint32_t two[2] = {7, 7};
  assert_int_equal(read(NT_REG_ID, two, 8), tlm::TLM_BURST_ERROR_RESPONSE);
  assert_int_equal(read(NT_REG_ID, two, 2), tlm::TLM_BURST_ERROR_RESPONSE);
  assert_int_equal(two[0], 7);
  assert_int_equal(get(NT_REG_STEPS), 0);
}

void payloads_that_are_not_served(void **) {
  uint32_t value = 5;
  unsigned char enable = 0xff;
  Options options;
  options.enables = &enable;
  assert_int_equal(transport(tlm::TLM_READ_COMMAND, NT_REG_ID, &value, 4, options).status,
                   tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
  assert_int_equal(transport(tlm::TLM_IGNORE_COMMAND, NT_REG_TILE_ID, &value, 4).status,
                   tlm::TLM_OK_RESPONSE);
  assert_int_equal(value, 5);
  assert_int_equal(get(NT_REG_TILE_ID), 0);
  tlm::tlm_generic_payload trans;
  tlm::tlm_dmi dmi;
  trans.set_read();
  trans.set_address(NT_TILE_MAP_MEMORY);
  assert_false(bench->bus->get_direct_mem_ptr(trans, dmi));
  assert_int_equal(read(NT_TILE_MAP_STREAMS_END, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(read(NT_TILE_MAP_SIZE, &value, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
}

void time_passes_in_cycles(void **) {
  uint32_t value = 0;
  Options late;
  late.delay = 7 * kPeriod;
  const Answer plain = transport(tlm::TLM_READ_COMMAND, NT_REG_ID, &value, 4);
  const Answer annotated = transport(tlm::TLM_READ_COMMAND, NT_REG_ID, &value, 4, late);
  // Address taken, read, answered: three edges, the first of which may be the one at hand.
  assert_true(plain.waited >= 2 * kPeriod && plain.waited <= 3 * kPeriod);
  assert_true(plain.delay == sc_core::SC_ZERO_TIME);
  assert_true(annotated.waited >= late.delay + 2 * kPeriod);
  assert_true(annotated.waited <= late.delay + 3 * kPeriod);
  assert_true(annotated.delay == sc_core::SC_ZERO_TIME);
  // A write waits for both halves; a word of memory for core and response as well.
  const Answer written = transport(tlm::TLM_WRITE_COMMAND, NT_REG_TIMESTEP, &value, 4);
  assert_true(written.waited >= 2 * kPeriod && written.waited <= 3 * kPeriod);
  const Answer word =
      transport(tlm::TLM_READ_COMMAND, nt_tile_map_word(0, NT_SPACE_POOL, 0), &value, 4);
  assert_true(word.waited >= 6 * kPeriod && word.waited <= 8 * kPeriod);
  const Answer level =
      transport(tlm::TLM_READ_COMMAND, NT_TILE_MAP_LEVEL_SPIKE_OUT, &value, 4, late);
  assert_true(level.waited == late.delay && level.delay == kPeriod);
}

void debug_reads_cost_nothing(void **) {
  uint32_t value = 0;
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, NT_REG_VERSION, &value, 4), 4);
  assert_int_equal(value, NT_DEFS_HASH);
  put(NT_REG_TIMESTEP, 77);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, NT_REG_TIMESTEP, &value, 4), 4);
  assert_int_equal(value, 77);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, NT_REG_STATUS, &value, 4), 0);
  assert_int_equal(debug(tlm::TLM_WRITE_COMMAND, NT_REG_TIMESTEP, &value, 4), 0);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, NT_TILE_MAP_SPIKE_OUT, &value, 4), 0);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, NT_TILE_MAP_LEVEL_SPIKE_IN, &value, 4), 4);
  assert_int_equal(value, 0);
}

// ---- memories ----

void memories_have_two_doors(void **) {
  const uint32_t out[3] = {0x11111111, 0x22222222, 0x33333333};
  uint32_t in[3] = {0};
  const uint64_t pool = nt_tile_map_word(3, NT_SPACE_POOL, 100);
  assert_int_equal(write(pool, out, sizeof out), tlm::TLM_OK_RESPONSE);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, pool, in, sizeof in), sizeof in);
  assert_memory_equal(in, out, sizeof in);
  const uint64_t table = nt_tile_map_word(1, NT_SPACE_TABLE, 4);
  assert_int_equal(debug(tlm::TLM_WRITE_COMMAND, table, const_cast<uint32_t *>(out), sizeof out),
                   sizeof out);
  std::memset(in, 0, sizeof in);
  assert_int_equal(read(table, in, sizeof in), tlm::TLM_OK_RESPONSE);
  assert_memory_equal(in, out, sizeof in);
  // The hardware has to see a group's first word.
  assert_int_equal(debug(tlm::TLM_WRITE_COMMAND, nt_tile_map_word(0, NT_SPACE_GROUP, 0), in, 4), 0);
}

void words_that_do_not_exist(void **) {
  uint32_t in[2] = {0};
  const nt_params_t &p = bench->tile.model()->params;
  const uint32_t last = nt_dev_space_words(&p, NT_SPACE_TABLE) - 1;
  assert_int_equal(read(nt_tile_map_word(0, NT_SPACE_TABLE, last), in, 8),
                   tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(read(nt_tile_map_word(p.cores, NT_SPACE_TABLE, 0), in, 4),
                   tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(read(nt_tile_map_word(0, 7, 0), in, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, nt_tile_map_word(0, 7, 0), in, 4), 0);
  assert_int_equal(read(nt_tile_map_word(0, NT_SPACE_TABLE, 0), in, 6),
                   tlm::TLM_BURST_ERROR_RESPONSE);
  assert_int_equal(get(NT_REG_ERROR), 0);
  // This one the tile itself refuses.
  assert_int_equal(read(nt_tile_map_word(0, NT_SPACE_CREG, 5), in, 4),
                   tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(write(nt_tile_map_word(0, NT_SPACE_CREG, 5), in, 4),
                   tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(get(NT_REG_ERROR), 1u << NT_ERROR_BAD_ADDR_LSB);
}

// ---- streams ----

void streams_refuse(void **) {
  uint64_t messages[2] = {0};
  assert_int_equal(read(NT_TILE_MAP_SPIKE_OUT, messages, 8), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(read(NT_TILE_MAP_RESPONSE, messages, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(write(NT_TILE_MAP_SPIKE_OUT, messages, 8), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(read(NT_TILE_MAP_SPIKE_IN, messages, 8), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(write(NT_TILE_MAP_SPIKE_IN, messages, 12), tlm::TLM_BURST_ERROR_RESPONSE);
  // Two messages to consecutive addresses are not a stream.
  assert_int_equal(write(NT_TILE_MAP_SPIKE_IN, messages, 16), tlm::TLM_BURST_ERROR_RESPONSE);
  assert_int_equal(write(NT_TILE_MAP_SPIKE_IN + 4, messages, 8), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  assert_int_equal(write(NT_TILE_MAP_LEVEL_REQUEST, messages, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(read(NT_TILE_MAP_LEVEL_REQUEST, messages, 8), tlm::TLM_BURST_ERROR_RESPONSE);
}

void messages_in_two_halves(void **) {
  const uint32_t word = 0xcafe1234;
  put(nt_tile_map_word(2, NT_SPACE_PROG, 9), word);
  const uint64_t request = nt_request_pack(NT_REQ_READ, 2, NT_SPACE_PROG, 9, 0);
  put(NT_TILE_MAP_REQUEST, static_cast<uint32_t>(request));
  assert_int_equal(get(NT_TILE_MAP_LEVEL_REQUEST), 0);
  put(NT_TILE_MAP_REQUEST + 4, static_cast<uint32_t>(request >> 32));
  sc_core::wait(10 * kPeriod);
  assert_true(bench->data.read());
  assert_int_equal(get(NT_TILE_MAP_LEVEL_RESPONSE), 1);
  assert_int_equal(get(NT_TILE_MAP_RESPONSE), word);
  assert_int_equal(get(NT_TILE_MAP_RESPONSE), word);
  const uint64_t expected = nt_request_pack(NT_RSP_RDATA, 2, NT_SPACE_PROG, 9, word);
  assert_int_equal(get(NT_TILE_MAP_RESPONSE + 4), static_cast<uint32_t>(expected >> 32));
  assert_int_equal(get(NT_TILE_MAP_LEVEL_RESPONSE), 0);
  sc_core::wait(2 * kPeriod);
  assert_false(bench->data.read());
}

void a_burst_of_spikes_enters(void **) {
  constexpr size_t count = 300;
  nt_spike_t spike = {};
  spike.cores = 2;
  spike.type = NT_SPIKE_TYPE_GRADED8;
  spike.axon = 3; // there is no axon: counted, and dropped
  std::vector<uint64_t> messages(count, nt_spike_pack(&spike));
  Options stream;
  stream.width = 8;
  const Answer answer =
      transport(tlm::TLM_WRITE_COMMAND, NT_TILE_MAP_SPIKE_IN, messages.data(), 8 * count, stream);
  assert_int_equal(answer.status, tlm::TLM_OK_RESPONSE);
  assert_true(answer.waited >= (count - 1) * kPeriod); // one per cycle at most
  while (bench->busy.read())
    sc_core::wait(kPeriod);
  uint64_t received = 0;
  const uint64_t counter =
      nt_tile_map_word(1, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * NT_COUNTER_MSG_IN);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, counter, &received, 8), 8);
  assert_int_equal(received, count);
  assert_int_equal(get(nt_tile_map_word(1, NT_SPACE_CREG, NT_CREG_FLAGS)),
                   1u << NT_FLAGS_BAD_AXON_LSB);
}

// SPIKE_OUT holds 16 messages, 127 are sent: the tile waits and loses nothing.
void a_full_stream_holds_the_tile(void **) {
  load_senders();
  put(NT_REG_TIMESTEP, 5);
  put(NT_REG_CTRL, 1u << NT_CTRL_START_LSB);
  sc_core::wait(2000 * kPeriod);
  assert_true(bench->busy.read() && bench->data.read());
  assert_int_equal(get(NT_TILE_MAP_LEVEL_SPIKE_OUT), kDepth);
  assert_int_equal(get(NT_REG_TIMESTEP), 5);
  uint32_t tile_id = 9, word = 0;
  assert_int_equal(write(NT_REG_TILE_ID, &tile_id, 4), tlm::TLM_COMMAND_ERROR_RESPONSE);
  assert_int_equal(get(NT_REG_ERROR), 1u << NT_ERROR_BUSY_WRITE_LSB);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, nt_tile_map_word(0, NT_SPACE_POOL, 0), &word, 4),
                   0);
  std::vector<int> seen(kNeurons, 0);
  size_t count = 0;
  Options stream;
  stream.width = 8;
  while (bench->busy.read() || bench->data.read()) {
    std::vector<uint64_t> messages(get(NT_TILE_MAP_LEVEL_SPIKE_OUT));
    if (!messages.empty())
      assert_int_equal(transport(tlm::TLM_READ_COMMAND, NT_TILE_MAP_SPIKE_OUT, messages.data(),
                                 8 * messages.size(), stream)
                           .status,
                       tlm::TLM_OK_RESPONSE);
    for (const uint64_t message : messages) {
      const nt_spike_t spike = nt_spike_unpack(message);
      assert_int_equal(spike.axon, spike.payload);
      assert_in_range(spike.axon, 1, kNeurons - 1);
      seen[spike.axon]++;
      count++;
    }
    sc_core::wait(kPeriod);
  }
  assert_int_equal(count, kNeurons - 1);
  assert_int_equal(std::accumulate(seen.begin(), seen.end(), 0), count);
  for (size_t n = 1; n < kNeurons; n++)
    assert_int_equal(seen[n], 1);
  assert_int_equal(get(NT_REG_TIMESTEP), 6);
}

// ---- reset ----

void reset_ends_transactions(void **) {
  uint32_t value = 0;
  load({nt_asm_jmp(NT_JMP_ALWAYS, 0, 0)}); // a runaway: busy for thousands of cycles
  put(NT_REG_CTRL, 1u << NT_CTRL_START_LSB);
  const sc_time begin = sc_time_stamp();
  sc_core::sc_spawn([] {
    sc_core::wait(100 * kPeriod);
    bench->rst_n.write(false);
  });
  // The read has to wait for the end of the step, and the reset comes first.
  assert_int_equal(read(nt_tile_map_word(0, NT_SPACE_PROG, 0), &value, 4),
                   tlm::TLM_GENERIC_ERROR_RESPONSE);
  assert_true(sc_time_stamp() <= begin + 102 * kPeriod);
  assert_int_equal(read(NT_REG_ID, &value, 4), tlm::TLM_GENERIC_ERROR_RESPONSE);
  sc_core::wait(4 * kPeriod);
  assert_int_equal(bench->rst_n.read(), false);
}

void reset_keeps_memories_and_power_does_not(void **) {
  const uint64_t address = nt_tile_map_word(0, NT_SPACE_PROG, 1);
  uint32_t value = 0;
  put(address, 42);
  put(NT_REG_TILE_ID, 7);
  bench->rst_n.write(false);
  sc_core::wait(4 * kPeriod);
  bench->rst_n.write(true);
  sc_core::wait(2 * kPeriod);
  assert_int_equal(get(address), 42);
  assert_int_equal(get(NT_REG_TILE_ID), 0);
  bench->tile.power_cycle();
  sc_core::wait(2 * kPeriod);
  assert_int_equal(debug(tlm::TLM_READ_COMMAND, address, &value, 4), 4);
  assert_int_equal(value, 0);
}

int all_tests() {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(registers_answer, setup),
      cmocka_unit_test_setup(payloads_that_are_not_served, setup),
      cmocka_unit_test_setup(time_passes_in_cycles, setup),
      cmocka_unit_test_setup(debug_reads_cost_nothing, setup),
      cmocka_unit_test_setup(memories_have_two_doors, setup),
      cmocka_unit_test_setup(words_that_do_not_exist, setup),
      cmocka_unit_test_setup(streams_refuse, setup),
      cmocka_unit_test_setup(messages_in_two_halves, setup),
      cmocka_unit_test_setup(a_burst_of_spikes_enters, setup),
      cmocka_unit_test_setup(a_full_stream_holds_the_tile, setup),
      cmocka_unit_test_setup(reset_ends_transactions, setup),
      cmocka_unit_test_setup(reset_keeps_memories_and_power_does_not, setup),
  };
  return cmocka_run_group_tests_name("tile_sc", tests, nullptr, nullptr);
}

} // namespace

int sc_main(int, char **) {
  Bench top("bench");
  bench = &top;
  sc_core::sc_start();
  return top.result;
}
