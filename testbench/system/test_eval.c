// SPDX-License-Identifier: Apache-2.0
// The commands eval and sweep: what they measure, what makes them fail, what they refuse.
#include "nt_command.h"
#include "nt_eval_golden.h"
#include "nt_eval_source.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECONDS = 200, VOCAB = 1024, GOLDEN_TOKENS = 12, PREFIX = 1000 };
#define HELDOUT NT_TEST_MODEL "/heldout.txt"
#define EVAL(f) "eval", "--model", (f)->folder, "--text", HELDOUT

typedef struct fixture {
  char summary[NT_TEST_PATH_MAX];
  char folder[NT_TEST_PATH_MAX]; ///< the model with a short calibration text
} fixture_t;

static int setup(void **state) {
  static fixture_t f;
  static const char *const shared[] = {"config.json", "model.safetensors", "tokenizer.model"};
  static const char text[] = "Once upon a time there was a king who had three sons, and the king "
                             "said to the youngest of them that he should go into the forest.\n";
  nt_test_path(f.summary, "summary.json");
  nt_test_path(f.folder, "calibration.txt");
  nt_test_write(f.folder, text, sizeof text - 1);
  *strrchr(f.folder, '/') = '\0';
  for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++) {
    char to[NT_TEST_PATH_MAX * 2], from[NT_TEST_PATH_MAX * 2];
    (void)snprintf(from, sizeof from, "%s/%s", NT_TEST_MODEL, shared[i]);
    (void)snprintf(to, sizeof to, "%s/%s", f.folder, shared[i]);
    assert_int_equal(symlink(from, to), 0);
  }
  *state = &f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  char in_folder[NT_TEST_PATH_MAX * 2];
  (void)snprintf(in_folder, sizeof in_folder, "%s/calibration.txt", f->folder);
  nt_test_folder_remove(in_folder);
  nt_test_folder_remove(f->summary);
  return 0;
}

static cJSON *read_summary(const fixture_t *f) {
  nt_test_file_t file = nt_test_read(f->summary);
  cJSON *root = cJSON_ParseWithLength((const char *)file.data, file.size);
  free(file.data);
  assert_non_null(root);
  return root;
}

static double number(const cJSON *object, const char *a, const char *b) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, a);
  item = b != NULL ? cJSON_GetObjectItemCaseSensitive(item, b) : item;
  assert_true(cJSON_IsNumber(item));
  return item->valuedouble;
}

static void refuse(int code, const char *part, const char *also, const char *const *arguments) {
  nt_command_result_t result = nt_command_run(SECONDS, arguments);
  nt_command_expect(&result, code, part);
  nt_command_expect(&result, code, also);
  nt_command_free(&result);
}
#define REFUSE(code, part, also, ...)                                                              \
  refuse(code, part, also, (const char *const[]){__VA_ARGS__, NULL})

static void three_levels(void **state) {
  const fixture_t *f = *state;
  nt_command_result_t result = NT_COMMAND(SECONDS, EVAL(f), "--tokens", "300", "--golden-tokens",
                                          "12", "--max-change", "100", "--summary", f->summary);
  nt_command_expect(&result, 0, "");
  assert_non_null(strstr(result.out, "12288 logits of the golden tiles compared"));
  assert_non_null(strstr(result.out, "float, 64 bits"));
  nt_command_free(&result);
  cJSON *root = read_summary(f);
  const cJSON *first = cJSON_GetObjectItemCaseSensitive(root, "first");
  const cJSON *whole = cJSON_GetObjectItemCaseSensitive(root, "whole");
  NT_EQUAL(number(first, "tokens", NULL), GOLDEN_TOKENS);
  NT_EQUAL(number(whole, "tokens", NULL), 300);
  NT_EQUAL(number(first, "golden", "logits_compared"), GOLDEN_TOKENS * VOCAB);
  assert_true(number(first, "golden", "nll") == number(first, "integer", "nll"));
  assert_true(number(whole, "integer", "nll") != number(whole, "float", "nll"));
  assert_true(number(whole, "float", "perplexity") > 10);
  assert_false(cJSON_HasObjectItem(whole, "golden"));
  cJSON_Delete(root);
}

// On these tokens the integer model is a little worse than the float model.
static void change_is_limited(void **state) {
  const fixture_t *f = *state;
  REFUSE(1, "perplexity of the integer model is", "--max-change allows 0.01 %", EVAL(f), "--tokens",
         "1000", "--levels", "float,integer", "--max-change", "0.01");
}

static void refusals(void **state) {
  const fixture_t *f = *state;
  REFUSE(2, "--model", "--text", "eval", "--text", HELDOUT);
  REFUSE(2, "--model", "--text", "sweep", "--model", NT_TEST_MODEL);
  REFUSE(2, "--levels", "\"float,silver\"", EVAL(f), "--levels", "float,silver");
  REFUSE(2, "--levels", "\"float,\"", EVAL(f), "--levels", "float,");
  REFUSE(2, "--levels", "\"\"", EVAL(f), "--levels", "");
  REFUSE(2, "--precision", "found 48", EVAL(f), "--precision", "48");
  REFUSE(2, "--max-change", "\"1e9\"", EVAL(f), "--max-change", "1e9");
  REFUSE(2, "--max-change", "\"-1\"", EVAL(f), "--max-change", "-1");
  REFUSE(2, "--max-change", "\"nan\"", EVAL(f), "--max-change", "nan");
  REFUSE(2, "--max-change", "\"1x\"", EVAL(f), "--max-change", "1x");
  REFUSE(2, "--max-change", "--levels lacks", EVAL(f), "--max-change", "1", "--levels", "integer");
  REFUSE(2, "--agree", "--levels lacks", EVAL(f), "--agree", "4096", "--levels", "float");
  REFUSE(2, "--agree-text", "needs --agree", EVAL(f), "--agree-text", HELDOUT);
  REFUSE(2, "--agree", "from 4096", EVAL(f), "--agree", "100");
  REFUSE(8, "heldout.txt: 100 tokens", "--agree asks for 4096", EVAL(f), "--tokens", "100",
         "--agree", "4096");
  REFUSE(8, "no token to predict", "heldout.txt", EVAL(f), "--tokens", "0");
  REFUSE(6, "/nowhere.txt", "No such file", "eval", "--model", NT_TEST_MODEL, "--text",
         "/nowhere.txt");
}

// The float level needs a checkpoint, the others run from an image.
static void images(void **state) {
  (void)state;
  REFUSE(6, NT_TEST_IMAGE, "config.json", "eval", "--model", NT_TEST_IMAGE, "--text", HELDOUT);
  REFUSE(0, "", "", "eval", "--model", NT_TEST_IMAGE, "--text", HELDOUT, "--levels",
         "integer,golden", "--tokens", "4");
}

// A prefix of the tokens stands for exactly as many bytes of the file, and all of them for all.
static void bytes_of_tokens(void **state) {
  (void)state;
  nt_error_t err;
  nt_tokenizer_t *tokenizer = NULL;
  nt_eval_text_t whole, prefix;
  size_t bytes = 0, done = 0;
  NT_OK_CALL(nt_tokenizer_open(NT_TEST_MODEL "/tokenizer.model", &tokenizer, &err), err);
  nt_test_file_t file = nt_test_read(HELDOUT);
  NT_OK_CALL(nt_eval_text_read(tokenizer, HELDOUT, SIZE_MAX, &whole, &err), err);
  NT_EQUAL(whole.bytes, file.size);
  NT_OK_CALL(nt_eval_text_bytes(tokenizer, &whole, whole.count, &bytes, &err), err);
  NT_EQUAL(bytes, file.size);
  NT_OK_CALL(nt_eval_text_read(tokenizer, HELDOUT, PREFIX, &prefix, &err), err);
  NT_EQUAL(prefix.count, PREFIX);
  nt_detokenizer_t stream = {.pending = 0};
  char *piece = malloc(nt_tokenizer_text_max(tokenizer));
  assert_non_null(piece);
  for (size_t i = 1; i <= PREFIX; i++) {
    size_t length = 0;
    NT_OK_CALL(nt_tokenizer_decode(tokenizer, &stream, prefix.tokens[i], piece,
                                   nt_tokenizer_text_max(tokenizer), &length, &err),
               err);
    NT_SAME(piece, file.data + done, length);
    done += length;
  }
  NT_EQUAL(prefix.bytes, done);
  free(piece);
  free(file.data);
  nt_eval_text_free(&whole);
  nt_eval_text_free(&prefix);
  nt_tokenizer_close(tokenizer);
}

// One code of the head is another one: the first logit that shows it is named.
static void golden_tiles_that_differ(void **state) {
  (void)state;
  nt_error_t err;
  nt_eval_model_t model;
  nt_eval_text_t text;
  nt_perplexity_t sum = {0, 0};
  uint64_t compared = 0;
  NT_OK_CALL(nt_eval_model_open(&(nt_options_t){.model = NT_TEST_IMAGE}, false, &model, &err), err);
  NT_OK_CALL(nt_eval_text_read(model.tokenizer, HELDOUT, 3, &text, &err), err);
  NT_OK_CALL(nt_eval_golden(model.image, model.qmodel, text.tokens, text.count, 10000000, NULL,
                            &sum, &compared, &err),
             err);
  NT_EQUAL(compared, 3 * VOCAB);
  NT_EQUAL(sum.tokens, 3);
  int8_t *codes = model.qmodel->head.codes + 700 * (size_t)model.qmodel->hidden;
  for (uint32_t k = 0; k < model.qmodel->hidden; k++) {
    codes[k] = (int8_t)-codes[k];
  }
  NT_FAILS(nt_eval_golden(model.image, model.qmodel, text.tokens, text.count, 10000000, NULL, &sum,
                          &compared, &err),
           err, NT_ERR_MISMATCH, "logit 700");
  NT_FAILS(nt_eval_golden(model.image, model.qmodel, text.tokens, 0, 10000000, NULL, &sum,
                          &compared, &err),
           err, NT_ERR_INTERNAL, "no logit");
  nt_eval_text_free(&text);
  nt_eval_model_close(&model);
}

static void every_setting_is_swept(void **state) {
  const fixture_t *f = *state;
  static const struct {
    const char *name;
    int values;
    double from, to;
  } expected[] = {{"x", 5, 16, 8}, {"pre", 5, 16, 8},  {"h", 7, 24, 8},
                  {"v", 5, 16, 8}, {"codes", 5, 8, 4}, {"margin", 4, 1, 4}};
  REFUSE(0, "", "", "sweep", "--model", f->folder, "--text", HELDOUT, "--tokens", "16", "--summary",
         f->summary);
  cJSON *root = read_summary(f);
  const cJSON *rows = cJSON_GetObjectItemCaseSensitive(root, "sweep");
  int at = 0;
  double standard = 0;
  for (size_t n = 0; n < sizeof expected / sizeof expected[0]; n++) {
    int defaults = 0;
    NT_EQUAL(number(cJSON_GetArrayItem(rows, at), "to", NULL), expected[n].from);
    for (int v = 0; v < expected[n].values; v++, at++) {
      const cJSON *row = cJSON_GetArrayItem(rows, at);
      assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "varied")),
                          expected[n].name);
      if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(row, "default"))) {
        defaults++;
        standard = standard != 0 ? standard : number(row, "nll", NULL);
        assert_true(number(row, "nll", NULL) == standard);
      } else {
        assert_true(cJSON_HasObjectItem(row, "nll") !=
                    cJSON_HasObjectItem(row, "not_representable"));
      }
    }
    NT_EQUAL(number(cJSON_GetArrayItem(rows, at - 1), "to", NULL), expected[n].to);
    NT_EQUAL(defaults, 1);
  }
  NT_EQUAL(cJSON_GetArraySize(rows), at);
  cJSON_Delete(root);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(three_levels),
      cmocka_unit_test(change_is_limited),
      cmocka_unit_test(refusals),
      cmocka_unit_test(images),
      cmocka_unit_test(bytes_of_tokens),
      cmocka_unit_test(golden_tiles_that_differ),
      cmocka_unit_test(every_setting_is_swept),
  };
  return nt_test_report("eval", cmocka_run_group_tests(tests, setup, teardown));
}
