// SPDX-License-Identifier: Apache-2.0
// nt_vector: vector files (docs/conformance.md, "Vector files"): stored programs with what a tile
// must show, for any back end.
#ifndef NT_VECTOR_H
#define NT_VECTOR_H

#include "nt_check.h"

/// A case of a file: the lines from its `case` to its `end`.
typedef struct nt_vector_case {
  char name[96]; ///< file without folder and ending, and the case: "lists: uniform"
  const char *file;
  char page[64];    ///< of the specification, as the file names it
  const char *text; ///< the line after `case`
  uint32_t line;    ///< its number
} nt_vector_case_t;

typedef struct nt_vectors {
  char **file, **text; ///< [files], paths and contents
  uint32_t files;
  nt_vector_case_t *item; ///< [cases] of files that are for these parameters
  uint32_t cases;
} nt_vectors_t;

/// Reads every file that SHA256SUMS of the folder lists. NT_ERR_IO; NT_ERR_FORMAT names file and
/// line: a file that is not the one listed, of another version of the suite or the definitions,
/// or damaged.
nt_status_t nt_vectors_read(const char *folder, const char *version, const nt_params_t *params,
                            nt_vectors_t *vectors, nt_error_t *err);
void nt_vectors_free(nt_vectors_t *vectors);
/// Plays a case on a fresh tile of the back end under test. A difference ends the test.
void nt_vector_play(const nt_vector_case_t *item);

#endif
