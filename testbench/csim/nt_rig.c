// SPDX-License-Identifier: Apache-2.0
#include "nt_rig.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t compared;

void nt_rig_equal(int64_t found, int64_t expected, const char *what, const char *file, int line) {
  compared++;
  if (found == expected)
    return;
  print_error("%s is %" PRId64 ", expected %" PRId64 "\n", what, found, expected);
  _fail(file, line);
}

int nt_rig_report(const char *name, int failed) {
  printf("%s: %" PRIu64 " values compared\n", name, compared);
  return failed;
}

uint64_t nt_rig_seed(int argc, char **argv) {
  const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
  printf("seed %" PRIu64 ", repeat with: %s %" PRIu64 "\n", seed, argv[0], seed);
  return seed;
}

uint64_t nt_rig_random(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
  return z ^ z >> 31;
}

static void check(nt_status_t status, const nt_error_t *err) {
  if (status != NT_OK)
    fail_msg("%s: %s", nt_status_str(status), err->text);
}

nt_dev_t *nt_rig_open(const nt_params_t *params) {
  const nt_params_t fallback = nt_params_default();
  nt_error_t err = {0};
  nt_dev_t *dev = NULL;
  check(nt_golden_open(params != NULL ? params : &fallback, &dev, &err), &err);
  return dev;
}

void nt_rig_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word) {
  nt_error_t err = {0};
  check(nt_dev_mem_write(dev, core, space, addr, 1, &word, &err), &err);
}

uint32_t nt_rig_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr) {
  nt_error_t err = {0};
  uint32_t word = 0;
  check(nt_dev_mem_read(dev, core, space, addr, 1, &word, &err), &err);
  return word;
}

uint32_t nt_rig_reg(nt_dev_t *dev, uint32_t offset) {
  nt_error_t err = {0};
  uint32_t value = 0;
  check(nt_dev_reg_read(dev, offset, &value, &err), &err);
  return value;
}

void nt_rig_pool(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane, uint32_t value) {
  const uint32_t addr = word % dev->params.pool_words * nt_params_word_lanes(&dev->params) + lane;
  nt_rig_write(dev, core, NT_SPACE_POOL, addr, value);
}

uint32_t nt_rig_pool_get(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane) {
  const uint32_t addr = word % dev->params.pool_words * nt_params_word_lanes(&dev->params) + lane;
  return nt_rig_read(dev, core, NT_SPACE_POOL, addr);
}

void nt_rig_dword(nt_dev_t *dev, uint32_t core, uint32_t base, uint32_t index, uint64_t value) {
  const uint32_t per_word = dev->params.word_bits / 64;
  const uint32_t lane = 2 * (index % per_word);
  nt_rig_pool(dev, core, base + index / per_word, lane, (uint32_t)value);
  nt_rig_pool(dev, core, base + index / per_word, lane + 1, (uint32_t)(value >> 32));
}

void nt_rig_axon(nt_dev_t *dev, uint32_t core, uint32_t axon, uint64_t entry) {
  nt_rig_write(dev, core, NT_SPACE_CREG, NT_CREG_AXON_BASE, NT_RIG_AXON_BASE);
  if (nt_rig_read(dev, core, NT_SPACE_CREG, NT_CREG_AXON_COUNT) <= axon)
    nt_rig_write(dev, core, NT_SPACE_CREG, NT_CREG_AXON_COUNT, axon + 1);
  nt_rig_dword(dev, core, NT_RIG_AXON_BASE, axon, entry);
}

uint64_t nt_rig_dense(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                      uint32_t digits, uint32_t exp, uint32_t ptr) {
  return NT_FORMAT_DENSE | dendrite << 4 | (dendrites - 1) << 6 | (digits - 1) << 8 | exp << 10 |
         line << 16 | (uint64_t)(lines - 1) << 24 | (uint64_t)ptr << 32;
}

uint64_t nt_rig_uniform(uint32_t dendrite, uint32_t dendrites, uint32_t line, uint32_t lines,
                        uint32_t exp, int32_t weight) {
  return NT_FORMAT_UNIFORM | dendrite << 4 | (dendrites - 1) << 6 | exp << 10 | line << 16 |
         (uint64_t)(lines - 1) << 24 | (uint64_t)((uint32_t)weight & 255U) << 32;
}

uint64_t nt_rig_single(uint32_t dendrite, uint32_t neuron, uint32_t exp, int32_t weight) {
  return NT_FORMAT_SINGLE | dendrite << 4 | exp << 10 | neuron << 16 |
         (uint64_t)((uint32_t)weight & 255U) << 32;
}

uint64_t nt_rig_sparse(uint32_t dendrite, uint32_t line, uint32_t exp, uint32_t count,
                       uint32_t ptr) {
  return NT_FORMAT_SPARSE | dendrite << 4 | exp << 10 | line << 16 | (uint64_t)ptr << 32 |
         (uint64_t)count << 48;
}

void nt_rig_inject(nt_dev_t *dev, uint32_t cores, uint32_t axon, int32_t payload) {
  const nt_spike_t spike = {.cores = (uint8_t)cores,
                            .type = NT_SPIKE_TYPE_GRADED24,
                            .axon = (uint16_t)axon,
                            .payload = payload};
  nt_error_t err = {0};
  check(nt_dev_inject(dev, &spike, 1, &err), &err);
}

int32_t nt_rig_acc(nt_dev_t *dev, uint32_t core, uint32_t dendrite, uint32_t line, uint32_t lane) {
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  const uint32_t addr = (dendrite * dev->params.lines + line) * lanes + lane;
  const int32_t value = (int32_t)nt_rig_read(dev, core, NT_SPACE_ACC, addr);
  const nt_golden_rows_t rows = nt_golden_coming(dev, core);
  NT_RIG_EQUAL((rows.activity[line] >> dendrite & 1) != 0 ? rows.values[addr] : 0, value);
  return value;
}

uint32_t nt_rig_act(nt_dev_t *dev, uint32_t core, uint32_t line) {
  return nt_rig_read(dev, core, NT_SPACE_ACT, line);
}

uint64_t nt_rig_counter(nt_dev_t *dev, uint32_t core, uint32_t counter) {
  nt_error_t err = {0};
  uint64_t value = 0;
  check(nt_dev_counter(dev, core, counter, &value, &err), &err);
  NT_RIG_EQUAL(nt_golden_counters(dev, core)[counter], value);
  return value;
}

void nt_rig_step(nt_dev_t *dev, uint32_t timestep) {
  nt_error_t err = {0};
  check(nt_dev_step(dev, timestep, 0, &err), &err);
}

void nt_rig_group(nt_dev_t *dev, uint32_t core, uint32_t number, const nt_rig_group_t *group) {
  uint32_t words[NT_GROUP_WORDS] = {
      1U | (uint32_t)group->always << 1 | group->line << 8 | group->lines << 16,
      group->neurons,
      group->entry | group->const_base << 16,
      group->state_base | group->state_words << 16 | group->clear_words << 24,
  };
  for (uint32_t port = 0; port < NT_PORTS; port++)
    words[4 + port] = group->port_ptr[port] | group->port_count[port] << 16;
  nt_error_t err = {0};
  check(nt_dev_mem_write(dev, core, NT_SPACE_GROUP, number * NT_GROUP_WORDS, NT_GROUP_WORDS, words,
                         &err),
        &err);
}

void nt_rig_program(nt_dev_t *dev, uint32_t core, uint32_t entry, const uint32_t *words,
                    size_t count) {
  nt_error_t err = {0};
  check(nt_dev_mem_write(dev, core, NT_SPACE_PROG, entry, (uint32_t)count, words, &err), &err);
}

uint64_t nt_rig_dest(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type, bool vector) {
  return (uint64_t)tile | (uint64_t)cores << 12 | (uint64_t)axon << 20 | (uint64_t)type << 36 |
         (uint64_t)vector << 38;
}
