// SPDX-License-Identifier: Apache-2.0
// A shared object without nt_conformance_device().
extern int nt_no_tile;
int nt_no_tile = 0;
