// SPDX-License-Identifier: Apache-2.0
// nt_scene: the core in which a mismatch was found, as both systems hold it; inside of nt_explain.
#ifndef NT_SCENE_H
#define NT_SCENE_H

#include "nt_explain.h"
#include "nt_retrace.h"

typedef struct nt_scene {
  nt_lockstep_view_t view;
  const nt_params_t *params;
  nt_dev_t *golden, *dut;
  nt_mismatch_report_t *report;
  /// [0] golden, [1] device: memories as they are now.
  uint32_t *pool[2], *prog[2], *table[2], *groups[2];
  uint32_t axon_base[2], axon_count[2], flags[2];
  uint32_t *before; ///< golden pool with the state words of before the step, NULL: not known
} nt_scene_t;

/// Reads the core of report->first. Freed by nt_scene_close(), also after a failure.
nt_status_t nt_scene_open(const nt_lockstep_t *lockstep, nt_mismatch_report_t *report,
                          nt_scene_t *scene, nt_error_t *err);
void nt_scene_close(nt_scene_t *scene);
/// What a strip of the core works with; side 0 golden, 1 with the device's programs and constants.
/// Only with scene->before.
nt_retrace_input_t nt_scene_input(const nt_scene_t *scene, int side, uint32_t group,
                                  uint32_t neuron);
/// State word `word` of a neuron after the step, in the golden system or the device; false if there
/// is no such neuron or word.
bool nt_scene_state(const nt_scene_t *scene, int side, uint32_t group, int64_t neuron,
                    uint32_t word, int32_t *value);
/// True if the device has the flag BAD_AXON set and the golden core has not.
bool nt_scene_refuses(const nt_scene_t *scene);
/// Hints "stored-..." for memories, other than state words, in which the device differs.
void nt_scene_compare_memories(const nt_scene_t *scene);

/// The explanations, by stage.
nt_status_t nt_explain_accumulator(nt_scene_t *scene, nt_error_t *err);
/// Of nt_explain_accumulator where a mask differs.
nt_status_t nt_explain_activity(nt_scene_t *scene, nt_error_t *err);
nt_status_t nt_explain_state(nt_scene_t *scene, nt_error_t *err);
nt_status_t nt_explain_spike(nt_scene_t *scene, nt_error_t *err);
nt_status_t nt_explain_counter(nt_scene_t *scene, nt_error_t *err);
void nt_explain_memory(nt_scene_t *scene);
/// The same for stages without a core: spikes received, schedule.
nt_status_t nt_explain_tile(const nt_lockstep_t *lockstep, nt_mismatch_report_t *report,
                            nt_error_t *err);

/// Where such a fault can be: report->suspects. Last, for hints count.
void nt_explain_suspects(nt_mismatch_report_t *report);

#endif
