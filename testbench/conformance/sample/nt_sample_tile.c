// SPDX-License-Identifier: Apache-2.0
// A tile of someone else for the conformance suite. It plays the stranger: of neurotile's headers
// it knows nt_conformance_device.h only as far as the suite is concerned; the tile inside happens
// to be a golden one.
//
// The environment variable NT_SAMPLE_FAULT gives it a fault:
//   sign     spikes that come in lose their payload's sign
//   drop     every hundredth spike that comes in is lost
//   minmax   MIN and MAX are swapped in the instruction decoder
//   skip     SKP does not know INVERT
//   late     what leaves the tile leaves it one timestep late
//   count    counter MSG_OUT is one too high
//   accept   requests that must be refused are answered
//   clear    CLEAR_STATE does nothing
//   reset    a reset leaves the counters as they are
//   hang     the fifth step never ends
//   crash    the fifth step dies
//   child    it starts a process that never ends, as a simulator might
//   version  it was built for another version of the interface
//   table    it lacks the function `step`
#include "nt_conformance_device.h"

#include "nt_golden.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Messages that left the tile, in wire form, until they are taken; `ready` of them may be.
typedef struct box {
  uint64_t *wire;
  size_t count, ready, room;
} box_t;

struct nt_conformance_tile {
  nt_dev_t *dev;
  nt_error_t error;
  uint32_t steps, injected;
  box_t spikes, probes;
};

static bool fault(const char *name) {
  const char *chosen = getenv("NT_SAMPLE_FAULT");
  return chosen != NULL && strcmp(chosen, name) == 0;
}

static nt_conformance_status_t judge(nt_status_t status) {
  switch (status) {
  case NT_OK: return NT_CONFORMANCE_OK;
  case NT_ERR_DEVICE: return NT_CONFORMANCE_REFUSED;
  case NT_ERR_TIMEOUT: return NT_CONFORMANCE_TIMEOUT;
  case NT_ERR_UNSUPPORTED: return NT_CONFORMANCE_UNSUPPORTED;
  default: return NT_CONFORMANCE_FAILED;
  }
}

static void parameters(nt_conformance_params_t *params) {
  const nt_params_t own = nt_params_default();
  *params = (nt_conformance_params_t){own.cores,    own.word_bits,  own.pool_words,  own.lines,
                                      own.acc_bits, own.prog_words, own.table_words, own.groups};
}

static nt_conformance_status_t open_tile(const nt_conformance_params_t *params,
                                         nt_conformance_tile_t **tile, char *error,
                                         size_t error_size) {
  const nt_params_t p = {params->cores,    params->word_bits,  params->pool_words,  params->lines,
                         params->acc_bits, params->prog_words, params->table_words, params->groups};
  nt_error_t err = {0};
  if (fault("child") && fork() == 0)
    for (;;)
      (void)pause();
  nt_conformance_tile_t *opened = calloc(1, sizeof *opened);
  const nt_status_t status =
      opened != NULL ? nt_golden_open(&p, &opened->dev, &err) : NT_ERR_MEMORY;
  if (status == NT_OK) {
    *tile = opened;
    return NT_CONFORMANCE_OK;
  }
  free(opened);
  (void)snprintf(error, error_size, "%s", err.text);
  return NT_CONFORMANCE_FAILED;
}

static void close_tile(nt_conformance_tile_t *tile) {
  nt_dev_close(tile->dev);
  free(tile->spikes.wire);
  free(tile->probes.wire);
  free(tile);
}

static nt_conformance_status_t reset(nt_conformance_tile_t *tile) {
  enum { WORDS = 2 * NT_COUNTERS_EXACT };
  uint32_t counters[NT_CORES_MAX][WORDS];
  tile->spikes.count = tile->spikes.ready = tile->probes.count = tile->probes.ready = 0;
  for (uint32_t core = 0; core < tile->dev->params.cores; core++)
    (void)nt_dev_mem_read(tile->dev, core, NT_SPACE_CREG, NT_CREG_COUNTERS, WORDS, counters[core],
                          &tile->error);
  const nt_status_t status = nt_dev_reset(tile->dev, &tile->error);
  for (uint32_t core = 0; core < tile->dev->params.cores && fault("reset"); core++)
    (void)nt_dev_mem_write(tile->dev, core, NT_SPACE_CREG, NT_CREG_COUNTERS, WORDS, counters[core],
                           &tile->error);
  return judge(status);
}

static nt_conformance_status_t read_register(nt_conformance_tile_t *tile, uint32_t offset,
                                             uint32_t *value) {
  return judge(nt_dev_reg_read(tile->dev, offset, value, &tile->error));
}

static nt_conformance_status_t write_register(nt_conformance_tile_t *tile, uint32_t offset,
                                              uint32_t value) {
  if (offset == NT_REG_CTRL && value == 1u << NT_CTRL_CLEAR_STATE_LSB && fault("clear"))
    return NT_CONFORMANCE_OK;
  return judge(nt_dev_reg_write(tile->dev, offset, value, &tile->error));
}

/// An instruction as the faulty decoder takes it.
static uint32_t decoded(uint32_t space, uint32_t word) {
  const uint32_t op = word >> NT_INSTR_OP_LSB;
  const uint32_t swap = (uint32_t)(NT_OP_MIN ^ NT_OP_MAX) << NT_INSTR_OP_LSB;
  if (space == NT_SPACE_PROG && op == NT_OP_SKP && fault("skip"))
    return word & ~(1u << NT_INSTR_INVERT_LSB);
  return space == NT_SPACE_PROG && (op == NT_OP_MIN || op == NT_OP_MAX) && fault("minmax")
             ? word ^ swap
             : word;
}

static nt_conformance_status_t read_word(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                         uint32_t address, uint32_t *word) {
  const nt_status_t status =
      tile->dev->ops->msg_read(tile->dev, core, space, address, word, &tile->error);
  *word = status == NT_OK ? decoded(space, *word) : 0;
  if (space == NT_SPACE_CREG && address == NT_CREG_COUNTERS + 2 * NT_COUNTER_MSG_OUT &&
      fault("count"))
    ++*word;
  return status == NT_ERR_DEVICE && fault("accept") ? NT_CONFORMANCE_OK : judge(status);
}

static nt_conformance_status_t write_word(nt_conformance_tile_t *tile, uint32_t core,
                                          uint32_t space, uint32_t address, uint32_t word) {
  return judge(tile->dev->ops->msg_write(tile->dev, core, space, address, decoded(space, word),
                                         &tile->error));
}

static nt_conformance_status_t inject(nt_conformance_tile_t *tile, const uint64_t *spikes,
                                      size_t count) {
  nt_status_t status = NT_OK;
  for (size_t i = 0; i < count && status == NT_OK; i++) {
    nt_spike_t spike = nt_spike_unpack(spikes[i]);
    if (++tile->injected % 100 == 0 && fault("drop"))
      continue;
    if (fault("sign") && spike.payload < 0)
      spike.payload &= 0x7FFFFF;
    status = nt_dev_inject(tile->dev, &spike, 1, &tile->error);
  }
  return judge(status);
}

static void box_put(box_t *box, uint64_t wire) {
  if (box->count == box->room) {
    box->room = 2 * box->room + 64;
    box->wire = realloc(box->wire, box->room * sizeof *box->wire);
    if (box->wire == NULL)
      abort();
  }
  box->wire[box->count++] = wire;
}

static size_t box_take(box_t *box, uint64_t *wire, size_t room) {
  const size_t count = box->ready < room ? box->ready : room;
  if (count == 0)
    return 0;
  memcpy(wire, box->wire, count * sizeof *wire);
  memmove(box->wire, box->wire + count, (box->count - count) * sizeof *wire);
  box->count -= count;
  box->ready -= count;
  return count;
}

static void collect(nt_conformance_tile_t *tile) {
  const nt_spike_t *spikes = NULL;
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  const size_t before = tile->spikes.count;
  nt_dev_drain(tile->dev, &spikes, &count);
  for (size_t i = 0; i < count; i++)
    box_put(&tile->spikes, nt_spike_pack(&spikes[i]));
  tile->spikes.ready = fault("late") ? before : tile->spikes.count;
  tile->dev->ops->drain_probes(tile->dev, &probes, &count);
  for (size_t i = 0; i < count; i++)
    box_put(&tile->probes,
            nt_request_pack(NT_RSP_PROBE, probes[i].core, 0,
                            probes[i].neuron | (uint32_t)probes[i].group << NT_PROBE_GROUP_LSB,
                            (uint32_t)probes[i].value));
  tile->probes.ready = tile->probes.count;
}

static nt_conformance_status_t step(nt_conformance_tile_t *tile, uint32_t timestep,
                                    uint64_t max_cycles) {
  if (++tile->steps == 5 && fault("crash"))
    abort();
  while (tile->steps == 5 && fault("hang"))
    ;
  const nt_status_t status = nt_dev_step(tile->dev, timestep, max_cycles, &tile->error);
  collect(tile);
  return judge(status);
}

static size_t take_spikes(nt_conformance_tile_t *tile, uint64_t *spikes, size_t room) {
  return box_take(&tile->spikes, spikes, room);
}

static size_t take_probes(nt_conformance_tile_t *tile, uint64_t *probes, size_t room) {
  return box_take(&tile->probes, probes, room);
}

static const char *error_text(nt_conformance_tile_t *tile) {
  return tile->error.text;
}

NT_CONFORMANCE_EXPORT const nt_conformance_device_t *nt_conformance_device(void) {
  static nt_conformance_device_t device = {
      .version = NT_CONFORMANCE_DEVICE_VERSION,
      .name = "sample",
      .parameters = parameters,
      .open = open_tile,
      .close = close_tile,
      .reset = reset,
      .read_register = read_register,
      .write_register = write_register,
      .read_word = read_word,
      .write_word = write_word,
      .inject = inject,
      .step = step,
      .take_spikes = take_spikes,
      .take_probes = take_probes,
      .error_text = error_text,
  };
  if (fault("version"))
    device.version = NT_CONFORMANCE_DEVICE_VERSION + 1;
  if (fault("table"))
    device.step = NULL;
  return &device;
}
