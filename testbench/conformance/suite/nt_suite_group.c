// SPDX-License-Identifier: Apache-2.0
#include "nt_suite_group.h"

#include <string.h>

static const nt_suite_group_t groups[] = {
    {"arithmetic", "test_arithmetic", "computing instructions, boundary and random operands",
     "docs/spec/arithmetic.md, \"Engine\""},
    {"instructions", "test_instructions", "control flow, skipping, state, faults of programs",
     "docs/spec/isa.md"},
    {"lists", "test_lists", "synapse lists of every format, overflow",
     "docs/spec/memory.md, \"From spike to accumulator\""},
    {"messages", "test_spikes", "message types, ports, multicast, misroutes, probes",
     "docs/spec/memory.md, \"Output ports and messages\""},
    {"schedule", "test_groups", "which groups and lines run, bulk state reset",
     "docs/spec/timestep.md, \"One timestep of one tile\""},
    {"barrier", "test_barrier", "the end of a step: nothing lost, doubled or early",
     "docs/spec/timestep.md, \"One timestep of one tile\""},
    {"counters", "test_counters", "the exact counters, one definition after the other",
     "docs/spec/timestep.md, \"Counters\""},
    {"reset", "test_reset", "what the reset input clears and keeps",
     "docs/spec/timestep.md, \"Host access\""},
    {"host", "test_host", "registers, access to every space, error responses",
     "docs/spec/registers.md"},
    {"vectors", "test_vectors", "stored vectors and programs",
     "docs/conformance.md, \"Vector files\""},
    {"programs", "test_random_programs", "random programs against the golden tile",
     "docs/spec/isa.md"},
    {"networks", "test_random_networks", "random networks with host activity, golden tile",
     "docs/spec/timestep.md"},
    {"layers", "test_layers", "whole layers against the integer reference", "docs/spec/network.md"},
    {"tokens", "test_tokens", "whole tokens of a shipped model, integer reference",
     "docs/spec/network.md"},
};

const nt_suite_group_t *nt_suite_groups(size_t *count) {
  *count = sizeof groups / sizeof groups[0];
  return groups;
}

const nt_suite_group_t *nt_suite_group(const char *name) {
  for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
    if (strcmp(groups[i].name, name) == 0)
      return &groups[i];
  return NULL;
}
