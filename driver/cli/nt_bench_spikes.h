// SPDX-License-Identifier: Apache-2.0
// nt_bench_spikes: one verilated core with a dense list per axon; what half the spikes save.
#ifndef NT_BENCH_SPIKES_H
#define NT_BENCH_SPIKES_H

#include "nt_dev.h"

/// Synapse cycles (CYC_SYNAPSE) of 1024 and of 512 spikes into lists that cover all lines but one.
nt_status_t nt_bench_spikes(uint64_t max_cycles, uint64_t *full, uint64_t *half, nt_error_t *err);

#endif
