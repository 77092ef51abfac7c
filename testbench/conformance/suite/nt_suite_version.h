// SPDX-License-Identifier: Apache-2.0
// nt_suite_version: the version of the conformance suite. It stands for the tests, the vectors and
// what they expect; docs/conformance.md says when it changes.
#ifndef NT_SUITE_VERSION_H
#define NT_SUITE_VERSION_H

#define NT_SUITE_VERSION "1.0"

#endif
