// SPDX-License-Identifier: Apache-2.0
#include "nt_vector.h"

#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- reading ------------------------------------------------------------------------------------

static nt_status_t read_text(const char *path, char **text, size_t *size, nt_error_t *err) {
  FILE *file = fopen(path, "rb");
  *text = NULL;
  *size = 0;
  if (file == NULL)
    return nt_fail(err, NT_ERR_IO, "%s: cannot be read", path);
  for (size_t room = 1 << 16;; room *= 2) {
    char *grown = realloc(*text, room + 1);
    if (grown == NULL)
      break;
    *text = grown;
    *size += fread(*text + *size, 1, room - *size, file);
    if (*size < room)
      break;
  }
  const bool bad = *text == NULL || ferror(file) != 0;
  (void)fclose(file);
  if (bad)
    return nt_fail(err, NT_ERR_IO, "%s: cannot be read", path);
  (*text)[*size] = '\0';
  return NT_OK;
}

static nt_status_t check_sum(const char *path, const char *text, size_t size, const char *listed,
                             nt_error_t *err) {
  struct sha256_ctx context;
  uint8_t digest[SHA256_DIGEST_SIZE];
  char found[2 * SHA256_DIGEST_SIZE + 1];
  sha256_init(&context);
  sha256_update(&context, size, (const uint8_t *)text);
  sha256_digest(&context, sizeof digest, digest);
  for (size_t i = 0; i < sizeof digest; i++)
    (void)snprintf(found + 2 * i, 3, "%02x", digest[i]);
  if (strcmp(found, listed) == 0)
    return NT_OK;
  return nt_fail(err, NT_ERR_FORMAT, "%s: SHA-256 is %s, SHA256SUMS says %s", path, found, listed);
}

/// The rest of the line if it begins with this word and a space or its end, else NULL.
static const char *after(const char *line, const char *word) {
  const size_t length = strlen(word);
  if (strncmp(line, word, length) != 0 || (line[length] != ' ' && line[length] != '\n'))
    return NULL;
  return line + length + (line[length] == ' ');
}

static const char *next_line(const char *line) {
  const char *end = strchr(line, '\n');
  return end != NULL ? end + 1 : line + strlen(line);
}

static bool is_word(const char *text, const char *word) {
  const size_t length = strlen(word);
  return strncmp(text, word, length) == 0 && text[length] == '\n';
}

/// Up to `most` hexadecimal numbers from the rest of a line; false if it holds anything else, or
/// more.
static bool numbers(const char *text, uint64_t *number, uint32_t most, uint32_t *count) {
  for (*count = 0; *text != '\n' && *text != '\0';) {
    char *end = NULL;
    if (*count == most || *text == ' ' || *text == '-' || *text == '+')
      return false;
    number[(*count)++] = strtoull(text, &end, 16);
    if (end == text || (*end != ' ' && *end != '\n'))
      return false;
    text = end + (*end == ' ');
  }
  return true;
}

static nt_params_t params_of(const uint64_t *n) {
  return (nt_params_t){(uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2], (uint32_t)n[3],
                       (uint32_t)n[4], (uint32_t)n[5], (uint32_t)n[6], (uint32_t)n[7]};
}

static nt_status_t add_case(nt_vectors_t *v, const char *name, const char *page, const char *text,
                            uint32_t line, nt_error_t *err) {
  nt_vector_case_t *grown = realloc(v->item, (v->cases + 1) * sizeof *grown);
  if (grown == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "vectors: no memory");
  v->item = grown;
  const char *path = v->file[v->files - 1], *slash = strrchr(path, '/');
  nt_vector_case_t *item = &grown[v->cases++];
  *item = (nt_vector_case_t){.file = path, .text = text, .line = line};
  const char *file = slash != NULL ? slash + 1 : path;
  (void)snprintf(item->page, sizeof item->page, "%.*s", (int)strcspn(page, "\n"), page);
  (void)snprintf(item->name, sizeof item->name, "%.*s: %.*s", (int)strcspn(file, "."), file,
                 (int)strcspn(name, "\n"), name);
  return NT_OK;
}

/// The head of the file that was read last, then its cases if they are for these parameters.
static nt_status_t index_file(nt_vectors_t *v, const char *version, const nt_params_t *params,
                              nt_error_t *err) {
  const char *path = v->file[v->files - 1];
  bool versioned = false, defined = false, fits = false, open = false;
  const char *page = "no page";
  uint64_t n[8];
  uint32_t count = 0, number = 1;
  for (const char *line = v->text[v->files - 1]; *line != '\0'; line = next_line(line), number++) {
    const char *rest = NULL;
    if ((rest = after(line, "neurotile-vectors")) != NULL) {
      versioned = is_word(rest, version);
    } else if ((rest = after(line, "page")) != NULL) {
      page = rest;
    } else if ((rest = after(line, "definitions")) != NULL) {
      defined = numbers(rest, n, 1, &count) && count == 1 && n[0] == NT_DEFS_HASH;
    } else if ((rest = after(line, "parameters")) != NULL) {
      const bool good = numbers(rest, n, 8, &count) && count == 8;
      const nt_params_t own = params_of(n);
      if (!good || nt_params_check(&own, NULL) != NT_OK)
        return nt_fail(err, NT_ERR_FORMAT, "%s:%u: no parameters of a tile", path, number);
      fits = nt_params_match(&own, params, NULL) == NT_OK;
    } else if ((rest = after(line, "case")) != NULL) {
      if (!versioned || !defined)
        return nt_fail(err, NT_ERR_FORMAT, "%s:%u: not for suite %s and definitions %x", path,
                       number, version, NT_DEFS_HASH);
      const nt_status_t status =
          fits ? add_case(v, rest, page, next_line(line), number + 1, err) : NT_OK;
      if (status != NT_OK || open)
        return open ? nt_fail(err, NT_ERR_FORMAT, "%s:%u: the case before has no end", path, number)
                    : status;
      open = true;
    } else if (after(line, "end") != NULL) {
      open = false;
    }
  }
  return open || !versioned
             ? nt_fail(err, NT_ERR_FORMAT, "%s:%u: the file is cut off", path, number)
             : NT_OK;
}

static nt_status_t add_file(nt_vectors_t *v, const char *path, const char *sum, nt_error_t *err) {
  char **files = realloc(v->file, (v->files + 1) * sizeof *files);
  v->file = files != NULL ? files : v->file;
  char **texts = realloc(v->text, (v->files + 1) * sizeof *texts);
  v->text = texts != NULL ? texts : v->text;
  if (files == NULL || texts == NULL || (files[v->files] = strdup(path)) == NULL)
    return nt_fail(err, NT_ERR_MEMORY, "vectors: no memory");
  size_t size = 0;
  const nt_status_t status = read_text(path, &texts[v->files], &size, err);
  v->files++;
  return status == NT_OK ? check_sum(path, texts[v->files - 1], size, sum, err) : status;
}

nt_status_t nt_vectors_read(const char *folder, const char *version, const nt_params_t *params,
                            nt_vectors_t *v, nt_error_t *err) {
  char path[1024], sum[65], name[256];
  char *sums = NULL;
  size_t size = 0;
  *v = (nt_vectors_t){0};
  (void)snprintf(path, sizeof path, "%s/SHA256SUMS", folder);
  nt_status_t status = read_text(path, &sums, &size, err);
  for (const char *line = sums; status == NT_OK && *line != '\0'; line = next_line(line)) {
    if (sscanf(line, "%64s %255s", sum, name) != 2) {
      status = nt_fail(err, NT_ERR_FORMAT, "%s: not lines of a sum and a file", path);
      break;
    }
    char file[sizeof path + sizeof name];
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    status = add_file(v, file, sum, err);
    if (status == NT_OK)
      status = index_file(v, version, params, err);
  }
  free(sums);
  return status;
}

void nt_vectors_free(nt_vectors_t *v) {
  for (uint32_t i = 0; i < v->files; i++) {
    free(v->file[i]);
    free(v->text[i]);
  }
  free(v->file);
  free(v->text);
  free(v->item);
}

// ---- playing ------------------------------------------------------------------------------------

enum { NUMBERS = 32 };

/// What a case has said so far.
typedef struct player {
  const nt_vector_case_t *item;
  uint32_t line;
  nt_dev_t *dev;
  uint64_t *expected; ///< messages of `out` or `probe` up to their end
  uint32_t expected_count, expected_room;
} player_t;

static void malformed(const player_t *player, const char *text) {
  char where[512];
  (void)snprintf(where, sizeof where, "%s:%" PRIu32 ": not a statement: %.*s", player->item->file,
                 player->line, (int)strcspn(text, "\n"), text);
  NT_CHECK_FAIL(where);
}

static int compare_numbers(const void *left, const void *right) {
  const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
  return (a > b) - (a < b);
}

/// The messages found are those expected, in any order.
static void compare_messages(player_t *player, uint64_t *found, size_t count) {
  NT_CHECK(count, player->expected_count);
  qsort(found, count, sizeof *found, compare_numbers);
  if (count > 0)
    qsort(player->expected, count, sizeof *player->expected, compare_numbers);
  for (size_t i = 0; i < count; i++)
    NT_CHECK_AT(found[i], player->expected[i], (uint32_t)i, (uint32_t)count);
  player->expected_count = 0;
}

static void compare_spikes(player_t *player) {
  const nt_spike_t *spikes = NULL;
  size_t count = 0;
  nt_dev_drain(player->dev, &spikes, &count);
  uint64_t *found = calloc(count + 1, sizeof *found);
  assert_non_null(found);
  for (size_t i = 0; i < count; i++)
    found[i] = nt_spike_pack(&spikes[i]);
  compare_messages(player, found, count);
  free(found);
}

/// A probe as one number: core, group, neuron, value.
static uint64_t probe_number(uint64_t core, uint64_t group, uint64_t neuron, uint64_t value) {
  return core << 56 | group << 48 | neuron << 32 | (value & UINT32_MAX);
}

static void compare_probes(player_t *player) {
  const nt_probe_t *probes = NULL;
  size_t count = 0;
  player->dev->ops->drain_probes(player->dev, &probes, &count);
  uint64_t *found = calloc(count + 1, sizeof *found);
  assert_non_null(found);
  for (size_t i = 0; i < count; i++)
    found[i] =
        probe_number(probes[i].core, probes[i].group, probes[i].neuron, (uint32_t)probes[i].value);
  compare_messages(player, found, count);
  free(found);
}

static void expect(player_t *player, const uint64_t *n, uint32_t count) {
  if (player->expected_count + count > player->expected_room) {
    player->expected_room = 2 * player->expected_room + count;
    player->expected = realloc(player->expected, player->expected_room * sizeof *n);
    assert_non_null(player->expected);
  }
  for (uint32_t i = 0; i < count; i++)
    player->expected[player->expected_count++] = n[i];
}

static void play_memory(player_t *player, const uint64_t *n, uint32_t count, bool write) {
  static const char *const spaces[] = {"POOL", "PROG", "TABLE", "GROUP", "ACC", "ACT", "CREG"};
  const uint32_t core = (uint32_t)n[0], space = (uint32_t)n[1], addr = (uint32_t)n[2];
  uint32_t words[NUMBERS];
  nt_error_t err = {0};
  count -= 3;
  for (uint32_t i = 0; i < count; i++)
    words[i] = (uint32_t)n[3 + i];
  if (write) {
    NT_CHECK_OK(nt_dev_mem_write(player->dev, core, space, addr, count, words, &err), &err);
    return;
  }
  NT_CHECK_OK(nt_dev_mem_read(player->dev, core, space, addr, count, words, &err), &err);
  for (uint32_t i = 0; i < count; i++) {
    const uint32_t found = words[i];
    if (found != n[3 + i])
      nt_check_context("line %" PRIu32 " (%s), core %" PRIu32 ", space %s, word 0x%" PRIx32,
                       player->line, player->item->page, core,
                       space < sizeof spaces / sizeof spaces[0] ? spaces[space] : "?", addr + i);
    NT_CHECK(found, n[3 + i]);
  }
}

static void play_spike(player_t *player, uint64_t wire) {
  const nt_spike_t spike = nt_spike_unpack(wire);
  nt_error_t err = {0};
  NT_CHECK_OK(nt_dev_inject(player->dev, &spike, 1, &err), &err);
  (void)nt_dev_pending(player->dev); // it has been consumed when this is known
}

static void play_register(player_t *player, uint32_t offset, uint64_t expected) {
  const uint32_t found = nt_check_reg(player->dev, offset);
  nt_check_context("line %" PRIu32 " (%s), tile register 0x%03" PRIx32, player->line,
                   player->item->page, offset);
  NT_CHECK(found, expected);
}

static void play_refused(player_t *player, const uint64_t *n) {
  uint32_t word = 0;
  const nt_dev_ops_t *ops = player->dev->ops;
  NT_CHECK(ops->msg_read(player->dev, (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2], &word, NULL),
           NT_ERR_DEVICE);
  NT_CHECK(ops->msg_write(player->dev, (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2], 1, NULL),
           NT_ERR_DEVICE);
}

/// One statement; false if it is none.
static bool play_line(player_t *player, const char *line) {
  static const char *const words[] = {"write", "read",     "spike", "step",   "out",     "outend",
                                      "probe", "probeend", "reg",   "setreg", "refused", "reset"};
  static const uint32_t least[] = {4, 4, 1, 1, 1, 0, 4, 0, 2, 2, 3, 0};
  static const uint32_t most[] = {NUMBERS, NUMBERS, 1, 1, NUMBERS, 0, 4, 0, 2, 2, 3, 0};
  uint64_t n[NUMBERS] = {0};
  uint32_t count = 0, kind = 0;
  nt_error_t err = {0};
  const char *rest = NULL;
  while (kind < 12 && (rest = after(line, words[kind])) == NULL)
    kind++;
  if (kind == 12 || !numbers(rest, n, most[kind], &count) || count < least[kind])
    return false;
  nt_check_context("line %" PRIu32 " (%s)", player->line, player->item->page);
  switch (kind) {
  case 0: play_memory(player, n, count, true); break;
  case 1: play_memory(player, n, count, false); break;
  case 2: play_spike(player, n[0]); break;
  case 3: nt_check_step(player->dev, (uint32_t)n[0]); break;
  case 4: expect(player, n, count); break;
  case 5: compare_spikes(player); break;
  case 6: expect(player, &(const uint64_t){probe_number(n[0], n[1], n[2], n[3])}, 1); break;
  case 7: compare_probes(player); break;
  case 8: play_register(player, (uint32_t)n[0], n[1]); break;
  case 9:
    NT_CHECK_OK(nt_dev_reg_write(player->dev, (uint32_t)n[0], (uint32_t)n[1], &err), &err);
    break;
  case 10: play_refused(player, n); break;
  default: NT_CHECK_OK(nt_dev_reset(player->dev, &err), &err); break;
  }
  return true;
}

void nt_vector_play(const nt_vector_case_t *item) {
  player_t player = {.item = item, .line = item->line, .dev = nt_check_open()};
  for (const char *line = item->text; after(line, "end") == NULL;
       line = next_line(line), player.line++)
    if (*line != '#' && *line != '\n' && !play_line(&player, line))
      malformed(&player, line);
  nt_dev_close(player.dev);
  free(player.expected);
}
