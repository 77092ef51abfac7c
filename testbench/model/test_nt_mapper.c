// SPDX-License-Identifier: Apache-2.0
// Compiled networks on golden tiles (L2) against the integer reference (L1): every observable of
// every token, bit for bit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "nt_golden.h"
#include "nt_integer_model.h"
#include "nt_layout.h"
#include "nt_mapper.h"
#include "nt_qmodel_random.h"
#include "nt_qmodel_section.h"
#include "nt_system.h"
#include "nt_test_quantised.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct bench {
  nt_qmodel_t *qmodel;
  nt_image_t *image;
  nt_layout_t *layout;
  nt_system_t *system;
  nt_integer_model_t *integer;
  int32_t **expected; // by observable; filled when L1 shows it
  uint64_t compared;
  bool count_only; // differences are counted instead of failing
  uint64_t differing;
} bench_t;

static nt_status_t open_golden(void *user, uint32_t tile, const nt_params_t *params, nt_dev_t **dev,
                               nt_error_t *err) {
  (void)user;
  (void)tile;
  return nt_golden_open(params, dev, err);
}

static void ok(nt_status_t status, const nt_error_t *err) {
  if (status != NT_OK) {
    fail_msg("%s: %s", nt_status_str(status), err->text);
  }
}

static void expect_values(void *user, const char *name, const int32_t *values, size_t count) {
  bench_t *b = user;
  for (uint32_t i = 0; i < b->layout->observables; i++) {
    if (strcmp(b->layout->observable[i].name, name) == 0) {
      assert_int_equal(count, b->layout->observable[i].count);
      memcpy(b->expected[i], values, count * sizeof *values);
      return;
    }
  }
  fail_msg("the layout has no observable %s", name);
}

static int32_t tile_value(bench_t *b, const nt_observable_t *o, const nt_chunk_t *chunk,
                          uint32_t n) {
  const nt_params_t *p = &b->image->params;
  nt_dev_t *dev = nt_system_tile(b->system, chunk->tile);
  if (o->kind == NT_OBSERVABLE_STATE) {
    const uint32_t lanes = nt_params_word_lanes(p);
    return (int32_t)nt_golden_pool(
        dev, chunk->core)[(chunk->state_base + n / lanes * chunk->state_words + o->index) * lanes +
                          n % lanes];
  }
  const uint32_t lanes = nt_params_line_lanes(p), line = chunk->line + n / lanes;
  uint8_t activity[NT_LINES_MAX];
  int32_t row[NT_WORD_BITS_MAX / 2];
  dev->ops->current_activity(dev, chunk->core, activity);
  if ((activity[line] >> o->index & 1) == 0) {
    return 0;
  }
  dev->ops->current_row(dev, chunk->core, o->index * p->lines + line, row);
  return row[n % lanes];
}

static void compare_step(bench_t *b, uint32_t token, uint32_t step) {
  for (uint32_t i = 0; i < b->layout->observables; i++) {
    const nt_observable_t *o = &b->layout->observable[i];
    const nt_population_t *population = &b->layout->population[o->population];
    for (uint32_t c = 0; o->step == step && c < population->chunks; c++) {
      const nt_chunk_t *chunk = &population->chunk[c];
      for (uint32_t n = 0; n < chunk->count; n++) {
        const int32_t expected = b->expected[i][o->broadcast ? 0 : chunk->first + n];
        const int32_t got = tile_value(b, o, chunk, n);
        b->differing += expected != got;
        if (expected != got && !b->count_only) {
          fail_msg("token %u step %u: %s channel %u is %d, expected %d", token, step, o->name,
                   chunk->first + n, got, expected);
        }
        b->compared++;
      }
    }
  }
}

static void run_token(bench_t *b, uint32_t token) {
  nt_error_t err;
  int32_t *logits = calloc(b->layout->vocab, sizeof *logits),
          *received = calloc(b->layout->vocab, sizeof *received);
  nt_spike_t *spikes = calloc(nt_layout_token_spikes_max(b->layout), sizeof *spikes);
  size_t count = 0;
  ok(nt_integer_model_step(b->integer, token, logits, &err), &err);
  ok(nt_layout_token_spikes(b->layout, token, spikes, &count, &err), &err);
  ok(nt_system_inject(b->system, spikes, count, &err), &err);
  for (uint32_t step = 0; step < b->layout->steps_per_token; step++) {
    ok(nt_system_step(b->system, &err), &err);
    compare_step(b, token, step);
    const nt_spike_t *host = NULL;
    nt_system_host_spikes(b->system, &host, &count);
    for (size_t i = 0; i < count; i++) {
      assert_int_equal(step, b->layout->steps_per_token - 1);
      received[host[i].axon] = host[i].payload;
    }
  }
  for (uint32_t v = 0; v < b->layout->vocab; v++) {
    b->differing += received[v] != logits[v];
    if (!b->count_only) {
      assert_int_equal(received[v], logits[v]);
    }
    b->compared++;
  }
  free(logits);
  free(received);
  free(spikes);
}

static void close_bench(bench_t *b) {
  for (uint32_t i = 0; i < b->layout->observables; i++) {
    free(b->expected[i]);
  }
  free(b->expected);
  nt_integer_model_close(b->integer);
  nt_system_close(b->system);
  nt_layout_free(b->layout);
  nt_image_free(b->image);
  nt_qmodel_free(b->qmodel);
}

static void open_compiled(bench_t *b, const nt_qmodel_t *made, const nt_mapper_options_t *options) {
  nt_error_t err;
  ok(nt_mapper_compile(made, options, &b->image, NULL, &err), &err);
  ok(nt_qmodel_store(made, b->image, &err), &err);
  ok(nt_qmodel_load(b->image, &b->qmodel, &err), &err);
  ok(nt_layout_load(b->image, &b->layout, &err), &err);
  ok(nt_system_open(b->image, open_golden, NULL, 1000000, &b->system, &err), &err);
  ok(nt_integer_model_open(b->qmodel, &b->integer, &err), &err);
  b->expected = calloc(b->layout->observables, sizeof *b->expected);
  for (uint32_t i = 0; i < b->layout->observables; i++) {
    b->expected[i] = calloc(b->layout->observable[i].count, sizeof(int32_t));
  }
  nt_integer_model_observe(b->integer, expect_values, b);
}

static void open_bench(bench_t *b, const nt_qmodel_shape_t *shape,
                       const nt_mapper_options_t *options, uint64_t seed) {
  nt_error_t err;
  nt_qmodel_t *made = NULL;
  ok(nt_qmodel_random(shape, seed, &made, &err), &err);
  // Row 0 of the embedding is all zero: the schedule must not depend on data.
  memset(made->embedding, 0, made->hidden * sizeof *made->embedding);
  open_compiled(b, made, options);
  nt_qmodel_free(made);
}

static void conform(const nt_qmodel_shape_t *shape, const nt_mapper_options_t *options,
                    uint32_t tiles_min, uint64_t seed) {
  bench_t b = {.compared = 0};
  open_bench(&b, shape, options, seed);
  assert_true(b.image->tiles >= tiles_min);
  for (uint32_t token = 0; token < 3; token++) {
    run_token(&b, token);
  }
  run_token(&b, 0);
  assert_true(b.compared > 0);
  print_message("%u tiles, %" PRIu64 " values agree (seed %" PRIu64 ")\n", b.image->tiles,
                b.compared, seed);
  close_bench(&b);
}

static void test_shared_codes(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {128, 512, 2, 300, false, false};
  conform(&shape, &(nt_mapper_options_t){nt_params_default(), -1, NULL}, 2, 11);
}

static void test_distinct_codes_and_outer_weights(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {96, 256, 2, 50, true, true};
  conform(&shape, &(nt_mapper_options_t){nt_params_default(), 1, NULL}, 2, 12);
}

static void test_packed_many_chunks(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {640, 1100, 1, 1500, true, false};
  conform(&shape, &(nt_mapper_options_t){nt_params_default(), 0, NULL}, 2, 13);
}

// As many layers as the published networks: 11 named tensors of a mixer stage, 9 of an MLP stage
// (docs/spec/network.md, "Observables"), 4 of the head.
static void test_many_layers(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {32, 64, 32, 20, true, true};
  bench_t b = {.compared = 0};
  open_bench(&b, &shape, &(nt_mapper_options_t){nt_params_default(), 0, NULL}, 16);
  assert_int_equal(b.layout->observables, 32 * (11 + 9) + 4);
  run_token(&b, 0);
  assert_true(b.compared > 0);
  close_bench(&b);
}

static void test_small_tiles(void **state) {
  (void)state;
  nt_params_t params = nt_params_default();
  params.word_bits = 64;
  params.pool_words = 4096;
  params.lines = 16;
  params.cores = 3;
  const nt_qmodel_shape_t shape = {100, 200, 2, 70, false, true};
  conform(&shape, &(nt_mapper_options_t){params, -1, NULL}, 2, 14);
}

static void test_too_large_for_a_core(void **state) {
  (void)state;
  nt_params_t params = nt_params_default();
  params.pool_words = 256;
  nt_qmodel_t *made = NULL;
  nt_image_t *image = NULL;
  nt_error_t err;
  const nt_qmodel_shape_t shape = {512, 512, 1, 50, false, false};
  ok(nt_qmodel_random(&shape, 1, &made, &err), &err);
  assert_int_equal(
      nt_mapper_compile(made, &(nt_mapper_options_t){params, -1, NULL}, &image, NULL, &err),
      NT_ERR_RANGE);
  assert_non_null(strstr(err.text, "population"));
  nt_qmodel_free(made);
}

// Counts of the saturations of L1 in tensors whose name contains `part`.
static uint64_t saturations(const bench_t *b, const char *part) {
  size_t count;
  const nt_integer_counter_t *counters = nt_integer_model_counters(b->integer, &count);
  uint64_t sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += strstr(counters[i].name, part) != NULL ? counters[i].saturated : 0;
  }
  return sum;
}

// Narrow and wide models of a real quantisation run on tiles as on L1. Formats without a margin and
// a high accepted share make the narrow ones saturate.
static void test_widths(void **state) {
  (void)state;
  static const nt_widths_t widths[] = {
      {9, 9, 10, 8, 5}, {16, 16, 16, 16, 8}, {12, 8, 24, 12, 4}, {16, 16, 24, 16, 2}};
  for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
    nt_quantise_options_t options = nt_quantise_default();
    options.widths = widths[i];
    options.margin = 1;
    options.saturation_max = 0.9;
    nt_test_quantised_t quantised = nt_test_quantised_fixture_with(&options);
    bench_t b = {.compared = 0};
    open_compiled(&b, quantised.qmodel, &(nt_mapper_options_t){nt_params_default(), -1, NULL});
    assert_memory_equal(&b.qmodel->widths, &widths[i], sizeof widths[i]);
    for (size_t n = 0; n < 12; n++) {
      run_token(&b, quantised.calibration[n]);
    }
    assert_true(b.compared > 0);
    assert_true(saturations(&b, "codes_") > 0);
    close_bench(&b);
    nt_test_quantised_free(&quantised);
  }
}

// A tile whose microcode has other widths than L1 is found out.
static void test_wrong_width_is_found(void **state) {
  (void)state;
  nt_quantise_options_t options = nt_quantise_default();
  options.widths.codes = 4;
  options.saturation_max = 0.9;
  nt_test_quantised_t quantised = nt_test_quantised_fixture_with(&options);
  bench_t b = {.compared = 0};
  open_compiled(&b, quantised.qmodel, &(nt_mapper_options_t){nt_params_default(), -1, NULL});
  nt_integer_model_close(b.integer);
  nt_error_t err;
  b.qmodel->widths.codes = 5;
  ok(nt_integer_model_open(b.qmodel, &b.integer, &err), &err);
  nt_integer_model_observe(b.integer, expect_values, &b);
  b.count_only = true;
  for (size_t n = 0; n < 4; n++) {
    run_token(&b, quantised.calibration[n]);
  }
  assert_true(b.differing > 0);
  close_bench(&b);
  nt_test_quantised_free(&quantised);
}

static void test_damaged_widths(void **state) {
  (void)state;
  bench_t b = {.compared = 0};
  const nt_qmodel_shape_t shape = {32, 64, 1, 10, false, false};
  open_bench(&b, &shape, &(nt_mapper_options_t){nt_params_default(), -1, NULL}, 16);
  const nt_image_section_t *section = nt_image_section(b.image, "qmodel");
  nt_error_t err;
  for (size_t field = 0; field < 5; field++) { // the widths come first
    uint8_t *value = (uint8_t *)(uintptr_t)section->data + 4 * field;
    const uint8_t sound = *value;
    for (uint8_t wrong = 0; wrong < 26; wrong = wrong == 0 ? 1 : 25) {
      nt_qmodel_t *loaded = NULL;
      *value = wrong;
      assert_int_equal(nt_qmodel_load(b.image, &loaded, &err), NT_ERR_FORMAT);
      assert_non_null(strstr(err.text, "width of"));
      assert_null(loaded);
      if (wrong == 25) {
        break;
      }
    }
    *value = sound;
  }
  close_bench(&b);
}

// A network may lack begin and end marks; an image whose sections are of two networks is refused.
static void test_marks_and_shapes(void **state) {
  (void)state;
  const nt_qmodel_shape_t shape = {.hidden = 4, .intermediate = 8, .layers = 1, .vocab = 8};
  const nt_mapper_options_t options = {nt_params_default(), -1, NULL};
  nt_error_t err;
  nt_qmodel_t *made = NULL;
  nt_image_t *image = NULL;
  nt_layout_t *layout = NULL;
  ok(nt_qmodel_random(&shape, 16, &made, &err), &err);
  made->bos = made->eos = UINT32_MAX;
  ok(nt_mapper_compile(made, &options, &image, NULL, &err), &err);
  ok(nt_layout_load(image, &layout, &err), &err);
  assert_int_equal(layout->bos, UINT32_MAX);
  assert_int_equal(layout->eos, UINT32_MAX);
  ok(nt_layout_check_qmodel(layout, made, &err), &err);
  layout->vocab = 7;
  assert_int_equal(nt_layout_check_qmodel(layout, made, &err), NT_ERR_FORMAT);
  assert_non_null(strstr(err.text, "vocab is 7, allowed is 8"));
  nt_layout_free(layout);
  nt_image_free(image);
  nt_qmodel_free(made);
}

static void test_damaged_section(void **state) {
  (void)state;
  bench_t b = {.compared = 0};
  const nt_qmodel_shape_t shape = {32, 64, 1, 10, false, false};
  open_bench(&b, &shape, &(nt_mapper_options_t){nt_params_default(), -1, NULL}, 15);
  nt_image_section_t *section =
      (nt_image_section_t *)(uintptr_t)nt_image_section(b.image, "qmodel");
  const size_t size = section->size;
  nt_error_t err;
  for (size_t cut = 0; cut < size; cut += 7) {
    nt_qmodel_t *loaded = NULL;
    section->size = cut;
    assert_int_equal(nt_qmodel_load(b.image, &loaded, &err), NT_ERR_FORMAT);
    assert_null(loaded);
  }
  section->size = size;
  close_bench(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shared_codes),
      cmocka_unit_test(test_distinct_codes_and_outer_weights),
      cmocka_unit_test(test_packed_many_chunks),
      cmocka_unit_test(test_many_layers),
      cmocka_unit_test(test_small_tiles),
      cmocka_unit_test(test_too_large_for_a_core),
      cmocka_unit_test(test_widths),
      cmocka_unit_test(test_wrong_width_is_found),
      cmocka_unit_test(test_damaged_widths),
      cmocka_unit_test(test_marks_and_shapes),
      cmocka_unit_test(test_damaged_section),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
