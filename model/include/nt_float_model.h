// SPDX-License-Identifier: Apache-2.0
// nt_float_model: the published network (HGRNBit) in floating point, level L0 of the four levels.
//
// Per token, with H hidden size, I intermediate size, V vocabulary, L layers:
//
//   RMSNorm(x; w, eps) = x * (1 / sqrt(mean(x^2) + eps)) * w
//   BitLinear(x)       z = RMSNorm(x; norm, 1e-6)              inner eps fixed, as released
//                      q = clamp(round(z * 127 / m), -128, 127), m = max(max |z|, 1e-5)
//                      y = (codes . q) * scale * m / 127
//   block l            n = RMSNorm(x; attn_norm)
//                      i, f, g = BitLinear_{i,f,g}(n)
//                      f = lb[l] + (1 - lb[l]) * sigmoid(f)    without bounds: f = sigmoid(f)
//                      c = silu(i) * (1 - f);  h = f * h + c   h is the recurrent state
//                      a = RMSNorm(g; g_norm) * silu(h)
//                      x = x + BitLinear_o(a)
//                      u = BitLinear_gate(RMSNorm(x; mlp_norm))
//                      v = silu(u[0..I)) * u[I..2I)
//                      x = x + BitLinear_down(v)
//   head               logits = BitLinear_lm_head(RMSNorm(x; final_norm))
//
// round() is half away from zero, as in the published fused kernel. The products of ternary and
// int8 codes are summed as integers, hence exactly. The norms outside BitLinear use the
// checkpoint's rms_norm_eps.
#ifndef NT_FLOAT_MODEL_H
#define NT_FLOAT_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "nt_checkpoint.h"
#include "nt_perplexity.h"
#include "nt_status.h"
#include "nt_ternary_store.h"

#ifdef __cplusplus
extern "C" {
#endif

/// eps of the RMSNorm inside every BitLinear.
#define NT_BITLINEAR_EPS 1e-6

/// One ternary matrix with its norm.
typedef struct nt_bitlinear {
  size_t rows;         ///< outputs
  size_t cols;         ///< inputs
  const int8_t *codes; ///< [rows][cols] row-major, each -1, 0 or +1
  double scale;        ///< max(mean |W|, 1e-5) of the latent weights
  const float *norm;   ///< [cols] weight of the inner RMSNorm
} nt_bitlinear_t;

/// Parameters of one block.
typedef struct nt_float_layer {
  const float *attn_norm;    ///< [H]
  nt_bitlinear_t i, f, g, o; ///< [H][H] each
  const float *g_norm;       ///< [H]
  const double
      *lower_bound;      ///< [H] in [0, 1), after softmax and cumulative sum; NULL without bounds
  const float *mlp_norm; ///< [H]
  nt_bitlinear_t gate;   ///< [2I][H]; the first I rows are the gate, the last I the value
  nt_bitlinear_t down;   ///< [H][I]
} nt_float_layer_t;

/// All parameters of a model.
typedef struct nt_float_params {
  nt_model_config_t config;
  const float *embeddings;        ///< [V][H], full precision
  const nt_float_layer_t *layers; ///< [L]
  const float *final_norm;        ///< [H]
  nt_bitlinear_t lm_head;         ///< [V][H]
  nt_ternary_store_t *ternary;    ///< holds the codes of all matrices; may be shared
} nt_float_params_t;

/// A loaded model: parameters only, never changed after loading. Opaque.
typedef struct nt_float_model nt_float_model_t;

/// Reads all tensors of `ckpt` and freezes the ternary codes and scales. The checkpoint may be
/// closed afterwards. `*out` is released with nt_float_model_free; NULL on failure.
/// Errors: those of nt_checkpoint_read; NT_ERR_MEMORY.
nt_status_t nt_float_model_load(const nt_checkpoint_t *ckpt, nt_float_model_t **out,
                                nt_error_t *err);

/// Releases `model` (may be NULL).
void nt_float_model_free(nt_float_model_t *model);

/// Read-only view of the parameters; valid until nt_float_model_free.
const nt_float_params_t *nt_float_model_params(const nt_float_model_t *model);

/// Arithmetic of a run.
typedef enum nt_float_precision {
  NT_FLOAT64, ///< everything in double: the reference
  NT_FLOAT32  ///< everything in float: what a float32 program computes
} nt_float_precision_t;

/// Receives one named vector of the forward pass. `layer` is 0..L-1 inside a block and L for the
/// head. `values` [count] is valid during the call only. In order of appearance:
///
///   x         [H]   residual stream entering the block; layer L: entering the final norm
///   attn_norm [H]   outer norm of x, input of i, f and g
///   i_z       [H]   inner norm of the i matrix, before rounding to int8; likewise
///   f_z g_z   [H]   for f and g
///   i_pre f_pre g_pre [H]  outputs of the three matrices
///   f         [H]   forget gate after sigmoid and lower bound
///   c         [H]   input term silu(i) * (1 - f)
///   h         [H]   recurrent state after the update
///   a         [H]   RMSNorm(g) * silu(h), input of the o matrix
///   o_z       [H]   its inner norm
///   o         [H]   attention output
///   x_mid     [H]   residual stream after the attention
///   mlp_norm  [H]   outer norm of x_mid, input of the gate matrix
///   gate_z    [H]   its inner norm
///   gate_pre  [2I]  output of the gate matrix
///   v         [I]   silu(gate) * value, input of the down matrix
///   down_z    [I]   its inner norm
///   mlp       [H]   output of the block's second half
///   hidden    [H]   after the final norm (layer L)
///   lm_head_z [H]   inner norm of the head (layer L)
///   logits    [V]   (layer L)
typedef void (*nt_float_observe_t)(void *user, const char *tensor, unsigned layer,
                                   const double *values, size_t count);

/// One sequence being processed: recurrent state and work space. Several runs may share a model.
/// Opaque.
typedef struct nt_float_run nt_float_run_t;

/// Starts a run with zero state. `model` must outlive it. Release with nt_float_run_free.
nt_status_t nt_float_run_init(const nt_float_model_t *model, nt_float_precision_t precision,
                              nt_float_run_t **out, nt_error_t *err);

/// Releases `run` (may be NULL).
void nt_float_run_free(nt_float_run_t *run);

/// Sets the state to zero: the start of a new sequence.
void nt_float_run_reset(nt_float_run_t *run);

/// The recurrent state [L][H]; may be read, saved and overwritten between steps. A float32 run
/// rounds what it finds there to float.
double *nt_float_run_state(nt_float_run_t *run);

/// Calls `observe` (NULL: nobody) with `user` for every vector from now on.
void nt_float_run_observe(nt_float_run_t *run, nt_float_observe_t observe, void *user);

/// Processes one token: updates the state and writes `logits` [V]. With `logits` NULL the head is
/// left out, as suits all but the last token of a prompt.
/// Errors: NT_ERR_RANGE the token is outside the vocabulary, or the arithmetic overflowed.
nt_status_t nt_float_run_step(nt_float_run_t *run, uint32_t token, double *logits, nt_error_t *err);

/// The same as that many steps, with logits [count][V] or NULL, but faster: several tokens go
/// through a layer together, so that its matrices are read from memory once for all of them. An
/// observer sees the vectors of a token in their order, and between them those of other tokens; one
/// tensor of one layer is shown token by token. After an error the state is undefined.
nt_status_t nt_float_run_tokens(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                                double *logits, nt_error_t *err);

/// The parts of a step, for checks against recorded vectors: embedding row of `token` into
/// `x` [H]; block `layer` applied to `x` [H] in place, updating that layer's state; head from
/// `x` [H] to `logits` [V]. Errors as for nt_float_run_step.
nt_status_t nt_float_run_embed(nt_float_run_t *run, uint32_t token, double *x, nt_error_t *err);
nt_status_t nt_float_run_block(nt_float_run_t *run, unsigned layer, double *x, nt_error_t *err);
nt_status_t nt_float_run_head(nt_float_run_t *run, const double *x, double *logits,
                              nt_error_t *err);

/// Resets the run, feeds `tokens` [count] and adds the prediction of every token but the first to
/// `*sum`. Perplexity per token is nt_perplexity_value(sum). Errors as for nt_float_run_step;
/// NT_ERR_ARG with fewer than two tokens.
nt_status_t nt_float_run_evaluate(nt_float_run_t *run, const uint32_t *tokens, size_t count,
                                  nt_perplexity_t *sum, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
