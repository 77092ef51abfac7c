// SPDX-License-Identifier: Apache-2.0
// Every wrong input gives its documented exit code and a message that names what was wrong. Nothing
// hangs.
#include "nt_command.h"
#include "nt_mapper.h"
#include "nt_qmodel_section.h"
#include "nt_rtl.h"
#include "nt_talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECONDS = 60 };

typedef struct fixture {
  char good_state[NT_TEST_PATH_MAX];  ///< behind the prompt, from NT_TEST_IMAGE
  char other_image[NT_TEST_PATH_MAX]; ///< the same network for tiles with other parameters
  char scratch[NT_TEST_PATH_MAX];
} fixture_t;

// The same network on tiles with twice the lines and half the program memory, and the sections that
// a text needs.
static void write_other_image(const char *path) {
  nt_error_t err;
  nt_image_t *image = nt_talk_image(), *other = NULL;
  nt_qmodel_t *qmodel = NULL;
  nt_mapper_options_t options = {.params = image->params, .spread = -1};
  options.params.lines *= 2;
  options.params.prog_words /= 2;
  NT_OK_CALL(nt_qmodel_load(image, &qmodel, &err), err);
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

static int setup(void **state) {
  fixture_t *f = calloc(1, sizeof *f);
  assert_non_null(f);
  nt_test_path(f->good_state, "good.nts");
  nt_test_path(f->other_image, "other.nti");
  nt_test_path(f->scratch, "scratch");
  nt_command_result_t result =
      NT_COMMAND(SECONDS, "generate", "--model", NT_TEST_IMAGE, "--backend", "golden", "--no-check",
                 "--tokens", "0", "--state-out", f->good_state);
  nt_command_expect(&result, 0, "");
  nt_command_free(&result);
  write_other_image(f->other_image);
  *state = f;
  return 0;
}

static int teardown(void **state) {
  fixture_t *f = *state;
  nt_test_folder_remove(f->good_state);
  nt_test_folder_remove(f->other_image);
  nt_test_folder_remove(f->scratch);
  free(f);
  return 0;
}

// Runs the command; exit code and one or two parts of the message. `also` may be NULL.
static void refuse(int code, const char *part, const char *also, const char *const *arguments) {
  nt_command_result_t result = nt_command_run(SECONDS, arguments);
  nt_command_expect(&result, code, part);
  if (also != NULL) {
    nt_command_expect(&result, code, also);
  }
  nt_command_free(&result);
}
#define REFUSE(code, part, also, ...)                                                              \
  refuse(code, part, also, (const char *const[]){__VA_ARGS__, NULL})
// A run on the golden back end, which takes no time.
#define GOLDEN(model)                                                                              \
  "generate", "--model", model, "--backend", "golden", "--no-check", "--tokens", "1"

static void options(void **state) {
  (void)state;
  REFUSE(2, "unknown command \"grow\"", "--help", "grow");
  REFUSE(2, "unknown option --bogus", "generate", "generate", "--model", NT_TEST_IMAGE, "--bogus");
  REFUSE(2, "unknown option --out", "generate", "generate", "--out", "x");
  REFUSE(2, "unknown option -x", "generate", "generate", "-xy");
  REFUSE(2, "--no-check=5", "generate", "generate", "--no-check=5");
  REFUSE(2, "option --check: found \"much\"", "outputs, state and stages", "generate", "--model",
         NT_TEST_IMAGE, "--check", "much");
  REFUSE(2, "--no-check contradicts", "--failure", "generate", "--model", NT_TEST_IMAGE,
         "--no-check", "--check", "stages");
  REFUSE(2, "option --plant: found \"1:2\"", "TILE:CORE:SPACE:ADDRESS:BIT", GOLDEN(NT_TEST_IMAGE),
         "--plant", "1:2");
  REFUSE(2, "option --plant: found \"0:0:POOL:0:32\"", "bits 0 to 31", GOLDEN(NT_TEST_IMAGE),
         "--plant", "0:0:POOL:0:32");
  REFUSE(6, "option --failure", "cannot make the folder", "generate", "--model", NT_TEST_IMAGE,
         "--failure", "/nowhere/fail");
  REFUSE(2, "option --model needs a value", NULL, "generate", "--model");
  REFUSE(2, "unexpected argument \"more\"", NULL, "generate", "--model", NT_TEST_IMAGE, "more");
  REFUSE(2, "option --model is missing", NULL, "generate");
  REFUSE(2, "import DIR", NULL, "import");
  REFUSE(2, "unexpected argument \"more\"", NULL, "import", NT_TEST_MODEL, "more");
  REFUSE(2, "unknown option --model", NULL, "import", "--model", NT_TEST_MODEL);
  REFUSE(2, "--like NAME", "--out DIR", "synth");
  REFUSE(2, "--text FILE", NULL, "levels", "--model", NT_TEST_MODEL);
}

static void numbers(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "1000001", "-1", "", "4x", "0x10", " 4", "+4", "1e3", "99999999999999999999"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char found[64];
    (void)snprintf(found, sizeof found, "option --tokens: found \"%s\"", wrong[i]);
    REFUSE(2, found, "from 0 to 1000000", "generate", "--model", NT_TEST_IMAGE, "--tokens",
           wrong[i]);
  }
  REFUSE(2, "option --max-cycles: found \"0\"", "from 1 to", "generate", "--model", NT_TEST_IMAGE,
         "--max-cycles", "0");
  REFUSE(2, "option --trace-tile: found \"4095\"", "from 0 to 4094", "generate", "--trace-tile",
         "4095");
}

// Numbers that are no numbers or far off are wrong options; others are out of the sampler's range.
static void real_numbers(void **state) {
  (void)state;
  static const char *const wrong[] = {"-1", "", "4x", "0x1", " 1", "nan", "inf", "1e999", "101"};
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    char found[64];
    (void)snprintf(found, sizeof found, "option --temperature: found \"%s\"", wrong[i]);
    REFUSE(2, found, "a number from 0 to 100", GOLDEN(NT_TEST_IMAGE), "--temperature", wrong[i]);
  }
  REFUSE(2, "option --top-p: found \"1.01\"", "a number from 0 to 1", "generate", "--top-p",
         "1.01");
  REFUSE(2, "option --top-k: found \"4294967296\"", "from 0 to 4294967295", "generate", "--top-k",
         "4294967296");
  REFUSE(8, "temperature is 0.001", "0 (greedy) or 0.01 to 100", GOLDEN(NT_TEST_IMAGE),
         "--temperature", "0.001");
  REFUSE(8, "top-p is 0,", "above 0", GOLDEN(NT_TEST_IMAGE), "--temperature", "1e0", "--top-p",
         "0");
}

static void contradictions(void **state) {
  (void)state;
  REFUSE(2, "--trace", "--backend golden", GOLDEN(NT_TEST_IMAGE), "--trace", "x.vcd");
  const char *format = nt_rtl_trace_format();
  if (format != NULL) {
    const bool vcd = strcmp(format, "vcd") == 0;
    REFUSE(9, vcd ? "x.fst" : "x.vcd", vcd ? "writes .vcd" : "writes .fst", "generate", "--model",
           NT_TEST_IMAGE, "--trace", vcd ? "x.fst" : "x.vcd");
  }
  REFUSE(2, "--trace-from", "need --trace", "generate", "--model", NT_TEST_IMAGE, "--trace-from",
         "3");
  REFUSE(2, "--trace-steps", "need --trace", "generate", "--model", NT_TEST_IMAGE, "--trace-steps",
         "3");
  REFUSE(2, "--trace-word", "need --trace", "generate", "--model", NT_TEST_IMAGE, "--trace-word",
         "0:POOL:1");
  REFUSE(2, "--trace-word: found \"0:CREG:1\"", "CORE:SPACE:ADDRESS", "generate", "--model",
         NT_TEST_IMAGE, "--trace", "x.vcd", "--trace-word", "0:CREG:1");
  REFUSE(2, "--trace-word: found \"0:POOL:1:2\"", "CORE:SPACE:ADDRESS", "generate", "--model",
         NT_TEST_IMAGE, "--trace", "x.vcd", "--trace-word", "0:POOL:1:2");
  REFUSE(2, "--backend: found \"silver\"", "rtl and golden", "generate", "--model", NT_TEST_IMAGE,
         "--backend", "silver");
  REFUSE(2, "--top-k and --top-p", "need --temperature", GOLDEN(NT_TEST_IMAGE), "--top-k", "3");
  REFUSE(2, "--top-k and --top-p", "need --temperature", GOLDEN(NT_TEST_IMAGE), "--top-p", "0.5");
  REFUSE(2, "tile from 0 to", "found tile 77", "generate", "--model", NT_TEST_IMAGE, "--no-check",
         "--trace", "x.vcd", "--trace-tile", "77");
}

static void models(void **state) {
  const fixture_t *f = *state;
  char folder[NT_TEST_PATH_MAX], config[NT_TEST_PATH_MAX + 16];
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(f->scratch, '/') - f->scratch),
                 f->scratch);
  (void)snprintf(config, sizeof config, "%s/config.json", folder);
  REFUSE(6, f->scratch, "No such file", GOLDEN(f->scratch));
  REFUSE(6, config, "No such file", GOLDEN(folder));
  REFUSE(6, config, "No such file", "import", folder, "--out", f->scratch);
  nt_test_write(f->scratch, "not an image", 12);
  REFUSE(7, f->scratch, NULL, GOLDEN(f->scratch));
  nt_test_write(f->scratch, "", 0);
  REFUSE(7, f->scratch, NULL, GOLDEN(f->scratch));
  REFUSE(7, f->good_state, "magic", GOLDEN(f->good_state));
}

static void damaged_images(void **state) {
  const fixture_t *f = *state;
  nt_test_file_t file = nt_test_read(NT_TEST_IMAGE);
  const size_t lengths[] = {1, 67, 68, 1000, file.size / 2, file.size - 1};
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
    nt_test_write(f->scratch, file.data, lengths[i]);
    REFUSE(7, f->scratch, NULL, GOLDEN(f->scratch));
  }
  const size_t places[] = {0, 9, 17, 50, 66, 100, file.size / 2, file.size - 1};
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    file.data[places[i]] ^= 1;
    nt_test_write(f->scratch, file.data, file.size);
    REFUSE(7, f->scratch, NULL, GOLDEN(f->scratch));
    file.data[places[i]] ^= 1;
  }
  nt_test_write(f->scratch, file.data, file.size);
  REFUSE(0, "", NULL, GOLDEN(f->scratch));
  free(file.data);
}

static void other_parameters(void **state) {
  const fixture_t *f = *state;
  REFUSE(9, "LINES = 16 (built for 8)", "PROG_WORDS = 512 (built for 1024)", "generate", "--model",
         f->other_image, "--no-check");
  // Golden tiles have any parameters.
  nt_command_result_t found = NT_COMMAND(SECONDS, GOLDEN(f->other_image), "--quiet");
  nt_command_result_t expected = NT_COMMAND(SECONDS, GOLDEN(NT_TEST_IMAGE), "--quiet");
  nt_command_expect(&found, 0, "");
  nt_command_expect(&expected, 0, "");
  assert_true(strlen(expected.out) > 1);
  assert_string_equal(found.out, expected.out);
  nt_command_free(&found);
  nt_command_free(&expected);
}

static void prompts(void **state) {
  (void)state;
  REFUSE(2, "option --prompt", "empty", GOLDEN(NT_TEST_IMAGE), "--prompt", "");
  REFUSE(8, "option --prompt", "U+738B", GOLDEN(NT_TEST_IMAGE), "--prompt",
         "the king \xe7\x8e\x8b");
  REFUSE(8, "option --prompt", "UTF-8", GOLDEN(NT_TEST_IMAGE), "--prompt", "the \xff");
}

static void states(void **state) {
  const fixture_t *f = *state;
  REFUSE(6, "/nowhere.nts", "No such file", GOLDEN(NT_TEST_IMAGE), "--state-in", "/nowhere.nts");
  REFUSE(7, NT_TEST_IMAGE, "magic", GOLDEN(NT_TEST_IMAGE), "--state-in", NT_TEST_IMAGE);
  REFUSE(9, f->good_state, "LINES", GOLDEN(f->other_image), "--state-in", f->good_state);
  nt_test_file_t file = nt_test_read(f->good_state);
  nt_test_write(f->scratch, file.data, file.size / 2);
  REFUSE(7, f->scratch, NULL, GOLDEN(NT_TEST_IMAGE), "--state-in", f->scratch);
  file.data[file.size / 2] ^= 1;
  nt_test_write(f->scratch, file.data, file.size);
  REFUSE(7, f->scratch, NULL, GOLDEN(NT_TEST_IMAGE), "--state-in", f->scratch);
  free(file.data);
}

// An image with the same parameters and other content: a pool word that nothing uses differs.
static void state_of_another_image(void **state) {
  const fixture_t *f = *state;
  nt_error_t err;
  nt_image_t *image = nt_talk_image();
  nt_image_core(image, 0, 0)->pool[nt_dev_space_words(&image->params, NT_SPACE_POOL) - 1] ^= 1;
  NT_OK_CALL(nt_image_save(image, f->scratch, &err), err);
  nt_image_free(image);
  REFUSE(0, "", NULL, GOLDEN(f->scratch));
  REFUSE(9, f->good_state, "image checksum", GOLDEN(f->scratch), "--state-in", f->good_state);
}

// A folder that does not exist is found before anything runs: no text appears.
static void no_folder(void **state) {
  (void)state;
  static const char path[] = "/nowhere/file";
  static const char *const names[] = {"--summary", "--state-out", "--trace"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    nt_command_result_t result =
        NT_COMMAND(SECONDS, "generate", "--model", NT_TEST_IMAGE, names[i], path);
    nt_command_expect(&result, 6, names[i]);
    nt_command_expect(&result, 6, "/nowhere/file: cannot write: No such file");
    assert_string_equal(result.out, "");
    nt_command_free(&result);
  }
  REFUSE(6, "option --out: /nowhere/file", "cannot write", "import", NT_TEST_MODEL, "--out", path);
}

// A name that is a folder.
static void unwritable(void **state) {
  const fixture_t *f = *state;
  char folder[NT_TEST_PATH_MAX];
  (void)snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(f->good_state, '/') - f->good_state),
                 f->good_state);
  REFUSE(6, folder, "cannot write", GOLDEN(NT_TEST_IMAGE), "--summary", folder);
  REFUSE(6, folder, NULL, GOLDEN(NT_TEST_IMAGE), "--state-out", folder);
  REFUSE(6, folder, "cannot write", "generate", "--model", NT_TEST_IMAGE, "--no-check", "--tokens",
         "1", "--trace", folder);
  REFUSE(6, folder, NULL, "import", NT_TEST_MODEL, "--tokens", "64", "--out", folder);
  assert_int_equal(nt_test_folder_count(f->good_state), 1); // no temporary file stays
}

static void too_few_cycles(void **state) {
  (void)state;
  REFUSE(4, "tile 0, timestep 0: ", "; core 0: in ", "generate", "--model", NT_TEST_IMAGE,
         "--no-check", "--max-cycles", "20");
  REFUSE(4, " cycles: phase ", "; core 3: in ", "generate", "--model", NT_TEST_IMAGE,
         "--max-cycles", "20");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(options),          cmocka_unit_test(numbers),
      cmocka_unit_test(real_numbers),     cmocka_unit_test(contradictions),
      cmocka_unit_test(models),           cmocka_unit_test(damaged_images),
      cmocka_unit_test(other_parameters), cmocka_unit_test(prompts),
      cmocka_unit_test(states),           cmocka_unit_test(state_of_another_image),
      cmocka_unit_test(no_folder),        cmocka_unit_test(unwritable),
      cmocka_unit_test(too_few_cycles),
  };
  return nt_test_report("cli", cmocka_run_group_tests(tests, setup, teardown));
}
