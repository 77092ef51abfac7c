// SPDX-License-Identifier: Apache-2.0
// The sampler against vectors that another program computed, and against frequencies that follow
// from the definition alone.
//
// The vectors come from this Python, written from docs/spec/sampling.md (l as in fill, scale 0.03):
//
//   def draw(s, t):
//       z = (s + (t + 1) * 0x9E3779B97F4A7C15) & M          # M = 2**64 - 1
//       z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
//       z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
//       return z ^ (z >> 31)
//   def token(l, scale, T, K, P, s, t):
//       order = sorted(range(len(l)), key=lambda v: (-l[v], v))
//       if T == 0: return order[0]
//       order = order[:K or len(l)]
//       w = [math.exp((l[v] - l[order[0]]) * (scale / T)) for v in order]
//       if P < 1:
//           n = next(m for m in range(1, len(w) + 1) if sum(w[:m]) >= P * sum(w))
//           order, w = order[:n], w[:n]
//       u = (draw(s, t) >> 11) * 2.0**-53
//       return next(v for i, v in enumerate(order) if sum(w[:i + 1]) > u * sum(w))
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "nt_sampler.h"
#include "nt_test.h"

enum { VOCAB = 300, NUMBERS = 8 };

/// Numbers of the tokens that the vectors draw.
static const uint64_t numbers[NUMBERS] = {0, 1, 2, 3, 4, 5, 6, 1000000};

typedef struct vector {
  nt_sampling_t sampling;
  uint32_t tokens[NUMBERS];
} vector_t;

static const vector_t vectors[] = {
    {{0, 0, 1, 1}, {29, 29, 29, 29, 29, 29, 29, 29}},
    {{1, 0, 1, 1}, {67, 196, 110, 178, 178, 5, 174, 69}},
    {{1, 0, 1, 2}, {107, 216, 127, 5, 269, 289, 136, 247}},
    {{0.7, 40, 0.9, 1}, {18, 118, 47, 209, 209, 118, 238, 280}},
    {{2.5, 0, 0.5, 7}, {118, 29, 236, 298, 198, 249, 218, 127}},
    {{1, 3, 1, 7}, {280, 29, 49, 280, 280, 29, 280, 280}},
    {{1, 0, 0.05, 7}, {280, 29, 49, 280, 280, 29, 280, 280}},
    {{100, 0, 1, UINT64_MAX}, {242, 51, 65, 101, 266, 113, 0, 55}},
    {{0.01, 0, 1, 3}, {29, 280, 280, 29, 29, 280, 29, 280}},
};

/// Logits with many ties: 251 values for 300 tokens; 29 and 280 share the largest.
static void fill(int32_t *logits) {
  for (int32_t v = 0; v < VOCAB; v++) {
    logits[v] = (v * 7919 + 13) % 251 - 125;
  }
}

static nt_sampler_t *open_sampler(nt_sampling_t sampling, size_t vocab, double scale) {
  nt_error_t err;
  nt_sampler_t *sampler = NULL;
  nt_assert_ok(nt_sampler_open(&sampling, vocab, scale, &sampler, &err), err);
  return sampler;
}

static void vectors_agree(void **state) {
  (void)state;
  int32_t logits[VOCAB];
  fill(logits);
  for (size_t k = 0; k < sizeof vectors / sizeof vectors[0]; k++) {
    nt_sampler_t *sampler = open_sampler(vectors[k].sampling, VOCAB, 0.03);
    for (size_t n = NUMBERS; n-- > 0;) { // any order: a draw depends on its number only
      assert_int_equal(nt_sampler_next(sampler, logits, numbers[n]), vectors[k].tokens[n]);
    }
    nt_sampler_close(sampler);
  }
}

/// The outputs of SplitMix64 for seed 1234567 that its implementations are checked with.
static void generator_is_splitmix64(void **state) {
  (void)state;
  static const uint64_t outputs[] = {UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
                                     UINT64_C(9817491932198370423), UINT64_C(4593380528125082431),
                                     UINT64_C(16408922859458223821)};
  for (uint64_t n = 0; n < sizeof outputs / sizeof outputs[0]; n++) {
    assert_true(nt_sampler_draw(1234567, n) == outputs[n]);
  }
}

static void greedy_is_exact(void **state) {
  (void)state;
  const int32_t logits[] = {INT32_MIN, 5, INT32_MAX - 1, INT32_MAX, INT32_MAX, -1};
  nt_sampler_t *sampler = open_sampler((nt_sampling_t){0, 2, 0.5, 9}, 6, 1e-9);
  for (uint64_t n = 0; n < 100; n++) {
    assert_int_equal(nt_sampler_next(sampler, logits, n), 3);
  }
  nt_sampler_close(sampler);
}

/// The longest distance between logits, and a vocabulary of one.
static void extremes(void **state) {
  (void)state;
  const int32_t logits[] = {INT32_MIN, INT32_MAX, INT32_MIN};
  nt_sampler_t *sampler = open_sampler((nt_sampling_t){0.01, 0, 1, 9}, 3, 1e300);
  assert_int_equal(nt_sampler_next(sampler, logits, UINT64_MAX), 1);
  nt_sampler_close(sampler);
  sampler = open_sampler((nt_sampling_t){1, UINT32_MAX, 0x1p-1000, 0}, 1, 1);
  assert_int_equal(nt_sampler_next(sampler, logits, 0), 0);
  nt_sampler_close(sampler);
}

/// Of 4 equal tokens, half the share is that of the first two, exactly.
static void share_is_reached_exactly(void **state) {
  (void)state;
  const int32_t logits[4] = {9, 9, 9, 9};
  size_t seen[4] = {0};
  nt_sampler_t *sampler = open_sampler((nt_sampling_t){1, 0, 0.5, 4}, 4, 1);
  for (uint64_t n = 0; n < 100; n++) {
    seen[nt_sampler_next(sampler, logits, n)]++;
  }
  nt_sampler_close(sampler);
  assert_true(seen[0] > 0 && seen[1] > 0);
  assert_int_equal(seen[2] + seen[3], 0);
}

enum { DRAWS = 100000, LETTERS = 5 };
/// Chi-square limit for 4 degrees of freedom at one in a thousand.
static const double CHI_SQUARE_MAX = 18.467;

/// Distance of the frequencies of DRAWS tokens from `weights` [LETTERS], as chi-square; a token of
/// weight 0 must not be drawn. With a scale of log 2, logits are powers of two.
static double distance(nt_sampling_t sampling, const double *weights) {
  static const int32_t logits[LETTERS] = {-3, 0, -2, -3, -1};
  size_t seen[LETTERS] = {0};
  nt_sampler_t *sampler = open_sampler(sampling, LETTERS, log(2));
  for (uint64_t n = 0; n < DRAWS; n++) {
    seen[nt_sampler_next(sampler, logits, n)]++;
  }
  nt_sampler_close(sampler);
  double total = 0, sum = 0;
  for (size_t v = 0; v < LETTERS; v++) {
    total += weights[v];
  }
  for (size_t v = 0; v < LETTERS; v++) {
    const double expected = DRAWS * weights[v] / total;
    if (weights[v] == 0) {
      assert_int_equal(seen[v], 0);
    } else {
      sum += ((double)seen[v] - expected) * ((double)seen[v] - expected) / expected;
    }
  }
  return sum;
}

static void frequencies(void **state) {
  (void)state;
  const struct {
    nt_sampling_t sampling;
    double weights[LETTERS];
  } cases[] = {
      {{1, 0, 1, 1}, {1, 8, 2, 1, 4}},
      {{1, 0, 1, 2}, {1, 8, 2, 1, 4}},
      {{0.5, 0, 1, 3}, {1, 64, 4, 1, 16}},
      {{2, 0, 1, 4}, {1, sqrt(8), sqrt(2), 1, 2}},
      {{1, 4, 1, 5}, {1, 8, 2, 0, 4}},    // of two equals the smaller index stays
      {{1, 0, 0.76, 6}, {0, 8, 2, 0, 4}}, // 8 + 4 of 16 are 0.75
      {{1, 0, 0.74, 7}, {0, 8, 0, 0, 4}},
      {{1, 3, 0.57, 8}, {0, 8, 0, 0, 0}},    // top-k first: 8 of 14 are 0.571
      {{0.5, 0, 0.9, 9}, {0, 64, 0, 0, 16}}, // temperature first: 80 of 86 are 0.93
      {{1, 5, 0x1p-60, 10}, {0, 1, 0, 0, 0}},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    const double found = distance(cases[k].sampling, cases[k].weights);
    printf("  seed %u: chi-square %.2f, allowed %.2f\n", (unsigned)cases[k].sampling.seed, found,
           CHI_SQUARE_MAX);
    assert_true(found < CHI_SQUARE_MAX);
  }
}

/// The distance sees a temperature that is 3 % off.
static void frequencies_bite(void **state) {
  (void)state;
  const double weights[LETTERS] = {1, 8, 2, 1, 4};
  assert_true(distance((nt_sampling_t){1.03, 0, 1, 1}, weights) > CHI_SQUARE_MAX);
}

static void wrong_settings(void **state) {
  (void)state;
  const struct {
    nt_sampling_t sampling;
    const char *named;
  } cases[] = {
      {{-1, 0, 1, 0}, "temperature is -1"},
      {{0.009, 0, 1, 0}, "temperature is 0.009"},
      {{101, 0, 1, 0}, "temperature is 101"},
      {{NAN, 0, 1, 0}, "temperature is nan"},
      {{INFINITY, 0, 1, 0}, "temperature is inf"},
      {{1, 0, 0, 0}, "top-p is 0"},
      {{1, 0, 1.5, 0}, "top-p is 1.5"},
      {{0, 0, -1, 0}, "top-p is -1"},
      {{1, 0, NAN, 0}, "top-p is nan"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    nt_error_t err;
    nt_sampler_t *sampler = NULL;
    assert_int_equal(nt_sampler_open(&cases[k].sampling, 4, 1, &sampler, &err), NT_ERR_RANGE);
    assert_null(sampler);
    assert_non_null(strstr(err.text, cases[k].named));
    assert_non_null(strstr(err.text, "allowed is"));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(vectors_agree),
      cmocka_unit_test(generator_is_splitmix64),
      cmocka_unit_test(greedy_is_exact),
      cmocka_unit_test(extremes),
      cmocka_unit_test(share_is_reached_exactly),
      cmocka_unit_test(frequencies),
      cmocka_unit_test(frequencies_bite),
      cmocka_unit_test(wrong_settings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
