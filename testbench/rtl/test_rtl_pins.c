// SPDX-License-Identifier: Apache-2.0
// What only pins can ask of a tile: register writes of some bytes, requests of unknown kind, bits
// that no field of a message names (docs/spec/registers.md).
#include "nt_rtl.h"
#include "nt_rtl_pins.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "nt_rtl_fixture.h" // uses cmocka

enum { CYCLES = 1000, OKAY = 0, SLVERR = 2, ALL_BYTES = 0xF };

static nt_rtl_pins_in_t idle(void) {
  return (nt_rtl_pins_in_t){
      .rst_n = true, .axi_wstrb = ALL_BYTES, .rsp_ready = true, .spk_out_ready = true};
}

static nt_rtl_pins_out_t cycle(nt_dev_t *dev, const nt_rtl_pins_in_t *in) {
  nt_rtl_pins_out_t out = {0};
  nt_error_t err = {0};
  if (nt_rtl_pins_cycle(dev, in, &out, &err) != NT_OK)
    fail_msg("%s", err.text);
  return out;
}

/// The response of a register write.
static uint32_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, uint32_t strobe) {
  nt_rtl_pins_in_t in = idle();
  in.axi_awvalid = in.axi_wvalid = true;
  in.axi_awaddr = (uint16_t)offset;
  in.axi_wdata = value;
  in.axi_wstrb = (uint8_t)strobe;
  for (uint32_t k = 0; k < CYCLES; k++) {
    const nt_rtl_pins_out_t out = cycle(dev, &in);
    in.axi_awvalid = in.axi_awvalid && !out.axi_awready;
    in.axi_wvalid = in.axi_wvalid && !out.axi_wready;
    if (out.axi_bvalid)
      return out.axi_bresp;
  }
  fail_msg("register 0x%03x: no response to a write", offset);
  return 0;
}

static uint32_t reg_read(nt_dev_t *dev, uint32_t offset) {
  nt_rtl_pins_in_t in = idle();
  in.axi_arvalid = true;
  in.axi_araddr = (uint16_t)offset;
  for (uint32_t k = 0; k < CYCLES; k++) {
    const nt_rtl_pins_out_t out = cycle(dev, &in);
    in.axi_arvalid = in.axi_arvalid && !out.axi_arready;
    if (out.axi_rvalid) {
      assert_int_equal(out.axi_rresp, OKAY);
      return out.axi_rdata;
    }
  }
  fail_msg("register 0x%03x: no response to a read", offset);
  return 0;
}

/// Sends a request and clocks until the tile is idle; the response, if there is one.
static uint32_t request(nt_dev_t *dev, uint64_t wire, uint64_t *answer) {
  nt_rtl_pins_in_t in = idle();
  uint32_t answers = 0;
  bool taken = false, busy = true;
  in.req_valid = true;
  in.req_data = wire;
  for (uint32_t k = 0; k < CYCLES && (!taken || busy); k++) {
    const nt_rtl_pins_out_t out = cycle(dev, &in);
    taken = taken || out.req_ready;
    in.req_valid = !taken;
    busy = out.busy;
    if (out.rsp_valid) {
      answers++;
      *answer = out.rsp_data;
    }
  }
  assert_true(taken && !busy);
  return answers;
}

static uint64_t host_message(uint32_t kind, uint32_t space, uint32_t addr, uint32_t data) {
  return (uint64_t)kind << NT_HOST_KIND_LSB | (uint64_t)space << NT_HOST_SPACE_LSB |
         (uint64_t)addr << NT_HOST_ADDR_LSB | data;
}

/// A write of fewer than four bytes gives SLVERR and changes nothing.
static void test_partial_writes(void **state) {
  nt_dev_t *dev = *state;
  assert_int_equal(reg_write(dev, NT_REG_TILE_ID, 0x123, ALL_BYTES), OKAY);
  for (uint32_t strobe = 0; strobe < ALL_BYTES; strobe++) {
    assert_int_equal(reg_write(dev, NT_REG_TILE_ID, 0x456, strobe), SLVERR);
    assert_int_equal(reg_read(dev, NT_REG_TILE_ID), 0x123);
  }
  assert_int_equal(reg_read(dev, NT_REG_ERROR), 0);
  assert_int_equal(reg_write(dev, NT_REG_TILE_ID, 0x456, ALL_BYTES), OKAY);
  assert_int_equal(reg_read(dev, NT_REG_TILE_ID), 0x456);
}

/// A request whose KIND is neither READ nor WRITE is refused; the ERROR response repeats its head.
static void test_request_kinds(void **state) {
  nt_dev_t *dev = *state;
  uint64_t answer = 0;
  for (uint32_t kind = NT_REQ_READ + 1; kind < 1u << NT_HOST_KIND_W; kind++) {
    assert_int_equal(request(dev, host_message(kind, NT_SPACE_TABLE, 5, 0x1234), &answer), 1);
    assert_int_equal(answer, host_message(NT_RSP_ERROR, NT_SPACE_TABLE, 5, 0));
    assert_int_equal(reg_read(dev, NT_REG_ERROR), 1u << NT_ERROR_BAD_ADDR_LSB);
    assert_int_equal(reg_write(dev, NT_REG_ERROR, UINT32_MAX, ALL_BYTES), OKAY);
  }
}

/// Bits above KIND are ignored in requests and 0 in responses.
static void test_bits_above_kind(void **state) {
  nt_dev_t *dev = *state;
  const uint64_t above = UINT64_C(0xF) << 60;
  uint64_t answer = 0;
  assert_int_equal(
      request(dev, above | host_message(NT_REQ_WRITE, NT_SPACE_TABLE, 7, 0xABCD1234u), &answer), 0);
  assert_int_equal(request(dev, above | host_message(NT_REQ_READ, NT_SPACE_TABLE, 7, 0), &answer),
                   1);
  assert_int_equal(answer, host_message(NT_RSP_RDATA, NT_SPACE_TABLE, 7, 0xABCD1234u));
}

/// Bits above TYPE are ignored in spikes: this one names an axon without entry, like any other.
static void test_bits_above_type(void **state) {
  nt_dev_t *dev = *state;
  const nt_spike_t spike = {.cores = 1, .axon = 3, .payload = 1};
  nt_rtl_pins_in_t in = idle();
  bool taken = false, busy = true;
  uint64_t answer = 0;
  in.spk_in_valid = true;
  in.spk_in_data = nt_spike_pack(&spike) | UINT64_C(3) << 62;
  for (uint32_t k = 0; k < CYCLES && (!taken || busy); k++) {
    const nt_rtl_pins_out_t out = cycle(dev, &in);
    taken = taken || out.spk_in_ready;
    in.spk_in_valid = !taken;
    busy = out.busy;
  }
  assert_true(taken && !busy);
  assert_int_equal(reg_read(dev, NT_REG_ERROR), 1u << NT_ERROR_CORE_LSB);
  assert_int_equal(
      request(dev, host_message(NT_REQ_READ, NT_SPACE_CREG, NT_CREG_FLAGS, 0), &answer), 1);
  assert_int_equal(answer, host_message(NT_RSP_RDATA, NT_SPACE_CREG, NT_CREG_FLAGS,
                                        1u << NT_FLAGS_BAD_AXON_LSB));
}

/// Answers that nobody takes: requests wait, none is lost, and the order stays.
static void test_answers_wait(void **state) {
  enum { READS = 6 };
  nt_dev_t *dev = *state;
  nt_rtl_pins_in_t in = idle();
  uint64_t answer = 0;
  uint32_t sent = 0, answers = 0;
  for (uint32_t k = 0; k < READS; k++)
    (void)request(dev, host_message(NT_REQ_WRITE, NT_SPACE_TABLE, k, 100 + k), &answer);
  in.rsp_ready = false;
  for (uint32_t k = 0; k < CYCLES && answers < READS; k++) {
    in.req_valid = sent < READS;
    in.req_data = host_message(NT_REQ_READ, NT_SPACE_TABLE, sent, 0);
    in.rsp_ready = k >= CYCLES / 2;
    const nt_rtl_pins_out_t out = cycle(dev, &in);
    sent += in.req_valid && out.req_ready;
    if (!in.rsp_ready) {
      assert_true(sent < READS);
      continue;
    }
    if (out.rsp_valid) {
      assert_int_equal(out.rsp_data,
                       host_message(NT_RSP_RDATA, NT_SPACE_TABLE, answers, 100 + answers));
      answers++;
    }
  }
  assert_int_equal(answers, READS);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_partial_writes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_request_kinds, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bits_above_kind, setup, teardown),
      cmocka_unit_test_setup_teardown(test_bits_above_type, setup, teardown),
      cmocka_unit_test_setup_teardown(test_answers_wait, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
