// SPDX-License-Identifier: Apache-2.0
// Drawn texts: the same seed gives the same text on every back end, checked or not, whole or
// interrupted; draws are numbered as the specification says; the end mark ends a text.
#include "nt_command.h"
#include "nt_mapper.h"
#include "nt_qmodel_section.h"
#include "nt_sampler.h"
#include "nt_talk.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 120, ARGUMENTS = 32, TOKENS = 16 };
static const nt_sampling_t settings = {.temperature = 1.2, .top_k = 50, .top_p = 0.95, .seed = 5};
#define DRAWN "--temperature", "1.2", "--top-k", "50", "--top-p", "0.95", "--seed", "5"

typedef struct fixture {
  char scratch[NT_TEST_PATH_MAX], state[NT_TEST_PATH_MAX], summary[NT_TEST_PATH_MAX];
  char *text; ///< TOKENS tokens with `settings`, golden tiles
} fixture_t;

// Runs "generate" on golden tiles unless told otherwise, which must succeed; its text without the
// line end that closes it.
static char *generate(const char *const *more) {
  const char *arguments[ARGUMENTS] = {"generate", "--quiet"};
  size_t count = 2;
  while (*more != NULL) {
    assert_true(count + 1 < ARGUMENTS);
    arguments[count++] = *more++;
  }
  nt_command_result_t result = nt_command_run(SECONDS, arguments);
  nt_command_expect(&result, 0, "");
  const size_t length = strlen(result.out);
  assert_true(length > 0);
  assert_int_equal(result.out[length - 1], '\n');
  result.out[length - 1] = '\0';
  char *text = strdup(result.out);
  assert_non_null(text);
  nt_command_free(&result);
  return text;
}
#define GENERATE(...) generate((const char *const[]){__VA_ARGS__, NULL})
#define GOLDEN(image) "--model", image, "--backend", "golden", "--no-check"
#define RTL "--model", NT_TEST_IMAGE, "--backend", "rtl"

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  nt_test_path(f->scratch, "scratch");
  nt_test_path(f->state, "state.nts");
  nt_test_path(f->summary, "summary.json");
  f->text = GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "16", DRAWN);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_remove(f->scratch);
  nt_test_folder_remove(f->state);
  nt_test_folder_remove(f->summary);
  free(f->text);
  free(f);
  return 0;
}

static void expect_text(char *found, const char *expected) {
  NT_EQUAL(strlen(found), strlen(expected));
  assert_string_equal(found, expected);
  free(found);
}

static void same_on_every_back_end(void **state) {
  const fixture_t *f = *state;
  expect_text(GENERATE("--model", NT_TEST_IMAGE, "--backend", "golden", "--tokens", "16", DRAWN),
              f->text);
  expect_text(GENERATE(RTL, "--no-check", "--tokens", "16", DRAWN), f->text);
  expect_text(GENERATE(RTL, "--tokens", "16", DRAWN), f->text);
}

static void settings_matter(void **state) {
  const fixture_t *f = *state;
  char *greedy = GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "16");
  assert_string_not_equal(greedy, f->text);
  char *other = GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "16", "--temperature", "1.2", "--top-k",
                         "50", "--top-p", "0.95", "--seed", "6");
  assert_string_not_equal(other, f->text);
  free(other);
  expect_text(GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "16", "--temperature", "0", "--top-p",
                       "0.5", "--seed", "9"),
              greedy);
  expect_text(
      GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "16", "--temperature", "3", "--top-k", "1"),
      greedy);
  free(greedy);
}

// Appends what a token shows.
static void append(char **text, nt_tokenizer_t *tokenizer, nt_detokenizer_t *stream,
                   uint32_t token) {
  nt_error_t err;
  const size_t room = nt_tokenizer_text_max(tokenizer), before = strlen(*text);
  size_t length = 0;
  *text = realloc(*text, before + room);
  assert_non_null(*text);
  NT_OK_CALL(nt_tokenizer_decode(tokenizer, stream, token, *text + before, room, &length, &err),
             err);
}

// The same text by hand: tokens are counted from the begin mark, 0; each is drawn by its number.
// `tokens` [wanted] receives the generated ones.
static char *by_hand(const nt_sampling_t *sampling, uint64_t first, uint32_t *tokens,
                     size_t wanted) {
  static const char prompt[] = "Once upon a time";
  nt_error_t err;
  nt_talk_t talk = nt_talk_open(nt_talk_image(), NT_BACKEND_GOLDEN, false, 1000000);
  nt_tokenizer_t *tokenizer = NULL;
  nt_sampler_t *sampler = NULL;
  nt_detokenizer_t stream = {0};
  uint32_t *begin = NULL;
  size_t count = 0;
  NT_OK_CALL(nt_tokenizer_open(NT_TEST_MODEL "/tokenizer.model", &tokenizer, &err), err);
  NT_OK_CALL(
      nt_sampler_open(sampling, talk.layout->vocab, talk.layout->logit_scale, &sampler, &err), err);
  NT_OK_CALL(nt_tokenizer_encode(tokenizer, prompt, strlen(prompt), true, &begin, &count, &err),
             err);
  char *text = strdup("");
  for (size_t i = 0; i < count + wanted; i++) {
    const uint32_t token = i < count ? begin[i] : tokens[i - count];
    append(&text, tokenizer, &stream, token);
    nt_talk_say(&talk, &token, 1);
    if (i + 1 >= count && i + 1 < count + wanted) {
      tokens[i + 1 - count] = nt_sampler_next(sampler, talk.logits, first + i + 1);
    }
  }
  free(begin);
  nt_sampler_close(sampler);
  nt_tokenizer_close(tokenizer);
  nt_talk_close(&talk);
  return text;
}

static void draws_are_numbered(void **state) {
  const fixture_t *f = *state;
  uint32_t tokens[TOKENS];
  expect_text(by_hand(&settings, 0, tokens, TOKENS), f->text);
  char *shifted = by_hand(&settings, 1, tokens, TOKENS);
  assert_string_not_equal(shifted, f->text);
  free(shifted);
}

static void interrupted(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *head, *tail, *first, *second;
  } cases[] = {
      {"0", "16", "golden", "golden"}, {"5", "11", "golden", "rtl"}, {"11", "5", "rtl", "golden"}};
  for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
    char *head = GENERATE("--model", NT_TEST_IMAGE, "--no-check", "--backend", cases[k].first,
                          "--tokens", cases[k].head, "--state-out", f->state, DRAWN);
    char *tail = GENERATE("--model", NT_TEST_IMAGE, "--no-check", "--backend", cases[k].second,
                          "--tokens", cases[k].tail, "--state-in", f->state, DRAWN);
    char *text = malloc(strlen(head) + strlen(tail) + 1);
    assert_non_null(text);
    (void)sprintf(text, "%s%s", head, tail);
    expect_text(text, f->text);
    free(head);
    free(tail);
  }
}

// ---- end mark ----

// The image of the shipped model with other marks.
static void write_image(const char *path, uint32_t bos, uint32_t eos) {
  nt_error_t err;
  nt_image_t *image = nt_talk_image(), *other = NULL;
  nt_qmodel_t *qmodel = NULL;
  const nt_mapper_options_t options = {.params = image->params, .spread = -1};
  NT_OK_CALL(nt_qmodel_load(image, &qmodel, &err), err);
  qmodel->bos = bos;
  qmodel->eos = eos;
  NT_OK_CALL(nt_mapper_compile(qmodel, &options, &other, NULL, &err), err);
  NT_OK_CALL(nt_qmodel_store(qmodel, other, &err), err);
  const nt_image_section_t *tokenizer = nt_image_section(image, "tokenizer");
  assert_non_null(tokenizer);
  NT_OK_CALL(nt_image_add_section(other, tokenizer->name, tokenizer->data, tokenizer->size, &err),
             err);
  NT_OK_CALL(nt_image_save(other, path, &err), err);
  nt_qmodel_free(qmodel);
  nt_image_free(other);
  nt_image_free(image);
}

// One value of the summary last written.
static cJSON *summary(const fixture_t *f, const char *name, cJSON **root) {
  nt_test_file_t file = nt_test_read(f->summary);
  *root = cJSON_ParseWithLength((const char *)file.data, file.size);
  free(file.data);
  cJSON *item = cJSON_GetObjectItemCaseSensitive(*root, name);
  assert_non_null(item);
  return item;
}

static void expect_summary(const fixture_t *f, double generated, const char *ended_by) {
  cJSON *root = NULL;
  assert_true(summary(f, "generated", &root)->valuedouble == generated);
  cJSON_Delete(root);
  assert_string_equal(summary(f, "ended_by", &root)->valuestring, ended_by);
  cJSON_Delete(root);
}

static bool seen_before(const uint32_t *tokens, size_t at) {
  for (size_t k = 0; k < at; k++) {
    if (tokens[k] == tokens[at]) {
      return true;
    }
  }
  return false;
}

static void end_mark(void **state) {
  const fixture_t *f = *state;
  uint32_t tokens[TOKENS];
  char *whole = by_hand(&settings, 0, tokens, TOKENS);
  size_t at = 4; // a token that has not been there before becomes the end mark
  while (at < TOKENS && seen_before(tokens, at)) {
    at++;
  }
  assert_true(at < TOKENS);
  char count[8];
  (void)snprintf(count, sizeof count, "%zu", at);
  write_image(f->scratch, 1, tokens[at]);
  char *begin = GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", count, DRAWN);
  expect_text(GENERATE(GOLDEN(f->scratch), "--tokens", "16", "--summary", f->summary, DRAWN),
              begin);
  expect_summary(f, (double)at, "end mark");
  expect_text(GENERATE(GOLDEN(f->scratch), "--tokens", "16", "--summary", f->summary,
                       "--ignore-eos", DRAWN),
              whole);
  expect_summary(f, TOKENS, "tokens");
  // Saved behind its end, a text has ended; but one can write on.
  expect_text(GENERATE(GOLDEN(f->scratch), "--tokens", "16", "--state-out", f->state, DRAWN),
              begin);
  expect_text(GENERATE(GOLDEN(f->scratch), "--tokens", "4", "--state-in", f->state, "--summary",
                       f->summary, DRAWN),
              "");
  expect_summary(f, 0, "end mark");
  char *rest =
      GENERATE(GOLDEN(f->scratch), "--tokens", "16", "--state-in", f->state, "--ignore-eos", DRAWN);
  assert_memory_equal(rest, whole + strlen(begin), strlen(whole) - strlen(begin));
  free(rest);
  free(begin);
  free(whole);
}

static void no_marks(void **state) {
  const fixture_t *f = *state;
  cJSON *root = NULL;
  free(GENERATE(GOLDEN(NT_TEST_IMAGE), "--tokens", "3", "--summary", f->summary));
  const double with = summary(f, "tokens", &root)->valuedouble;
  cJSON_Delete(root);
  write_image(f->scratch, UINT32_MAX, UINT32_MAX);
  free(GENERATE(GOLDEN(f->scratch), "--tokens", "3", "--summary", f->summary));
  assert_true(summary(f, "tokens", &root)->valuedouble == with - 1); // no begin mark ran
  cJSON_Delete(root);
}

// What a run says about its draws.
static void settings_are_reported(void **state) {
  const fixture_t *f = *state;
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "generate", GOLDEN(NT_TEST_IMAGE), "--tokens", "1", "--temperature",
                 "0.8", "--top-p", "0.9", "--summary", f->summary);
  nt_command_expect(&result, 0, "");
  assert_non_null(
      strstr(result.out, "sampling             temperature 0.8, top-k 0 (off), top-p 0.9, seed 1"));
  nt_command_free(&result);
  static const struct {
    const char *name;
    double value;
  } values[] = {{"temperature", 0.8}, {"top_k", 0}, {"top_p", 0.9}, {"seed", 1}};
  for (size_t k = 0; k < sizeof values / sizeof values[0]; k++) {
    cJSON *root = NULL;
    const cJSON *item =
        cJSON_GetObjectItemCaseSensitive(summary(f, "sampling", &root), values[k].name);
    assert_non_null(item);
    assert_true(item->valuedouble == values[k].value);
    cJSON_Delete(root);
  }
  result = NT_COMMAND(SECONDS, "generate", GOLDEN(NT_TEST_IMAGE), "--tokens", "1");
  nt_command_expect(&result, 0, "");
  assert_non_null(strstr(result.out, "sampling             greedy\n"));
  nt_command_free(&result);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(same_on_every_back_end),
      cmocka_unit_test(settings_matter),
      cmocka_unit_test(draws_are_numbered),
      cmocka_unit_test(interrupted),
      cmocka_unit_test(end_mark),
      cmocka_unit_test(no_marks),
      cmocka_unit_test(settings_are_reported),
  };
  return nt_test_report("sampling", cmocka_run_group_tests(tests, setup, teardown));
}
