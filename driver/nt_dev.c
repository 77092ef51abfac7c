// SPDX-License-Identifier: Apache-2.0
#include "nt_dev.h"

#include <inttypes.h>
#include <stdio.h>

nt_params_t nt_params_default(void) {
  return (nt_params_t){.cores = NT_CORES_DEFAULT,
                       .word_bits = NT_WORD_BITS_DEFAULT,
                       .pool_words = NT_POOL_WORDS_DEFAULT,
                       .lines = NT_LINES_DEFAULT,
                       .acc_bits = NT_ACC_BITS_DEFAULT,
                       .prog_words = NT_PROG_WORDS_DEFAULT,
                       .table_words = NT_TABLE_WORDS_DEFAULT,
                       .groups = NT_GROUPS_DEFAULT};
}

static nt_status_t check_range(const char *name, uint32_t value, uint32_t min, uint32_t max,
                               nt_error_t *err) {
  if (value < min || value > max)
    return nt_fail(err, NT_ERR_RANGE, "%s = %u: must be from %u to %u", name, value, min, max);
  return NT_OK;
}

static nt_status_t check_power(const char *name, uint32_t value, uint32_t min, uint32_t max,
                               nt_error_t *err) {
  if (value < min || value > max || (value & (value - 1)) != 0)
    return nt_fail(err, NT_ERR_RANGE, "%s = %u: must be a power of two from %u to %u", name, value,
                   min, max);
  return NT_OK;
}

nt_status_t nt_params_check(const nt_params_t *params, nt_error_t *err) {
  const struct {
    const char *name;
    uint32_t value, min, max;
  } powers[] = {
      {"WORD_BITS", params->word_bits, NT_WORD_BITS_MIN, NT_WORD_BITS_MAX},
      {"POOL_WORDS", params->pool_words, NT_POOL_WORDS_MIN, NT_POOL_WORDS_MAX},
      {"LINES", params->lines, NT_LINES_MIN, NT_LINES_MAX},
      {"PROG_WORDS", params->prog_words, NT_PROG_WORDS_MIN, NT_PROG_WORDS_MAX},
      {"TABLE_WORDS", params->table_words, NT_TABLE_WORDS_MIN, NT_TABLE_WORDS_MAX},
      {"GROUPS", params->groups, NT_GROUPS_MIN, NT_GROUPS_MAX},
  };
  nt_status_t status = check_range("CORES", params->cores, NT_CORES_MIN, NT_CORES_MAX, err);
  for (size_t k = 0; k < sizeof powers / sizeof powers[0] && status == NT_OK; k++)
    status = check_power(powers[k].name, powers[k].value, powers[k].min, powers[k].max, err);
  if (status == NT_OK && params->acc_bits != NT_ACC_BITS_MIN && params->acc_bits != NT_ACC_BITS_MAX)
    status = nt_fail(err, NT_ERR_RANGE, "ACC_BITS = %u: must be %u or %u", params->acc_bits,
                     NT_ACC_BITS_MIN, NT_ACC_BITS_MAX);
  if (status == NT_OK && params->lines * nt_params_line_lanes(params) > NT_CORE_NEURONS_MAX)
    status = nt_fail(err, NT_ERR_RANGE, "LINES * WORD_BITS/2 = %u: must be at most %u",
                     params->lines * nt_params_line_lanes(params), NT_CORE_NEURONS_MAX);
  return status;
}

static uint64_t field_put(uint64_t value, unsigned lsb, unsigned width) {
  return (value & ((UINT64_C(1) << width) - 1)) << lsb;
}

static uint32_t field_get(uint64_t word, unsigned lsb, unsigned width) {
  return (uint32_t)(word >> lsb & ((UINT64_C(1) << width) - 1));
}

uint64_t nt_spike_pack(const nt_spike_t *spike) {
  return field_put((uint64_t)(int64_t)spike->payload, NT_SPIKE_PAYLOAD_LSB, NT_SPIKE_PAYLOAD_W) |
         field_put(spike->axon, NT_SPIKE_AXON_LSB, NT_SPIKE_AXON_W) |
         field_put(spike->tile, NT_SPIKE_TILE_LSB, NT_SPIKE_TILE_W) |
         field_put(spike->cores, NT_SPIKE_CORES_LSB, NT_SPIKE_CORES_W) |
         field_put(spike->type, NT_SPIKE_TYPE_LSB, NT_SPIKE_TYPE_W);
}

nt_spike_t nt_spike_unpack(uint64_t wire) {
  const int32_t sign = INT32_C(1) << (NT_SPIKE_PAYLOAD_W - 1);
  const int32_t payload = (int32_t)field_get(wire, NT_SPIKE_PAYLOAD_LSB, NT_SPIKE_PAYLOAD_W);
  return (nt_spike_t){.tile = (uint16_t)field_get(wire, NT_SPIKE_TILE_LSB, NT_SPIKE_TILE_W),
                      .cores = (uint8_t)field_get(wire, NT_SPIKE_CORES_LSB, NT_SPIKE_CORES_W),
                      .type = (uint8_t)field_get(wire, NT_SPIKE_TYPE_LSB, NT_SPIKE_TYPE_W),
                      .axon = (uint16_t)field_get(wire, NT_SPIKE_AXON_LSB, NT_SPIKE_AXON_W),
                      .payload = (payload ^ sign) - sign};
}

uint64_t nt_request_pack(uint32_t kind, uint32_t core, uint32_t space, uint32_t addr,
                         uint32_t data) {
  return field_put(kind, NT_HOST_KIND_LSB, NT_HOST_KIND_W) |
         field_put(core, NT_HOST_CORE_LSB, NT_HOST_CORE_W) |
         field_put(space, NT_HOST_SPACE_LSB, NT_HOST_SPACE_W) |
         field_put(addr, NT_HOST_ADDR_LSB, NT_HOST_ADDR_W) |
         field_put(data, NT_HOST_DATA_LSB, NT_HOST_DATA_W);
}

nt_status_t nt_request_check(uint32_t core, uint32_t space, uint32_t addr, nt_error_t *err) {
  if (core >= 1u << NT_HOST_CORE_W || space >= 1u << NT_HOST_SPACE_W ||
      addr >= 1u << NT_HOST_ADDR_W)
    return nt_fail(err, NT_ERR_ARG,
                   "core %" PRIu32 ", space %" PRIu32 ", word %" PRIu32 ": does not fit a request",
                   core, space, addr);
  return NT_OK;
}

nt_probe_t nt_probe_unpack(uint64_t wire) {
  const uint32_t addr = field_get(wire, NT_HOST_ADDR_LSB, NT_HOST_ADDR_W);
  return (nt_probe_t){.core = (uint8_t)field_get(wire, NT_HOST_CORE_LSB, NT_HOST_CORE_W),
                      .group = (uint8_t)field_get(addr, NT_PROBE_GROUP_LSB, NT_PROBE_GROUP_W),
                      .neuron = (uint16_t)field_get(addr, NT_PROBE_NEURON_LSB, NT_PROBE_NEURON_W),
                      .value = (int32_t)field_get(wire, NT_HOST_DATA_LSB, NT_HOST_DATA_W)};
}

static const char *phase_name(uint32_t phase) {
  switch (phase) {
  case NT_PHASE_IDLE: return "IDLE";
  case NT_PHASE_DRAIN: return "DRAIN";
  case NT_PHASE_NEURON: return "NEURON";
  case NT_PHASE_FLUSH: return "FLUSH";
  case NT_PHASE_CLEAR: return "CLEAR";
  default: return "?";
  }
}

nt_status_t nt_dev_fail_timeout(nt_dev_t *dev, const char *what, uint64_t limit, nt_error_t *err) {
  nt_progress_t now = {0};
  char queues[8 * 64] = "";
  size_t length = 0;
  dev->ops->progress(dev, &now);
  for (uint32_t c = 0; c < dev->params.cores && c < 8; c++) {
    const uint32_t queue = now.queue[c];
    const int added =
        snprintf(queues + length, sizeof queues - length, "; core %" PRIu32 ": in %u, out %u%s%s",
                 c, field_get(queue, NT_QUEUE_IN_LSB, NT_QUEUE_IN_W),
                 field_get(queue, NT_QUEUE_OUT_LSB, NT_QUEUE_OUT_W),
                 field_get(queue, NT_QUEUE_SYNAPSE_BUSY_LSB, 1) != 0 ? ", synapse busy" : "",
                 field_get(queue, NT_QUEUE_ENGINE_BUSY_LSB, 1) != 0 ? ", engine busy" : "");
    length += added > 0 ? (size_t)added : 0; // 64 characters a core are enough
  }
  return nt_fail(err, NT_ERR_TIMEOUT, "%s: not done after %" PRIu64 " cycles: phase %s%s", what,
                 limit, phase_name(now.phase), queues);
}

void nt_dev_close(nt_dev_t *dev) {
  if (dev != NULL)
    dev->ops->close(dev);
}

nt_status_t nt_dev_reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  return dev->ops->reg_read(dev, offset, value, err);
}

nt_status_t nt_dev_reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  return dev->ops->reg_write(dev, offset, value, err);
}

nt_status_t nt_dev_mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t count, uint32_t *words, nt_error_t *err) {
  return dev->ops->mem_read(dev, core, space, addr, count, words, err);
}

nt_status_t nt_dev_mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                             uint32_t count, const uint32_t *words, nt_error_t *err) {
  return dev->ops->mem_write(dev, core, space, addr, count, words, err);
}

nt_status_t nt_dev_inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err) {
  return dev->ops->inject(dev, spikes, count, err);
}

nt_status_t nt_dev_step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err) {
  return dev->ops->step(dev, timestep, max_cycles, err);
}

void nt_dev_drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  dev->ops->drain(dev, spikes, count);
}

bool nt_dev_pending(nt_dev_t *dev) {
  return dev->ops->pending(dev);
}

nt_status_t nt_dev_reset(nt_dev_t *dev, nt_error_t *err) {
  if (dev->ops->reset == NULL)
    return nt_fail(err, NT_ERR_UNSUPPORTED, "back end %s: cannot reset its tile", dev->ops->name);
  return dev->ops->reset(dev, err);
}

uint64_t nt_dev_cycles(nt_dev_t *dev) {
  return dev->ops->cycles(dev);
}

const char *nt_space_str(uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return "POOL";
  case NT_SPACE_PROG: return "PROG";
  case NT_SPACE_TABLE: return "TABLE";
  case NT_SPACE_GROUP: return "GROUP";
  case NT_SPACE_ACC: return "ACC";
  case NT_SPACE_ACT: return "ACT";
  case NT_SPACE_CREG: return "CREG";
  default: return "?";
  }
}

uint32_t nt_dev_space_words(const nt_params_t *params, uint32_t space) {
  switch (space) {
  case NT_SPACE_POOL: return params->pool_words * nt_params_word_lanes(params);
  case NT_SPACE_PROG: return params->prog_words;
  case NT_SPACE_TABLE: return params->table_words;
  case NT_SPACE_GROUP: return params->groups * NT_GROUP_WORDS;
  case NT_SPACE_ACC: return NT_DENDRITES * params->lines * nt_params_line_lanes(params);
  case NT_SPACE_ACT: return params->lines;
  case NT_SPACE_CREG: return NT_CREG_COUNTERS + 2 * NT_COUNTERS;
  default: return 0;
  }
}

nt_status_t nt_dev_counter(nt_dev_t *dev, uint32_t core, uint32_t counter, uint64_t *value,
                           nt_error_t *err) {
  uint32_t words[2] = {0, 0};
  if (counter >= NT_COUNTERS)
    return nt_fail(err, NT_ERR_ARG, "counter %u: there are %u", counter, NT_COUNTERS);
  const nt_status_t status =
      nt_dev_mem_read(dev, core, NT_SPACE_CREG, NT_CREG_COUNTERS + 2 * counter, 2, words, err);
  if (status == NT_OK)
    *value = (uint64_t)words[1] << 32 | words[0];
  return status;
}
