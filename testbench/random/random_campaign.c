// SPDX-License-Identifier: Apache-2.0
// The random campaign on one tile shape; see the usage text. Exit status: 0 all agree, 1 a case
// failed, 2 wrong arguments.
#include "nt_campaign.h"
#include "nt_case_text.h"
#include "nt_plant.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: %s [golden|rtl] [OPTION...]\n"
    "Plays random cases on the tile this program was built with, against the golden tile.\n"
    "  --first N      first seed (1)\n"
    "  --seeds N      how many seeds (100)\n"
    "  --jobs N       processes at a time, 1 to 16 (2)\n"
    "  --folder DIR   where shrunk cases go (.)\n"
    "  --shrinks N    failures to shrink (2)\n"
    "  --trials N     plays that shrinking one failure may take (4000)\n"
    "  --stop N       end after N failures (0: never)\n"
    "  --case FILE    play this case instead of seeds\n"
    "  --plant        golden only: a tile that takes MIN for MAX\n";

typedef struct choice {
  nt_campaign_t campaign;
  const char *file;
  bool plant;
} choice_t;

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *value) {
  char *end = NULL;
  *value = strtoull(text, &end, 10);
  return *text != '-' && *text != '\0' && *end == '\0' && *value >= least && *value <= most;
}

static bool choose(int argc, char **argv, choice_t *choice) {
  static const struct option options[] = {{"first", 1, NULL, 'f'},   {"seeds", 1, NULL, 'n'},
                                          {"jobs", 1, NULL, 'j'},    {"folder", 1, NULL, 'd'},
                                          {"shrinks", 1, NULL, 's'}, {"trials", 1, NULL, 't'},
                                          {"stop", 1, NULL, 'x'},    {"case", 1, NULL, 'c'},
                                          {"plant", 0, NULL, 'p'},   {NULL, 0, NULL, 0}};
  nt_campaign_t *c = &choice->campaign;
  *choice =
      (choice_t){{.first = 1, .seeds = 100, .jobs = 2, .shrinks = 2, .trials = 4000, .folder = "."},
                 NULL,
                 false};
  bool good = true;
  uint64_t value = 0;
  for (int option = 0; good && (option = getopt_long(argc, argv, "", options, NULL)) != -1;)
    switch (option) {
    case 'f': good = number(optarg, 0, UINT64_MAX / 2, &c->first); break;
    case 'n': good = number(optarg, 1, UINT64_MAX / 2, &c->seeds); break;
    case 'j':
      good = number(optarg, 1, NT_CAMPAIGN_JOBS, &value);
      c->jobs = (uint32_t)value;
      break;
    case 's':
      good = number(optarg, 0, 1000, &value);
      c->shrinks = (uint32_t)value;
      break;
    case 't':
      good = number(optarg, 1, 1000000, &value);
      c->trials = (uint32_t)value;
      break;
    case 'x': good = number(optarg, 0, UINT64_MAX / 2, &c->stop); break;
    case 'd': c->folder = optarg; break;
    case 'c': choice->file = optarg; break;
    case 'p': choice->plant = true; break;
    default: good = false; break;
    }
  return good;
}

static int play_file(const char *path) {
  nt_error_t err = {0};
  nt_random_case_t made;
  if (nt_case_read(path, &nt_check_backend()->params, &made, &err) != NT_OK) {
    (void)fprintf(stderr, "%s\n", err.text);
    nt_random_case_free(&made);
    return 2;
  }
  const nt_case_outcome_t outcome = nt_case_run(&made);
  nt_random_case_free(&made);
  if (outcome.failed)
    (void)printf("FAIL %s: %s\n", path, outcome.text);
  else
    (void)printf("PASS %s: %" PRIu64 " values compared, all agree\n", path, outcome.compared);
  return outcome.failed;
}

int main(int argc, char **argv) {
  choice_t choice;
  char repeat[512];
  if (!choose(argc, argv, &choice)) {
    (void)fprintf(stderr, usage, argv[0]);
    return 2;
  }
  // What is left of the arguments names the back end.
  argv[optind - 1] = argv[0];
  if (!nt_check_begin(argc - optind + 1, argv + optind - 1))
    return 2;
  const nt_backend_t *backend = nt_check_backend();
  if (choice.plant && nt_check_is_rtl()) {
    (void)fprintf(stderr, "--plant: for the golden tile only\n");
    return 2;
  }
  if (choice.plant)
    nt_plant_min_max();
  (void)snprintf(repeat, sizeof repeat, "%s %s %s%s", argv[optind - 1], backend->name,
                 backend->shape, choice.plant ? " --plant" : "");
  choice.campaign.repeat = repeat;
  if (choice.file != NULL)
    return play_file(choice.file);
  const nt_campaign_result_t result = nt_campaign_run(&choice.campaign);
  (void)printf("%-8s %8" PRIu64 " seeds %14" PRIu64 " values compared %6" PRIu64
               " failures %8.1f s\n",
               nt_backend_shape(&backend->params), result.seeds, result.compared, result.failures,
               result.seconds);
  if (result.failures > 0)
    (void)printf("first failure: seed %" PRIu64 ", number %" PRIu64 " of the run\n",
                 result.first_failure, result.first_failure - choice.campaign.first + 1);
  return result.failures > 0;
}
