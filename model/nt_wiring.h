// SPDX-License-Identifier: Apache-2.0
// nt_wiring: axons, synapse lists and routes between the populations of a network being mapped.
// Knows populations and chunks, not layers.
#ifndef NT_WIRING_H
#define NT_WIRING_H

#include "nt_core_builder.h"
#include "nt_layout.h"
#include "nt_qmodel.h"

/// Destination entries of one port of one chunk, before they are written to the pool.
typedef struct nt_routes {
  uint64_t *entry;
  uint32_t count, capacity;
} nt_routes_t;

typedef struct nt_wiring {
  nt_params_t params;
  nt_layout_t *layout;        ///< populations with their chunks; the caller's
  nt_core_builder_t *builder; ///< [tiles * cores]; the caller's
  nt_routes_t **routes;       ///< [population][chunk * NT_PORTS + port]
  uint32_t code_type;         ///< NT_SPIKE_TYPE_* that the codes fit
  nt_error_t *err;
} nt_wiring_t;

/// Rows [row, row + neurons) of a ternary matrix, one dendrite of a population.
typedef struct nt_wiring_plane {
  const nt_qmatrix_t *matrix;
  uint32_t row; ///< first row of the matrix that belongs to neuron 0 of the population
} nt_wiring_plane_t;

/// Makes room for routes of all populations; freed by nt_wiring_close, also after a failure.
nt_status_t nt_wiring_open(nt_wiring_t *wiring);
void nt_wiring_close(nt_wiring_t *wiring);
/// The core of a chunk.
nt_core_builder_t *nt_wiring_builder(nt_wiring_t *wiring, const nt_chunk_t *chunk);

/// The axon entry that marks one dendrite of a chunk active (a touch, docs/spec/memory.md).
uint64_t nt_wiring_touch(const nt_chunk_t *chunk, uint32_t dendrite);
/// A destination entry (record DEST), and adding one to a port of a chunk.
uint64_t nt_wiring_destination(uint32_t tile, uint32_t cores, uint32_t axon, uint32_t type,
                               bool vector);
nt_status_t nt_wiring_route(nt_wiring_t *wiring, uint32_t population, uint32_t chunk, uint32_t port,
                            uint64_t entry);

/// One axon that marks (weight 0) or feeds (weight 1) one dendrite of all neurons of `to`, driven
/// by `port` of every chunk of `from`.
nt_status_t nt_wiring_uniform(nt_wiring_t *wiring, uint32_t from, uint32_t port, uint32_t to,
                              uint32_t dendrite, uint32_t weight, uint32_t type);
/// All neurons of `from` into one dendrite of the single neuron of `to`.
nt_status_t nt_wiring_single(nt_wiring_t *wiring, uint32_t from, uint32_t port, uint32_t to,
                             uint32_t dendrite, uint32_t weight, uint32_t type);
/// SINGLE axons *base .. *base + count - 1 of a chunk: axon k feeds neuron k with weight 1; `extra`
/// axons behind them stay empty.
nt_status_t nt_wiring_one_to_one(nt_wiring_t *wiring, const nt_chunk_t *chunk, uint32_t dendrite,
                                 uint32_t extra, uint32_t *base);
/// x from chunk to chunk of two populations with the same chunks.
nt_status_t nt_wiring_handover(nt_wiring_t *wiring, uint32_t from, uint32_t to);
/// Codes on `port` of `from` to dendrites [dendrite, dendrite + planes) of `to`: one axon per
/// input, one list word per plane and line.
nt_status_t nt_wiring_dense(nt_wiring_t *wiring, uint32_t from, uint32_t port, uint32_t to,
                            uint32_t dendrite, const nt_wiring_plane_t *plane, uint32_t planes);
/// Writes the destination lists of a chunk into its pool and group descriptor.
nt_status_t nt_wiring_emit(nt_wiring_t *wiring, uint32_t population, uint32_t chunk);

#endif
