// SPDX-License-Identifier: Apache-2.0
// The back door: straight into the memories of the model.
#include "nt_rtl.h"
#include "nt_rtl_tile.h"

#include <cstring>

namespace nt_rtl_detail {

namespace {

bool bit_at(const Signal &signal, uint32_t n) {
  return (signal.data[n / 8] >> (n % 8) & 1) != 0;
}

void set_bit(const Signal &signal, uint32_t n, bool value) {
  const unsigned mask = 1u << (n % 8);
  const unsigned old = signal.data[n / 8];
  signal.data[n / 8] = static_cast<uint8_t>(value ? old | mask : old & ~mask);
}

// Where an accumulator is: bank, and byte inside the bank's memory.
struct Place {
  uint32_t bank;
  size_t byte;
};

Place acc_place(const nt_params_t &p, const Signal &bank_memory, uint32_t row, uint32_t lane) {
  const uint32_t lanes = nt_params_word_lanes(&p);
  const size_t row_bytes = bank_memory.bytes / (NT_DENDRITES * p.lines);
  return {lane / lanes, row * row_bytes + lane % lanes * (p.acc_bits / 8)};
}

void acc_set(const nt_params_t &p, const Core &core, uint32_t buffer, uint32_t row, uint32_t lane,
             uint32_t value) {
  const Place at = acc_place(p, core.acc[0][buffer], row, lane);
  uint8_t *data = core.acc[at.bank][buffer].data + at.byte;
  for (uint32_t k = 0; k < p.acc_bits / 8; k++)
    data[k] = static_cast<uint8_t>(value >> (8 * k) & 0xff);
}

// Number of the activity bit of a row.
uint32_t act_bit(const nt_params_t &p, uint32_t row) {
  return row % p.lines * NT_DENDRITES + row / p.lines;
}

nt_status_t check_access(Rtl *rtl, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                         nt_error_t *err) {
  const uint32_t words = nt_dev_space_words(&rtl->base.params, space);
  if (core >= rtl->base.params.cores || addr > words || count > words - addr)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, words %u to %u: do not exist", core,
                   space, addr, addr + count);
  return settle(rtl, "memory access", kSettleCycles, err);
}

} // namespace

int32_t acc_get(const nt_params_t &p, const Core &core, uint32_t buffer, uint32_t row,
                uint32_t lane) {
  const Place at = acc_place(p, core.acc[0][buffer], row, lane);
  const uint8_t *data = core.acc[at.bank][buffer].data + at.byte;
  uint32_t value =
      data[0] | static_cast<uint32_t>(data[1]) << 8 | static_cast<uint32_t>(data[2]) << 16;
  if (p.acc_bits == 32)
    return static_cast<int32_t>(value | static_cast<uint32_t>(data[3]) << 24);
  return static_cast<int32_t>(value ^ 0x800000u) - 0x800000;
}

const Signal *plain_space(const Core &core, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return &core.pool;
  case NT_SPACE_PROG: return &core.prog;
  case NT_SPACE_TABLE: return &core.table;
  case NT_SPACE_GROUP: return &core.group;
  default: return nullptr;
  }
}

nt_status_t mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const nt_params_t &p = dev->params;
  nt_status_t status = check_access(rtl, core, space, addr, count, err);
  if (status != NT_OK)
    return status;
  const Core &c = rtl->cores[core];
  const Signal *plain = plain_space(c, space);
  if (plain != nullptr) {
    std::memcpy(words, plain->data + 4 * static_cast<size_t>(addr), 4 * static_cast<size_t>(count));
    return NT_OK;
  }
  for (uint32_t k = 0; k < count && status == NT_OK; k++) {
    const uint32_t at = addr + k;
    if (space == NT_SPACE_ACC) {
      const uint32_t lanes = nt_params_line_lanes(&p);
      const bool active = bit_at(c.act_coming, act_bit(p, at / lanes));
      words[k] =
          active ? static_cast<uint32_t>(acc_get(p, c, *c.fill_sel.data, at / lanes, at % lanes))
                 : 0;
    } else if (space == NT_SPACE_ACT) {
      words[k] = 0;
      for (uint32_t d = 0; d < NT_DENDRITES; d++)
        words[k] |= static_cast<uint32_t>(bit_at(c.act_coming, at * NT_DENDRITES + d)) << d;
    } else if (at >= NT_CREG_COUNTERS && at < NT_CREG_COUNTERS + 2 * NT_COUNTERS) {
      std::memcpy(&words[k], c.counters.data + 4 * static_cast<size_t>(at - NT_CREG_COUNTERS), 4);
    } else if (at == NT_CREG_FLAGS) {
      words[k] = *c.flags.data;
    } else {
      status = msg_read(dev, core, space, at, &words[k], err);
    }
  }
  return status;
}

nt_status_t mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                      const uint32_t *words, nt_error_t *err) {
  Rtl *rtl = rtl_of(dev);
  const nt_params_t &p = dev->params;
  nt_status_t status = check_access(rtl, core, space, addr, count, err);
  if (status != NT_OK)
    return status;
  const Core &c = rtl->cores[core];
  const Signal *plain = plain_space(c, space);
  bool access_due = space == NT_SPACE_POOL;
  if (plain != nullptr)
    std::memcpy(plain->data + 4 * static_cast<size_t>(addr), words, 4 * static_cast<size_t>(count));
  for (uint32_t k = 0; k < count && status == NT_OK; k++) {
    const uint32_t at = addr + k;
    const uint32_t lanes = nt_params_line_lanes(&p);
    if (space == NT_SPACE_GROUP && at % NT_GROUP_WORDS == 0) {
      set_bit(c.enable, at / NT_GROUP_WORDS, (words[k] >> NT_GROUP0_ENABLE_LSB & 1) != 0);
      set_bit(c.always, at / NT_GROUP_WORDS, (words[k] >> NT_GROUP0_ALWAYS_LSB & 1) != 0);
      access_due = true;
    } else if (plain != nullptr) {
      continue;
    } else if (space == NT_SPACE_ACC) {
      acc_set(p, c, *c.fill_sel.data, at / lanes, at % lanes, words[k]);
    } else {
      status = msg_write(dev, core, space, at, words[k], err);
    }
  }
  // A core at rest has no clock: an access wakes it, PENDING follows the new groups, and the axon
  // table's pool word read last is forgotten.
  uint32_t ignored = 0;
  if (status == NT_OK && access_due)
    status = msg_read(dev, core, NT_SPACE_GROUP, 0, &ignored, err);
  return status;
}

} // namespace nt_rtl_detail

using namespace nt_rtl_detail;

extern "C" {

const uint32_t *nt_rtl_pool(nt_dev_t *dev, uint32_t core) {
  return reinterpret_cast<const uint32_t *>(rtl_of(dev)->cores[core].pool.data);
}

} // extern "C"
