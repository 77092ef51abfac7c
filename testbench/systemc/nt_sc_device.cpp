// SPDX-License-Identifier: Apache-2.0
#include "nt_sc_device.h"

#include "nt_rtl_pins.h"
#include "nt_tile_map.h"
#include "nt_tile_sc.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <vector>

namespace {

constexpr uint64_t kSettleCycles = 10000000; // no queue of a healthy tile takes longer to empty

struct Device {
  nt_dev_t base; // first, so that a nt_dev_t * is also a Device *
  nt_sc_link link;
  std::vector<nt_spike_t> spikes; // left the tile
  std::vector<nt_probe_t> probes;
  bool spikes_read = false; // handed out by drain: to be forgotten at the next change
  bool probes_read = false;
  bool answered = false; // RDATA or ERROR arrived
  uint64_t answer = 0;
  sc_core::sc_time spent; // in operations of this device
  unsigned metering = 0;
};

Device *device_of(nt_dev_t *dev) {
  return reinterpret_cast<Device *>(dev);
}

// Counts simulated time as the device's own while it lives.
class Meter {
public:
  explicit Meter(Device *device) : device_(device), begin_(sc_core::sc_time_stamp()) {
    device_->metering++;
  }
  ~Meter() {
    if (--device_->metering == 0) // operations call each other
      device_->spent += sc_core::sc_time_stamp() - begin_;
  }
  Meter(const Meter &) = delete;
  Meter &operator=(const Meter &) = delete;

private:
  Device *device_;
  sc_core::sc_time begin_;
};

// ---- transactions ----

void fill(tlm::tlm_generic_payload &trans, const Device *device, tlm::tlm_command command,
          uint64_t address, void *data, size_t size, size_t streaming_width) {
  trans.set_command(command);
  trans.set_address(device->link.base + address);
  trans.set_data_ptr(static_cast<unsigned char *>(data));
  trans.set_data_length(static_cast<unsigned>(size));
  trans.set_streaming_width(static_cast<unsigned>(streaming_width));
  trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

tlm::tlm_response_status transfer(Device *device, tlm::tlm_command command, uint64_t address,
                                  void *data, size_t size, size_t streaming_width) {
  tlm::tlm_generic_payload trans;
  sc_core::sc_time delay = sc_core::SC_ZERO_TIME;
  fill(trans, device, command, address, data, size, streaming_width);
  (*device->link.bus)->b_transport(trans, delay);
  if (delay != sc_core::SC_ZERO_TIME)
    sc_core::wait(delay);
  return trans.get_response_status();
}

bool debug_transfer(Device *device, tlm::tlm_command command, uint64_t address, void *data,
                    size_t size) {
  tlm::tlm_generic_payload trans;
  fill(trans, device, command, address, data, size, size);
  return (*device->link.bus)->transport_dbg(trans) == size;
}

// NT_OK, or what the response says.
nt_status_t judge(Device *device, tlm::tlm_response_status response, const char *what,
                  uint64_t address, nt_error_t *err) {
  if (response == tlm::TLM_OK_RESPONSE)
    return NT_OK;
  const nt_tile_sc *tile = device->link.tile;
  if (tile != nullptr && tile->failure() != nullptr)
    return nt_fail(err, NT_ERR_RTL_ASSERT, "%s", tile->failure());
  tlm::tlm_generic_payload named;
  named.set_response_status(response);
  return nt_fail(err, response == tlm::TLM_GENERIC_ERROR_RESPONSE ? NT_ERR_TIMEOUT : NT_ERR_DEVICE,
                 "%s, tile address 0x%llx: %s", what, static_cast<unsigned long long>(address),
                 named.get_response_string().c_str());
}

// ---- what leaves the tile ----

nt_status_t read_stream(Device *device, uint64_t level_address, uint64_t address,
                        std::vector<uint64_t> &messages, nt_error_t *err) {
  uint32_t level = 0;
  nt_status_t status = judge(
      device,
      transfer(device, tlm::TLM_READ_COMMAND, level_address, &level, sizeof level, sizeof level),
      "stream level", level_address, err);
  messages.resize(status == NT_OK ? level : 0);
  if (!messages.empty())
    status = judge(device,
                   transfer(device, tlm::TLM_READ_COMMAND, address, messages.data(),
                            messages.size() * sizeof(uint64_t), sizeof(uint64_t)),
                   "stream", address, err);
  return status;
}

// Takes everything that waits in SPIKE_OUT and RESPONSE.
nt_status_t collect(Device *device, nt_error_t *err) {
  std::vector<uint64_t> messages;
  nt_status_t status =
      read_stream(device, NT_TILE_MAP_LEVEL_SPIKE_OUT, NT_TILE_MAP_SPIKE_OUT, messages, err);
  if (status != NT_OK)
    return status;
  for (const uint64_t wire : messages)
    device->spikes.push_back(nt_spike_unpack(wire));
  status = read_stream(device, NT_TILE_MAP_LEVEL_RESPONSE, NT_TILE_MAP_RESPONSE, messages, err);
  if (status != NT_OK)
    return status;
  for (const uint64_t wire : messages) {
    if ((wire >> NT_HOST_KIND_LSB & ((1u << NT_HOST_KIND_W) - 1)) == NT_RSP_PROBE) {
      device->probes.push_back(nt_probe_unpack(wire));
    } else {
      device->answered = true;
      device->answer = wire;
    }
  }
  return NT_OK;
}

// Waits until the tile is quiescent, at most until `end`, taking what leaves it.
nt_status_t settle(Device *device, const char *what, uint64_t limit, sc_core::sc_time end,
                   nt_error_t *err) {
  const nt_sc_link &link = device->link;
  nt_status_t status = NT_OK;
  while (status == NT_OK && (link.busy->read() || link.data->read())) {
    const sc_core::sc_time now = sc_core::sc_time_stamp();
    if (link.data->read()) {
      status = collect(device, err);
      sc_core::wait(link.period); // data_o follows at the next edge
    } else if (now >= end) {
      return nt_dev_fail_timeout(&device->base, what, limit, err);
    } else {
      sc_core::wait(end - now,
                    (*link.busy)->value_changed_event() | (*link.data)->value_changed_event());
    }
    if (link.tile != nullptr && link.tile->failure() != nullptr)
      return judge(device, tlm::TLM_GENERIC_ERROR_RESPONSE, what, 0, err);
  }
  return status;
}

nt_status_t settle_now(Device *device, const char *what, nt_error_t *err) {
  return settle(device, what, kSettleCycles,
                sc_core::sc_time_stamp() + static_cast<double>(kSettleCycles) * device->link.period,
                err);
}

// ---- registers ----

nt_status_t reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  *value = 0;
  if (offset >= NT_TILE_MAP_STREAMS)
    return nt_fail(err, NT_ERR_DEVICE, "register 0x%03x: no such register", offset);
  return judge(device,
               transfer(device, tlm::TLM_READ_COMMAND, offset, value, sizeof *value, sizeof *value),
               "register read", offset, err);
}

nt_status_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  if (offset >= NT_TILE_MAP_STREAMS)
    return nt_fail(err, NT_ERR_DEVICE, "register 0x%03x: no such register", offset);
  nt_status_t status = judge(
      device, transfer(device, tlm::TLM_WRITE_COMMAND, offset, &value, sizeof value, sizeof value),
      "register write", offset, err);
  if (status == NT_OK && offset == NT_REG_CTRL && value == 1u << NT_CTRL_CLEAR_STATE_LSB)
    status = settle_now(device, "CLEAR_STATE", err);
  return status;
}

// ---- requests and responses ----

nt_status_t request(Device *device, uint64_t wire, nt_error_t *err) {
  nt_status_t status = settle_now(device, "responses", err);
  device->answered = false;
  if (status == NT_OK)
    status = judge(device,
                   transfer(device, tlm::TLM_WRITE_COMMAND, NT_TILE_MAP_REQUEST, &wire, sizeof wire,
                            sizeof wire),
                   "request", NT_TILE_MAP_REQUEST, err);
  return status == NT_OK ? settle_now(device, "request", err) : status;
}

nt_status_t msg_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t *word,
                     nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  nt_status_t status = nt_request_check(core, space, addr, err);
  if (status == NT_OK)
    status = request(device, nt_request_pack(NT_REQ_READ, core, space, addr, 0), err);
  if (status != NT_OK)
    return status;
  const uint64_t expected = nt_request_pack(NT_RSP_RDATA, core, space, addr, 0);
  if (!device->answered || device->answer >> NT_HOST_ADDR_LSB != expected >> NT_HOST_ADDR_LSB)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, word %u: read refused", core, space,
                   addr);
  *word = static_cast<uint32_t>(device->answer);
  return NT_OK;
}

nt_status_t msg_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word,
                      nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  nt_status_t status = nt_request_check(core, space, addr, err);
  if (status == NT_OK)
    status = request(device, nt_request_pack(NT_REQ_WRITE, core, space, addr, word), err);
  if (status == NT_OK && device->answered)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, word %u: write refused", core, space,
                   addr);
  return status;
}

// ---- memories ----

nt_status_t access(nt_dev_t *dev, tlm::tlm_command command, uint32_t core, uint32_t space,
                   uint32_t addr, uint32_t count, uint32_t *words, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  const uint32_t last = nt_dev_space_words(&dev->params, space);
  if (core >= dev->params.cores || addr > last || count > last - addr)
    return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, words %u to %u: do not exist", core,
                   space, addr, addr + count);
  const nt_status_t status = settle_now(device, "memory access", err);
  const uint64_t address = nt_tile_map_word(core, space, addr);
  const size_t size = sizeof *words * count;
  if (status != NT_OK || count == 0 || debug_transfer(device, command, address, words, size))
    return status;
  return judge(device, transfer(device, command, address, words, size, size), "memory access",
               address, err);
}

nt_status_t mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                     uint32_t *words, nt_error_t *err) {
  return access(dev, tlm::TLM_READ_COMMAND, core, space, addr, count, words, err);
}

nt_status_t mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t count,
                      const uint32_t *words, nt_error_t *err) {
  std::vector<uint32_t> copy(words, words + count); // a payload's data is not const
  return access(dev, tlm::TLM_WRITE_COMMAND, core, space, addr, count, copy.data(), err);
}

// ---- spikes and steps ----

// Forgets what drain and drain_probes handed out.
void forget_read(Device *device) {
  if (device->spikes_read)
    device->spikes.clear();
  if (device->probes_read)
    device->probes.clear();
  device->spikes_read = false;
  device->probes_read = false;
}

nt_status_t inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  forget_read(device);
  if (count == 0)
    return NT_OK;
  std::vector<uint64_t> messages(count);
  std::transform(spikes, spikes + count, messages.begin(),
                 [](const nt_spike_t &spike) { return nt_spike_pack(&spike); });
  return judge(device,
               transfer(device, tlm::TLM_WRITE_COMMAND, NT_TILE_MAP_SPIKE_IN, messages.data(),
                        count * sizeof(uint64_t), sizeof(uint64_t)),
               "spike-in", NT_TILE_MAP_SPIKE_IN, err);
}

nt_status_t step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  const sc_core::sc_time end =
      sc_core::sc_time_stamp() + static_cast<double>(max_cycles) * device->link.period;
  forget_read(device);
  if (device->link.tile != nullptr)
    nt_rtl_tap_clear(device->link.tile->model());
  nt_status_t status = reg_write(dev, NT_REG_TIMESTEP, timestep, err);
  if (status == NT_OK)
    status = reg_write(dev, NT_REG_CTRL, 1u << NT_CTRL_START_LSB, err);
  return status == NT_OK ? settle(device, "timestep", max_cycles, end, err) : status;
}

void drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  Device *device = device_of(dev);
  if (device->spikes_read)
    device->spikes.clear();
  device->spikes_read = true;
  *spikes = device->spikes.data();
  *count = device->spikes.size();
}

void drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count) {
  Device *device = device_of(dev);
  if (device->probes_read)
    device->probes.clear();
  device->probes_read = true;
  *probes = device->probes.data();
  *count = device->probes.size();
}

bool pending(nt_dev_t *dev) {
  Device *device = device_of(dev);
  const Meter meter(device);
  uint32_t value = 0;
  // Spikes under way count once they have been added; an error shows at the next call that can
  // report it.
  return settle_now(device, "spikes", nullptr) != NT_OK ||
         reg_read(dev, NT_REG_STATUS, &value, nullptr) != NT_OK ||
         (value >> NT_STATUS_PENDING_LSB & 1) != 0;
}

void progress(nt_dev_t *dev, nt_progress_t *progress) {
  uint32_t value = 0;
  *progress = {};
  (void)reg_read(dev, NT_REG_STATUS, &value, nullptr);
  progress->phase = value >> NT_STATUS_PHASE_LSB & ((1u << NT_STATUS_PHASE_W) - 1);
  for (uint32_t c = 0; c < dev->params.cores; c++)
    (void)reg_read(dev, NT_REG_QUEUE0 + 4 * c, &progress->queue[c], nullptr);
}

// Cycles that passed in this device's operations; while others work its clock runs on uncounted.
uint64_t cycles(nt_dev_t *dev) {
  const Device *device = device_of(dev);
  return static_cast<uint64_t>(device->spent / device->link.period);
}

// ---- observation ----

nt_dev_t *model_of(nt_dev_t *dev) {
  return device_of(dev)->link.tile->model();
}

void current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  nt_dev_t *model = model_of(dev);
  model->ops->current_activity(model, core, activity);
}

void current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  nt_dev_t *model = model_of(dev);
  model->ops->current_row(model, core, row, values);
}

void set_tap(nt_dev_t *dev, bool on) {
  nt_dev_t *model = model_of(dev);
  model->ops->set_tap(model, on);
}

void tap(nt_dev_t *dev, uint32_t core, const uint64_t **wire, size_t *count) {
  nt_dev_t *model = model_of(dev);
  model->ops->tap(model, core, wire, count);
}

// ---- reset, open and close ----

nt_status_t reset(nt_dev_t *dev, nt_error_t *err) {
  Device *device = device_of(dev);
  const Meter meter(device);
  if (!device->link.reset)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "systemc: the platform gives no way to reset a tile");
  device->link.reset();
  device->spikes.clear();
  device->probes.clear();
  if (device->link.tile != nullptr)
    nt_rtl_tap_clear(device->link.tile->model());
  return NT_OK;
}

void close(nt_dev_t *dev) {
  Device *device = device_of(dev);
  if (device->link.closed)
    device->link.closed();
  delete device;
}

constexpr nt_dev_ops_t kObserved = {
    "systemc",   close,   reg_read, reg_write,    mem_read, mem_write, msg_read, msg_write,
    inject,      step,    drain,    drain_probes, pending,  progress,  cycles,   current_activity,
    current_row, set_tap, tap,      reset};
constexpr nt_dev_ops_t kPlain = {"systemc", close,        reg_read,  reg_write, mem_read,
                                 mem_write, msg_read,     msg_write, inject,    step,
                                 drain,     drain_probes, pending,   progress,  cycles,
                                 nullptr,   nullptr,      nullptr,   nullptr,   reset};

} // namespace

nt_status_t nt_sc_device_open(const nt_sc_link &link, const nt_params_t *params, nt_dev_t **dev,
                              nt_error_t *err) {
  *dev = nullptr;
  auto *device = new (std::nothrow) Device();
  if (device == nullptr)
    return nt_fail(err, NT_ERR_MEMORY, "no memory for a device");
  device->base.ops = link.tile != nullptr ? &kObserved : &kPlain;
  device->base.params = *params;
  device->link = link;
  *dev = &device->base;
  return NT_OK;
}
