// SPDX-License-Identifier: Apache-2.0
// nt_suite_version: the version of the conformance suite. It stands for the tests, the vectors and
// what they expect; docs/conformance.md says when it changes.
#ifndef NT_SUITE_VERSION_H
#define NT_SUITE_VERSION_H

#define NT_SUITE_VERSION "1.0"

/// Of vectors/SHA256SUMS: the vector files that belong to this version (check_version.sh).
#define NT_SUITE_VECTORS_SHA256 "79e7bba32ea4966566d5be5d863498f69b9e852b8c2544dc3e35ecc63b4c3319"

#endif
