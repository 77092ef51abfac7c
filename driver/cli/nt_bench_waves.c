// SPDX-License-Identifier: Apache-2.0
#include "nt_bench_waves.h"
#include "nt_bundle.h"
#include "nt_layout.h"
#include "nt_price.h"
#include "nt_rtl.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { PATH_LENGTH = 512, ARGUMENTS_MAX = 24, WINDOW_STEPS = 12 };
static const char this_program[] = "/proc/self/exe";

typedef struct way {
  const char *program;
  char name[16];
  const char *format; // of the waves, where they are on
  uint32_t from, steps;
  double bytes; // of the file of the last run
} way_t;

typedef struct race {
  way_t way[NT_PRICE_WAYS_MAX];
  size_t ways;
  uint32_t timesteps; // of the whole run
  char folder[PATH_LENGTH], image[PATH_LENGTH + 16], summary[PATH_LENGTH + 16];
} race_t;

// ---- one run ----

static nt_status_t run_program(const char *program, const char *const *arguments, nt_error_t *err) {
  posix_spawn_file_actions_t actions;
  if (posix_spawn_file_actions_init(&actions) != 0) {
    return nt_fail(err, NT_ERR_MEMORY, "bench: out of memory");
  }
  pid_t child = 0;
  int ended = 0;
  char *argv[ARGUMENTS_MAX];
  memcpy(argv, arguments, sizeof argv); // posix_spawn leaves the texts alone
  int failed =
      posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) != 0;
  failed = failed || posix_spawn(&child, program, &actions, NULL, argv, environ) != 0;
  (void)posix_spawn_file_actions_destroy(&actions);
  if (failed || waitpid(child, &ended, 0) != child) {
    return nt_fail(err, NT_ERR_IO, "bench: %s cannot be run", program);
  }
  if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
    return nt_fail(err, NT_ERR_INTERNAL, "bench: %s generate ended with %s %d", program,
                   WIFEXITED(ended) ? "exit code" : "signal",
                   WIFEXITED(ended) ? WEXITSTATUS(ended) : WTERMSIG(ended));
  }
  return NT_OK;
}

// Two facts of the run's summary.
static nt_status_t read_summary(const char *path, double *seconds, uint32_t *timesteps,
                                nt_error_t *err) {
  char *text = NULL;
  size_t length = 0;
  const nt_status_t status = nt_bundle_read_text(path, &text, &length, err);
  if (status != NT_OK) {
    return status;
  }
  cJSON *root = cJSON_ParseWithLength(text, length);
  const cJSON *wall = cJSON_GetObjectItem(root, "wall_seconds"),
              *steps = cJSON_GetObjectItem(root, "timesteps");
  const bool good = cJSON_IsNumber(wall) && cJSON_IsNumber(steps);
  if (good) {
    *seconds = wall->valuedouble;
    *timesteps = (uint32_t)steps->valuedouble;
  }
  cJSON_Delete(root);
  free(text);
  return good ? NT_OK : nt_fail(err, NT_ERR_FORMAT, "%s: lacks wall_seconds or timesteps", path);
}

static nt_status_t run_way(void *user, size_t index, double *seconds, nt_error_t *err) {
  race_t *race = user;
  way_t *way = &race->way[index];
  char trace[PATH_LENGTH + 16], from[16], steps[16];
  (void)snprintf(trace, sizeof trace, "%s/waves.%s", race->folder,
                 way->format != NULL ? way->format : "off");
  (void)snprintf(from, sizeof from, "%u", way->from);
  (void)snprintf(steps, sizeof steps, "%u", way->steps);
  // The window's options come last, so that they can be left out.
  const char *arguments[ARGUMENTS_MAX] = {
      "neurotile",     "generate",     "--model",
      race->image,     "--tokens",     "2",
      "--ignore-eos",  "--quiet",      "--no-check",
      "--summary",     race->summary,  way->steps > 0 ? "--trace" : NULL,
      trace,           "--trace-from", from,
      "--trace-steps", steps};
  nt_status_t status = run_program(way->program, arguments, err);
  if (status == NT_OK) {
    status = read_summary(race->summary, seconds, &race->timesteps, err);
  }
  if (way->steps > 0) {
    struct stat file;
    way->bytes = stat(trace, &file) == 0 ? (double)file.st_size : 0;
    (void)unlink(trace);
    if (status == NT_OK && way->bytes <= 0) {
      status = nt_fail(err, NT_ERR_INTERNAL, "bench: %s wrote no waves", way->program);
    }
  }
  return status;
}

// ---- all of them ----

static void add_way(race_t *race, const char *program, const char *format, const char *part,
                    uint32_t from, uint32_t steps) {
  way_t *way = &race->way[race->ways++];
  *way = (way_t){.program = program, .format = format, .from = from, .steps = steps};
  (void)snprintf(way->name, sizeof way->name, "%s%s%s", format != NULL ? format : "",
                 format != NULL ? " " : "", part);
}

static void add_program(race_t *race, const char *program, const char *format, uint32_t window) {
  add_way(race, program, format, "off", 0, 0);
  add_way(race, program, format, "window", window, WINDOW_STEPS);
  add_way(race, program, format, "whole", 0, race->timesteps);
}

// What the runs need lies in a folder of its own.
static nt_status_t open_folder(race_t *race, nt_image_t *image, nt_error_t *err) {
  const char *parent = getenv("TMPDIR");
  (void)snprintf(race->folder, sizeof race->folder, "%s/neurotile-bench-XXXXXX",
                 parent != NULL ? parent : "/tmp");
  if (mkdtemp(race->folder) == NULL) {
    const nt_status_t status = nt_fail(err, NT_ERR_IO, "%s: cannot make the folder", race->folder);
    race->folder[0] = '\0';
    return status;
  }
  (void)snprintf(race->image, sizeof race->image, "%s/image.nti", race->folder);
  (void)snprintf(race->summary, sizeof race->summary, "%s/summary.json", race->folder);
  return nt_image_save(image, race->image, err);
}

static void close_folder(const race_t *race) {
  if (race->folder[0] != '\0') {
    (void)unlink(race->image);
    (void)unlink(race->summary);
    (void)rmdir(race->folder);
  }
}

static void report(const race_t *race, const nt_price_t *price, cJSON *json) {
  nt_price_print(price);
  cJSON *item = nt_price_json(price, json, "waves");
  (void)printf("    kB a timestep of tile 0:");
  for (size_t i = 0; i < race->ways; i++) {
    const way_t *way = &race->way[i];
    if (way->steps > 0) {
      const double bytes = way->bytes / way->steps;
      (void)printf(" %s %.1f", way->name, bytes / 1000);
      (void)cJSON_AddNumberToObject(cJSON_GetObjectItem(item, way->name), "bytes_per_timestep",
                                    bytes);
    }
  }
  (void)printf("; windows of %d timesteps, whole runs of %u\n", WINDOW_STEPS, race->timesteps);
}

static nt_status_t measure(const nt_bench_waves_t *bench, race_t *race, uint32_t window,
                           cJSON *json, nt_error_t *err) {
  const char *own = nt_rtl_trace_format();
  // The first run says how many timesteps a whole one has.
  double seconds = 0;
  add_way(race, bench->none != NULL ? bench->none : this_program, NULL, "no support", 0, 0);
  nt_status_t status = run_way(race, 0, &seconds, err);
  if (status != NT_OK) {
    return status;
  }
  if (bench->none == NULL) {
    race->ways = 0; // what the own program with waves off is compared with is itself
  }
  add_program(race, this_program, own, window);
  if (bench->other != NULL) {
    add_program(race, bench->other, strcmp(own, "vcd") == 0 ? "fst" : "vcd", window);
  }
  nt_price_t *price = calloc(1, sizeof *price);
  if (price == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "bench: out of memory");
  }
  price->what = "waves";
  price->ways = race->ways;
  price->turns = bench->turns;
  price->listener = bench->listener;
  for (size_t i = 0; i < race->ways; i++) {
    price->name[i] = race->way[i].name;
  }
  status = nt_price_measure(price, run_way, race, err);
  if (status == NT_OK) {
    report(race, price, json);
  }
  free(price);
  return status;
}

nt_status_t nt_bench_waves_check(const nt_bench_waves_t *bench, nt_error_t *err) {
  const char *const programs[] = {bench->none, bench->other};
  for (int i = 0; i < 2; i++) {
    if (programs[i] != NULL && access(programs[i], X_OK) != 0) {
      return nt_fail(err, NT_ERR_IO, "bench: %s cannot be run", programs[i]);
    }
  }
  return NT_OK;
}

nt_status_t nt_bench_waves(const nt_bench_waves_t *bench, nt_image_t *image, cJSON *json,
                           nt_error_t *err) {
  if (nt_rtl_trace_format() == NULL) {
    (void)printf("  waves: this build has none\n");
    return NT_OK;
  }
  race_t race = {.ways = 0};
  nt_layout_t *layout = NULL;
  nt_status_t status = nt_layout_load(image, &layout, err);
  if (status == NT_OK) {
    status = open_folder(&race, image, err);
  }
  if (status == NT_OK) {
    status = measure(bench, &race, layout->steps_per_token, json, err);
  }
  close_folder(&race);
  nt_layout_free(layout);
  return status;
}
