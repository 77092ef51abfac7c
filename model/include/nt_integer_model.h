// SPDX-License-Identifier: Apache-2.0
// nt_integer_model: the quantised network, level L1 of the four levels. Executes the formulas of
// docs/spec/network.md, "Integers of the network", in the order of a token, without cores, spikes
// or timesteps. Every result is an exact integer: the tile must give the same.
#ifndef NT_INTEGER_MODEL_H
#define NT_INTEGER_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "nt_perplexity.h"
#include "nt_qmodel.h"
#include "nt_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Longest name of an observable or counter, terminating zero included.
#define NT_INTEGER_NAME_MAX 40

/// One sequence being processed: recurrent state, work space and counters. Opaque.
typedef struct nt_integer_model nt_integer_model_t;

/// Opens a run of `qmodel`, which must outlive it and pass nt_qmodel_prove. The state is zero.
/// `*out` is released with nt_integer_model_close; NULL on failure.
/// Errors: those of nt_qmodel_prove; NT_ERR_MEMORY.
nt_status_t nt_integer_model_open(const nt_qmodel_t *qmodel, nt_integer_model_t **out,
                                  nt_error_t *err);

/// Releases `model` (may be NULL).
void nt_integer_model_close(nt_integer_model_t *model);

/// Sets the state to zero: the start of a new text.
void nt_integer_model_reset(nt_integer_model_t *model);

/// The recurrent state h, [layers][hidden], frac_h fraction bits of its layer; may be read, saved
/// and overwritten between steps.
int32_t *nt_integer_model_state(nt_integer_model_t *model);

/// Receives one named vector; `values` [count] is valid during the call only. The names and shapes
/// are those of the table at the end of network.md, in the order in which a token produces them.
typedef void (*nt_integer_observe_t)(void *user, const char *name, const int32_t *values,
                                     size_t count);

/// Calls `observe` (NULL: nobody) with `user` for every observable from now on.
void nt_integer_model_observe(nt_integer_model_t *model, nt_integer_observe_t observe, void *user);

/// Processes one token: updates the state and writes `logits` [vocab], unless `logits` is NULL;
/// in natural units a logit is logits[v] * logit_scale.
/// Errors: NT_ERR_RANGE the token is outside the vocabulary.
nt_status_t nt_integer_model_step(nt_integer_model_t *model, uint32_t token, int32_t *logits,
                                  nt_error_t *err);

/// The same as that many steps, with logits [count][vocab] or NULL, but faster: several tokens go
/// through a layer together, so that its matrices are read from memory once for all of them. An
/// observer sees the vectors of a token in their order, and between them those of other tokens; one
/// tensor of one layer is shown token by token. After an error the state is undefined.
nt_status_t nt_integer_model_tokens(nt_integer_model_t *model, const uint32_t *tokens, size_t count,
                                    int32_t *logits, nt_error_t *err);

/// Index of the largest of `logits` [count], the smallest index among equals; count > 0.
uint32_t nt_integer_model_greedy(const int32_t *logits, size_t count);

/// Resets the state, feeds `tokens` [count] and adds the prediction of every token but the first
/// to `*sum`, as nt_float_run_evaluate does, so that both perplexities can be compared.
/// Errors as for nt_integer_model_step; NT_ERR_ARG with fewer than two tokens.
nt_status_t nt_integer_model_evaluate(nt_integer_model_t *model, const uint32_t *tokens,
                                      size_t count, nt_perplexity_t *sum, nt_error_t *err);

/// What one narrowing of network.md did since nt_integer_model_open. Names (l layer, s stage):
///
///   stage.s.x                        the residual, s > 0
///   stage.s.outer mixer.l.outer ..   y', where the norm has outer weights
///   stage.s.sq    mixer.l.sq ..      squares
///   stage.s.codes_p ..               code vector p; a zero code is a spike that is not sent
///   mixer.l.i  f  g  c  h  v  o      as in the formulas
///   mlp.l.gate  up  v  d
///
/// Gates and products with a sigmoid are not counted: they cannot leave their range.
typedef struct nt_integer_counter {
  char name[NT_INTEGER_NAME_MAX];
  uint64_t values;    ///< results written
  uint64_t saturated; ///< of these, changed by `sat`
  uint64_t zeros;     ///< of these, zero
} nt_integer_counter_t;

/// All counters; `*count` receives their number. Counters of what the model does not have stay at
/// no values. Valid until nt_integer_model_close.
const nt_integer_counter_t *nt_integer_model_counters(const nt_integer_model_t *model,
                                                      size_t *count);

#ifdef __cplusplus
}
#endif
#endif
