// SPDX-License-Identifier: Apache-2.0
// nt_rtl: the verilated tile as a device.
//
// Memory access goes through the back door (straight into the model's memories); msg_read and
// msg_write go through the host port like software would. Tile parameters are fixed when the model
// is built.
#ifndef NT_RTL_H
#define NT_RTL_H

#include "nt_dev.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The parameters the model was built for.
nt_params_t nt_rtl_params(void);
/// Opens a tile after reset. NT_ERR_UNSUPPORTED names every parameter that differs from
/// nt_rtl_params().
nt_status_t nt_rtl_open(const nt_params_t *params, nt_dev_t **dev, nt_error_t *err);
/// The same with random contents of every register and memory before reset, unless `seed` is 0.
/// Only the models of further shapes (shapes.txt) are built for it; the default one begins at 0.
nt_status_t nt_rtl_open_shaken(const nt_params_t *params, uint32_t seed, nt_dev_t **dev,
                               nt_error_t *err);

/// What waves this build writes (build option NT_TRACE): "vcd", "fst", or NULL for none.
const char *nt_rtl_trace_format(void);
/// NT_ERR_UNSUPPORTED when this build writes no waves, or when the name ends like one of the format
/// that it does not write.
nt_status_t nt_rtl_trace_check(const char *path, nt_error_t *err);
/// Waves from now on: 1 ns unit, 10 ns clock period; time goes on from the cycles run so far.
/// NT_ERR_IO when the file cannot be written, else as nt_rtl_trace_check.
nt_status_t nt_rtl_trace_open(nt_dev_t *dev, const char *path, nt_error_t *err);
void nt_rtl_trace_close(nt_dev_t *dev);
/// The next trace shows this word too, whatever it leaves out otherwise: as TOP.watch.word[31:0],
/// or, in space ACC, as TOP.watch.acc0[31:0] and acc1[31:0], the accumulator in both buffers. The
/// word must exist and lie in POOL, PROG, TABLE, GROUP or ACC.
void nt_rtl_trace_word(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t address);

/// Holds the ready signal of the spike-out or of the response stream low, for tests.
void nt_rtl_stall(nt_dev_t *dev, bool spk_out, bool rsp);
/// Sends these spikes while the next step runs, from its START on: they act in the step after it.
void nt_rtl_send_in_step(nt_dev_t *dev, const nt_spike_t *spikes, size_t count);
/// From now on every port pauses at random: neither side of any stream or AXI channel that belongs
/// to the host is ready or valid in so many of 256 cycles (at most 250; 0: never).
void nt_rtl_jitter(nt_dev_t *dev, uint32_t pauses_in_256, uint64_t seed);
/// Flips bits of a spike on the spike-in wire, for tests: the nth from now on, 0 being the next.
void nt_rtl_corrupt_spike(nt_dev_t *dev, uint64_t nth, uint64_t xor_mask);
/// Runs the clock for so many cycles, for tests and speed measurements.
nt_status_t nt_rtl_clock(nt_dev_t *dev, uint64_t cycles, nt_error_t *err);

/// The memory pool of a core, POOL_WORDS * WORD_BITS/32 words, without a copy; valid until the
/// device is closed.
const uint32_t *nt_rtl_pool(nt_dev_t *dev, uint32_t core);

#ifdef __cplusplus
}
#endif
#endif
