// SPDX-License-Identifier: Apache-2.0
// nt_suite_group: the groups of the conformance suite, each a test program of its own.
#ifndef NT_SUITE_GROUP_H
#define NT_SUITE_GROUP_H

#include <stddef.h>

typedef struct nt_suite_group {
  const char *name;
  const char *program; ///< without what stands for the back end
  const char *about;   ///< what is compared, for the table
  const char *page;    ///< the page to read when it differs
} nt_suite_group_t;

/// All groups in the order in which they run.
const nt_suite_group_t *nt_suite_groups(size_t *count);
/// The group of that name or NULL.
const nt_suite_group_t *nt_suite_group(const char *name);

#endif
