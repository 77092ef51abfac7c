// SPDX-License-Identifier: Apache-2.0
// nt_qmodel_section: the quantised network inside an image, section "qmodel", so that one file
// serves L1, L2 and L3.
//
// Layout: all fields of nt_qmodel_t in declaration order, depth first. u32 and i32 little-endian,
// doubles as 8-byte IEEE, int16 arrays as they are, optional arrays after a u32 presence mark,
// ternary codes four to a byte (2-bit two's complement, row-major).
#ifndef NT_QMODEL_SECTION_H
#define NT_QMODEL_SECTION_H

#include "nt_image.h"
#include "nt_qmodel.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Adds the section. NT_ERR_MEMORY.
nt_status_t nt_qmodel_store(const nt_qmodel_t *model, nt_image_t *image, nt_error_t *err);
/// Reads it back; the result passes nt_qmodel_prove. NT_ERR_FORMAT when the section is missing or
/// damaged.
nt_status_t nt_qmodel_load(const nt_image_t *image, nt_qmodel_t **model, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
