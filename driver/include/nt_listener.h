// SPDX-License-Identifier: Apache-2.0
// nt_listener: how long work tells the caller how far it is. The library never prints.
#ifndef NT_LISTENER_H
#define NT_LISTENER_H

#include <stddef.h>
#include <stdint.h>

/// Receives progress: `done` of `total` units of the stage named `stage` (a short phrase such as
/// "calibrating"; static storage). Called from one thread at a time, at least at the end of a
/// stage.
typedef struct nt_listener {
  void (*report)(void *user, const char *stage, uint64_t done, uint64_t total);
  void *user;
} nt_listener_t;

/// Reports to `listener`, which may be NULL: nobody listens.
static inline void nt_listener_tell(const nt_listener_t *listener, const char *stage, uint64_t done,
                                    uint64_t total) {
  if (listener != NULL && listener->report != NULL) {
    listener->report(listener->user, stage, done, total);
  }
}

#endif
