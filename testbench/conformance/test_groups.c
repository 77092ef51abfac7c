// SPDX-License-Identifier: Apache-2.0
// Which groups and lines run, and the bulk state reset (docs/spec/timestep.md).
#include "nt_check.h"

enum { CLEAR_STATE = 1 << NT_CTRL_CLEAR_STATE_LSB };

static uint32_t line_lanes(void) {
  return nt_params_line_lanes(&nt_check_backend()->params);
}

/// Counts its runs in state word 0.
static nt_asm_program_t counting(void) {
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_ld(1, 0));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 1, 1, nt_asm_const(0), 0));
  nt_asm_emit(&program, nt_asm_st(1, 0));
  nt_asm_emit(&program, nt_asm_end());
  return program;
}

/// Groups of 1, 1 and LINES - 2 lines, if there are so many; the middle one is ALWAYS. The first
/// line of each is run with constants of its own, so a run of the wrong group shows.
static void test_lines_that_run(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t lines = dev->params.lines;
  const uint32_t word = nt_params_word_lanes(&dev->params);
  const nt_asm_program_t program = counting();
  const uint32_t numbers[] = {0, 3, dev->params.groups - 1};
  nt_asm_group_t group[3] = {{.line = 0, .lines = 1},
                             {.line = 1, .lines = 1, .always = true},
                             {.line = 2, .lines = lines - 2}};
  uint32_t expected[NT_LINES_MAX] = {0};
  uint64_t neurons = 0;
  nt_check_program(dev, 1, 8, program.word, program.count);
  for (uint32_t g = 0; g < (lines > 2 ? 3u : 2u); g++) {
    group[g].neurons = group[g].lines * line_lanes() - g;
    group[g].entry = 8;
    group[g].const_base = g + 1;
    group[g].state_base = NT_CHECK_STATE + group[g].line * NT_BEATS_PER_LINE;
    group[g].state_words = 1;
    nt_check_group(dev, 1, numbers[g], &group[g]);
    nt_check_write(dev, 1, NT_SPACE_TABLE, g + 1, 10 * (g + 1));
  }
  for (uint32_t line = 0; line < lines; line++)
    nt_check_axon(dev, 1, line, nt_asm_uniform(line % 4, 1, line, 1, 0, 0));
  for (uint32_t t = 0; t < 12; t++) {
    for (uint32_t line = 0; line < lines; line++) {
      const uint32_t g = line < 2 ? line : 2;
      const bool touched = (t * 5 + line * 3) % 4 == 0;
      if (touched)
        nt_check_inject(dev, 2, line, 1);
      if (!touched && g != 1)
        continue;
      expected[line] += 10 * (g + 1);
      neurons += line_lanes() - (line == 1 ? 1u : line == lines - 1 ? 2u : 0u);
    }
    nt_check_step(dev, t);
    NT_CHECK_AT(nt_check_counter(dev, 1, NT_COUNTER_NEURONS), neurons, t, 0);
    for (uint32_t line = 0; line < lines; line++)
      NT_CHECK_AT(
          nt_check_pool_get(dev, 1, NT_CHECK_STATE + line * NT_BEATS_PER_LINE + 3, word - 1),
          expected[line], t, line);
  }
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 0);
  nt_dev_close(dev);
}

/// A group that is not enabled does not run, whatever else its descriptor says.
static void test_disabled(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const nt_asm_program_t program = counting();
  const nt_asm_group_t group = {
      .always = true, .lines = 2, .neurons = 2 * line_lanes(), .state_base = NT_CHECK_STATE};
  nt_check_program(dev, 0, 0, program.word, program.count);
  nt_check_group(dev, 0, 1, &group);
  const uint32_t word = nt_check_read(dev, 0, NT_SPACE_GROUP, NT_GROUP_WORDS);
  nt_check_write(dev, 0, NT_SPACE_GROUP, NT_GROUP_WORDS, word & ~(1u << NT_GROUP0_ENABLE_LSB));
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 1, 0, 2, 0, 1));
  nt_check_inject(dev, 1, 0, 1);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 0);
  nt_dev_close(dev);
}

/// Lines of a group beyond LINES do not exist and do not wrap: their neurons do not run, but a
/// state reset clears their state.
static void test_lines_beyond(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const nt_asm_program_t program = counting();
  const nt_asm_group_t group = {.always = true,
                                .line = dev->params.lines - 1,
                                .lines = 2,
                                .neurons = 2 * line_lanes(),
                                .state_base = NT_CHECK_STATE,
                                .state_words = 1,
                                .clear_words = 1};
  nt_check_program(dev, 0, 0, program.word, program.count);
  nt_check_group(dev, 0, 0, &group);
  nt_check_write(dev, 0, NT_SPACE_TABLE, 0, 1);
  for (uint32_t beat = 0; beat < 2 * NT_BEATS_PER_LINE; beat++)
    nt_check_pool_put(dev, 0, NT_CHECK_STATE + beat, 1, 70);
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 1, 0, dev->params.lines, 0, 1));
  nt_check_inject(dev, 1, 0, 1);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), line_lanes());
  for (uint32_t beat = 0; beat < 2 * NT_BEATS_PER_LINE; beat++)
    NT_CHECK_AT(nt_check_pool_get(dev, 0, NT_CHECK_STATE + beat, 1),
                beat < NT_BEATS_PER_LINE ? 71 : 70, beat, 0);
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, CLEAR_STATE, &err), &err);
  for (uint32_t beat = 0; beat < 2 * NT_BEATS_PER_LINE; beat++)
    NT_CHECK_AT(nt_check_pool_get(dev, 0, NT_CHECK_STATE + beat, 1), 0, beat, 0);
  nt_dev_close(dev);
}

/// PENDING: an active row or an enabled ALWAYS group, in any core, and nothing else.
static void test_pending(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  const uint32_t core = dev->params.cores - 1;
  const nt_asm_group_t group = {.always = true, .lines = 1, .neurons = 1};
  const nt_asm_group_t lazy = {.lines = 1, .neurons = 1};
  NT_CHECK(nt_dev_pending(dev), false);
  nt_check_group(dev, core, 2, &lazy);
  NT_CHECK(nt_dev_pending(dev), false);
  nt_check_group(dev, core, 3, &group);
  NT_CHECK(nt_dev_pending(dev), true);
  NT_CHECK(nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_PENDING_LSB & 1, 1);
  nt_check_write(dev, core, NT_SPACE_GROUP, 3 * NT_GROUP_WORDS, 1u << NT_GROUP0_ALWAYS_LSB);
  NT_CHECK(nt_dev_pending(dev), false);
  nt_check_axon(dev, core, 0, nt_asm_single(3, 1, 0, 0));
  nt_check_inject(dev, 1u << core, 0, 0);
  NT_CHECK(nt_dev_pending(dev), true);
  nt_check_step(dev, 0);
  NT_CHECK(nt_dev_pending(dev), false);
  NT_CHECK(nt_check_reg(dev, NT_REG_STATUS) >> NT_STATUS_PENDING_LSB & 1, 0);
  nt_dev_close(dev);
}

/// A line outside every enabled group takes input; it vanishes with the step.
static void test_input_without_group(void **state) {
  (void)state;
  nt_dev_t *dev = nt_check_open();
  nt_check_axon(dev, 0, 0, nt_asm_uniform(0, 4, 0, dev->params.lines, 0, 1));
  nt_check_inject(dev, 1, 0, 5);
  nt_check_step(dev, 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_NEURONS), 0);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_INSTRS), 0);
  for (uint32_t line = 0; line < dev->params.lines; line++)
    NT_CHECK_AT(nt_check_read(dev, 0, NT_SPACE_ACT, line), 0, line, 0);
  NT_CHECK(nt_dev_pending(dev), false);
  nt_dev_close(dev);
}

/// A state reset: the first CLEAR_WORDS words of every beat of every enabled group, activity, and
/// nothing else.
static void test_clear_state(void **state) {
  (void)state;
  enum { WORDS = 3, DISABLED = 1 }; // core 1's group is not enabled
  static const uint32_t clear_words[4] = {2, 2, 3, 0};
  nt_dev_t *dev = nt_check_open();
  const uint32_t lanes = nt_params_word_lanes(&dev->params);
  const uint32_t cores = dev->params.cores;
  const uint32_t pool_words = dev->params.pool_words;
  nt_error_t err = {0};
  nt_asm_group_t group = {.lines = 1,
                          .state_base = pool_words - 7, // wraps
                          .state_words = WORDS};
  for (uint32_t core = 0; core < cores; core++) {
    for (uint32_t word = 0; word < 200; word++)
      for (uint32_t lane = 0; lane < lanes; lane++)
        nt_check_pool_put(dev, core, pool_words - 100 + word, lane, 7000 + word);
    group.clear_words = clear_words[core % 4];
    group.neurons = 5 * lanes - core % 2; // 5 beats either way
    nt_check_group(dev, core, core, &group);
    nt_check_axon(dev, core, 100, nt_asm_uniform(0, 1, 0, 1, 0, 3)); // pool word 100: outside
  }
  nt_check_write(dev, DISABLED, NT_SPACE_GROUP, DISABLED * NT_GROUP_WORDS,
                 1u << NT_GROUP0_LINES_LSB);
  nt_check_inject(dev, 3, 100, 50);
  nt_check_inject(dev, 1, 60000, 50);
  nt_check_step(dev, 17);
  nt_check_inject(dev, 3, 100, 50);
  NT_CHECK(nt_dev_pending(dev), true);
  NT_CHECK_OK(nt_dev_reg_write(dev, NT_REG_CTRL, CLEAR_STATE, &err), &err);
  NT_CHECK(nt_dev_pending(dev), false);
  for (uint32_t core = 0; core < cores; core++) {
    const uint32_t words = core == DISABLED ? 0 : clear_words[core % 4];
    for (uint32_t word = 0; word < 200; word++)
      for (uint32_t lane = 0; lane < lanes; lane++) {
        const uint32_t place = word - 93; // from the group's first state word on
        const bool cleared = word >= 93 && place < 5 * WORDS && place % WORDS < words;
        if (word == 100 + 100 / (lanes / 2))
          continue; // the axon entry
        NT_CHECK_AT(nt_check_pool_get(dev, core, pool_words - 100 + word, lane),
                    cleared ? 0 : 7000 + word, core, word);
      }
    for (uint32_t line = 0; line < dev->params.lines; line++)
      NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACT, line), 0, core, line);
    NT_CHECK_AT(nt_check_read(dev, core, NT_SPACE_ACC, 0), 0, core, 0);
  }
  NT_CHECK(nt_check_flags(dev, 0), 1u << NT_FLAGS_BAD_AXON_LSB);
  NT_CHECK(nt_check_counter(dev, 0, NT_COUNTER_MSG_IN), 3);
  NT_CHECK(nt_check_reg(dev, NT_REG_TIMESTEP), 18);
  NT_CHECK(nt_check_reg(dev, NT_REG_STEPS), 1);
  nt_dev_close(dev);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lines_that_run),      cmocka_unit_test(test_disabled),
      cmocka_unit_test(test_lines_beyond),        cmocka_unit_test(test_pending),
      cmocka_unit_test(test_input_without_group), cmocka_unit_test(test_clear_state),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_groups", nt_check_run(tests));
}
