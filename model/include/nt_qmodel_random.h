// SPDX-License-Identifier: Apache-2.0
// nt_qmodel_random: quantised networks of any shape with random ternary weights, for tests and
// benchmarks where no checkpoint is at hand. Multipliers and shifts are set so that activations
// have the spread of a trained model.
#ifndef NT_QMODEL_RANDOM_H
#define NT_QMODEL_RANDOM_H

#include "nt_qmodel.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nt_qmodel_shape {
  uint32_t hidden, intermediate, layers, vocab;
  bool distinct_codes; ///< i, f, g have code vectors of their own
  bool outer_weights;  ///< norms over x have outer weights
} nt_qmodel_shape_t;

/// The same `seed` gives the same network everywhere. NT_ERR_RANGE for an empty shape,
/// NT_ERR_MEMORY. The caller frees `*model`.
nt_status_t nt_qmodel_random(const nt_qmodel_shape_t *shape, uint64_t seed, nt_qmodel_t **model,
                             nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
