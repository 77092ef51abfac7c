// SPDX-License-Identifier: Apache-2.0
#include "nt_wiring.h"

#include "nt_microcode.h"

#include <stdlib.h>

nt_core_builder_t *nt_wiring_builder(nt_wiring_t *w, const nt_chunk_t *chunk) {
  return &w->builder[(size_t)chunk->tile * w->params.cores + chunk->core];
}

static uint32_t lanes(const nt_wiring_t *w) {
  return nt_params_line_lanes(&w->params);
}

nt_status_t nt_wiring_open(nt_wiring_t *w) {
  w->routes = calloc(w->layout->populations, sizeof *w->routes);
  for (uint32_t p = 0; w->routes != NULL && p < w->layout->populations; p++) {
    w->routes[p] = calloc((size_t)w->layout->population[p].chunks * NT_PORTS, sizeof **w->routes);
    if (w->routes[p] == NULL) {
      return nt_fail(w->err, NT_ERR_MEMORY, "mapper: out of memory");
    }
  }
  return w->routes != NULL ? NT_OK : nt_fail(w->err, NT_ERR_MEMORY, "mapper: out of memory");
}

void nt_wiring_close(nt_wiring_t *w) {
  for (uint32_t p = 0; w->routes != NULL && p < w->layout->populations; p++) {
    for (uint32_t r = 0; w->routes[p] != NULL && r < w->layout->population[p].chunks * NT_PORTS;
         r++) {
      free(w->routes[p][r].entry);
    }
    free(w->routes[p]);
  }
  free(w->routes);
  w->routes = NULL;
}

static uint64_t bits(uint32_t value, uint32_t lsb) {
  return (uint64_t)value << lsb;
}

static uint64_t uniform_entry(const nt_chunk_t *chunk, uint32_t dendrite, uint32_t weight) {
  return bits(NT_FORMAT_UNIFORM, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
         bits(chunk->line, NT_AXON_LINE_LSB) | bits(chunk->lines - 1, NT_AXON_LINES_LSB) |
         bits(weight, NT_AXON_WEIGHT_LSB);
}

uint64_t nt_wiring_touch(const nt_chunk_t *chunk, uint32_t dendrite) {
  return uniform_entry(chunk, dendrite, 0);
}

nt_status_t nt_wiring_route(nt_wiring_t *w, uint32_t population, uint32_t chunk, uint32_t port,
                            uint64_t entry) {
  nt_routes_t *routes = &w->routes[population][chunk * NT_PORTS + port];
  if (routes->count == routes->capacity) {
    const uint32_t capacity = routes->capacity * 2 + 4;
    uint64_t *grown = realloc(routes->entry, capacity * sizeof *grown);
    if (grown == NULL) {
      return nt_fail(w->err, NT_ERR_MEMORY, "mapper: out of memory");
    }
    routes->entry = grown;
    routes->capacity = capacity;
  }
  routes->entry[routes->count++] = entry;
  return NT_OK;
}

uint64_t nt_wiring_destination(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type,
                               bool vector) {
  return bits(tile, NT_DEST_TILE_LSB) | bits(cores, NT_DEST_CORES_LSB) |
         bits(axon, NT_DEST_AXON_LSB) | bits(type, NT_DEST_TYPE_LSB) |
         bits(vector, NT_DEST_VECTOR_LSB);
}

// Makes `count` axons in every chunk of a population, with one common base on all its cores of a
// tile. base[chunk] receives it.
static nt_status_t make_axons(nt_wiring_t *w, const nt_population_t *population, uint32_t count,
                              uint32_t *base) {
  for (uint32_t first = 0; first < population->chunks;) {
    uint32_t end = first, top = 0;
    for (; end < population->chunks && population->chunk[end].tile == population->chunk[first].tile;
         end++) {
      const uint32_t axons = nt_wiring_builder(w, &population->chunk[end])->axons;
      top = axons > top ? axons : top;
    }
    for (; first < end; first++) {
      const nt_status_t status = nt_core_builder_axons(
          nt_wiring_builder(w, &population->chunk[first]), top, count, w->err);
      if (status != NT_OK) {
        return status;
      }
      base[first] = top;
    }
  }
  return NT_OK;
}

// Routes every chunk of `from` to every chunk of `to`: one entry per destination tile. A vector
// route adds the sender's place.
static nt_status_t route_all(nt_wiring_t *w, uint32_t from, uint32_t port,
                             const nt_population_t *to, const uint32_t *base, uint32_t type,
                             bool vector) {
  const nt_population_t *source = &w->layout->population[from];
  for (uint32_t s = 0; s < source->chunks; s++) {
    for (uint32_t first = 0; first < to->chunks;) {
      uint32_t cores = 0, end = first;
      for (; end < to->chunks && to->chunk[end].tile == to->chunk[first].tile; end++) {
        cores |= 1u << to->chunk[end].core;
      }
      const uint32_t axon = base[first] + (vector ? source->chunk[s].first : 0);
      const nt_status_t status =
          nt_wiring_route(w, from, s, port,
                          nt_wiring_destination(to->chunk[first].tile, cores, axon, type, vector));
      if (status != NT_OK) {
        return status;
      }
      first = end;
    }
  }
  return NT_OK;
}

// One axon that marks (weight 0) or feeds (weight 1) one dendrite of all neurons of `to`, driven by
// `port` of every chunk of `from`.
nt_status_t nt_wiring_uniform(nt_wiring_t *w, uint32_t from, uint32_t port, uint32_t to,
                              uint32_t dendrite, uint32_t weight, uint32_t type) {
  const nt_population_t *target = &w->layout->population[to];
  uint32_t *base = calloc(target->chunks, sizeof *base);
  if (base == NULL) {
    return nt_fail(w->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  nt_status_t status = make_axons(w, target, 1, base);
  for (uint32_t c = 0; c < target->chunks && status == NT_OK; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    nt_wiring_builder(w, chunk)->axon[base[c]] = uniform_entry(chunk, dendrite, weight);
  }
  if (status == NT_OK) {
    status = route_all(w, from, port, target, base, type, false);
  }
  free(base);
  return status;
}

// All neurons of `from` into one dendrite of the single neuron of norm population `to`.
nt_status_t nt_wiring_single(nt_wiring_t *w, uint32_t from, uint32_t port, uint32_t to,
                             uint32_t dendrite, uint32_t weight, uint32_t type) {
  const nt_population_t *target = &w->layout->population[to];
  const nt_chunk_t *chunk = &target->chunk[0];
  uint32_t base = 0;
  const nt_status_t status = make_axons(w, target, 1, &base);
  if (status != NT_OK) {
    return status;
  }
  nt_wiring_builder(w, chunk)->axon[base] =
      bits(NT_FORMAT_SINGLE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
      bits(chunk->line * lanes(w), NT_AXON_NEURON_LSB) | bits(weight, NT_AXON_WEIGHT_LSB);
  return route_all(w, from, port, target, &base, type, false);
}

// SINGLE axons first .. first + count - 1 of a chunk: axon k feeds neuron k of the chunk with
// weight 1.
nt_status_t nt_wiring_one_to_one(nt_wiring_t *w, const nt_chunk_t *chunk, uint32_t dendrite,
                                 uint32_t extra, uint32_t *base) {
  nt_core_builder_t *builder = nt_wiring_builder(w, chunk);
  *base = builder->axons;
  const nt_status_t status = nt_core_builder_axons(builder, *base, chunk->count + extra, w->err);
  for (uint32_t n = 0; n < chunk->count && status == NT_OK; n++) {
    builder->axon[*base + n] =
        bits(NT_FORMAT_SINGLE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
        bits(chunk->line * lanes(w) + n, NT_AXON_NEURON_LSB) | bits(1, NT_AXON_WEIGHT_LSB);
  }
  return status;
}

// x from chunk to chunk of two populations with the same chunks.
nt_status_t nt_wiring_handover(nt_wiring_t *w, uint32_t from, uint32_t to) {
  const nt_population_t *target = &w->layout->population[to];
  for (uint32_t c = 0; c < target->chunks; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    uint32_t base = 0;
    nt_status_t status = nt_wiring_one_to_one(w, chunk, NT_DENDRITE_X_HANDOVER, 0, &base);
    if (status == NT_OK) {
      status = nt_wiring_route(w, from, c, NT_PORT_X_NEXT,
                               nt_wiring_destination(chunk->tile, 1u << chunk->core, base,
                                                     NT_SPIKE_TYPE_GRADED16, true));
    }
    if (status != NT_OK) {
      return status;
    }
  }
  return NT_OK;
}

// Rows [row, row + chunk->count) of `matrix` into dendrite plane `plane` of the lists at `base`,
// `stride` words per axon.
static void write_plane(nt_wiring_t *w, const nt_chunk_t *chunk, const nt_qmatrix_t *matrix,
                        uint32_t row, uint32_t base, uint32_t stride, uint32_t plane) {
  const uint32_t word_lanes = nt_params_word_lanes(&w->params), line_lanes = lanes(w);
  for (uint32_t n = 0; n < chunk->count; n++) {
    const int8_t *codes = matrix->codes + (size_t)(row + n) * matrix->in;
    const uint32_t lane = n % line_lanes, shift = lane % 16 * 2;
    uint32_t *word = nt_wiring_builder(w, chunk)->core->pool +
                     (size_t)(base + plane * chunk->lines + n / line_lanes) * word_lanes +
                     lane / 16;
    for (uint32_t k = 0; k < matrix->in; k++, word += (size_t)stride * word_lanes) {
      *word |= ((uint32_t)codes[k] & 3u) << shift;
    }
  }
}

// Connects codes on `port` of `from` to dendrites [dendrite, dendrite + planes) of `to`: one axon
// per input, one list word per plane and line.
nt_status_t nt_wiring_dense(nt_wiring_t *w, uint32_t from, uint32_t port, uint32_t to,
                            uint32_t dendrite, const nt_wiring_plane_t *plane, uint32_t planes) {
  const nt_population_t *target = &w->layout->population[to];
  const uint32_t inputs = plane[0].matrix->in;
  uint32_t *base = calloc(target->chunks, sizeof *base);
  if (base == NULL) {
    return nt_fail(w->err, NT_ERR_MEMORY, "mapper: out of memory");
  }
  nt_status_t status = make_axons(w, target, inputs, base);
  for (uint32_t c = 0; c < target->chunks && status == NT_OK; c++) {
    const nt_chunk_t *chunk = &target->chunk[c];
    const uint32_t stride = planes * chunk->lines;
    uint32_t list = 0;
    status = nt_core_builder_pool(nt_wiring_builder(w, chunk), inputs * stride, target->name, &list,
                                  w->err);
    for (uint32_t p = 0; p < planes && status == NT_OK; p++) {
      write_plane(w, chunk, plane[p].matrix, plane[p].row + chunk->first, list, stride, p);
    }
    for (uint32_t k = 0; k < inputs && status == NT_OK; k++) {
      nt_wiring_builder(w, chunk)->axon[base[c] + k] =
          bits(NT_FORMAT_DENSE, NT_AXON_FORMAT_LSB) | bits(dendrite, NT_AXON_DENDRITE_LSB) |
          bits(planes - 1, NT_AXON_DENDRITES_LSB) | bits(chunk->line, NT_AXON_LINE_LSB) |
          bits(chunk->lines - 1, NT_AXON_LINES_LSB) | bits(list + k * stride, NT_AXON_PTR_LSB);
    }
  }
  if (status == NT_OK) {
    status = route_all(w, from, port, target, base, w->code_type, true);
  }
  free(base);
  return status;
}

nt_status_t nt_wiring_emit(nt_wiring_t *w, uint32_t population, uint32_t index) {
  const nt_chunk_t *chunk = &w->layout->population[population].chunk[index];
  nt_core_builder_t *builder = nt_wiring_builder(w, chunk);
  const uint32_t per_word = w->params.word_bits / 64;
  for (uint32_t port = 0; port < NT_PORTS; port++) {
    const nt_routes_t *routes = &w->routes[population][index * NT_PORTS + port];
    if (routes->count == 0) {
      continue;
    }
    uint32_t base = 0;
    const nt_status_t status = nt_core_builder_pool(
        builder, (routes->count + per_word - 1) / per_word, "a destination list", &base, w->err);
    if (status != NT_OK) {
      return status;
    }
    if (routes->count > 255) {
      return nt_fail(w->err, NT_ERR_RANGE,
                     "mapper: population %s sends to %u tiles, 255 is the most",
                     w->layout->population[population].name, routes->count);
    }
    for (uint32_t r = 0; r < routes->count; r++) {
      nt_core_builder_dword(builder, base + r / per_word, r % per_word, routes->entry[r]);
    }
    builder->core->group[(size_t)chunk->group * NT_GROUP_WORDS + 4 + port] =
        base << NT_GROUP_PORT_PTR_LSB | routes->count << NT_GROUP_PORT_COUNT_LSB;
  }
  return NT_OK;
}
