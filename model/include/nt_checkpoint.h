// SPDX-License-Identifier: Apache-2.0
// nt_checkpoint: read access to a MatMul-free LM (HGRNBit) checkpoint folder in its published
// layout.
//
// A folder holds `config.json` and either `model.safetensors` or several shards named by
// `model.safetensors.index.json`. Opening it checks the configuration and the name, shape, type
// and place of every tensor, so that afterwards a read fails only for a value that is not a
// finite number or for a file that changed underneath. Values are read from disk on demand.
//
// Everything the network does not have is refused, not ignored: a tensor too many (a bias, a
// short convolution), tied embeddings, another attention mode. Every refusal names the file, the
// field or tensor, the value found and the value allowed.
#ifndef NT_CHECKPOINT_H
#define NT_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nt_listener.h"
#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Longest tensor name that nt_checkpoint_tensor_name writes, terminating zero included.
#define NT_TENSOR_NAME_MAX 96

/// Value of a special token's id where the configuration names none.
#define NT_TOKEN_NONE (-1)

/// The part of `config.json` that decides what is computed.
typedef struct nt_model_config {
  uint32_t vocab_size;        ///< V, 1..1048576
  uint32_t hidden_size;       ///< H, 1..65536
  uint32_t num_hidden_layers; ///< L, 1..1024
  uint32_t
      intermediate_size; ///< I, 1..1048576; given, or 256 * ceil(floor(H * ratio * 2 / 3) / 256)
  double rms_norm_eps;   ///< eps of the outer norms and of g_norm, in (0, 1)
  bool use_lower_bound;  ///< the forget gate has a lower bound (see nt_checkpoint_open)
  int32_t bos_token_id;  ///< first token of a sequence, or NT_TOKEN_NONE
  int32_t eos_token_id;  ///< token that ends a text, or NT_TOKEN_NONE
} nt_model_config_t;

/// An open checkpoint. Opaque.
typedef struct nt_checkpoint nt_checkpoint_t;

/// Opens and checks the checkpoint in `folder`. On success `*out` is owned by the caller and
/// released with nt_checkpoint_close; on failure `*out` is NULL.
///
/// `use_lower_bound` must agree with the presence of the tensor `model.lower_bounds`; where the
/// configuration does not give the field, the tensor's presence decides.
///
/// Errors: NT_ERR_IO a file is absent or unreadable; NT_ERR_FORMAT damaged JSON, a truncated
/// file, a missing tensor, a wrong shape, overlapping or outlying data; NT_ERR_RANGE a size
/// outside the documented limits; NT_ERR_UNSUPPORTED a sound checkpoint of another network.
nt_status_t nt_checkpoint_open(const char *folder, nt_checkpoint_t **out, nt_error_t *err);

/// Releases `ckpt` (may be NULL).
void nt_checkpoint_close(nt_checkpoint_t *ckpt);

/// The checked configuration; valid until nt_checkpoint_close.
const nt_model_config_t *nt_checkpoint_config(const nt_checkpoint_t *ckpt);

/// Number of parameters in all tensors together.
uint64_t nt_checkpoint_parameter_count(const nt_checkpoint_t *ckpt);

/// Number of files with weights, and the path of file `index` below it; valid until
/// nt_checkpoint_close.
size_t nt_checkpoint_file_count(const nt_checkpoint_t *ckpt);
const char *nt_checkpoint_file(const nt_checkpoint_t *ckpt, size_t index);

/// Type of the stored values: "F32", "BF16" or "F16", or "mixed". Static storage.
const char *nt_checkpoint_dtype(const nt_checkpoint_t *ckpt);

/// Tells `listener` (NULL: nobody), which is copied, about every tensor read from now on, as the
/// stage "reading weights" of nt_checkpoint_parameter_count values.
void nt_checkpoint_listen(nt_checkpoint_t *ckpt, const nt_listener_t *listener);

/// Number of tensors a checkpoint of this configuration has: 15 per layer, 4 more, and
/// `model.lower_bounds` if use_lower_bound is set.
size_t nt_checkpoint_tensor_count(const nt_model_config_t *config);

/// Name and shape of tensor `index` (below nt_checkpoint_tensor_count) of a checkpoint with
/// `config`: `*cols` is 0 for a vector of `*rows` values; a matrix is row-major [rows][cols],
/// rows being the outputs. The order is fixed: bounds and embedding, the layers, final norm, head.
void nt_checkpoint_tensor_name(const nt_model_config_t *config, size_t index,
                               char name[NT_TENSOR_NAME_MAX], size_t *rows, size_t *cols);

/// Reads tensor `name` as `count` floats into `dst`, row-major. F32, BF16 and F16 are all
/// represented exactly. Errors: NT_ERR_ARG no such tensor, or `count` is not its number of values;
/// NT_ERR_IO; NT_ERR_RANGE a value is infinite or not a number.
nt_status_t nt_checkpoint_read(const nt_checkpoint_t *ckpt, const char *name, float *dst,
                               size_t count, nt_error_t *err);

#ifdef __cplusplus
}
#endif
#endif
