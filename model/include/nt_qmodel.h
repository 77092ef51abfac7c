// SPDX-License-Identifier: Apache-2.0
// nt_qmodel: the quantised network (docs/spec/network.md) as data. Made by nt_quantise, run by
// nt_integer_model (L1), compiled by nt_mapper. All arrays are owned by the nt_qmodel_t and freed
// by nt_qmodel_free, except the ternary codes: they are in a block that it holds together with
// others (nt_ternary_store.h).
#ifndef NT_QMODEL_H
#define NT_QMODEL_H

#include "nt_status.h"
#include "nt_ternary_store.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A ternary matrix: out x in codes in {-1, 0, 1}, row-major; y = sat(rshift(acc * multiplier,
/// shift), width of y).
typedef struct nt_qmatrix {
  uint32_t out, in;
  int8_t *codes;      ///< [out][in], in the model's store
  int32_t multiplier; ///< 1..32767; not used by the head
  uint32_t shift;     ///< 0..62; not used by the head
} nt_qmatrix_t;

/// One vector of codes formed at a norm site.
typedef struct nt_qcodes {
  int16_t *weight; ///< q [n]
  uint32_t shift;  ///< sh
} nt_qcodes_t;

/// A norm site (network.md, "Norm and codes").
typedef struct nt_qnorm {
  uint32_t inputs;         ///< n
  int16_t *outer;          ///< wo [n], NULL when absent
  uint32_t outer_shift;    ///< so
  uint32_t square_shift;   ///< ss
  int32_t static_exponent; ///< cs
  uint32_t code_count;     ///< 1, or 3 for i, f, g with different inner norms
  nt_qcodes_t codes[3];
} nt_qnorm_t;

typedef struct nt_qlayer {
  nt_qnorm_t mixer_norm; ///< over x; codes for i, f, g (one shared, or three in this order)
  nt_qmatrix_t i, f, g;  ///< H x H
  uint32_t frac_i, frac_f, frac_g, frac_h; ///< fraction bits
  int16_t *lower_bound;                    ///< lb [H], Q0.15, 0..32767
  int16_t *gnorm_weight;                   ///< wg [H]
  uint32_t v_shift;                        ///< S_v
  nt_qnorm_t o_norm;                       ///< over v
  nt_qmatrix_t o;                          ///< H x H
  nt_qnorm_t mlp_norm;                     ///< over x
  nt_qmatrix_t gate_up;                    ///< 2I x H
  uint32_t frac_u;
  uint32_t w_shift;     ///< S_w
  nt_qnorm_t down_norm; ///< over v
  nt_qmatrix_t down;    ///< H x I
} nt_qlayer_t;

// Allowed widths, network.md "Widths".
#define NT_WIDTH_MIN 4
#define NT_WIDTH_MAX 16
#define NT_WIDTH_H_MAX 24
#define NT_WIDTH_CODES_MIN 2
#define NT_WIDTH_CODES_MAX 8

/// Bits of the stored integers, network.md "Widths".
typedef struct nt_widths {
  uint32_t x;     ///< residual, o, d and the embedding: 4..16
  uint32_t pre;   ///< i, f, g, gate and up before their nonlinearities: 4..16
  uint32_t h;     ///< recurrent state and its input term: 4..24
  uint32_t v;     ///< products v of mixer and MLP: 4..16
  uint32_t codes; ///< codes into the matrices: 2..8
} nt_widths_t;

typedef struct nt_qmodel {
  nt_widths_t widths;
  uint32_t hidden, intermediate, layers, vocab;
  uint32_t bos, eos; ///< token ids; UINT32_MAX where the model has none
  uint32_t frac_x;
  int16_t *embedding; ///< E [vocab][hidden]
  nt_qlayer_t *layer; ///< [layers]
  nt_qnorm_t head_norm;
  nt_qmatrix_t head; ///< vocab x hidden
  double logit_scale;
  nt_ternary_store_t *ternary; ///< holds the codes of all matrices
} nt_qmodel_t;

/// The widths that the shipped models use.
nt_widths_t nt_widths_default(void);

/// NT_ERR_RANGE when a width is not allowed; the error names it.
nt_status_t nt_widths_check(const nt_widths_t *widths, nt_error_t *err);

/// Bits by which the state h is finer than b, the silu of it: those above 16 of its width.
uint32_t nt_widths_h_extra(const nt_widths_t *widths);

/// Ternary weights of a model of this shape.
size_t nt_qmodel_weights(uint32_t hidden, uint32_t intermediate, uint32_t layers, uint32_t vocab);

/// Frees everything; `model` may be NULL.
void nt_qmodel_free(nt_qmodel_t *model);

/// The sigmoid and inverse-square-root tables of docs/spec/arithmetic.md, entries packed as the
/// tile's TABLE holds them (low half base, high half slope). `rsqrt` has entries 32..127 at index
/// 0..95.
void nt_qmodel_tables(uint32_t sigmoid[32], uint32_t rsqrt[96]);

/// Ws of a norm over `inputs` values: bits of a square such that `inputs` of them sum below 2^31,
/// at most the 24 of a payload (network.md, "Norm and codes"). `inputs` is 1..2^30.
uint32_t nt_qmodel_square_bits(uint32_t inputs);

/// The smallest ss with which the square of `largest`, 0..32768, is at most 2^(Ws - 1).
uint32_t nt_qmodel_square_shift(uint32_t inputs, uint32_t largest);

/// cs of a norm over `inputs` values, 1 or more: floor(log2(inputs) / 2) - 6.
int32_t nt_qmodel_static_exponent(uint32_t inputs);

/// Checks the overflow proof of network.md for this model; the error names layer, tensor, value and
/// bound. Also checks that shapes agree, that no array is missing and that every value has its
/// documented range, so that a proven model can be run and compiled without further checks. Errors:
/// NT_ERR_RANGE.
nt_status_t nt_qmodel_prove(const nt_qmodel_t *model, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
