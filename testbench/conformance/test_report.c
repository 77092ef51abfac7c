// SPDX-License-Identifier: Apache-2.0
// Planted faults, one per case: the report must name the stage and the place, and the hint must be
// the right one.
//
// The network: tile 0 core 0 has three neurons in line 1. A host spike on axon 0 adds WEIGHT times
// its payload to dendrite 2 of each; every neuron multiplies by a factor of its own, halves with
// rounding, saturates to 12 bits, adds that to a state word and sends it. Axon 1 reaches dendrite
// 1, which no program reads.
#include "nt_explain.h"
#include "nt_liar.h"

#include "nt_check.h"
#include "nt_lockstep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  NEURONS = 3,
  LINE = 1,
  DENDRITE = 2,
  STATE_WORDS = 2,
  FACTOR = 0, ///< state words
  SUM = 1,
  QUIET = 3, ///< timesteps without a fault
  BIG = 2,   ///< the neuron whose product saturates
  SAT_BITS = 12,
  PC_MULS = 2,
  CYCLES = 1000000
};
static const int32_t weights[NEURONS] = {5, 7, -3};
static const int32_t factors[NEURONS] = {3, 11, 1000};

typedef struct scene {
  nt_image_t *image;
  nt_system_t *golden, *dut;
  nt_lockstep_t *lockstep;
  nt_liar_t liar;
  nt_mismatch_report_t report;
  int32_t sums[NEURONS]; // state word SUM, worked out here
  int32_t before[NEURONS];
} scene_t;

/// Payload of timestep t.
static int32_t payload(uint32_t t) {
  return 3 + 10 * (int32_t)t;
}

/// What a neuron adds to its sum: half of the product, ties up, clamped to 12 bits.
static int32_t addend(uint32_t n, int32_t p, bool clamp) {
  const int64_t product = (int64_t)p * weights[n] * factors[n] + 1;
  const int64_t half = product >= 0 ? product / 2 : -((1 - product) / 2);
  const int64_t limit = 1 << (SAT_BITS - 1);
  return (int32_t)(!clamp ? half : half >= limit ? limit - 1 : half < -limit ? -limit : half);
}

static nt_image_t *network(void) {
  nt_error_t err = {0};
  nt_image_t *image = NULL;
  NT_CHECK_OK(nt_image_create(&nt_check_backend()->params, 1, &image, &err), &err);
  const nt_asm_pool_t pool = nt_asm_pool_of(image, 0, 0);
  const nt_asm_group_t group = {.line = LINE,
                                .lines = 1,
                                .neurons = NEURONS,
                                .state_base = NT_CHECK_STATE,
                                .state_words = STATE_WORDS,
                                .port_ptr = {NT_CHECK_DESTS},
                                .port_count = {1}};
  nt_asm_program_t program = {.count = 0};
  nt_asm_emit(&program, nt_asm_rdc(1, DENDRITE));
  nt_asm_emit(&program, nt_asm_ld(2, FACTOR));
  nt_asm_emit(&program, nt_asm_muls(3, 1, nt_asm_reg(2), SAT_BITS, 1));
  nt_asm_emit(&program, nt_asm_ld(4, SUM));
  nt_asm_emit(&program, nt_asm_alu(NT_OP_ADD, 4, 4, nt_asm_reg(3), 0));
  nt_asm_emit(&program, nt_asm_st(4, SUM));
  nt_asm_emit(&program, nt_asm_spk(0, 3));
  nt_asm_emit(&program, nt_asm_end());
  nt_image_core_t *core = nt_image_core(image, 0, 0);
  memcpy(core->prog, program.word, program.count * sizeof program.word[0]);
  nt_asm_group_words(&group, core->group);
  for (uint32_t n = 0; n < NEURONS; n++) {
    const size_t beat = NT_CHECK_STATE + n / pool.word_lanes * STATE_WORDS;
    core->pool[beat * pool.word_lanes + n % pool.word_lanes] = (uint32_t)factors[n];
    nt_asm_put_weight(&pool, NT_CHECK_LISTS, 4, n, weights[n]);
  }
  core->axon_base = NT_CHECK_AXONS;
  core->axon_count = 2;
  nt_asm_put_dword(&pool, NT_CHECK_AXONS, 0,
                   nt_asm_dense(DENDRITE, 1, LINE, 1, 4, 0, NT_CHECK_LISTS));
  nt_asm_put_dword(&pool, NT_CHECK_AXONS, 1, nt_asm_uniform(1, 1, LINE, 1, 0, 1));
  nt_asm_put_dword(&pool, NT_CHECK_DESTS, 0,
                   nt_asm_dest(NT_HOST_TILE, 0, 7, NT_SPIKE_TYPE_GRADED16, true));
  return image;
}

static void inject(nt_system_t *system, uint32_t axon, int32_t value) {
  nt_error_t err = {0};
  const nt_spike_t spike = {
      .cores = 1, .axon = (uint16_t)axon, .type = NT_SPIKE_TYPE_GRADED16, .payload = value};
  NT_CHECK_OK(nt_system_inject(system, &spike, 1, &err), &err);
}

/// Timestep `t` works out what the sums will be.
static void expect_step(scene_t *s, uint32_t t) {
  for (uint32_t n = 0; n < NEURONS; n++) {
    s->before[n] = s->sums[n];
    s->sums[n] += addend(n, payload(t), true);
  }
}

static void open_scene(scene_t *s) {
  nt_error_t err = {0};
  memset(s, 0, sizeof *s);
  s->image = network();
  s->liar.backend = *nt_check_backend();
  nt_backend_t golden = nt_backend_golden(&s->image->params);
  NT_CHECK_OK(nt_system_open(s->image, nt_backend_open_tile, &golden, CYCLES, &s->golden, &err),
              &err);
  NT_CHECK_OK(nt_system_open(s->image, nt_liar_open_tile, &s->liar, CYCLES, &s->dut, &err), &err);
  NT_CHECK_OK(nt_lockstep_open(s->image, s->golden, s->dut, &s->lockstep, &err), &err);
  for (uint32_t t = 0; t < QUIET; t++) {
    inject(s->golden, 0, payload(t));
    inject(s->dut, 0, payload(t));
    NT_CHECK_OK(nt_lockstep_step(s->lockstep, &err), &err);
    expect_step(s, t);
  }
}

static void close_scene(scene_t *s) {
  nt_mismatch_report_free(&s->report);
  nt_lockstep_close(s->lockstep);
  nt_system_close(s->golden);
  nt_system_close(s->dut);
  nt_image_free(s->image);
}

/// Pool address of a neuron's state word.
static uint32_t state_address(const scene_t *s, uint32_t neuron, uint32_t word) {
  const uint32_t lanes = nt_params_word_lanes(&s->image->params);
  return (NT_CHECK_STATE + neuron / lanes * STATE_WORDS + word) * lanes + neuron % lanes;
}

static void flip(scene_t *s, uint32_t space, uint32_t addr, uint32_t bit) {
  nt_error_t err = {0};
  uint32_t word = 0;
  nt_dev_t *dut = nt_system_tile(s->dut, 0);
  NT_CHECK_OK(nt_dev_mem_read(dut, 0, space, addr, 1, &word, &err), &err);
  word ^= UINT32_C(1) << bit;
  NT_CHECK_OK(nt_dev_mem_write(dut, 0, space, addr, 1, &word, &err), &err);
}

/// Runs the next timestep, which must fail, with the usual spike in both systems.
static void run(scene_t *s) {
  nt_error_t err = {0};
  inject(s->golden, 0, payload(QUIET));
  inject(s->dut, 0, payload(QUIET));
  expect_step(s, QUIET);
  NT_CHECK(nt_lockstep_step(s->lockstep, &err), NT_ERR_MISMATCH);
  NT_CHECK_OK(nt_explain(s->lockstep, &s->report, &err), &err);
}

/// Runs it with the device showing this state word of a neuron.
static void run_with_state(scene_t *s, uint32_t neuron, uint32_t word, int64_t value) {
  s->liar.lie =
      (nt_lie_t){.word = true, .address = state_address(s, neuron, word), .value = (uint32_t)value};
  run(s);
}

static const nt_hint_t *hint(const scene_t *s, const char *name) {
  for (uint32_t i = 0; i < s->report.hints.count; i++) {
    if (strcmp(s->report.hints.hint[i].name, name) == 0) {
      return &s->report.hints.hint[i];
    }
  }
  return NULL;
}

/// The report's stage, place and best hint; text and JSON can be made and name the hint.
static void expect(scene_t *s, nt_stage_t stage, int32_t neuron, const char *name) {
  const nt_mismatch_report_t *r = &s->report;
  NT_CHECK(r->first.stage, stage);
  NT_CHECK(r->first.timestep, QUIET);
  NT_CHECK(r->has_group, neuron >= 0);
  if (neuron >= 0) {
    NT_CHECK(r->group, 0);
    NT_CHECK(r->neuron, neuron);
    NT_CHECK(r->first.line, LINE);
    NT_CHECK(r->first.lane, neuron);
  }
  char *text = nt_mismatch_report_text(r), *json = nt_mismatch_report_json(r);
  NT_CHECK(text != NULL && json != NULL, true);
  if (r->hints.count == 0 || strcmp(r->hints.hint[0].name, name) != 0) {
    print_error("the best hint is not \"%s\":\n%s", name, text);
    fail();
  }
  NT_CHECK(strstr(text, name) != NULL && strstr(json, name) != NULL, true);
  NT_CHECK(strstr(text, nt_stage_str(stage)) != NULL, true);
  free(text);
  free(json);
}

/// The hint names this instruction.
static void expect_pc(const scene_t *s, const char *name, uint32_t pc) {
  char part[16];
  (void)snprintf(part, sizeof part, "pc %u,", pc);
  const nt_hint_t *found = hint(s, name);
  NT_CHECK(found != NULL && strstr(found->text, part) != NULL, true);
}

// ---- accumulators -------------------------------------------------------------------------------

static void weight_flipped(scene_t *s) {
  flip(s, NT_SPACE_POOL, NT_CHECK_LISTS * nt_params_word_lanes(&s->image->params), 2 * 1);
  run(s);
  expect(s, NT_STAGE_ACCUMULATOR, 1, "stored-weight");
  NT_CHECK(s->report.first.got - s->report.first.expected, -payload(QUIET)); // 7 became 6
}

static void spike_lost(scene_t *s) {
  inject(s->golden, 0, 50);
  run(s);
  expect(s, NT_STAGE_ACCUMULATOR, 0, "lost-spike");
  NT_CHECK(hint(s, "lost-spike")->confidence, NT_CONFIDENCE_FITS);
  NT_CHECK(strstr(hint(s, "lost-spike")->text, "payload 50") != NULL, true);
}

static void spike_doubled(scene_t *s) {
  inject(s->golden, 0, 50);
  inject(s->dut, 0, 50);
  inject(s->dut, 0, 50);
  run(s);
  expect(s, NT_STAGE_ACCUMULATOR, 0, "doubled-spike");
  NT_CHECK(strstr(hint(s, "doubled-spike")->text, "payload 50") != NULL, true);
}

static void spike_negated(scene_t *s) {
  inject(s->golden, 0, 50);
  inject(s->dut, 0, -50);
  run(s);
  expect(s, NT_STAGE_ACCUMULATOR, 0, "spike-sign");
}

static void payload_flipped(scene_t *s) {
  inject(s->golden, 0, 50);
  inject(s->dut, 0, 50 ^ 64);
  run(s);
  expect(s, NT_STAGE_ACCUMULATOR, 0, "payload-bit");
  NT_CHECK(strstr(hint(s, "payload-bit")->text, "bit 6") != NULL, true);
}

static void wrong_list(scene_t *s) {
  inject(s->golden, 0, 50);
  inject(s->dut, 1, 50);
  run(s);
  NT_CHECK(s->report.first.stage, NT_STAGE_ACCUMULATOR);
  NT_CHECK(s->report.first.activity, true);
  NT_CHECK(s->report.first.got ^ s->report.first.expected, 1 << 1);
}

/// The device shows `amount` as sum of a neuron.
static void run_with_sum(scene_t *s, uint32_t neuron, int64_t amount) {
  s->liar.lie = (nt_lie_t){.sum = true,
                           .row = DENDRITE * s->image->params.lines + LINE,
                           .lane = neuron,
                           .amount = (int32_t)amount};
  run(s);
}

static void sum_late(scene_t *s) {
  run_with_sum(s, 1, (int64_t)payload(QUIET - 1) * weights[1]);
  expect(s, NT_STAGE_ACCUMULATOR, 1, "late");
}

static void sum_of_neighbour(scene_t *s) {
  run_with_sum(s, 1, (int64_t)payload(QUIET) * weights[0]);
  expect(s, NT_STAGE_ACCUMULATOR, 1, "neighbour");
}

/// Two spikes, and the weight of the last neuron counts twice.
static void weight_doubled(scene_t *s) {
  inject(s->golden, 0, 50);
  inject(s->dut, 0, 50);
  run_with_sum(s, BIG, 2 * (int64_t)(payload(QUIET) + 50) * weights[BIG]);
  expect(s, NT_STAGE_ACCUMULATOR, BIG, "one-weight");
}

static void sum_swapped(scene_t *s) {
  run_with_sum(s, 1, (int64_t)payload(QUIET) * weights[1] * 65536);
  NT_CHECK(s->report.first.stage, NT_STAGE_ACCUMULATOR);
  if (s->image->params.acc_bits == 32) {
    NT_CHECK(hint(s, "swapped-halves") != NULL, true);
  }
}

// ---- state --------------------------------------------------------------------------------------

static void truncated(scene_t *s) {
  NT_CHECK(payload(QUIET) * weights[0] * factors[0] % 2, 1); // a tie, which rounds up
  run_with_state(s, 0, SUM, s->sums[0] + addend(0, payload(QUIET), true) - 1);
  expect(s, NT_STAGE_STATE, 0, "truncated");
  expect_pc(s, "truncated", PC_MULS);
}

static void not_saturated(scene_t *s) {
  const int32_t free_running = addend(BIG, payload(QUIET), false);
  run_with_state(s, BIG, SUM, (int64_t)s->sums[BIG] + free_running);
  expect(s, NT_STAGE_STATE, BIG, "not-saturated");
  expect_pc(s, "not-saturated", PC_MULS);
}

static void wrapped(scene_t *s) {
  const uint32_t low = (uint32_t)addend(BIG, payload(QUIET), false) & ((1u << SAT_BITS) - 1);
  const int32_t value = (int32_t)low - (low >> (SAT_BITS - 1) != 0 ? 1 << SAT_BITS : 0);
  run_with_state(s, BIG, SUM, (int64_t)s->sums[BIG] + value);
  expect(s, NT_STAGE_STATE, BIG, "wrapped");
  expect_pc(s, "wrapped", PC_MULS);
}

static void state_late(scene_t *s) {
  run_with_state(s, 1, SUM, s->sums[1]);
  expect(s, NT_STAGE_STATE, 1, "late");
}

static void state_of_neighbour(scene_t *s) {
  run_with_state(s, 1, SUM, s->sums[0] + addend(0, payload(QUIET), true));
  NT_CHECK(s->report.first.stage, NT_STAGE_STATE);
  NT_CHECK(s->report.neuron, 1);
  NT_CHECK(hint(s, "neighbour") != NULL, true);
}

static void subtracted(scene_t *s) {
  run_with_state(s, 1, SUM, s->sums[1] - addend(1, payload(QUIET), true));
  NT_CHECK(s->report.first.stage, NT_STAGE_STATE);
  NT_CHECK(hint(s, "add-sub") != NULL, true);
}

static void shifted(scene_t *s) {
  const int64_t product = (int64_t)payload(QUIET) * weights[1] * factors[1];
  run_with_state(s, 1, SUM, s->sums[1] + (product + 2) / 4);
  expect(s, NT_STAGE_STATE, 1, "wrong-shift");
  expect_pc(s, "wrong-shift", PC_MULS);
}

static void halves_swapped(scene_t *s) {
  const uint32_t value = (uint32_t)(s->sums[1] + addend(1, payload(QUIET), true));
  run_with_state(s, 1, SUM, (int32_t)(value << 16 | value >> 16));
  NT_CHECK(s->report.first.stage, NT_STAGE_STATE);
  NT_CHECK(hint(s, "swapped-halves") != NULL, true);
}

static void state_was_wrong_before(scene_t *s) {
  flip(s, NT_SPACE_POOL, state_address(s, 0, SUM), 20);
  run(s);
  expect(s, NT_STAGE_STATE, 0, "state-before");
  NT_CHECK(strstr(hint(s, "state-before")->text, "bit 20") != NULL, true);
}

static void stray_write(scene_t *s) {
  run_with_state(s, 1, FACTOR, 4711);
  expect(s, NT_STAGE_STATE, 1, "stray-write");
}

static void instruction_flipped(scene_t *s) {
  flip(s, NT_SPACE_PROG, PC_MULS, NT_INSTR_SHIFT_LSB + 1); // shift 3, not 1
  run(s);
  expect(s, NT_STAGE_STATE, 0, "stored-instruction");
  NT_CHECK(strstr(hint(s, "stored-instruction")->text, ">> 3") != NULL, true);
  NT_CHECK(hint(s, "stored-program") != NULL, true);
}

// ---- spikes sent, counters, the rest ------------------------------------------------------------

static void message_lost(scene_t *s) {
  s->liar.lie = (nt_lie_t){.drop = true};
  run(s);
  expect(s, NT_STAGE_SPIKE, (int32_t)s->report.neuron, "lost-spike");
  NT_CHECK(s->report.program.count > 1, true); // who sends it, and how the value was made
}

/// The device sends neuron 0's message as if the product had been truncated.
static void message_truncated(scene_t *s) {
  const int32_t right = addend(0, payload(QUIET), true);
  s->liar.lie = (nt_lie_t){
      .flip = (uint64_t)(uint32_t)(right ^ (right - 1)) << NT_SPIKE_PAYLOAD_LSB, .flip_axon = 7};
  run(s);
  expect(s, NT_STAGE_SPIKE, 0, "truncated");
  expect_pc(s, "truncated", PC_MULS);
}

static void message_doubled(scene_t *s) {
  s->liar.lie = (nt_lie_t){.repeat = true};
  run(s);
  expect(s, NT_STAGE_SPIKE, (int32_t)s->report.neuron, "doubled-spike");
}

static void message_late(scene_t *s) {
  const nt_spike_t old = {.tile = NT_HOST_TILE,
                          .axon = 7 + 1,
                          .type = NT_SPIKE_TYPE_GRADED16,
                          .payload = addend(1, payload(QUIET - 1), true)};
  s->liar.lie = (nt_lie_t){.extra = true, .wire = nt_spike_pack(&old)};
  run(s);
  expect(s, NT_STAGE_SPIKE, 1, "late");
}

static void message_altered(scene_t *s) {
  s->liar.lie = (nt_lie_t){.flip = UINT64_C(1) << (NT_SPIKE_PAYLOAD_LSB + 3), .flip_axon = 7 + 1};
  run(s);
  expect(s, NT_STAGE_SPIKE, (int32_t)s->report.neuron, "wrong-payload");
  NT_CHECK(hint(s, "bit") != NULL && strstr(hint(s, "bit")->text, "bit 3") != NULL, true);
}

/// The 16 bits of a negative payload are not extended.
static void message_without_sign(scene_t *s) {
  NT_CHECK(addend(BIG, payload(QUIET), true) < 0, true);
  s->liar.lie =
      (nt_lie_t){.flip = UINT64_C(0xff0000) << NT_SPIKE_PAYLOAD_LSB, .flip_axon = 7 + BIG};
  run(s);
  expect(s, NT_STAGE_SPIKE, BIG, "sign-extension");
  NT_CHECK(hint(s, "wrong-payload") != NULL, true);
}

static void destination_flipped(scene_t *s) {
  flip(s, NT_SPACE_POOL, NT_CHECK_DESTS * nt_params_word_lanes(&s->image->params),
       NT_DEST_AXON_LSB + 4);
  run(s);
  expect(s, NT_STAGE_SPIKE, (int32_t)s->report.neuron, "stored-destination");
}

static void bad_axon_spike(scene_t *s) {
  inject(s->dut, 9, 1);
  run(s);
  NT_CHECK(s->report.first.index, NT_COUNTER_MSG_IN);
  expect(s, NT_STAGE_COUNTER, -1, "extra-spike");
}

static void spike_not_received(scene_t *s) {
  nt_lockstep_set_level(s->lockstep, NT_LEVEL_STAGES);
  inject(s->golden, 0, 50);
  run(s);
  expect(s, NT_STAGE_RECEIVED, -1, "lost-spike");
}

static void no_work(scene_t *s) {
  nt_error_t err = {0};
  inject(s->golden, 0, 50);
  NT_CHECK(nt_lockstep_step(s->lockstep, &err), NT_ERR_MISMATCH);
  NT_CHECK_OK(nt_explain(s->lockstep, &s->report, &err), &err);
  expect(s, NT_STAGE_SCHEDULE, -1, "lost-spike");
}

static void unused_memory(scene_t *s) {
  nt_error_t err = {0};
  const uint32_t last = nt_dev_space_words(&s->image->params, NT_SPACE_POOL) - 1;
  flip(s, NT_SPACE_POOL, last, 5);
  NT_CHECK(nt_lockstep_sweep(s->lockstep, &err), NT_ERR_MISMATCH);
  NT_CHECK_OK(nt_explain(s->lockstep, &s->report, &err), &err);
  NT_CHECK(s->report.first.index, last);
  expect(s, NT_STAGE_MEMORY, -1, "stored-weight");
}

/// Level `outputs` does not see a state word, nor a sweep's word, but a message.
static void outputs_only(scene_t *s) {
  nt_error_t err = {0};
  nt_lockstep_set_level(s->lockstep, NT_LEVEL_OUTPUTS);
  s->liar.lie = (nt_lie_t){.word = true, .address = state_address(s, 1, SUM), .value = 1};
  inject(s->golden, 0, payload(QUIET));
  inject(s->dut, 0, payload(QUIET));
  NT_CHECK_OK(nt_lockstep_step(s->lockstep, &err), &err);
  NT_CHECK_OK(nt_lockstep_sweep(s->lockstep, &err), &err);
  s->liar.lie = (nt_lie_t){.drop = true};
  inject(s->golden, 0, payload(QUIET));
  inject(s->dut, 0, payload(QUIET));
  NT_CHECK(nt_lockstep_step(s->lockstep, &err), NT_ERR_MISMATCH);
  NT_CHECK(nt_lockstep_mismatch(s->lockstep)->stage, NT_STAGE_SPIKE);
}

typedef void (*case_fn)(scene_t *);
typedef struct planted {
  case_fn run;
} planted_t;

static void test_case(void **state) {
  scene_t scene;
  open_scene(&scene);
  ((const planted_t *)*state)->run(&scene);
  close_scene(&scene);
}

#define CASE(name)                                                                                 \
  {                                                                                                \
#name, test_case, NULL, NULL, &(planted_t) {                                                   \
      name                                                                                         \
    }                                                                                              \
  }

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      CASE(weight_flipped),
      CASE(spike_lost),
      CASE(spike_doubled),
      CASE(spike_negated),
      CASE(payload_flipped),
      CASE(wrong_list),
      CASE(sum_late),
      CASE(sum_of_neighbour),
      CASE(weight_doubled),
      CASE(sum_swapped),
      CASE(truncated),
      CASE(not_saturated),
      CASE(wrapped),
      CASE(state_late),
      CASE(state_of_neighbour),
      CASE(subtracted),
      CASE(shifted),
      CASE(halves_swapped),
      CASE(state_was_wrong_before),
      CASE(stray_write),
      CASE(instruction_flipped),
      CASE(message_lost),
      CASE(message_doubled),
      CASE(message_late),
      CASE(message_altered),
      CASE(message_truncated),
      CASE(message_without_sign),
      CASE(destination_flipped),
      CASE(bad_axon_spike),
      CASE(spike_not_received),
      CASE(no_work),
      CASE(unused_memory),
      CASE(outputs_only),
  };
  if (!nt_check_begin(argc, argv))
    return 2;
  return nt_check_end("test_report", nt_check_run(tests));
}
