// SPDX-License-Identifier: Apache-2.0
// The number of the active variant, for verilated tiles with variants: the environment variable
// NT_VARIANT.
#include <stdio.h>
#include <stdlib.h>

// The largest number in use, from the build.
#ifndef NT_VARIANT_LAST
#define NT_VARIANT_LAST 65535
#endif

/// Imported by nt_variant.vh. 0, the tile as it is, without NT_VARIANT.
int nt_variant_number(void);

int nt_variant_number(void) {
  const char *text = getenv("NT_VARIANT");
  if (!text)
    return 0;
  char *end = NULL;
  const long number = strtol(text, &end, 10);
  if (end == text || *end || number < 0 || number > NT_VARIANT_LAST) {
    (void)fprintf(stderr, "NT_VARIANT: found \"%s\", allowed: 0 to %d\n", text, NT_VARIANT_LAST);
    exit(2);
  }
  return (int)number;
}
