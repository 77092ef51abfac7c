// SPDX-License-Identifier: Apache-2.0
// docs/accuracy.md says what the summaries in docs/accuracy say; every digit of it is held.
#include "nt_accuracy_page.h"
#include "nt_bundle.h"
#include "nt_test_support.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOWS_MIN = 8 }; // of 512 tokens
static const double CHANGE_MAX = 0.0025;

typedef struct fixture {
  nt_accuracy_t accuracy;
  char *page;
} fixture_t;

static int set_up(void **state) {
  static fixture_t f;
  nt_error_t err;
  size_t length = 0;
  NT_OK_CALL(nt_accuracy_read(NT_TEST_ROOT "/docs/accuracy", &f.accuracy, &err), err);
  NT_OK_CALL(nt_bundle_read_text(NT_TEST_ROOT "/docs/accuracy.md", &f.page, &length, &err), err);
  *state = &f;
  return 0;
}

static int tear_down(void **state) {
  fixture_t *f = *state;
  nt_accuracy_free(&f->accuracy);
  free(f->page);
  return 0;
}

static void page_says_what_the_summaries_say(void **state) {
  const fixture_t *f = *state;
  nt_error_t err;
  NT_OK_CALL(nt_accuracy_check(&f->accuracy, f->page, &err), err);
}

// Each digit of each generated part is changed in turn.
static void changed_digits_are_found(void **state) {
  const fixture_t *f = *state;
  static const char *const parts[] = {"accuracy", "drift", "sweep"};
  nt_error_t err;
  for (size_t n = 0; n < sizeof parts / sizeof parts[0]; n++) {
    char mark[64];
    size_t digits = 0;
    (void)snprintf(mark, sizeof mark, "<!-- %s:begin -->", parts[n]);
    char *at = strstr(f->page, mark);
    assert_non_null(at);
    (void)snprintf(mark, sizeof mark, "<!-- %s:end -->", parts[n]);
    const char *end = strstr(at, mark);
    assert_non_null(end);
    for (at = strchr(at, '\n'); at < end; at++) {
      if (isdigit((unsigned char)*at)) {
        const char kept = *at;
        *at = kept == '9' ? '0' : (char)(kept + 1);
        NT_FAILS(nt_accuracy_check(&f->accuracy, f->page, &err), err, NT_ERR_MISMATCH, "line ");
        *at = kept;
        digits++;
      }
    }
    assert_true(digits > 50);
  }
}

static void lost_marks_are_found(void **state) {
  const fixture_t *f = *state;
  nt_error_t err;
  char *mark = strstr(f->page, "<!-- drift:end -->");
  assert_non_null(mark);
  mark[5]++;
  NT_FAILS(nt_accuracy_check(&f->accuracy, f->page, &err), err, NT_ERR_FORMAT, "drift:end");
  mark[5]--;
}

// The figures beside an nll in the summaries follow from it by the formulas of the page.
static void figures_follow_from_nll(void **state) {
  const fixture_t *f = *state;
  static const char *const stretches[] = {"first", "whole"};
  nt_error_t err;
  for (size_t i = 0; i < f->accuracy.evals; i++) {
    for (size_t s = 0; s < 2; s++) {
      const cJSON *stretch = cJSON_GetObjectItemCaseSensitive(f->accuracy.eval[i], stretches[s]);
      double tokens, bytes;
      size_t levels = 0;
      NT_OK_CALL(nt_accuracy_number(stretch, "tokens", &tokens, &err), err);
      NT_OK_CALL(nt_accuracy_number(stretch, "bytes", &bytes, &err), err);
      const cJSON *level = NULL;
      cJSON_ArrayForEach(level, stretch) {
        double nll, perplexity, bits;
        if (cJSON_IsObject(level)) {
          NT_OK_CALL(nt_accuracy_number(level, "nll", &nll, &err), err);
          NT_OK_CALL(nt_accuracy_number(level, "perplexity", &perplexity, &err), err);
          NT_OK_CALL(nt_accuracy_number(level, "bits_per_byte", &bits, &err), err);
          assert_true(fabs(log(perplexity) * tokens / nll - 1) < 1e-12);
          assert_true(fabs(bits * bytes / (nll / log(2)) - 1) < 1e-12);
          levels++;
        }
      }
      NT_EQUAL(levels, s == 0 ? 3 : 2);
    }
  }
}

// What the project promises of every shipped model, on the whole text and along it.
static void promises_are_kept(void **state) {
  const fixture_t *f = *state;
  nt_error_t err;
  for (size_t i = 0; i < f->accuracy.evals; i++) {
    const cJSON *whole = cJSON_GetObjectItemCaseSensitive(f->accuracy.eval[i], "whole");
    const cJSON *agreement = cJSON_GetObjectItemCaseSensitive(f->accuracy.eval[i], "agreement");
    double reference, integer;
    NT_OK_CALL(nt_accuracy_number(cJSON_GetObjectItemCaseSensitive(whole, "float"), "perplexity",
                                  &reference, &err),
               err);
    NT_OK_CALL(nt_accuracy_number(cJSON_GetObjectItemCaseSensitive(whole, "integer"), "perplexity",
                                  &integer, &err),
               err);
    assert_true(integer / reference - 1 < CHANGE_MAX);
    assert_true(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(agreement, "windows")) >=
                WINDOWS_MIN);
    static const char *const trends[] = {"same", "state_error"};
    for (size_t n = 0; n < 2; n++) {
      const cJSON *trend = cJSON_GetObjectItemCaseSensitive(agreement, trends[n]);
      assert_true(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(trend, "worse")));
    }
  }
}

// A hand-made sweep: two kinds, one setting that does not fit, and the margin, which is not drawn.
static void plot_data(void **state) {
  (void)state;
  static const char text[] = "{\"model\":\"m\",\"tokens\":1,\"float_nll\":0,\"sweep\":["
                             "{\"varied\":\"x\",\"to\":16,\"nll\":0},{\"varied\":\"x\",\"to\":8,"
                             "\"nll\":0.6931471805599453},"
                             "{\"varied\":\"h\",\"to\":16,\"not_representable\":\"no\"},"
                             "{\"varied\":\"h\",\"to\":8,\"nll\":1.0986122886681098},"
                             "{\"varied\":\"margin\",\"to\":2,\"nll\":1}]}";
  nt_error_t err;
  cJSON *sweep = cJSON_Parse(text);
  char *found = NULL;
  assert_non_null(sweep);
  NT_OK_CALL(nt_accuracy_plot(sweep, &found, &err), err);
  assert_string_equal(found, "\"x\"\n16 0\n8 100\n\n\n\"h\"\n8 200\n");
  free(found);
  cJSON_Delete(sweep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(page_says_what_the_summaries_say),
      cmocka_unit_test(changed_digits_are_found),
      cmocka_unit_test(lost_marks_are_found),
      cmocka_unit_test(figures_follow_from_nll),
      cmocka_unit_test(promises_are_kept),
      cmocka_unit_test(plot_data),
  };
  return nt_test_report("accuracy_page", cmocka_run_group_tests(tests, set_up, tear_down));
}
