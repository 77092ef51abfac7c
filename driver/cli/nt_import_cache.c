// SPDX-License-Identifier: Apache-2.0
#include "nt_import_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nettle/sha2.h>

enum { CHUNK_BYTES = 1 << 18, FOLDER_MODE = 0700 };

static const char PROGRAM[] = "/proc/self/exe";
static const char STAGE[] = "hashing";

// ---- key ----------------------------------------------------------------------------------------

typedef struct hasher {
  struct sha256_ctx sha;
  const nt_listener_t *listener;
  uint64_t done, total; // bytes of files
  uint8_t *chunk;
  nt_error_t *err;
} hasher_t;

// Every part is preceded by its name and size, so that different parts cannot give the same bytes.
static void begin_part(hasher_t *hasher, const char *name, uint64_t size) {
  char head[160];
  const int length = snprintf(head, sizeof head, "%.100s %llu\n", name, (unsigned long long)size);
  sha256_update(&hasher->sha, (size_t)length, (const uint8_t *)head);
}

static void add_memory(hasher_t *hasher, const char *name, const void *data, size_t size) {
  begin_part(hasher, name, size);
  sha256_update(&hasher->sha, size, data);
}

static nt_status_t io_fail(hasher_t *hasher, const char *path) {
  return nt_fail(hasher->err, NT_ERR_IO, "%s: cannot read: %s", path, strerror(errno));
}

static uint64_t file_size(const char *path) {
  struct stat info;
  return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static nt_status_t add_file(hasher_t *hasher, const char *name, const char *path) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return io_fail(hasher, path);
  }
  begin_part(hasher, name, file_size(path));
  nt_status_t status = NT_OK;
  for (;;) {
    const ssize_t got = read(file, hasher->chunk, CHUNK_BYTES);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      status = io_fail(hasher, path);
    }
    if (got <= 0) {
      break;
    }
    sha256_update(&hasher->sha, (size_t)got, hasher->chunk);
    hasher->done += (uint64_t)got;
    nt_listener_tell(hasher->listener, STAGE, hasher->done, hasher->total);
  }
  (void)close(file);
  return status;
}

static nt_status_t add_all(hasher_t *hasher, const nt_import_t *import) {
  char config[NT_CACHE_PATH_SIZE], settings[96];
  if (snprintf(config, sizeof config, "%s/config.json", import->folder) >= (int)sizeof config) {
    return nt_fail(hasher->err, NT_ERR_ARG, "%s: the path is too long", import->folder);
  }
  const size_t files = nt_checkpoint_file_count(import->checkpoint);
  hasher->total = file_size(PROGRAM) + file_size(config);
  for (size_t k = 0; k < files; k++) {
    hasher->total += file_size(nt_checkpoint_file(import->checkpoint, k));
  }
  const int length = snprintf(settings, sizeof settings, "tokens %zu, spread %d",
                              import->settings.tokens, import->settings.spread);
  add_memory(hasher, "settings", settings, (size_t)length);
  add_memory(hasher, "tokenizer", import->tokenizer_model, import->tokenizer_size);
  add_memory(hasher, "text", import->text, import->text_length);
  nt_status_t status = add_file(hasher, "program", PROGRAM);
  if (status == NT_OK) {
    status = add_file(hasher, "config", config);
  }
  for (size_t k = 0; k < files && status == NT_OK; k++) {
    status = add_file(hasher, "weights", nt_checkpoint_file(import->checkpoint, k));
  }
  return status;
}

nt_status_t nt_import_cache_key(const nt_import_t *import, const nt_listener_t *listener,
                                char key[NT_CACHE_KEY_SIZE], nt_error_t *err) {
  hasher_t hasher = {.listener = listener, .chunk = malloc(CHUNK_BYTES), .err = err};
  if (hasher.chunk == NULL) {
    return nt_fail(err, NT_ERR_MEMORY, "cache: no memory");
  }
  sha256_init(&hasher.sha);
  const nt_status_t status = add_all(&hasher, import);
  uint8_t digest[SHA256_DIGEST_SIZE];
  sha256_digest(&hasher.sha, sizeof digest, digest);
  for (size_t k = 0; k < sizeof digest; k++) {
    (void)snprintf(key + 2 * k, 3, "%02x", digest[k]);
  }
  free(hasher.chunk);
  return status;
}

// ---- folder -------------------------------------------------------------------------------------

static nt_status_t default_folder(char folder[NT_CACHE_PATH_SIZE], nt_error_t *err) {
  const char *base = getenv("XDG_CACHE_HOME"), *below = "";
  if (base == NULL || base[0] != '/') {
    base = getenv("HOME");
    below = "/.cache";
  }
  if (base == NULL || base[0] == '\0') {
    return nt_fail(err, NT_ERR_IO,
                   "cache: neither XDG_CACHE_HOME nor HOME is set, use --cache DIR");
  }
  if (snprintf(folder, NT_CACHE_PATH_SIZE, "%s%s/neurotile", base, below) >= NT_CACHE_PATH_SIZE) {
    return nt_fail(err, NT_ERR_IO, "cache: the path is too long");
  }
  return NT_OK;
}

// The folder and those above it.
static nt_status_t make_folders(char *folder, nt_error_t *err) {
  for (char *at = folder + 1;; at++) {
    if (*at != '/' && *at != '\0') {
      continue;
    }
    const char kept = *at;
    *at = '\0';
    const bool made = mkdir(folder, FOLDER_MODE) == 0 || errno == EEXIST;
    if (!made) {
      return nt_fail(err, NT_ERR_IO, "%s: cannot make the cache folder: %s", folder,
                     strerror(errno));
    }
    *at = kept;
    if (kept == '\0') {
      return NT_OK;
    }
  }
}

nt_status_t nt_import_cache_path(const char *folder, const char key[NT_CACHE_KEY_SIZE],
                                 char path[NT_CACHE_PATH_SIZE], nt_error_t *err) {
  char made[NT_CACHE_PATH_SIZE];
  nt_status_t status = NT_OK;
  if (folder == NULL) {
    status = default_folder(made, err);
  } else if (folder[0] == '\0' || strlen(folder) >= sizeof made) {
    status = nt_fail(err, NT_ERR_ARG, "option --cache: found %zu characters, allowed are 1 to %zu",
                     strlen(folder), sizeof made - 1);
  } else {
    strcpy(made, folder);
  }
  if (status == NT_OK) {
    status = make_folders(made, err);
  }
  if (status == NT_OK &&
      snprintf(path, NT_CACHE_PATH_SIZE, "%s/%s.nti", made, key) >= NT_CACHE_PATH_SIZE) {
    status = nt_fail(err, NT_ERR_IO, "cache: the path is too long");
  }
  return status;
}

void nt_import_cache_trim(const char *path) {
  static const char digits[] = "[0-9a-f]";
  char pattern[NT_CACHE_PATH_SIZE + (NT_CACHE_KEY_SIZE - 1) * sizeof digits];
  size_t length = (size_t)(strrchr(path, '/') - path) + 1;
  memcpy(pattern, path,
         length); // the folder's name holds no pattern characters, or nothing matches
  for (int k = 0; k + 1 < NT_CACHE_KEY_SIZE; k++) {
    memcpy(pattern + length, digits, sizeof digits - 1);
    length += sizeof digits - 1;
  }
  strcpy(pattern + length, ".nti");
  glob_t found;
  while (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
    const char *oldest = NULL;
    struct timespec when = {0};
    for (size_t k = 0; k < found.gl_pathc; k++) {
      struct stat info;
      if (strcmp(found.gl_pathv[k], path) == 0 || stat(found.gl_pathv[k], &info) != 0) {
        continue;
      }
      if (oldest == NULL || info.st_mtim.tv_sec < when.tv_sec ||
          (info.st_mtim.tv_sec == when.tv_sec && info.st_mtim.tv_nsec < when.tv_nsec)) {
        oldest = found.gl_pathv[k];
        when = info.st_mtim;
      }
    }
    const bool removed =
        found.gl_pathc > NT_CACHE_ENTRIES_MAX && oldest != NULL && unlink(oldest) == 0;
    globfree(&found);
    if (!removed) {
      return;
    }
  }
}
