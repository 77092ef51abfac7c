// SPDX-License-Identifier: Apache-2.0
// nt_microcode: the programs of the populations (docs/spec/network.md, "Microcode"), line by line
// its formulas.
#ifndef NT_MICROCODE_H
#define NT_MICROCODE_H

#include "nt_core_builder.h"
#include "nt_qmodel.h"

/// Output ports by population; the mapper fills their destination lists.
enum {
  NT_PORT_X_NEXT = 0,   ///< E, X: x to the next stage
  NT_PORT_X_SQUARE = 1, ///< E, X: squares to the next stage's norm
  NT_PORT_X_CODES = 2,  ///< X: codes; one port per code vector
  NT_PORT_N_SCALE = 0,  ///< N: R to the neurons that form codes
  NT_PORT_N_SELF = 1,   ///< N: pace to itself
  NT_PORT_N_PACE = 2,   ///< N: pace to the consumer of the codes
  NT_PORT_V_CODES = 0,  ///< G, M: codes
  NT_PORT_V_SQUARE = 1, ///< G, M: squares
  NT_PORT_D_LOGITS = 0  ///< D: logits
};

/// State words by population.
enum {
  NT_STATE_X =
      0, ///< X: the residual; code vector p's q at NT_STATE_X_Q + p, then wo of the next stage
  NT_STATE_X_Q = 1,
  NT_STATE_G_H = 0,
  NT_STATE_G_V = 1,
  NT_STATE_G_BOUND = 2,
  NT_STATE_G_GNORM = 3,
  NT_STATE_G_Q = 4,
  NT_STATE_G_WORDS = 5,
  NT_STATE_M_V = 0,
  NT_STATE_M_Q = 1,
  NT_STATE_M_WORDS = 2,
  NT_STATE_E_OUTER = 0
};

/// Dendrites by population.
enum {
  NT_DENDRITE_X_MATRIX = 0,
  NT_DENDRITE_X_HANDOVER = 1,
  NT_DENDRITE_X_SCALE = 2,
  NT_DENDRITE_N_SQUARE = 0,
  NT_DENDRITE_N_SELF = 1,
  NT_DENDRITE_G_I = 0,
  NT_DENDRITE_G_F = 1,
  NT_DENDRITE_G_G = 2,
  NT_DENDRITE_G_SCALE = 3,
  NT_DENDRITE_M_GATE = 0,
  NT_DENDRITE_M_UP = 1,
  NT_DENDRITE_M_SCALE = 2,
  NT_DENDRITE_D_LOGITS = 0
};

/// First table entry of the two functions; every core has them there. rsqrt uses entries 32..127 of
/// its 128.
enum { NT_TABLE_SIGMOID = 0, NT_TABLE_RSQRT = 0, NT_TABLE_FUNCTIONS = 128 };

/// Each appends one program at the core's current end of microcode, for the group opened last.
nt_status_t nt_microcode_embed(nt_core_builder_t *builder, const nt_qnorm_t *next, nt_error_t *err);
/// `norm`: the stage's own site; `matrix` (o or down) and `next` are NULL for the head stage.
nt_status_t nt_microcode_stage(nt_core_builder_t *builder, const nt_widths_t *widths,
                               const nt_qnorm_t *norm, const nt_qmatrix_t *matrix,
                               const nt_qnorm_t *next, nt_error_t *err);
nt_status_t nt_microcode_norm(nt_core_builder_t *builder, const nt_qnorm_t *norm, nt_error_t *err);
nt_status_t nt_microcode_mixer(nt_core_builder_t *builder, const nt_widths_t *widths,
                               const nt_qlayer_t *layer, nt_error_t *err);
nt_status_t nt_microcode_mlp(nt_core_builder_t *builder, const nt_widths_t *widths,
                             const nt_qlayer_t *layer, nt_error_t *err);
nt_status_t nt_microcode_head(nt_core_builder_t *builder, nt_error_t *err);

#endif
