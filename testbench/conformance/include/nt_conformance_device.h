// SPDX-License-Identifier: Apache-2.0
// nt_conformance_device: what a tile of someone else offers to the conformance suite
// (docs/conformance.md). The one header to include; C11, no other header of neurotile needed.
//
// A back end is a shared object with one function, nt_conformance_device(). The suite runs in one
// thread, opens up to eight tiles at a time, and starts one process for every group of tests.
//
// Codes of spaces, registers and message fields: docs/spec/tables.md.
#ifndef NT_CONFORMANCE_DEVICE_H
#define NT_CONFORMANCE_DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Version of this interface. It changes when a shared object built for the one before would no
/// longer work.
#define NT_CONFORMANCE_DEVICE_VERSION 1u

/// What a function reports. Whatever is not NT_CONFORMANCE_OK may be explained by error_text.
typedef enum nt_conformance_status {
  NT_CONFORMANCE_OK = 0,
  NT_CONFORMANCE_REFUSED = 1,     ///< the tile answered SLVERR or an ERROR response, as specified
  NT_CONFORMANCE_TIMEOUT = 2,     ///< not done within the limit of cycles
  NT_CONFORMANCE_UNSUPPORTED = 3, ///< not with these parameters, or not at all
  NT_CONFORMANCE_FAILED = 4       ///< anything else: the test ends
} nt_conformance_status_t;

/// Parameters of a tile: docs/spec/tables.md, "Tile parameters".
typedef struct nt_conformance_params {
  uint32_t cores, word_bits, pool_words, lines, acc_bits, prog_words, table_words, groups;
} nt_conformance_params_t;

/// A tile of the back end: its own structure, which the suite only passes on.
typedef struct nt_conformance_tile nt_conformance_tile_t;

/// The functions of a back end. All are required unless they say "may be NULL".
///
/// A function returns when the tile is quiescent again (STATUS.BUSY is 0) and has taken everything
/// it was given; only a step that reports NT_CONFORMANCE_TIMEOUT may leave a busy tile behind.
typedef struct nt_conformance_device {
  uint32_t version; ///< NT_CONFORMANCE_DEVICE_VERSION
  const char *name; ///< of the back end, without spaces

  /// Fills in the parameters the tile has. Called when the user named no shape.
  void (*parameters)(nt_conformance_params_t *params);
  /// A tile as it is after power-on reset, all memories 0. `*tile` is released with close. On
  /// failure `error` [error_size] receives one line of text, and `*tile` stays NULL.
  /// NT_CONFORMANCE_UNSUPPORTED: not with these parameters.
  nt_conformance_status_t (*open)(const nt_conformance_params_t *params,
                                  nt_conformance_tile_t **tile, char *error, size_t error_size);
  void (*close)(nt_conformance_tile_t *tile);
  /// Pulls the reset input; memories keep their contents (docs/spec/timestep.md). Messages that
  /// left the tile before and were not taken are dropped.
  nt_conformance_status_t (*reset)(nt_conformance_tile_t *tile);

  /// Tile registers by byte offset, as AXI4-Lite sees them. NT_CONFORMANCE_REFUSED for SLVERR; a
  /// refused read gives 0.
  nt_conformance_status_t (*read_register)(nt_conformance_tile_t *tile, uint32_t offset,
                                           uint32_t *value);
  nt_conformance_status_t (*write_register)(nt_conformance_tile_t *tile, uint32_t offset,
                                            uint32_t value);

  /// One READ or WRITE request through the host port. NT_CONFORMANCE_REFUSED for an ERROR response
  /// (the tile then sets ERROR.BAD_ADDR).
  nt_conformance_status_t (*read_word)(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                       uint32_t address, uint32_t *word);
  nt_conformance_status_t (*write_word)(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                        uint32_t address, uint32_t word);
  /// The same for `count` consecutive words that exist, by whatever way is fast. May be NULL: then
  /// read_word and write_word are used.
  nt_conformance_status_t (*read_words)(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                        uint32_t address, uint32_t count, uint32_t *words);
  nt_conformance_status_t (*write_words)(nt_conformance_tile_t *tile, uint32_t core, uint32_t space,
                                         uint32_t address, uint32_t count, const uint32_t *words);

  /// Spikes into the spike-in port, in wire form (record SPIKE).
  nt_conformance_status_t (*inject)(nt_conformance_tile_t *tile, const uint64_t *spikes,
                                    size_t count);
  /// Writes TIMESTEP, starts the step and waits for its end, at most `max_cycles` clock cycles; a
  /// tile without clock ignores them.
  nt_conformance_status_t (*step)(nt_conformance_tile_t *tile, uint32_t timestep,
                                  uint64_t max_cycles);
  /// Hands over up to `room` spikes that left the tile and were not taken yet, in any order, in
  /// wire form; returns how many. Called until it returns 0.
  size_t (*take_spikes)(nt_conformance_tile_t *tile, uint64_t *spikes, size_t room);
  /// The same for PROBE responses (record HOST with KIND PROBE).
  size_t (*take_probes)(nt_conformance_tile_t *tile, uint64_t *probes, size_t room);

  /// Clock cycles so far. May be NULL.
  uint64_t (*cycles)(nt_conformance_tile_t *tile);
  /// Why the last call on this tile did not report NT_CONFORMANCE_OK, one line. May be NULL.
  const char *(*error_text)(nt_conformance_tile_t *tile);
} nt_conformance_device_t;

/// Makes the function below visible in an object whose symbols are hidden otherwise.
#ifdef __GNUC__
#define NT_CONFORMANCE_EXPORT __attribute__((visibility("default")))
#else
#define NT_CONFORMANCE_EXPORT
#endif

/// What the shared object defines; the table lives as long as the object is loaded.
NT_CONFORMANCE_EXPORT const nt_conformance_device_t *nt_conformance_device(void);

#ifdef __cplusplus
}
#endif
#endif
