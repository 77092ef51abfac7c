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
        if (expected != got) {
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
    assert_int_equal(received[v], logits[v]);
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

static void open_bench(bench_t *b, const nt_qmodel_shape_t *shape,
                       const nt_mapper_options_t *options, uint64_t seed) {
  nt_error_t err;
  nt_qmodel_t *made = NULL;
  ok(nt_qmodel_random(shape, seed, &made, &err), &err);
  // Row 0 of the embedding is all zero: the schedule must not depend on data.
  memset(made->embedding, 0, made->hidden * sizeof *made->embedding);
  ok(nt_mapper_compile(made, options, &b->image, NULL, &err), &err);
  ok(nt_qmodel_store(made, b->image, &err), &err);
  nt_qmodel_free(made);
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
      cmocka_unit_test(test_damaged_section),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
