// SPDX-License-Identifier: Apache-2.0
// nt_mismatch_report: everything that is said about a mismatch, as text and as JSON
// (docs/debugging.md).
#ifndef NT_MISMATCH_REPORT_H
#define NT_MISMATCH_REPORT_H

#include "nt_hint.h"
#include "nt_lockstep.h"

/// Lines of one kind.
enum { NT_NOTES_MAX = 1024, NT_NOTE_TEXT = 160 };
typedef struct nt_notes {
  char (*line)[NT_NOTE_TEXT];
  uint32_t count;
} nt_notes_t;

/// Adds a line; what does not fit is left out.
void nt_notes_add(nt_notes_t *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// What the place stands for in a network; filled by who knows the network.
typedef struct nt_meaning {
  bool has_token;
  uint64_t token;
  uint32_t step; ///< within the token
  bool has_tensor;
  char population[16], tensor[32];
  int32_t layer;    ///< -1: none
  uint32_t channel; ///< of the population
} nt_meaning_t;

typedef struct nt_mismatch_report {
  nt_mismatch_t first;
  bool has_group; ///< the neuron, numbered in its group
  uint32_t group, neuron;
  bool has_pc; ///< spikes: the SPK that sends the message
  uint32_t pc;
  bool has_products; ///< accumulators: all products of the golden sum, but those that are 0
  int64_t *product;
  size_t products;

  nt_meaning_t meaning;
  char formula[NT_NOTE_TEXT];
  nt_notes_t operands, program, history;
  nt_hints_t hints;
  char suspects[256];  ///< files, separated by commas, the likeliest first
  const char *command; ///< repeats the run, NULL: not known; the caller's
} nt_mismatch_report_t;

void nt_mismatch_report_free(nt_mismatch_report_t *report);
/// The text, several lines; NULL when out of memory. The caller frees it.
char *nt_mismatch_report_text(const nt_mismatch_report_t *report);
/// The same facts as a JSON object; NULL when out of memory. The caller frees
/// it.
char *nt_mismatch_report_json(const nt_mismatch_report_t *report);

#endif
