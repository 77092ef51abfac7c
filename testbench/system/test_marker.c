// SPDX-License-Identifier: Apache-2.0
// What a replay opens: the marker stands at the clock edge at which the signal on top takes the
// value that the report calls got.
#include "nt_command.h"
#include "nt_fault.h"
#include "nt_vcd.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { SECONDS = 120, PATH_LENGTH = 512, LINE_LENGTH = 65536, FIELD_MAX = 64, PERIOD = 10 };
static const char FOLDER[] = NT_TEST_FOLDER;

// A row of a layout: a signal, or the bits of it that are shown, the most significant first.
typedef struct row {
  char name[PATH_LENGTH];
  unsigned bit[FIELD_MAX]; // counted from the signal's most significant one
  size_t bits;             // 0: all of them
} row_t;

typedef struct layout {
  uint64_t marker, got_marker; // the second one stands where the first does unless it is set
  row_t row;
} layout_t;

static cJSON *read_report(void) {
  char text[LINE_LENGTH];
  FILE *file = fopen(NT_TEST_FOLDER "/report.json", "rb");
  assert_non_null(file);
  text[fread(text, 1, sizeof text - 1, file)] = '\0';
  (void)fclose(file);
  cJSON *report = cJSON_Parse(text);
  assert_non_null(report);
  return report;
}

static row_t read_row(char *names) {
  row_t row = {.bits = 0};
  for (char *save = NULL, *word = strtok_r(names, " \n", &save); word != NULL;
       word = strtok_r(NULL, " \n", &save)) {
    if (word[0] == '(') {
      assert_true(row.bits < FIELD_MAX);
      row.bit[row.bits++] = (unsigned)strtoul(word + 1, &word, 10);
      word++;
    }
    (void)snprintf(row.name, sizeof row.name, "%s", word);
  }
  return row;
}

// Marker and the first row whose label begins so.
static layout_t read_layout(const char *label) {
  static char line[LINE_LENGTH];
  layout_t layout = {.marker = 0};
  long long first = -1, second = -1;
  FILE *file = fopen(NT_TEST_FOLDER "/token.gtkw", "r");
  assert_non_null(file);
  while (layout.row.name[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
    (void)sscanf(line, "*%*f %lld %lld", &first, &second);
    if ((line[0] == '+' || line[0] == '#') && strncmp(line + 2, label, strlen(label)) == 0) {
      layout.row = read_row(strstr(line, "} ") + 2);
    }
  }
  (void)fclose(file);
  assert_true(first >= 0);
  if (layout.row.name[0] == '\0') {
    fail_msg("the layout has no row %s", label);
  }
  layout.marker = (uint64_t)first;
  layout.got_marker = second >= 0 ? (uint64_t)second : (uint64_t)first;
  return layout;
}

typedef struct look {
  uint64_t time;
  char value[NT_VCD_WIDTH_MAX + 1];
} look_t;

static void see(void *user, const nt_vcd_moment_t *moment) {
  look_t *look = user;
  if (moment->time <= look->time) {
    (void)snprintf(look->value, sizeof look->value, "%s", moment->value[0]);
  }
}

// What the row shows at this time, as a signed number.
static int64_t value_at(const nt_vcd_t *vcd, const row_t *row, uint64_t time) {
  look_t look = {.time = time};
  const int signal = nt_vcd_find(vcd, row->name);
  assert_true(signal >= 0);
  nt_vcd_watch(vcd, &signal, 1, see, &look);
  const unsigned width = nt_vcd_width(vcd, signal);
  const unsigned shown = row->bits > 0 ? (unsigned)row->bits : width;
  uint64_t value = 0;
  for (unsigned i = 0; i < shown; i++) {
    value = value << 1 | nt_vcd_bits(look.value, width - 1 - (row->bits > 0 ? row->bit[i] : i), 1);
  }
  return shown < 64 && value >> (shown - 1) != 0 ? (int64_t)(value - (UINT64_C(1) << shown))
                                                 : (int64_t)value;
}

// The row takes the value at this very edge.
static bool takes(const nt_vcd_t *vcd, const row_t *row, uint64_t time, int64_t value) {
  return value_at(vcd, row, time) == value && value_at(vcd, row, time - 1) != value;
}

static int replay(void) {
  char command[4 * PATH_LENGTH];
  (void)snprintf(command, sizeof command, "'%s' '%s' '%s' >'%s/said.txt' 2>&1", NT_TEST_REPLAY,
                 NT_TEST_COMMAND, FOLDER, FOLDER);
  const int status = system(command); // NOLINT(cert-env33-c)
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

// Runs with a fault, then the replay, and opens what it left.
static nt_vcd_t *fail_and_replay(const nt_fault_t *fault, const char *stage) {
  char plant[64];
  (void)snprintf(plant, sizeof plant, "%u:%u:%s:%u:%u", fault->tile, fault->core,
                 nt_space_str(fault->space), fault->address, fault->bit);
  nt_command_result_t run =
      NT_COMMAND(SECONDS, "generate", "--model", NT_TEST_IMAGE, "--prompt", "Once upon", "--tokens",
                 "1", "--plant", plant, "--failure", FOLDER);
  nt_command_expect(&run, NT_ERR_MISMATCH, stage);
  nt_command_free(&run);
  assert_int_equal(replay(), NT_ERR_MISMATCH);
  nt_vcd_t *vcd = nt_vcd_open(NT_TEST_FOLDER "/token.vcd");
  assert_non_null(vcd);
  return vcd;
}

// The row begins to show what the report calls got at the marker, and a marker one clock away is
// noticed.
static void check_marker(const nt_vcd_t *vcd, const layout_t *layout) {
  cJSON *report = read_report();
  const int64_t got = (int64_t)cJSON_GetObjectItem(report, "got")->valuedouble;
  const uint64_t time = layout->got_marker;
  if (!takes(vcd, &layout->row, time, got)) {
    fail_msg("%s shows %" PRId64 " at %" PRIu64 " ns, %" PRId64 " before, and got is %" PRId64,
             layout->row.name, value_at(vcd, &layout->row, time), time,
             value_at(vcd, &layout->row, time - 1), got);
  }
  assert_false(takes(vcd, &layout->row, time - PERIOD, got));
  assert_false(takes(vcd, &layout->row, time + PERIOD, got));
  cJSON_Delete(report);
}

static const nt_chunk_t *chunk_of(const nt_talk_t *talk, const char *population) {
  return &nt_talk_population(talk, population)->chunk[0];
}

// A wrong weight: the marker is at the addition of its product, which the hint names.
static void wrong_sum(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_weight(talk, chunk_of(talk, "G0"), 3, 77); // not of bank 0
  nt_vcd_t *vcd = fail_and_replay(&fault, "accumulator");
  const layout_t layout = read_layout("accumulator, buffer");
  check_marker(vcd, &layout);
  cJSON *report = read_report();
  const cJSON *hint = cJSON_GetArrayItem(cJSON_GetObjectItem(report, "hints"), 0);
  const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(hint, "text"));
  assert_non_null(text);
  const char *adds = strstr(text, " adds ");
  assert_non_null(adds);
  assert_int_equal(value_at(vcd, &layout.row, layout.marker) -
                       value_at(vcd, &layout.row, layout.marker - 1),
                   strtoll(adds + strlen(" adds "), NULL, 10));
  cJSON_Delete(report);
  nt_vcd_close(vcd);
}

static void wrong_state(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_operand(talk, chunk_of(talk, "G0"));
  nt_vcd_t *vcd = fail_and_replay(&fault, "neuron state");
  const layout_t layout = read_layout("the word");
  check_marker(vcd, &layout);
  // The engine writes it there.
  const layout_t write = read_layout("engine writes the pool"), to = read_layout("written to lane");
  assert_int_equal(value_at(vcd, &write.row, layout.marker - 1), -1); // one bit, set
  assert_int_equal(value_at(vcd, &to.row, layout.marker - 1),
                   value_at(vcd, &layout.row, layout.marker));
  nt_vcd_close(vcd);
}

// A state word that nobody writes: it is wrong all along.
static void stray_state(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_state(talk, chunk_of(talk, "G0"), 0, 77, 5);
  nt_vcd_t *vcd = fail_and_replay(&fault, "neuron state");
  const layout_t layout = read_layout("the word");
  assert_int_equal(value_at(vcd, &layout.row, layout.marker), 1 << 5);
  nt_vcd_close(vcd);
}

static void wrong_message(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_host_axon(talk, chunk_of(talk, "D"), 0);
  nt_vcd_t *vcd = fail_and_replay(&fault, "spikes sent");
  const layout_t layout = read_layout("its payload"), valid = read_layout("message"),
                 axon = read_layout("its axon");
  check_marker(vcd, &layout);
  assert_int_equal(value_at(vcd, &valid.row, layout.marker), -1);
  cJSON *report = read_report();
  const cJSON *unexpected = cJSON_GetObjectItem(report, "unexpected");
  assert_int_equal(value_at(vcd, &axon.row, layout.marker),
                   (int64_t)cJSON_GetObjectItem(unexpected, "axon")->valuedouble);
  cJSON_Delete(report);
  nt_vcd_close(vcd);
}

// An instruction that is none: nothing is sent.
static void missing_message(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_first_instruction(talk, chunk_of(talk, "E"));
  nt_vcd_t *vcd = fail_and_replay(&fault, "spikes sent");
  const layout_t step = read_layout("timestep");
  const row_t start = {.name = "TOP.nt_tile.g_core[0].u_core.start_i"};
  assert_int_equal(value_at(vcd, &start, step.marker - 1), -1); // one bit, set
  cJSON *report = read_report();
  assert_int_equal(value_at(vcd, &step.row, step.marker),
                   (int64_t)cJSON_GetObjectItem(report, "timestep")->valuedouble);
  cJSON_Delete(report);
  nt_vcd_close(vcd);
}

static void wrong_counter(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_dendrites(talk, chunk_of(talk, "G0"));
  nt_vcd_t *vcd = fail_and_replay(&fault, "counters");
  const layout_t layout = read_layout("counter");
  check_marker(vcd, &layout);
  nt_vcd_close(vcd);
}

// A wrong weight in the image: golden tile and device agree, and differ from the reference.
static void wrong_level(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = nt_fault_weight(talk, chunk_of(talk, "G0"), 3, 77);
  nt_error_t err;
  nt_image_t *image = nt_talk_image();
  nt_image_core(image, fault.tile, fault.core)->pool[fault.address] ^= UINT32_C(1) << fault.bit;
  NT_OK_CALL(nt_image_save(image, NT_TEST_FOLDER "-wrong.nti", &err), err);
  nt_image_free(image);
  nt_command_result_t run =
      NT_COMMAND(SECONDS, "generate", "--model", NT_TEST_FOLDER "-wrong.nti", "--prompt",
                 "Once upon", "--tokens", "1", "--failure", FOLDER);
  nt_command_expect(&run, NT_ERR_MISMATCH, "level L1 against L2");
  nt_command_free(&run);
  assert_int_equal(replay(), NT_ERR_MISMATCH);
  nt_vcd_t *vcd = nt_vcd_open(NT_TEST_FOLDER "/token.vcd");
  assert_non_null(vcd);
  const layout_t layout = read_layout("accumulator, buffer");
  check_marker(vcd, &layout);
  nt_vcd_close(vcd);
}

// Only the sweep at the end of the token sees a word that no program uses.
static void swept_word(void **state) {
  const nt_talk_t *talk = *state;
  const nt_fault_t fault = {
      .tile = 0, .core = 0, .space = NT_SPACE_PROG, .address = talk->image->params.prog_words - 1};
  nt_vcd_t *vcd = fail_and_replay(&fault, "memory sweep");
  const layout_t layout = read_layout("the word");
  assert_int_equal(value_at(vcd, &layout.row, layout.marker), 1);
  nt_vcd_close(vcd);
}

// A step that is given too few cycles: the replay ends in the same way, with waves.
static void timeout(void **state) {
  (void)state;
  nt_command_result_t run =
      NT_COMMAND(SECONDS, "generate", "--model", NT_TEST_IMAGE, "--prompt", "Once upon", "--tokens",
                 "1", "--max-cycles", "150", "--failure", FOLDER);
  nt_command_expect(&run, NT_ERR_TIMEOUT, "timestep");
  nt_command_free(&run);
  assert_int_equal(replay(), NT_ERR_TIMEOUT);
  nt_vcd_t *vcd = nt_vcd_open(NT_TEST_FOLDER "/token.vcd");
  assert_non_null(vcd);
  const layout_t busy = read_layout("busy"), phase = read_layout("timestep");
  assert_int_equal(value_at(vcd, &busy.row, busy.marker), -1);
  cJSON *report = read_report();
  assert_int_equal(value_at(vcd, &phase.row, busy.marker),
                   (int64_t)cJSON_GetObjectItem(report, "timestep")->valuedouble);
  cJSON_Delete(report);
  nt_vcd_close(vcd);
}

static int open_talk(void **state) {
  static nt_talk_t talk;
  talk = nt_talk_open(nt_talk_image(), NT_BACKEND_GOLDEN, false, 1);
  *state = &talk;
  return 0;
}

static int close_talk(void **state) {
  nt_talk_close(*state);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(timeout),       cmocka_unit_test(swept_word),
      cmocka_unit_test(wrong_counter), cmocka_unit_test(missing_message),
      cmocka_unit_test(wrong_message), cmocka_unit_test(wrong_state),
      cmocka_unit_test(stray_state),   cmocka_unit_test(wrong_level),
      cmocka_unit_test(wrong_sum),
  };
  return cmocka_run_group_tests(tests, open_talk, close_talk);
}
