// SPDX-License-Identifier: Apache-2.0
// What a reader of the waves relies on: names, texts, the window, its size, and that looking
// changes nothing. record.sh has made the runs.
#include "nt_vcd.h"

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FROM = 59, STEPS = 3, PATH_LENGTH = 1024, NAME_LENGTH = 512, LABEL_LENGTH = 16, CODES = 64 };
enum {
  HEADER_BYTES_MAX = 400000,
  STEP_BYTES_MAX = 3500000 // average over the window, which holds busy timesteps
};
static const char WINDOW[] = NT_WAVES_RECORD "/window";

static nt_vcd_t *vcd;

static int open_window(void **state) {
  (void)state;
  vcd = nt_vcd_open(NT_WAVES_RECORD "/window/token.vcd");
  return vcd == NULL;
}

static int close_window(void **state) {
  (void)state;
  nt_vcd_close(vcd);
  return 0;
}

static int find(const char *name) {
  const int signal = nt_vcd_find(vcd, name);
  if (signal < 0) {
    fail_msg("%s is not in the trace", name);
  }
  return signal;
}

static char *read_text(const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail_msg("%s cannot be read", path);
  }
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  const long size = ftell(file);
  assert_true(size >= 0);
  rewind(file);
  char *text = calloc(1, (size_t)size + 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, (size_t)size, file), size);
  (void)fclose(file);
  return text;
}

// ---- layouts ----

// Names in one line of a layout: "name", "+{label} name" or "#{label} (bit)name (bit)name ...".
// Returns how many were found.
static size_t check_line(const char *layout, char *line) {
  static const char *const other = "@-*[^";
  if (line[0] == '\0' || strchr(other, line[0]) != NULL) {
    return 0;
  }
  char *at = line;
  if (*at == '+' || *at == '#') {
    at = strstr(line, "} ");
    assert_non_null(at);
    at += 2;
  }
  size_t names = 0;
  for (char *save = NULL, *name = strtok_r(at, " ", &save); name != NULL;
       name = strtok_r(NULL, " ", &save)) {
    if (*name == '(') {
      name = strchr(name, ')') + 1;
    }
    if (nt_vcd_find(vcd, name) < 0) {
      fail_msg("%s names %s, which is not in the trace", layout, name);
    }
    names++;
  }
  return names;
}

static void check_layout(const char *folder, const char *name) {
  char path[PATH_LENGTH], saved[NAME_LENGTH];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  (void)snprintf(saved, sizeof saved, "[savefile] \"%s\"\n", name);
  char *text = read_text(path);
  // Relative names work only with both of these lines.
  assert_non_null(strstr(text, "[dumpfile] \"token.vcd\"\n"));
  assert_non_null(strstr(text, saved));
  size_t names = 0;
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
       line = strtok_r(NULL, "\n", &save)) {
    if (line[0] == '^') {
      char filter[PATH_LENGTH];
      (void)snprintf(filter, sizeof filter, "%s/%s", folder, strchr(line, ' ') + 1);
      free(read_text(filter));
    } else {
      names += check_line(path, line);
    }
  }
  free(text);
  assert_true(names > 20);
}

static void every_layout_name_exists(void **state) {
  (void)state;
  size_t layouts = 0;
  DIR *folder = opendir(NT_WAVES_FOLDER);
  assert_non_null(folder);
  for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
    if (strstr(entry->d_name, ".gtkw") != NULL) {
      check_layout(NT_WAVES_FOLDER, entry->d_name);
      check_layout(WINDOW, entry->d_name);
      layouts++;
    }
  }
  (void)closedir(folder);
  assert_true(layouts >= 2);
}

static void a_name_that_does_not_exist_is_noticed(void **state) {
  (void)state;
  assert_int_equal(nt_vcd_find(vcd, "TOP.nt_tile.no_such_signal"), -1);
  assert_int_equal(nt_vcd_find(vcd, "TOP.nt_tile.timestep_o[15:0]"), -1);
  assert_true(nt_vcd_find(vcd, "TOP.nt_tile.timestep_o[31:0]") >= 0);
}

static void memories_to_follow_are_there_and_big_ones_are_not(void **state) {
  (void)state;
  char name[NAME_LENGTH];
  for (int core = 0; core < 4; core++) {
    for (int row = 0; row < 32; row++) {
      for (int buffer = 0; buffer < 2; buffer++) {
        (void)snprintf(
            name, sizeof name,
            "TOP.nt_tile.g_core[%d].u_core.u_dendrite.g_bank[0].u_bank.mem%d_q[%d][255:0]", core,
            buffer, row);
        (void)find(name);
      }
    }
    for (int reg = 0; reg < 64; reg++) {
      (void)snprintf(name, sizeof name,
                     "TOP.nt_tile.g_core[%d].u_core.u_engine.u_lanes.regs_q[%d][255:0]", core, reg);
      (void)find(name);
    }
  }
  assert_int_equal(nt_vcd_find(vcd, "TOP.nt_tile.g_core[0].u_core.u_pool.mem_q[0][255:0]"), -1);
  assert_int_equal(nt_vcd_find(vcd, "TOP.nt_tile.g_core[0].u_core.u_engine.prog_q[0][31:0]"), -1);
  assert_int_equal(
      nt_vcd_find(vcd, "TOP.nt_tile.g_core[0].u_core.u_dendrite.g_bank[1].u_bank.mem0_q[0][255:0]"),
      -1);
}

// ---- filters and texts ----

typedef struct filter {
  char label[CODES][LABEL_LENGTH]; // "" where a code has none
  size_t labels;
} filter_t;

static filter_t read_filter(const char *name) {
  filter_t filter = {.labels = 0};
  char path[PATH_LENGTH];
  (void)snprintf(path, sizeof path, NT_WAVES_FOLDER "/filters/%s.txt", name);
  char *text = read_text(path);
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
       line = strtok_r(NULL, "\n", &save)) {
    char *label = NULL;
    const unsigned long code = strtoul(line, &label, 16);
    assert_true(code < CODES);
    assert_true(label[0] == ' ' && label[1] != '\0');
    (void)snprintf(filter.label[code], LABEL_LENGTH, "%s", label + 1);
    filter.labels++;
  }
  free(text);
  return filter;
}

// Every constant NT_<prefix>_<label> of the definitions that belongs to the enumeration, and no
// other, is in the filter.
static void check_filter(const char *name, const char *prefix) {
  const filter_t filter = read_filter(name);
  char *text = read_text(NT_WAVES_DEFS), wanted[NAME_LENGTH];
  (void)snprintf(wanted, sizeof wanted, "#define NT_%s_", prefix);
  size_t found = 0;
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
       line = strtok_r(NULL, "\n", &save)) {
    char label[LABEL_LENGTH];
    unsigned code = 0;
    if (strncmp(line, wanted, strlen(wanted)) == 0 &&
        sscanf(line + strlen(wanted), "%15s %u", label, &code) == 2) {
      assert_true(code < CODES);
      assert_string_equal(filter.label[code], label);
      found++;
    }
  }
  free(text);
  assert_true(found > 0);
  assert_int_equal(filter.labels, found);
}

static void filters_match_the_definitions(void **state) {
  (void)state;
  check_filter("opcode", "OP");
  check_filter("phase", "PHASE");
  check_filter("format", "FORMAT");
}

typedef struct texts {
  filter_t filter;
  const char *idle; // text while the code says nothing
  size_t seen[CODES];
  size_t count;
} texts_t;

// value[0]: text, value[1]: code, value[2] if watched: whether the code says something.
static void see_text(void *user, const nt_vcd_moment_t *moment) {
  texts_t *t = user;
  char text[LABEL_LENGTH];
  nt_vcd_text(moment->value[0], text, sizeof text);
  const bool idle = t->idle != NULL && strcmp(moment->value[2], "1") != 0;
  const uint64_t code = nt_vcd_number(moment->value[1]) >> (t->idle != NULL ? 26 : 0);
  assert_true(code < CODES);
  const char *wanted = idle ? t->idle : t->filter.label[code];
  if (strcmp(text, wanted) != 0) {
    fail_msg("at %" PRIu64 " ns the text is '%s', the filter says '%s'", moment->time, text,
             wanted);
  }
  t->seen[code] += !idle;
  t->count++;
}

static size_t seen(const texts_t *t, const char *label) {
  for (size_t i = 0; i < CODES; i++) {
    if (strcmp(t->filter.label[i], label) == 0) {
      return t->seen[i];
    }
  }
  fail_msg("no label %s", label);
  return 0;
}

static void phases_are_readable(void **state) {
  (void)state;
  texts_t t = {.filter = read_filter("phase")};
  const int watched[] = {find("TOP.nt_tile.u_barrier.dbg_phase_ascii[63:0]"),
                         find("TOP.nt_tile.phase[2:0]")};
  nt_vcd_watch(vcd, watched, 2, see_text, &t);
  assert_int_equal(seen(&t, "NEURON"), STEPS);
  assert_int_equal(seen(&t, "DRAIN"), STEPS);
  assert_true(seen(&t, "IDLE") >= STEPS);
  assert_int_equal(seen(&t, "CLEAR"), 0);
}

static void instructions_are_readable(void **state) {
  (void)state;
  texts_t t = {.filter = read_filter("opcode"), .idle = "-"};
  for (int core = 0; core < 4; core++) {
    int watched[3];
    static const char *const signals[3] = {"dbg_op_ascii[39:0]", "instr_q[31:0]", "run_q"};
    for (int i = 0; i < 3; i++) {
      char name[NAME_LENGTH];
      (void)snprintf(name, sizeof name, "TOP.nt_tile.g_core[%d].u_core.u_engine.%s", core,
                     signals[i]);
      watched[i] = find(name);
    }
    nt_vcd_watch(vcd, watched, 3, see_text, &t);
  }
  static const char *const programs_use[] = {"LD", "ST", "RDC", "MULS", "JMP", "SPK", "END"};
  for (size_t i = 0; i < sizeof programs_use / sizeof programs_use[0]; i++) {
    if (seen(&t, programs_use[i]) == 0) {
      fail_msg("no %s in %zu texts", programs_use[i], t.count);
    }
  }
}

// ---- the window ----

typedef struct steps {
  uint64_t step[STEPS + 2];
  size_t count;
} steps_t;

// value[0]: timestep, value[1]: phase
static void see_step(void *user, const nt_vcd_moment_t *moment) {
  steps_t *s = user;
  const uint64_t step = nt_vcd_number(moment->value[0]);
  const bool idle = nt_vcd_number(moment->value[1]) == 0;
  if (!idle && s->count < STEPS + 2 && (s->count == 0 || s->step[s->count - 1] != step)) {
    s->step[s->count++] = step;
  }
}

static void window_holds_the_timesteps_asked_for(void **state) {
  (void)state;
  steps_t s = {.count = 0};
  const int watched[] = {find("TOP.nt_tile.timestep_o[31:0]"), find("TOP.nt_tile.phase[2:0]")};
  nt_vcd_watch(vcd, watched, 2, see_step, &s);
  assert_int_equal(s.count, STEPS);
  for (uint64_t i = 0; i < STEPS; i++) {
    assert_int_equal(s.step[i], FROM + i);
  }
}

static void a_timestep_is_small(void **state) {
  (void)state;
  print_message("%zu kB a timestep\n", nt_vcd_bytes(vcd) / 1000 / STEPS);
  assert_true(nt_vcd_bytes(vcd) < HEADER_BYTES_MAX + STEPS * (size_t)STEP_BYTES_MAX);
}

// ---- looking changes nothing ----

// The summary without what depends on the machine: time and memory.
static char *read_facts(const char *path) {
  char *text = read_text(path), *facts = calloc(1, strlen(text) + 2);
  assert_non_null(facts);
  for (char *save = NULL, *line = strtok_r(text, "\n", &save); line != NULL;
       line = strtok_r(NULL, "\n", &save)) {
    if (strstr(line, "second") == NULL && strstr(line, "peak_bytes") == NULL) {
      strcat(strcat(facts, line), "\n");
    }
  }
  free(text);
  return facts;
}

static void tracing_does_not_change_the_results(void **state) {
  (void)state;
  char *plain = read_facts(NT_WAVES_RECORD "/plain/summary.json"),
       *traced = read_facts(NT_WAVES_RECORD "/traced/summary.json");
  assert_non_null(strstr(plain, "\"text\""));
  assert_non_null(strstr(plain, "\"cycles_per_token\""));
  assert_string_equal(plain, traced);
  free(plain);
  free(traced);
}

static size_t files_beside(const char *folder, const char *expected) {
  size_t others = 0;
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
    others += entry->d_name[0] != '.' && strcmp(entry->d_name, expected) != 0;
  }
  (void)closedir(dir);
  return others;
}

static void no_file_is_written_without_a_trace(void **state) {
  (void)state;
  assert_int_equal(files_beside(NT_WAVES_RECORD "/plain", "summary.json"), 0);
  assert_int_equal(files_beside(NT_WAVES_RECORD "/traced", "summary.json"), 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_layout_name_exists),
      cmocka_unit_test(a_name_that_does_not_exist_is_noticed),
      cmocka_unit_test(memories_to_follow_are_there_and_big_ones_are_not),
      cmocka_unit_test(filters_match_the_definitions),
      cmocka_unit_test(phases_are_readable),
      cmocka_unit_test(instructions_are_readable),
      cmocka_unit_test(window_holds_the_timesteps_asked_for),
      cmocka_unit_test(a_timestep_is_small),
      cmocka_unit_test(tracing_does_not_change_the_results),
      cmocka_unit_test(no_file_is_written_without_a_trace),
  };
  return cmocka_run_group_tests(tests, open_window, close_window);
}
