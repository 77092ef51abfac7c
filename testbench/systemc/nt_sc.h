// SPDX-License-Identifier: Apache-2.0
// nt_sc: programs in C that run as a thread of the test platform: host, bus, memory, tiles.
//
// Whoever links nt_systemc_program defines nt_sc_tiles and nt_sc_program in place of main.
// SystemC has one platform per process; nt_sc_open and the image functions are for the program's
// thread only.
#ifndef NT_SC_H
#define NT_SC_H

#include "nt_image.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Called before the platform is built: number of tiles it gets; 0 ends the process with status 2.
uint32_t nt_sc_tiles(int argc, char **argv);
/// The program, with the command line of the process; its result is the exit status.
int nt_sc_program(int argc, char **argv);

/// nt_dev_open_fn: claims a free tile of the platform, as if just powered on; closing the device
/// frees it. `user` and `tile` are not used. NT_ERR_UNSUPPORTED for other parameters than
/// nt_rtl_params(), NT_ERR_RANGE when all tiles are claimed.
nt_status_t nt_sc_open(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                       nt_error_t *err);
/// Puts an image file into the platform's memory, as a loader would, in no simulated time.
nt_status_t nt_sc_image_place(const char *path, nt_error_t *err);
/// Reads that image over the bus.
nt_status_t nt_sc_image_fetch(nt_image_t **image, nt_error_t *err);
/// Simulated time so far in seconds, and transactions the bus has carried.
double nt_sc_seconds(void);
uint64_t nt_sc_transactions(void);

#ifdef __cplusplus
}
#endif
#endif
