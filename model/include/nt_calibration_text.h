// SPDX-License-Identifier: Apache-2.0
// nt_calibration_text: the text of model/calibration/sample.txt, built into the library.
#ifndef NT_CALIBRATION_TEXT_H
#define NT_CALIBRATION_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// About 16 kB of public-domain English; a zero byte follows its nt_calibration_text_size bytes.
extern const char nt_calibration_text[];
extern const size_t nt_calibration_text_size;

#ifdef __cplusplus
}
#endif
#endif
