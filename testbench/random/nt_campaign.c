// SPDX-License-Identifier: Apache-2.0
#include "nt_campaign.h"

#include "nt_case_shrink.h"
#include "nt_case_text.h"
#include "nt_check.h"
#include "nt_progress_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static nt_random_case_t make(uint64_t seed) {
  nt_error_t err = {0};
  nt_random_case_t made;
  if (nt_random_case_any(seed, &nt_check_backend()->params, &made, &err) != NT_OK) {
    (void)fprintf(stderr, "seed %" PRIu64 ": %s\n", seed, err.text);
    exit(2);
  }
  return made;
}

// ---- shrinking ----------------------------------------------------------------------------------

/// A cut counts if the failure stays of its kind: it may not become another bug, or a case outside
/// the contract.
static bool fails_alike(void *user, const nt_random_case_t *tried) {
  const nt_case_outcome_t *wanted = user;
  const nt_case_outcome_t outcome = nt_case_run(tried);
  return outcome.failed && strcmp(outcome.kind, wanted->kind) == 0;
}

static void report(void *user, const char *stage, uint64_t done, uint64_t total) {
  nt_progress_note(user, stage, done, total);
}

static void print_size(char *text, size_t size, const char *when, const nt_random_case_t *c) {
  const nt_case_size_t s = nt_case_size(c);
  (void)snprintf(text, size,
                 "%-6s %5u actions (%u timesteps, %u spikes), %u groups, %u neurons, %u "
                 "instructions, %u image words not 0",
                 when, s.actions, s.steps, s.spikes, s.groups, s.neurons, s.instructions, s.words);
}

void nt_campaign_shrink(const nt_campaign_t *campaign, uint64_t seed,
                        const nt_case_outcome_t *outcome) {
  char before[200], after[200], path[512], heading[2048];
  nt_error_t err = {0};
  nt_progress_line_t line;
  nt_progress_start(&line);
  nt_random_case_t shrunk = make(seed);
  nt_case_outcome_t wanted = *outcome;
  print_size(before, sizeof before, "before", &shrunk);
  const nt_listener_t listener = {report, &line};
  const uint32_t trials =
      nt_case_shrink(&shrunk, fails_alike, &wanted, campaign->trials, &listener);
  nt_progress_clear(&line);
  print_size(after, sizeof after, "after", &shrunk);
  const nt_case_outcome_t last = nt_case_run(&shrunk);
  (void)snprintf(path, sizeof path, "%s/%s-%" PRIu64 ".txt", campaign->folder,
                 nt_backend_shape(&nt_check_backend()->params), seed);
  (void)snprintf(heading, sizeof heading,
                 "Seed %" PRIu64
                 ", shape %s, shrunk in %u trials.\n%s\n%s\n%s\nrepeat: %s --case %s",
                 seed, nt_backend_shape(&nt_check_backend()->params), trials, before, after,
                 last.text, campaign->repeat, path);
  const nt_status_t status = nt_case_write(&shrunk, heading, path, &err);
  (void)printf("  %s\n  %s\n  %u trials, %.1f s; %s%s\n", before, after, trials,
               nt_progress_seconds(&line), status == NT_OK ? "case in " : err.text,
               status == NT_OK ? path : "");
  (void)fflush(stdout);
  nt_random_case_free(&shrunk);
}

// ---- many seeds ---------------------------------------------------------------------------------

typedef struct slot {
  bool busy;
  uint64_t seed;
  nt_case_job_t job;
} slot_t;

static void take_outcome(const nt_campaign_t *campaign, nt_campaign_result_t *result, uint64_t seed,
                         const nt_case_outcome_t *outcome, nt_progress_line_t *line) {
  result->seeds++;
  result->compared += outcome->compared;
  if (outcome->failed) {
    nt_progress_clear(line);
    result->failures++;
    if (result->failures == 1 || seed < result->first_failure)
      result->first_failure = seed;
    (void)printf("FAIL seed %" PRIu64 " on %s: %s\n  repeat: %s --first %" PRIu64 " --seeds 1\n",
                 seed, nt_backend_shape(&nt_check_backend()->params), outcome->text,
                 campaign->repeat, seed);
    (void)fflush(stdout);
    if (result->failures <= campaign->shrinks)
      nt_campaign_shrink(campaign, seed, outcome);
  }
  nt_progress_note(line, "seed", (size_t)result->seeds, (size_t)campaign->seeds);
}

static slot_t *wait_for_one(slot_t *slots, uint32_t jobs, int *status) {
  for (;;) {
    const pid_t pid = waitpid(-1, status, 0);
    for (uint32_t i = 0; i < jobs; i++)
      if (slots[i].busy && slots[i].job.pid == pid)
        return &slots[i];
    if (pid < 0 && errno != EINTR) {
      perror("waiting");
      exit(2);
    }
  }
}

static void start(slot_t *slot, uint64_t seed) {
  nt_random_case_t made = make(seed);
  *slot = (slot_t){.busy = true, .seed = seed, .job = nt_case_start(&made)};
  nt_random_case_free(&made);
}

nt_campaign_result_t nt_campaign_run(const nt_campaign_t *campaign) {
  nt_campaign_result_t result = {0};
  slot_t slots[NT_CAMPAIGN_JOBS] = {{0}};
  nt_progress_line_t line;
  nt_progress_start(&line);
  uint64_t next = 0, running = 0;
  while (next < campaign->seeds || running > 0) {
    const bool over = campaign->stop != 0 && result.failures >= campaign->stop;
    for (uint32_t i = 0; i < campaign->jobs && next < campaign->seeds && !over; i++)
      if (!slots[i].busy) {
        start(&slots[i], campaign->first + next++);
        running++;
      }
    if (running == 0)
      break;
    int status = 0;
    slot_t *slot = wait_for_one(slots, campaign->jobs, &status);
    const nt_case_outcome_t outcome = nt_case_finish(&slot->job, status);
    slot->busy = false;
    running--;
    take_outcome(campaign, &result, slot->seed, &outcome, &line);
  }
  nt_progress_clear(&line);
  result.seconds = nt_progress_seconds(&line);
  return result;
}
