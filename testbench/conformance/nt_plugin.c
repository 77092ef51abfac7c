// SPDX-License-Identifier: Apache-2.0
#include "nt_plugin.h"

#include "nt_conformance_device.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const nt_conformance_device_t *plugin;

/// Messages that left the tile, as the suite wants them.
typedef struct outbox {
  void *items;
  size_t count;
} outbox_t;

typedef struct plugin_dev {
  nt_dev_t dev; ///< first: a nt_dev_t * is also a plugin_dev_t *
  nt_conformance_tile_t *tile;
  outbox_t spikes, probes;
  bool observing;
  uint8_t *activity; ///< [cores][lines], of the step run last
  int32_t *rows;     ///< [cores][rows][lanes]
} plugin_dev_t;

static plugin_dev_t *of(nt_dev_t *dev) {
  return (plugin_dev_t *)dev;
}

/// The status of a call, with the back end's own words.
static nt_status_t judge(const plugin_dev_t *p, nt_conformance_status_t status, const char *what,
                         nt_error_t *err) {
  static const nt_status_t meaning[] = {
      [NT_CONFORMANCE_OK] = NT_OK,
      [NT_CONFORMANCE_REFUSED] = NT_ERR_DEVICE,
      [NT_CONFORMANCE_TIMEOUT] = NT_ERR_TIMEOUT,
      [NT_CONFORMANCE_UNSUPPORTED] = NT_ERR_UNSUPPORTED,
      [NT_CONFORMANCE_FAILED] = NT_ERR_INTERNAL,
  };
  if (status == NT_CONFORMANCE_OK)
    return NT_OK;
  const char *text = plugin->error_text != NULL ? plugin->error_text(p->tile) : NULL;
  return nt_fail(err, (unsigned)status <= NT_CONFORMANCE_FAILED ? meaning[status] : NT_ERR_INTERNAL,
                 "%s: %s reports status %d%s%s", plugin->name, what, (int)status,
                 text != NULL ? ": " : "", text != NULL ? text : "");
}

// ---- registers and memories ---------------------------------------------------------------------

static nt_status_t reg_read(nt_dev_t *dev, uint32_t offset, uint32_t *value, nt_error_t *err) {
  return judge(of(dev), plugin->read_register(of(dev)->tile, offset, value), "read_register", err);
}

static nt_status_t reg_write(nt_dev_t *dev, uint32_t offset, uint32_t value, nt_error_t *err) {
  return judge(of(dev), plugin->write_register(of(dev)->tile, offset, value), "write_register",
               err);
}

/// A back door must refuse what does not exist without leaving a trace in ERROR.
static nt_status_t check_words(const nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                               uint32_t count, nt_error_t *err) {
  const uint32_t words = nt_dev_space_words(&dev->params, space);
  const bool gap =
      space == NT_SPACE_CREG && addr < NT_CREG_COUNTERS && addr + count > NT_CREG_PROBE_ENABLE + 1;
  if (core < dev->params.cores && addr <= words && count <= words - addr && !gap)
    return NT_OK;
  return nt_fail(err, NT_ERR_DEVICE, "core %u, space %u, words %u to %u: do not exist", core, space,
                 addr, addr + count);
}

static nt_status_t mem_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t count, uint32_t *words, nt_error_t *err) {
  nt_conformance_tile_t *tile = of(dev)->tile;
  nt_status_t status = check_words(dev, core, space, addr, count, err);
  if (status == NT_OK && plugin->read_words != NULL)
    return judge(of(dev), plugin->read_words(tile, core, space, addr, count, words), "read_words",
                 err);
  for (uint32_t i = 0; i < count && status == NT_OK; i++)
    status =
        judge(of(dev), plugin->read_word(tile, core, space, addr + i, &words[i]), "read_word", err);
  return status;
}

static nt_status_t mem_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                             uint32_t count, const uint32_t *words, nt_error_t *err) {
  nt_conformance_tile_t *tile = of(dev)->tile;
  nt_status_t status = check_words(dev, core, space, addr, count, err);
  if (status == NT_OK && plugin->write_words != NULL)
    return judge(of(dev), plugin->write_words(tile, core, space, addr, count, words), "write_words",
                 err);
  for (uint32_t i = 0; i < count && status == NT_OK; i++)
    status = judge(of(dev), plugin->write_word(tile, core, space, addr + i, words[i]), "write_word",
                   err);
  return status;
}

static nt_status_t msg_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                            uint32_t *word, nt_error_t *err) {
  const nt_status_t status = nt_request_check(core, space, addr, err);
  return status != NT_OK ? status
                         : judge(of(dev), plugin->read_word(of(dev)->tile, core, space, addr, word),
                                 "read_word", err);
}

static nt_status_t msg_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr,
                             uint32_t word, nt_error_t *err) {
  const nt_status_t status = nt_request_check(core, space, addr, err);
  return status != NT_OK
             ? status
             : judge(of(dev), plugin->write_word(of(dev)->tile, core, space, addr, word),
                     "write_word", err);
}

// ---- spikes and steps ---------------------------------------------------------------------------

static nt_status_t inject(nt_dev_t *dev, const nt_spike_t *spikes, size_t count, nt_error_t *err) {
  uint64_t *wire = malloc((count + 1) * sizeof *wire);
  if (wire == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory for %zu spikes", plugin->name, count);
  for (size_t i = 0; i < count; i++)
    wire[i] = nt_spike_pack(&spikes[i]);
  const nt_status_t status =
      judge(of(dev), plugin->inject(of(dev)->tile, wire, count), "inject", err);
  free(wire);
  return status;
}

static uint32_t core_values(const nt_params_t *p) {
  return NT_DENDRITES * p->lines * nt_params_line_lanes(p);
}

/// The coming accumulators, which the step is about to work on.
static nt_status_t look_ahead(nt_dev_t *dev, nt_error_t *err) {
  const nt_params_t *p = &dev->params;
  const uint32_t lanes = nt_params_line_lanes(p);
  nt_status_t status = NT_OK;
  for (uint32_t core = 0; core < p->cores && status == NT_OK; core++) {
    uint32_t mask[NT_LINES_MAX] = {0}, row[NT_WORD_BITS_MAX / 2];
    status = mem_read(dev, core, NT_SPACE_ACT, 0, p->lines, mask, err);
    for (uint32_t r = 0; r < NT_DENDRITES * p->lines && status == NT_OK; r++) {
      of(dev)->activity[core * p->lines + r % p->lines] = (uint8_t)mask[r % p->lines];
      if ((mask[r % p->lines] >> r / p->lines & 1) == 0)
        continue;
      status = mem_read(dev, core, NT_SPACE_ACC, r * lanes, lanes, row, err);
      memcpy(of(dev)->rows + core * core_values(p) + r * lanes, row, lanes * sizeof *row);
    }
  }
  return status;
}

static nt_status_t step(nt_dev_t *dev, uint32_t timestep, uint64_t max_cycles, nt_error_t *err) {
  const nt_status_t status = of(dev)->observing ? look_ahead(dev, err) : NT_OK;
  return status != NT_OK
             ? status
             : judge(of(dev), plugin->step(of(dev)->tile, timestep, max_cycles), "step", err);
}

/// Everything that `take` hands over, `size` bytes each after `unpack`.
static const void *take_all(nt_dev_t *dev, outbox_t *box, size_t size,
                            size_t (*take)(nt_conformance_tile_t *, uint64_t *, size_t),
                            void (*unpack)(uint64_t wire, void *item)) {
  enum { ROOM = 256 };
  uint64_t wire[ROOM];
  box->count = 0;
  for (size_t got = take(of(dev)->tile, wire, ROOM); got > 0;
       got = take(of(dev)->tile, wire, ROOM)) {
    void *grown = realloc(box->items, (box->count + got) * size);
    if (grown == NULL || got > ROOM)
      abort(); // the runner reports a crash
    box->items = grown;
    for (size_t i = 0; i < got; i++)
      unpack(wire[i], (char *)box->items + size * box->count++);
  }
  return box->items;
}

static void unpack_spike(uint64_t wire, void *item) {
  *(nt_spike_t *)item = nt_spike_unpack(wire);
}

static void unpack_probe(uint64_t wire, void *item) {
  *(nt_probe_t *)item = nt_probe_unpack(wire);
}

static void drain(nt_dev_t *dev, const nt_spike_t **spikes, size_t *count) {
  outbox_t *box = &of(dev)->spikes;
  *spikes = take_all(dev, box, sizeof **spikes, plugin->take_spikes, unpack_spike);
  *count = box->count;
}

static void drain_probes(nt_dev_t *dev, const nt_probe_t **probes, size_t *count) {
  outbox_t *box = &of(dev)->probes;
  *probes = take_all(dev, box, sizeof **probes, plugin->take_probes, unpack_probe);
  *count = box->count;
}

// ---- looking at it ------------------------------------------------------------------------------

static bool pending(nt_dev_t *dev) {
  uint32_t status = 0;
  return reg_read(dev, NT_REG_STATUS, &status, NULL) == NT_OK &&
         (status >> NT_STATUS_PENDING_LSB & 1) != 0;
}

static void progress(nt_dev_t *dev, nt_progress_t *progress) {
  uint32_t status = 0;
  (void)reg_read(dev, NT_REG_STATUS, &status, NULL);
  *progress = (nt_progress_t){.phase = status >> NT_STATUS_PHASE_LSB & 7};
  for (uint32_t core = 0; core < dev->params.cores; core++)
    (void)reg_read(dev, NT_REG_QUEUE0 + 4 * core, &progress->queue[core], NULL);
}

static uint64_t cycles(nt_dev_t *dev) {
  return plugin->cycles != NULL ? plugin->cycles(of(dev)->tile) : 0;
}

static void current_activity(nt_dev_t *dev, uint32_t core, uint8_t *activity) {
  memcpy(activity, of(dev)->activity + core * dev->params.lines, dev->params.lines);
}

static void current_row(nt_dev_t *dev, uint32_t core, uint32_t row, int32_t *values) {
  const uint32_t lanes = nt_params_line_lanes(&dev->params);
  memcpy(values, of(dev)->rows + core * core_values(&dev->params) + row * lanes,
         lanes * sizeof *values);
}

static void set_tap(nt_dev_t *dev, bool on) {
  of(dev)->observing = on;
}

static nt_status_t reset(nt_dev_t *dev, nt_error_t *err) {
  return judge(of(dev), plugin->reset(of(dev)->tile), "reset", err);
}

// ---- open and close -----------------------------------------------------------------------------

static void close_dev(nt_dev_t *dev) {
  plugin->close(of(dev)->tile);
  free(of(dev)->spikes.items);
  free(of(dev)->probes.items);
  free(of(dev)->activity);
  free(of(dev)->rows);
  free(dev);
}

static nt_dev_ops_t ops = {
    .close = close_dev,
    .reg_read = reg_read,
    .reg_write = reg_write,
    .mem_read = mem_read,
    .mem_write = mem_write,
    .msg_read = msg_read,
    .msg_write = msg_write,
    .inject = inject,
    .step = step,
    .drain = drain,
    .drain_probes = drain_probes,
    .pending = pending,
    .progress = progress,
    .cycles = cycles,
    .current_activity = current_activity,
    .current_row = current_row,
    .set_tap = set_tap,
    .reset = reset,
};

static nt_status_t open_dev(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err) {
  const nt_conformance_params_t wanted = {
      params->cores,    params->word_bits,  params->pool_words,  params->lines,
      params->acc_bits, params->prog_words, params->table_words, params->groups};
  char text[256] = "";
  *dev = NULL;
  plugin_dev_t *p = calloc(1, sizeof *p);
  if (p == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "%s: no memory", plugin->name);
  p->dev = (nt_dev_t){.ops = &ops, .params = *params};
  p->activity = calloc(params->cores, params->lines);
  p->rows = calloc(params->cores, core_values(params) * sizeof *p->rows);
  const nt_conformance_status_t opened = p->activity != NULL && p->rows != NULL
                                             ? plugin->open(&wanted, &p->tile, text, sizeof text)
                                             : NT_CONFORMANCE_FAILED;
  if (opened == NT_CONFORMANCE_OK && p->tile != NULL) {
    *dev = &p->dev;
    return NT_OK;
  }
  free(p->activity);
  free(p->rows);
  free(p);
  text[sizeof text - 1] = '\0';
  return nt_fail(err, opened == NT_CONFORMANCE_UNSUPPORTED ? NT_ERR_UNSUPPORTED : NT_ERR_INTERNAL,
                 "%s: open reports status %d: %s", plugin->name, (int)opened, text);
}

// ---- loading ------------------------------------------------------------------------------------

static nt_status_t check_functions(const char *path, nt_error_t *err) {
  const struct {
    const char *name;
    bool there;
  } required[] = {
      {"name without spaces",
       plugin->name != NULL && plugin->name[0] != '\0' && strpbrk(plugin->name, " \t\n") == NULL},
      {"parameters", plugin->parameters != NULL},
      {"open", plugin->open != NULL},
      {"close", plugin->close != NULL},
      {"reset", plugin->reset != NULL},
      {"read_register", plugin->read_register != NULL},
      {"write_register", plugin->write_register != NULL},
      {"read_word", plugin->read_word != NULL},
      {"write_word", plugin->write_word != NULL},
      {"inject", plugin->inject != NULL},
      {"step", plugin->step != NULL},
      {"take_spikes", plugin->take_spikes != NULL},
      {"take_probes", plugin->take_probes != NULL},
  };
  for (size_t i = 0; i < sizeof required / sizeof required[0]; i++)
    if (!required[i].there)
      return nt_fail(err, NT_ERR_FORMAT, "%s: nt_conformance_device() gives no %s", path,
                     required[i].name);
  return NT_OK;
}

nt_status_t nt_plugin_load(const char *path, const nt_params_t *params, nt_backend_t *backend,
                           nt_error_t *err) {
  if (access(path, R_OK) != 0)
    return nt_fail(err, NT_ERR_IO, "%s: cannot be read", path);
  void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (object == NULL)
    return nt_fail(err, NT_ERR_FORMAT, "%s: no shared object that can be loaded: %s", path,
                   dlerror());
  const nt_conformance_device_t *(*get)(void) = NULL;
  void *symbol = dlsym(object, "nt_conformance_device");
  memcpy(&get, &symbol, sizeof get);
  plugin = get != NULL ? get() : NULL;
  if (plugin == NULL)
    return nt_fail(err, NT_ERR_FORMAT, "%s: function nt_conformance_device %s", path,
                   get == NULL ? "not found" : "gives no table");
  if (plugin->version != NT_CONFORMANCE_DEVICE_VERSION)
    return nt_fail(err, NT_ERR_UNSUPPORTED,
                   "%s: made for version %u of nt_conformance_device.h, allowed is %u", path,
                   plugin->version, NT_CONFORMANCE_DEVICE_VERSION);
  nt_status_t status = check_functions(path, err);
  if (status != NT_OK)
    return status;
  nt_conformance_params_t own = {0};
  plugin->parameters(&own);
  ops.name = plugin->name;
  *backend = (nt_backend_t){.name = plugin->name, .shape = "", .open = open_dev};
  backend->params = params != NULL
                        ? *params
                        : (nt_params_t){own.cores,    own.word_bits,  own.pool_words,  own.lines,
                                        own.acc_bits, own.prog_words, own.table_words, own.groups};
  return nt_params_check(&backend->params, err);
}
