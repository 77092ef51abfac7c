// SPDX-License-Identifier: Apache-2.0
// nt_campaign: plays the cases of many seeds, two at a time or as many as wanted, and shrinks those
// that fail.
#ifndef NT_CAMPAIGN_H
#define NT_CAMPAIGN_H

#include "nt_case_run.h"

typedef struct nt_campaign {
  uint64_t first, seeds;
  uint32_t jobs;      ///< processes at a time, 1..NT_CAMPAIGN_JOBS
  uint32_t shrinks;   ///< at most so many failures are shrunk
  uint32_t trials;    ///< for each of them
  uint64_t stop;      ///< end after so many failures; 0: never
  const char *folder; ///< where shrunk cases go, existing
  const char *repeat; ///< the program and its arguments that repeat a seed, without the seed
} nt_campaign_t;

enum { NT_CAMPAIGN_JOBS = 16 };

typedef struct nt_campaign_result {
  uint64_t seeds, failures, compared;
  uint64_t first_failure; ///< its seed; meaningful with failures
  double seconds;
} nt_campaign_result_t;

/// Plays the cases on the back end of nt_check_backend(). Prints each failure, its seed, the
/// command that repeats it, and its size before and after shrinking; shows progress on a terminal.
nt_campaign_result_t nt_campaign_run(const nt_campaign_t *campaign);

/// Shrinks a case that failed with `outcome` and writes it to
/// FOLDER/SHAPE-SEED.txt, printing what became of it.
void nt_campaign_shrink(const nt_campaign_t *campaign, uint64_t seed,
                        const nt_case_outcome_t *outcome);

#endif
