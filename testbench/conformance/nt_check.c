// SPDX-License-Identifier: Apache-2.0
#include "nt_check.h"

#include "nt_record.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEP_CYCLES = 5000000 }; // far more than any step of these tests takes

static nt_backend_t chosen;
static uint64_t compared;
static bool skipped;
static char context[256]; // what the next difference is about

bool nt_check_begin(int argc, char **argv) {
  nt_error_t err = {0};
  const nt_status_t status = nt_backend_choose(argc, argv, &chosen, &err);
  if (status == NT_OK) {
    nt_record_begin(chosen.name, nt_backend_shape(&chosen.params), &chosen.params);
    return true;
  }
  nt_record_refused(status, err.text);
  (void)fprintf(stderr, "%s: %s\n", argv[0], err.text);
  return false;
}

// Every test runs inside begin_case, run_case and end_case; `state` holds the test itself.

static uint64_t compared_before;
static bool case_passed;

static int begin_case(void **state) {
  const struct CMUnitTest *test = *state;
  compared_before = compared;
  case_passed = false;
  context[0] = '\0';
  nt_record_case(test->name);
  return 0;
}

/// A crash is the runner's to report, so that it is not taken for a difference: under it the
/// signals that cmocka catches end the program.
static void run_case(void **state) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS};
  const struct CMUnitTest *test = *state;
  void *own = test->initial_state;
  for (size_t i = 0; i < sizeof signals / sizeof signals[0] && nt_record_is_on(); i++)
    (void)signal(signals[i], SIG_DFL);
  test->test_func(&own);
  case_passed = true;
}

static int end_case(void **state) {
  (void)state;
  nt_record_done(case_passed, compared - compared_before);
  return 0;
}

int nt_check_run_tests(const char *name, const struct CMUnitTest *tests, size_t count) {
  struct CMUnitTest *wrapped = calloc(count, sizeof *wrapped);
  assert_non_null(wrapped);
  for (size_t i = 0; i < count; i++) {
    wrapped[i] = (struct CMUnitTest){tests[i].name, run_case, begin_case, end_case, NULL};
    memcpy(&wrapped[i].initial_state, &(const struct CMUnitTest *){&tests[i]}, sizeof(void *));
  }
  const int failed = _cmocka_run_group_tests(name, wrapped, count, NULL, NULL);
  free(wrapped);
  return failed;
}

bool nt_check_against_itself(void) {
  return nt_record_is_on() && strcmp(chosen.name, "golden") == 0;
}

void nt_check_broken(const char *text) {
  nt_record_case("what the tests need");
  nt_record_fault(__FILE__, __LINE__, text);
  nt_record_done(false, 0);
}

void nt_check_skip(const char *reason) {
  (void)printf("nothing to compare: %s\n", reason);
  nt_record_skip(reason);
  skipped = true;
}

const nt_backend_t *nt_check_backend(void) {
  return &chosen;
}

bool nt_check_is_rtl(void) {
  return chosen.verilated;
}

void nt_check_set_open(nt_status_t (*open)(const nt_params_t *, nt_dev_t **, nt_error_t *)) {
  chosen.open = open;
}

uint64_t nt_check_counted(void) {
  return compared;
}

int nt_check_end(const char *name, int failed) {
  (void)printf("%s on %s %s: %" PRIu64 " values compared\n", name, chosen.name, chosen.shape,
               compared);
  nt_record_end(compared);
  return failed != 0 || (compared == 0 && !skipped) ? 1 : 0;
}

/// Ends the test: the text goes to the log and to the runner.
static void fail_with(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void fail_with(const char *file, int line, const char *format, ...) {
  char text[768];
  va_list args;
  const int used = snprintf(text, sizeof text, "%s%s", context, context[0] != '\0' ? ": " : "");
  va_start(args, format);
  (void)vsnprintf(text + used, sizeof text - (size_t)used, format, args);
  va_end(args);
  print_error("%s\n", text);
  nt_record_fault(file, line, text);
  _fail(file, line);
}

void nt_check_context(const char *format, ...) {
  va_list args;
  va_start(args, format);
  (void)vsnprintf(context, sizeof context, format, args);
  va_end(args);
}

void nt_check_fail(const char *text, const char *file, int line) {
  fail_with(file, line, "%s", text);
}

void nt_check_equal(int64_t found, int64_t expected, const char *what, const char *file, int line) {
  compared++;
  if (found == expected)
    return;
  fail_with(file, line, "%s is %" PRId64 " (0x%" PRIx64 "), expected %" PRId64 " (0x%" PRIx64 ")",
            what, found, (uint64_t)found, expected, (uint64_t)expected);
}

void nt_check_equal_at(int64_t found, int64_t expected, const char *what, uint32_t index,
                       uint32_t detail, const char *file, int line) {
  compared++;
  if (found == expected)
    return;
  fail_with(file, line,
            "at %" PRIu32 ", %" PRIu32 ": %s is %" PRId64 " (0x%" PRIx64 "), expected %" PRId64
            " (0x%" PRIx64 ")",
            index, detail, what, found, (uint64_t)found, expected, (uint64_t)expected);
}

void nt_check_count(uint64_t values) {
  compared += values;
}

void nt_check_ok(nt_status_t status, const nt_error_t *err, const char *file, int line) {
  if (status == NT_OK)
    return;
  fail_with(file, line, "%s: %s", nt_status_str(status), err->text);
}

nt_dev_t *nt_check_open(void) {
  nt_error_t err = {0};
  nt_dev_t *dev = NULL;
  NT_CHECK_OK(chosen.open(&chosen.params, &dev, &err), &err);
  return dev;
}

void nt_check_write(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr, uint32_t word) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_mem_write(dev, core, space, addr, 1, &word, &err), &err);
}

uint32_t nt_check_read(nt_dev_t *dev, uint32_t core, uint32_t space, uint32_t addr) {
  nt_error_t err = {0};
  uint32_t word = 0;
  NT_CHECK_OK(nt_dev_mem_read(dev, core, space, addr, 1, &word, &err), &err);
  return word;
}

uint32_t nt_check_reg(nt_dev_t *dev, uint32_t offset) {
  nt_error_t err = {0};
  uint32_t value = 0;
  NT_CHECK_OK(nt_dev_reg_read(dev, offset, &value, &err), &err);
  return value;
}

uint32_t nt_check_flags(nt_dev_t *dev, uint32_t core) {
  return nt_check_read(dev, core, NT_SPACE_CREG, NT_CREG_FLAGS);
}

uint64_t nt_check_counter(nt_dev_t *dev, uint32_t core, uint32_t counter) {
  nt_error_t err = {0};
  uint64_t value = 0;
  NT_CHECK_OK(nt_dev_counter(dev, core, counter, &value, &err), &err);
  return value;
}

static uint32_t pool_address(const nt_dev_t *dev, uint32_t word, uint32_t lane) {
  return word % dev->params.pool_words * nt_params_word_lanes(&dev->params) + lane;
}

void nt_check_pool_put(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane, uint32_t value) {
  nt_check_write(dev, core, NT_SPACE_POOL, pool_address(dev, word, lane), value);
}

uint32_t nt_check_pool_get(nt_dev_t *dev, uint32_t core, uint32_t word, uint32_t lane) {
  return nt_check_read(dev, core, NT_SPACE_POOL, pool_address(dev, word, lane));
}

void nt_check_dword(nt_dev_t *dev, uint32_t core, uint32_t base, uint32_t index, uint64_t dword) {
  const uint32_t per_word = nt_params_word_lanes(&dev->params) / 2;
  const uint32_t word = base + index / per_word;
  const uint32_t lane = 2 * (index % per_word);
  nt_check_pool_put(dev, core, word, lane, (uint32_t)dword);
  nt_check_pool_put(dev, core, word, lane + 1, (uint32_t)(dword >> 32));
}

void nt_check_pool_load(nt_dev_t *dev, uint32_t core, uint32_t base, const nt_asm_pool_t *pool) {
  nt_error_t err = {0};
  for (uint32_t word = 0; word < pool->words; word++)
    NT_CHECK_OK(nt_dev_mem_write(dev, core, NT_SPACE_POOL, pool_address(dev, base + word, 0),
                                 pool->word_lanes, pool->lane + (size_t)word * pool->word_lanes,
                                 &err),
                &err);
}

void nt_check_group(nt_dev_t *dev, uint32_t core, uint32_t number, const nt_asm_group_t *group) {
  uint32_t words[NT_GROUP_WORDS];
  nt_error_t err = {0};
  nt_asm_group_words(group, words);
  NT_CHECK_OK(nt_dev_mem_write(dev, core, NT_SPACE_GROUP, number * NT_GROUP_WORDS, NT_GROUP_WORDS,
                               words, &err),
              &err);
}

void nt_check_program(nt_dev_t *dev, uint32_t core, uint32_t entry, const uint32_t *words,
                      uint32_t count) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_mem_write(dev, core, NT_SPACE_PROG, entry, count, words, &err), &err);
}

void nt_check_axon(nt_dev_t *dev, uint32_t core, uint32_t axon, uint64_t entry) {
  nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_AXON_BASE, NT_CHECK_AXONS);
  if (nt_check_read(dev, core, NT_SPACE_CREG, NT_CREG_AXON_COUNT) <= axon)
    nt_check_write(dev, core, NT_SPACE_CREG, NT_CREG_AXON_COUNT, axon + 1);
  nt_check_dword(dev, core, NT_CHECK_AXONS, axon, entry);
}

static uint32_t state_word(const nt_dev_t *dev, uint32_t state_words, uint32_t neuron, uint32_t k) {
  return NT_CHECK_STATE + neuron / nt_params_word_lanes(&dev->params) * state_words + k;
}

uint32_t nt_check_state(nt_dev_t *dev, uint32_t core, uint32_t state_words, uint32_t neuron,
                        uint32_t k) {
  return nt_check_pool_get(dev, core, state_word(dev, state_words, neuron, k),
                           neuron % nt_params_word_lanes(&dev->params));
}

void nt_check_state_put(nt_dev_t *dev, uint32_t core, uint32_t state_words, uint32_t neuron,
                        uint32_t k, uint32_t value) {
  nt_check_pool_put(dev, core, state_word(dev, state_words, neuron, k),
                    neuron % nt_params_word_lanes(&dev->params), value);
}

nt_dev_t *nt_check_open_program(uint32_t neurons, uint32_t state_words,
                                const nt_asm_program_t *program) {
  nt_dev_t *dev = nt_check_open();
  const uint32_t line_lanes = nt_params_line_lanes(&dev->params);
  const nt_asm_group_t group = {.always = true,
                                .lines = (neurons + line_lanes - 1) / line_lanes,
                                .neurons = neurons,
                                .state_base = NT_CHECK_STATE,
                                .state_words = state_words};
  nt_check_group(dev, 0, 0, &group);
  nt_check_program(dev, 0, 0, program->word, program->count);
  return dev;
}

void nt_check_inject(nt_dev_t *dev, uint32_t cores, uint32_t axon, int32_t payload) {
  const nt_spike_t spike = {.cores = (uint8_t)cores,
                            .type = NT_SPIKE_TYPE_GRADED24,
                            .axon = (uint16_t)axon,
                            .payload = payload};
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_inject(dev, &spike, 1, &err), &err);
}

void nt_check_step(nt_dev_t *dev, uint32_t timestep) {
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_step(dev, timestep, STEP_CYCLES, &err), &err);
}
