// SPDX-License-Identifier: Apache-2.0
// The four levels on a network with three code vectors a layer and outer norm weights: integer
// reference, golden tiles and verilated tiles give the same logits bit for bit, the float model
// gives nearly the same.
#include "nt_checkpoint.h"
#include "nt_float_model.h"
#include "nt_mapper.h"
#include "nt_qmodel_section.h"
#include "nt_quantise.h"
#include "nt_rtl.h"
#include "nt_talk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CALIBRATION = 512, TOKENS = 6, MAX_CYCLES = 1000000 };
static const double FLOAT_TOLERANCE =
    0.25; // of the length of the logits: 8-bit codes at every matrix, random weights

typedef struct fixture {
  nt_float_model_t *model;
  nt_qmodel_t *qmodel;
  nt_image_t *image; // handed to the RTL session
  nt_image_t *other; // handed to the golden session
  uint32_t tokens[TOKENS];
} fixture_t;

static nt_image_t *compile(const nt_qmodel_t *qmodel) {
  nt_error_t err;
  nt_image_t *image = NULL;
  const nt_mapper_options_t options = {.params = nt_rtl_params(), .spread = -1};
  NT_OK_CALL(nt_mapper_compile(qmodel, &options, &image, NULL, &err), err);
  NT_OK_CALL(nt_qmodel_store(qmodel, image, &err), err);
  return image;
}

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  nt_error_t err;
  nt_checkpoint_t *checkpoint = NULL;
  NT_OK_CALL(nt_checkpoint_open(NT_TEST_FIXTURE, &checkpoint, &err), err);
  NT_OK_CALL(nt_float_model_load(checkpoint, &f->model, &err), err);
  const uint32_t vocab = nt_checkpoint_config(checkpoint)->vocab_size;
  nt_checkpoint_close(checkpoint);
  uint64_t random = 11;
  uint32_t calibration[CALIBRATION];
  for (int i = 0; i < CALIBRATION; i++) {
    calibration[i] = (uint32_t)(nt_test_random(&random) % vocab);
  }
  for (int i = 0; i < TOKENS; i++) {
    f->tokens[i] = (uint32_t)(nt_test_random(&random) % vocab);
  }
  NT_OK_CALL(nt_quantise(f->model, calibration, CALIBRATION, NULL, &f->qmodel, NULL, &err), err);
  assert_int_equal(f->qmodel->layer[0].mixer_norm.code_count, 3);
  assert_non_null(f->qmodel->layer[0].mixer_norm.outer);
  f->image = compile(f->qmodel);
  f->other = compile(f->qmodel);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_float_model_free(f->model);
  nt_qmodel_free(f->qmodel);
  free(f);
  return 0;
}

// Length of the difference of two vectors as a share of the length of the first.
static double distance(const double *reference, const int32_t *logits, double scale,
                       uint32_t count) {
  double difference = 0, length = 0;
  for (uint32_t v = 0; v < count; v++) {
    const double d = reference[v] - scale * logits[v];
    difference += d * d;
    length += reference[v] * reference[v];
  }
  return sqrt(difference / length);
}

static void levels_agree(void **state) {
  fixture_t *f = *state;
  nt_error_t err;
  nt_talk_t rtl = nt_talk_open(f->image, NT_BACKEND_RTL, true, MAX_CYCLES);
  nt_talk_t golden = nt_talk_open(f->other, NT_BACKEND_GOLDEN, false, MAX_CYCLES);
  const uint32_t vocab = f->qmodel->vocab;
  nt_integer_model_t *integer = NULL;
  nt_float_run_t *run = NULL;
  NT_OK_CALL(nt_integer_model_open(f->qmodel, &integer, &err), err);
  NT_OK_CALL(nt_float_run_init(f->model, NT_FLOAT32, &run, &err), err);
  int32_t *logits = calloc(vocab, sizeof *logits);
  double *reference = calloc(vocab, sizeof *reference);
  assert_true(logits != NULL && reference != NULL);
  for (int i = 0; i < TOKENS; i++) {
    nt_talk_say(&rtl, &f->tokens[i], 1);
    nt_talk_say(&golden, &f->tokens[i], 1);
    NT_OK_CALL(nt_integer_model_step(integer, f->tokens[i], logits, &err), err);
    NT_OK_CALL(nt_float_run_step(run, f->tokens[i], reference, &err), err);
    NT_SAME(golden.logits, logits, vocab * sizeof *logits);
    NT_SAME(rtl.logits, logits, vocab * sizeof *logits);
    const double apart = distance(reference, logits, f->qmodel->logit_scale, vocab);
    if (!(apart <= FLOAT_TOLERANCE)) {
      fail_msg("token %d: integer logits are %.4f away from the float logits, allowed %.4f", i,
               apart, FLOAT_TOLERANCE);
    }
  }
  // Of the observables in network.md at least the accumulators acc_i, f, g, o, d, gate, up and the
  // logits.
  const nt_session_stats_t stats = nt_session_stats(rtl.session);
  const uint64_t least =
      (uint64_t)f->qmodel->layers * (5 * f->qmodel->hidden + 2 * f->qmodel->intermediate) + vocab;
  assert_true(stats.observables >= TOKENS * least);
  assert_int_equal(stats.tokens, TOKENS);
  assert_int_equal(stats.timesteps, TOKENS * (12 * f->qmodel->layers + 4));
  assert_true(stats.lockstep.accumulators > 0 && stats.lockstep.state_words > 0 &&
              stats.lockstep.spikes > 0);
  assert_true(stats.lockstep.counters > 0 && stats.lockstep.swept_words > 0);
  free(reference);
  free(logits);
  nt_float_run_free(run);
  nt_integer_model_close(integer);
  nt_talk_close(&rtl);
  nt_talk_close(&golden);
}

// Runs the first token on golden tiles with every check.
static nt_status_t first_token(const fixture_t *f, const nt_image_t *image, uint64_t *mismatches,
                               nt_error_t *err) {
  const nt_session_options_t options = {
      .backend = NT_BACKEND_GOLDEN, .check = true, .max_cycles = MAX_CYCLES};
  nt_session_t *session = NULL;
  NT_OK_CALL(nt_session_open(image, &options, &session, err), *err);
  int32_t *logits = calloc(f->qmodel->vocab, sizeof *logits);
  assert_non_null(logits);
  const nt_status_t status = nt_session_token(session, f->tokens[0], logits, err);
  *mismatches = nt_session_stats(session).mismatches;
  free(logits);
  nt_session_close(session);
  return status;
}

// A network compiled from other weights than L1 has: row 0 of T_o in layer 1 differs.
static void wrong_compilation_is_found(void **state) {
  fixture_t *f = *state;
  nt_error_t err;
  uint64_t mismatches = 0;
  int8_t *code = &f->qmodel->layer[1].o.codes[0];
  const nt_mapper_options_t options = {.params = nt_rtl_params(), .spread = -1};
  nt_image_t *image = NULL;
  NT_OK_CALL(nt_mapper_compile(f->qmodel, &options, &image, NULL, &err), err);
  for (uint32_t k = 0; k < f->qmodel->hidden; k++) {
    code[k] = (int8_t)(code[k] == 0 ? 1 : -code[k]);
  }
  NT_OK_CALL(nt_qmodel_store(f->qmodel, image, &err), err);
  assert_int_equal(first_token(f, image, &mismatches, &err), NT_ERR_MISMATCH);
  assert_int_equal(mismatches, 1);
  assert_non_null(strstr(err.text, "level L1 against L2: mixer.1.acc_o channel 0"));
  nt_image_free(image);
  nt_image_free(f->image);
  nt_image_free(f->other);
}

// A layout that leaves a tensor out must not shorten the comparison in silence.
static void missing_observable_is_found(void **state) {
  fixture_t *f = *state;
  nt_error_t err;
  uint64_t mismatches = 0;
  uint8_t *text = nt_image_section(f->image, "layout")->data;
  char *name = strstr((char *)text, "mixer.1.acc_o");
  assert_non_null(name);
  memcpy(name, "mixer.1.acc_x", strlen("mixer.1.acc_x"));
  assert_int_equal(first_token(f, f->image, &mismatches, &err), NT_ERR_FORMAT);
  assert_non_null(strstr(err.text, "lacks an observable"));
  nt_image_free(f->image);
  nt_image_free(f->other);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(levels_agree, setup, teardown),
      cmocka_unit_test_setup_teardown(wrong_compilation_is_found, setup, teardown),
      cmocka_unit_test_setup_teardown(missing_observable_is_found, setup, teardown)};
  return nt_test_report("session", cmocka_run_group_tests(tests, NULL, NULL));
}
