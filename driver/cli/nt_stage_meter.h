// SPDX-License-Identifier: Apache-2.0
// nt_stage_meter: wall time, processor time and peak memory of the stages of a long command. While
// a stage runs, its progress stands on the terminal; when it ends, a line says what it took.
#ifndef NT_STAGE_METER_H
#define NT_STAGE_METER_H

#include "nt_json_file.h"
#include "nt_listener.h"
#include "nt_progress_line.h"

#include <stdint.h>

enum { NT_STAGES_MAX = 16 };

typedef struct nt_stage_cost {
  const char *name; ///< static storage
  double seconds;   ///< wall time
  double cpu;       ///< processor time of all threads, seconds
  uint64_t peak;    ///< largest resident memory of the process until the end of the stage, bytes
} nt_stage_cost_t;

typedef struct nt_stage_meter {
  nt_stage_cost_t stage[NT_STAGES_MAX];
  uint32_t stages; ///< finished ones
  bool lines;      ///< print a line for each stage
  const char *open_name;
  double started, cpu_started; ///< of the open stage
  const char *shown;           ///< phrase of the note on the terminal
  double shown_at;
  nt_progress_line_t line;
} nt_stage_meter_t;

/// Begins a measurement; the meter must stay where it is while its listener is in use.
void nt_stage_meter_start(nt_stage_meter_t *meter, bool lines);
/// Opens the stage `name` (static storage, at most NT_STAGES_MAX of them), ending the one before.
void nt_stage_meter_begin(nt_stage_meter_t *meter, const char *name);
/// Ends the open stage, if there is one, and prints its line if `lines` is set.
void nt_stage_meter_end(nt_stage_meter_t *meter);
/// Shows progress within the open stage on a terminal.
nt_listener_t nt_stage_meter_listener(nt_stage_meter_t *meter);
/// Adds the finished stages to `root` as array "stages" of name, seconds, cpu_seconds, peak_bytes.
void nt_stage_meter_report(const nt_stage_meter_t *meter, cJSON *root);

#endif
