// SPDX-License-Identifier: Apache-2.0
// nt_test_checkpoint: a checkpoint in memory that a test changes and writes out, sound or damaged.
#ifndef NT_TEST_CHECKPOINT_H
#define NT_TEST_CHECKPOINT_H

#include <stddef.h>
#include <stdint.h>

#include <cJSON.h>

typedef struct nt_test_checkpoint {
  cJSON *config;       ///< content of config.json
  cJSON *header;       ///< header of model.safetensors
  unsigned char *data; ///< [data_size] what follows the header
  size_t data_size;
} nt_test_checkpoint_t;

/// Reads the one-file checkpoint in `folder`. Release with nt_test_checkpoint_free.
nt_test_checkpoint_t nt_test_checkpoint_read(const char *folder);
void nt_test_checkpoint_free(nt_test_checkpoint_t *ckpt);

/// Header entry of `tensor`; fails the test if there is none.
cJSON *nt_test_checkpoint_entry(const nt_test_checkpoint_t *ckpt, const char *tensor);

/// The F32 values of `tensor`, in place (little-endian, 4 bytes each); `*count` receives how many.
unsigned char *nt_test_checkpoint_values(const nt_test_checkpoint_t *ckpt, const char *tensor,
                                         size_t *count);

/// Sets one value of an F32 tensor.
void nt_test_checkpoint_poke(nt_test_checkpoint_t *ckpt, const char *tensor, size_t index,
                             float value);

/// Takes `tensor` out, header and data; the other tensors move up.
void nt_test_checkpoint_drop(nt_test_checkpoint_t *ckpt, const char *tensor);

/// Appends an F32 vector of `count` zeros.
void nt_test_checkpoint_append(nt_test_checkpoint_t *ckpt, const char *tensor, size_t count);

/// Rewrites all data with half the bytes per value: the upper half of each float (`dtype` "BF16"),
/// or its conversion to binary16 by `narrow` ("F16").
void nt_test_checkpoint_narrow(nt_test_checkpoint_t *ckpt, const char *dtype,
                               uint16_t (*narrow)(float value));

/// Writes `name` (a safetensors file) and config.json into `folder`.
void nt_test_checkpoint_write(const nt_test_checkpoint_t *ckpt, const char *folder,
                              const char *name);

/// Writes the one-file checkpoint in `source` into `folder` as two shards, model-1.safetensors and
/// model-2.safetensors, the head in the second. Returns the index, not yet written; the caller
/// deletes it.
cJSON *nt_test_checkpoint_write_shards(const char *source, const char *folder);

/// Writes `index` into `folder` under its published name.
void nt_test_checkpoint_write_index(const char *folder, const cJSON *index);

#endif
